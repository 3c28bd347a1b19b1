"""What the connector makes of credentials."""

from __future__ import annotations

import headwater
from headwater import runner

SLUG = "acme-shop"
GIVEN = {"host": "api.example.com", "apiKey": "correct-horse-battery"}
STAND_IN = "00000000-0000-4000-8000-000000000000"  # for as long as the connector has no id


def test_they_go_into_the_body_as_they_are_and_the_key_stays_hidden() -> None:
    connector = headwater.load(SLUG)
    prepared = runner.prepare(connector, name="Test", credentials=GIVEN, spec_id=connector.spec.id or STAND_IN)
    assert prepared.auth.spec_name == "API Key"
    assert prepared.payload["auth"]["params"]["host"] == GIVEN["host"]
    assert prepared.payload["auth"]["params"]["apiKey"].reveal() == GIVEN["apiKey"]
    assert GIVEN["apiKey"] not in repr(prepared)


def test_what_is_missing_or_unknown_is_told_by_name() -> None:
    [auth] = headwater.load(SLUG).authentication
    found = runner.problems(auth, {"host": "api.example.com", "apikey": "correct-horse-battery"})
    assert [(problem.field, problem.rule) for problem in found] == [("apiKey", "required"), ("apikey", "unknown")]
    assert "correct-horse" not in str(found)
