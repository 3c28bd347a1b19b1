"""The grammar of ``property`` filters: strings to conditions, and conditions held against an item.

::

    expression = path operator value | path *( "," path )      the second form is a projection
    path       = name [ "[]" ] *( "." name [ "[]" ] )
    operator   = "==" / "!=" / ">=" / "<=" / ">" / "<" / "="   "=" reads as "=="
    value      = scalar *( "," scalar )                        any of them, with "==" only
    scalar     = text / DQUOTE text DQUOTE                     there is no escape for a quote

States are compared without regard to case and underscores, numbers as numbers, everything else as a string.

Every pattern below takes what it can and gives nothing back (``*+``, ``++``), so that reading is linear.
"""

from __future__ import annotations

import operator
import re
from typing import TYPE_CHECKING, Any

import attrs

from headwater_local_flow_service.errors import FlowError
from headwater_local_flow_service.texts import is_storable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

_NAME = r"[^\s.\[\]=!<>,\"~()]++"
_PATH = rf"{_NAME}(?:\[\])?+(?:\.{_NAME}(?:\[\])?+)*+"
_EXPRESSION = re.compile(rf"\s*+({_PATH})\s*+(==|!=|>=|<=|>|<|=)(.*+)", re.DOTALL)
_PROJECTION = re.compile(rf"\s*+{_PATH}\s*+(?:,\s*+{_PATH}\s*+)*+")
_LEADING_PATH = re.compile(rf"\s*+{_PATH}")
# A known operator: what is wrong stands before it.
_COMPARED = re.compile(r"[^=!<>,\"~()]*+(?:==|!=|>=|<=|>|<|=)")
_WORDED = re.compile(
    rf"\s*+{_PATH}\s++(?:like|in|not|contains|exists|startswith|endswith)\b",
    re.IGNORECASE,
)
# What stands bare ends at the next comma; the blanks before that are not part of it.
_SCALAR = re.compile(r'\s*+(?:"([^"]*+)"\s*+|([^",]++))(,|\Z)')
_NUMBER = re.compile(r"-?[0-9]{1,40}(\.[0-9]{1,40})?")

LARGEST_FILTERS = 8_192  # bytes of all filters of a request, in UTF-8
MOST_CONDITIONS = 100
# Bytes of the filters in a continuation token: written out, with every value in quotes, they are twice as long at most.
LARGEST_FILTERS_OF_TOKEN = 2 * LARGEST_FILTERS

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}
_OPERATOR_NEEDED = (
    "a property filter needs one of the operators ==, !=, >=, <=, > and <"
)
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
class _Wanted:
    """The values of an ``==``, each looked up at once: an array may be long, and so may the list of values."""

    texts: frozenset[str]
    numbers: frozenset[int | float]
    caseless: bool

    @classmethod
    def of(cls, values: Iterable[str], *, caseless: bool) -> _Wanted:
        """Return the values as strings and, where they are some, as numbers."""
        values = tuple(values)
        numbers = (_number(text) for text in values)
        if caseless:
            values = tuple(map(fold_state, values))
        return cls(
            texts=frozenset(values),
            numbers=frozenset(number for number in numbers if number is not None),
            caseless=caseless,
        )

    def contains(self, value: Any) -> bool:
        """Say whether a JSON value is one of them."""
        if isinstance(value, bool):
            return str(value).lower() in self.texts
        if isinstance(value, (int, float)):
            return value in self.numbers
        if not isinstance(value, str):
            return False
        return (fold_state(value) if self.caseless else value) in self.texts


@attrs.frozen
class Condition:
    """One comparison. `values` holds several only with ``==``, and then any of them matches."""

    path: tuple[Segment, ...]
    operator: str
    values: tuple[str, ...]
    _wanted: _Wanted = attrs.field(
        init=False,
        eq=False,
        repr=False,
        default=attrs.Factory(
            lambda self: _Wanted.of(self.values, caseless=self.names in _CASELESS),
            takes_self=True,
        ),
    )

    def __str__(self) -> str:
        values = ",".join(f'"{value}"' for value in self.values)
        return f"{self.field}{self.operator}{values}"

    @property
    def field(self) -> str:
        """The path as a string, by which a column may be known."""
        return ".".join(map(str, self.path))

    @property
    def names(self) -> tuple[str, ...]:
        """The names along the path."""
        return tuple(segment.name for segment in self.path)

    def resolve_alias(self, aliases: Mapping[str, str]) -> Condition:
        """Return the condition on the field that its own field is an alias of, if any."""
        field = aliases.get(self.field)
        return self if field is None else attrs.evolve(self, path=_path(field))

    def matches(self, item: Any) -> bool:
        """Hold the condition against a JSON value; ``!=`` is true exactly where ``==`` is false."""
        if self.operator == "==":
            return self._equals(item)
        if self.operator == "!=":
            return not self._equals(item)
        compare, bound = _COMPARE[self.operator], self.values[0]
        return any(
            _is_ordered(value, bound, compare) for value in _values(item, self.path)
        )

    def _equals(self, item: Any) -> bool:
        wanted = self._wanted
        return any(wanted.contains(value) for value in _values(item, self.path))


@attrs.frozen
class Filters:
    """All ``property`` parameters of a request: conditions that must all hold, and the fields to return (none: all)."""

    conditions: tuple[Condition, ...] = ()
    projection: tuple[str, ...] = ()

    def matches(self, item: Any) -> bool:
        """Say whether an item fulfils every condition."""
        return all(condition.matches(item) for condition in self.conditions)

    def project(self, item: dict[str, Any]) -> dict[str, Any]:
        """Return the item with the fields asked for."""
        if not self.projection:
            return item
        return {name: item[name] for name in self.projection if name in item}


