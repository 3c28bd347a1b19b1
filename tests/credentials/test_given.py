"""What a caller gives, for one authentication specification: completed, told by place, validated when put together."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from headwater import AuthenticationSpec, Field, Secret
from headwater.credentials.given import CredentialsInput, GivenCredentials
from headwater.errors import InvalidCredentials, UnresolvedReference

AUTH = AuthenticationSpec(
    "Basic Authentication",
    [
        Field("host"),
        Field("port", "integer"),
        Field("password", secret=True),
        Field("region", required=False),
    ],
)
PREFIX = "HEADWATER_CRED_ACME_DESK__"


def _complete(values: dict[str, Any], **details: Any) -> GivenCredentials:
    given = CredentialsInput(values=values, origin="the file", **details)
    return given.complete(AUTH, "acme-desk")


def test_required_fields_that_are_missing_come_from_the_environment() -> None:
    environ = {
        f"{PREFIX}HOST": "unused.example",
        f"{PREFIX}PORT": "8080",
        f"{PREFIX}PASSWORD": "env:DESK",
        f"{PREFIX}REGION": "EU",
    }
    credentials = _complete({"host": "a.example"}, environ=environ)
    assert credentials.values == {
        "host": "a.example",
        "port": 8080,
        "password": "env:DESK",
    }
    assert credentials.origins == {
        "host": "the file",
        "port": f"environment variable {PREFIX}PORT",
        "password": f"environment variable {PREFIX}PASSWORD (env:DESK)",
    }
    assert credentials.missing == []


def test_assignments_come_before_values_and_take_the_fields_types() -> None:
    values = {"host": "a.example", "port": 1, "password": "correct-horse"}
    credentials = _complete(values, assignments={"port": "22", "other": "22"})
    assert (credentials.values["port"], credentials.values["other"]) == (22, "22")
    assert credentials.origins["port"] == "--set"


def test_a_place_is_told_with_a_reference_but_never_with_a_secret() -> None:
    credentials = _complete({"password": "env:not a name", "host": "env:A"})
    assert credentials.origins == {"password": "the file", "host": "the file"}


def test_problems_are_those_of_the_values_and_of_the_form_of_references() -> None:
    credentials = _complete({"host": 5, "port": 1, "password": "env:not a name"})
    assert [problem.rule for problem in credentials.misfits] == ["type"]
    assert [problem.rule for problem in credentials.problems] == ["type", "reference"]
    completed = attrs.evolve(credentials, values={**credentials.values, "host": "h"})
    assert completed.misfits == ()


def test_values_are_validated_before_references_are_looked_up_and_after(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    values = {"host": "a.example", "port": 1, "password": "env:DESK_PASSWORD"}
    monkeypatch.delenv("DESK_PASSWORD", raising=False)
    with pytest.raises(InvalidCredentials, match="port"):
        _complete({**values, "port": "x"}).resolve()
    with pytest.raises(UnresolvedReference):
        _complete(values).resolve()
    monkeypatch.setenv("DESK_PASSWORD", "******")
    with pytest.raises(InvalidCredentials, match="mask"):
        _complete(values).resolve()
    assert [p.rule for p in _complete(values).find_problems_behind_references()] == [
        "mask"
    ]
    monkeypatch.setenv("DESK_PASSWORD", "correct-horse")
    assert _complete(values).resolve()["password"] == Secret("correct-horse")


def test_sealing_leaves_references_as_they_are() -> None:
    values = {"host": "a.example", "port": 1, "password": "env:NOT_SET_ANYWHERE"}
    assert _complete(values).seal() == {
        **values,
        "password": Secret("env:NOT_SET_ANYWHERE"),
    }


def test_no_value_is_shown() -> None:
    given = CredentialsInput(
        values={"password": "correct-horse"},
        assignments={"host": "correct-horse"},
        environ={"A": "correct-horse"},
    )
    shown = repr(given) + repr(given.complete(AUTH, "acme-desk"))
    assert "correct-horse" not in shown
