"""Fields that nobody knows are sent on request; those that may be secrets are treated as such, at any depth."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater import AuthenticationSpec, Field, Secret
from headwater.credentials.given import CredentialsInput, GivenCredentials
from headwater.credentials.unknown import extend, is_secret_name
from headwater.credentials.validation import from_auth_spec
from headwater.errors import InvalidCredentials
from headwater.secret import mask

CANARY = "Zq7-correct-horse"
AUTH = AuthenticationSpec(
    "Key",
    [
        Field("host"),
        Field("account", "object", required=False, properties=[Field("id")]),
    ],
)


def _complete(auth: AuthenticationSpec = AUTH, **values: Any) -> GivenCredentials:
    given_input = CredentialsInput(values={"host": "h", **values}, allow_unknown=True)
    return given_input.complete(auth, "acme")


@pytest.mark.parametrize(
    "name",
    ["apiKey", "api_key", "password", "PASSWD", "sasUri", "clientSecret", "accessToken", "connectionString",
     "privateKeyPem", "authorization", "credentials", "passphrase", "pin", "bearer", "signature", "dsn"],
)  # fmt: skip
def test_names_that_may_be_a_secrets_are(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize("name", ["host", "port", "database", "region", "folderPath"])
def test_names_of_plain_fields_are_not(name: str) -> None:
    assert not is_secret_name(name)


def test_an_unknown_field_is_sent_as_it_is_given() -> None:
    credentials = _complete(limit=5, tags=["a"], more={"x": 1})
    assert credentials.unknown == ("limit", "tags", "more")
    assert credentials.resolve() == credentials.values


def test_a_secret_looking_one_is_sealed_looked_up_and_masked_in_depth(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ACME_KEY", CANARY)
    values: dict[str, Any] = {
        "apiKey": "env:ACME_KEY",
        "account": {"id": "1", "token": CANARY},
        "credentials": {"a": CANARY, "b": {"c": CANARY}},
    }
    credentials = _complete(**values)
    assert credentials.unknown == ("account.token", "apiKey", "credentials")
    params = credentials.resolve()
    assert params["apiKey"] == Secret(CANARY)
    assert params["credentials"]["b"]["c"] == Secret(CANARY)
    assert mask(params) == {
        "host": "h",
        "apiKey": "******",
        "account": {"id": "1", "token": "******"},
        "credentials": {"a": "******", "b": {"c": "******"}},
    }


@pytest.mark.parametrize(
    "values",
    [{"tokens": [CANARY]}, {"list": [{"password": CANARY}]}, {"pin": 1234}, {"more": {"keys": [CANARY]}}],
)  # fmt: skip
def test_a_secret_that_cannot_be_kept_one_is_refused(values: dict[str, Any]) -> None:
    with pytest.raises(InvalidCredentials, match="must be of type string") as refusal:
        _complete(**values).resolve()
    assert CANARY not in str(refusal.value)


def test_without_being_asked_an_unknown_field_is_refused() -> None:
    credentials = GivenCredentials(auth=AUTH, values={"host": "h", "hots": "x"})
    [problem] = credentials.problems
    assert problem.message == "is not a field; did you mean host?"


def test_a_tenants_schema_still_says_everything_else() -> None:
    schema = {
        "properties": {"host": {"type": "string", "maxLength": 3}},
        "additionalProperties": False,
    }
    auth = from_auth_spec({"name": "Key", "spec": schema})
    assert _complete(auth, apiKey=CANARY).resolve()["apiKey"] == Secret(CANARY)
    credentials = CredentialsInput(
        values={"host": "long", "x": 1}, allow_unknown=True
    ).complete(auth, "acme")
    assert [(one.field, one.rule) for one in credentials.problems] == [
        ("host", "maxLength")
    ]


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["", "a", "token", "key", "x.y"]), inner, max_size=3
        )
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["account", "a", "password", "x"]), _VALUES))
def test_whatever_is_given_the_extended_specification_lists_it(
    values: dict[str, Any],
) -> None:
    extended = extend(AUTH, values).auth
    assert {field.name for field in extended.fields} == {"host", "account", *values}
    assert extended.label == AUTH.label
