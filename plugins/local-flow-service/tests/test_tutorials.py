"""Both tutorials' requests, as printed, are answered as the tutorials say."""

from __future__ import annotations

import json
import logging
import re
from typing import TYPE_CHECKING, Any

import pytest

from headwater_local_flow_service import Strictness

if TYPE_CHECKING:
    from collections.abc import Callable

# The bodies of the tutorials' curl calls; the braces are the tutorials' own placeholders.
ORACLE = """{
      "name": "Base connection for Oracle Service Cloud",
      "description": "Base connection for Oracle Service Cloud",
      "auth": {
          "specName": "Basic Authentication",
          "params": {
              "host": "{HOST}",
              "username": "{USERNAME}",
              "password": "{PASSWORD}"
          }
      },
      "connectionSpec": {
          "id": "ba5126ec-c9ac-11eb-b8bc-0242ac130003",
          "version": "1.0"
      }
  }"""
SALESFORCE = """{
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
VALUES = {
    "{HOST}": "acme.custhelp.com",
    "{USERNAME}": "integration",
    "{PASSWORD}": "correct-horse",
    "{SECURITY_TOKEN}": "battery-staple",
}
HEADERS = {
    "Authorization": "Bearer {ACCESS_TOKEN}",
    "x-api-key": "{API_KEY}",
    "x-gw-ims-org-id": "ACME@AdobeOrg",
    "x-sandbox-name": "prod",
    "Content-Type": "application/json",
}
RIGHT_ID = "cb66ab34-8619-49cb-96d1-39b37ede86ea"


def _filled(body: str) -> str:
    for placeholder, value in VALUES.items():
        body = body.replace(placeholder, value)
    return body


@pytest.mark.parametrize(
    "body", [ORACLE, SALESFORCE, _filled(ORACLE), _filled(SALESFORCE)]
)
def test_a_tutorials_request_answers_201_with_id_and_etag(
    service: Callable[..., Any], body: str
) -> None:
    answer = service().post("/connections", data=body, headers=HEADERS)
    assert answer.status_code == 201
    assert set(answer.json()) == {"id", "etag"}
    assert re.fullmatch(
        r'"[0-9a-f]{8}-0000-0200-0000-[0-9a-f]{8}0000"', answer.json()["etag"]
    )
    assert (
        answer.headers["Location"]
        == f"/data/foundation/flowservice/connections/{answer.json()['id']}"
    )


def test_the_misprinted_id_is_corrected_and_said(
    service: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    talker = service()
    with caplog.at_level(logging.WARNING, logger="headwater.local"):
        answer = talker.post("/connections", data=SALESFORCE, headers=HEADERS)
    assert answer.headers["Warning"].startswith('299 headwater "')
    assert RIGHT_ID in answer.headers["Warning"]
    assert RIGHT_ID in caplog.text
    assert talker.read(answer.json()["id"])["connectionSpec"] == {
        "id": RIGHT_ID,
        "version": "1.0",
    }


def test_the_right_id_needs_no_warning(service: Callable[..., Any]) -> None:
    assert (
        "Warning"
        not in service().post("/connections", data=ORACLE, headers=HEADERS).headers
    )


def test_strict_refuses_the_misprint_and_names_the_right_id(
    service: Callable[..., Any], code: Callable[..., str]
) -> None:
    talker = service(strictness=Strictness.strict())
    answer = talker.post("/connections", data=SALESFORCE, headers=HEADERS)
    assert code(answer) == "FLOW-1413-400"
    assert RIGHT_ID in answer.json()["errorMessage"]
    assert talker.get("/connections").json()["items"] == []


def test_what_was_sent_is_read_back_with_secrets_masked(
    service: Callable[..., Any],
) -> None:
    talker = service()
    sent = json.loads(_filled(ORACLE))
    read = talker.read(
        talker.post("/connections", data=json.dumps(sent), headers=HEADERS).json()["id"]
    )
    sent["auth"]["params"]["password"] = "******"
    assert {name: read[name] for name in sent} == sent
