"""Source connections: what of a base connection a dataflow reads."""

from __future__ import annotations

import types
from typing import Any

import pytest

from headwater import AuthenticationSpec, ConnectionSpec, Field, hookimpl
from headwater.connectors.connector import Connector
from headwater.models import Distribution
from headwater_local_flow_service import Strictness
from headwater_local_flow_service.store import tables

Open = Any
ORACLE = "ba5126ec-c9ac-11eb-b8bc-0242ac130003"
BIGQUERY = "3c9b37f8-13a6-43d8-bad3-b863b941fedd"
SPEC = "11111111-2222-4333-8444-555555555555"
PATH = "/sourceConnections"


def _connector(**facts: Any) -> Connector:
    spec = ConnectionSpec(**{"id": SPEC, "name": "Other", "category": "x"} | facts)
    plugin = types.SimpleNamespace(
        connection_spec=hookimpl(lambda: spec),
        credential_schemas=hookimpl(
            lambda: (AuthenticationSpec("Key", [Field("key", secret=True)]),)
        ),
    )
    return Connector("other", plugin, Distribution("test", "1"))


def _other_base(talker: Any, id: str = SPEC) -> str:
    auth = {"specName": "Key", "params": {"key": "k"}}
    made = talker.post(
        "/connections",
        json={"auth": auth, "connectionSpec": {"id": id, "version": "1.0"}},
    )
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


def _read(talker: Any, id: str) -> dict[str, Any]:
    item: dict[str, Any]
    [item] = talker.get(f"{PATH}/{id}").json()["items"]
    return item


def test_it_is_read_back_with_what_it_inherits(service: Open, source_body: Any) -> None:
    talker = service()
    base = talker.create()["id"]
    answer = talker.post(f"{PATH}/", json=source_body(base))
    assert answer.status_code == 201
    assert list(answer.json()) == ["id", "etag"]
    item = _read(talker, answer.json()["id"])
    assert item["params"] == source_body(base)["params"]
    assert (item["baseConnectionId"], item["state"], item["version"]) == (
        base,
        "enabled",
        answer.json()["etag"],
    )
    reference = {"id": ORACLE, "version": "1.0"}
    assert item["inheritedAttributes"] == {
        "baseConnection": {"id": base, "connectionSpec": reference}
    }


def test_a_list_is_filtered_by_base_connection_table_and_column(
    service: Open, source_body: Any
) -> None:
    talker = service()
    first, second = talker.create()["id"], talker.create()["id"]
    made = [
        talker.post(PATH, json=source_body(base)).json()["id"]
        for base in (first, first, second)
    ]
    contact = {"tableName": "Contact", "columns": [{"name": "Mail"}]}
    made.append(
        talker.post(PATH, json=source_body(second, params=contact)).json()["id"]
    )
    for condition, expected in (
        (f"baseConnectionId=={first}", made[:2]),
        (f"baseConnectionId=={first},{second}", made),
        (f"baseConnectionId!={first}", made[2:]),
        ("params.tableName==Contact", made[3:]),
        ("params.columns[].name==Id", made[:3]),
        (f"inheritedAttributes.baseConnection.id=={second}", made[2:]),
        (f"connectionSpec.id=={ORACLE}", made),
    ):
        answer = talker.get(PATH, params={"property": condition}).json()
        assert [item["id"] for item in answer["items"]] == expected[::-1]
        assert answer["_links"] == {}
        assert talker.get(
            PATH, params={"property": condition, "count": "true"}
        ).json() == {"count": len(expected)}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"baseConnectionId": None}, "CONNECTOR-1304-400"),
        ({"baseConnectionId": ""}, "CONNECTOR-1304-400"),
        ({"baseConnectionId": 5}, "CONNECTOR-1312-400"),
        ({"baseConnectionId": "0" * 36}, "CONNECTOR-1312-400"),
        (
            {"baseConnectionId": "00000000-0000-4000-8000-000000000000"},
            "CONNECTOR-1312-400",
        ),
        ({"connectionSpec": {"id": SPEC}}, "FLOW-1413-400"),
        ({"connectionSpec": None}, "FLOW-1413-400"),
        ({"data": None}, "CONNECTOR-1304-400"),
        ({"data": {}}, "CONNECTOR-1304-400"),
        ({"data": "tabular"}, "CONNECTOR-1312-400"),
        ({"data": {"format": "delimited"}}, "CONNECTOR-1327-400"),
        (
            {"data": {"format": "tabular", "properties": {"columnDelimiter": "::"}}},
            "CONNECTOR-1331-400",
        ),
        (
            {"data": {"format": "tabular", "properties": {"encoding": "EBCDIC"}}},
            "CONNECTOR-1312-400",
        ),
        (
            {"data": {"format": "tabular", "properties": {"compressionType": "rar"}}},
            "CONNECTOR-1312-400",
        ),
        ({"params": None}, "CONNECTOR-1323-400"),
        ({"params": {"tableName": " "}}, "CONNECTOR-1323-400"),
        ({"params": {"tableName": 7}}, "CONNECTOR-1312-400"),
        ({"params": {"tableName": "Account", "columns": []}}, "CONNECTOR-1330-400"),
        ({"params": {"tableName": "Account", "columns": ["Id"]}}, "CONNECTOR-1312-400"),
        (
            {"params": {"tableName": "Account", "columns": [{"type": "string"}]}},
            "CONNECTOR-1304-400",
        ),
        ({"params": {"tableName": "Account", "filters": {}}}, "CONNECTOR-1353-400"),
        (
            {"params": {"tableName": "Account", "cdcEnabled": "yes"}},
            "CONNECTOR-1312-400",
        ),
        ({"name": []}, "CONNECTOR-1312-400"),
    ],
)
def test_a_refusal_has_its_own_code(
    service: Open, source_body: Any, code: Any, *, change: Any, expected: str
) -> None:
    talker = service()
    base = talker.create()["id"]
    assert code(talker.post(PATH, json=source_body(base, **change))) == expected
    assert talker.get(f"{PATH}?count=true").json() == {"count": 0}


