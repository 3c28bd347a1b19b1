"""Whatever a server echoes, and however it writes it: no secret appears in an error, its chain, or the log."""

from __future__ import annotations

import base64
import html
import json
import logging
import urllib.parse
from typing import TYPE_CHECKING, Any

import pytest
import requests
import requests_mock as rm
from flowservice.wired import (
    CONNECTIONS,
    ID,
    IMS,
    ONE,
    endpoint,
    everything_shown,
    oauth,
    service,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headwater.errors import HeadwaterError
from headwater.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ENCODINGS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "json": lambda text: json.dumps(text)[1:-1],
    "json unicode": lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    "percent": lambda text: urllib.parse.quote(text, safe=""),
    "form": urllib.parse.quote_plus,
    "xml": html.escape,
    "repr": lambda text: repr(text)[1:-1],
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "url base64": lambda text: (
        base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
    ),
    "basic": lambda text: base64.b64encode(f"user:{text}".encode()).decode(),
}

_MARK = "Xq7"  # a canary must not equal our own words, which Hypothesis picks from the source


# Everything that encodings treat in their own way.
CANARIES = st.text(
    st.sampled_from("XQJZ0987äß€猫😀\"'\\&<>%+/= ;:")
    | st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")),
    min_size=16,
    max_size=40,
).map(lambda text: _MARK + " ".join(text.split()))

BODIES: dict[str, Callable[[str], bytes]] = {
    "current": lambda text: json.dumps(
        {
            "type": f"https://x/{text}",
            "title": text,
            "report": {"detailed-message": text, "request-id": text},
        }
    ).encode(),
    "gateway": lambda text: json.dumps(
        {"error_code": text, "message": f"bad {text}"}
    ).encode(),
    "older": lambda text: json.dumps(
        {"errorMessage": text, "errorDetails": text}, ensure_ascii=False
    ).encode(),
    "problem": lambda text: json.dumps(
        {"title": "t", "detail": f"{text}{text}"}
    ).encode(),
    "oauth": lambda text: json.dumps(
        {"error": text, "error_description": text}
    ).encode(),
    "plain": lambda text: f"could not use {text}, sorry".encode(),
    "html": lambda text: f"<html><title>{text}</title><p>{text}</p>".encode(),
    "broken": lambda text: f'{{"message": "{text}'.encode(),
}


class _Lines(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.text = ""

    def emit(self, record: logging.LogRecord) -> None:
        self.text += record.getMessage() + "\n"


@pytest.fixture
def log() -> Iterator[_Lines]:
    handler = _Lines()
    logger = logging.getLogger("headwater")
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    yield handler
    logger.removeHandler(handler)
    logger.setLevel(before)


def _check(error: BaseException, log: _Lines, canary: str) -> None:
    shown = everything_shown(error) + log.text
    for form in (encode(canary) for encode in ENCODINGS.values()):
        assert form not in shown


def _headers(text: str) -> dict[str, str]:
    return (
        {"x-request-id": text, "Location": f"https://{text}/"} if text.isascii() else {}
    )


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    canary=CANARIES,
    encoding=st.sampled_from(sorted(ENCODINGS)),
    body=st.sampled_from(sorted(BODIES)),
    status=st.sampled_from([201, 302, 400, 401, 403, 404, 409, 422, 429, 500, 503]),
)
def test_a_secret_of_the_payload_is_never_shown(
    log: _Lines, canary: str, encoding: str, body: str, status: int
) -> None:
    echoed = ENCODINGS[encoding](canary)

    with rm.Mocker() as mock, service() as (flow, _pauses):
        mock.post(
            CONNECTIONS,
            status_code=status,
            content=BODIES[body](echoed),
            headers=_headers(echoed),
        )
        with pytest.raises(HeadwaterError) as caught:
            flow.connections.create({"auth": {"params": {"password": Secret(canary)}}})

    _check(caught.value, log, canary)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    canary=CANARIES,
    encoding=st.sampled_from(sorted(ENCODINGS)),
    body=st.sampled_from(sorted(BODIES)),
)
def test_a_client_secret_is_never_shown(
    log: _Lines, canary: str, encoding: str, body: str
) -> None:
    echoed = ENCODINGS[encoding](canary)

    with (
        rm.Mocker() as mock,
        service(oauth(client_secret=Secret(canary))) as (flow, _pauses),
    ):
        mock.post(
            f"{IMS}/ims/token/v3",
            status_code=401,
            content=BODIES[body](echoed),
            headers=_headers(echoed),
        )
        with pytest.raises(HeadwaterError) as caught:
            flow.connections.get(ID)

    _check(caught.value, log, canary)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    canary=st.text(
        st.characters(min_codepoint=33, max_codepoint=126), min_size=16, max_size=40
    ).map(_MARK.__add__),
    encoding=st.sampled_from(sorted(ENCODINGS)),
    body=st.sampled_from(sorted(BODIES)),
)
def test_an_access_token_is_never_shown(
    log: _Lines, canary: str, encoding: str, body: str
) -> None:
    echoed = ENCODINGS[encoding](canary)

    with (
        rm.Mocker() as mock,
        service(endpoint(access_token=Secret(canary))) as (flow, _pauses),
    ):
        mock.get(
            ONE, status_code=401, content=BODIES[body](echoed), headers=_headers(echoed)
        )
        with pytest.raises(HeadwaterError) as caught:
            flow.connections.get(ID)

    _check(caught.value, log, canary)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    canary=CANARIES,
    kind=st.sampled_from(
        [
            requests.ConnectionError,
            requests.ReadTimeout,
            requests.exceptions.InvalidHeader,
            RuntimeError,
            OSError,
        ]
    ),
)
def test_a_foreign_exception_leaves_nothing_behind(
    log: _Lines, canary: str, kind: Any
) -> None:
    with rm.Mocker() as mock, service() as (flow, _pauses):
        mock.post(CONNECTIONS, exc=kind(f"headers: {canary}"))
        with pytest.raises(HeadwaterError) as caught:
            flow.connections.create({"auth": {"params": {"password": Secret(canary)}}})

    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    _check(caught.value, log, canary)
