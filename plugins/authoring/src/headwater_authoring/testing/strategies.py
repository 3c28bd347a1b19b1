"""Hypothesis strategies: random credentials that fit an authentication specification."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from headwater.credentials import validation
from headwater.credentials.references import is_reference
from headwater.credentials.required import is_required
from headwater.field import clamp
from headwater.secret import is_mask

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hypothesis.strategies import SearchStrategy

    from headwater.models import AuthenticationSpec, Field

_LITERAL = "literal:"
_LARGEST = 2**53 - 1  # what every JSON reader holds without loss


def credentials_for(auth: AuthenticationSpec) -> SearchStrategy[dict[str, Any]]:
    """Return a strategy of valid credentials: required fields always, the others at times. Needs hypothesis.

    Secrets are strings that are neither a reference nor a mask, so they are sent as they are. For a specification with
    a schema of its own (`raw`) values are drawn by field and kept where the schema accepts them, so a narrow schema
    needs a strategy of its author.
    """
    drawn = _objects(auth.fields)
    if auth.raw is None:
        return drawn
    return drawn.filter(lambda values: not validation.validate(auth, values))


def _objects(fields: Sequence[Field]) -> SearchStrategy[dict[str, Any]]:
    from hypothesis import strategies as st

    def complete(values: dict[str, Any]) -> SearchStrategy[dict[str, Any]]:
        """Add what the values drawn so far make required."""
        missing = {
            field.name: _values(field)
            for field in fields
            if field.name not in values and is_required(field, fields, values)
        }
        if not missing:
            return st.just(values)
        more = st.fixed_dictionaries(missing)
        return more.map(lambda drawn: values | drawn).flatmap(complete)

    required: dict[str, SearchStrategy[Any]] = {}
    optional: dict[str, SearchStrategy[Any]] = {}
    for field in fields:
        strategies = required if field.required else optional
        strategies[field.name] = _values(field)
    drawn = st.fixed_dictionaries(required, optional=optional)
    if all(field.required_if is None for field in fields):
        return drawn
    return drawn.flatmap(complete)


def _values(field: Field) -> SearchStrategy[Any]:
    from hypothesis import strategies as st

    if field.properties:
        return _objects(field.properties)
    if field.enum:
        return st.sampled_from(field.enum)
    if field.secret:
        return _texts(field).filter(_is_plain)
    types = {
        "string": _texts(field),
        "integer": _integers(field),
        "number": _numbers(field),
        "boolean": st.booleans(),
        "array": st.lists(_scalars(), max_size=3),
        "object": st.dictionaries(_strings(), _scalars(), max_size=3),
        None: _scalars() if field.pattern is None else _texts(field),
    }
    return types[field.type].filter(_is_not_masked)


def _scalars() -> SearchStrategy[Any]:
    from hypothesis import strategies as st

    return st.one_of(_strings(), _whole(), st.booleans())


def _whole() -> SearchStrategy[int]:
    from hypothesis import strategies as st

    return st.integers(-_LARGEST, _LARGEST)


def _integers(field: Field) -> SearchStrategy[int]:
    from hypothesis import strategies as st

    low, high = (
        clamp(field, -_LARGEST),
        clamp(field, _LARGEST),
    )
    return st.integers(int(low), int(high))


def _numbers(field: Field) -> SearchStrategy[float]:
    from hypothesis import strategies as st

    numbers = st.floats(
        field.minimum, field.maximum, allow_nan=False, allow_infinity=False
    )
    low, high = math.ceil(clamp(field, -_LARGEST)), math.floor(clamp(field, _LARGEST))
    if low > high:  # a range between two whole numbers
        return numbers
    return st.one_of(st.integers(low, high), numbers)


def _texts(field: Field) -> SearchStrategy[str]:
    """Strings of a field: such as its pattern is found in, where it has one."""
    from hypothesis import strategies as st

    if field.pattern is None:
        return _strings()
    letters = st.characters(codec="utf-8", exclude_characters="\0")
    matching = st.from_regex(field.pattern, alphabet=letters)
    return matching.filter(str.strip)


def _strings() -> SearchStrategy[str]:
    """Strings that a service can store: not blank, no NUL, no unpaired surrogate."""
    from hypothesis import strategies as st

    letters = st.characters(codec="utf-8", exclude_characters="\0")
    return st.text(letters, min_size=1, max_size=40).filter(str.strip)


def _is_not_masked(value: Any) -> bool:
    return not isinstance(value, str) or not is_mask(value)


def _is_plain(text: str) -> bool:
    return not (is_mask(text) or is_reference(text) or text.startswith(_LITERAL))