def test_the_base_connection_must_be_of_the_same_source(
    service: Open, source_body: Any, code: Any
) -> None:
    import headwater

    talker = service(connectors=[_connector(), headwater.load("oracle-service-cloud")])
    answer = talker.post(PATH, json=source_body(_other_base(talker)))
    assert code(answer) == "FLOW-1413-400"


def test_a_base_connection_of_another_sandbox_or_organization_is_none(
    service: Open, source_body: Any, code: Any
) -> None:
    talker = service()
    for other in (
        talker.like(x_sandbox_name="dev"),
        talker.like(x_gw_ims_org_id="OTHER@AdobeOrg"),
    ):
        assert (
            code(talker.post(PATH, json=source_body(other.create()["id"])))
            == "CONNECTOR-1312-400"
        )
    made = talker.post(PATH, json=source_body(talker.create()["id"])).json()["id"]
    assert code(other.get(f"{PATH}/{made}")) == "FLOW-1439-404"
    assert code(other.send("DELETE", f"{PATH}/{made}")) == "FLOW-1439-404"


def test_a_source_without_base_connections_takes_none(
    service: Open, source_body: Any, code: Any
) -> None:
    zone = _connector(
        kind="file", base_connection=False, lifecycle_note="start in the landing zone"
    )
    talker = service(connectors=[zone])
    files = {
        "connectionSpec": {"id": SPEC, "version": "1.0"},
        "data": {"format": "json"},
        "params": {"path": "/x/*"},
    }
    assert talker.post(PATH, json=source_body(None, **files)).status_code == 201
    assert (
        code(talker.post(PATH, json=source_body(_other_base(talker), **files)))
        == "CONNECTOR-1332-400"
    )


@pytest.mark.parametrize(
    ("kind", "change", "expected"),
    [
        (
            "file",
            {"data": {"format": "parquet"}, "params": {"path": "a", "type": "folder"}},
            "",
        ),
        (
            "file",
            {"data": {"format": "tabular"}, "params": {"path": "a"}},
            "CONNECTOR-1327-400",
        ),
        ("file", {"data": {"format": "json"}, "params": {}}, "CONNECTOR-1323-400"),
        (
            "file",
            {"data": {"format": "json"}, "params": {"path": "a", "type": "root"}},
            "CONNECTOR-1312-400",
        ),
        ("streaming", {"data": {"format": "json"}, "params": None}, ""),
        (
            "streaming",
            {"data": {"format": "tabular"}, "params": None},
            "CONNECTOR-1327-400",
        ),
        ("table", {"params": {"path": "Account"}}, ""),
    ],
)
def test_each_kind_of_source_has_its_own_parameters(
    service: Open, source_body: Any, code: Any, *, kind: str, change: Any, expected: str
) -> None:
    talker = service(
        connectors=[
            _connector(
                kind=kind, ingestion="streaming" if kind == "streaming" else "batch"
            )
        ]
    )
    body = source_body(
        _other_base(talker), connectionSpec={"id": SPEC, "version": "1.0"}, **change
    )
    answer = talker.post(PATH, json=body)
    assert (answer.status_code == 201) if not expected else (code(answer) == expected)