def parse(expressions: list[str], *, largest: int = LARGEST_FILTERS) -> Filters:
    """Read every ``property`` parameter, `largest` bytes in all. Raises `FlowError` with the code for what is wrong."""
    check_size(expressions, largest=largest)
    conditions: list[Condition] = []
    projection: list[str] = []
    for text in expressions:
        if _PROJECTION.fullmatch(text):
            projection += [_first_name(path) for path in text.split(",")]
        else:
            conditions.append(_condition(text))
    if len(conditions) > MOST_CONDITIONS:
        raise FlowError(
            "FLOW-1452-400",
            f"there are more than {MOST_CONDITIONS} conditions in the filters",
        )
    return Filters(tuple(conditions), tuple(dict.fromkeys(projection)))


def check_size(texts: Iterable[str], *, largest: int = LARGEST_FILTERS) -> None:
    """Refuse filters that are longer than `largest` bytes together. Raises `FlowError`."""
    size = sum(len(text.encode("utf-8", "surrogatepass")) for text in texts)
    if size > largest:
        raise FlowError("FLOW-1452-400", f"the filters are larger than {largest} bytes")


def _first_name(path: str) -> str:
    return re.split(r"[.\[]", path.strip(), maxsplit=1)[0]


def _condition(text: str) -> Condition:
    expression = _EXPRESSION.fullmatch(text)
    if expression is None:
        raise _unreadable(text)
    path, symbol, values = expression.groups()
    if symbol == "=":
        symbol = "=="
    condition = Condition(_path(path), symbol, _read_values(values))
    _check(condition)
    return condition


def _unreadable(text: str) -> FlowError:
    """Return the refusal of what is neither a condition nor a projection."""
    if _WORDED.match(text):
        return FlowError(
            "FLOW-1440-400",
            "this operator of a property filter is not implemented; use ==, != or an order",
        )
    if _LEADING_PATH.match(text) and not _COMPARED.match(text):
        return FlowError("FLOW-1450-400", _OPERATOR_NEEDED)
    return FlowError(
        "FLOW-1449-400",
        "the field of a property filter must be a path like name or a.b[].c",
    )


def _path(text: str) -> tuple[Segment, ...]:
    return tuple(
        Segment(part.removesuffix("[]"), part.endswith("[]"))
        for part in text.split(".")
    )


def _read_values(text: str) -> tuple[str, ...]:
    """Return the values behind an operator. Raises `FlowError`."""
    _check_values(text)
    values: list[str] = []
    position, more = 0, True
    while more:
        scalar = _SCALAR.match(text, position)
        if scalar is None:
            raise _unreadable_value(text[position:])
        quoted, bare, end = scalar.groups()
        values.append(bare.rstrip() if quoted is None else quoted)
        position, more = scalar.end(), end == ","
    return tuple(values)


def _check_values(text: str) -> None:
    stripped = text.strip()
    if not stripped:
        raise FlowError("FLOW-1453-400", "a property filter needs a value")
    if stripped[0] in "=<>":
        raise FlowError("FLOW-1450-400", _OPERATOR_NEEDED)
    if stripped[0] + stripped[-1] in ("[]", "{}"):
        raise FlowError(
            "FLOW-1454-400",
            "several values are written with commas between, not as an array or object",
        )
    # A forged continuation token can hold what no query string does.
    if not is_storable(text):
        raise FlowError(
            "FLOW-1452-400",
            "the value of a property filter contains a character that no field can contain",
        )


def _unreadable_value(text: str) -> FlowError:
    is_missing = not text.partition(",")[0].strip()
    return FlowError(
        "FLOW-1453-400" if is_missing else "FLOW-1452-400",
        "the values of a property filter are strings with commas between, in quotes or not",
    )


def _check(condition: Condition) -> None:
    if len(condition.values) > 1 and condition.operator != "==":
        raise FlowError(
            "FLOW-1443-400", f"the operator {condition.operator} takes one value only"
        )
    if condition.operator in _COMPARE:
        _check_order(condition)
    if condition.names in _NUMERIC and None in map(_number, condition.values):
        raise FlowError(
            "FLOW-1452-400",
            f"{condition.field} is compared with a number of milliseconds",
        )


def _check_order(condition: Condition) -> None:
    refusal = f"the operator {condition.operator} does not apply to"
    if condition.values[0] in ("true", "false"):
        raise FlowError("FLOW-1448-400", f"{refusal} true and false")
    if condition.names in _CASELESS:
        raise FlowError("FLOW-1448-400", f"{refusal} states")


def _values(item: Any, path: tuple[Segment, ...]) -> Iterator[Any]:
    """Yield every value the path leads to: none where it leads nowhere."""
    if not path:
        yield item
        return
    segment, rest = path[0], path[1:]
    if not isinstance(item, dict) or segment.name not in item:
        return
    inner = item[segment.name]
    if not segment.each:
        yield from _values(inner, rest)
    elif isinstance(inner, list) and not rest:
        yield from inner
    elif isinstance(inner, list):
        for element in inner:
            yield from _values(element, rest)


def fold_state(state: str) -> str:
    """Return a state as it is compared: ``IN_PROGRESS`` and ``inProgress`` are the same."""
    return state.casefold().replace("_", "")


def _is_ordered(value: Any, text: str, compare: Callable[[Any, Any], bool]) -> bool:
    if isinstance(value, str):
        return compare(value, text)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    number = _number(text)
    return number is not None and compare(value, number)


def _number(text: str) -> int | float | None:
    if not _NUMBER.fullmatch(text):
        return None
    return float(text) if "." in text else int(text)
