"""Schedules: what may be said, and when a dataflow is due."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater_local_flow_service.errors import FlowError
from headwater_local_flow_service.flows import schedules
from headwater_local_flow_service.specs import flow_schemas

FLOW_SPEC = {"scheduleSpec": flow_schemas.SCHEDULE}
SECONDS = {"minute": 60, "hour": 3600, "day": 86_400, "week": 604_800}
START = 1_900_000_000


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        (None, "CONNECTOR-1317-400"),
        ({}, "CONNECTOR-1317-400"),
        ([], "CONNECTOR-1312-400"),
        ({"startTime": START}, "CONNECTOR-1304-400"),
        ({"frequency": "once"}, "CONNECTOR-1304-400"),
        ({"startTime": "", "frequency": "once"}, "CONNECTOR-1304-400"),
        ({"startTime": "tomorrow", "frequency": "once"}, "CONNECTOR-1340-400"),
        ({"startTime": START * 1000, "frequency": "once"}, "CONNECTOR-1340-400"),
        ({"startTime": -1, "frequency": "once"}, "CONNECTOR-1340-400"),
        ({"startTime": True, "frequency": "once"}, "CONNECTOR-1340-400"),
        ({"startTime": START, "frequency": "yearly"}, "CONNECTOR-1397-400"),
        (
            {"startTime": START, "frequency": "Hour", "interval": 1},
            "CONNECTOR-1397-400",
        ),
        ({"startTime": START, "frequency": ["hour"]}, "CONNECTOR-1397-400"),
        (
            {"startTime": START, "frequency": "once", "interval": 1},
            "CONNECTOR-1361-400",
        ),
        (
            {"startTime": START, "frequency": "once", "backfill": True},
            "CONNECTOR-1364-400",
        ),
        ({"startTime": START, "frequency": "hour"}, "CONNECTOR-1304-400"),
        (
            {"startTime": START, "frequency": "hour", "interval": 0},
            "CONNECTOR-1362-400",
        ),
        (
            {"startTime": START, "frequency": "minute", "interval": "14"},
            "CONNECTOR-1362-400",
        ),
        (
            {"startTime": START, "frequency": "hour", "interval": 1.5},
            "CONNECTOR-1312-400",
        ),
        (
            {"startTime": START, "frequency": "hour", "interval": "often"},
            "CONNECTOR-1312-400",
        ),
        (
            {"startTime": START, "frequency": "hour", "interval": 10**30},
            "CONNECTOR-1312-400",
        ),
        (
            {
                "startTime": START,
                "frequency": "hour",
                "interval": 1,
                "backfill": "maybe",
            },
            "CONNECTOR-1312-400",
        ),
        ({"startTime": START, "frequency": "once"}, ""),
        (
            {
                "startTime": str(START),
                "frequency": "minute",
                "interval": "15",
                "backfill": "False",
            },
            "",
        ),
        ({"startTime": START, "frequency": "day", "interval": 15.0}, ""),
        (
            {
                "startTime": START,
                "frequency": "hour",
                "interval": 1,
                "endTime": START + 1,
            },
            "",
        ),
    ],
)
def test_what_a_schedule_may_say(params: Any, expected: str) -> None:
    assert _refusal(params) == expected


@given(
    st.dictionaries(
        st.sampled_from(["startTime", "frequency", "interval", "backfill", "endTime"]),
        st.one_of(
            st.none(),
            st.booleans(),
            st.integers(),
            st.floats(),
            st.text(),
            st.lists(st.integers()),
        ),
    )
)
def test_whatever_a_schedule_says_it_is_taken_or_refused_with_a_code(
    params: dict[str, Any],
) -> None:
    refused = _refusal(params)
    assert (schedules.find_schedule(params) is None) == bool(refused)


@given(
    start=st.integers(0, 4_000_000_000),
    frequency=st.sampled_from([*SECONDS]),
    interval=st.integers(1, 1_000),
    moment=st.integers(0, 5_000_000_000),
)
def test_the_next_time_is_later_on_the_grid_and_the_first_such(
    start: int, frequency: str, interval: int, moment: int
) -> None:
    due = schedules.Schedule(start=start, frequency=frequency, interval=interval).after(
        moment
    )
    assert due is not None
    assert due > moment
    step = interval * SECONDS[frequency]
    assert (due - start) % step == 0
    assert due == start or due - step <= moment


def test_what_runs_once_is_due_once() -> None:
    once = schedules.Schedule(start=START, frequency="once")
    assert (once.after(START - 1), once.after(START)) == (START, None)


def test_a_flow_specification_without_a_schedule_takes_none_or_any() -> None:
    schedules.read_schedule(None, {})
    schedules.read_schedule({"timeUnit": "day", "interval": 1}, {})
    with pytest.raises(FlowError) as found:
        schedules.read_schedule(
            {"startTime": START}, {"attributes": {"frequency": "streaming"}}
        )
    assert found.value.code == "CONNECTOR-1312-400"


def test_a_stored_flow_specification_s_own_rules_hold() -> None:
    spec = {
        "type": "object",
        "properties": {"exportMode": {"enum": ["DAILY_FULL_EXPORT"]}},
        "required": ["exportMode"],
    }
    export = {"scheduleSpec": {"spec": spec}}
    schedules.read_schedule({"exportMode": "DAILY_FULL_EXPORT"}, export)
    with pytest.raises(FlowError, match=r"scheduleParams breaks the rule required"):
        schedules.read_schedule({"timeUnit": "day"}, export)


def _refusal(params: Any) -> str:
    try:
        schedules.read_schedule(params, FLOW_SPEC)
    except FlowError as error:
        return error.code
    return ""