def test_filters_are_checked_where_the_source_filters(
    service: Open, source_body: Any, code: Any
) -> None:
    talker = service(connectors=[_connector(id=BIGQUERY)])
    base = _other_base(talker, BIGQUERY)
    column, value = (
        {"nodeType": "fieldLookup", "fieldName": "Id"},
        {"nodeType": "literal", "value": 5},
    )
    node = {"nodeType": "fnApply", "fnName": "=", "params": [column, value]}

    def body(filters: Any) -> Any:
        reference = {"id": BIGQUERY, "version": "1.0"}
        return source_body(
            base,
            connectionSpec=reference,
            params={"tableName": "A", "filters": filters},
        )

    good = {"type": "PQL", "format": "pql/json", "value": node}
    assert talker.post(PATH, json=body(good)).status_code == 201
    assert (
        code(talker.post(PATH, json=body(good | {"type": "SQL"})))
        == "CONNECTOR-1355-400"
    )


def test_a_missing_spec_version_is_completed_or_refused(
    service: Open, source_body: Any, code: Any
) -> None:
    talker = service()
    body = source_body(talker.create()["id"], connectionSpec={"id": ORACLE})
    made = talker.post(PATH, json=body).json()["id"]
    assert _read(talker, made)["connectionSpec"] == {"id": ORACLE, "version": "1.0"}
    strict = service(strictness=Strictness.strict())
    assert code(strict.post(PATH, json=body)) == "HEADWATER-1422-422"


def test_a_patch_is_checked_like_a_create(
    service: Open, source_body: Any, code: Any
) -> None:
    talker = service()
    base, other = talker.create()["id"], talker.create()["id"]
    made = talker.post(PATH, json=source_body(base)).json()

    def patch(etag: str, *operations: Any) -> Any:
        return talker.send(
            "PATCH",
            f"{PATH}/{made['id']}/",
            headers={"If-Match": etag},
            json=list(operations),
        )

    for operation, expected in (
        (
            {"op": "replace", "path": "/connectionSpec/id", "value": SPEC},
            "FLOW-1414-400",
        ),
        (
            {"op": "replace", "path": "/data/format", "value": "json"},
            "CONNECTOR-1327-400",
        ),
        ({"op": "remove", "path": "/params/tableName"}, "CONNECTOR-1323-400"),
        (
            {"op": "replace", "path": "/baseConnectionId", "value": made["id"]},
            "CONNECTOR-1312-400",
        ),
        (
            {"op": "replace", "path": "/inheritedAttributes", "value": {}},
            "FLOW-1455-400",
        ),
        ({"op": "remove", "path": "/baseConnectionId"}, "CONNECTOR-1304-400"),
    ):
        assert code(patch(made["etag"], operation)) == expected
    answer = patch(
        made["etag"],
        {"op": "replace", "path": "/params/tableName", "value": "Contact"},
        {"op": "replace", "path": "/baseConnectionId", "value": other},
    )
    assert answer.status_code == 200
    item = _read(talker, made["id"])
    assert (
        item["params"]["tableName"],
        item["inheritedAttributes"]["baseConnection"]["id"],
    ) == ("Contact", other)
    found = talker.get(PATH, params={"property": f"baseConnectionId=={other}"}).json()[
        "items"
    ]
    assert [one["id"] for one in found] == [made["id"]]
    assert (
        talker.get(PATH, params={"property": f"baseConnectionId=={base}"}).json()[
            "items"
        ]
        == []
    )
    assert (
        code(patch(made["etag"], {"op": "remove", "path": "/name"})) == "FLOW-1404-412"
    )


def test_it_is_not_deleted_while_an_active_dataflow_reads_it(
    service: Open, source_body: Any, code: Any, stored: Any
) -> None:
    talker = service()
    base = talker.create()["id"]
    busy, idle = (
        talker.post(PATH, json=source_body(base)).json()["id"] for _count in range(2)
    )
    stored(talker, tables.flows, busy)
    stored(talker, tables.flows, idle, state="disabled")
    assert code(talker.send("DELETE", f"{PATH}/{busy}")) == "FLOW-1447-400"
    assert talker.send("DELETE", f"{PATH}/{idle}").status_code == 204
    assert code(talker.get(f"{PATH}/{idle}")) == "FLOW-1439-404"
