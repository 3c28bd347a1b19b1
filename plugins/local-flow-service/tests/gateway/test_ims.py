"""The token endpoint refuses in the words of OAuth, whatever arrives, and never repeats a secret."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import falcon.testing
import pytest

from headwater.secret import Secret
from headwater_local_flow_service import Client
from headwater_local_flow_service.gateway import ims, throttle

if TYPE_CHECKING:
    from collections.abc import Callable

CLIENT = Client(
    id="desk", secret=Secret("open-sesame"), organizations=("ACME@AdobeOrg",)
)
TOKEN = "http+local://embedded/ims/token/v3"
FORM = {
    "grant_type": "client_credentials",
    "client_id": "desk",
    "client_secret": "open-sesame",
    "scope": "openid,AdobeID,session",
}


@pytest.mark.parametrize(
    "form",
    [
        "x" * 1_100_000,
        "&".join(f"a{number}=1" for number in range(200)),
        "%00=%ff&client_id=%ed%a0%80",
        '{"grant_type": "client_credentials"}',
        "",
    ],
    ids=["large", "many", "broken", "json", "empty"],
)
def test_a_form_that_cannot_be_read_is_an_invalid_request(
    service: Callable[..., Any], form: str
) -> None:
    answer = service().post(TOKEN, data=form)
    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_request"
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_body_counts_more_than_the_query(service: Callable[..., Any]) -> None:
    talker = service(clients=(CLIENT,))
    answer = talker.post(TOKEN, params=FORM | {"client_secret": "wrong"}, data=FORM)
    assert (
        answer.status_code,
        answer.json()["token_type"],
        answer.json()["expires_in"],
    ) == (200, "bearer", 86_399)
    refused = talker.post(TOKEN, params=FORM, data=FORM | {"client_secret": "wrong"})
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")
    assert "open-sesame" not in refused.text


def test_without_clients_anybody_gets_a_token(service: Callable[..., Any]) -> None:
    assert service().post(TOKEN, data=FORM).json()["access_token"]


CONNECTIONS = "http+local://embedded/data/foundation/flowservice/connections"
NEW, OLD = Secret("open-sesame"), Secret("open-barley")


def _client(secret: Secret, former: Secret | None = None) -> Client:
    return Client(
        id="desk", secret=secret, former_secret=former, organizations=["ACME@AdobeOrg"]
    )


def _token(talker: Any, secret: Secret) -> str:
    answer = talker.post(TOKEN, data=FORM | {"client_secret": secret.reveal()})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["access_token"])


def _status(talker: Any, token: str) -> int:
    headers = {"x-api-key": "desk", "Authorization": f"Bearer {token}"}
    status: int = talker.get(CONNECTIONS, headers=headers).status_code
    return status


def test_a_secret_is_changed_without_a_moment_in_which_no_client_gets_in(
    service: Callable[..., Any],
) -> None:
    before = service(clients=(_client(OLD),))
    old = _token(before, OLD)
    during = service(clients=(_client(NEW, OLD),))
    new = _token(during, NEW)
    also_old = _token(during, OLD)
    assert [_status(during, token) for token in (old, new, also_old)] == [200] * 3
    after = service(clients=(_client(NEW),))
    assert [_status(after, token) for token in (old, new, also_old)] == [401, 200, 401]
    assert (
        after.post(TOKEN, data=FORM | {"client_secret": "open-barley"}).status_code
        == 401
    )


def _guess(talker: Any, number: int, client: str = "desk") -> Any:
    return talker.post(
        TOKEN, data=FORM | {"client_id": client, "client_secret": f"guess-{number}"}
    )


def test_guessing_a_secret_is_stopped_and_logged(
    service: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    talker = service(clients=(CLIENT,))
    answers = [_guess(talker, number) for number in range(throttle.OF_CLIENT + 3)]
    assert [answer.status_code for answer in answers] == [401] * 10 + [429] * 3
    assert 0 < int(answers[-1].headers["Retry-After"]) <= throttle.WINDOW
    assert answers[-1].json()["error"] == "temporarily_unavailable"
    right = talker.post(TOKEN, data=FORM)
    assert right.status_code == 429, "else guessing would go on"
    assert caplog.text.count("a token was refused: desk, from ") == throttle.OF_CLIENT
    assert "guess-" not in caplog.text


def test_unknown_clients_are_not_named_in_the_log(
    service: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    _guess(service(clients=(CLIENT,)), 1, client="canary\nid")
    assert "canary" not in caplog.text
    assert "no known client" in caplog.text


def test_another_client_gets_in_meanwhile(service: Callable[..., Any]) -> None:
    other = Client(id="shop", secret=NEW, organizations=["ACME@AdobeOrg"])
    talker = service(clients=(CLIENT, other))
    for number in range(throttle.OF_CLIENT + 1):
        _guess(talker, number)
    assert talker.post(TOKEN, data=FORM | {"client_id": "shop"}).status_code == 200


@pytest.mark.parametrize(
    ("remote", "forwarded", "address"),
    [
        ("10.0.0.9", "1.2.3.4", "10.0.0.9"),
        ("127.0.0.1", "1.2.3.4", "1.2.3.4"),
        ("127.0.0.1", "6.6.6.6, 1.2.3.4", "1.2.3.4"),
        ("127.0.0.1", "", "127.0.0.1"),
    ],
)
def test_only_a_proxy_of_ours_says_where_a_request_comes_from(
    remote: str, forwarded: str, address: str
) -> None:
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    environ = falcon.testing.create_environ(remote_addr=remote, headers=headers)
    assert ims.client_address(falcon.Request(environ), ("127.0.0.1",)) == address


def test_the_exchange_of_jwts_says_that_they_were_retired_and_what_took_their_place(
    service: Callable[..., Any],
) -> None:
    answer = service().post(
        "http+local://embedded/ims/exchange/jwt",
        files={"jwt_token": "not.a.token", "client_secret": "open-sesame"},
    )
    assert (answer.status_code, answer.json()["error"]) == (
        400,
        "unsupported_grant_type",
    )
    assert "retired" in answer.json()["error_description"]
    assert "/ims/token/v3" in answer.json()["error_description"]
    assert "open-sesame" not in answer.text
