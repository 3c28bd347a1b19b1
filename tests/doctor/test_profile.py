"""A profile examined: which of its parts an error is about, what to do, and never a secret."""

from __future__ import annotations

import time
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

import pytest
import requests_mock
from flowservice.wired import (
    CONNECTIONS,
    IMS,
    TOKEN,
    endpoint,
    oauth,
    refused_port,
    service,
)
from hypothesis import given
from hypothesis import strategies as st

from headwater.doctor.profile import examine_profile
from headwater.flowservice.service import Probe

if TYPE_CHECKING:
    from headwater.doctor.results import CheckResult
    from headwater.flowservice import Endpoint

ROWS = ["service", "token", "organization", "sandbox", "permission", "clock"]


def _marks(checks: list[CheckResult]) -> dict[str, str]:
    assert [check.subject for check in checks] == ROWS
    return {check.subject: check.mark for check in checks}


def _answered(at: Endpoint | None = None, **answer: Any) -> list[CheckResult]:
    with requests_mock.Mocker() as server, service(at, retries=0) as (opened, _pauses):
        server.post(
            f"{IMS}/ims/token/v3", json={"access_token": TOKEN, "expires_in": 86399}
        )
        server.get(CONNECTIONS, **{"json": {"items": []}, **answer})
        checks, failure = examine_profile(opened)
    assert (failure is None) == all(
        check.mark in ("ok", "warning") or check.subject == "clock" for check in checks
    )
    return checks


@pytest.mark.parametrize(
    ("at", "told"),
    [(endpoint(), "accepted"), (oauth(), "fetched from IMS, and accepted")],
)
def test_a_profile_that_works_is_fine_in_every_part(at: Endpoint, told: str) -> None:
    checks = _answered(at, headers={"Date": formatdate(usegmt=True)})
    assert set(_marks(checks).values()) == {"ok"}
    assert checks[1].message == told


@pytest.mark.parametrize(
    ("row", "status", "body"),
    [
        ("token", 401, {"error_code": "401013", "message": "Oauth token is not valid"}),
        ("token", 403, {"error_code": "403010", "message": "Oauth token is missing"}),
        (
            "organization",
            403,
            {"error_code": "403003", "message": "Api Key is invalid"},
        ),
        (
            "organization",
            403,
            {"error_code": "403025", "message": "Profile is not valid"},
        ),
        ("organization", 400, {"error_code": 400003, "message": "org is missing"}),
        (
            "organization",
            401,
            {"type": "https://ns.adobe.com/aep/errors/FLOW-2001-401", "status": 401},
        ),
        (
            "sandbox",
            404,
            {"type": "https://ns.adobe.com/aep/errors/FLOW-2100-404", "status": 404},
        ),
        (
            "sandbox",
            400,
            {"type": "https://ns.adobe.com/aep/errors/FLOW-2105-400", "status": 400},
        ),
        (
            "permission",
            403,
            {"type": "https://ns.adobe.com/aep/errors/FLOW-2120-403", "status": 403},
        ),
        ("permission", 403, {"message": "no"}),
        ("service", 500, {"message": "no"}),
        ("service", 302, {}),
    ],
)
def test_an_error_is_told_at_the_part_it_is_about(
    row: str, status: int, body: dict[str, Any]
) -> None:
    checks = _answered(status_code=status, json=body)
    marks, at = _marks(checks), ROWS.index(row)
    assert [marks[name] for name in ROWS] == ["ok"] * at + ["failed"] + ["skipped"] * (
        len(ROWS) - at - 1
    )
    assert checks[at].remedy


def test_a_client_that_ims_refuses_is_told_at_the_token() -> None:
    with (
        requests_mock.Mocker() as server,
        service(oauth(), retries=0) as (opened, _pauses),
    ):
        server.post(
            f"{IMS}/ims/token/v3", status_code=400, json={"error": "invalid_client"}
        )
        checks, failure = examine_profile(opened)
    assert _marks(checks)["token"] == "failed"
    assert "client secret" in checks[1].remedy
    assert failure is not None


def test_a_service_that_does_not_answer_leaves_the_rest_open() -> None:
    with service(endpoint(url=f"http://127.0.0.1:{refused_port()}"), retries=0) as (
        opened,
        _pauses,
    ):
        checks, failure = examine_profile(opened)
    assert list(_marks(checks).values()) == ["failed"] + ["skipped"] * 5
    assert failure is not None


def test_what_a_service_echoes_is_not_repeated() -> None:
    checks = _answered(
        status_code=401, json={"error_code": "401013", "message": f"bad token {TOKEN}"}
    )
    assert TOKEN not in repr(checks)


@pytest.mark.parametrize(
    ("ahead", "mark", "told"),
    [
        (5, "ok", "agrees"),
        (-5, "ok", "agrees"),
        (120, "warning", "s behind the service's"),
        (-120, "warning", "s ahead of the service's"),
        (4000, "failed", "s behind the service's"),
        (-4000, "failed", "s ahead of the service's"),
    ],
)
def test_the_clock_is_held_against_the_services(
    ahead: int, mark: str, told: str
) -> None:
    date = formatdate(time.time() + ahead, usegmt=True)
    clock = _answered(headers={"Date": date})[-1]
    assert (clock.subject, clock.mark) == ("clock", mark)
    assert told in clock.message
    assert bool(clock.remedy) == (mark != "ok")


@pytest.mark.parametrize("headers", [{}, {"Date": "yesterday"}, {"Date": ""}])
def test_a_service_that_tells_no_time_leaves_the_clock_open(
    headers: dict[str, str],
) -> None:
    assert _answered(headers=headers)[-1].mark == "skipped"


@given(
    now=st.floats(1e9, 2e9),
    took=st.floats(0, 60),
    within=st.floats(0, 1),
    ahead=st.integers(-100_000, 100_000),
)
def test_the_skew_is_never_overestimated_by_more_than_the_header_leaves_out(
    now: float, took: float, within: float, ahead: int
) -> None:
    date = float(int(now + within * took + ahead))
    skew = Probe(asked=now, answered=now + took, date=date).skew
    assert skew is not None
    assert abs(skew) <= abs(ahead) + 1e-6
    assert abs(skew - ahead) <= took + 1 + 1e-6
