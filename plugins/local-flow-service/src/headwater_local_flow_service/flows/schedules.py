"""Schedules: what ``scheduleParams`` may say, and when a dataflow is due.

The rules: docs/flow-service-operations.md#schedules.

Values come as numbers or as strings of numbers and stay as they were sent; the rules look at what they mean.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs

from headwater_local_flow_service.errors import FlowError
from headwater_local_flow_service.flows import spec_rules
from headwater_local_flow_service.kernel import schemas_held
from headwater_local_flow_service.specs import flow_schemas

if TYPE_CHECKING:
    from collections.abc import Mapping

FIELD: Final = "scheduleParams"
ONCE: Final = "once"
_SECONDS: Final = {"minute": 60, "hour": 3_600, "day": 86_400, "week": 604_800}
FREQUENCIES: Final = (ONCE, *_SECONDS)

_EXCLUDED_BY_ONCE: Final = (
    ("interval", "CONNECTOR-1361-400"),
    ("backfill", "CONNECTOR-1364-400"),
)
_SMALLEST_INTERVALS: Final = {"minute": 15}
_LATEST: Final = 253_402_300_799  # the last second of the year 9999; what is later was meant in milliseconds
_LARGEST_INTERVAL: Final = 1_000_000


@attrs.frozen(kw_only=True)
class Schedule:
    """When a dataflow runs: at `start` (seconds since 1970), then every `interval` units of `frequency`."""

    start: int
    frequency: str
    interval: int = 0  # where the frequency is once
    backfill: bool = True

    @property
    def repeats(self) -> bool:
        """Whether there is more than one run."""
        return self.frequency != ONCE

    def has_begun(self, moment: int) -> bool:
        """Say whether the first run is due at `moment`, in seconds since 1970."""
        return self.start <= moment

    def after(self, moment: int) -> int | None:
        """Return the first time later than `moment` at which the dataflow is due, or None when there is none."""
        if not self.has_begun(moment):
            return self.start
        if not self.repeats:
            return None
        step = self.interval * _SECONDS[self.frequency]
        return self.start + ((moment - self.start) // step + 1) * step


def read_schedule(params: Any, flow_spec: Mapping[str, Any]) -> Schedule | None:
    """Hold ``scheduleParams`` against the rules and the flow specification, and return what they say.

    Returns None where there are none, and where they follow rules of the specification's own. Raises `FlowError`.
    """
    schema = spec_rules.part_schema(flow_spec, "scheduleSpec")
    if params is None or params == {}:
        if schema is not None:
            raise FlowError("CONNECTOR-1317-400", f"{FIELD} is missing or empty")
        return None
    if not isinstance(params, dict):
        raise FlowError("CONNECTOR-1312-400", f"{FIELD} must be of type object")
    if spec_rules.is_streaming(flow_spec):
        raise FlowError(
            "CONNECTOR-1312-400",
            f"a dataflow of streaming data has no schedule: leave {FIELD} out",
        )
    if schema is None:
        return find_schedule(params)
    periodic = "frequency" in schema.get("properties", {})
    schedule = _parse(params) if periodic else find_schedule(params)
    spec_rules.check_values(params, schema, FIELD)
    return schedule


def find_schedule(params: Any) -> Schedule | None:
    """Return the schedule that stored ``scheduleParams`` describe, or None where they describe something else."""
    if not isinstance(params, dict):
        return None
    try:
        return _parse(params)
    except FlowError:
        return None


def check_start(schedule: Schedule | None, now: int) -> None:
    """Refuse a schedule that begins in the past; `now` is in seconds since 1970. Raises `FlowError`."""
    if schedule is not None and schedule.has_begun(now):
        raise FlowError(
            "CONNECTOR-1360-400",
            f"{FIELD}.startTime is in the past: it must be a later time, in seconds",
        )


def check_frequency(before: Schedule | None, params: Any, now: int) -> None:
    """Refuse to turn a schedule that has begun into a single run. Raises `FlowError`.

    Asked before the new `params` are read: that interval and backfill do not go with the frequency once would lead
    nowhere here.
    """
    if before is None or not before.repeats or not before.has_begun(now):
        return
    if isinstance(params, dict) and params.get("frequency") == ONCE:
        raise FlowError(
            "CONNECTOR-1403-400",
            f"{FIELD}.startTime has passed: the frequency cannot become {ONCE}",
        )


def check_change(before: Schedule | None, after: Schedule | None, now: int) -> None:
    """Refuse what cannot be changed once a schedule has begun; `now` is in seconds since 1970. Raises `FlowError`."""
    if before is None or after is None:
        return
    if not before.has_begun(now):
        return
    if after.start != before.start:
        raise FlowError(
            "CONNECTOR-1366-400",
            f"{FIELD}.startTime has passed: it cannot be changed",
        )
    if before.repeats and after.backfill != before.backfill:
        raise FlowError(
            "CONNECTOR-1404-400",
            f"{FIELD}.startTime has passed: backfill cannot be changed",
        )


def _parse(params: Mapping[str, Any]) -> Schedule:
    """Return the schedule of the platform's own rules. Raises `FlowError` with the code of the rule that is broken."""
    values = schemas_held.coerce(params, flow_schemas.SCHEDULE["spec"])
    frequency = _require(values, "frequency")
    if frequency not in FREQUENCIES:
        known = ", ".join(FREQUENCIES)
        raise FlowError(
            "CONNECTOR-1397-400", f"{FIELD}.frequency must be one of {known}"
        )
    start = _require(values, "startTime")
    if type(start) is not int or not 0 <= start <= _LATEST:
        raise FlowError(
            "CONNECTOR-1340-400",
            f"{FIELD}.startTime must be a whole number: seconds since 1970-01-01T00:00:00Z, up to the year 9999; "
            "a date as text or a time in milliseconds is not taken",
        )
    if frequency == ONCE:
        _check_once(values)
        return Schedule(start=start, frequency=ONCE)
    interval = _require(values, "interval")
    _check_interval(interval, frequency)
    backfill = values.get("backfill", True)
    if not isinstance(backfill, bool):
        raise FlowError("CONNECTOR-1312-400", f"{FIELD}.backfill must be true or false")
    return Schedule(
        start=start, frequency=frequency, interval=interval, backfill=backfill
    )


def _check_once(values: Mapping[str, Any]) -> None:
    for name, code in _EXCLUDED_BY_ONCE:
        if name in values:
            raise FlowError(
                code, f"{FIELD}.{name} is not allowed with the frequency {ONCE}"
            )


def _check_interval(interval: Any, frequency: str) -> None:
    if type(interval) is not int or interval > _LARGEST_INTERVAL:
        raise FlowError(
            "CONNECTOR-1312-400",
            f"{FIELD}.interval must be an integer of at most {_LARGEST_INTERVAL}",
        )
    smallest = _SMALLEST_INTERVALS.get(frequency, 1)
    if interval < smallest:
        raise FlowError(
            "CONNECTOR-1362-400",
            f"{FIELD}.interval must be at least {smallest} with this frequency",
        )


def _require(values: Mapping[str, Any], name: str) -> Any:
    value = values.get(name)
    if value in (None, ""):
        raise FlowError(
            "CONNECTOR-1304-400", f"the mandatory field {FIELD}.{name} is missing"
        )
    return value
