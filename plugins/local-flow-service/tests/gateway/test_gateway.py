"""Who may come in, and what the others are told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import pytest

from headwater.secret import Secret
from headwater_local_flow_service import Client, Strictness

if TYPE_CHECKING:
    from collections.abc import Callable

TOKEN = "http+local://embedded/ims/token/v3"
CLIENT = Client(
    id="desk", secret=Secret("open-sesame"), organizations=("ACME@AdobeOrg",)
)
FORM = {
    "grant_type": "client_credentials",
    "client_id": "desk",
    "client_secret": "open-sesame",
    "scope": "openid",
}


@pytest.mark.parametrize(
    ("header", "value", "expected"),
    [
        ("Authorization", "", "403010"),
        ("Authorization", "Basic abc", "401013"),
        ("Authorization", "Bearer", "401013"),
        ("x-api-key", "", "403000"),
        ("x-gw-ims-org-id", "", "400003"),
        ("x-gw-ims-org-id", "ACME", "403027"),
        ("x-gw-ims-org-id", "a b@AdobeOrg", "403027"),
        ("Host", "evil.example", "421000"),
        ("Host", "localhost.evil.example:8700", "421000"),
        ("x-sandbox-name", "nowhere", "FLOW-2100-404"),
        ("x-sandbox-name", "PROD", "FLOW-2100-404"),
        ("x-sandbox-name", "*", "FLOW-2112-400"),
        ("x-sandbox-id", "*", "FLOW-2112-400"),
        ("x-sandbox-id", "1bd86660-c5da-11e9-93d4-6d5fc3a66a8e", "FLOW-2110-400"),
    ],
)
def test_a_wrong_header_has_its_own_code(
    service: Callable[..., Any],
    code: Callable[..., str],
    header: str,
    value: str,
    expected: str,
) -> None:
    for path in ("/connections", "/connectionSpecs", "/flows"):
        assert code(service().get(path, headers={header: value})) == expected


@pytest.mark.parametrize(
    "name", ["localhost:8700", "127.0.0.1:1", "[::1]:8700", "LOCALHOST", "embedded"]
)
def test_it_answers_to_its_own_names_whatever_the_port(
    service: Callable[..., Any], name: str
) -> None:
    assert service().get("/connections", headers={"Host": name}).status_code == 200


def test_all_sandboxes_at_once_are_not_for_users(
    service: Callable[..., Any], code: Callable[..., str]
) -> None:
    both = {"x-sandbox-name": "*", "x-sandbox-id": "*"}
    assert code(service().get("/connections", headers=both)) == "FLOW-2111-403"


def test_a_missing_sandbox_means_prod_unless_strict(
    service: Callable[..., Any], code: Callable[..., str]
) -> None:
    talker = service()
    made = talker.like(x_sandbox_name="").create()
    assert talker.read(made["id"])["sandboxName"] == "prod"
    strict = service(strictness=Strictness.strict()).like(x_sandbox_name="")
    assert code(strict.get("/connections")) == "FLOW-2105-400"


def test_nothing_crosses_a_sandbox_or_an_organization(
    service: Callable[..., Any], code: Callable[..., str]
) -> None:
    talker = service(sandboxes=("prod", "dev", "stage"))
    made = talker.create()
    path = f"/connections/{made['id']}"
    others = [talker.like(x_sandbox_name="dev"), talker.like(x_sandbox_name="stage")]
    for other in [*others, talker.like(x_gw_ims_org_id="OTHER@AdobeOrg")]:
        assert other.get("/connections").json()["items"] == []
        assert other.get("/connections?count=true").json() == {"count": 0}
        change = {"op": "replace", "path": "/name", "value": "mine"}
        for answer in (
            other.get(path),
            other.get(f"{path}/test"),
            other.send("DELETE", path),
            other.patch(made["id"], made["etag"], change),
        ):
            assert code(answer) == "FLOW-1439-404"
            assert answer.json()["report"]["id"] == made["id"]
    assert talker.read(made["id"])["name"] == "desk"


def test_no_answer_invites_other_origins(service: Callable[..., Any]) -> None:
    answer = service().send(
        "OPTIONS", "/connections", headers={"Origin": "https://evil.example"}
    )
    assert not [
        name for name in answer.headers if name.lower().startswith("access-control")
    ]


def test_the_request_id_is_the_callers_if_it_is_a_plain_one(
    service: Callable[..., Any],
) -> None:
    talker = service()
    assert (
        talker.get("/connections", headers={"x-request-id": "abc-1"}).headers[
            "x-request-id"
        ]
        == "abc-1"
    )
    assert (
        len(
            talker.get("/connections", headers={"x-request-id": "a b"}).headers[
                "x-request-id"
            ]
        )
        == 32
    )


def test_a_token_of_its_own_opens_a_service_with_clients(
    service: Callable[..., Any], code: Callable[..., str]
) -> None:
    talker = service(clients=(CLIENT,)).like(x_api_key="desk")
    assert code(talker.get("/connections")) == "401013"
    issued = talker.post(TOKEN, data=FORM).json()
    assert issued["token_type"] == "bearer"
    assert issued["expires_in"] == 86_399
    holder = talker.like(Authorization=f"Bearer {issued['access_token']}")
    assert holder.get("/connections").status_code == 200
    assert code(holder.get("/connections", headers={"x-api-key": "other"})) == "403003"
    assert (
        code(holder.get("/connections", headers={"x-gw-ims-org-id": "OTHER@AdobeOrg"}))
        == "403025"
    )
    forged = f"Bearer {issued['access_token'][:-9]}AAAAAAAA="
    assert (
        code(holder.get("/connections", headers={"Authorization": forged})) == "401013"
    )


def test_another_worker_of_the_same_store_takes_the_token_and_another_store_does_not(
    service: Callable[..., Any], code: Callable[..., str], tmp_path: Any
) -> None:
    first = service(clients=(CLIENT,)).like(x_api_key="desk")
    bearer = {
        "Authorization": f"Bearer {first.post(TOKEN, data=FORM).json()['access_token']}"
    }
    second = service(clients=(CLIENT,)).like(x_api_key="desk")
    assert second.get("/connections", headers=bearer).status_code == 200
    stranger = service(clients=(CLIENT,), store=str(tmp_path / "other.db")).like(
        x_api_key="desk"
    )
    assert code(stranger.get("/connections", headers=bearer)) == "401013"


def test_an_expired_token_and_one_of_a_removed_client_are_refused(
    service: Callable[..., Any], code: Callable[..., str]
) -> None:
    expiring = service(clients=(CLIENT,), token_lifetime=-1).like(x_api_key="desk")
    bearer = {
        "Authorization": f"Bearer {expiring.post(TOKEN, data=FORM).json()['access_token']}"
    }
    assert code(expiring.get("/connections", headers=bearer)) == "401013"
    other = attrs.evolve(CLIENT, id="other")
    assert (
        code(
            service(clients=(other,))
            .like(x_api_key="desk")
            .get("/connections", headers=bearer)
        )
        == "401013"
    )


@pytest.mark.parametrize("version", ["v2", "v3"])
@pytest.mark.parametrize("place", ["data", "params"])
def test_tokens_are_asked_for_in_the_body_or_the_query(
    service: Callable[..., Any], version: str, place: str
) -> None:
    answer = service(clients=(CLIENT,)).post(
        f"http+local://embedded/ims/token/{version}", **{place: FORM}
    )
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("change", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_id": "nobody"}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"scope": ""}, 400, "invalid_request"),
        ({"client_id": ""}, 400, "invalid_request"),
    ],
)
def test_a_wrong_token_request_gets_an_oauth_error(
    service: Callable[..., Any], change: dict[str, str], status: int, error: str
) -> None:
    answer = service(clients=(CLIENT,)).post(TOKEN, data=FORM | change)
    assert answer.status_code == status
    assert answer.json()["error"] == error
    assert "open-sesame" not in answer.text


def test_other_paths_and_operations_are_told_apart(
    service: Callable[..., Any], code: Callable[..., str]
) -> None:
    talker = service()
    made = talker.create()
    for path in (
        "/destinations",
        "/connections/search/x",
        f"/connections/{made['id']}/schema",
        "/connectionSpecs/x/y/z",
    ):
        answer = talker.get(path)
        assert code(answer) == "FLOW-1439-404"
        assert "not offered by the embedded service" in answer.json()["errorMessage"]
    put = talker.send("PUT", f"/connections/{made['id']}", json={})
    assert code(put) == "HEADWATER-1405-405"
    assert "PATCH" in put.headers["Allow"]
    assert code(talker.get("http+local://embedded/elsewhere")) == "404000"
    assert talker.get("http+local://embedded/ims/token/v9").status_code == 405
