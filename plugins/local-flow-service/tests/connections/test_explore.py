"""Explorations: every parameter is checked before the source is asked, and nothing is invented."""

from __future__ import annotations

import base64
import json
import types
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headwater import AuthenticationSpec, ConnectionSpec, Field, hookimpl
from headwater.connectors.connector import Connector
from headwater.models import Distribution

Open = Any
SPEC = "11111111-2222-4333-8444-555555555555"
BIGQUERY = "3c9b37f8-13a6-43d8-bad3-b863b941fedd"
ZONE = "26f526f2-58f4-4712-961d-e41bf1ccc0e8"


def _base64(value: Any) -> str:
    return base64.b64encode(json.dumps(value).encode()).decode()


def _connector(**facts: Any) -> Connector:
    spec = ConnectionSpec(**{"id": SPEC, "name": "Acme", "category": "x"} | facts)
    auth = (AuthenticationSpec("Key", [Field("key", secret=True)]),)
    plugin = types.SimpleNamespace(
        connection_spec=hookimpl(lambda: spec),
        credential_schemas=hookimpl(lambda: auth),
    )
    return Connector("acme", plugin, Distribution("test", "1"))


def _connection(talker: Any, id: str = SPEC) -> str:
    auth = {"specName": "Key", "params": {"key": "k"}}
    made = talker.post(
        "/connections",
        json={"auth": auth, "connectionSpec": {"id": id, "version": "1.0"}},
    )
    assert made.status_code == 201, made.text
    return f"/connections/{made.json()['id']}/explore"


COLUMN = {"nodeType": "fieldLookup", "fieldName": "Id"}
FILTER = {
    "type": "PQL",
    "format": "pql/json",
    "value": {"nodeType": "fnApply", "fnName": "isNull", "params": [COLUMN]},
}


@pytest.mark.parametrize(
    ("kind", "params", "expected"),
    [
        ("table", {}, "CONNECTOR-1358-400"),
        ("table", {"objectType": ""}, "CONNECTOR-1358-400"),
        ("table", {"objectType": "view"}, "CONNECTOR-1358-400"),
        ("table", {"objectType": "table"}, "CONNECTOR-1337-400"),
        ("table", {"objectType": "table", "object": " "}, "CONNECTOR-1334-400"),
        ("table", {"objectType": "root", "preview": "yes"}, "CONNECTOR-1312-400"),
        ("table", {"objectType": "root", "colour": "red"}, "CONNECTOR-1336-400"),
        ("table", {"objectType": "root", "previews": "true"}, "FLOW-1451-400"),
        ("table", {"objectType": "file", "object": "a"}, "CONNECTOR-1336-400"),
        ("table", {"objectType": "rest", "object": "a"}, "CONNECTOR-1336-400"),
        ("table", {"objectType": "root"}, "CONNECTOR-1336-400"),
        ("table", {"OBJECT_TYPE": "ROOT"}, "CONNECTOR-1336-400"),
        (
            "table",
            {"objectType": "table", "object": "A", "filters": _base64(FILTER)},
            "CONNECTOR-1353-400",
        ),
        (
            "table",
            {"objectType": "table", "object": "A", "filters": "%%%"},
            "CONNECTOR-1389-400",
        ),
        (
            "table",
            {"objectType": "table", "object": "A", "filters": "/w=="},
            "CONNECTOR-1389-400",
        ),
        (
            "table",
            {"objectType": "table", "object": "A", "filters": "YQ=="},
            "CONNECTOR-1335-400",
        ),
        (
            "table",
            {"objectType": "table", "object": "A", "filters": _base64([])},
            "CONNECTOR-1349-400",
        ),
        (
            "file",
            {"objectType": "file", "object": "a", "FileType": "Excel"},
            "CONNECTOR-1312-400",
        ),
        (
            "file",
            {"objectType": "file", "object": "a", "CompressionType": "rar"},
            "CONNECTOR-1312-400",
        ),
        (
            "file",
            {"objectType": "file", "object": "a", "columnDelimiter": "::"},
            "CONNECTOR-1331-400",
        ),
        (
            "file",
            {"objectType": "file", "object": "a", "encoding": "EBCDIC"},
            "CONNECTOR-1312-400",
        ),
        (
            "file",
            {
                "objectType": "file",
                "object": "a",
                "fileType": "json",
                "encoding": "UTF-8",
            },
            "CONNECTOR-1312-400",
        ),
        (
            "file",
            {
                "objectType": "file",
                "object": "a",
                "fileType": "json",
                "determineProperties": "true",
            },
            "CONNECTOR-1374-400",
        ),
        (
            "file",
            {"objectType": "file", "object": "a", "FILE_TYPE": "Delimited"},
            "CONNECTOR-1336-400",
        ),
        (
            "file",
            {"objectType": "folder", "object": "a", "determineProperties": "true"},
            "CONNECTOR-1336-400",
        ),
        ("file", {"objectType": "table", "object": "a"}, "CONNECTOR-1336-400"),
        ("streaming", {"objectType": "root"}, "CONNECTOR-1336-400"),
    ],
)
def test_a_parameter_has_its_own_code(
    service: Open, code: Any, *, kind: str, params: dict[str, str], expected: str
) -> None:
    connector = _connector(
        kind=kind, ingestion="streaming" if kind == "streaming" else "batch"
    )
    talker = service(connectors=[connector])
    assert code(talker.get(_connection(talker), params=params)) == expected


