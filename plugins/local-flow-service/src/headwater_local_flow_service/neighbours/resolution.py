"""From the schema of a data set to one JSON Schema: every `allOf` and `$ref` to a tenant's resource put in its place.

Adobe's own classes, field groups and data types are not known here. What they would define is left open: an object
that refers to one takes fields that it does not describe. The ad-hoc class has no fields of its own, so that nothing is
open.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from headwater_local_flow_service.neighbours import ids, lookup
from headwater_local_flow_service.neighbours.composition import is_tenant_id
from headwater_local_flow_service.neighbours.refusals import invalid
from headwater_local_flow_service.store import tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from headwater_local_flow_service.store.store import Rows, Scope

_WITHOUT_FIELDS: Final = frozenset({f"{ids.ADOBE}xdm/data/adhoc"})
_MOST_REFERENCES: Final = 2_000  # followed for one schema
_DEEPEST: Final = 64
# What is kept of a field beside its fields, items and references.
_TEXTS: Final = frozenset({"title", "description"})
_RESOLVED_AWAY: Final = frozenset({"allOf", "definitions", "properties", "required"})
_RULES: Final = frozenset(
    {
        "type", "format", "pattern", "enum", "const", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
        "multipleOf", "minLength", "maxLength", "minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties",
        "additionalProperties", "meta:xdmType",
    }
)  # fmt: skip


def resolve_schema(rows: Rows, scope: Scope, id: str) -> dict[str, Any] | None:
    """Return a schema by its `$id` or `meta:altId` as one JSON Schema without references; None where there is none.

    ``additionalProperties`` is false where every field of an object is known. Raises `NeighbourError` for a schema that
    refers to too much, or is nested too deep.
    """
    document = lookup.schema(rows, scope, id)
    if document is None:
        return None
    resolver = _Resolver(rows, scope)
    return _close(resolver.resolve(document, document, ()), is_open=False)


def show_resolved(rows: Rows, scope: Scope, document: dict[str, Any]) -> dict[str, Any]:
    """Return a resource with every reference to a tenant's resource resolved, as the forms ``-full`` show it.

    What Adobe's own resources define is missing from it. Raises `NeighbourError` as `resolve_schema` does.
    """
    parts = _Resolver(rows, scope, _TEXTS).resolve(document, document, ())
    own = {
        name: value for name, value in document.items() if name not in _RESOLVED_AWAY
    }
    return own | _show(parts)


class _Resolver:
    """Follows references, each document of the registry read once; `besides` are names kept beside the rules."""

    def __init__(
        self, rows: Rows, scope: Scope, besides: frozenset[str] = frozenset()
    ) -> None:
        self._rows = rows
        self._scope = scope
        self._kept = _RULES | besides
        self._documents: dict[str, Any] = {}
        self._followed = 0

    def resolve(self, part: Any, document: Any, trail: tuple[str, ...]) -> _Parts:
        """Return a part of a document with what it refers to. `trail` holds the references on the way to it."""
        if not isinstance(part, dict):
            return _Parts()
        if len(trail) > _DEEPEST:
            raise invalid(f"the schema is nested deeper than {_DEEPEST} levels")
        parts = self._resolve_own(part, document, trail)
        for reference in _iter_references(part):
            parts.add(self._follow(reference, document, trail))
        for inner in _list_of(part.get("allOf")):
            if isinstance(inner, dict):
                parts.add(self.resolve(inner, document, (*trail, "")))
        return parts

    def _resolve_own(self, part: Any, document: Any, trail: tuple[str, ...]) -> _Parts:
        parts = _Parts()
        for name, value in part.items():
            if name == "properties" and isinstance(value, dict):
                for field, schema in value.items():
                    parts.add_field(field, self.resolve(schema, document, (*trail, "")))
            elif name in ("items", "additionalProperties") and isinstance(value, dict):
                parts.inner[name] = self.resolve(value, document, (*trail, ""))
            elif name == "required":
                parts.required += [name for name in _list_of(value) if isinstance(name, str)]  # fmt: skip
            elif name in self._kept:
                parts.rules[name] = value
        return parts

    def _follow(self, reference: str, document: Any, trail: tuple[str, ...]) -> _Parts:
        """Return what a reference names; one of Adobe's, or one that leads back to itself, leaves the object open."""
        uri, _hash, pointer = reference.partition("#")
        place = f"{uri or id(document)}#{pointer}"
        if place in trail:
            return _Parts(is_open=True)
        self._followed += 1
        if self._followed > _MOST_REFERENCES:
            raise invalid(f"the schema has more than {_MOST_REFERENCES} references")
        found = self._read(uri) if uri else document
        if found is None:
            return _Parts(is_open=uri not in _WITHOUT_FIELDS)
        return self.resolve(_look_up(found, pointer), found, (*trail, place))

    def _read(self, uri: str) -> Any:
        """Return a tenant's resource, or None."""
        if not is_tenant_id(uri):
            return None
        if uri not in self._documents:
            record = lookup.get_record(self._rows, tables.schemas, self._scope, uri)
            self._documents[uri] = None if record is None else record.document
        return self._documents[uri]


