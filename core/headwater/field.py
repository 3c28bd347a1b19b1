"""One credential: what a field of ``auth.params`` may hold, checked when it is described."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import attrs

if TYPE_CHECKING:
    from collections.abc import Iterable

JsonType: TypeAlias = str  # one of JSON_TYPES

JSON_TYPES = ("string", "integer", "number", "boolean", "object", "array")
# What a text is, where its specification knows: a host's name or address alone, one that may have a port, a whole URL.
FORMS = ("host", "host_port", "url")

_PYTHON: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list, tuple),
}
# JSON types in which the same value can be written, by the type a field has.
_WRITTEN_AS: Mapping[str | None, tuple[JsonType, ...]] = {
    "string": ("integer", "number", "boolean"),
    "integer": ("string",),
    "number": ("string",),
    "boolean": ("string",),
}


def as_tuple(values: Iterable[Any]) -> tuple[Any, ...]:
    """Convert an attribute's value; a converter needs a function, because type checkers cannot read `tuple` as one."""
    return tuple(values)


def as_fields(fields: Iterable[Field]) -> tuple[Field, ...]:
    """Convert fields like `as_tuple`, but let the type checker of a plugin see that they must be fields."""
    return tuple(fields)


def _as_condition(
    condition: tuple[str, Any] | list[Any] | None,
) -> tuple[Any, ...] | None:
    """Convert a pair as JSON has it; what is none is refused later, once the field knows its name."""
    return tuple(condition) if isinstance(condition, list) else condition


def _as_pairs(
    spellings: Mapping[Any, Any] | Iterable[Iterable[Any]],
) -> tuple[tuple[Any, Any], ...]:
    """Convert a mapping, or pairs as JSON has them: there, names of members are strings only."""
    if isinstance(spellings, Mapping):
        return tuple(spellings.items())
    return tuple((other, own) for other, own in spellings)


def find_repeated(fields: Iterable[Field]) -> str:
    """Name the fields that stand in a list more than once."""
    counts = Counter(field.name for field in fields)
    return ", ".join(sorted(name for name, count in counts.items() if count > 1))


def is_of_type(value: Any, name: JsonType | None) -> bool:
    """Say whether a value is of a JSON type; None accepts any. True and False are not numbers, 1.0 is an integer."""
    if name is None:
        return True
    if isinstance(value, bool):
        return name == "boolean"
    if name == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, _PYTHON[name])


def is_same(value: Any, other: Any) -> bool:
    """Say whether two values are the same in JSON: True is not 1 there."""
    return bool(value == other) and isinstance(value, bool) == isinstance(other, bool)


