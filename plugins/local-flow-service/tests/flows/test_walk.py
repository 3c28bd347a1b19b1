"""The way of a dataflow into the store: its specification is fetched once, and each part of its body read once."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from dataflows import CRM_TO_AEP, FUTURE, Desk

from headwater_local_flow_service.flows import flow_bodies, schedules
from headwater_local_flow_service.specs import fixed_specs
from headwater_local_flow_service.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable

Open = Any
COUNTED: tuple[tuple[str, Any, str], ...] = (
    ("specifications", fixed_specs, "flow_spec"),
    ("bodies", flow_bodies, "read_dataflow"),
    ("schedules", schedules, "_parse"),
    ("reads", Store, "reading"),
    ("writes", Store, "writing"),
)


@pytest.fixture
def desk(service: Open) -> Desk:
    """Return a tenant that has made a dataflow before, so that everything is loaded."""
    desk = Desk(service())
    desk.flow()
    return desk


@pytest.fixture
def counts(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Count what the service does from now on."""
    counts: Counter[str] = Counter()
    for what, holder, name in COUNTED:
        counter = _counting(getattr(holder, name), counts, what)
        monkeypatch.setattr(holder, name, counter)
    return counts


def _counting(
    function: Callable[..., Any], counts: Counter[str], what: str
) -> Callable[..., Any]:
    def count(*args: Any, **kwargs: Any) -> Any:
        counts[what] += 1
        return function(*args, **kwargs)

    return count


def test_a_create_fetches_and_reads_everything_once(
    desk: Desk, counts: Counter[str]
) -> None:
    desk.flow()
    assert counts == {
        "specifications": 1,
        "bodies": 1,
        "schedules": 1,
        "reads": 1,
        "writes": 1,
    }


def test_a_patch_reads_the_schedule_before_and_the_one_after(
    desk: Desk, counts: Counter[str]
) -> None:
    [flow] = desk.talker.get("/flows").json()["items"]
    counts.clear()
    later = {"op": "replace", "path": "/scheduleParams/startTime", "value": FUTURE + 5}
    assert desk.patch(flow["id"], later).status_code == 200
    del counts["reads"]  # SQLite reads a row by its id without one
    assert counts == {"specifications": 1, "bodies": 1, "schedules": 2, "writes": 1}


def test_a_draft_is_read_once_when_it_is_published(
    desk: Desk, counts: Counter[str]
) -> None:
    draft = desk.made("/flows?mode=draft", desk.body())["id"]
    counts.clear()
    assert desk.act(draft, "publish").status_code == 200
    assert counts == {"specifications": 1, "bodies": 1, "schedules": 1, "writes": 1}


def test_a_body_is_not_changed_by_being_read() -> None:
    body = {
        "name": None,
        "sourceConnectionIds": ["a"],
        "targetConnectionIds": ["b"],
        "transformations": [
            {"name": "Mapping", "params": {"mappingId": "m", "mappingVersion": 0}}
        ],
        "options": None,
    }
    spec = {"id": CRM_TO_AEP, "transformationSpecs": [{"name": "Mapping"}]}
    flow = flow_bodies.read_dataflow(body, spec, draft=False)
    assert flow.document == {
        "sourceConnectionIds": ["a"],
        "targetConnectionIds": ["b"],
        "transformations": [
            {"name": "Mapping", "params": {"mappingId": "m", "mappingVersion": "0"}}
        ],
    }
    assert body["name"] is None
    assert body["transformations"] == [
        {"name": "Mapping", "params": {"mappingId": "m", "mappingVersion": 0}}
    ]
