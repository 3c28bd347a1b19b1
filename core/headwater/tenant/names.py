"""How a tenant names a source, and how that becomes a slug or is recognized in a connector's names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from headwater.connectors.connector import Connector
    from headwater.flowservice import RemoteSpec


def folded(name: str) -> str:
    """Return a name without case, blanks and punctuation: what people mean when they say that two are the same."""
    return re.sub(r"[\W_]+", "", name.casefold())


def display_name(spec: RemoteSpec) -> str:
    """Return the name the tenant gives the source for people, or an empty text: many specifications have none."""
    attributes = part(spec.raw, "attributes")
    for candidate in (
        attributes.get("connectorName"),
        part(attributes, "uiAttributes").get("label"),
    ):
        if isinstance(candidate, str) and candidate.strip():
            return candidate.strip()
    return ""


def is_named_like(spec: RemoteSpec, connector: Connector) -> bool:
    """Say whether machine name or display name of a specification is the connector's slug or name."""
    theirs = {folded(spec.name), folded(display_name(spec))} - {""}
    return bool(theirs & {folded(connector.slug), folded(connector.spec.name)})


def slugs_of(
    specs: Iterable[RemoteSpec], taken: Iterable[str]
) -> dict[str, RemoteSpec]:
    """Return specifications by slug, made of the machine name.

    Names that make the slug of another, or one that is taken, get the beginning of the id behind it: all of them, so
    that no slug depends on the order of the list.
    """
    specs, taken = list(specs), set(taken)
    plain = [_slug(spec) for spec in specs]
    return {
        f"{slug}-{spec.id[:8].lower()}"
        if slug in taken or plain.count(slug) > 1
        else slug: spec
        for slug, spec in zip(plain, specs, strict=True)
    }


def part(holder: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return an object within a JSON object; an empty one where it is missing or something else."""
    value = holder.get(name)
    return value if isinstance(value, dict) else {}


def _slug(spec: RemoteSpec) -> str:
    name = spec.name or display_name(spec)
    return re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-") or "spec"
