"""Without a name, the first specification that accepts exactly the given fields is the one meant."""

from __future__ import annotations

from typing import Any

import pytest

import headwater
from headwater import AuthenticationSpec, ConnectionSpec, Connector, Field, hookimpl
from headwater.create.authentication import choose, choose_credentials
from headwater.credentials.given import CredentialsInput
from headwater.errors import InvalidInput
from headwater.models import Distribution

BASIC = {"username": "u", "password": "p", "securityToken": "t"}
OAUTH = {"environmentUrl": "https://x.example", "clientId": "c", "clientSecret": "s"}


def _chosen(given: dict[str, Any], **options: Any) -> str:
    return choose(headwater.load("salesforce-service-cloud"), given, **options).label


def _two_clouds() -> Connector:
    class TwoClouds:
        @hookimpl
        def connection_spec(self) -> ConnectionSpec:
            return ConnectionSpec(
                id=None, no_id_reason="for a test", name="Acme", category="crm"
            )

        @hookimpl
        def credential_schemas(self) -> list[AuthenticationSpec]:
            return [
                AuthenticationSpec("Basic", [Field("a"), Field("b")], cloud="azure"),
                AuthenticationSpec("Basic", [Field("a")], cloud="aws"),
                AuthenticationSpec("Key", [Field("k")], cloud="aws"),
            ]

    return Connector("acme", TwoClouds(), Distribution("acme", "1"))


@pytest.mark.parametrize(
    ("given", "label"),
    [
        (OAUTH, "OAuth2 Client Credential"),
        (BASIC, "Basic Authentication"),
        ({**BASIC, "environmentUrl": "https://x.example"}, "Basic Authentication"),
        ({}, "OAuth2 Client Credential"),
        ({"environmentUrl": "https://x.example"}, "OAuth2 Client Credential"),
        ({"username": "u"}, "Basic Authentication"),
        ({"username": "u", "passwrd": "p"}, "Basic Authentication"),
    ],
)
def test_the_given_fields_decide(given: dict[str, Any], label: str) -> None:
    assert _chosen(given) == label


def test_a_name_decides_even_where_another_would_fit() -> None:
    assert _chosen(OAUTH, auth="Basic Authentication") == "Basic Authentication"


def test_an_unknown_name_offers_the_nearest() -> None:
    with pytest.raises(InvalidInput, match="did you mean Basic Authentication"):
        _chosen(BASIC, auth="Basic Auth")


def test_what_the_environment_adds_counts() -> None:
    prefix = "HEADWATER_CRED_SALESFORCE_SERVICE_CLOUD"
    environ = {f"{prefix}__{name.upper()}": value for name, value in BASIC.items()}
    given = CredentialsInput(values={}, environ=environ)
    chosen = choose_credentials(headwater.load("salesforce-service-cloud"), given)
    assert chosen.auth.label == "Basic Authentication"
    assert chosen.values == BASIC


def test_the_cloud_leaves_out_the_others() -> None:
    assert choose(_two_clouds(), {"a": "1"}, cloud="azure").label == "Basic (azure)"
    assert choose(_two_clouds(), {"a": "1"}, cloud="aws").label == "Basic (aws)"
    assert choose(_two_clouds(), {"a": "1", "b": "2"}).label == "Basic (azure)"


def test_a_name_that_exists_only_for_another_cloud_says_so() -> None:
    with pytest.raises(
        InvalidInput, match=r"takes Key on aws only, and the cloud is azure"
    ):
        choose(_two_clouds(), {"k": "1"}, auth="Key", cloud="azure")