@attrs.frozen
class Field:
    """One credential: a property of ``auth.params``.

    `type` is a JSON type name, or None where the source's documentation does not say. `example` is shown to people and
    never sent; `default` is what the platform assumes when the field is left out, and is not sent either.

    `properties` are the fields of an object, which may be secret one by one and objects again: a service account's key
    in a document of its own. They carry the defaults and examples, the object none. `iter_fields` walks them all.

    `destination` says that the value decides where the secrets are sent, for a field whose name does not tell so.

    `required_if` is the name of a field beside this one, and the value of it that makes this one required; a field that
    is left out counts as its default. `recommended` fields are asked for in a warning, never demanded.

    `pattern` (searched for, as in JSON Schema), `minimum` and `maximum` are rules; `advised_pattern` and `form` (one
    of `FORMS`) are only warned about: for what most documents say, and some contradict. `multiline` says that people
    paste several lines, such as a PEM key.

    `accepts` maps other spellings to the specification's own: they are taken, and its own is sent. `accepts_type` is
    another JSON type in which the same value is taken: ``string`` for a number in digits or a boolean in words,
    ``integer``, ``number`` or ``boolean`` for a string.

    Raises `ValueError` for attributes that contradict one another.
    """

    name: str = attrs.field(validator=attrs.validators.min_len(1))
    type: JsonType | None = "string"
    required: bool = attrs.field(default=True, kw_only=True)
    secret: bool = attrs.field(default=False, kw_only=True)
    description: str = attrs.field(default="", kw_only=True)
    enum: tuple[Any, ...] = attrs.field(default=(), converter=as_tuple, kw_only=True)
    default: Any = attrs.field(default=None, kw_only=True)
    example: Any = attrs.field(default=None, kw_only=True)
    properties: tuple[Field, ...] = attrs.field(
        default=(), converter=as_fields, kw_only=True
    )
    destination: bool = attrs.field(default=False, kw_only=True)
    required_if: tuple[str, Any] | None = attrs.field(
        default=None, converter=_as_condition, kw_only=True
    )
    recommended: bool = attrs.field(default=False, kw_only=True)
    pattern: str | None = attrs.field(default=None, kw_only=True)
    advised_pattern: str | None = attrs.field(default=None, kw_only=True)
    minimum: float | None = attrs.field(default=None, kw_only=True)
    maximum: float | None = attrs.field(default=None, kw_only=True)
    form: str | None = attrs.field(default=None, kw_only=True)
    multiline: bool = attrs.field(default=False, kw_only=True)
    accepts: tuple[tuple[Any, Any], ...] = attrs.field(
        default=(), converter=_as_pairs, kw_only=True
    )
    accepts_type: JsonType | None = attrs.field(default=None, kw_only=True)

    def __attrs_post_init__(self) -> None:
        if self.type not in (*JSON_TYPES, None):
            raise ValueError(
                f"the type of field {self.name} must be one of {', '.join(JSON_TYPES)}, or None"
            )
        if self.secret:
            self._check_secret()
        if self.properties:
            self._check_properties()
        self._check_obligation()
        self._check_text_rules()
        self._check_range()
        self._check_own_values()
        self._check_spellings()

    def takes(self, value: Any) -> bool:
        """Say whether a value, in the specification's own spelling, fits the type, the enumeration and the rules."""
        if not is_of_type(value, self.type):
            return False
        if self.enum and not any(is_same(value, choice) for choice in self.enum):
            return False
        return self._keeps_rules(value)

    def _keeps_rules(self, value: Any) -> bool:
        if self.pattern is not None and isinstance(value, str):
            return re.search(self.pattern, value) is not None
        if self.minimum is not None and value < self.minimum:
            return False
        return self.maximum is None or bool(value <= self.maximum)

    def _check_secret(self) -> None:
        if self.type not in ("string", None):
            raise ValueError(f"secret field {self.name} must be a string")
        if self.default is not None or self.enum:
            raise ValueError(
                f"secret field {self.name} can have neither default nor enum"
            )

    def _check_properties(self) -> None:
        if self.secret or self.type not in ("object", None):
            raise ValueError(f"field {self.name} has properties and must be an object")
        own_values = (self.default, self.example, *self.enum)
        if any(value is not None for value in own_values):
            raise ValueError(
                f"field {self.name} has properties: default, example and enum belong to them"
            )
        check_siblings(self.properties, f"field {self.name}")

    def _check_obligation(self) -> None:
        if self.required and self.required_if is not None:
            raise ValueError(
                f"field {self.name} is required only under a condition: write required=False beside required_if"
            )
        if self.required and self.recommended:
            raise ValueError(
                f"field {self.name} is required: only a field with required=False can be recommended"
            )
        condition = self.required_if
        if condition is None:
            return
        if not isinstance(condition, tuple) or len(condition) != 2:
            raise ValueError(
                f"required_if of field {self.name} must be the name of a field beside it, and a value"
            )

    def _check_text_rules(self) -> None:
        marks = {
            "pattern": self.pattern is not None,
            "advised_pattern": self.advised_pattern is not None,
            "form": self.form is not None,
            "multiline": self.multiline,
        }
        given = " and ".join(name for name, is_given in marks.items() if is_given)
        if not given:
            return
        if self.type not in ("string", None) or self.properties:
            raise ValueError(f"field {self.name} has {given} and must be a string")
        if self.enum:
            raise ValueError(
                f"field {self.name} has an enum, which says all that {given} could"
            )
        if self.form not in (*FORMS, None):
            raise ValueError(
                f"the form of field {self.name} must be one of {', '.join(FORMS)}"
            )
        for pattern in (self.pattern, self.advised_pattern):
            self._check_pattern(pattern)

    def _check_pattern(self, pattern: Any) -> None:
        if pattern is None:
            return
        try:
            re.compile(pattern)
        except (re.error, TypeError):
            message = f"a pattern of field {self.name} is not a regular expression"
        else:
            return
        raise ValueError(message)

    def _check_range(self) -> None:
        bounds = [bound for bound in (self.minimum, self.maximum) if bound is not None]
        if not bounds:
            return
        if self.type not in ("integer", "number"):
            raise ValueError(
                f"field {self.name} has a minimum or maximum and must be an integer or a number"
            )
        if self.enum:
            raise ValueError(
                f"field {self.name} has an enum, which says all that minimum and maximum could"
            )
        if not all(
            is_of_type(bound, "number") and math.isfinite(bound) for bound in bounds
        ):
            raise ValueError(
                f"minimum and maximum of field {self.name} must be numbers"
            )
        if len(bounds) == 2 and not self._has_values(*bounds):
            raise ValueError(
                f"no {self.type} lies between minimum and maximum of field {self.name}"
            )

    def _has_values(self, minimum: float, maximum: float) -> bool:
        if self.type == "integer":
            return math.ceil(minimum) <= math.floor(maximum)
        return minimum <= maximum

    def _check_own_values(self) -> None:
        """Refuse a default or example that the field's own pattern or range refuses."""
        if self.secret:
            return
        for what, value in (("default", self.default), ("example", self.example)):
            is_judged = value is not None and is_of_type(value, self.type)
            if is_judged and not self._keeps_rules(value):
                raise ValueError(
                    f"the {what} of field {self.name} breaks its pattern, minimum or maximum"
                )

    def _check_spellings(self) -> None:
        if not self.accepts and self.accepts_type is None:
            return
        if self.secret or self.properties:
            raise ValueError(
                f"field {self.name} is a secret or an object, and accepts no other spelling"
            )
        if self.accepts_type not in (*_WRITTEN_AS.get(self.type, ()), None):
            raise ValueError(
                f"field {self.name} of type {self.type} cannot be written as {self.accepts_type}"
            )
        for other, own in self.accepts:
            if not isinstance(other, (str, int, float)):
                raise ValueError(
                    f"other spellings of field {self.name} must be strings, numbers or booleans"
                )
            if self.takes(other):
                raise ValueError(
                    f"field {self.name} accepts as another spelling what is a value of its own"
                )
            if not self.takes(own):
                raise ValueError(
                    f"field {self.name} accepts a spelling for what is not a value of its own"
                )


