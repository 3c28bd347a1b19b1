"""Explorations: every parameter is checked before the source is asked, and nothing is invented."""

from __future__ import annotations

import base64
import json
import types
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headwater import AuthenticationSpec, ConnectionSpec, Field, hookimpl
from headwater.connectors.connector import Connector
from headwater.models import Distribution
from headwater.sources import Check, Column, Columns, Preview, Table
from headwater_local_flow_service import Strictness

if TYPE_CHECKING:
    from pathlib import Path

Open = Any
SPEC = "11111111-2222-4333-8444-555555555555"
BIGQUERY = "3c9b37f8-13a6-43d8-bad3-b863b941fedd"
ZENDESK = "0a27232b-2c6e-4396-b8c6-c9fc24e37ba4"
MIXPANEL = "fd2c8ff3-1de0-4f6b-8fa8-4264784870eb"
SNOWFLAKE_STREAMING = "51ae16c2-bdad-42fd-9fce-8d5dfddaf140"
ZONE = "26f526f2-58f4-4712-961d-e41bf1ccc0e8"


def _base64(value: Any) -> str:
    return base64.b64encode(json.dumps(value).encode()).decode()


class _Reader:
    """Reads a source with one table, wherever it is."""

    def __enter__(self) -> _Reader:
        return self

    def __exit__(self, *_exception: object) -> None:
        pass

    def check(self) -> Check:
        return Check()

    def tables(self) -> list[Table]:
        return [Table(name="tickets", label="Tickets")]

    def columns(self, table: str) -> Columns:
        assert table == "tickets"
        columns = [
            Column(name="id", type="integer"),
            Column(name="subject", type="string"),
        ]
        return Columns(columns)

    def preview(self, table: str, _n: int) -> Preview:
        return Preview(self.columns(table), [{"id": 1, "subject": "printer"}])


def _connector(reader: Any = None, **facts: Any) -> Connector:
    spec = ConnectionSpec(**{"id": SPEC, "name": "Acme", "category": "x"} | facts)
    auth = (AuthenticationSpec("Key", [Field("key", secret=True)]),)
    plugin = types.SimpleNamespace(
        connection_spec=hookimpl(lambda: spec),
        credential_schemas=hookimpl(lambda: auth),
    )
    if reader is not None:
        plugin.open_source = hookimpl(lambda credentials: reader())
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


@pytest.mark.parametrize(
    ("params", "expected", "told"),
    [
        ({}, "CONNECTOR-1336-400", "acme, cannot read its source"),
        ({"sourceParams": "e30"}, "CONNECTOR-1336-400", "acme, cannot read its source"),
        ({"sourceParams": "e30="}, "CONNECTOR-1336-400", "cannot read its source"),
        ({"sourceParams": "e30=;"}, "CONNECTOR-1389-400", "sourceParams"),
        ({"sourceParams": "e3"}, "CONNECTOR-1335-400", "sourceParams"),
        ({"sourceParams": "***"}, "CONNECTOR-1389-400", "sourceParams"),
        ({"sourceParams": "e30e"}, "CONNECTOR-1335-400", "sourceParams"),
        ({"sourceParams": _base64([])}, "CONNECTOR-1312-400", "sourceParams"),
        ({"sourceParams": _base64("x" * 9)}, "CONNECTOR-1312-400", "sourceParams"),
        ({"source_params": ""}, "CONNECTOR-1334-400", "sourceParams"),
        ({"objectType": "root"}, "CONNECTOR-1336-400", "explored by rest"),
        ({"objectType": "table"}, "CONNECTOR-1336-400", "explored by rest"),
        ({"determineProperties": "true"}, "CONNECTOR-1376-400", "no files"),
        ({"fileType": "xml"}, "CONNECTOR-1312-400", "fileType"),
    ],
)
def test_a_rest_api_is_asked_as_the_tutorials_ask_it(
    service: Open, code: Any, *, params: dict[str, str], expected: str, told: str
) -> None:
    talker = service(connectors=[_connector(id=ZENDESK, kind="file")])
    asked = {"objectType": "rest", "object": "json", "preview": "true"} | params
    if "determineProperties" not in params:
        asked = {"fileType": "json"} | asked
    answer = talker.get(_connection(talker, ZENDESK), params=asked)
    assert code(answer) == expected
    assert told in answer.json()["errorMessage"]


