"""How a tenant names a source, and how that becomes a slug or is recognized in a connector's names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from headwater.connectors.connector import Connector
    from headwater.flowservice import RemoteSpec


def fold(name: str) -> str:
    """Return a name without case, blanks and punctuation: what people mean when they say that two are the same."""
    return re.sub(r"[\W_]+", "", name.casefold())


def display_name(spec: RemoteSpec) -> str:
    """Return the name the tenant gives the source for people, or an empty string: many specifications have none."""
    attributes = part(spec.raw, "attributes")
    for candidate in (
        attributes.get("connectorName"),
        part(attributes, "uiAttributes").get("label"),
    ):
        if isinstance(candidate, str) and candidate.strip():
            return candidate.strip()
    return ""


def is_named_like(spec: RemoteSpec, connector: Connector) -> bool:
    """Say whether machine name or display name of a specification is one of the connector's names."""
    theirs = {fold(spec.name), fold(display_name(spec))} - {""}
    return bool(theirs & names_of(connector))


def names_of(connector: Connector) -> set[str]:
    """Return the names of a connector, folded: its slug, the one for people, and the platform's where it is known."""
    known = (connector.slug, connector.spec.name, connector.spec.platform_name)
    return {fold(name) for name in known} - {""}


def slugs_of(
    specs: Iterable[RemoteSpec], taken: Iterable[str]
) -> dict[str, RemoteSpec]:
    """Return specifications by slug, made of the machine name.

    Where several have one name, or the slug is taken, each gets the beginning of its id behind the slug: all of them,
    so that no slug depends on the order of the list.
    """
    by_plain_slug: dict[str, list[RemoteSpec]] = {}
    for spec in specs:
        by_plain_slug.setdefault(_plain_slug(spec), []).append(spec)
    unclear = set(taken)
    unclear.update(slug for slug, same in by_plain_slug.items() if len(same) > 1)
    by_slug = {}
    for slug, same in by_plain_slug.items():
        for spec in same:
            beginning = f"-{spec.id[:8].lower()}" if slug in unclear else ""
            by_slug[slug + beginning] = spec
    return by_slug


def part(holder: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return an object within a JSON object; an empty one where it is missing or something else."""
    value = holder.get(name)
    return value if isinstance(value, dict) else {}


def _plain_slug(spec: RemoteSpec) -> str:
    name = spec.name or display_name(spec)
    return re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-") or "spec"
