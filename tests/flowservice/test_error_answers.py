"""Error answers of every shape become one tree, with what they say as attributes."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
import requests_mock as rm
from flowservice.wired import CONNECTIONS, ID, ONE, endpoint, everything_shown, service

from headwater.errors import (
    ChangedMeanwhile,
    NotAuthenticated,
    NotFound,
    NotPermitted,
    Rejected,
    ServiceError,
    Unavailable,
)
from headwater.secret import Secret

CURRENT = {
    "type": "https://ns.adobe.com/aep/errors/FLOW-1439-404",
    "title": "Resource not found",
    "status": 404,
    "report": {
        "detailed-message": "no such flow",
        "request-id": "req-7",
        "id": ID,
        "type": "flows",
    },
    "errorMessage": "other text",
}


def _error(status: int, **answer: Any) -> ServiceError:
    with rm.Mocker() as mock, service(retries=0) as (flow, _pauses):
        mock.get(ONE, status_code=status, **answer)
        with pytest.raises(ServiceError) as caught:
            flow.connections.get(ID)
    return caught.value


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (
            403,
            {"error_code": "403010", "message": "no token"},
            ("403010", "", "no token", ""),
        ),
        (
            403,
            {"error_code": 403010, "message": "no token"},
            ("403010", "", "no token", ""),
        ),
        (
            404,
            CURRENT,
            ("FLOW-1439-404", "Resource not found", "no such flow", "req-7"),
        ),
        (
            412,
            {"errorMessage": "Supplied version", "errorDetails": "x"},
            ("", "", "Supplied version", ""),
        ),
        (
            400,
            {"type": "x", "title": "BadRequestError", "detail": "d"},
            ("", "BadRequestError", "d", ""),
        ),
        (400, {"message": "unusable"}, ("", "", "unusable", "")),
    ],
)
def test_each_of_the_five_body_shapes_is_read(
    status: int, body: Any, said: tuple[str, ...]
) -> None:
    error = _error(status, json=body)

    assert (error.code, error.title, error.detail, error.request_id) == said
    assert (error.status, error.method, error.path) == (
        status,
        "GET",
        f"/connections/{ID}",
    )
    assert error.remedy


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Rejected),
        (401, NotAuthenticated),
        (403, NotPermitted),
        (404, NotFound),
        (408, Unavailable),
        (409, ChangedMeanwhile),
        (412, ChangedMeanwhile),
        (415, Rejected),
        (422, Rejected),
        (429, Unavailable),
        (500, Unavailable),
        (502, Unavailable),
        (503, Unavailable),
        (504, Unavailable),
        (599, Unavailable),
    ],
)
@pytest.mark.parametrize(
    "body",
    [
        "",
        "plain words",
        "<html><title>Oops</title></html>",
        "[1]",
        "{broken",
        "\x00\xff",
    ],
)
def test_the_status_alone_decides_the_class_whatever_the_body(
    status: int, kind: type, body: str
) -> None:
    error = _error(status, text=body)

    assert type(error) is kind
    assert not error.message.endswith(".")


def test_a_flow_code_for_a_bad_token_outranks_its_status() -> None:
    error = _error(
        400,
        json={
            "type": "http://ns.adobe.com/aep/errors/FLOW-2001-401",
            "title": "Header is missing",
        },
    )

    assert type(error) is NotAuthenticated
    assert "organization" in error.remedy


@pytest.mark.parametrize(
    ("status", "body", "word"),
    [
        (404, {"type": "https://x/FLOW-2100-404"}, "sandbox name"),
        (403, {"error_code": "403025"}, "organization"),
        (403, {"error_code": "403027"}, "organization"),
        (403, {"error_code": "403000"}, "API key"),
        (403, {"error_code": "403003"}, "API key"),
        (401, {"error_code": "401013"}, "new access token"),
        (401, {}, "new access token"),
        (400, {"type": "https://x/FLOW-1413-400"}, "specification id"),
    ],
)
def test_the_remedy_fits_the_code(status: int, body: Any, word: str) -> None:
    assert word in _error(status, json=body).remedy


def test_an_html_page_shows_its_title_and_plain_text_is_shown() -> None:
    assert (
        _error(502, text="<!doctype html><TITLE>Bad  gateway</TITLE>").detail
        == "an HTML page, titled Bad gateway"
    )
    assert (
        _error(502, text="upstream\r\n\x1b[31mdown\x1b[0m").detail
        == "upstream [31mdown [0m"
    )


LONG_PAGES = {
    "titles that never end": "<title" * 60_000,
    "titles that never close": "<title>" * 51_000,
    "attributes that never end": "<title" + " a=b" * 90_000,
    "tags": "<" * 360_000,
    "one long title": "<title>" + "x " * 180_000,
    "controls of every kind": "<title>" + "".join(map(chr, range(0xE000, 0xF8FF))) * 10,
}


@pytest.mark.parametrize("page", LONG_PAGES.values(), ids=LONG_PAGES)
def test_a_page_of_360_kb_is_read_at_once(page: str) -> None:
    start = time.process_time()
    assert _error(502, text=page).detail.startswith(("an HTML page", "(text withheld"))
    assert time.process_time() - start < 5  # seconds for what takes milliseconds


def test_foreign_text_is_shortened() -> None:
    assert len(_error(400, json={"message": "x" * 5000}).detail) == 500
    assert len(_error(400, text="x" * 500_000).message) < 600


@pytest.mark.parametrize(
    "body",
    [
        {"error_code": True},
        {"error_code": -5},
        {"type": 7, "report": [], "message": {}},
    ],
)
def test_members_of_a_wrong_type_are_ignored(body: Any) -> None:
    error = _error(400, json=body)

    assert (error.code, error.detail) == ("", "")


def test_the_request_id_may_stand_in_the_header() -> None:
    assert _error(500, headers={"x-request-id": "abc-1"}).request_id == "abc-1"


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        ("soon", None),
        ("9" * 6000, None),
        ("-3", None),
        ("", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_date(
    value: str, seconds: float | None
) -> None:
    assert _error(503, headers={"Retry-After": value}).retry_after == seconds


@pytest.mark.parametrize("status", [301, 302, 303, 304, 307, 308])
@pytest.mark.parametrize(
    ("location", "named"),
    [
        ("https://login.example.com/x?token=canary", "login.example.com"),
        ("/elsewhere?canary", "another path of the same host"),
        ("http://[canary", "an unreadable address"),
        ("", "another path of the same host"),
    ],
)
def test_a_redirect_is_an_error_that_names_the_host_only(
    status: int, location: str, named: str
) -> None:
    error = _error(status, headers={"Location": location})

    assert type(error) is Rejected
    assert named in error.message
    assert "canary" not in everything_shown(error)


def test_a_redirect_is_not_followed() -> None:
    with rm.Mocker() as mock, service() as (flow, _pauses):
        mock.post(
            CONNECTIONS,
            status_code=307,
            headers={"Location": "https://evil.example.com/"},
        )
        evil = mock.post("https://evil.example.com/")
        with pytest.raises(Unavailable, match="redirects are never followed") as caught:
            flow.connections.create({"name": "x"})

    assert not evil.called
    assert caught.value.outcome_unknown


def test_a_secret_too_short_to_cut_out_withholds_the_text_but_not_the_code() -> None:
    pin = str(12) + "x"
    with rm.Mocker() as mock, service() as (flow, _pauses):
        mock.post(
            CONNECTIONS,
            status_code=400,
            json={"type": "https://x/FLOW-1413-400", "title": f"pin {pin} is bad"},
        )
        with pytest.raises(Rejected) as caught:
            flow.connections.create({"pin": Secret(pin)})

    assert caught.value.code == "FLOW-1413-400"
    assert pin not in everything_shown(caught.value)


def test_an_error_can_be_written_as_json() -> None:
    assert (
        json.loads(json.dumps(_error(404, json=CURRENT).data()))["code"]
        == "FLOW-1439-404"
    )


def test_a_fetched_token_gets_another_remedy_than_a_given_one() -> None:
    with rm.Mocker() as mock, service(endpoint()) as (flow, _pauses):
        mock.get(ONE, status_code=401, json={"error_code": "401013"})
        with pytest.raises(NotAuthenticated, match="get a new access token"):
            flow.connections.get(ID)
