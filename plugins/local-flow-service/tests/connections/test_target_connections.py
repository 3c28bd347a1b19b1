"""Target connections: the data set a dataflow writes."""

from __future__ import annotations

from typing import Any

import pytest

from headwater_local_flow_service.store import tables

Open = Any
PATH = "/targetConnections"
ORACLE = "ba5126ec-c9ac-11eb-b8bc-0242ac130003"


def test_it_is_read_back_as_it_was_sent(
    service: Open, target_body: Any, stored: Any
) -> None:
    talker = service()
    data_set = stored(talker, tables.data_sets)
    answer = talker.post(PATH, json=target_body(data_set))
    assert answer.status_code == 201
    [item] = talker.get(f"{PATH}/{answer.json()['id']}/").json()["items"]
    assert item | target_body(data_set) == item
    assert item["etag"] == item["version"] == answer.json()["etag"]
    assert "inheritedAttributes" not in item


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"connectionSpec": None}, "FLOW-1413-400"),
        ({"connectionSpec": {"id": ORACLE, "version": "1.0"}}, "CONNECTOR-1307-400"),
        ({"params": None}, "CONNECTOR-1325-400"),
        ({"params": {}}, "CONNECTOR-1325-400"),
        ({"params": {"dataSetId": ""}}, "CONNECTOR-1325-400"),
        ({"params": {"dataSetId": 5}}, "CONNECTOR-1312-400"),
        ({"params": {"dataSetId": "5e8f1ad7a3b5c1194c4ea2d0"}}, "CONNECTOR-1312-400"),
        ({"params": []}, "CONNECTOR-1312-400"),
        ({"data": None}, "CONNECTOR-1304-400"),
        ({"data": {"format": 5}}, "CONNECTOR-1312-400"),
        ({"data": {"schema": "https://x"}}, "CONNECTOR-1312-400"),
        ({"data": {"schema": {"id": 5}}}, "CONNECTOR-1312-400"),
        ({"baseConnectionId": "5e8f1ad7a3b5c1194c4ea2d0"}, "CONNECTOR-1332-400"),
        ({"description": 5}, "CONNECTOR-1312-400"),
    ],
)
def test_a_refusal_has_its_own_code(
    service: Open,
    target_body: Any,
    stored: Any,
    code: Any,
    *,
    change: Any,
    expected: str,
) -> None:
    talker = service()
    assert (
        code(
            talker.post(
                PATH, json=target_body(stored(talker, tables.data_sets), **change)
            )
        )
        == expected
    )
    assert talker.get(f"{PATH}?count=true").json() == {"count": 0}


def test_a_data_set_of_another_sandbox_is_none(
    service: Open, target_body: Any, stored: Any, code: Any
) -> None:
    talker = service()
    body = target_body(stored(talker, tables.data_sets))
    for other in (
        talker.like(x_sandbox_name="dev"),
        talker.like(x_gw_ims_org_id="OTHER@AdobeOrg"),
    ):
        assert code(other.post(PATH, json=body)) == "CONNECTOR-1312-400"


def test_a_patch_may_name_another_data_set_that_is_there(
    service: Open, target_body: Any, stored: Any, code: Any
) -> None:
    talker = service()
    first, second = stored(talker, tables.data_sets), stored(talker, tables.data_sets)
    made = talker.post(PATH, json=target_body(first)).json()

    def patch(value: str) -> Any:
        operation = {"op": "replace", "path": "/params/dataSetId", "value": value}
        return talker.send(
            "PATCH",
            f"{PATH}/{made['id']}",
            headers={"If-Match": made["etag"]},
            json=[operation],
        )

    assert code(patch("nothing")) == "CONNECTOR-1312-400"
    assert patch(second).status_code == 200
    found = talker.get(PATH, params={"property": f"params.dataSetId=={second}"}).json()[
        "items"
    ]
    assert [one["id"] for one in found] == [made["id"]]


def test_it_is_not_deleted_while_an_active_dataflow_writes_it(
    service: Open, target_body: Any, stored: Any, code: Any
) -> None:
    talker = service()
    made = talker.post(PATH, json=target_body(stored(talker, tables.data_sets))).json()[
        "id"
    ]
    flow = stored(talker, tables.flows, made)
    assert code(talker.send("DELETE", f"{PATH}/{made}")) == "FLOW-1447-400"
    with talker.app.store.writing() as rows:
        [record] = rows.select(tables.flows, _scope())
        assert record.id == flow
        rows.remove(tables.flows, record.scope, flow)
    assert talker.send("DELETE", f"{PATH}/{made}").status_code == 204


def _scope() -> Any:
    from headwater_local_flow_service.store.store import Scope

    return Scope(org="ACME@AdobeOrg", sandbox="prod")
