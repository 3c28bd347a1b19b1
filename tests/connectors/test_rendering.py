"""A connector as the platform prints its connection specification."""

from __future__ import annotations

import json

import pytest

import headwater
from headwater import AuthenticationSpec, ConnectionSpec, Field, hookimpl
from headwater.connectors.connector import Connector
from headwater.connectors.rendering import render
from headwater.models import Distribution


class _Plugin:
    def __init__(self, spec: ConnectionSpec) -> None:
        self._spec = spec

    @hookimpl
    def connection_spec(self) -> ConnectionSpec:
        return self._spec

    @hookimpl
    def credential_schemas(self) -> tuple[AuthenticationSpec, ...]:
        return (AuthenticationSpec("Key", [Field("key", secret=True)]),)


def _connector(**facts: object) -> Connector:
    given = {
        "id": None,
        "no_id_reason": "not published",
        "name": "Acme Desk",
        "category": "support",
    } | facts
    spec = ConnectionSpec(**given)  # type: ignore[arg-type]
    return Connector("acme-desk", _Plugin(spec), Distribution("acme", "1"))


def test_it_has_the_platforms_fields_and_is_json() -> None:
    element = render(headwater.load("oracle-service-cloud"))
    assert list(element) == [
        "id",
        "name",
        "providerId",
        "version",
        "authSpec",
        "attributes",
    ]
    assert json.loads(json.dumps(element)) == element
    assert element["name"] == "oracle-service-cloud"
    assert element["attributes"]["lifecycle"] == "deprecated"


@pytest.mark.parametrize(
    ("ingestion", "provider"),
    [
        ("batch", "0ed90a81-07f4-4586-8190-b40eccef1c5a"),
        ("streaming", "521eee4d-8cbe-4906-bb48-fb6bd4450033"),
    ],
)
def test_the_provider_follows_from_the_ingestion(ingestion: str, provider: str) -> None:
    assert render(_connector(ingestion=ingestion))["providerId"] == provider


def test_an_unverified_id_is_none_and_empty_facts_are_left_out() -> None:
    element = render(_connector())
    assert element["id"] is None
    assert "documentationLink" not in element["attributes"]
    assert element["authSpec"][0]["spec"]["properties"]["key"]["format"] == "password"
