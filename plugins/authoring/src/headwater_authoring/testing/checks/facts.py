"""The connector loads, answers the same each time, and says all that is needed about its source."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from headwater.errors import PluginError
from headwater.foreign import raise_bare
from headwater.models import is_uuid
from headwater_authoring.testing.failures import ConformanceFailure, demand, hidden

if TYPE_CHECKING:
    from headwater.models import ConnectionSpec
    from headwater_authoring.testing.subject import Subject

__tracebackhide__ = hidden

_STRINGS = (
    "version", "name", "category", "ingestion", "kind", "lifecycle", "lifecycle_note", "documentation", "no_id_reason",
    "platform_name",
)  # fmt: skip
_NEEDED = ("name", "category")
_FIXED = ("name", "description", "auth", "connectionSpec")
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_VERSION = re.compile(r"[0-9]+(\.[0-9]+)*")


def check_loads(subject: Subject) -> None:
    """The connector loads through the registry, and its hooks answer the same when they are asked again."""
    try:
        first, second = subject.connector, subject.load()
    except PluginError as error:
        raise_bare(
            ConformanceFailure(
                error.message,
                "correct that rule of the hooks; docs/hooks.md explains each",
            )
        )
    demand(
        _SLUG.fullmatch(subject.slug),
        "the slug, which is the name of the entry point, is not in lower case with dashes",
        "rename the entry point in setup.cfg, as in acme-desk, and install again",
    )
    for hook, before, after in (
        ("connection_spec", first.spec, second.spec),
        ("credential_schemas", first.authentication, second.authentication),
    ):
        demand(
            before == after,
            f"{hook} answers differently when it is asked again",
            "build the answer from constants alone",
        )


def check_facts(subject: Subject) -> None:
    """The connection specification is typed and complete: an id or the reason, a start for whoever cannot create."""
    spec = subject.connector.spec
    _check_types(spec)
    for name in _NEEDED:
        demand(
            getattr(spec, name).strip(),
            f"{name} of the connection specification is empty",
            f"give {name} a value",
        )
    demand(
        _VERSION.fullmatch(spec.version),
        "version of the connection specification is not a version number",
        'write it as Flow Service does, as in "1.0"',
    )
    _check_ids(spec)
    _check_start(spec)
    _check_extra_payload(spec)


def _check_types(spec: ConnectionSpec) -> None:
    wrong = [name for name in _STRINGS if not isinstance(getattr(spec, name), str)]
    for name in ("base_connection", "ui_only"):
        if not isinstance(getattr(spec, name), bool):
            wrong.append(name)
    for name in ("misprinted_ids", "doubtful_ids"):
        if not all(isinstance(id, str) for id in getattr(spec, name)):
            wrong.append(name)
    if not isinstance(spec.extra_payload, dict):
        wrong.append("extra_payload")
    demand(
        not wrong,
        f"attributes of the connection specification have the wrong type: {', '.join(wrong)}",
        "base_connection and ui_only are a bool, misprinted_ids and doubtful_ids a tuple of str, extra_payload a dict, "
        "the others are str",
    )


def _check_ids(spec: ConnectionSpec) -> None:
    demand(
        spec.id is None or (isinstance(spec.id, str) and is_uuid(spec.id)),
        "the id of the connection specification is not a UUID in lower case",
        "copy it from a tenant's /connectionSpecs; documentation misprints some",
    )
    demand(
        spec.id is not None or spec.no_id_reason.strip() or spec.ui_only,
        "the connection specification has neither an id nor no_id_reason",
        "give the id, or say in no_id_reason why it is not known",
    )
    right = [
        text
        for text in (*spec.misprinted_ids, *spec.doubtful_ids)
        if text == spec.id or text != text.strip().lower() or not text
    ]
    demand(
        not right,
        "misprinted_ids or doubtful_ids contains the right id, or one that is not in lower case",
        "list only damaged or unknown forms of the id, in lower case: they are looked up that way",
    )


def _check_start(spec: ConnectionSpec) -> None:
    demand(
        spec.base_connection or spec.ui_only or spec.lifecycle_note.strip(),
        "the source has no base connection, and lifecycle_note does not say where to start",
        "write into lifecycle_note where to start instead",
    )
    demand(
        spec.lifecycle != "deprecated" or spec.lifecycle_note.strip(),
        "the source is deprecated, and lifecycle_note does not say since when, or what to use instead",
        "write that into lifecycle_note",
    )


def _check_extra_payload(spec: ConnectionSpec) -> None:
    taken = [name for name in _FIXED if name in spec.extra_payload]
    demand(
        not taken,
        f"extra_payload would overwrite {', '.join(taken)}",
        "leave it out there, or override build_payload",
    )
    demand(
        _is_json(spec.extra_payload),
        "extra_payload contains what JSON cannot",
        "use strings, numbers, booleans, lists and dicts",
    )


def _is_json(value: object) -> bool:
    try:
        return bool(json.loads(json.dumps(value, allow_nan=False)) == value)
    except (TypeError, ValueError):
        return False
