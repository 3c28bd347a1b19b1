"""Which requests are sent again, how often, and after how long a pause."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
import requests
import requests_mock as rm
from flowservice.wired import CONNECTIONS, ETAG, ID, ITEM, ONE, refusal, service
from hypothesis import given
from hypothesis import strategies as st

from headwater.errors import (
    HeadwaterError,
    NotFound,
    Rejected,
    ServiceError,
    Unavailable,
    Unreachable,
)
from headwater.flowservice.retries import LONGEST_PAUSE

AGAIN = (429, 502, 503, 504)
STATUSES = st.lists(
    st.sampled_from([*AGAIN, 200, 201, 400, 401, 403, 404, 408, 409, 412, 500]),
    min_size=6,
    max_size=6,
)


def _answers(statuses: list[int]) -> list[dict[str, Any]]:
    return [
        {"status_code": status, "json": {"items": [ITEM], "id": ID, "etag": ETAG}}
        for status in statuses
    ]


@given(STATUSES)
def test_a_get_ends_with_the_first_answer_that_will_not_pass_or_with_the_fifth(
    statuses: list[int],
) -> None:
    expected = next(
        (at for at, status in enumerate(statuses[:5]) if status not in AGAIN), 4
    )

    with rm.Mocker() as mock, service(retries=4) as (flow, pauses):
        mock.get(ONE, _answers(statuses))
        final: int | None = None
        try:
            flow.connections.get(ID)
        except ServiceError as error:
            final = error.status
        calls = mock.call_count

    assert calls == expected + 1
    assert len(pauses) == expected
    assert final == (None if statuses[expected] < 300 else statuses[expected])


@given(STATUSES)
def test_a_post_is_sent_exactly_once_whatever_is_answered(statuses: list[int]) -> None:
    with rm.Mocker() as mock, service(retries=4) as (flow, pauses):
        mock.post(CONNECTIONS, _answers(statuses))
        with contextlib.suppress(ServiceError):
            flow.connections.create({"name": "x"})

        assert mock.call_count == 1
        assert pauses == []


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_what_may_be_repeated_is(method: str) -> None:
    calls = {
        "GET": lambda flow: flow.connections.get(ID),
        "PATCH": lambda flow: flow.connections.update(
            ID, [{"op": "remove", "path": "/description"}], etag=ETAG
        ),
        "DELETE": lambda flow: flow.connections.delete(ID),
    }
    success = {"status_code": 204} if method == "DELETE" else _answers([200])[0]
    with rm.Mocker() as mock, service() as (flow, pauses):
        mock.request(method, ONE, [*_answers([503, 429]), success])
        calls[method](flow)

    assert mock.call_count == 3
    assert len(pauses) == 2


@pytest.mark.parametrize(
    ("error", "sent", "times"),
    [
        (requests.ConnectTimeout, False, 5),
        (requests.ReadTimeout, True, 5),
        (requests.ConnectionError, True, 5),
        (requests.exceptions.ChunkedEncodingError, True, 5),
        (requests.exceptions.InvalidURL, False, 1),
        (RuntimeError, True, 1),
    ],
)
def test_a_missing_answer_is_asked_for_again_if_that_may_help(
    error: type, sent: bool, times: int
) -> None:
    with rm.Mocker() as mock, service() as (flow, _pauses):
        mock.get(ONE, exc=error("canary"))
        with pytest.raises(Unreachable) as caught:
            flow.connections.get(ID)

    assert mock.call_count == times
    assert caught.value.sent is sent


def test_no_retries_means_one_attempt() -> None:
    with rm.Mocker() as mock, service(retries=0) as (flow, pauses):
        mock.get(ONE, status_code=503)
        with pytest.raises(Unavailable):
            flow.connections.get(ID)

    assert (mock.call_count, pauses) == (1, [])


@pytest.mark.parametrize(
    ("asked", "least"), [("7", 7.0), ("86400", LONGEST_PAUSE), ("0", 0.0)]
)
def test_retry_after_in_seconds_is_kept_up_to_the_cap(asked: str, least: float) -> None:
    with rm.Mocker() as mock, service(retries=1) as (flow, pauses):
        mock.get(ONE, status_code=429, headers={"Retry-After": asked})
        with pytest.raises(Unavailable):
            flow.connections.get(ID)

    assert least <= pauses[0] <= least + 0.2


def test_retry_after_as_a_date_is_kept() -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(days=1), usegmt=True)

    with rm.Mocker() as mock, service(retries=1) as (flow, pauses):
        mock.get(ONE, status_code=503, headers={"Retry-After": date})
        with pytest.raises(Unavailable):
            flow.connections.get(ID)

    assert LONGEST_PAUSE <= pauses[0] <= LONGEST_PAUSE + 0.2


def test_pauses_grow_and_are_never_twice_the_same() -> None:
    with rm.Mocker() as mock, service() as (flow, pauses):
        mock.get(ONE, status_code=503)
        with pytest.raises(Unavailable):
            flow.connections.get(ID)

    assert pauses == sorted(pauses)
    assert len(set(pauses)) == 4


def test_a_service_is_asked_anew_after_it_gave_up() -> None:
    with rm.Mocker() as mock, service(retries=1) as (flow, _pauses):
        mock.get(ONE, _answers([503, 503, 503, 200]))
        with pytest.raises(Unavailable):
            flow.connections.get(ID)
        assert flow.connections.get(ID).id == ID


@pytest.mark.parametrize("first", [502, 503, 504])
def test_a_delete_that_may_have_happened_is_settled_by_a_404(first: int) -> None:
    with rm.Mocker() as mock, service() as (flow, _pauses):
        mock.delete(ONE, [{"status_code": first}, refusal(404)])
        flow.connections.delete(ID)

    assert mock.call_count == 2


def test_a_delete_after_a_lost_answer_is_settled_by_a_404() -> None:
    with rm.Mocker() as mock, service() as (flow, _pauses):
        mock.delete(ONE, [{"exc": requests.ReadTimeout}, refusal(404)])
        flow.connections.delete(ID)

    assert mock.call_count == 2


@pytest.mark.parametrize(
    "answers",
    [
        [refusal(404)],
        [{"status_code": 429}, refusal(404)],
        [{"exc": requests.ConnectTimeout}, refusal(404)],
        [{"status_code": 503}, refusal(404, "FLOW-2100-404")],
    ],
)
def test_a_404_that_says_something_else_stays_an_error(
    answers: list[dict[str, Any]],
) -> None:
    with rm.Mocker() as mock, service() as (flow, _pauses):
        mock.delete(ONE, answers)
        with pytest.raises(NotFound):
            flow.connections.delete(ID)


def test_errors_of_earlier_attempts_are_not_chained() -> None:
    with rm.Mocker() as mock, service() as (flow, _pauses):
        mock.get(
            ONE,
            [{"exc": requests.ReadTimeout}, {"status_code": 503}, {"status_code": 400}],
        )
        with pytest.raises(Rejected) as caught:
            flow.connections.get(ID)

    error: HeadwaterError = caught.value
    assert error.__cause__ is None
    assert error.__context__ is None
