"""What there is to say of a connector and of its fields, for every page that says it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from headwater.connectors.connector import Connector
    from headwater.models import Field


def facts(connector: Connector) -> list[tuple[str, str]]:
    """Return what is known of a connector, as names and texts; where it comes from is left to the caller."""
    spec = connector.spec
    known = [
        ("slug", connector.slug),
        (
            "connection specification",
            f"{spec.id or 'not known: ' + spec.no_id_reason} (version {spec.version})",
        ),
        ("misprinted as", ", ".join(spec.misprinted_ids)),
        ("category", spec.category),
        ("ingestion", ", ".join(dict.fromkeys((spec.ingestion, spec.kind)))),
        ("lifecycle", spec.lifecycle),
        ("note", spec.lifecycle_note),
        ("documentation", spec.documentation),
    ]
    return [(name, fact) for name, fact in known if fact]


def written(value: object) -> str:
    """Write a value as it stands in a credentials file, texts without quotes."""
    return value if isinstance(value, str) else json.dumps(value)


def mark(field: Field) -> str:
    """Say whether a field is required, and whether it is a secret."""
    return ("required" if field.required else "optional") + (
        ", secret" if field.secret else ""
    )


def meaning(field: Field) -> str:
    """Return a field's description, and the values it takes."""
    parts = [field.description]
    if field.enum:
        parts.append(f"one of {', '.join(map(written, field.enum))}")
    if field.default is not None:
        parts.append(f"default {written(field.default)}")
    if field.example is not None and not field.secret:
        parts.append(f"example {written(field.example)}")
    return "; ".join(part for part in parts if part)
