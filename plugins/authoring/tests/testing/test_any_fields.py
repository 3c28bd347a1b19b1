"""Whatever fields a connector describes: what is made of them is valid, and each way to spoil one is named."""

from __future__ import annotations

import string
from typing import Any

import attrs
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headwater import AuthenticationSpec, Field
from headwater.credentials import validation
from headwater.credentials.given import GivenCredentials
from headwater.credentials.spelling import spell_value
from headwater_authoring.testing import credentials_for
from headwater_authoring.testing.corruptions import corruptions
from headwater_authoring.testing.examples import Example
from headwater_authoring.testing.second_opinion import wrong_fields

_PATTERNS = ("^[a-z]+$", "[0-9]{2}", "^https?://", "x")
_NAMES = st.text(string.ascii_letters, min_size=1, max_size=4)
_RULES = {
    "is missing": "required",
    "is not a field": "unknown",
    "is below its minimum": "minimum",
    "is above its maximum": "maximum",
    "does not match its pattern": "pattern",
    "is not in its enumeration": "enum",
}


def _ranges(type: str) -> st.SearchStrategy[dict[str, Any]]:
    pairs = st.tuples(st.integers(-5, 5), st.integers(0, 5))
    ranges = pairs.map(lambda pair: {"minimum": pair[0], "maximum": sum(pair)})
    kept = st.sets(st.sampled_from(("minimum", "maximum")))
    return st.tuples(ranges, kept).map(
        lambda drawn: {"type": type} | {name: drawn[0][name] for name in drawn[1]}
    )


_FACTS = st.one_of(
    st.just({"accepts_type": "integer"}),
    st.builds(lambda pattern: {"pattern": pattern}, st.sampled_from(_PATTERNS)),
    st.builds(
        lambda pattern: {"pattern": pattern, "secret": True},
        st.sampled_from(_PATTERNS),
    ),
    st.just({"secret": True, "multiline": True}),
    st.just({"form": "host", "advised_pattern": "y"}),
    st.just({"enum": ("a", "b"), "accepts": {True: "a", "B": "b"}, "default": "a"}),
    st.just({"type": "boolean", "accepts_type": "string"}),
    _ranges("integer").map(lambda facts: facts | {"accepts_type": "string"}),
    _ranges("number"),
    st.just({"type": None}),
    st.just({"type": "array"}),
)


@st.composite
def _fields(draw: st.DrawFn, depth: int = 0) -> list[Field]:
    fields: list[Field] = []
    for name in draw(st.lists(_NAMES, max_size=5, unique=True)):
        if depth < 2 and draw(st.integers(0, 5)) == 0:
            facts: dict[str, Any] = {
                "type": "object",
                "properties": draw(_fields(depth + 1)),
            }
        else:
            facts = draw(_FACTS)
        facts = facts | draw(_needs(fields))
        fields.append(Field(name, **facts))
    return fields


def _needs(beside: list[Field]) -> st.SearchStrategy[dict[str, Any]]:
    """Required, optional, recommended, or required by the value of a field before."""
    needs: list[dict[str, Any]] = [
        {},
        {"required": False},
        {"required": False, "recommended": True},
    ]
    for field in beside:
        for value in (*field.enum, *((True,) if field.type == "boolean" else ())):
            needs.append({"required": False, "required_if": (field.name, value)})
    return st.sampled_from(needs)


_AUTH = _fields().map(lambda fields: AuthenticationSpec("Any", fields))
_FEW = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


@_FEW
@given(st.data())
def test_valid_values_pass_and_each_corruption_is_named_by_field_and_rule(
    data: st.DataObject,
) -> None:
    auth = data.draw(_AUTH)
    values = data.draw(credentials_for(auth))
    assert validation.validate(auth, values) == []
    assert wrong_fields(auth, values) == set()
    assert GivenCredentials(auth=auth, values=values).problems == []
    whole = data.draw(
        credentials_for(attrs.evolve(auth, fields=_all_given(auth.fields)))
    )
    for corruption in corruptions(Example(auth, whole, ())):
        found = validation.validate(auth, corruption.values)
        named = {(one.field, one.rule) for one in found}
        rule = _RULES.get(corruption.what)
        assert (corruption.field, rule) in named or (
            rule is None
            and any(f"{name}.".startswith(f"{corruption.field}.") for name, _ in named)
        ), (corruption, named)
        if corruption.in_schema:
            assert wrong_fields(auth, corruption.values) >= {corruption.field}


def _all_given(fields: tuple[Field, ...]) -> list[Field]:
    """Return the same fields, none of which may be left out: a corruption spoils what is there."""
    return [
        attrs.evolve(
            field,
            required=True,
            recommended=False,
            required_if=None,
            properties=_all_given(field.properties),
        )
        for field in fields
    ]


@_FEW
@given(st.data())
def test_each_other_spelling_comes_out_in_the_own_one(data: st.DataObject) -> None:
    auth = data.draw(_AUTH)
    values = data.draw(credentials_for(auth))
    for field in auth.fields:
        for other, own in field.accepts:
            assert spell_value(field, other) == own
        if field.accepts_type == "string" and field.name in values:
            own = values[field.name]
            text = str(own).lower()
            given_credentials = GivenCredentials(
                auth=auth, values={**values, field.name: text}
            )
            assert given_credentials.problems == []
            assert given_credentials.own.values == values
            assert type(given_credentials.own.values[field.name]) is type(own)


@_FEW
@given(st.data())
def test_a_tenants_own_schema_is_validated_as_it_came(data: st.DataObject) -> None:
    auth = data.draw(_AUTH)
    raw = validation.from_auth_spec(validation.auth_spec(auth))
    values = data.draw(credentials_for(auth))
    assert validation.validate(raw, values) == []
    assert {path for path, _ in _paths(raw)} == {path for path, _ in _paths(auth)}
    assert raw.secret_paths == auth.secret_paths


def _paths(auth: AuthenticationSpec) -> list[tuple[tuple[str, ...], Field]]:
    from headwater import iter_fields

    return list(iter_fields(auth))
