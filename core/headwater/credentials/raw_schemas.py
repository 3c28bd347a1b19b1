"""A tenant's JSON Schema read as fields: it may list them in branches, refer to its own parts, and be damaged.

Whatever it marks ``format: password`` must be kept secret. Where a mark stands on anything but a text right in
``auth.params``, that cannot be promised, and such a schema is not used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from headwater.models import JSON_TYPES, Field

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_BRANCHES = ("allOf", "anyOf", "oneOf", "if", "then", "else")


@attrs.frozen
class _Found:
    """One property where a branch lists it."""

    name: str
    facts: Mapping[str, Any]
    required: bool


def fields(schema: Mapping[str, Any]) -> tuple[Field, ...]:
    """Return the properties of the schema and of all its branches; secret is what any of them marks."""
    found: dict[str, list[_Found]] = {}
    for one in _properties(schema):
        found.setdefault(one.name, []).append(one)
    return tuple(_field(name, places) for name, places in found.items())


def unusable(schema: Mapping[str, Any]) -> str:
    """Return why credentials cannot be kept secret by this schema, or nothing."""
    kept = {
        id(one.facts)
        for one in _properties(schema)
        if _is_marked(one.facts) and one.facts.get("type", "string") == "string"
    }
    for place, part in _parts(schema):
        if _is_marked(part) and id(part) not in kept:
            return f"it marks a secret that is not a text of its own ({place})"
        if isinstance(part.get("$ref"), str) and not part["$ref"].startswith("#"):
            return f"it refers to a schema that lies elsewhere ({place or '/'})"
    return ""


def _properties(root: Mapping[str, Any]) -> Iterator[_Found]:
    """Yield what a schema and its branches list; required is only what no branch can do without."""
    level: list[tuple[Any, bool]] = [(root, True)]
    seen: set[int] = set()
    while level:
        given, certain = level.pop(0)
        schema = _target(given, root)
        if id(schema) in seen:
            continue
        seen.add(id(schema))
        listed, required = schema.get("properties"), schema.get("required")
        needed = required if certain and isinstance(required, list) else []
        for name, facts in listed.items() if isinstance(listed, dict) else ():
            yield _Found(name, _target(facts, root), name in needed)
        for keyword in _BRANCHES:
            branches = schema.get(keyword)
            parts = branches if isinstance(branches, list) else [branches]
            level += [
                (branch, certain and keyword == "allOf")
                for branch in parts
                if isinstance(branch, dict)
            ]


def _target(schema: Any, root: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow references within the schema; what leads nowhere lists nothing."""
    for _step in range(20):
        reference = schema.get("$ref") if isinstance(schema, dict) else None
        if not isinstance(reference, str) or not reference.startswith("#"):
            break
        schema = _at(root, reference[1:])
    return schema if isinstance(schema, dict) else {}


def _at(root: Any, pointer: str) -> Any:
    for part in filter(None, pointer.split("/")):
        name = part.replace("~1", "/").replace("~0", "~")
        root = root.get(name) if isinstance(root, dict) else None
    return root


def _field(name: str, places: list[_Found]) -> Field:
    secret = any(_is_marked(one.facts) for one in places)
    types = {
        one.facts.get("type") if isinstance(one.facts.get("type"), str) else None
        for one in places
    }
    [kind] = types if len(types) == 1 else [None]
    described = next(
        (
            one.facts["description"]
            for one in places
            if isinstance(one.facts.get("description"), str)
        ),
        "",
    )
    facts: dict[str, Any] = {"description": described}
    if not secret and len(places) == 1:
        facts |= _values(places[0].facts)
    known = kind if kind in JSON_TYPES else None
    required = any(one.required for one in places)
    return Field(
        name, "string" if secret else known, required=required, secret=secret, **facts
    )


def _values(facts: Mapping[str, Any]) -> dict[str, Any]:
    choices, examples = facts.get("enum"), facts.get("examples")
    return {
        "enum": tuple(choices) if isinstance(choices, list) else (),
        "default": facts.get("default"),
        "example": examples[0] if isinstance(examples, list) and examples else None,
    }


def _is_marked(facts: Mapping[str, Any]) -> bool:
    return facts.get("format") == "password"


def _parts(schema: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every object of a schema and where it stands."""
    level = [("", schema)]
    while level:
        place, value = level.pop()
        if isinstance(value, dict):
            yield place, value
            level += [(f"{place}/{name}", inner) for name, inner in value.items()]
        elif isinstance(value, list):
            level += [
                (f"{place}/{number}", inner) for number, inner in enumerate(value)
            ]
