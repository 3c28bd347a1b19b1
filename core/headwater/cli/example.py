"""A credentials file to fill in: every field with its meaning, and references in the place of secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headwater.cli.characters import escape_line, escape_toml
from headwater.cli.facts import format_choices
from headwater.secret import strings_in

if TYPE_CHECKING:
    from collections.abc import Iterable

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
    """Return the required fields with example values; they fit the specification, and lead nowhere."""
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

    for field in sorted(fields, key=lambda field: bool(field.properties)):
        value = _example_value(slug, field, above)
        table.add(tomlkit.nl())
        table.add(tomlkit.comment(_describe(field)))
        if not field.required:
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


def _describe(field: Field) -> str:
    parts = [field.description or field.name]
    if field.secret:
        parts.append("a secret")
    if not field.required:
        parts.append("optional")
    if field.enum:
        parts.append(format_choices(field.enum))
    return escape_line("; ".join(parts))  # a line break would end the comment


def _is_placeholder(value: str) -> bool:
    return value.startswith("<") and value.endswith(">")


def _example_object(
    slug: str, fields: Iterable[Field], above: FieldPath
) -> dict[str, Any]:
    return {
        field.name: _example_value(slug, field, above)
        for field in fields
        if field.required
    }


def _example_value(slug: str, field: Field, above: FieldPath) -> Any:
    path = (*above, field.name)
    if field.secret:
        return f"env:{'_'.join((slug.replace('-', '_'), *path)).upper()}"
    if field.properties:
        return _example_object(slug, field.properties, path)
    for value in (field.example, field.default, *field.enum[:1]):
        if value is not None:
            return value
    return _PLACEHOLDERS.get(field.type, f"<{field.name}>")
