"""The connector says what the platform says, and builds the tutorial's body but for the corrected id."""

from __future__ import annotations

import json

import headwater
from headwater.create import runner
from headwater.secret import reveal_all

# The body of the tutorial's request, as printed.
TUTORIAL = json.loads(
    """{
        "name": "Base connection for salesforce service cloud",
        "description": "Base connection for salesforce service cloud",
        "auth": {
            "specName": "Basic Authentication",
            "params": {
                "username": "{USERNAME}",
                "password": "{PASSWORD}",
                "securityToken": "{SECURITY_TOKEN}"
            }
        },
        "connectionSpec": {
            "id": "b66ab34-8619-49cb-96d1-39b37ede86ea",
            "version": "1.0"
        }
    }"""
)


def test_basic_authentication_builds_the_tutorials_body_with_the_right_id() -> None:
    prepared = runner.prepare(
        "salesforce-service-cloud",
        name=TUTORIAL["name"],
        description=TUTORIAL["description"],
        credentials=TUTORIAL["auth"]["params"],
    )
    expected = {
        **TUTORIAL,
        "connectionSpec": {
            "id": "cb66ab34-8619-49cb-96d1-39b37ede86ea",
            "version": "1.0",
        },
    }
    assert reveal_all(prepared.payload) == expected
    assert list(prepared.payload) == list(expected)


def test_oauth2_client_credential_is_preferred() -> None:
    credentials = {
        "environmentUrl": "https://acme.my.salesforce.com",
        "clientId": "c",
        "clientSecret": "correct-horse",
    }
    prepared = runner.prepare(
        "salesforce-service-cloud", name="n", credentials=credentials
    )
    assert prepared.payload["auth"]["specName"] == "OAuth2 Client Credential"
    assert "correct-horse" not in repr(prepared)


def test_its_facts_are_the_platforms() -> None:
    connector = headwater.load("salesforce-service-cloud")
    spec = connector.spec
    assert (spec.id, spec.version, spec.lifecycle) == (
        "cb66ab34-8619-49cb-96d1-39b37ede86ea",
        "1.0",
        "ga",
    )
    assert spec.misprinted_ids == ("b66ab34-8619-49cb-96d1-39b37ede86ea",)
    oauth, basic = connector.authentication
    assert [(field.name, field.required, field.secret) for field in oauth.fields] == [
        ("environmentUrl", True, False),
        ("clientId", True, False),
        ("clientSecret", True, True),
        ("apiVersion", False, False),
    ]
    assert [(field.name, field.required, field.secret) for field in basic.fields] == [
        ("username", True, False),
        ("password", True, True),
        ("securityToken", True, True),
        ("environmentUrl", False, False),
        ("apiVersion", False, False),
    ]
    assert [field.name for field in oauth.fields if field.recommended] == ["apiVersion"]
    assert (oauth.deprecated, basic.deprecated) == (False, True)
    assert "January 2026" in basic.note
