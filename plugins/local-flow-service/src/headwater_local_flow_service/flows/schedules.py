"""Schedules: what ``scheduleParams`` may say, and when a dataflow is due.

The rules: docs/flow-service-operations.md#schedules.

Values come as numbers or as texts of numbers and stay as they were sent; the rules look at what they mean.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs

from headwater_local_flow_service.errors import FlowError
from headwater_local_flow_service.kernel import schemas_held
from headwater_local_flow_service.specs import flow_schemas

if TYPE_CHECKING:
    from collections.abc import Mapping

FIELD: Final = "scheduleParams"
ONCE: Final = "once"
_SECONDS: Final = {"minute": 60, "hour": 3_600, "day": 86_400, "week": 604_800}
FREQUENCIES: Final = (ONCE, *_SECONDS)

_LEAST_MINUTES: Final = 15
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

    def after(self, moment: int) -> int | None:
        """Return the first time later than `moment` at which the dataflow is due, or None when there is none."""
        if moment < self.start:
            return self.start
        if not self.repeats:
            return None
        step = self.interval * _SECONDS[self.frequency]
        return self.start + ((moment - self.start) // step + 1) * step


def of(params: Any) -> Schedule | None:
    """Return the schedule that stored ``scheduleParams`` describe, or None where they describe something else."""
    if not isinstance(params, dict):
        return None
    values = schemas_held.coerced(params, flow_schemas.SCHEDULE["spec"])
    try:
        _check_periodic(values)
    except FlowError:
        return None
    return _schedule(values)


def check(params: Any, flow_spec: Mapping[str, Any]) -> None:
    """Hold ``scheduleParams`` against the rules and the flow specification. Raises `FlowError`."""
    schema = (flow_spec.get("scheduleSpec") or {}).get("spec")
    if params is None or params == {}:
        if schema is not None:
            raise FlowError("CONNECTOR-1317-400", f"{FIELD} is missing or empty")
        return
    if not isinstance(params, dict):
        raise FlowError("CONNECTOR-1312-400", f"{FIELD} must be of type object")
    if (flow_spec.get("attributes") or {}).get("frequency") == "streaming":
        raise FlowError(
            "CONNECTOR-1312-400",
            f"a dataflow of streaming data has no schedule: leave {FIELD} out",
        )
    if schema is None:
        return
    values = schemas_held.coerced(params, schema)
    if "frequency" in schema.get("properties", {}):
        _check_periodic(schemas_held.coerced(params, flow_schemas.SCHEDULE["spec"]))
    found = schemas_held.problem(values, schema, FIELD)
    if found:
        raise FlowError("CONNECTOR-1312-400", found)


def check_start(schedule: Schedule | None, now: int) -> None:
    """Refuse a schedule that begins in the past; `now` is in seconds since 1970. Raises `FlowError`."""
    if schedule is not None and schedule.start <= now:
        raise FlowError(
            "CONNECTOR-1360-400",
            f"{FIELD}.startTime is in the past: name a time to come, in seconds",
        )


def check_frequency(before: Schedule | None, params: Any, now: int) -> None:
    """Refuse to turn a schedule that has begun into a single run. Raises `FlowError`.

    Asked before `check`: that interval and backfill do not go with the frequency once would lead nowhere here.
    """
    wanted = params.get("frequency") if isinstance(params, dict) else None
    if before is not None and before.repeats and before.start <= now and wanted == ONCE:
        raise FlowError(
            "CONNECTOR-1403-400",
            f"{FIELD}.startTime has passed: the frequency cannot become {ONCE}",
        )


def check_change(before: Schedule | None, after: Schedule | None, now: int) -> None:
    """Refuse what cannot be changed once a schedule has begun; `now` is in seconds since 1970. Raises `FlowError`."""
    if before is None or after is None or before.start > now:
        return
    if after.start != before.start:
        raise FlowError(
            "CONNECTOR-1366-400",
            f"{FIELD}.startTime has passed and cannot be moved any more",
        )
    if before.repeats and after.backfill != before.backfill:
        raise FlowError(
            "CONNECTOR-1404-400",
            f"{FIELD}.startTime has passed: backfill cannot be changed",
        )


def _check_periodic(values: Mapping[str, Any]) -> None:
    frequency = _required(values, "frequency")
    if frequency not in FREQUENCIES:
        raise FlowError(
            "CONNECTOR-1397-400",
            f"{FIELD}.frequency is one of {', '.join(FREQUENCIES)}",
        )
    start = _required(values, "startTime")
    if type(start) is not int or not 0 <= start <= _LATEST:
        raise FlowError(
            "CONNECTOR-1340-400", f"{FIELD}.startTime is a number of seconds since 1970"
        )
    if frequency == ONCE:
        _check_once(values)
    else:
        _check_interval(
            _required(values, "interval"),
            _LEAST_MINUTES if frequency == "minute" else 1,
        )
    if not isinstance(values.get("backfill", True), bool):
        raise FlowError("CONNECTOR-1312-400", f"{FIELD}.backfill is true or false")


def _check_once(values: Mapping[str, Any]) -> None:
    for name, code in (
        ("interval", "CONNECTOR-1361-400"),
        ("backfill", "CONNECTOR-1364-400"),
    ):
        if name in values:
            raise FlowError(
                code, f"{FIELD}.{name} does not go with the frequency {ONCE}"
            )


def _check_interval(interval: Any, least: int) -> None:
    if type(interval) is not int or interval > _LARGEST_INTERVAL:
        raise FlowError(
            "CONNECTOR-1312-400",
            f"{FIELD}.interval is a whole number, at most {_LARGEST_INTERVAL}",
        )
    if interval < least:
        raise FlowError(
            "CONNECTOR-1362-400",
            f"{FIELD}.interval is at least {least} with this frequency",
        )


def _required(values: Mapping[str, Any], name: str) -> Any:
    if values.get(name) in (None, ""):
        raise FlowError(
            "CONNECTOR-1304-400", f"the mandatory field {FIELD}.{name} is missing"
        )
    return values[name]


def _schedule(values: Mapping[str, Any]) -> Schedule:
    return Schedule(
        start=values["startTime"],
        frequency=values["frequency"],
        interval=values.get("interval", 0),
        backfill=values.get("backfill", True),
    )
