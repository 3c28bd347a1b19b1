"""Values that cross the plugin boundary refuse what cannot be."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from headwater import (
    AuthenticationSpec,
    ConnectionSpec,
    Field,
    iter_fields,
    map_secrets,
)


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


def test_a_source_of_the_user_interface_needs_a_page_and_neither_id_nor_base_connection() -> (
    None
):
    facts: dict[str, Any] = {"id": None, "name": "x", "category": "crm"}
    page = "help/sources/x.md"
    for wrong in (
        {"documentation": page},
        {"base_connection": False},
    ):
        with pytest.raises(ValueError, match="has no base connection"):
            ConnectionSpec(**facts, **wrong, ui_only=True)
    spec = ConnectionSpec(
        **facts, documentation=page, base_connection=False, ui_only=True
    )
    assert (spec.id, spec.no_id_reason) == (None, "")


def test_a_former_field_names_the_one_that_took_its_place() -> None:
    auth = AuthenticationSpec(
        "Key", [Field("subdomain")], former_fields={"host": "subdomain"}
    )
    assert auth.former_fields == (("host", "subdomain"),)
    assert hash(auth) == hash(attrs.evolve(auth))
    with pytest.raises(ValueError, match="no field in the place of host"):
        AuthenticationSpec("Key", [Field("key")], former_fields={"host": "domain"})


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


ACCOUNT = AuthenticationSpec(
    "Service Account",
    [
        Field("project"),
        Field(
            "account",
            "object",
            properties=[
                Field("email"),
                Field("private_key", secret=True),
                Field("inner", None, properties=[Field("token", secret=True)]),
            ],
        ),
        Field("key", secret=True),
    ],
)


def test_fields_are_walked_in_depth_with_their_paths() -> None:
    assert [path for path, _field in iter_fields(ACCOUNT)] == [
        ("project",),
        ("account",),
        ("account", "email"),
        ("account", "private_key"),
        ("account", "inner"),
        ("account", "inner", "token"),
        ("key",),
    ]
    assert ACCOUNT.secret_paths == (
        ("account", "private_key"),
        ("account", "inner", "token"),
        ("key",),
    )
    assert ACCOUNT.secret_names == {"key"}
    assert ACCOUNT.find(("account", "email")) == Field("email")
    assert ACCOUNT.find(("email",)) is None


def test_what_secret_fields_hold_is_changed_in_depth_and_nothing_else() -> None:
    values = {
        "project": "p",
        "account": {"email": "e", "private_key": "k", "inner": "not an object"},
        "other": {"private_key": "not a field"},
    }
    seen = {}

    def change(path: tuple[str, ...], value: object) -> str:
        seen[path] = value
        return "changed"

    assert map_secrets(ACCOUNT, values, change) == {
        "project": "p",
        "account": {"email": "e", "private_key": "changed", "inner": "changed"},
        "other": {"private_key": "not a field"},
    }
    # What stands in the place of an object could be its secret.
    assert seen == {
        ("account", "private_key"): "k",
        ("account", "inner"): "not an object",
    }
    assert values["account"]["private_key"] == "k"  # type: ignore[index]


@pytest.mark.parametrize(
    ("facts", "rule"),
    [
        ({"type": "string"}, "must be an object"),
        ({"secret": True, "type": None}, "must be an object|belong"),
        ({"default": {}}, "belong to them"),
        ({"example": {"key": "k"}}, "belong to them"),
        ({"enum": [{}]}, "belong to them"),
        ({"properties": [Field("a"), Field("a")]}, "lists twice: a"),
    ],
)
def test_only_an_object_has_properties_and_they_carry_the_values(
    facts: dict[str, object], rule: str
) -> None:
    facts = {"type": "object", "properties": [Field("a")], **facts}
    with pytest.raises(ValueError, match=rule):
        Field("account", **facts)  # type: ignore[arg-type]


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
