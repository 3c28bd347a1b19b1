"""What Catalog's collections are asked in a query: filters, order, page, and which properties come back.

The rules are those of Catalog's page about filters. Conditions on a column of the store are left to the database; the
others are held against the objects as they are shown.
"""

from __future__ import annotations

import itertools
import operator
import re
import time
from typing import TYPE_CHECKING, Any, Final

import attrs

from headwater.credentials import schema_budgets
from headwater.foreign import raise_bare
from headwater_local_flow_service.gateway import incoming
from headwater_local_flow_service.neighbours.refusals import invalid, translate_refusals
from headwater_local_flow_service.texts import UNSTORABLE, is_storable

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    import falcon
    from sqlalchemy import ColumnElement

_DEFAULT_PAGE: Final = 20
_LARGEST_PAGE: Final = 100
_LARGEST_START: Final = 1_000_000_000
_MOST_CONDITIONS: Final = 20
_REGEX_SECONDS: Final = 0.2  # of computing that all patterns of one request may take
_NUMBER: Final = re.compile(r"-?[0-9]{1,15}")
_CONDITION: Final = re.compile(
    r"(!?)([A-Za-z_][A-Za-z0-9_]*)(?:(==|!=|<=|>=|<|>|~)(.*))?", re.DOTALL
)
_COMMON: Final = ("limit", "start", "orderBy", "sort", "properties", "property")
_TIMES: Final = {
    "createdAfter": ("created", operator.gt),
    "createdBefore": ("created", operator.lt),
}
# Catalog has these in seconds, and everything else in milliseconds; both are taken.
_AVAILABILITY: Final = {
    "startAfter": ("startDate", operator.gt),
    "startBefore": ("startDate", operator.lt),
    "endAfter": ("endDate", operator.gt),
    "endBefore": ("endDate", operator.lt),
}
_SECONDS_UNTIL: Final = 100_000_000_000
_ORDERS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}

# Names, which columns hold the beginning of only: whoever asks looks at both.
_BY_THE_CALLER: Final = ("externalId", "name")
# Objects that are sorted here and not by the database, because they are sorted by what only an object says.
_MOST_SORTED: Final = 10_000

Item = dict[str, Any]


@attrs.frozen(kw_only=True)
class CatalogQuery:
    """One list request. `conditions` must all hold; `order` names properties, each with whether it descends."""

    limit: int
    start: int
    order: tuple[tuple[str, bool], ...]
    properties: tuple[str, ...] | None
    equal: Mapping[str, tuple[str, ...]]
    created_after: int | None = None
    created_before: int | None = None
    conditions: tuple[Callable[[Item], bool], ...] = ()

    def matches(self, item: Item) -> bool:
        """Say whether an object fulfils every condition."""
        return all(condition(item) for condition in self.conditions)

    def show(self, item: Item) -> Item:
        """Return an object with the properties asked for; one that lacks them all comes back empty."""
        if self.properties is None:
            return item
        return {name: item[name] for name in self.properties if name in item}


def read(
    req: falcon.Request, filters: Collection[str], *, tags: bool = False
) -> CatalogQuery:
    """Read the query of a list whose objects have these properties to filter by. Raises `NeighbourError`."""
    allowed = {*_COMMON, *_TIMES, *filters}
    if "availableDates" in filters:
        allowed |= _AVAILABILITY.keys()
    if tags:
        allowed.add("tags")
    with translate_refusals():
        given = incoming.parameters(req, allowed)
    if not all(is_storable(value) for values in given.values() for value in values):
        raise invalid(f"the query contains {UNSTORABLE}")
    last = {name: values[-1] for name, values in given.items()}
    equal, conditions = _read_equal(last, filters)
    for text in given.get("property", ()):
        conditions += [_read_condition(part) for part in _split(text)]
    conditions += _read_tags(last.get("tags"))
    conditions += _read_availability(last)
    if len(conditions) + len(equal) > _MOST_CONDITIONS:
        raise invalid(f"there are more than {_MOST_CONDITIONS} conditions in the query")
    return CatalogQuery(
        limit=_read_limit(last.get("limit")),
        start=_read_start(last.get("start")),
        order=_read_order(last.get("orderBy", last.get("sort", "desc:created"))),
        properties=_read_properties(last.get("properties")),
        equal=equal,
        created_after=_read_time(last, "createdAfter"),
        created_before=_read_time(last, "createdBefore"),
        conditions=tuple(conditions),
    )


