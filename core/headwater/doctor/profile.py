"""Whether a profile works: token, organization, sandbox, permission, clock. One request, besides that for a token."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from headwater.doctor.results import FAILED, OK, SKIPPED, WARNING, CheckResult
from headwater.errors import (
    HeadwaterError,
    NotAuthenticated,
    NotPermitted,
    ServiceError,
)

if TYPE_CHECKING:
    from headwater.flowservice import FlowService

# Seconds; tokens are renewed `LARGE` before their end (`flowservice.auth.MARGIN`).
SLIGHT = 30.0
LARGE = 300.0

_ROWS = ("service", "token", "organization", "sandbox", "permission")
# The first pattern that fits a code says which row it is about; the API key's project belongs to the organization.
_BY_CODE = (
    (re.compile(r"FLOW-21(18|20|21)-403"), "permission"),
    (re.compile(r"FLOW-21[0-9]{2}-[0-9]{3}"), "sandbox"),
    (re.compile(r"403010"), "token"),
    (re.compile(r"400003|4030[0-9]{2}|FLOW-200[0-9]-401"), "organization"),
)


def examine_profile(
    service: FlowService,
) -> tuple[list[CheckResult], HeadwaterError | None]:
    """Return the checks of a profile's service, and the error where it cannot be used."""
    try:
        seen = service.probe()
    except HeadwaterError as error:
        return _explain(error), error
    endpoint = service.endpoint
    how_accepted = "accepted"
    if endpoint.access_token is None:
        how_accepted = "fetched from IMS, and accepted"
    return [
        CheckResult(OK, "service", f"{endpoint.url} answers"),
        CheckResult(OK, "token", how_accepted),
        CheckResult(OK, "organization", endpoint.org_id),
        CheckResult(OK, "sandbox", f"{endpoint.sandbox} can be used"),
        CheckResult(OK, "permission", "connections may be read"),
        _clock(seen.skew),
    ], None


def _explain(error: HeadwaterError) -> list[CheckResult]:
    """Return the rows: fine up to the one the error is about, unknown after it."""
    failing = _row_of(error)
    position = _ROWS.index(failing)
    unknown = (*_ROWS[position + 1 :], "clock")
    return [
        *(CheckResult(OK, row, "no objection") for row in _ROWS[:position]),
        CheckResult(FAILED, failing, error.message, error.remedy),
        *(CheckResult(SKIPPED, row, "not asked") for row in unknown),
    ]


def _row_of(error: HeadwaterError) -> str:
    """Name the row that an error is about; the service asks in the order of the rows."""
    if not isinstance(error, ServiceError):
        return "service"
    for pattern, row in _BY_CODE:
        if pattern.fullmatch(error.code):
            return row
    if error.path.startswith("/ims/") or isinstance(error, NotAuthenticated):
        return "token"
    if isinstance(error, NotPermitted):
        return "permission"
    return "service"


def _clock(skew: float | None) -> CheckResult:
    if skew is None:
        return CheckResult(SKIPPED, "clock", "the service tells no time")
    if abs(skew) <= SLIGHT:
        return CheckResult(OK, "clock", "agrees with the service's")
    side = "behind" if skew > 0 else "ahead of"
    return CheckResult(
        mark=FAILED if abs(skew) > LARGE else WARNING,
        subject="clock",
        message=f"this machine's is {abs(skew):.0f} s {side} the service's",
        remedy="set it, or let a time service do so: tokens and certificates are judged by it",
    )