class _Parts:
    """What is known of one field: its rules, its fields and inner schemas, and whether there may be others."""

    def __init__(self, *, is_open: bool = False) -> None:
        self.is_open = is_open
        self.rules: dict[str, Any] = {}
        self.required: list[str] = []
        self.fields: dict[str, _Parts] = {}
        self.inner: dict[str, _Parts] = {}

    def add(self, other: _Parts) -> None:
        """Take what another part says of the same field; of two rules of one name the first stays."""
        self.is_open = self.is_open or other.is_open
        self.rules = other.rules | self.rules
        self.required += other.required
        for name, field in other.fields.items():
            self.add_field(name, field)
        for name, inner in other.inner.items():
            self.inner.setdefault(name, inner)

    def add_field(self, name: str, field: _Parts) -> None:
        """Take a field; what is known of one of the same name stays."""
        if name in self.fields:
            self.fields[name].add(field)
        else:
            self.fields[name] = field


def _close(parts: _Parts, *, is_open: bool) -> dict[str, Any]:
    """Return parts as a schema, in which an object whose fields are all known takes no others.

    Within an object that may have others, Adobe's definitions may add to every object but those of a tenant, whose
    names begin with an underscore.
    """
    is_open = is_open or parts.is_open
    schema = _render(
        parts,
        lambda name, field: _close(field, is_open=is_open and not name.startswith("_")),
        lambda inner: _close(inner, is_open=is_open),
    )
    if parts.fields and not is_open:
        schema.setdefault("additionalProperties", False)
    return schema


def _show(parts: _Parts) -> dict[str, Any]:
    """Return parts as the registry shows them."""
    return _render(parts, lambda _name, field: _show(field), _show)


def _render(
    parts: _Parts,
    render_field: Callable[[str, _Parts], dict[str, Any]],
    render_inner: Callable[[_Parts], dict[str, Any]],
) -> dict[str, Any]:
    schema = dict(parts.rules)
    if parts.fields:
        schema["type"] = "object"
        schema["properties"] = {
            name: render_field(name, field) for name, field in parts.fields.items()
        }
    if parts.required:
        schema["required"] = list(dict.fromkeys(parts.required))
    for name, inner in parts.inner.items():
        schema[name] = render_inner(inner)
    return schema


def _iter_references(part: dict[str, Any]) -> Iterator[str]:
    reference = part.get("$ref")
    if isinstance(reference, str):
        yield reference


def _list_of(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _look_up(document: Any, pointer: str) -> Any:
    """Return what a JSON Pointer names in a document, or None."""
    found = document
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        found = found.get(name) if isinstance(found, dict) else None
    return found
