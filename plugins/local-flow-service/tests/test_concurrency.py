"""Many at once: no update is lost, nobody is told that the database is locked, no two processes make two stores."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

CLIENTS = 8
ROUNDS = 6


def test_patches_of_one_object_lose_nothing_and_the_losers_get_412(service: Any) -> None:
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
        statuses = [status for each in pool.map(count_up, range(CLIENTS)) for status in each]
    assert set(statuses) <= {200, 412}
    assert talker.read(made["id"])["counter"] == CLIENTS * ROUNDS


def test_creates_at_once_are_all_stored(service: Any) -> None:
    talker = service()
    with ThreadPoolExecutor(CLIENTS) as pool:
        made = list(pool.map(lambda number: talker.create(f"n{number}")["id"], range(40)))
    assert len(set(made)) == 40
    assert {item["id"] for item in talker.get("/connections").json()["items"]} == set(made)


def test_processes_that_open_a_new_store_at_once_share_it(tmp_path: Path) -> None:
    store = tmp_path / "store" / "local.db"
    program = f"""if True:
        from headwater_local_flow_service import Settings, build_app
        app = build_app(Settings(store={str(store)!r}))
        print(app.store.vault.check_value)
        app.close()"""
    started = [
        subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _number in range(4)
    ]
    answers = [process.communicate(timeout=60) for process in started]
    assert [errors for _out, errors in answers] == [""] * 4
    assert len({out for out, _errors in answers}) == 1
