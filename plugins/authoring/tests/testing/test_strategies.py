"""Random credentials fit, reach every field, and are never taken for a reference or a mask."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from headwater import AuthenticationSpec, Field
from headwater.credentials import references, validation
from headwater.models import JSON_TYPES
from headwater.secret import is_mask
from headwater_authoring.testing import credentials_for

ALL = AuthenticationSpec(
    "All",
    [
        *(Field(name, name) for name in JSON_TYPES),
        Field("any", None),
        Field("choice", enum=("EU", "US")),
        Field("key", secret=True),
        Field("extra", required=False),
    ],
)
RAW = AuthenticationSpec(
    "Raw",
    [Field("host"), Field("key", secret=True)],
    raw={
        "type": "object",
        "required": ["host", "key"],
        "properties": {
            "host": {"type": "string", "maxLength": 8},
            "key": {"type": "string", "format": "password"},
        },
    },
)


@given(credentials_for(ALL))
def test_random_credentials_fit_and_are_json(values: dict[str, Any]) -> None:
    assert validation.validate(ALL, values) == []
    assert json.loads(json.dumps(values, allow_nan=False)) == values
    assert set(values) - {"extra"} == {field.name for field in ALL.fields} - {"extra"}


@given(credentials_for(ALL))
def test_a_secret_is_sent_as_it_is(values: dict[str, Any]) -> None:
    assert references.resolve(values["key"], "key").reveal() == values["key"]
    assert not is_mask(values["key"])
    assert "\0" not in values["key"]


@given(credentials_for(RAW))
def test_a_schema_of_its_own_is_kept(values: dict[str, Any]) -> None:
    assert validation.validate(RAW, values) == []
    assert len(values["host"]) <= 8


def test_optional_fields_come_and_go_and_each_choice_is_taken() -> None:
    few = AuthenticationSpec(
        "Few",
        [Field("any", None), Field("choice", enum=("EU", "US")), *ALL.fields[-1:]],
    )
    once = settings(
        database=None, phases=[Phase.generate], max_examples=2_000, derandomize=True
    )
    for wanted in (
        lambda values: "extra" in values,
        lambda values: "extra" not in values,
        lambda values: values["choice"] == "US",
        lambda values: isinstance(values["any"], bool),
        lambda values: isinstance(values["any"], str),
    ):
        assert find(credentials_for(few), wanted, settings=once)


RULES = AuthenticationSpec(
    "Rules",
    [
        Field("port", "integer", minimum=0.5, maximum=3),
        Field("share", "number", minimum=0.25, maximum=0.75),
        Field("project", pattern="^[a-z]{2}[0-9]+$"),
        Field("connection", secret=True, pattern="Password=.+;"),
        Field("mode", enum=("key", "password", "none"), required=False, default="key"),
        Field("key", secret=True, required=False, required_if=("mode", "key")),
        Field("user", required=False, required_if=("mode", "password")),
        Field("domain", required=False, required_if=("user", "admin")),
    ],
)


@given(credentials_for(RULES))
def test_random_credentials_keep_every_rule(values: dict[str, Any]) -> None:
    assert validation.validate(RULES, values) == []
    assert ("key" in values) or values.get("mode") in ("password", "none")


def test_each_end_of_a_range_and_each_side_of_a_condition_is_drawn() -> None:
    once = settings(
        database=None, phases=[Phase.generate], max_examples=2_000, derandomize=True
    )
    for wanted in (
        lambda values: values["port"] == 1,
        lambda values: values["port"] == 3,
        lambda values: "mode" not in values,
        lambda values: values.get("mode") == "password" and "key" not in values,
    ):
        assert find(credentials_for(RULES), wanted, settings=once)


@given(st.data())
def test_a_source_without_fields_takes_nothing(data: st.DataObject) -> None:
    assert data.draw(credentials_for(AuthenticationSpec("Anonymous", []))) == {}
