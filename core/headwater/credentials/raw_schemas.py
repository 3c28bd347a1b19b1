"""A tenant's JSON Schema read as fields: it may list them in branches, refer to its own parts, and be damaged.

Whatever it marks ``format: password`` must be kept secret. Where a mark stands on anything but a string in
``auth.params`` or in an object there, that cannot be promised, and such a schema is not used.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

import attrs

from headwater.models import JSON_TYPES, Field

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_BRANCHES = ("allOf", "anyOf", "oneOf", "if", "then", "else")
_LONGEST_CHAIN = (
    20  # references that lead to one another; a schema may lead in a circle
)
_LISTING = ("properties", "$ref", *_BRANCHES)
_DEEPEST = 8  # objects within objects; no source takes more than two
_MOST = 1_000  # fields within objects; references can double a small schema many times
_NOTHING: Mapping[str, Any] = {}


@attrs.frozen
class _Listing:
    """One property, as one branch of the schema lists it."""

    name: str
    facts: Mapping[str, Any]
    required: bool

    @property
    def says_something(self) -> bool:
        """Whether it says more of the property than a condition does, which compares it with a value."""
        return bool(self.facts.keys() - {"const"})


def fields(schema: Mapping[str, Any]) -> tuple[Field, ...]:
    """Return the properties of the schema and of all its branches, in depth; secret is what any of them marks."""
    return _Reading(schema).fields


def find_flaw(schema: Mapping[str, Any]) -> str:
    """Return why credentials cannot be kept secret by this schema, or an empty string."""
    reading = _Reading(schema)
    has_marks = False
    for place, part in _walk(schema):
        if _is_marked(part):
            has_marks = True
            if id(part) not in reading.strings:
                return f"it marks a secret that is not a string of its own ({place})"
        reference = part.get("$ref")
        if isinstance(reference, str) and not reference.startswith("#"):
            return f"it refers to a schema that lies elsewhere ({place or '/'})"
    if has_marks:
        return reading.find_hidden_marks()
    return ""


class _Reading:
    """A schema read in depth: its `fields`, and which parts of it were read as what.

    `strings` and `followed` hold the ids of parts: those listed as strings, and those whose reference was followed.
    """

    def __init__(self, root: Mapping[str, Any]) -> None:
        self._root = root
        self._number = 0
        self._is_whole = True
        self.strings: set[int] = set()
        self.followed: set[int] = set()
        self.fields = self._read((root,), 0)

    def find_hidden_marks(self) -> str:
        """Return where a mark holds for more than the fields that were read, or an empty string."""
        if not self._is_whole:
            return f"it marks secrets, and nests objects deeper than {_DEEPEST} levels or in more than {_MOST} fields"
        unread = [
            part
            for _place, part in _walk(self._root)
            if "$ref" in part and id(part) not in self.followed
        ]
        if self._reaches_mark(unread):
            return (
                "it marks a secret, and refers to it where no string of its own stands"
            )
        return ""

    def _reaches_mark(self, waiting: list[Any]) -> bool:
        """Say whether references, or what they lead to, have a mark in them; each part is looked at once."""
        seen: set[int] = set()
        while waiting:
            part = waiting.pop()
            if id(part) in seen:
                continue
            seen.add(id(part))
            if isinstance(part, list):
                waiting += part
            elif isinstance(part, dict):
                if _is_marked(part):
                    return True
                waiting += [*part.values(), self._follow_references(part)]
        return False

    def _read(
        self, parts: Sequence[Mapping[str, Any]], depth: int
    ) -> tuple[Field, ...]:
        """Return the properties that the parts of one object list together."""
        listings: dict[str, list[_Listing]] = {}
        for listing in self._list_properties(parts):
            listings.setdefault(listing.name, []).append(listing)
            if listing.facts.get("type", "string") == "string":
                self.strings.add(id(listing.facts))
        found = []
        for name, of_all in listings.items():
            of_name = [one for one in of_all if one.says_something] or of_all
            found.append(_merge(name, of_name, self._read_object(of_name, depth)))
        return tuple(found)

    def _read_object(self, listings: list[_Listing], depth: int) -> tuple[Field, ...]:
        """Return the properties of a property, where it can be an object."""
        if any(_is_marked(listing.facts) for listing in listings):
            return ()
        if _find_common_type(listings) not in ("object", None):
            return ()
        parts = [listing.facts for listing in listings]
        if not any(keyword in part for part in parts for keyword in _LISTING):
            return ()
        if depth == _DEEPEST or self._number > _MOST:
            self._is_whole = False
            return ()
        properties = self._read(parts, depth + 1)
        self._number += len(properties)
        return properties

    def _list_properties(
        self, parts: Sequence[Mapping[str, Any]]
    ) -> Iterator[_Listing]:
        """Yield what parts and their branches list; required is only what no branch can do without."""
        is_only_part = len(parts) == 1
        waiting: deque[tuple[Any, bool]] = deque((part, is_only_part) for part in parts)
        seen: set[int] = set()
        while waiting:
            part, is_certain = waiting.popleft()
            schema = self._follow_references(part)
            if id(schema) in seen:
                continue
            seen.add(id(schema))
            names = _as_list(schema.get("required")) if is_certain else []
            required = {name for name in names if isinstance(name, str)}
            for name, facts in _as_object(schema.get("properties")).items():
                if name:
                    yield _Listing(
                        name, self._follow_references(facts), name in required
                    )
            waiting += _branches(schema, is_certain)

    def _follow_references(self, schema: Any) -> Mapping[str, Any]:
        """Follow references within the schema; what leads nowhere lists nothing."""
        for _step in range(_LONGEST_CHAIN):
            reference = _as_object(schema).get("$ref")
            if not isinstance(reference, str) or not reference.startswith("#"):
                break
            self.followed.add(id(schema))
            schema = _find_part(self._root, reference[1:])
        return _as_object(schema)


def _branches(
    schema: Mapping[str, Any], is_certain: bool
) -> Iterator[tuple[Mapping[str, Any], bool]]:
    """Yield the parts of a schema that list properties as well, and whether each of them always applies."""
    for keyword in _BRANCHES:
        branches = schema.get(keyword)
        if isinstance(branches, dict):
            branches = [branches]
        for branch in _as_list(branches):
            if isinstance(branch, dict):
                yield branch, is_certain and keyword == "allOf"


def _find_part(root: Any, pointer: str) -> Any:
    part = root
    for token in filter(None, pointer.split("/")):
        name = token.replace("~1", "/").replace("~0", "~")
        part = _as_object(part).get(name)
    return part


def _merge(name: str, listings: list[_Listing], properties: tuple[Field, ...]) -> Field:
    required = any(listing.required for listing in listings)
    description = _find_description(listings)
    if any(_is_marked(listing.facts) for listing in listings):
        return Field(
            name, "string", required=required, secret=True, description=description
        )
    values = _read_values(listings[0].facts) if len(listings) == 1 else {}
    return Field(
        name,
        _find_common_type(listings),
        required=required,
        description=description,
        **({"properties": properties} if properties else values),
    )


def _find_description(listings: Iterable[_Listing]) -> str:
    for listing in listings:
        description = listing.facts.get("description")
        if isinstance(description, str):
            return description
    return ""


def _find_common_type(listings: Iterable[_Listing]) -> str | None:
    """Return the JSON type that every branch gives a property, or None."""
    first, *others = [listing.facts.get("type") for listing in listings]
    if first not in JSON_TYPES or any(other != first for other in others):
        return None
    return str(first)


def _read_values(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "enum": tuple(_as_list(facts.get("enum"))),
        "default": facts.get("default"),
        "example": next(iter(_as_list(facts.get("examples"))), None),
    }


def _is_marked(facts: Mapping[str, Any]) -> bool:
    return facts.get("format") == "password"


def _as_object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else _NOTHING


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _walk(schema: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every object of a schema and where it stands."""
    waiting = [("", schema)]
    while waiting:
        place, value = waiting.pop()
        if isinstance(value, dict):
            yield place, value
            waiting += [(f"{place}/{name}", inner) for name, inner in value.items()]
        elif isinstance(value, list):
            waiting += [(f"{place}/{i}", inner) for i, inner in enumerate(value)]