def where(
    query: CatalogQuery,
    columns: Mapping[str, ColumnElement[Any]],
    created: ColumnElement[Any],
) -> tuple[list[ColumnElement[bool]], list[Callable[[Item], bool]]]:
    """Return what the database looks at, and what is held against each object.

    `columns` hold properties as they are, `created` the time of creation.
    """
    found: list[ColumnElement[bool]] = []
    rest = []
    for name, values in query.equal.items():
        if name in columns:
            found.append(columns[name].in_(values))
        elif name not in _BY_THE_CALLER:
            rest.append(equals(name, values))
    if query.created_after is not None:
        found.append(created > query.created_after)
    if query.created_before is not None:
        found.append(created < query.created_before)
    return found, rest


def order_clauses(
    query: CatalogQuery,
    columns: Mapping[str, ColumnElement[Any]],
    tie: ColumnElement[Any],
) -> list[ColumnElement[Any]] | None:
    """Return what the database sorts by; None where a property is no column, and the page is sorted in memory.

    `tie` decides between equals, in the direction of the last property.
    """
    if any(name not in columns for name, _descends in query.order):
        return None
    clauses = [
        columns[name].desc() if descends else columns[name].asc()
        for name, descends in query.order
    ]
    descends = query.order[-1][1]
    return [*clauses, tie.desc() if descends else tie.asc()]


def take_page(
    items: Iterator[Item],
    query: CatalogQuery,
    rest: list[Callable[[Item], bool]],
    *,
    is_sorted: bool,
) -> list[Item]:
    """Return the objects of the page: as many as asked for of those that fulfil every condition."""
    matching = (
        item
        for item in items
        if query.matches(item) and all(condition(item) for condition in rest)
    )
    if not is_sorted:
        kept = list(itertools.islice(matching, _MOST_SORTED + 1))
        if len(kept) > _MOST_SORTED:
            raise invalid(
                f"more than {_MOST_SORTED} objects would have to be sorted: add a condition, or order by created"
            )
        matching = iter(sort(kept, query))  # type: ignore[assignment]
    return list(itertools.islice(matching, query.start, query.start + query.limit))


def sort(items: list[Item], query: CatalogQuery) -> list[Item]:
    """Return objects in the order asked for; those that lack a property come first where it ascends."""
    for name, descends in reversed(query.order):
        items = sorted(
            items, key=lambda item: _sortable(item.get(name)), reverse=descends
        )
    return items


def _sortable(value: Any) -> tuple[int, Any]:
    """Return what values of mixed types are sorted by: nothing, then numbers, then texts."""
    if isinstance(value, bool) or value is None:
        return (0, 0)
    if isinstance(value, (int, float)):
        return (1, value)
    return (2, value if isinstance(value, str) else "")


def _read_limit(text: str | None) -> int:
    if text is None:
        return _DEFAULT_PAGE
    if not text.isdecimal() or not 1 <= int(text[:9]) <= _LARGEST_PAGE:
        raise invalid(f"limit must be a whole number from 1 to {_LARGEST_PAGE}")
    return int(text)


def _read_start(text: str | None) -> int:
    if text is None:
        return 0
    if not _NUMBER.fullmatch(text) or not 0 <= int(text) <= _LARGEST_START:
        raise invalid("start must be a whole number, 0 at least")
    return int(text)


def _read_properties(text: str | None) -> tuple[str, ...] | None:
    if text is None:
        return None
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _read_order(text: str) -> tuple[tuple[str, bool], ...]:
    order = []
    for part in text.split(","):
        direction, _colon, name = part.strip().rpartition(":")
        if direction not in ("", "asc", "desc") or not name.isidentifier():
            raise invalid(
                "orderBy must be names of properties with commas between, each with asc: or desc: before it or nothing"
            )
        order.append((name, direction == "desc"))
    return tuple(order)


def _read_time(given: Mapping[str, str], name: str) -> int | None:
    text = given.get(name)
    if text is None:
        return None
    if not _NUMBER.fullmatch(text):
        raise invalid(f"{name} must be a number of milliseconds since 1970")
    return int(text)


def _read_availability(given: Mapping[str, str]) -> list[Callable[[Item], bool]]:
    conditions = []
    for name, (field, compare) in _AVAILABILITY.items():
        bound = _read_time(given, name)
        if bound is not None:
            seconds = bound / 1000 if bound > _SECONDS_UNTIL else bound
            conditions.append(_dated(field, compare, seconds))
    return conditions


def _dated(
    field: str, compare: Callable[[Any, Any], bool], bound: float
) -> Callable[[Item], bool]:
    def matches(item: Item) -> bool:
        value = item.get("availableDates", {}).get(field)
        return value is not None and compare(value, bound)

    return matches


