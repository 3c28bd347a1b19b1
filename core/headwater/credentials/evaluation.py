"""JSON Schemas from outside, evaluated within one budget for everything that a request or a command validates.

Every rule that is applied looks at the clock, and no rule takes long by itself: patterns are run by an engine that can
be stopped, and what is quadratic elsewhere (unique items) is linear here. So whatever a schema is made of, its
evaluation ends.
"""

from __future__ import annotations

import functools
import json
from typing import TYPE_CHECKING, Any

from headwater.credentials import budgets
from headwater.credentials.request_budget import (
    OverBudgetError,
    current_budget,
    one_budget,
)
from headwater.credentials.schema_budgets import measure_pattern
from headwater.foreign import raise_bare

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    Check = Callable[[Any, Any, Any, Any], Any]


def find_errors(schema: Any, values: Any) -> list[Any]:
    """Return jsonschema's errors (draft-07) of values. Raises `OverBudgetError`, and whatever a broken schema leads to.

    References are looked up in the schema itself only, never fetched.
    """
    import referencing

    with one_budget() as budget, budget.running():
        validator = _validator_class()(schema, registry=referencing.Registry())
        return list(validator.iter_errors(values))


def is_schema(schema: Any) -> bool:
    """Say whether a value is a JSON Schema (draft-07); one that takes too long to tell is none."""
    import jsonschema

    try:
        return not find_errors(jsonschema.Draft7Validator.META_SCHEMA, schema)
    except Exception:  # what is not a schema can break the check itself in many ways
        return False


def matches(pattern: str, text: str) -> bool:
    """Say whether a pattern from outside is found in a text; in one that is too long to look, it is not.

    Raises `OverBudgetError`, and `regex.error` for what is no pattern.
    """
    import regex

    if len(text) > budgets.LONGEST_MATCHED:
        return False
    if measure_pattern(pattern) > budgets.LARGEST_PATTERN:
        raise OverBudgetError
    with one_budget() as budget, budget.running():
        try:
            longest = min(budget.check(), budgets.LONGEST_MATCH)
            return bool(regex.search(pattern, text, timeout=longest))
        except TimeoutError:
            raise_bare(OverBudgetError())


@functools.cache
def _validator_class() -> Any:
    """Return jsonschema's validator of draft-07 whose every rule keeps the budget."""
    import jsonschema

    checks: Mapping[str, Check] = {
        **jsonschema.Draft7Validator.VALIDATORS,
        "additionalProperties": _check_additional,
        "pattern": _check_pattern,
        "patternProperties": _check_pattern_properties,
        "uniqueItems": _check_unique,
    }
    extend: Any = jsonschema.validators.extend  # jsonschema does not say its types
    guarded = {name: _guard(check) for name, check in checks.items()}
    return extend(jsonschema.Draft7Validator, guarded)


def _guard(check: Check) -> Check:
    def keep_budget(validator: Any, rule: Any, value: Any, schema: Any) -> Any:
        budget = current_budget()
        budget.check()
        with budget.nested():
            for error in check(validator, rule, value, schema) or ():
                budget.count()
                yield error

    return keep_budget


def _check_pattern(validator: Any, pattern: str, value: Any, _schema: Any) -> Any:
    if validator.is_type(value, "string") and not matches(pattern, value):
        yield _mismatch()


def _check_pattern_properties(
    validator: Any, by_pattern: Mapping[str, Any], value: Any, _schema: Any
) -> Any:
    if not validator.is_type(value, "object"):
        return
    for pattern, schema in by_pattern.items():
        for name, inner in value.items():
            if matches(pattern, name):
                yield from validator.descend(
                    inner, schema, path=name, schema_path=pattern
                )


def _check_additional(validator: Any, rule: Any, value: Any, schema: Any) -> Any:
    if not validator.is_type(value, "object"):
        return
    unknown = find_unlisted(value, schema)
    if not validator.is_type(rule, "object"):
        if not rule and next(unknown, None) is not None:
            yield _mismatch()
        return
    for name in unknown:
        yield from validator.descend(value[name], rule, path=name)


def find_unlisted(value: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names that a schema lists neither as properties nor by patterns. Raises as `matches` does."""
    listed = schema.get("properties", {})
    patterns = list(schema.get("patternProperties", {}))
    for name in value:
        if name not in listed and not any(
            matches(pattern, name) for pattern in patterns
        ):
            yield name


def _check_unique(validator: Any, rule: Any, value: Any, _schema: Any) -> Any:
    if rule and validator.is_type(value, "array") and not _is_unique(value):
        yield _mismatch()


def _is_unique(items: list[Any]) -> bool:
    """Say whether no two items are equal. As strings they are compared at once, and nobody can choose their hashes."""
    seen: set[str] = set()
    budget = current_budget()
    for item in items:
        budget.check()
        seen.add(json.dumps(_normalize(item), sort_keys=True))
    return len(seen) == len(items)


def _normalize(value: Any) -> Any:
    """Return a JSON value in which equal numbers are written alike."""
    if isinstance(value, dict):
        return {name: _normalize(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_normalize(inner) for inner in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _mismatch() -> Exception:
    import jsonschema

    # The rule and the path are told, never this text.
    return jsonschema.ValidationError("does not fit")
