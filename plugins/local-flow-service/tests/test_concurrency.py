"""Many at once: no update is lost, nobody is told that the database is locked, no two processes make two stores."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
import requests

if TYPE_CHECKING:
    from pathlib import Path

CLIENTS = 8
ROUNDS = 6
HEADERS = {
    "Authorization": "Bearer x",
    "x-api-key": "key",
    "x-gw-ims-org-id": "ACME@AdobeOrg",
}


def test_patches_of_one_object_lose_nothing_and_the_losers_get_412(
    service: Any,
) -> None:
    talker = service()
    made = talker.create(counter=0)

    def count_up(_client: int) -> list[int]:
        statuses: list[int] = []
        while statuses.count(200) < ROUNDS:
            item = talker.read(made["id"])
            change = {"op": "replace", "path": "/counter", "value": item["counter"] + 1}
            statuses.append(talker.patch(made["id"], item["etag"], change).status_code)
        return statuses

    with ThreadPoolExecutor(CLIENTS) as pool:
        statuses = [
            status for each in pool.map(count_up, range(CLIENTS)) for status in each
        ]
    assert set(statuses) <= {200, 412}
    assert talker.read(made["id"])["counter"] == CLIENTS * ROUNDS


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_of_eight_patches_with_one_etag_one_is_taken(
    served: Any,
    oracle: Any,
    tmp_path: Path,
    database: str,
    request: pytest.FixtureRequest,
) -> None:
    """Over HTTP, by two worker processes: one is stored, seven are told 412, and nobody waits in vain for a lock."""
    place: dict[str, Any] = {}
    if database == "postgresql":
        settings = request.getfixturevalue("own_schema")
        place = {
            "store": settings["store"],
            "HEADWATER_LOCAL_KEY": settings["key"].reveal(),
        }
    with (
        served(tmp_path, "--workers", "2", **place) as (_process, root),
        ThreadPoolExecutor(CLIENTS) as pool,
    ):
        url = f"{root}/data/foundation/flowservice/connections"
        made = requests.post(
            url, json=oracle(counter=0), headers=HEADERS, timeout=10
        ).json()
        for number in range(1, ROUNDS + 1):
            headers = HEADERS | {"If-Match": _item(url, made["id"])["etag"]}
            change = [{"op": "replace", "path": "/counter", "value": number}]
            answers = pool.map(
                partial(_patch, f"{url}/{made['id']}", change, headers), range(CLIENTS)
            )
            assert sorted(answers) == [200] + [412] * (CLIENTS - 1)
            assert _item(url, made["id"])["counter"] == number


def _item(url: str, id: str) -> dict[str, Any]:
    found: dict[str, Any] = requests.get(
        f"{url}/{id}", headers=HEADERS, timeout=10
    ).json()["items"][0]
    return found


def _patch(url: str, change: Any, headers: dict[str, str], _client: int) -> int:
    return requests.patch(url, json=change, headers=headers, timeout=30).status_code


def test_creates_at_once_are_all_stored(service: Any) -> None:
    talker = service()
    with ThreadPoolExecutor(CLIENTS) as pool:
        made = list(
            pool.map(lambda number: talker.create(f"n{number}")["id"], range(40))
        )
    assert len(set(made)) == 40
    assert {item["id"] for item in talker.get("/connections").json()["items"]} == set(
        made
    )


def test_processes_that_open_a_new_store_at_once_share_it(tmp_path: Path) -> None:
    store = tmp_path / "store" / "local.db"
    program = f"""if True:
        from headwater_local_flow_service import Settings, build_app
        app = build_app(Settings(store={str(store)!r}))
        print(app.store.vault.check_value)
        app.close()"""
    started = [
        subprocess.Popen(
            [sys.executable, "-c", program],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _number in range(4)
    ]
    answers = [process.communicate(timeout=60) for process in started]
    assert [errors for _out, errors in answers] == [""] * 4
    assert len({out for out, _errors in answers}) == 1