def _read_equal(
    given: Mapping[str, str], filters: Collection[str]
) -> tuple[dict[str, tuple[str, ...]], list[Callable[[Item], bool]]]:
    """Return which properties must equal one of some values, and the conditions for those that must not."""
    equal = {}
    conditions = []
    for name in filters:
        text = given.get(name)
        if text is None:
            continue
        values = tuple(text.removeprefix("!").split(","))
        if text.startswith("!"):
            conditions.append(_equals(name, values, wanted=False))
        else:
            equal[name] = values
    return equal, conditions


def equals(name: str, values: Sequence[str]) -> Callable[[Item], bool]:
    """Return the condition that a property equals one of some values."""
    return _equals(name, values, wanted=True)


def _equals(
    name: str, values: Sequence[str], *, wanted: bool
) -> Callable[[Item], bool]:
    def matches(item: Item) -> bool:
        return (_text(item.get(name)) in values) is wanted

    return matches


def _text(value: Any) -> str | None:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return str(value)
    return value if isinstance(value, str) else None


def _split(text: str) -> list[str]:
    """Return the conditions of one ``property`` parameter, which commas part; one with a pattern stands alone."""
    return [text] if "~" in text else text.split(",")


def _read_condition(text: str) -> Callable[[Item], bool]:
    match = _CONDITION.fullmatch(text.strip())
    if match is None or (match[1] and match[3]):
        raise invalid(
            "property must be a name, !name, or a name with ~, ==, !=, <, <=, > or >= and a value behind it"
        )
    negated, name, symbol, value = match.groups()
    if symbol is None:
        return _exists(name, wanted=not negated)
    if symbol == "~":
        return _fits_pattern(name, value)
    if symbol in _ORDERS:
        return _ordered(name, _ORDERS[symbol], value)
    if name == "name":
        return _fits_wildcard(name, value, wanted=symbol == "==")
    return _equals(name, (value,), wanted=symbol == "==")


def _exists(name: str, *, wanted: bool) -> Callable[[Item], bool]:
    def matches(item: Item) -> bool:
        return (name in item) is wanted

    return matches


def _ordered(
    name: str, compare: Callable[[Any, Any], bool], bound: str
) -> Callable[[Item], bool]:
    number = int(bound) if _NUMBER.fullmatch(bound) else None

    def matches(item: Item) -> bool:
        value = item.get(name)
        if isinstance(value, (int, float)) and number is not None:
            return compare(value, number)
        return isinstance(value, str) and compare(value, bound)

    return matches


def _fits_pattern(name: str, pattern: str) -> Callable[[Item], bool]:
    import regex  # loaded where a pattern comes

    excess = schema_budgets.find_excess({"pattern": pattern})
    if excess or not pattern:
        raise invalid(
            "the pattern behind ~ is not a regular expression of moderate size"
        )
    compiled = regex.compile(pattern)
    ends_at = time.monotonic() + _REGEX_SECONDS

    def matches(item: Item) -> bool:
        value = _text(item.get(name))
        if value is None:
            return False
        left = max(ends_at - time.monotonic(), 0.001)
        try:
            return compiled.search(value, timeout=left) is not None
        except TimeoutError:
            raise_bare(invalid("the pattern behind ~ takes too long: simplify it"))

    return matches


def _fits_wildcard(name: str, text: str, *, wanted: bool) -> Callable[[Item], bool]:
    """Return the condition for a text in which ``*`` stands for anything, and ``**`` for an asterisk."""
    first, *others = [
        part.replace("\0", "*") for part in text.replace("**", "\0").split("*")
    ]

    def fits(value: str) -> bool:
        if not others:
            return value == first
        last = others[-1]
        position = len(first)
        for part in others[:-1]:
            found = value.find(part, position)
            if found < 0:
                return False
            position = found + len(part)
        is_long_enough = len(value) - len(last) >= position
        return value.startswith(first) and is_long_enough and value.endswith(last)

    def matches(item: Item) -> bool:
        value = item.get(name)
        return (isinstance(value, str) and fits(value)) is wanted

    return matches


def _read_tags(text: str | None) -> list[Callable[[Item], bool]]:
    """Return the conditions of ``tags``: names with a value behind a colon, all of which must be there."""
    if text is None:
        return []
    return [_has_tag(*part.partition(":")[::2]) for part in text.split(",")]


def _has_tag(name: str, value: str) -> Callable[[Item], bool]:
    is_prefix = value.endswith("*")
    wanted = value.removesuffix("*")

    def matches(item: Item) -> bool:
        found = item.get("tags", {}).get(name)
        if found is None:
            return False
        values = [
            _text(each) or ""
            for each in (found if isinstance(found, list) else [found])
        ]
        if is_prefix or not value:
            return any(each.startswith(wanted) for each in values)
        return wanted in values

    return matches