def clamp(field: Field, number: float) -> float:
    """Return a number, or the nearest one that a field with a range takes."""
    low, high = field.minimum, field.maximum
    if field.type == "integer":
        low = None if low is None else math.ceil(low)
        high = None if high is None else math.floor(high)
    if low is not None:
        number = max(number, low)
    return number if high is None else min(number, high)


def check_siblings(fields: tuple[Field, ...], owner: str) -> None:
    """Refuse fields of one object that do not go together. Raises `ValueError` naming the owner and the fields."""
    repeated = find_repeated(fields)
    if repeated:
        raise ValueError(f"{owner} lists twice: {repeated}")
    by_name = {field.name: field for field in fields}
    for field in fields:
        if field.required_if is not None:
            _check_condition(field, by_name, owner)


def _check_condition(field: Field, by_name: Mapping[str, Field], owner: str) -> None:
    name, value = field.required_if or ("", None)
    sibling = by_name.get(name)
    where = f"{owner}: required_if of {field.name}"
    if sibling is None or sibling is field:
        raise ValueError(f"{where} must name another field beside it")
    if sibling.secret or sibling.properties:
        raise ValueError(f"{where} cannot name {name}, a secret or an object")
    if not sibling.takes(value):
        raise ValueError(f"{where} waits for a value that {name} does not take")
