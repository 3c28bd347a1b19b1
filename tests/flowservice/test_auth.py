"""IMS tokens: asked for rightly, kept, renewed in time, and never shown."""

from __future__ import annotations

import threading
from typing import Any
from urllib.parse import parse_qs

import pytest
import requests
import requests_mock as rm
from flowservice.wired import (
    BASE,
    CONNECTIONS,
    ETAG,
    ID,
    IMS,
    ITEM,
    ONE,
    everything_shown,
    oauth,
    refusal,
    service,
)

from headwater.errors import NotAuthenticated, Rejected, Unavailable, Unreachable
from headwater.flowservice.answer import Answer
from headwater.flowservice.auth import FetchedToken

TOKEN_URL = f"{IMS}/ims/token/v3"
GRANT = {"access_token": "fetched-token-1", "token_type": "bearer", "expires_in": 86399}
AGAIN = {**GRANT, "access_token": "fetched-token-2"}
FOUND = {"items": [ITEM]}
MADE = {"id": ID, "etag": ETAG}
REFUSED = {
    "status_code": 401,
    "json": {"error_code": "401013", "message": "Oauth token is not valid"},
}


def _granted(lifetime: Any, clock: list[float]) -> tuple[FetchedToken, list[str]]:
    """Return a token source whose IMS grants for that lifetime, and the paths it was asked for."""
    asked: list[str] = []

    def send(outgoing: Any) -> Answer:
        asked.append(outgoing.path)
        body = (
            f'{{"access_token": "t-{len(asked)}", "expires_in": {lifetime}}}'.encode()
        )
        return Answer(
            method="POST", path=outgoing.path, status=200, headers={}, body=body
        )

    return FetchedToken(oauth(), send, clock=lambda: clock[0]), asked


def test_the_token_is_asked_for_in_a_form_and_kept() -> None:
    with rm.Mocker() as mock, service(oauth()) as (flow, _pauses):
        ims = mock.post(TOKEN_URL, json=GRANT)
        mock.get(ONE, json=FOUND)
        flow.connections.get(ID)
        flow.connections.get(ID)

    assert ims.call_count == 1
    assert mock.last_request.headers["Authorization"] == "Bearer fetched-token-1"
    asked = ims.last_request
    assert asked.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert asked.query == ""
    assert "x-api-key" not in asked.headers
    assert "Authorization" not in asked.headers
    assert parse_qs(asked.text) == {
        "grant_type": ["client_credentials"],
        "client_id": ["client-1"],
        "client_secret": ["p8e-client&secret=0123"],
        "scope": [
            "openid,AdobeID,read_organizations,additional_info.projectedProductContext,session"
        ],
    }


@pytest.mark.parametrize(
    ("lifetime", "still", "renewed_at"),
    [
        (86399, 86098, 86100),
        (86399992, 86098, 86100),  # milliseconds, as the retired exchange gave
        (100, 89, 91),
        ('"soon"', 3299, 3301),
        ("true", 3299, 3301),
        ("-1", 3299, 3301),
        ("null", 3299, 3301),
        ("1e300", 3299, 3301),
    ],
)
def test_a_token_is_renewed_shortly_before_its_end(
    lifetime: Any, still: float, renewed_at: float
) -> None:
    clock = [0.0]
    tokens, _asked = _granted(lifetime, clock)

    seen = []
    for now in (0.0, still, renewed_at):
        clock[0] = now
        seen.append(tokens.token().reveal())

    assert seen == ["t-1", "t-1", "t-2"]


