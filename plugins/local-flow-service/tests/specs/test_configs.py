"""``/configs``: what can be exported, page by page, and nothing where there is nothing to configure."""

from __future__ import annotations

from typing import Any

import pytest

from headwater_local_flow_service.store import tables

Open = Any
ORACLE = "ba5126ec-c9ac-11eb-b8bc-0242ac130003"
EXPORT = "23598e46-f560-407b-88d5-ea6207e49db0"
QUERY = "outputType=activationDatasets&outputField=datasets"


def test_the_data_sets_of_the_sandbox_are_paged_by_position(
    service: Open, stored: Any
) -> None:
    talker = service()
    ids = [
        stored(talker, tables.data_sets, document={"name": f"n{number}"})
        for number in range(5)
    ]
    path = f"/connectionSpecs/{EXPORT}/configs?{QUERY}"
    first = talker.get(f"{path}&limit=3").json()
    assert first["items"][0] == {"id": ids[0], "name": "n0"}
    assert (len(first["items"]), first["pageInfo"]) == (3, {"hasNext": True})
    second = talker.get(f"{path}&limit=3&start=3").json()
    assert [item["id"] for item in second["items"]] == ids[3:]
    assert second["pageInfo"] == {"hasNext": False}
    assert len(talker.get(path).json()["items"]) == 5
    other = talker.like(x_sandbox_name="dev")
    assert other.get(path).json() == {"items": [], "pageInfo": {"hasNext": False}}


def test_a_source_has_nothing_to_configure(service: Open, code: Any) -> None:
    talker = service()
    made = talker.create()["id"]
    assert talker.get(f"/connections/{made}/configs").json() == {"items": []}
    assert talker.get(f"/connectionSpecs/{ORACLE}/configs").json() == {
        "items": [],
        "pageInfo": {"hasNext": False},
    }
    assert code(talker.get("/connections/nothing/configs")) == "FLOW-1439-404"
    assert code(talker.get("/connectionSpecs/nothing/configs")) == "FLOW-1439-404"
    assert (
        code(talker.like(x_sandbox_name="dev").get(f"/connections/{made}/configs"))
        == "FLOW-1439-404"
    )


@pytest.mark.parametrize(
    "query",
    [
        "start=-1",
        "start=x",
        "start=9999999999",
        "limit=0",
        "limit=101",
        "limit=",
        "outputType=x",
        "outputField=x",
    ],
)
def test_a_wrong_parameter_is_refused(service: Open, code: Any, query: str) -> None:
    assert (
        code(service().get(f"/connectionSpecs/{EXPORT}/configs?{query}"))
        == "CONNECTOR-1312-400"
    )
