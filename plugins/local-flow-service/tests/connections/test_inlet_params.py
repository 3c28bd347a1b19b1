"""The base connection of the HTTP API shows its inlet, keeps it, and takes back what it has shown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from streams import HTTP_API, http_api

from headwater_local_flow_service.store.inlet_rows import InletRows

if TYPE_CHECKING:
    from talking import Talker


@pytest.fixture
def talker(service: Any) -> Talker:
    opened: Talker = service()
    return opened


def _create(talker: Talker, **params: Any) -> str:
    answer = talker.post("/connections", json=http_api(**params))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def _params(talker: Talker, id: str) -> dict[str, Any]:
    params: dict[str, Any] = talker.read(id)["auth"]["params"]
    return params


def test_a_read_shows_the_inlet_and_the_names_that_stand_in(talker: Talker) -> None:
    params = _params(talker, _create(talker))
    assert list(params) == [
        "sourceId",
        "inletUrl",
        "authenticationRequired",
        "inletId",
        "dataType",
        "name",
    ]
    assert re.fullmatch(r"[0-9a-f]{64}", params["inletId"])
    assert params["inletUrl"] == f"http+local://embedded/collection/{params['inletId']}"
    assert (params["sourceId"], params["name"]) == ("desk events", "desk events")
    assert params["authenticationRequired"] is False


def test_names_that_were_given_are_shown(talker: Talker) -> None:
    id = _create(talker, name="given", sourceId="desk-7", authenticationRequired=True)
    params = _params(talker, id)
    assert (params["sourceId"], params["name"]) == ("desk-7", "given")
    assert params["authenticationRequired"] is True


def test_an_inlet_stays_and_each_connection_has_its_own(talker: Talker) -> None:
    first, second = _create(talker), _create(talker)
    id = _params(talker, first)["inletId"]
    assert _params(talker, first)["inletId"] == id
    assert _params(talker, second)["inletId"] != id
    listed = talker.get("/connections").json()["items"]
    assert id in [item["auth"]["params"]["inletId"] for item in listed]


def test_what_was_read_can_be_sent_back(talker: Talker) -> None:
    id = _create(talker)
    before = talker.read(id)
    params = before["auth"]["params"] | {"dataType": "raw", "inletId": "0" * 64}
    operation = {"op": "replace", "path": "/auth/params", "value": params}
    answer = talker.patch(id, before["etag"], operation)
    assert answer.status_code == 200, answer.text
    after = _params(talker, id)
    assert after["dataType"] == "raw"
    assert after["inletId"] == before["auth"]["params"]["inletId"]


def test_a_patch_may_name_the_inlet_alone_and_changes_nothing(talker: Talker) -> None:
    id = _create(talker)
    before = talker.read(id)
    operation = {"op": "replace", "path": "/auth/params/inletUrl", "value": "x"}
    assert talker.patch(id, before["etag"], operation).status_code == 200
    assert _params(talker, id) == before["auth"]["params"]


def test_a_create_passes_the_inlet_of_another_over(talker: Talker) -> None:
    other = _params(talker, _create(talker))
    params = _params(talker, _create(talker, **other))
    assert params["inletId"] != other["inletId"]


def test_an_inlet_goes_with_its_connection(talker: Talker) -> None:
    id = _create(talker)
    inlet = _params(talker, id)["inletId"]
    assert talker.send("DELETE", f"/connections/{id}").status_code == 204
    with talker.app.store.reading() as rows:
        assert InletRows(rows).find_beginning(inlet[:32]) == []


def test_a_connection_from_before_inlets_gets_one_when_it_is_read(
    talker: Talker, stored: Any
) -> None:
    from headwater_local_flow_service.store.tables import connections

    auth = {"specName": "Streaming Connection", "params": {"dataType": "xdm"}}
    spec = {"id": HTTP_API, "version": "1.0"}
    document = {"name": "old", "auth": auth, "connectionSpec": spec}
    id = stored(talker, connections, spec_id=HTTP_API, document=document)
    first = _params(talker, id)["inletId"]
    assert _params(talker, id)["inletId"] == first


def test_connections_of_other_sources_show_nothing_new(talker: Talker) -> None:
    id = talker.create()["id"]
    assert "inletId" not in _params(talker, id)


@pytest.mark.parametrize(
    ("headers", "address"),
    [
        ({"Host": "localhost:8700"}, "http+local://localhost:8700"),
        ({"Host": "[::1]:8700"}, "http+local://[::1]:8700"),
        ({"X-Forwarded-Proto": "https"}, "http+local://embedded"),
    ],
)
def test_the_url_leads_where_the_request_came_in(
    talker: Talker, headers: dict[str, str], address: str
) -> None:
    id = _create(talker)
    answer = talker.send("GET", f"/connections/{id}", headers=headers)
    [item] = answer.json()["items"]
    assert item["auth"]["params"]["inletUrl"].startswith(f"{address}/collection/")


def test_a_proxy_of_ours_says_that_it_speaks_tls(service: Any) -> None:
    talker = service(proxies=["127.0.0.1"])
    id = _create(talker)
    answer = talker.send(
        "GET", f"/connections/{id}", headers={"X-Forwarded-Proto": "https"}
    )
    [item] = answer.json()["items"]
    assert item["auth"]["params"]["inletUrl"].startswith("https://embedded/")


def test_a_public_address_counts_before_all(service: Any) -> None:
    talker = service(public_url="https://flow.acme.example")
    params = _params(talker, _create(talker))
    assert params["inletUrl"].startswith("https://flow.acme.example/collection/")
