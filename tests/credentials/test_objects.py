"""Secrets inside objects are validated, referenced, sealed and named like those right in ``auth.params``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from headwater import AuthenticationSpec, Field, Secret
from headwater.credentials import references, validation
from headwater.credentials.given import CredentialsInput, GivenCredentials
from headwater.errors import InvalidCredentials, UnresolvedReference
from headwater.secret import mask

if TYPE_CHECKING:
    from pathlib import Path

AUTH = AuthenticationSpec(
    "Service Account",
    [
        Field("project"),
        Field(
            "serviceAccount",
            "object",
            properties=[
                Field("client_email"),
                Field("private_key", secret=True),
                Field("port", "integer", required=False, default=443),
            ],
        ),
    ],
)
PREFIX = "HEADWATER_CRED_ACME__"


def _values(**account: Any) -> dict[str, Any]:
    return {
        "project": "p",
        "serviceAccount": {
            "client_email": "e@acme.example",
            "private_key": "correct-horse",
            **account,
        },
    }


def _found(values: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (problem.field, problem.rule) for problem in validation.validate(AUTH, values)
    ]


def test_an_object_is_rendered_as_a_schema_of_its_own() -> None:
    schema = validation.json_schema(AUTH)
    jsonschema.Draft7Validator.check_schema(schema)
    assert schema["properties"]["serviceAccount"] == {
        "type": "object",
        "properties": {
            "client_email": {"type": "string"},
            "private_key": {"type": "string", "format": "password"},
            "port": {"type": "integer", "default": 443},
        },
        "required": ["client_email", "private_key"],
        "additionalProperties": False,
    }


def test_what_is_rendered_is_read_back_the_same() -> None:
    read = validation.from_auth_spec(validation.auth_spec(AUTH))
    assert read.fields == AUTH.fields
    assert read.secret_paths == AUTH.secret_paths
    assert not read.unusable


@pytest.mark.parametrize(
    ("account", "problem"),
    [
        ({"private_key": "****"}, ("serviceAccount.private_key", "mask")),
        ({"private_key": " "}, ("serviceAccount.private_key", "notEmpty")),
        ({"private_key": 7}, ("serviceAccount.private_key", "type")),
        ({"client_email": "\ud800"}, ("serviceAccount.client_email", "text")),
        ({"privat_key": "x"}, ("serviceAccount.privat_key", "unknown")),
        ({"port": "x"}, ("serviceAccount.port", "type")),
    ],
)
def test_problems_in_an_object_are_named_with_dots(
    account: dict[str, Any], problem: tuple[str, str]
) -> None:
    assert _found(_values(**account)) == [problem]


def test_what_an_object_lacks_is_missing_there() -> None:
    assert _found({"project": "p", "serviceAccount": {}}) == [
        ("serviceAccount.client_email", "required"),
        ("serviceAccount.private_key", "required"),
    ]


def test_references_inside_an_object_are_looked_up(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ACME_KEY", "from-the-environment")
    (tmp_path / "key.pem").write_text("from-the-file\n")
    for reference, value in [
        ("env:ACME_KEY", "from-the-environment"),
        ("file:key.pem", "from-the-file"),
        ("literal:env:X", "env:X"),
        ("plain", "plain"),
    ]:
        given = GivenCredentials(
            auth=AUTH, values=_values(private_key=reference), base=tmp_path
        )
        account = given.resolve()["serviceAccount"]
        assert account["private_key"] == Secret(value)
        assert account["client_email"] == "e@acme.example"


def test_a_reference_inside_an_object_is_judged_by_its_form_and_named_by_its_path() -> (
    None
):
    given = GivenCredentials(auth=AUTH, values=_values(private_key="env:not a name"))
    (problem,) = given.problems
    assert (problem.field, problem.rule) == ("serviceAccount.private_key", "reference")
    with pytest.raises(UnresolvedReference, match=r"serviceAccount\.private_key"):
        references.resolve_all(AUTH, _values(private_key="env:NO_SUCH_VARIABLE"))


def test_sealing_goes_as_deep_as_the_secrets() -> None:
    sealed = validation.seal(AUTH, _values())
    assert sealed["serviceAccount"]["private_key"] == Secret("correct-horse")
    assert sealed["serviceAccount"]["client_email"] == "e@acme.example"
    assert "correct-horse" not in str(sealed)


@pytest.mark.parametrize("wrong", ["correct-horse", ["correct-horse"]])
def test_what_stands_in_the_place_of_an_object_of_secrets_is_sealed_too(
    wrong: Any,
) -> None:
    values = {"project": "p", "serviceAccount": wrong}
    assert "correct-horse" not in str(mask(validation.seal(AUTH, values)))
    assert "correct-horse" not in str(mask(references.resolve_all(AUTH, values)))
    with pytest.raises(InvalidCredentials) as caught:
        GivenCredentials(auth=AUTH, values=values).resolve()
    assert "correct-horse" not in str(caught.value)


def test_the_environment_gives_what_an_object_requires() -> None:
    environ = {
        f"{PREFIX}SERVICEACCOUNT__PRIVATE_KEY": "env:ACME_KEY",
        f"{PREFIX}SERVICEACCOUNT__CLIENT_EMAIL": "e@acme.example",
        f"{PREFIX}SERVICEACCOUNT__PORT": "80",  # optional, so never looked for
    }
    given = CredentialsInput(values={"project": "p"}, environ=environ)
    credentials = given.complete(AUTH, "acme")
    assert credentials.values == _values(private_key="env:ACME_KEY")
    assert credentials.origins["serviceAccount.private_key"] == (
        f"environment variable {PREFIX}SERVICEACCOUNT__PRIVATE_KEY (env:ACME_KEY)"
    )
    assert credentials.missing == []
    assert given.values == {"project": "p"}


def test_what_is_missing_is_named_by_its_path() -> None:
    values = {"serviceAccount": {"client_email": "e"}}
    missing = GivenCredentials(auth=AUTH, values=values).missing
    assert [path for path, _field in missing] == [
        ("project",),
        ("serviceAccount", "private_key"),
    ]
    wrong = GivenCredentials(auth=AUTH, values={"serviceAccount": "text"})
    assert [path for path, _field in wrong.missing] == [("project",)]
