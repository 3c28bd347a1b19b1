"""The grammar of ``property`` filters: text to conditions, and conditions held against an item.

::

    expression = path operator value | path *( "," path )      the second form is a projection
    path       = name [ "[]" ] *( "." name [ "[]" ] )
    operator   = "==" / "!=" / ">=" / "<=" / ">" / "<" / "="   "=" reads as "=="
    value      = scalar *( "," scalar )                        any of them, with "==" only
    scalar     = text / DQUOTE text DQUOTE                     there is no escape for a quote

States are compared without regard to case and underscores, numbers as numbers, everything else as text.
"""

from __future__ import annotations

import operator
import re
from typing import TYPE_CHECKING, Any

import attrs

from headwater_local_flow_service.errors import FlowError
from headwater_local_flow_service.texts import storable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_NAME = r"[^\s.\[\]=!<>,\"~()]+"
_PATH = rf"{_NAME}(?:\[\])?(?:\.{_NAME}(?:\[\])?)*"
_EXPRESSION = re.compile(rf"\s*({_PATH})\s*(==|!=|>=|<=|>|<|=)(.*)", re.DOTALL)
_PROJECTION = re.compile(rf"\s*{_PATH}\s*(?:,\s*{_PATH}\s*)*")
_LEADING_PATH = re.compile(rf"\s*{_PATH}")
_COMPARED = re.compile(
    r"[^=!<>,\"~()]*(?:==|!=|>=|<=|>|<|=)"
)  # a known operator: what is wrong stands before it
_WORDED = re.compile(
    rf"\s*{_PATH}\s+(?:like|in|not|contains|exists|startswith|endswith)\b",
    re.IGNORECASE,
)
_SCALAR = re.compile(r'\s*(?:"([^"]*)"|([^",]*[^",\s]))\s*(,|\Z)')
_NUMBER = re.compile(r"-?[0-9]{1,40}(\.[0-9]{1,40})?")
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}
_CASELESS = frozenset({("state",), ("metrics", "statusSummary", "status")})
_NUMERIC = frozenset({("createdAt",), ("updatedAt",)})


@attrs.frozen
class Segment:
    """One step of a path; `each` where ``[]`` follows: any element of the array may match."""

    name: str
    each: bool = False

    def __str__(self) -> str:
        return f"{self.name}[]" if self.each else self.name


@attrs.frozen
class Condition:
    """One comparison. `values` holds several only with ``==``, and then any of them matches."""

    path: tuple[Segment, ...]
    operator: str
    values: tuple[str, ...]

    def __str__(self) -> str:
        values = ",".join(f'"{value}"' for value in self.values)
        return f"{self.field}{self.operator}{values}"

    @property
    def field(self) -> str:
        """The path as text, by which a column may be known."""
        return ".".join(map(str, self.path))

    def renamed(self, aliases: Mapping[str, str]) -> Condition:
        """Return the condition on the field that its own field is an alias of, if any."""
        meant = aliases.get(self.field)
        return self if meant is None else attrs.evolve(self, path=_path(meant))

    def matches(self, item: Any) -> bool:
        """Hold the condition against a JSON value; ``!=`` is true exactly where ``==`` is false."""
        found = list(_values(item, self.path))
        if self.operator in _COMPARE:
            return any(
                _ordered(value, self.values[0], _COMPARE[self.operator])
                for value in found
            )
        caseless = tuple(segment.name for segment in self.path) in _CASELESS
        equal = any(
            _equal(value, text, caseless) for value in found for text in self.values
        )
        return equal if self.operator == "==" else not equal


@attrs.frozen
class Filters:
    """All ``property`` parameters of a request: conditions that must all hold, and the fields to return (none: all)."""

    conditions: tuple[Condition, ...] = ()
    projection: tuple[str, ...] = ()

    def matches(self, item: Any) -> bool:
        """Say whether an item fulfils every condition."""
        return all(condition.matches(item) for condition in self.conditions)

    def projected(self, item: dict[str, Any]) -> dict[str, Any]:
        """Return the item with the fields asked for."""
        return (
            {name: item[name] for name in self.projection if name in item}
            if self.projection
            else item
        )


def parse(expressions: list[str]) -> Filters:
    """Read every ``property`` parameter. Raises `FlowError` with the code for what is wrong."""
    conditions: list[Condition] = []
    projection: list[str] = []
    for text in expressions:
        if _PROJECTION.fullmatch(text):
            projection += [
                re.split(r"[.\[]", part.strip(), maxsplit=1)[0]
                for part in text.split(",")
            ]
        else:
            conditions.append(_condition(text))
    return Filters(tuple(conditions), tuple(dict.fromkeys(projection)))