def test_filters_are_not_passed_on_even_where_the_source_takes_them(
    service: Open, code: Any
) -> None:
    talker = service(connectors=[_connector(id=BIGQUERY)])
    params = {
        "objectType": "table",
        "object": "A",
        "preview": "true",
        "filters": _base64(FILTER).rstrip("="),
    }
    assert (
        code(talker.get(_connection(talker, BIGQUERY), params=params))
        == "CONNECTOR-1354-400"
    )


def test_a_connection_of_another_sandbox_is_not_explored(
    service: Open, code: Any
) -> None:
    talker = service(connectors=[_connector()])
    path = _connection(talker)
    other = talker.like(x_sandbox_name="dev")
    assert code(other.get(f"{path}?objectType=root")) == "FLOW-1439-404"


def test_of_the_specifications_only_the_landing_zone_is_explored_and_it_is_empty(
    service: Open, code: Any
) -> None:
    talker = service(connectors=[_connector()])
    assert (
        code(talker.get(f"/connectionSpecs/{SPEC}/explore?objectType=root"))
        == "CONNECTOR-1372-400"
    )
    assert talker.get(f"/connectionSpecs/{ZONE}/explore?objectType=root").json() == []
    for asked, expected in (
        ("folder", "CONNECTOR-1003-404"),
        ("table", "CONNECTOR-1336-400"),
    ):
        answer = talker.get(
            f"/connectionSpecs/{ZONE}/explore?objectType={asked}&object=x"
        )
        assert code(answer) == expected
    assert code(talker.get(f"/connectionSpecs/{ZONE}/explore")) == "CONNECTOR-1358-400"
    for wrong in ("nothing", "%00", "00000000-0000-4000-8000-000000000000"):
        assert (
            code(talker.get(f"/connectionSpecs/{wrong}/explore?objectType=root"))
            == "FLOW-1439-404"
        )


NAMES = st.sampled_from(
    [
        "objectType",
        "object",
        "fileType",
        "filters",
        "preview",
        "determineProperties",
        "encoding",
    ]
)
TEXTS = (
    st.text(max_size=20)
    | st.sampled_from(["root", "table", "true", "delimited"])
    | st.binary().map(lambda raw: base64.b64encode(raw).decode())
)


@settings(
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    deadline=None,
)
@given(st.dictionaries(NAMES, TEXTS, max_size=5))
def test_any_parameters_are_refused_in_the_services_own_words(
    service: Open, params: dict[str, str]
) -> None:
    talker, path = _opened(service)
    answer = talker.get(
        path,
        params={
            name: value.encode("utf-8", "replace") for name, value in params.items()
        },
    )
    assert answer.status_code == 400
    assert answer.json()["errorMessage"]


_opened_once: dict[int, Any] = {}


def _opened(service: Any) -> Any:
    """Open one service for all the examples of a property."""
    if id(service) not in _opened_once:
        _opened_once.clear()
        talker = service(connectors=[_connector()])
        _opened_once[id(service)] = (talker, _connection(talker))
    return _opened_once[id(service)]
