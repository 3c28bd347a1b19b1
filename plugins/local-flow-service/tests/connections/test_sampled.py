"""Samples in the place of sources that nobody can ask: only on request, and always said."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest
from fake_oracle import PASSWORD, USER, FakeOracle, Serving

from headwater_local_flow_service.samples.source import HEADER, MARK

if TYPE_CHECKING:
    from collections.abc import Callable

MYSQL = "26d738e0-8963-47ea-aadf-c60de735468a"
ZENDESK = "0a27232b-2c6e-4396-b8c6-c9fc24e37ba4"
SFTP = "b7bf2577-4520-42c9-bae9-cad01560f7bc"
SNOWFLAKE_STREAMING = "51ae16c2-bdad-42fd-9fce-8d5dfddaf140"
ORACLE = "ba5126ec-c9ac-11eb-b8bc-0242ac130003"
BODIES = {
    "mysql": {
        "name": "shop",
        "auth": {
            "specName": "Connection String Based Authentication",
            "params": {"connectionString": "Server=shop;Port=3306;Uid=u;Pwd=p"},
        },
        "connectionSpec": {"id": MYSQL, "version": "1.0"},
    },
    "zendesk": {
        "name": "tickets",
        "auth": {
            "specName": "OAuth2 Refresh Code",
            "params": {"subdomain": "acme", "accessToken": "invented"},
        },
        "connectionSpec": {"id": ZENDESK, "version": "1.0"},
    },
    "sftp": {
        "name": "drop",
        "auth": {
            "specName": "Basic Authentication for sftp",
            "params": {
                "host": "drop.example",
                "userName": "acme",
                "password": "invented",
            },
        },
        "connectionSpec": {"id": SFTP, "version": "1.0"},
    },
    "snowflake-streaming": {
        "name": "changes",
        "auth": {
            "specName": "Basic Authentication for Snowflake",
            "params": {
                "account": "acme.snowflakecomputing.com",
                "database": "SHOP",
                "warehouse": "POLLING",
                "username": "acme",
                "password": "invented",
            },
        },
        "connectionSpec": {"id": SNOWFLAKE_STREAMING, "version": "1.0"},
    },
    "oracle": {
        "name": "desk",
        "auth": {
            "specName": "Basic Authentication",
            "params": {
                "host": "desk.example",
                "username": USER,
                "password": PASSWORD,
            },
        },
        "connectionSpec": {"id": ORACLE, "version": "1.0"},
    },
}


def _made(talker: Any, source: str, **params: str) -> str:
    body = json.loads(json.dumps(BODIES[source]))
    body["auth"]["params"].update(params)
    answer = talker.post("/connections", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


@pytest.fixture
def sampling(service: Callable[..., Any]) -> Any:
    return service(sample_data=True)


def test_samples_are_never_on_by_themselves(service: Callable[..., Any]) -> None:
    talker = service()
    id = _made(talker, "mysql")
    for question in ("explore?objectType=root", "test"):
        answer = talker.get(f"/connections/{id}/{question}")
        assert answer.status_code == 400
        assert HEADER not in answer.headers


def test_every_answer_says_that_it_is_a_sample(sampling: Any) -> None:
    id = _made(sampling, "mysql")
    root = sampling.get(f"/connections/{id}/explore?objectType=root")
    table = sampling.get(
        f"/connections/{id}/explore?objectType=table&object=sample.orders&preview=true"
    )
    tested = sampling.get(f"/connections/{id}/test")
    assert all(item[MARK] is True for item in root.json())
    assert table.json()[MARK] is True
    assert tested.json() == {"result": True, MARK: True}
    assert {each.headers[HEADER] for each in (root, table, tested)} == {"true"}


def test_samples_in_an_envelope_say_it_on_the_envelope(sampling: Any) -> None:
    id = _made(sampling, "snowflake-streaming")
    root = sampling.get(f"/connections/{id}/explore?objectType=root").json()
    assert root[MARK] is True
    assert all(item.keys() == {"type", "name"} for item in root["items"])


def test_a_table_has_columns_of_each_kind_and_rows_under_them(sampling: Any) -> None:
    id = _made(sampling, "mysql")
    root = sampling.get(f"/connections/{id}/explore?objectType=root").json()
    kinds = set()
    for item in root:
        url = f"/connections/{id}/explore?objectType=table&object={item['path']}"
        assert "data" not in sampling.get(url).json()
        table = sampling.get(f"{url}&preview=true").json()
        names = {column["name"] for column in table["schema"]["columns"]}
        assert table["data"]
        assert all(row.keys() == names for row in table["data"])
        kinds |= {
            (column["type"], column.get("meta:xdmType"))
            for column in table["schema"]["columns"]
        }
    assert kinds == {
        ("string", None),
        ("string", "date"),
        ("string", "date-time"),
        ("integer", None),
        ("number", None),
        ("boolean", None),
    }


def test_a_rest_source_answers_in_the_hierarchical_form(sampling: Any) -> None:
    id = _made(sampling, "zendesk")
    params = base64.b64encode(b"{}").decode()
    answer = sampling.get(
        f"/connections/{id}/explore?objectType=rest&object=json&fileType=json&preview=true&sourceParams={params}"
    ).json()
    assert (answer["format"], answer[MARK]) == ("hierarchical", True)
    bounds = answer["schema"]["properties"]["result"]["properties"]["id"]
    assert bounds["maximum"] == 2**53 - 1
    assert answer["data"][0]["result"]["name"]


def test_a_file_source_has_files_and_folders_of_every_format(sampling: Any) -> None:
    id = _made(sampling, "sftp")

    def explored(query: str) -> Any:
        answer = sampling.get(f"/connections/{id}/explore?{query}")
        assert answer.headers[HEADER] == "true"
        return answer.json()

    root = explored("objectType=root")
    assert [item["path"] for item in root] == [
        "samples/2026/",
        "samples/customers.csv",
        "samples/orders.json",
    ]
    folder = explored("objectType=folder&object=samples/2026/")
    assert [item["type"] for item in folder] == ["file", "folder", "file"]
    for path, options in (
        ("customers.csv", "fileType=delimited"),
        ("2026/campaigns.tsv", "fileType=delimited&columnDelimiter=%09"),
        ("2026/january/customers.csv.gz", "fileType=delimited&compressionType=gzip"),
        ("orders.json", "fileType=json"),
        ("2026/orders.parquet", "fileType=parquet"),
    ):
        file = explored(f"objectType=file&object=samples/{path}&{options}&preview=true")
        assert file["data"], path
        assert file[MARK] is True


def test_what_the_samples_do_not_have_is_not_found(sampling: Any) -> None:
    id = _made(sampling, "mysql")
    answer = sampling.get(f"/connections/{id}/explore?objectType=table&object=nothing")
    assert answer.status_code == 400
    assert "explore the root" in answer.text


def test_a_source_that_can_be_asked_is_asked(sampling: Any) -> None:
    with Serving(FakeOracle()) as source:
        id = _made(sampling, "oracle", host=source.url)
        answer = sampling.get(f"/connections/{id}/explore?objectType=root")
    assert "incidents" in [item["path"] for item in answer.json()]
    assert HEADER not in answer.headers


def test_a_source_that_may_not_be_reached_is_answered_for_by_samples(
    sampling: Any,
) -> None:
    id = _made(sampling, "oracle")
    answer = sampling.get(f"/connections/{id}/explore?objectType=root")
    assert all(item[MARK] for item in answer.json())
    assert sampling.get(f"/connections/{id}/test").json()[MARK] is True