def _condition(text: str) -> Condition:
    found = _EXPRESSION.fullmatch(text)
    if found is None:
        if _WORDED.match(text):
            raise FlowError(
                "FLOW-1440-400",
                "this operator of a property filter is not implemented; use ==, != or an order",
            )
        if _LEADING_PATH.match(text) and not _COMPARED.match(text):
            raise FlowError(
                "FLOW-1450-400",
                "a property filter needs one of the operators ==, !=, >=, <=, > and <",
            )
        raise FlowError(
            "FLOW-1449-400",
            "the field of a property filter must be a path like name or a.b[].c",
        )
    condition = Condition(
        _path(found[1]), "==" if found[2] == "=" else found[2], _scalars(found[3])
    )
    _check(condition)
    return condition


def _path(text: str) -> tuple[Segment, ...]:
    return tuple(
        Segment(part.removesuffix("[]"), part.endswith("[]"))
        for part in text.split(".")
    )


def _scalars(text: str) -> tuple[str, ...]:
    if not text.strip():
        raise FlowError("FLOW-1453-400", "a property filter needs a value")
    if text.lstrip()[0] in "=<>":
        raise FlowError(
            "FLOW-1450-400",
            "a property filter needs one of the operators ==, !=, >=, <=, > and <",
        )
    if text.strip()[0] + text.strip()[-1] in ("[]", "{}"):
        raise FlowError(
            "FLOW-1454-400",
            "several values are written with commas between, not as an array or object",
        )
    if not storable(
        text
    ):  # a forged continuation token can hold what no query string does
        raise FlowError(
            "FLOW-1452-400",
            "the value of a property filter holds a character no field can hold",
        )
    values: list[str] = []
    position, more = 0, True
    while more:
        found = _SCALAR.match(text, position)
        if found is None:
            code = (
                "FLOW-1453-400"
                if not text[position:].split(",", 1)[0].strip()
                else "FLOW-1452-400"
            )
            raise FlowError(
                code,
                "the values of a property filter are texts with commas between, in quotes or not",
            )
        values.append(found[2] if found[1] is None else found[1])
        position, more = found.end(), found[3] == ","
    return tuple(values)


def _check(condition: Condition) -> None:
    if len(condition.values) > 1 and condition.operator != "==":
        raise FlowError(
            "FLOW-1443-400", f"the operator {condition.operator} takes one value only"
        )
    if condition.operator in _COMPARE and condition.values[0] in ("true", "false"):
        raise FlowError(
            "FLOW-1448-400",
            f"the operator {condition.operator} does not apply to true and false",
        )
    names = tuple(segment.name for segment in condition.path)
    if condition.operator in _COMPARE and names in _CASELESS:
        raise FlowError(
            "FLOW-1448-400",
            f"the operator {condition.operator} does not apply to states",
        )
    if names in _NUMERIC and None in map(_number, condition.values):
        raise FlowError(
            "FLOW-1452-400",
            f"{condition.field} is compared with a number of milliseconds",
        )


def _values(item: Any, path: tuple[Segment, ...]) -> Iterator[Any]:
    """Yield every value the path leads to: none where it leads nowhere."""
    if not path:
        yield item
        return
    if not isinstance(item, dict) or path[0].name not in item:
        return
    inner = item[path[0].name]
    if not path[0].each:
        yield from _values(inner, path[1:])
    elif isinstance(inner, list):
        for element in inner:
            yield from _values(element, path[1:])


def _equal(value: Any, text: str, caseless: bool) -> bool:
    if isinstance(value, bool):
        return text == ("true" if value else "false")
    if isinstance(value, (int, float)):
        return _number(text) == value
    if isinstance(value, str):
        return folded(value) == folded(text) if caseless else value == text
    return False


def folded(state: str) -> str:
    """Return a state as it is compared: ``IN_PROGRESS`` and ``inProgress`` are the same."""
    return state.casefold().replace("_", "")


def _ordered(value: Any, text: str, compare: Callable[[Any, Any], bool]) -> bool:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        number = _number(text)
        return number is not None and compare(value, number)
    return isinstance(value, str) and compare(value, text)


def _number(text: str) -> int | float | None:
    if not _NUMBER.fullmatch(text):
        return None
    return float(text) if "." in text else int(text)
