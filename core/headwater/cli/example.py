"""A credentials file to fill in: every field with its meaning, and references in the place of secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headwater.cli.facts import format_choices

if TYPE_CHECKING:
    from headwater.models import AuthenticationSpec, Field

_PLACEHOLDERS: dict[str | None, Any] = {
    "integer": 1,
    "number": 1.0,
    "boolean": False,
    "object": {},
    "array": [],
}


def values(slug: str, auth: AuthenticationSpec) -> dict[str, Any]:
    """Return the required fields with example values; they fit the specification, and lead nowhere."""
    return {
        field.name: _example_value(slug, field)
        for field in auth.fields
        if field.required
    }


def as_toml(slug: str, auth: AuthenticationSpec) -> str:
    """Return the same as TOML, each field under its meaning, optional ones commented out."""
    import tomlkit

    document = tomlkit.document()
    document.add(tomlkit.comment(f"{slug}: {auth.label}"))
    if any(map(_is_placeholder, values(slug, auth).values())):
        document.add(tomlkit.comment("replace the values in <>"))
    for field in auth.fields:
        value = _example_value(slug, field)
        document.add(tomlkit.nl())
        document.add(tomlkit.comment(_describe(field)))
        if field.required:
            document.add(field.name, value)
        else:
            line = tomlkit.dumps({field.name: value}).strip()
            document.add(tomlkit.comment(line))
    return tomlkit.dumps(document).rstrip("\n")


def _describe(field: Field) -> str:
    parts = [field.description or field.name]
    if field.secret:
        parts.append("a secret")
    if not field.required:
        parts.append("optional")
    if field.enum:
        parts.append(format_choices(field.enum))
    return "; ".join(parts)


def _is_placeholder(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("<") and value.endswith(">")


def _example_value(slug: str, field: Field) -> Any:
    if field.secret:
        return f"env:{slug.upper().replace('-', '_')}_{field.name.upper()}"
    for value in (field.example, field.default, *field.enum[:1]):
        if value is not None:
            return value
    return _PLACEHOLDERS.get(field.type, f"<{field.name}>")
