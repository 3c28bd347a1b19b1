"""Whether a profile works: token, organization, sandbox, permission, clock. One request, besides that for a token."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from headwater.doctor.results import FAILED, OK, SKIPPED, WARNING, Check
from headwater.errors import (
    HeadwaterError,
    NotAuthenticated,
    NotPermitted,
    ServiceError,
)

if TYPE_CHECKING:
    from headwater.flowservice import FlowService

SLIGHT, LARGE = (
    30.0,
    300.0,
)  # seconds; tokens are renewed this much before their end (`flowservice.auth.MARGIN`)

_ROWS = ("service", "token", "organization", "sandbox", "permission")
# The first pattern that fits a code says which row it is about; the API key's project belongs to the organization.
_BY_CODE = (
    (re.compile(r"FLOW-21(18|20|21)-403"), "permission"),
    (re.compile(r"FLOW-21[0-9]{2}-[0-9]{3}"), "sandbox"),
    (re.compile(r"403010"), "token"),
    (re.compile(r"400003|4030[0-9]{2}|FLOW-200[0-9]-401"), "organization"),
)


def examined(service: FlowService) -> tuple[list[Check], HeadwaterError | None]:
    """Return the checks of a profile's service, and the error where it cannot be used."""
    failure: HeadwaterError | None = None
    try:
        seen = service.probe()
    except HeadwaterError as error:
        failure = error
    if failure is not None:
        return _failing(failure), failure
    endpoint = service.endpoint
    return [
        Check(OK, "service", f"{endpoint.url} answers"),
        Check(
            OK,
            "token",
            "fetched from IMS, and accepted"
            if endpoint.access_token is None
            else "accepted",
        ),
        Check(OK, "organization", endpoint.org_id),
        Check(OK, "sandbox", f"{endpoint.sandbox} can be used"),
        Check(OK, "permission", "connections may be read"),
        _clock(seen.skew),
    ], None


def _failing(error: HeadwaterError) -> list[Check]:
    """Return the rows: fine up to the one the error is about, unknown after it."""
    at = _ROWS.index(_about(error))
    rows = [Check(OK, name, "no objection") for name in _ROWS[:at]]
    rows.append(Check(FAILED, _ROWS[at], error.message, error.remedy))
    rows += [Check(SKIPPED, name, "not asked") for name in (*_ROWS[at + 1 :], "clock")]
    return rows


def _about(error: HeadwaterError) -> str:
    """Name the row that an error is about; the service asks in the order of the rows."""
    if not isinstance(error, ServiceError):
        return "service"
    if error.path.startswith("/ims/") or isinstance(error, NotAuthenticated):
        fallback = "token"
    else:
        fallback = "permission" if isinstance(error, NotPermitted) else "service"
    return next(
        (row for pattern, row in _BY_CODE if pattern.fullmatch(error.code)), fallback
    )


def _clock(skew: float | None) -> Check:
    if skew is None:
        return Check(SKIPPED, "clock", "the service tells no time")
    if abs(skew) <= SLIGHT:
        return Check(OK, "clock", "agrees with the service's")
    side = "behind" if skew > 0 else "ahead of"
    mark = FAILED if abs(skew) > LARGE else WARNING
    remedy = (
        "set it, or let a time service do so: tokens and certificates are judged by it"
    )
    return Check(
        mark,
        "clock",
        f"this machine's is {abs(skew):.0f} s {side} the service's",
        remedy,
    )
