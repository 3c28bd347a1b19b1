"""Other spellings come out in the specification's own, whatever the set of fields; the rest stays as it is."""

from __future__ import annotations

import json
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater import AuthenticationSpec, Field, Secret
from headwater.credentials.given import CredentialsInput, GivenCredentials
from headwater.credentials.spelling import spell_own, spell_value
from headwater.errors import InvalidCredentials

PORT = Field("port", accepts_type="integer")
DIGITS = Field("port", "integer", accepts_type="string")
TLS = Field("tls", "boolean", accepts_type="string")
WORDS = Field("tls", accepts_type="boolean", enum=("true", "false"))
MODE = Field("mode", enum=("On", "Off"), accepts={True: "On", False: "Off", "on": "On"})


@pytest.mark.parametrize(
    ("field", "given_value", "own"),
    [
        (PORT, 5439, "5439"),
        (PORT, 5439.0, "5439"),
        (PORT, True, True),
        (PORT, 1.5, 1.5),
        (DIGITS, "5439", 5439),
        (DIGITS, "5439.0", "5439.0"),
        (DIGITS, " 5439", " 5439"),
        (DIGITS, "\u0665", "\u0665"),
        (TLS, "true", True),
        (TLS, "FALSE", False),
        (TLS, 1, 1),
        (TLS, "maybe", "maybe"),
        (WORDS, False, "false"),
        (WORDS, 0, 0),
        (MODE, True, "On"),
        (MODE, 1, 1),
        (MODE, "on", "On"),
        (MODE, "Off", "Off"),
        (Field("share", "number", accepts_type="string"), "1e400", "1e400"),
        (Field("share", "number", accepts_type="string"), "0.5", 0.5),
        (Field("any", None), "5", "5"),
    ],
)
def test_a_value_comes_out_in_its_own_spelling(
    field: Field, given_value: Any, own: Any
) -> None:
    spelled = spell_value(field, given_value)
    assert (spelled, type(spelled)) == (own, type(own))


_OWN_AND_OTHER = st.one_of(
    st.integers(-(10**9), 10**9).map(lambda n: (DIGITS, n, str(n))),
    st.integers(-(10**9), 10**9).map(lambda n: (PORT, str(n), n)),
    st.booleans().map(lambda b: (TLS, b, str(b))),
    st.booleans().map(lambda b: (WORDS, str(b).lower(), b)),
    st.sampled_from([(MODE, own, other) for other, own in MODE.accepts]),
)


@given(st.lists(_OWN_AND_OTHER, max_size=6), st.booleans())
def test_any_set_of_fields_is_spelled_and_told_by_path(
    drawn: list[tuple[Field, Any, Any]], inside: bool
) -> None:
    fields = [
        attrs.evolve(field, name=f"f{n}")
        for n, (field, _own, _other) in enumerate(drawn)
    ]
    own = {f"f{n}": own for n, (_field, own, _other) in enumerate(drawn)}
    other = {f"f{n}": other for n, (_field, _own, other) in enumerate(drawn)}
    names = list(other)
    if inside and fields:
        fields = [Field("o", "object", properties=fields)]
        own, other = {"o": own}, {"o": other}
        names = [f"o.{name}" for name in names]
    auth = AuthenticationSpec("Any", fields)
    spelled = spell_own(auth, other)
    assert json.dumps(spelled.values) == json.dumps(own)
    assert list(spelled.changed) == names
    assert spell_own(auth, own).changed == ()
    assert GivenCredentials(auth=auth, values=other).resolve() == own
    raw = attrs.evolve(auth, raw={"type": "object"})
    assert spell_own(raw, other).values == other


def test_what_is_sealed_and_resolved_is_the_own_spelling() -> None:
    auth = AuthenticationSpec("Basic", [PORT, Field("key", secret=True)])
    given_values = {"port": 5439, "key": "correct-horse"}
    credentials = GivenCredentials(auth=auth, values=given_values)
    expected = {"port": "5439", "key": Secret("correct-horse")}
    assert credentials.seal() == credentials.resolve() == expected
    assert "correct-horse" not in repr(credentials)


def test_what_is_no_spelling_is_still_refused_by_its_type() -> None:
    auth = AuthenticationSpec("Basic", [DIGITS])
    credentials = GivenCredentials(auth=auth, values={"port": "many"})
    assert [one.rule for one in credentials.problems] == ["type"]
    with pytest.raises(InvalidCredentials, match="must be of type integer"):
        credentials.resolve()


def test_a_condition_looks_at_the_own_spelling() -> None:
    key = Field("key", secret=True, required=False, required_if=("tls", True))
    auth = AuthenticationSpec("Basic", [TLS, key])
    missing = GivenCredentials(auth=auth, values={"tls": "true"}).missing
    assert [path for path, _field in missing] == [("key",)]
    assert GivenCredentials(auth=auth, values={"tls": "false"}).missing == []


def test_the_environment_gives_what_the_environment_makes_required() -> None:
    fields = [
        Field("key", secret=True, required=False, required_if=("mode", "key")),
        Field("mode", enum=("key", "password")),
        Field(
            "password", secret=True, required=False, required_if=("mode", "password")
        ),
    ]
    prefix = "HEADWATER_CRED_ACME__"
    environ = {f"{prefix}MODE": "key", f"{prefix}KEY": "k1", f"{prefix}PASSWORD": "p1"}
    given_input = CredentialsInput(values={}, environ=environ)
    credentials = given_input.complete(AuthenticationSpec("Basic", fields), "acme")
    assert dict(credentials.values) == {"mode": "key", "key": "k1"}
    assert credentials.problems == []
