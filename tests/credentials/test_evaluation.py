"""Schemas from outside: evaluated as jsonschema does, within one budget for everything that is validated."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.create.authentication import choose_credentials
from headwater.credentials import (
    budgets,
    evaluation,
    request_budget,
    schema_budgets,
    validation,
)
from headwater.credentials.given import CredentialsInput
from headwater.errors import InvalidInput
from headwater.models import Distribution
from headwater.tenant import connectors

if TYPE_CHECKING:
    from headwater.connectors.connector import Connector

PROMPTLY = 20.0  # seconds of a busy machine, for what may take two
EVIL = {"type": "string", "pattern": "^(a|aa)+$"}
SLOW = {"items": {"anyOf": [{"type": "string"}] * 40}}
LONG = [1] * 300_000

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-2, 2)
    | st.sampled_from([0.0, 1.0, 1.5, "", "a", "ab", "b1"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["a", "b", "b1"]), inner, max_size=3)
    ),
    max_leaves=8,
)
SCHEMAS = st.fixed_dictionaries(
    {},
    optional={
        "uniqueItems": st.booleans(),
        "pattern": st.sampled_from(["a", "^b", "[0-9]$"]),
        "properties": st.just({"a": {"type": "integer"}}),
        "patternProperties": st.just({"^b": {"type": "string"}, "1$": {"minimum": 1}}),
        "additionalProperties": st.booleans() | st.just({"type": "null"}),
        "items": st.just({"uniqueItems": True}),
        "enum": st.just([1, "a", [1.0], {"a": 1}]),
    },
)


@given(SCHEMAS, VALUES)
def test_rules_of_our_own_say_what_jsonschema_says(schema: Any, value: Any) -> None:
    mine = {(e.validator, *e.path) for e in evaluation.find_errors(schema, value)}
    theirs = {
        (error.validator, *error.path)
        for error in jsonschema.Draft7Validator(schema).iter_errors(value)
    }
    assert mine == theirs


@given(SCHEMAS | VALUES)
def test_what_is_a_schema_is_the_meta_schemas_to_say(schema: Any) -> None:
    expected = True
    try:
        jsonschema.Draft7Validator.check_schema(schema)
    except jsonschema.SchemaError:
        expected = False
    assert evaluation.is_schema(schema) is expected


def test_one_budget_is_shared_by_all_that_is_validated_inside() -> None:
    schema = {"properties": {"a": SLOW}}
    start = time.monotonic()
    with request_budget.one_budget() as budget:
        for _each in range(50):
            with pytest.raises(request_budget.OverBudgetError):
                evaluation.find_errors(schema, {"a": LONG})
        assert budget.seconds <= 0 or budget.findings < 0
    assert time.monotonic() - start < PROMPTLY
    assert evaluation.find_errors({"type": "string"}, 1)  # another has one of its own


def test_the_clock_stands_while_nothing_is_validated() -> None:
    with request_budget.one_budget() as budget:
        evaluation.find_errors(EVIL, "aa")
        budget.seconds = 0.05
        time.sleep(0.1)
        assert evaluation.find_errors(EVIL, "aa") == []


def test_the_budget_of_before_counts_again_after_a_request() -> None:
    with request_budget.one_budget() as outer:
        begun = request_budget.begin_request()
        with request_budget.one_budget() as inner:
            assert inner is not outer
        request_budget.end_request(begun)
        with request_budget.one_budget() as again:
            assert again is outer


@pytest.mark.parametrize("value", ["a" * 60 + "!", "a" * 16_000 + "!"])
def test_a_costly_pattern_ends_the_evaluation(value: str) -> None:
    start = time.monotonic()
    with pytest.raises(request_budget.OverBudgetError):
        evaluation.find_errors(EVIL, value)
    assert time.monotonic() - start < PROMPTLY


def test_a_text_too_long_for_a_pattern_does_not_match_it() -> None:
    assert evaluation.matches("a", "a" * budgets.LONGEST_MATCHED)
    assert not evaluation.matches("a", "a" * (budgets.LONGEST_MATCHED + 1))


@pytest.mark.parametrize(
    ("pattern", "size"),
    [
        ("abc", 3),
        ("a{3}", 3),
        ("a{2,5}b", 6),
        ("(ab){10}", 30),
        ("((a{10}){10}){10}", 1110),
        (r"\{3\}[({9})]{2}", 5),
        (")(", 1),
        ("{5}", 0),
        ("a{999999999999}", 999_999_999),
        ("a+b{3,}", 6),
        ("((a+)+)+", 14),
        ("(" * 35 + "a" + ")+" * 35, 103_079_215_101),
    ],
)
def test_a_pattern_is_measured_with_its_repeats_written_out(
    pattern: str, size: int
) -> None:
    assert schema_budgets.measure_pattern(pattern) == pytest.approx(size, abs=3)


def _tenant(*schemas: Any) -> Connector:
    from headwater.flowservice.models import remote_spec

    elements = [
        {"name": f"k{number}", "spec": schema} for number, schema in enumerate(schemas)
    ]
    raw = {
        "id": "69f188b6-af07-4587-8061-e94d34637b41",
        "name": "own",
        "authSpec": elements,
        "attributes": {"isSource": True},
    }
    return connectors.connector_of(remote_spec(raw), "own", Distribution("t", "1"))


def test_a_tenants_specification_beyond_the_budgets_is_not_used() -> None:
    doubling: dict[str, Any] = {"p0": {"type": "string"}}
    for level in range(1, 40):
        doubling[f"p{level}"] = {"allOf": [{"$ref": f"#/definitions/p{level - 1}"}] * 2}
    schemas: tuple[dict[str, Any], ...] = (
        {"properties": {"a": {"$ref": "#/definitions/p39"}}, "definitions": doubling},
        {"properties": {f"f{number}": {} for number in range(60_000)}},
        {"properties": {"a": {"$ref": "#/properties/a"}}},
        {"properties": {f"f{number}": EVIL for number in range(300)}},
    )
    for schema in schemas:
        start = time.monotonic()
        with pytest.raises(InvalidInput, match="asks for too much"):
            choose_credentials(_tenant(schema), CredentialsInput(values={"a": "x"}))
        assert time.monotonic() - start < PROMPTLY


def test_trying_many_specifications_of_a_tenant_takes_the_time_of_one() -> None:
    schema = {"properties": {"a": SLOW}}
    given_values = CredentialsInput(values={"a": LONG})
    start = time.monotonic()
    with (
        request_budget.one_budget(),
        pytest.raises(InvalidInput, match="takes too long"),
    ):
        choose_credentials(_tenant(*[schema] * 50), given_values)
    assert time.monotonic() - start < PROMPTLY


def test_50_000_unknown_names_are_told_in_time() -> None:
    auth = validation.from_auth_spec(
        {"name": "k", "spec": {"properties": {"a": {}}, "additionalProperties": False}}
    )
    start = time.monotonic()
    problems = validation.validate(auth, {f"aa{n}": 1 for n in range(50_000)})
    assert time.monotonic() - start < PROMPTLY
    assert len(problems) == 50_000


@pytest.mark.parametrize("frames", [0, 200])
def test_references_that_lead_in_a_circle_end_before_the_interpreter_does(
    frames: int,
) -> None:
    """A server's thread is some way down its stack already; what lies below jsonschema panics at the very end of it."""
    circle = {
        "allOf": [{"$ref": "#/definitions/a"}],
        "definitions": {
            "a": {"anyOf": [{"$ref": "#/definitions/b"}]},
            "b": {"allOf": [{"$ref": "#/definitions/a"}]},
        },
    }

    def descend(left: int) -> None:
        if left:
            descend(left - 1)
            return
        with pytest.raises(request_budget.OverBudgetError):
            evaluation.find_errors(circle, {"a": 1})

    descend(frames)


@pytest.mark.parametrize("repeat", ["+", "{1,}", "+?", "{2}"])
def test_repeats_inside_one_another_are_refused_before_the_engine_sees_them(
    repeat: str,
) -> None:
    """Each doubles what the engine makes of the pattern: 35 of them took 22 GB."""
    pattern = "(?:" * 35 + "a" + f"){repeat}" * 35
    start = time.process_time()
    excess = schema_budgets.find_excess({"properties": {"a": {"pattern": pattern}}})
    with pytest.raises(request_budget.OverBudgetError):
        evaluation.matches(pattern, "aaa")
    assert "repeats itself" in excess
    assert time.process_time() - start < 1
