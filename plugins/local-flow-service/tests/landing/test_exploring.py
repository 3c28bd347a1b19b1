"""Explorations of the landing zone, as the tutorials print them."""

from __future__ import annotations

import gzip
import io
import sys
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    import requests
    from landing.zones_served import Served

CSV = b"id;name\n1;one\n"


def _code(answer: requests.Response) -> str:
    return str(answer.json()["type"].rpartition("/")[2])


def test_an_empty_zone_holds_nothing(anywhere: Served) -> None:
    assert anywhere.list() == []


@pytest.mark.parametrize(
    "object", ["root", "dlz-user-container", "/dlz-user-container/"]
)
def test_the_root_may_be_asked_for_as_a_folder(landing: Served, object: str) -> None:
    landing.upload("a.csv", CSV)

    assert landing.list(objectType="folder", object=object) == landing.list()


def test_a_file_is_described_by_the_properties_that_are_named(landing: Served) -> None:
    landing.upload("a.csv.gz", gzip.compress(CSV))

    answer = landing.file(
        "a.csv.gz", fileType="delimited", columnDelimiter=";", compressionType="gzip"
    ).json()

    assert [*answer] == ["properties", "format", "schema", "data"]
    assert answer["properties"] == {
        "fileType": "delimited",
        "compressionType": "gzip",
        "columnDelimiter": ";",
    }
    assert answer["data"] == [{"id": "1", "name": "one"}]
    found = landing.file("a.csv.gz", determineProperties="true").json()
    assert found == answer


def test_without_a_preview_there_are_no_rows(landing: Served) -> None:
    landing.upload("a.csv", CSV)

    answer = landing.explore(
        objectType="file", object="dlz-user-container/a.csv", fileType="delimited"
    )

    assert "data" not in answer.json()
    assert answer.json()["format"] == "flat"


def test_json_is_hierarchical(landing: Served) -> None:
    landing.upload("a.json", b'[{"id": 1, "in": {"x": "y"}}]')

    answer = landing.file("a.json", fileType="json").json()

    assert answer["format"] == "hierarchical"
    assert answer["schema"]["properties"]["in"]["type"] == "object"
    assert answer["data"] == [{"id": 1, "in": {"x": "y"}}]


def test_parquet_has_types(anywhere: Served) -> None:
    pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    pq = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    made = io.BytesIO()
    pq.write_table(pa.table({"id": [1, 2], "name": ["one", "two"]}), made)
    anywhere.upload("a.parquet", made.getvalue())

    answer = anywhere.file("a.parquet", fileType="parquet").json()

    assert [column["type"] for column in answer["schema"]["columns"]] == [
        "integer",
        "string",
    ]
    assert answer["data"] == [{"id": 1, "name": "one"}, {"id": 2, "name": "two"}]


def test_without_pyarrow_parquet_is_answered_501_with_what_to_install(
    landing: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    landing.upload("a.parquet", b"PAR1" + b"\0" * 20 + b"\4\0\0\0PAR1")
    monkeypatch.setitem(sys.modules, "pyarrow", None)

    answer = landing.file("a.parquet", fileType="parquet")

    assert answer.status_code == 501
    assert "headwater-local-flow-service[lake]" in answer.json()["errorMessage"]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"object": "dlz-user-container/b.csv"}, "CONNECTOR-1003-404"),
        ({"object": "other-container/a.csv"}, "CONNECTOR-1003-404"),
        ({"object": "a.csv"}, "CONNECTOR-1003-404"),
        ({"object": "dlz-user-container/"}, "CONNECTOR-1003-404"),
        ({"object": "dlz-user-container/../policy.json"}, "CONNECTOR-1003-404"),
        ({"object": "dlz-user-container//a.csv"}, "CONNECTOR-1003-404"),
        ({"object": "dlz-user-container/a.csv/x"}, "CONNECTOR-1003-404"),
        ({"fileType": ""}, "CONNECTOR-1334-400"),
        ({"fileType": "json"}, "CONNECTOR-1312-400"),
        ({"fileType": "parquet"}, "CONNECTOR-1312-400"),
        ({"compressionType": "gzip"}, "CONNECTOR-1312-400"),
        ({"determineProperties": "true"}, "CONNECTOR-1374-400"),
    ],
)
def test_what_cannot_be_shown_is_refused(
    landing: Served, query: dict[str, str], code: str
) -> None:
    landing.upload("a.csv", CSV)
    asked = {
        "objectType": "file",
        "object": "dlz-user-container/a.csv",
        "fileType": "delimited",
        "preview": "true",
    }

    assert _code(landing.explore(**asked | query)) == code


def test_a_file_needs_its_type_or_that_it_be_found_out(landing: Served) -> None:
    landing.upload("a.csv", CSV)

    assert _code(landing.file("a.csv")) == "CONNECTOR-1359-400"


@pytest.mark.parametrize("data", [b"", b"\0\1\2\3" * 100, b"PK\x03\x04broken"])
def test_properties_that_cannot_be_found_out_are_told_so(
    landing: Served, data: bytes
) -> None:
    landing.upload("a", data)

    answer = landing.file("a", determineProperties="true")

    assert _code(answer) == "CONNECTOR-1375-400"


def test_a_folder_that_is_not_there_is_told_so(landing: Served) -> None:
    answer = landing.explore(objectType="folder", object="dlz-user-container/x/")

    assert _code(answer) == "CONNECTOR-1003-404"


@settings(
    deadline=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.sampled_from(["file", "folder"]), st.text(max_size=60))
def test_no_path_leads_out_or_fails(landing: Served, type: str, path: str) -> None:
    for object in (path, f"dlz-user-container/{path}"):
        query: dict[str, Any] = {"objectType": type, "object": object}
        answer = landing.explore(**query, determineProperties="true")
        assert answer.status_code in (200, 400, 404), answer.text
        if type == "file":
            assert answer.status_code != 200
