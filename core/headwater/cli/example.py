"""A credentials file to fill in: every field with its meaning, and references in the place of secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headwater.cli.characters import escape_line, escape_toml
from headwater.cli.facts import describe_need, list_rules
from headwater.credentials.required import is_required
from headwater.field import clamp
from headwater.secret import strings_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tomlkit.items import Table
    from tomlkit.toml_document import TOMLDocument

    from headwater.models import AuthenticationSpec, Field, FieldPath

_PLACEHOLDERS: dict[str | None, Any] = {
    "integer": 1,
    "number": 1.0,
    "boolean": False,
    "object": {},
    "array": [],
}


def values(slug: str, auth: AuthenticationSpec) -> dict[str, Any]:
    """Return the required and recommended fields with example values, which lead nowhere.

    They fit the specification, as far as fields with a pattern have an example.
    """
    return _example_object(slug, auth.fields, ())


def as_toml(slug: str, auth: AuthenticationSpec) -> str:
    """Return the same as TOML, each field under its meaning, optional ones commented out."""
    import tomlkit

    document = tomlkit.document()
    document.add(tomlkit.comment(escape_line(f"{slug}: {auth.label}")))
    if any(map(_is_placeholder, strings_in(values(slug, auth)))):
        document.add(tomlkit.comment("replace the values in <>"))
    _add_fields(document, slug, auth.fields, ())
    return escape_toml(tomlkit.dumps(document).rstrip("\n"))


def _add_fields(
    table: TOMLDocument | Table, slug: str, fields: Iterable[Field], above: FieldPath
) -> None:
    """Add fields to a TOML table, objects last: whatever follows the heading of a table belongs to it."""
    import tomlkit

    fields = tuple(fields)
    given = _example_object(slug, fields, above)
    for field in sorted(fields, key=lambda field: bool(field.properties)):
        value = _example_value(slug, field, above)
        table.add(tomlkit.nl())
        table.add(tomlkit.comment(_describe(field, is_given=field.name in given)))
        if field.name not in given:
            for line in _write_optional(field, value, above):
                table.add(tomlkit.comment(line))
        elif field.properties:
            inner = tomlkit.table()
            _add_fields(inner, slug, field.properties, (*above, field.name))
            table.add(field.name, inner)
        else:
            table.add(field.name, value)


def _write_optional(field: Field, value: Any, above: FieldPath) -> list[str]:
    """Return the lines that give an optional field; the heading of a table names the whole way to it."""
    import tomlkit

    document: dict[str, Any] = {field.name: value}
    if field.properties:
        for name in reversed(above):
            document = {name: document}
    return tomlkit.dumps(document).strip().splitlines()


def _describe(field: Field, *, is_given: bool) -> str:
    parts = [field.description or field.name]
    if field.secret:
        parts.append("a secret")
    if not (field.required and is_given):
        parts.append(describe_need(field))
    parts += list_rules(field)
    return escape_line("; ".join(parts))  # a line break would end the comment


def _is_placeholder(value: str) -> bool:
    return value.startswith("<") and value.endswith(">")


def _example_object(
    slug: str, fields: Iterable[Field], above: FieldPath
) -> dict[str, Any]:
    """Return example values of the fields that an object needs; one can make another one needed."""
    fields = tuple(fields)
    given: dict[str, Any] = {}
    is_whole = False
    while not is_whole:
        needed = [field for field in fields if _is_needed(field, fields, given)]
        is_whole = len(needed) == len(given)
        given = {field.name: _example_value(slug, field, above) for field in needed}
    return given


def _is_needed(field: Field, beside: Sequence[Field], given: dict[str, Any]) -> bool:
    return field.name in given or field.recommended or is_required(field, beside, given)


def _example_value(slug: str, field: Field, above: FieldPath) -> Any:
    path = (*above, field.name)
    if field.secret and field.multiline:
        return f"file:{field.name}.pem"
    if field.secret:
        return f"env:{'_'.join((slug.replace('-', '_'), *path)).upper()}"
    if field.properties:
        return _example_object(slug, field.properties, path)
    for value in (field.example, field.default, *field.enum[:1]):
        if value is not None:
            return value
    if field.type in ("integer", "number"):
        return clamp(field, _PLACEHOLDERS[field.type])
    return _PLACEHOLDERS.get(field.type, f"<{field.name}>")
