"""The token endpoint refuses in the words of OAuth, whatever arrives, and never repeats a secret."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from headwater.secret import Secret
from headwater_local_flow_service import Client

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