def test_a_rest_api_is_explored_with_what_its_source_asks_for(
    service: Open, code: Any
) -> None:
    talker = service(connectors=[_connector(id=MIXPANEL, kind="file")])
    asked = {"objectType": "rest", "object": "json", "fileType": "json"}
    path = _connection(talker, MIXPANEL)
    for known, missing in (
        (None, "projectId"),
        ({}, "projectId"),
        ({"projectId": "1"}, "timezone"),
    ):
        params = asked if known is None else asked | {"sourceParams": _base64(known)}
        answer = talker.get(path, params=params)
        assert code(answer) == "CONNECTOR-1359-400"
        assert f"sourceParams.{missing}" in answer.json()["errorMessage"]
    whole = {"projectId": "2671127", "timezone": "Pacific Standard Time"}
    for text in (_base64(whole), _base64(whole).rstrip("=")):
        answer = talker.get(path, params=asked | {"sourceParams": text})
        assert code(answer) == "CONNECTOR-1336-400"
        assert "cannot read its source" in answer.json()["errorMessage"]


def test_a_connector_that_reads_its_api_answers_with_a_tree(
    service: Open, code: Any
) -> None:
    talker = service(connectors=[_connector(_Reader, id=ZENDESK, kind="file")])
    path = _connection(talker, ZENDESK)
    asked = {"objectType": "rest", "object": "json", "sourceParams": "e30"}
    schema = {
        "type": "object",
        "properties": {
            "id": {
                "type": "integer",
                "minimum": -9007199254740992,
                "maximum": 9007199254740991,
            },
            "subject": {"type": "string"},
        },
    }
    tree = {"format": "hierarchical", "schema": schema}
    assert talker.get(path, params=asked).json() == tree
    rows = [{"id": 1, "subject": "printer"}]
    previewed = talker.get(path, params=asked | {"preview": "true"})
    assert previewed.json() == tree | {"data": rows}
    handed = asked | {"sourceParams": _base64({"view": "open"})}
    refused = talker.get(path, params=handed)
    assert code(refused) == "CONNECTOR-1336-400"
    assert "takes no sourceParams" in refused.json()["errorMessage"]


def test_snowflake_streaming_wraps_its_list_of_tables(service: Open) -> None:
    facts = {"id": SNOWFLAKE_STREAMING, "ingestion": "streaming"}
    talker = service(connectors=[_connector(_Reader, **facts)])
    path = _connection(talker, SNOWFLAKE_STREAMING)
    listed = talker.get(f"{path}?objectType=root").json()
    assert listed == {"items": [{"type": "table", "name": "tickets"}]}
    table = talker.get(f"{path}?objectType=table&object=tickets").json()
    assert [column["name"] for column in table["schema"]["columns"]] == [
        "id",
        "subject",
    ]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("objectType=FILE&object=a&fileType=DELIMITED", ""),
        ("objectType=FILE&object=a&fileType=DELIMITED;", "CONNECTOR-1312-400"),
        ("objectType=file&object=a&FILE_TYPE=JSON", ""),
        ("objectType=file&object=a&ileType=parquet", ""),
        ("objectType=file;&object=a&compressionType=gzip;", "CONNECTOR-1358-400"),
        ("objectType=file&object=a&compressionType=GZip;", "CONNECTOR-1312-400"),
        ("objectType=file&object=a&encoding=utf-8", "CONNECTOR-1312-400"),
        (r"objectType=file&object=a&columnDelimiter=\t", "CONNECTOR-1331-400"),
        ("objectType=file&object=a&columnDelimiter=%2509", "CONNECTOR-1331-400"),
        ("objectType=file&object=a&columnDelimiter=%09", ""),
        ("objectType=file&object=a&columnDelimiter=;", ""),
        ("objectType=file&object=a&columnDelimiter=|;", "CONNECTOR-1331-400"),
        ("objectType=file&object=a&preview=True;", "CONNECTOR-1312-400"),
    ],
)
def test_parameters_may_be_written_as_in_the_tutorials(
    service: Open, code: Any, query: str, expected: str
) -> None:
    talker = service(connectors=[_connector(kind="file")])
    path = _connection(talker)
    # Whether they are taken shows in what is refused next: that nobody looks into files of this source.
    assert code(talker.get(f"{path}?{query}")) == "CONNECTOR-1336-400"
    strict = service(
        connectors=[_connector(kind="file")],
        strictness=Strictness(refuse_loose_spellings=True),
    )
    refused = code(strict.get(f"{path}?{query}"))
    assert refused == (expected or "CONNECTOR-1336-400")


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
    service: Open, code: Any, tmp_path: Path
) -> None:
    zone = {"landing_zone": str(tmp_path / "zone")}
    talker = service(connectors=[_connector()], **zone)
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
    # Adobe's file declares no parameters for this path.
    assert talker.get(f"/connectionSpecs/{ZONE}/explore").json() == []
    strict = service(strictness=Strictness.strict(), **zone)
    asked_without = strict.get(f"/connectionSpecs/{ZONE}/explore")
    assert code(asked_without) == "CONNECTOR-1358-400"
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
        "sourceParams",
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
