"""The connector says what the platform says, and builds the tutorial's body."""

from __future__ import annotations

import json

import headwater
from headwater.create import runner
from headwater.secret import reveal_all

# The body of the tutorial's request, as printed.
TUTORIAL = json.loads(
    """{
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
)


def test_it_builds_the_tutorials_body() -> None:
    prepared = runner.prepare(
        "oracle-service-cloud",
        name=TUTORIAL["name"],
        description=TUTORIAL["description"],
        credentials=TUTORIAL["auth"]["params"],
    )
    assert reveal_all(prepared.payload) == TUTORIAL
    assert list(prepared.payload) == list(TUTORIAL)


def test_its_facts_are_the_platforms() -> None:
    connector = headwater.load("oracle-service-cloud")
    spec = connector.spec
    assert (spec.id, spec.version, spec.lifecycle) == (
        "ba5126ec-c9ac-11eb-b8bc-0242ac130003",
        "1.0",
        "deprecated",
    )
    assert "June 2025" in spec.lifecycle_note
    [basic] = connector.authentication
    assert [(field.name, field.required, field.secret) for field in basic.fields] == [
        ("host", True, False),
        ("username", True, False),
        ("password", True, True),
    ]
