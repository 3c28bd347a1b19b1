"""Advice is made of names and rules, never of values, and never refuses."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater import AuthenticationSpec, ConnectionSpec, Field
from headwater.credentials.advice import advise
from headwater.credentials.given import CredentialsInput, GivenCredentials

SPEC = ConnectionSpec(id=None, no_id_reason="for a test", name="Acme", category="crm")
AUTH = AuthenticationSpec(
    "Basic",
    [
        Field("host", form="host", required=False),
        Field("broker", form="host_port", required=False),
        Field("url", form="url", required=False),
        Field("connection", secret=True, required=False, advised_pattern=";$"),
        Field("container", required=False, recommended=True),
        Field("mode", required=False, default="x"),
        Field(
            "account",
            "object",
            required=False,
            properties=[Field("label", required=False, recommended=True), Field("id", form="host")],
        ),
    ],
)  # fmt: skip
CONTAINER = ("container", "recommended")


def _told(
    values: dict[str, Any], auth: AuthenticationSpec = AUTH
) -> list[tuple[str, str]]:
    credentials = GivenCredentials(auth=auth, values=values)
    assert credentials.problems == []
    return [(one.field, one.rule) for one in advise(SPEC, credentials)]


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({}, [CONTAINER]),
        ({"container": "c"}, []),
        ({"container": "env:CONTAINER"}, [("container", "reference")]),
        ({"container": "file:x.pem"}, [("container", "reference")]),
        ({"container": "keyring:service/user"}, [("container", "reference")]),
        ({"container": "environment: x"}, []),
        ({"container": "c", "connection": "Server=x"}, [("connection", "pattern")]),
        ({"container": "c", "connection": "Server=x;"}, []),
        ({"container": "c", "connection": "env:CONNECTION"}, []),
        ({"container": "c", "account": {"id": "a b"}},
         [("account.label", "recommended"), ("account.id", "form")]),
    ],
)  # fmt: skip
def test_what_may_be_a_mistake_is_told(
    values: dict[str, Any], told: list[tuple[str, str]]
) -> None:
    assert _told(values) == told


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("host", "acme.example", ""),
        ("host", "10.0.0.1", ""),
        ("host", "2001:db8::1", ""),
        ("host", "acme.example:443", "leave out the port"),
        ("host", "https://acme.example", "leave out the scheme"),
        ("host", "acme.example/path", "leave out the path"),
        ("host", "acme.example ", "there are blanks in it"),
        ("host", "user@acme.example", "leave out the user"),
        ("host", "acme\\instance", "leave out the path"),
        ("broker", "acme.example:9092", ""),
        ("broker", "kafka://acme.example:9092", "leave out the scheme"),
        ("url", "https://acme.example/x?y=1", ""),
        ("url", "acme.example", "begins with https://"),
        ("url", "ftp://acme.example", "begins with https://"),
        ("url", "https://acme .example", "there are blanks in it"),
        ("url", "https://u:p@acme.example", "with a user in it"),
        ("url", "https://[acme", "is not the URL of a place"),
    ],
)
def test_a_text_of_another_form_is_told_with_what_to_change(
    name: str, value: str, said: str
) -> None:
    credentials = GivenCredentials(auth=AUTH, values={"container": "c", name: value})
    messages = [one.message for one in advise(SPEC, credentials)]
    assert (len(messages), said in "".join(messages)) == (bool(said), True)


def test_a_recommended_field_that_is_required_by_another_is_no_advice() -> None:
    field = Field("x", required=False, recommended=True, required_if=("mode", "a"))
    auth = AuthenticationSpec("A", [Field("mode", required=False), field])
    assert _told({}, auth) == [("x", "recommended")]
    credentials = GivenCredentials(auth=auth, values={"mode": "a"})
    assert [one.rule for one in credentials.problems] == ["required"]
    assert advise(SPEC, credentials) == []


def test_what_retires_is_told_with_its_note() -> None:
    spec = attrs.evolve(SPEC, lifecycle="deprecated", lifecycle_note="use another")
    auth = AuthenticationSpec("Old", [Field("x")], deprecated=True, note="ends in 2026")
    advice = advise(spec, GivenCredentials(auth=auth, values={"x": "1"}))
    assert [(one.rule, str(one)) for one in advice] == [
        ("deprecated", "Acme is deprecated: use another"),
        ("deprecated", "Old is deprecated: ends in 2026"),
    ]


_MARK = "Zq7kW9v-"


@given(
    st.dictionaries(
        st.sampled_from([field.name for field in AUTH.fields] + ["other", "sasUrl"]),
        st.text(max_size=20).map(lambda text: _MARK + text)
        | st.sampled_from([f"env:{_MARK}", f"https://{_MARK} /"]),
    )
)
def test_no_advice_repeats_a_value(values: dict[str, Any]) -> None:
    given_input = CredentialsInput(values=values, allow_unknown=True)
    credentials = given_input.complete(AUTH, "acme")
    advice = advise(SPEC, credentials)
    told = " ".join(map(str, [*advice, *credentials.problems]))
    assert _MARK not in told
    assert set(credentials.unknown) == set(values) & {"other", "sasUrl"}
