"""Values that cross the plugin boundary refuse what cannot be."""

from __future__ import annotations

import attrs
import pytest

from headwater import AuthenticationSpec, ConnectionSpec, Field


@pytest.mark.parametrize(
    "bad",
    [
        "b66ab34-8619-49cb-96d1-39b37ede86ea",
        "CB66AB34-8619-49CB-96D1-39B37EDE86EA",
        "x",
    ],
)
def test_a_specification_id_is_a_lower_case_uuid(bad: str) -> None:
    with pytest.raises(ValueError, match="lower-case UUID"):
        ConnectionSpec(id=bad, name="Acme", category="crm")


def test_a_specification_without_id_says_why() -> None:
    with pytest.raises(ValueError, match="no_id_reason"):
        ConnectionSpec(id=None, name="Acme", category="crm")


@pytest.mark.parametrize(
    "wrong", [{"ingestion": "slow"}, {"kind": "cube"}, {"lifecycle": "gone"}]
)
def test_vocabularies_are_closed(wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="must be in"):
        ConnectionSpec(
            id=None,
            no_id_reason="for a test",
            name="Acme",
            category="crm",
            **wrong,  # type: ignore[arg-type]
        )


def test_a_secret_is_a_string_without_default() -> None:
    with pytest.raises(ValueError, match="must be a string"):
        Field("key", "integer", secret=True)
    with pytest.raises(ValueError, match="neither default nor enum"):
        Field("key", secret=True, default="x")


def test_an_unknown_type_is_refused() -> None:
    with pytest.raises(ValueError, match="must be one of"):
        Field("port", "int")


def test_fields_are_not_listed_twice() -> None:
    with pytest.raises(ValueError, match="lists twice: user"):
        AuthenticationSpec("Basic", [Field("user"), Field("user")])


def test_a_cloud_is_azure_or_aws() -> None:
    with pytest.raises(ValueError, match="must be in"):
        AuthenticationSpec("Basic", [], cloud="gcp")


def test_values_are_frozen() -> None:
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        Field("user").name = "other"  # type: ignore[misc]


def test_a_label_tells_two_of_one_name_apart() -> None:
    assert AuthenticationSpec("Basic", []).label == "Basic"
    assert (
        AuthenticationSpec("Basic", [], cloud="aws", variant="key").label
        == "Basic (aws, key)"
    )
