"""The container and its credentials, as the platform describes them."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

import pytest
import requests
from landing.zones_served import (
    CONNECTORS,
    Served,
    azure_settings,
    error_code,
    serving,
)

from headwater.errors import InvalidInput
from headwater_local_flow_service.kernel import clock
from headwater_local_flow_service.landing import policies

if TYPE_CHECKING:
    from pathlib import Path

TYPES = ("user_drop_zone", "dlz_destination")


@pytest.mark.parametrize("type", TYPES)
def test_a_container_is_described_as_the_platform_does(
    landing: Served, type: str
) -> None:
    answer = landing.send("GET", f"{CONNECTORS}?type={type}")

    assert answer.json() == {
        "containerName": "dlz-user-container",
        "containerTTL": "7",
    }


def test_credentials_have_the_documented_parts(anywhere: Served) -> None:
    credentials = anywhere.credentials()

    assert [*credentials] == [
        "containerName",
        "SASToken",
        "storageAccountName",
        "SASUri",
        "expiryDate",
    ]
    container, token = credentials["containerName"], credentials["SASToken"]
    assert not token.startswith("?")
    parts = [pair.partition("=")[0] for pair in token.split("&")]
    # A store of Azure has the permissions in the policy, and refuses them in the token besides.
    served_here = anywhere.service.settings.landing_zone is None
    assert parts == ["sv", "si", "sr", *["sp"] * served_here, "sig"]
    assert credentials["SASUri"].endswith(f"/{container}?{token}")
    today = datetime.datetime.now(datetime.UTC).date()
    expires = datetime.date.fromisoformat(credentials["expiryDate"])
    assert expires - today == datetime.timedelta(days=7)


def test_credentials_are_not_kept_by_caches(landing: Served) -> None:
    answer = landing.send("GET", f"{CONNECTORS}/credentials?type=user_drop_zone")

    assert answer.headers["Cache-Control"] == "no-store"


def test_a_token_is_handed_out_again_until_it_is_refreshed(anywhere: Served) -> None:
    before = anywhere.credentials()
    assert anywhere.credentials() == before

    after = anywhere.refresh()

    assert after["SASToken"] != before["SASToken"]
    assert anywhere.credentials() == after
    refused = anywhere.upload("a.csv", b"id\n1\n", uri=before["SASUri"])
    assert refused.status_code == 403
    assert error_code(refused) in ("AuthenticationFailed", "AuthorizationFailure")
    assert anywhere.upload("a.csv", b"id\n1\n").status_code == 201


def test_a_token_that_has_expired_is_refused_and_another_handed_out(
    anywhere: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = clock.now
    # as if it had been handed out so long ago that it ends a second ago
    ago = (anywhere.service.settings.landing_zone_token_lifetime + 1) * 1000
    with monkeypatch.context() as then:
        then.setattr(policies, "now", lambda: real() - ago)
        expired = anywhere.credentials()

    assert (
        anywhere.upload("a.csv", b"id\n1\n", uri=expired["SASUri"]).status_code == 403
    )
    renewed = anywhere.credentials()
    assert renewed["SASToken"] != expired["SASToken"]
    assert anywhere.upload("a.csv", b"id\n", uri=renewed["SASUri"]).status_code == 201


def test_the_type_may_stand_in_a_header(landing: Served) -> None:
    answer = landing.send(
        "GET", f"{CONNECTORS}/credentials", headers={"type": "user_drop_zone"}
    )
    assert answer.json() == landing.credentials()

    refreshed = landing.send(
        "POST",
        f"{CONNECTORS}/credentials",
        headers={"type": "USER_DROP_ZONE", "action": "refresh"},
    )
    assert refreshed.status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "code", "told"),
    [
        ("GET", "?type=zone", "CONNECTOR-1710-400", "user_drop_zone, dlz_destination"),
        ("GET", "", "CONNECTOR-1710-400", "user_drop_zone, dlz_destination"),
        ("GET", "/credentials?type=x", "CONNECTOR-1710-400", "dlz_destination"),
        (
            "POST",
            "/credentials?type=user_drop_zone",
            "CONNECTOR-1705-400",
            "refresh",
        ),
        (
            "POST",
            "/credentials?type=user_drop_zone&action=burn",
            "CONNECTOR-1705-400",
            "refresh",
        ),
    ],
)
def test_refusals_name_what_may_be_asked(
    landing: Served, method: str, path: str, code: str, told: str
) -> None:
    answer = landing.send(method, CONNECTORS + path)

    assert answer.status_code == 400
    assert answer.json()["type"].endswith(code)
    assert told in answer.json()["errorMessage"]


def test_every_sandbox_organization_and_purpose_has_files_of_its_own(
    anywhere: Served,
) -> None:
    owners: tuple[dict[str, str], ...] = (
        {},
        {"x-sandbox-name": "dev"},
        {"x-gw-ims-org-id": "OTHER@AdobeOrg"},
    )
    uris = [anywhere.credentials(**owner)["SASUri"] for owner in owners]
    uris.append(anywhere.credentials("dlz_destination")["SASUri"])
    assert len({*uris}) == len(uris)

    assert anywhere.upload("mine.csv", b"id\n", uri=uris[0]).status_code == 201
    for other in uris[1:]:
        assert _list(other) == []
    assert len(_list(uris[0])) == 1


def test_a_token_opens_its_own_container_only(anywhere: Served) -> None:
    mine, other = (
        anywhere.credentials(**{"x-sandbox-name": name}) for name in ("prod", "dev")
    )
    crossed = other["SASUri"].partition("?")[0] + "?" + mine["SASToken"]

    assert anywhere.upload("a.csv", b"id\n", uri=crossed).status_code == 403


def _list(uri: str) -> list[str]:
    answer = requests.get(f"{uri}&restype=container&comp=list", timeout=30)
    assert answer.status_code == 200, answer.text
    return answer.text.split("<Blob>")[1:]


def test_a_landing_zone_in_a_folder_outlives_the_service(tmp_path: Path) -> None:
    with serving(tmp_path) as landing:
        landing.upload("a.csv", b"id\n1\n")
        before = landing.credentials()["SASToken"]
    with serving(tmp_path) as landing:
        assert landing.credentials()["SASToken"] == before
        assert [item["name"] for item in landing.list()] == ["a.csv"]


def test_a_folder_is_private_and_chosen_by_a_setting(tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    with serving(tmp_path, landing_zone=str(folder)) as landing:
        landing.upload("a/b.csv", b"id\n1\n")

    [found] = folder.rglob("b.csv")
    assert found.stat().st_mode & 0o077 == 0
    assert all(part.stat().st_mode & 0o077 == 0 for part in folder.rglob("*"))


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"landing_zone": "s3://bucket"}, "az://"),
        ({"landing_zone": "az://x"}, "account_name"),
        (
            {
                "landing_zone": "az://x",
                "landing_zone_options": {
                    "account_name": "a",
                    "account_key": "canary no base64",
                },
            },
            "account_key is not in Base64",
        ),
        (
            {
                "landing_zone": "az://x",
                "landing_zone_options": {"acount_name": "a"},
            },
            "acount_name",
        ),
        (
            {
                "landing_zone": "az://x",
                "landing_zone_options": {
                    "account_name": "a",
                    "account_key": "YQ==",
                    "endpoint": "host:1",
                },
            },
            "endpoint must be a URL",
        ),
    ],
)
def test_settings_that_cannot_be_are_refused_at_the_start(
    tmp_path: Path, settings: dict[str, object], told: str
) -> None:
    with (
        pytest.raises(InvalidInput, match=told) as refusal,
        serving(tmp_path, **settings),
    ):
        pass
    assert "canary" not in str(refusal.value)


def test_a_store_on_a_server_needs_the_setting(
    own_schema: dict[str, object], tmp_path: Path
) -> None:
    with serving(tmp_path, **own_schema) as landing:
        answer = landing.send("GET", f"{CONNECTORS}?type=user_drop_zone")

    assert answer.json()["type"].endswith("CONNECTOR-1707-400")
    assert "landing_zone" in answer.json()["errorMessage"]


def test_an_account_that_does_not_answer_is_told_in_a_sentence(tmp_path: Path) -> None:
    from servers import free_port

    settings = azure_settings(f"http://127.0.0.1:{free_port()}/devstoreaccount1")
    with serving(tmp_path, **settings) as landing:
        for answer in (
            landing.send("GET", f"{CONNECTORS}?type=user_drop_zone"),
            landing.send("GET", f"{CONNECTORS}/credentials?type=user_drop_zone"),
            landing.explore(objectType="root"),
        ):
            assert answer.status_code == 500
            assert answer.json()["type"].endswith("CONNECTOR-1700-500")
            assert "does not answer" in answer.json()["errorMessage"]
            assert "landing_zone_options" in answer.json()["errorMessage"]


def test_a_wrong_key_is_told_without_it(azurite_url: str, tmp_path: Path) -> None:
    settings = azure_settings(azurite_url, account_key="Y2FuYXJ5LWNhbmFyeQ==")
    with serving(tmp_path, **settings) as landing:
        answer = landing.send("GET", f"{CONNECTORS}/credentials?type=user_drop_zone")

    assert answer.json()["type"].endswith("CONNECTOR-1700-500")
    assert "refuses with 403" in answer.json()["errorMessage"]
    assert "Y2FuYXJ5" not in answer.text
