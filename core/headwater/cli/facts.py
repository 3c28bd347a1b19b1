"""What there is to say of a connector and of its fields, for every page that says it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from headwater.connectors.connector import Connector
    from headwater.models import Field


def list_facts(connector: Connector) -> list[tuple[str, str]]:
    """Return what is known of a connector, as pairs of name and fact; where it comes from is left to the caller."""
    spec = connector.spec
    id = f"not known: {spec.no_id_reason}" if spec.no_id_reason else "not documented"
    if spec.id is not None:
        id = f"{spec.id} (version {spec.version})"
    facts = [
        ("slug", connector.slug),
        ("connection specification", id),
        ("misprinted as", ", ".join(spec.misprinted_ids)),
        ("printed, but not known to the platform", ", ".join(spec.doubtful_ids)),
        ("name on the platform", spec.platform_name or "not known"),
        ("set up", "in the platform's user interface only" if spec.ui_only else ""),
        ("category", spec.category),
        ("ingestion", ", ".join(dict.fromkeys((spec.ingestion, spec.kind)))),
        ("lifecycle", spec.lifecycle),
        ("note", spec.lifecycle_note),
        ("documentation", spec.documentation),
    ]
    return [(name, fact) for name, fact in facts if fact]


def format_value(value: object) -> str:
    """Return a value as it stands in a credentials file, strings without quotes."""
    return value if isinstance(value, str) else json.dumps(value)


def format_choices(choices: Iterable[object]) -> str:
    """Return the values that a field takes, for people."""
    return f"one of {', '.join(map(format_value, choices))}"


def describe_need(field: Field) -> str:
    """Say whether a field is required, and if not always, when."""
    if field.required:
        return "required"
    if field.required_if is not None:
        name, value = field.required_if
        return f"required if {name} is {format_value(value)}"
    return "recommended" if field.recommended else "optional"


def describe_obligation(field: Field) -> str:
    """Say whether a field is required, and whether it is a secret."""
    words = [describe_need(field)]
    if field.secret:
        words.append("secret")
    return ", ".join(words)


def describe_field(field: Field) -> str:
    """Return a field's description, and the values it takes."""
    parts = []
    if field.description:
        parts.append(field.description)
    parts += list_rules(field)
    if field.default is not None:
        parts.append(f"default {format_value(field.default)}")
    if field.example is not None and not field.secret:
        parts.append(f"example {format_value(field.example)}")
    return "; ".join(parts)


def list_rules(field: Field) -> list[str]:
    """Return what a field's value must be, should be, and may be instead, for people."""
    rules = []
    if field.enum:
        rules.append(format_choices(field.enum))
    if field.minimum is not None:
        rules.append(f"at least {format_value(field.minimum)}")
    if field.maximum is not None:
        rules.append(f"at most {format_value(field.maximum)}")
    if field.pattern is not None:
        rules.append(f"matches {field.pattern}")
    if field.advised_pattern is not None:
        rules.append(f"usually matches {field.advised_pattern}")
    if field.form is not None:
        rules.append(_FORMS[field.form])
    if field.multiline:
        rules.append("may have several lines")
    if field.accepts:
        others = ", ".join(format_value(other) for other, _own in field.accepts)
        rules.append(f"also taken: {others}")
    if field.accepts_type is not None:
        rules.append(f"also taken as {field.accepts_type}")
    return rules


_FORMS = {
    "host": "the name of a host alone",
    "host_port": "the name of a host, and a port if need be",
    "url": "a whole URL",
}
