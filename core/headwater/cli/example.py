"""A credentials file to fill in: every field with its meaning, and references in the place of secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headwater.cli.facts import written

if TYPE_CHECKING:
    from headwater.models import AuthenticationSpec, Field

_STANDING_IN: dict[str | None, Any] = {
    "integer": 1,
    "number": 1.0,
    "boolean": False,
    "object": {},
    "array": [],
}


def values(slug: str, auth: AuthenticationSpec) -> dict[str, Any]:
    """Return the required fields with example values; they fit the specification, and lead nowhere."""
    return {field.name: _value(slug, field) for field in auth.fields if field.required}


def as_toml(slug: str, auth: AuthenticationSpec) -> str:
    """Return the same as TOML, each field under its meaning, optional ones commented out."""
    import tomlkit

    document = tomlkit.document()
    document.add(tomlkit.comment(f"{slug}: {auth.label}"))
    if any(field.required and _stands_in(_value(slug, field)) for field in auth.fields):
        document.add(tomlkit.comment("replace what stands in <>"))
    for field in auth.fields:
        document.add(tomlkit.nl())
        document.add(tomlkit.comment(_meaning(field)))
        if field.required:
            document.add(field.name, _value(slug, field))
        else:
            document.add(
                tomlkit.comment(
                    tomlkit.dumps({field.name: _value(slug, field)}).strip()
                )
            )
    return tomlkit.dumps(document).rstrip("\n")


def _meaning(field: Field) -> str:
    parts = [
        field.description or field.name,
        "a secret" if field.secret else "",
        "" if field.required else "optional",
    ]
    if field.enum:
        parts.append(f"one of {', '.join(map(written, field.enum))}")
    return "; ".join(part for part in parts if part)


def _stands_in(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("<") and value.endswith(">")


def _value(slug: str, field: Field) -> Any:
    if field.secret:
        return f"env:{slug.upper().replace('-', '_')}_{field.name.upper()}"
    for known in (field.example, field.default, *field.enum[:1]):
        if known is not None:
            return known
    return _STANDING_IN.get(field.type, f"<{field.name}>")