def test_threads_that_need_a_token_at_once_fetch_one() -> None:
    tokens, asked = _granted(86399, [0.0])
    barrier = threading.Barrier(8)
    seen = []

    def want() -> None:
        barrier.wait()
        seen.append(tokens.token().reveal())

    threads = [threading.Thread(target=want) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert seen == ["t-1"] * 8
    assert len(asked) == 1


def test_threads_whose_token_was_refused_at_once_renew_it_once() -> None:
    tokens, asked = _granted(86399, [0.0])
    stale = tokens.token()

    first, second = tokens.renew(stale), tokens.renew(stale)

    assert first is not None
    assert first == second
    assert len(asked) == 2


def test_a_refused_token_is_renewed_and_the_read_sent_again() -> None:
    with rm.Mocker() as mock, service(oauth()) as (flow, _pauses):
        mock.post(TOKEN_URL, [{"json": GRANT}, {"json": AGAIN}])
        get = mock.get(ONE, [{"status_code": 401}, {"json": {"items": [ITEM]}}])
        assert flow.connections.get(ID).id == ID

    assert [call.headers["Authorization"] for call in get.request_history] == [
        "Bearer fetched-token-1",
        "Bearer fetched-token-2",
    ]


def test_a_refused_token_is_renewed_but_a_create_is_not_sent_again() -> None:
    """Whoever answers 401 after the request was carried out must not make it happen twice."""
    with rm.Mocker() as mock, service(oauth()) as (flow, _pauses):
        ims = mock.post(TOKEN_URL, [{"json": GRANT}, {"json": AGAIN}])
        create = mock.post(CONNECTIONS, [REFUSED, {"status_code": 201, "json": MADE}])
        with pytest.raises(NotAuthenticated) as caught:
            flow.connections.create({"name": "x"})
        calls_before = create.call_count
        again = flow.connections.create({"name": "x"})

    assert caught.value.token_renewed
    assert "look whether" in caught.value.remedy
    assert not caught.value.outcome_unknown
    assert calls_before == 1
    assert ims.call_count == 2
    assert again.id == ID
    assert create.last_request.headers["Authorization"] == "Bearer fetched-token-2"


@pytest.mark.parametrize(
    "page",
    [
        {"text": "<html>log in</html>"},
        {"text": ""},
        {"json": {"error": "unauthorized"}},
        {"json": {"error_code": "403010", "message": "no"}},
        {"json": {"message": "unauthorized"}},
    ],
)
def test_a_401_in_other_words_than_the_services_leaves_a_create_open(
    page: dict[str, Any],
) -> None:
    with rm.Mocker() as mock, service(oauth()) as (flow, _pauses):
        ims = mock.post(TOKEN_URL, [{"json": GRANT}, {"json": AGAIN}])
        create = mock.post(CONNECTIONS, status_code=401, **page)
        with pytest.raises(Unavailable, match="look before") as caught:
            flow.connections.create({"name": "x"})

    assert caught.value.outcome_unknown
    assert (ims.call_count, create.call_count) == (1, 1)


@pytest.mark.parametrize(
    "ims_fails",
    [{"exc": requests.ConnectTimeout}, {"status_code": 503}, {"status_code": 401}],
)
def test_a_create_stays_refused_where_no_other_token_comes(
    ims_fails: dict[str, Any],
) -> None:
    """The error of the token request would say that nothing was sent."""
    with rm.Mocker() as mock, service(oauth(), retries=0) as (flow, _pauses):
        mock.post(TOKEN_URL, [{"json": GRANT}, ims_fails])
        create = mock.post(CONNECTIONS, [REFUSED])
        with pytest.raises(NotAuthenticated) as caught:
            flow.connections.create({"name": "x"})

    assert caught.value.path == "/connections"
    assert not caught.value.token_renewed
    assert create.call_count == 1


def test_an_ims_that_fails_before_the_create_leaves_nothing_open() -> None:
    for answer in ({"status_code": 503}, {"status_code": 200, "text": "<html>"}):
        with rm.Mocker() as mock, service(oauth(), retries=0) as (flow, _pauses):
            mock.post(TOKEN_URL, [answer])
            with pytest.raises(Unavailable) as caught:
                flow.connections.create({"name": "x"})

        assert caught.value.path.startswith("/ims/")
        assert not caught.value.outcome_unknown


@pytest.mark.parametrize(
    "ims_fails", [{"exc": requests.ConnectTimeout}, {"status_code": 503}]
)
@pytest.mark.parametrize(
    "first", [{"status_code": 401}, {"exc": requests.ReadTimeout}, {"status_code": 503}]
)
def test_what_a_first_attempt_left_open_stays_open_where_the_token_then_fails(
    first: dict[str, Any], ims_fails: dict[str, Any]
) -> None:
    short = {**GRANT, "expires_in": 0}
    with rm.Mocker() as mock, service(oauth(), retries=1) as (flow, _pauses):
        mock.post(TOKEN_URL, [{"json": short}, ims_fails])
        mock.delete(ONE, [first])
        with pytest.raises((Unavailable, Unreachable)) as caught:
            flow.connections.delete(ID)

    assert getattr(caught.value, "sent", False) or getattr(
        caught.value, "outcome_unknown", False
    )


def test_a_change_of_our_own_is_recognized_after_a_401_that_came_too_late() -> None:
    operations = [{"op": "replace", "path": "/name", "value": "y"}]
    mine = {"json": {"items": [{"id": ID, "name": "y", "etag": '"2"'}]}}
    with rm.Mocker() as mock, service(oauth()) as (flow, _pauses):
        mock.post(TOKEN_URL, [{"json": GRANT}, {"json": AGAIN}])
        mock.patch(ONE, [REFUSED, refusal(412)])
        mock.delete(ONE, [REFUSED, refusal(404)])
        mock.get(ONE, [mine])
        assert flow.connections.update(ID, operations, etag=ETAG).etag == '"2"'
        mock.post(TOKEN_URL, [{"json": GRANT}])
        flow.connections.delete(ID)


def test_an_action_that_leads_to_a_state_is_sent_again_and_one_that_makes_a_run_is_not() -> (
    None
):
    flow_action = f"{BASE}/flows/{ID}/action"
    run_action = f"{BASE}/runs/{ID}/action"
    with rm.Mocker() as mock, service(oauth()) as (flow, _pauses):
        mock.post(TOKEN_URL, [{"json": GRANT}, {"json": AGAIN}, {"json": GRANT}])
        enable = mock.post(flow_action, [REFUSED, {"json": MADE}])
        retry = mock.post(run_action, [REFUSED])
        assert flow.flows.enable(ID).id == ID
        with pytest.raises(NotAuthenticated) as caught:
            flow.runs.retry(ID)

    assert (enable.call_count, retry.call_count) == (2, 1)
    assert caught.value.token_renewed


def test_a_token_is_renewed_once_only() -> None:
    with rm.Mocker() as mock, service(oauth()) as (flow, _pauses):
        ims = mock.post(TOKEN_URL, [{"json": GRANT}, {"json": AGAIN}, {"json": GRANT}])
        get = mock.get(
            ONE,
            status_code=401,
            json={"error_code": "401013", "message": "fetched-token-2"},
        )
        with pytest.raises(NotAuthenticated) as caught:
            flow.connections.get(ID)

    assert (ims.call_count, get.call_count) == (2, 2)
    assert "client secret" in caught.value.remedy
    assert str(AGAIN["access_token"]) not in caught.value.detail


def test_the_same_token_again_is_not_sent_again() -> None:
    with rm.Mocker() as mock, service(oauth()) as (flow, _pauses):
        mock.post(TOKEN_URL, json=GRANT)
        create = mock.post(CONNECTIONS, [REFUSED])
        with pytest.raises(NotAuthenticated) as caught:
            flow.connections.create({"name": "x"})

    assert create.call_count == 1
    assert not caught.value.token_renewed


@pytest.mark.parametrize("status", [400, 401, 403])
def test_refused_credentials_are_not_authenticated_naming_host_and_code(
    status: int,
) -> None:
    secret = oauth().client_secret
    assert secret is not None
    body = {
        "error": "invalid_client",
        "error_description": f"bad secret {secret.reveal()}",
    }

    with rm.Mocker() as mock, service(oauth()) as (flow, _pauses):
        mock.post(TOKEN_URL, status_code=status, json=body)
        with pytest.raises(
            NotAuthenticated, match=r"IMS at ims\.example\.com.*invalid_client"
        ) as caught:
            flow.connections.get(ID)

    assert (caught.value.code, caught.value.status) == ("invalid_client", status)
    assert secret.reveal() not in everything_shown(caught.value)
    assert "client secret" in caught.value.remedy


def test_a_busy_ims_is_asked_again_and_then_unavailable() -> None:
    with rm.Mocker() as mock, service(oauth(), retries=2) as (flow, pauses):
        ims = mock.post(TOKEN_URL, status_code=503)
        with pytest.raises(Unavailable, match=r"IMS at ims\.example\.com"):
            flow.connections.get(ID)

    assert ims.call_count == 3
    assert len(pauses) == 2


def test_an_ims_that_recovers_does_not_disturb_the_count_of_the_request_itself() -> (
    None
):
    with rm.Mocker() as mock, service(oauth(), retries=2) as (flow, _pauses):
        mock.post(
            TOKEN_URL, [{"status_code": 503}, {"status_code": 503}, {"json": GRANT}]
        )
        get = mock.get(ONE, status_code=503)
        with pytest.raises(Unavailable, match="GET"):
            flow.connections.get(ID)

    assert get.call_count == 3


@pytest.mark.parametrize(
    "error", [requests.ReadTimeout, requests.ConnectionError, requests.ConnectTimeout]
)
def test_an_unreachable_ims_proves_that_the_request_itself_was_not_sent(
    error: type,
) -> None:
    with rm.Mocker() as mock, service(oauth(), retries=0) as (flow, _pauses):
        mock.post(TOKEN_URL, exc=error)
        with pytest.raises(Unreachable, match=r"IMS at ims\.example\.com") as caught:
            flow.connections.create({"name": "x"})

    assert not caught.value.sent


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<html>",
        "[]",
        "{}",
        '{"access_token": 5}',
        '{"access_token": "two words"}',
        '{"access_token": ""}',
    ],
)
def test_a_grant_that_cannot_be_read_is_unavailable_without_its_body(body: str) -> None:
    with rm.Mocker() as mock, service(oauth()) as (flow, _pauses):
        mock.post(TOKEN_URL, text=body)
        with pytest.raises(Unavailable, match="no usable access_token") as caught:
            flow.connections.get(ID)

    assert "two words" not in str(caught.value)
    assert "ims_url" in caught.value.remedy


def test_a_redirecting_ims_is_refused_naming_the_host() -> None:
    with rm.Mocker() as mock, service(oauth()) as (flow, _pauses):
        mock.post(
            TOKEN_URL,
            status_code=302,
            headers={"Location": "https://sso.example.org/?x"},
        )
        with pytest.raises(Rejected, match=r"sso\.example\.org"):
            flow.connections.get(ID)


def test_a_wrong_ims_root_is_said_to_be_one() -> None:
    with rm.Mocker() as mock, service(oauth()) as (flow, _pauses):
        mock.post(TOKEN_URL, status_code=404)
        with pytest.raises(Rejected, match="ims_url"):
            flow.connections.get(ID)
