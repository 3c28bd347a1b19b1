"""Connections and connection specifications: listing, reading, writing, and answers of the wrong shape."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests_mock as rm
from flowservice.wired import (
    BASE,
    CANARY,
    CONNECTIONS,
    ETAG,
    ID,
    ITEM,
    ONE,
    ROOT,
    endpoint,
    service,
)

from headwater.errors import (
    ChangedMeanwhile,
    InvalidInput,
    NotFound,
    Rejected,
    Unavailable,
)
from headwater.flowservice import Reference
from headwater.secret import Secret

SPECS = f"{BASE}/connectionSpecs"
WHOLE = {
    **ITEM,
    "description": "all of it",
    "connectionSpec": {"id": "ba5126ec-c9ac-11eb-b8bc-0242ac130003", "version": "1.0"},
    "auth": {
        "specName": "Basic Authentication",
        "params": {"host": "h", "password": "******"},
    },
    "state": "enabled",
    "createdAt": 1668637963851,
    "updatedAt": 1668637963999,
    "sandboxName": "prod",
    "unknown": {"kept": True},
}


def _page(numbers: range, href: Any = None) -> dict[str, Any]:
    page: dict[str, Any] = {
        "items": [{"id": f"id-{number}", "name": f"n{number}"} for number in numbers]
    }
    return page if href is None else {**page, "_links": {"next": {"href": href}}}


def _query(request: Any) -> dict[str, list[str]]:
    return parse_qs(urlsplit(request.url).query)


def test_a_connection_is_read_into_a_value() -> None:
    with rm.Mocker() as mock, service() as (flow, _pauses):
        mock.get(ONE, json={"items": [WHOLE]})
        found = flow.connections.get(ID)

    assert (found.id, found.name, found.description, found.etag) == (
        ID,
        "Support desk",
        "all of it",
        ETAG,
    )
    assert (found.spec_id, found.spec_version) == (
        "ba5126ec-c9ac-11eb-b8bc-0242ac130003",
        "1.0",
    )
    assert (found.auth_name, dict(found.params)) == (
        "Basic Authentication",
        {"host": "h", "password": "******"},
    )
    assert (found.state, found.sandbox, found.created_at, found.updated_at) == (
        "enabled",
        "prod",
        1668637963851,
        1668637963999,
    )
    assert found.raw == WHOLE
    assert hash(found)
    assert "******" not in repr(found)


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {
            "name": 5,
            "connectionSpec": [],
            "auth": "x",
            "createdAt": "then",
            "etag": None,
        },
        {"auth": {"params": 1}},
    ],
)
def test_what_is_missing_or_of_another_type_is_empty(odd: dict[str, Any]) -> None:
    with rm.Mocker() as mock, service() as (flow, _pauses):
        mock.get(ONE, json={"id": ID, **odd})
        found = flow.connections.get(ID)

    assert (
        found.name,
        found.spec_id,
        found.auth_name,
        found.created_at,
        found.etag,
    ) == ("", "", "", None, "")
    assert found.params == {}


def test_a_bare_object_is_read_too() -> None:
    with rm.Mocker() as mock, service() as (flow, _pauses):
        mock.get(ONE, json=ITEM)
        assert flow.connections.get(ID).name == "Support desk"


def test_an_empty_list_means_there_is_no_such_object() -> None:
    with rm.Mocker() as mock, service() as (flow, _pauses):
        mock.get(ONE, json={"items": []})
        with pytest.raises(NotFound, match="no such object"):
            flow.connections.get(ID)


@pytest.mark.parametrize(
    "body", [[], 5, "x", {}, {"items": [5]}, {"items": [{}]}, {"items": {}}, {"id": 7}]
)
def test_an_object_of_the_wrong_shape_is_unreadable(body: Any) -> None:
    with rm.Mocker() as mock, service() as (flow, _pauses):
        mock.get(ONE, json=body)
        with pytest.raises(Unavailable, match="not the object asked for"):
            flow.connections.get(ID)


@pytest.mark.parametrize(
    "id", ["", "..", ".", "a/b", "a?b", "a b", "%2e%2e", "ä", "x" * 129, None, 5]
)
def test_an_id_that_would_lead_elsewhere_is_refused(id: Any) -> None:
    with rm.Mocker() as mock, service() as (flow, _pauses):
        for call in (
            flow.connections.get,
            flow.connections.delete,
            flow.connections.test,
            flow.connection_specs.get,
        ):
            with pytest.raises(InvalidInput, match="the id"):
                call(id)

    assert mock.call_count == 0


def test_filters_are_repeated_and_encoded() -> None:
    filters = ["connectionSpec.id==x", 'name=="a & b"']

    with rm.Mocker() as mock, service() as (flow, _pauses):
        mock.get(CONNECTIONS, json=_page(range(1)))
        found = list(flow.connections.list(property=filters, limit=20, orderby="-name"))
        query = _query(mock.last_request)

    assert [connection.id for connection in found] == ["id-0"]
    assert query == {"property": filters, "limit": ["20"], "orderby": ["-name"]}


def test_one_filter_given_as_a_text_is_one_filter() -> None:
    with rm.Mocker() as mock, service() as (flow, _pauses):
        mock.get(CONNECTIONS, json=_page(range(0)))
        list(flow.connections.list(property="name==x"))

        assert _query(mock.last_request) == {"property": ["name==x"]}


@pytest.mark.parametrize("limit", [0, -1, True, "5", 1.5])
def test_a_limit_is_a_whole_number(limit: Any) -> None:
    with service() as (flow, _pauses), pytest.raises(InvalidInput, match="limit"):
        flow.connections.list(limit=limit)


def test_a_filter_is_a_text() -> None:
    with service() as (flow, _pauses), pytest.raises(InvalidInput, match="property"):
        flow.connections.list(property=[Secret(CANARY)])  # type: ignore[list-item]


@pytest.mark.parametrize(
    "href",
    [
        "/connections?continuationToken=abc",
        "/connections/?continuationToken=abc",
        "?continuationToken=abc",
        "/data/foundation/flowservice/connections?continuationToken=abc",
        f"{BASE}/connections?continuationToken=abc",
        f"{ROOT}:443/connections?continuationToken=abc",
        "HTTPS://PLATFORM.EXAMPLE.COM/connections?continuationToken=abc",
    ],
)
def test_the_next_page_is_followed(href: str) -> None:
    with rm.Mocker() as mock, service() as (flow, _pauses):
        mock.get(
            CONNECTIONS,
            [
                {"json": _page(range(2), href)},
                {"json": {**_page(range(2, 3)), "_links": {}}},
            ],
        )
        found = [connection.id for connection in flow.connections.list()]

        assert found == ["id-0", "id-1", "id-2"]
        assert _query(mock.last_request) == {"continuationToken": ["abc"]}
        assert mock.last_request.url.startswith(f"{CONNECTIONS}?")
        assert "Authorization" in mock.last_request.headers


@pytest.mark.parametrize(
    "links", [None, {}, [], "x", {"next": None}, {"next": {}}, {"next": {"href": ""}}]
)
def test_without_a_link_the_list_ends(links: Any) -> None:
    with rm.Mocker() as mock, service() as (flow, _pauses):
        mock.get(CONNECTIONS, json={**_page(range(1)), "_links": links})
        assert len(list(flow.connections.list())) == 1


@pytest.mark.parametrize(
    "href",
    [
        "https://evil.example.com/connections?t=1",
        "//evil.example.com/connections?t=1",
        "http://platform.example.com/connections?t=1",
        "https://platform.example.com:8443/connections?t=1",
        "https://platform.example.com@evil.example.com/connections?t=1",
    ],
)
def test_a_next_page_on_another_host_is_refused(href: str) -> None:
    with rm.Mocker() as mock, service() as (flow, _pauses):
        mock.get(CONNECTIONS, json=_page(range(1), href))
        with pytest.raises(Rejected, match="another host"):
            list(flow.connections.list())

    assert mock.call_count == 1


@pytest.mark.parametrize(
    "href",
    ["/flows?t=1", "/connections/../flows?t=1", "http://[", "http://a:x/?t=1", "/x", 5],
)
def test_a_next_page_that_leads_elsewhere_is_unreadable(href: Any) -> None:
    with rm.Mocker() as mock, service() as (flow, _pauses):
        mock.get(CONNECTIONS, json=_page(range(1), href))
        with pytest.raises((Unavailable, Rejected), match="next page"):
            list(flow.connections.list())

    assert mock.call_count == 1


def test_a_list_that_leads_back_to_itself_ends_with_an_error() -> None:
    with rm.Mocker() as mock, service() as (flow, _pauses):
        mock.get(
            CONNECTIONS,
            [
                {"json": _page(range(1), "/connections?t=1")},
                {"json": _page(range(1), "/connections?t=2")},
            ]
            * 3,
        )
        with pytest.raises(Unavailable, match="leads back"):
            list(flow.connections.list())

    assert mock.call_count == 3


def test_a_page_is_asked_for_when_it_is_needed() -> None:
    with rm.Mocker() as mock, service() as (flow, _pauses):
        mock.get(CONNECTIONS, json=_page(range(1), "/connections?t=1"))
        found = flow.connections.list()
        assert mock.call_count == 0
        next(found)
        assert mock.call_count == 1


@pytest.mark.parametrize(
    "body", [[], {}, {"items": None}, {"items": [5]}, {"items": [{"name": "no id"}]}, 7]
)
def test_a_list_of_the_wrong_shape_is_unreadable(body: Any) -> None:
    with rm.Mocker() as mock, service() as (flow, _pauses):
        mock.get(CONNECTIONS, json=body)
        with pytest.raises(Unavailable, match="not a list"):
            list(flow.connections.list())


def test_create_returns_id_etag_and_the_warning() -> None:
    warning = '299 - "id corrected", 299 flow "say \\"hello\\""'

    with rm.Mocker() as mock, service() as (flow, _pauses):
        mock.post(
            CONNECTIONS,
            status_code=201,
            json={"id": ID, "etag": ETAG},
            headers={"Warning": warning},
        )
        assert flow.connections.create({"name": "x"}) == Reference(
            ID, ETAG, 'id corrected; say "hello"'
        )


def test_a_warning_that_repeats_a_secret_is_cleaned() -> None:
    with rm.Mocker() as mock, service() as (flow, _pauses):
        mock.post(
            CONNECTIONS,
            status_code=201,
            json={"id": ID},
            headers={"Warning": f'299 - "bad {CANARY}"'},
        )
        reference = flow.connections.create({"password": Secret(CANARY)})

    assert reference.warning == "bad ******"


def test_the_etag_may_stand_in_the_header_alone() -> None:
    with rm.Mocker() as mock, service() as (flow, _pauses):
        mock.post(CONNECTIONS, status_code=201, json={"id": ID}, headers={"ETag": ETAG})
        assert flow.connections.create({"name": "x"}).etag == ETAG


@pytest.mark.parametrize(
    "body", [{}, {"id": ""}, [], {"items": []}, {"items": [{}]}, "x"]
)
def test_a_create_that_names_no_id_is_unreadable(body: Any) -> None:
    with rm.Mocker() as mock, service() as (flow, _pauses):
        mock.post(CONNECTIONS, status_code=201, json=body)
        with pytest.raises(Unavailable, match="names no id") as caught:
            flow.connections.create({"name": "x"})

    assert caught.value.status == 201


@pytest.mark.parametrize(
    "body", [{"id": ID, "etag": '"new"'}, {"items": [{"id": ID, "etag": '"new"'}]}]
)
def test_update_sends_the_etag_as_it_is_and_an_array(body: Any) -> None:
    with rm.Mocker() as mock, service() as (flow, _pauses):
        mock.patch(ONE, json=body)
        done = flow.connections.update(
            ID, [{"op": "REPLACE", "path": "/name", "value": "y"}], etag=ETAG
        )

        assert done == Reference(ID, '"new"')
        assert mock.last_request.headers["If-Match"] == ETAG
        assert mock.last_request.headers["Content-Type"] == "application/json"
        assert mock.last_request.json() == [
            {"op": "replace", "path": "/name", "value": "y"}
        ]


def test_an_etag_of_somebody_else_is_changed_meanwhile() -> None:
    with rm.Mocker() as mock, service() as (flow, _pauses):
        mock.patch(ONE, status_code=412, json={"errorMessage": "Supplied version"})
        with pytest.raises(ChangedMeanwhile):
            flow.connections.update(ID, [{"op": "remove", "path": "/name"}], etag=ETAG)

    assert mock.call_count == 1


@pytest.mark.parametrize("etag", ["", " ", '"a"\nX: y', "ä", None])
def test_an_etag_that_cannot_travel_is_refused(etag: Any) -> None:
    with service() as (flow, _pauses), pytest.raises(InvalidInput, match="etag"):
        flow.connections.update(ID, [{"op": "remove", "path": "/name"}], etag=etag)


@pytest.mark.parametrize("status", [200, 202, 204])
def test_delete_accepts_each_documented_status(status: int) -> None:
    with rm.Mocker() as mock, service() as (flow, _pauses):
        mock.delete(ONE, status_code=status)
        flow.connections.delete(ID)

    assert mock.call_count == 1


@pytest.mark.parametrize(
    ("body", "result"),
    [
        (True, True),
        (False, False),
        ({"result": True}, True),
        ({"result": False}, False),
    ],
)
def test_a_test_result_is_a_boolean_bare_or_wrapped(body: Any, result: bool) -> None:
    with rm.Mocker() as mock, service() as (flow, _pauses):
        mock.get(f"{ONE}/test", json=body)
        assert flow.connections.test(ID) is result


@pytest.mark.parametrize("body", [{}, {"result": "true"}, [], 1])
def test_a_test_result_of_the_wrong_shape_is_unreadable(body: Any) -> None:
    with rm.Mocker() as mock, service() as (flow, _pauses):
        mock.get(f"{ONE}/test", json=body)
        with pytest.raises(Unavailable, match="not a test result"):
            flow.connections.test(ID)


def test_exploring_the_root_yields_an_array_and_a_table_an_object() -> None:
    with rm.Mocker() as mock, service() as (flow, _pauses):
        mock.get(f"{ONE}/explore", json=[{"type": "table", "path": "a b"}])
        assert flow.connections.explore(ID) == [{"type": "table", "path": "a b"}]
        assert _query(mock.last_request) == {"objectType": ["root"]}

        mock.get(f"{ONE}/explore", json={"format": "flat"})
        assert flow.connections.explore(
            ID, object_type="table", object="a b", preview=True
        ) == {"format": "flat"}
        assert _query(mock.last_request) == {
            "objectType": ["table"],
            "object": ["a b"],
            "preview": ["true"],
        }


def test_exploring_anything_but_the_root_needs_an_object() -> None:
    with (
        service() as (flow, _pauses),
        pytest.raises(InvalidInput, match="needs object"),
    ):
        flow.connections.explore(ID, object_type="table")


def test_an_exploration_of_the_wrong_shape_is_unreadable() -> None:
    with rm.Mocker() as mock, service() as (flow, _pauses):
        mock.get(f"{ONE}/explore", json="x")
        with pytest.raises(Unavailable):
            flow.connections.explore(ID)


def test_connection_specifications_are_listed_and_read() -> None:
    spec = {"id": ID, "name": "google-big-query", "version": "1.0", "authSpec": []}

    with rm.Mocker() as mock, service() as (flow, _pauses):
        mock.get(SPECS, json={"items": [spec]})
        (found,) = flow.connection_specs.list(["name==google-big-query"])
        assert _query(mock.last_request) == {"property": ["name==google-big-query"]}

        mock.get(f"{SPECS}/{ID}", json={"items": [spec]})
        assert flow.connection_specs.get(ID) == found

    assert (found.id, found.name, found.version, found.raw) == (
        ID,
        "google-big-query",
        "1.0",
        spec,
    )


def test_a_next_page_on_the_configured_loopback_port_is_followed() -> None:
    root = "http://127.0.0.1:8700"
    where = f"{root}/data/foundation/flowservice/connections"

    with rm.Mocker() as mock, service(endpoint(url=root)) as (flow, _pauses):
        mock.get(
            where,
            [{"json": _page(range(1), f"{where}?t=1")}, {"json": _page(range(1))}],
        )
        assert len(list(flow.connections.list())) == 2
