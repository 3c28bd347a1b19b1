"""A tenant's JSON Schema read as fields: it may list them in branches, refer to its own parts, and be damaged.

Whatever it marks ``format: password`` must be kept secret. Where a mark stands on anything but a string right in
``auth.params``, that cannot be promised, and such a schema is not used.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

import attrs

from headwater.models import JSON_TYPES, Field

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_BRANCHES = ("allOf", "anyOf", "oneOf", "if", "then", "else")
_LONGEST_CHAIN = (
    20  # references that lead to one another; a schema may lead in a circle
)
_NOTHING: Mapping[str, Any] = {}


@attrs.frozen
class _Listing:
    """One property, as one branch of the schema lists it."""

    name: str
    facts: Mapping[str, Any]
    required: bool


def fields(schema: Mapping[str, Any]) -> tuple[Field, ...]:
    """Return the properties of the schema and of all its branches; secret is what any of them marks."""
    listings: dict[str, list[_Listing]] = {}
    for listing in _list_properties(schema):
        listings.setdefault(listing.name, []).append(listing)
    return tuple(_merge(name, of_name) for name, of_name in listings.items())


def find_flaw(schema: Mapping[str, Any]) -> str:
    """Return why credentials cannot be kept secret by this schema, or an empty string."""
    strings = {
        id(listing.facts)
        for listing in _list_properties(schema)
        if listing.facts.get("type", "string") == "string"
    }
    for place, part in _walk(schema):
        if _is_marked(part) and id(part) not in strings:
            return f"it marks a secret that is not a string of its own ({place})"
        reference = part.get("$ref")
        if isinstance(reference, str) and not reference.startswith("#"):
            return f"it refers to a schema that lies elsewhere ({place or '/'})"
    return ""


def _list_properties(root: Mapping[str, Any]) -> Iterator[_Listing]:
    """Yield what a schema and its branches list; required is only what no branch can do without."""
    waiting: deque[tuple[Any, bool]] = deque([(root, True)])
    seen: set[int] = set()
    while waiting:
        part, is_certain = waiting.popleft()
        schema = _follow_references(part, root)
        if id(schema) in seen:
            continue
        seen.add(id(schema))
        required = _as_list(schema.get("required")) if is_certain else []
        for name, facts in _as_object(schema.get("properties")).items():
            yield _Listing(name, _follow_references(facts, root), name in required)
        waiting += _branches(schema, is_certain)


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


def _follow_references(schema: Any, root: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow references within the schema; what leads nowhere lists nothing."""
    for _step in range(_LONGEST_CHAIN):
        reference = _as_object(schema).get("$ref")
        if not isinstance(reference, str) or not reference.startswith("#"):
            break
        schema = _find_part(root, reference[1:])
    return _as_object(schema)


def _find_part(root: Any, pointer: str) -> Any:
    part = root
    for token in filter(None, pointer.split("/")):
        name = token.replace("~1", "/").replace("~0", "~")
        part = _as_object(part).get(name)
    return part


def _merge(name: str, listings: list[_Listing]) -> Field:
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
        **values,
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
