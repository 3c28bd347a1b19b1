"""What a new connector is to be called, checked before a single file is written."""

from __future__ import annotations

import difflib
import importlib.metadata
import importlib.util
import keyword
import re
import sys
from typing import TYPE_CHECKING, Any

import attrs

from headwater.connectors.registry import CONNECTORS, installed
from headwater.connectors.spec_ids import new_spec_id, with_spec_id
from headwater.errors import InvalidInput
from headwater.models import ConnectionSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headwater.connectors.connector import Connector

# The platform's categories, as its documentation sorts sources.
CATEGORIES = (
    "advertising", "analytics", "cloud-storage", "consent-and-preferences", "crm", "customer-success", "databases",
    "ecommerce", "loyalty", "marketing-automation", "payments", "protocols", "streaming",
)  # fmt: skip
USUAL_CATEGORY = "protocols"

# What a new connector takes from the catalogue's beside name, category and id.
_FURTHER = (
    "version", "ingestion", "kind", "lifecycle", "lifecycle_note", "misprinted_ids", "extra_payload", "documentation",
)  # fmt: skip

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_PACKAGE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_LONGEST = (
    60  # characters: the name becomes one line of Python, the slug a part of file names
)


@attrs.frozen(kw_only=True)
class Plan:
    """A connector that is to be written; nothing of it exists yet.

    `spec_id` is its connection specification id, or None while nobody has looked it up. `replaces` is the distribution
    whose catalogue connector of the same slug it takes the place of; `facts` are that one's further facts, by the name
    of the attribute of `headwater.ConnectionSpec`.
    """

    slug: str
    name: str
    category: str
    package: str
    spec_id: str | None = None
    replaces: str = ""
    facts: Mapping[str, Any] = attrs.field(factory=dict)

    @property
    def distribution(self) -> str:
        """The name that pip knows it by."""
        return self.package.replace("_", "-")

    @property
    def class_name(self) -> str:
        """The slug as Python writes names of classes."""
        return "".join(part.capitalize() for part in self.slug.split("-"))


def planned(
    slug: str,
    *,
    name: str | None = None,
    spec_id: str | None = None,
    category: str | None = None,
    package: str | None = None,
) -> Plan:
    """Check what is given and fill in the rest, from the catalogue's connector of this slug where there is one.

    Raises `InvalidInput` for a slug, name, category or package that cannot be used or is taken, and for an id as
    `headwater.spec_ids` does; `NotCreatable` for a source of the catalogue that has no base connection.
    """
    _check_slug(slug)
    replaced = installed().load(slug) if slug in installed().available() else None
    if replaced:
        replaced.check_base_connection()
    plan = Plan(
        slug=slug,
        name=_named(slug, name, replaced),
        category=_sorted_under(category, replaced),
        package=package
        if package is not None
        else f"headwater_{slug.replace('-', '_')}",
        spec_id=_identified(spec_id, replaced),
        replaces=str(replaced.distribution) if replaced else "",
        facts=_further(replaced.spec) if replaced else {},
    )
    _check_package(plan)
    return plan


def _check_slug(slug: str) -> None:
    if not _SLUG.fullmatch(slug) or len(slug) > _LONGEST:
        near = re.sub(r"[^a-z0-9]+", "-", slug.lower()).strip("-")[:_LONGEST].strip("-")
        raise InvalidInput(
            f"a slug is lower-case letters and digits with single dashes between, {_LONGEST} characters at most",
            remedy=f"for instance {near or 'acme-desk'}",
        )
    owners = {str(entry.dist.name) for entry in _registered(slug) if entry.dist}
    if owners:
        raise InvalidInput(
            f"connector {slug} is there already, from {', '.join(sorted(owners))}",
            remedy="choose another slug, or uninstall that first: two of one slug clash",
        )


def _registered(slug: str) -> importlib.metadata.EntryPoints:
    return importlib.metadata.entry_points(group=CONNECTORS, name=slug)


def _named(slug: str, name: str | None, replaced: Connector | None) -> str:
    if name is None:
        return (
            replaced.spec.name
            if replaced
            else " ".join(part.capitalize() for part in slug.split("-"))
        )
    name = name.strip()
    if (
        not name
        or not name.isprintable()
        or len(name) > _LONGEST
        or set(name) & {'"', "\\"}
    ):
        raise InvalidInput(
            f"a name is one line of at most {_LONGEST} characters, without double quotes and backslashes",
            remedy='for instance --name "Acme Desk"',
        )
    return name


def _sorted_under(category: str | None, replaced: Connector | None) -> str:
    if category is None:
        return replaced.spec.category if replaced else USUAL_CATEGORY
    if category not in CATEGORIES:
        near = difflib.get_close_matches(category.lower(), CATEGORIES, n=1)
        guess = f"did you mean {near[0]}? " if near else ""
        raise InvalidInput(
            "the platform has no such category",
            remedy=f"{guess}known: {', '.join(CATEGORIES)}",
        )
    return category


def _identified(spec_id: str | None, replaced: Connector | None) -> str | None:
    if replaced is None:
        return None if spec_id is None else new_spec_id(spec_id)
    return (replaced if spec_id is None else with_spec_id(replaced, spec_id)).spec.id


def _further(spec: ConnectionSpec) -> dict[str, Any]:
    """Return the facts that differ from what a new connection specification has by itself."""
    usual = {field.name: field.default for field in attrs.fields(ConnectionSpec)} | {
        "extra_payload": {}
    }
    facts = {name: getattr(spec, name) for name in _FURTHER}
    return {name: value for name, value in facts.items() if value != usual[name]}


def _check_package(plan: Plan) -> None:
    package = plan.package
    if (
        not _PACKAGE.fullmatch(package)
        or keyword.iskeyword(package)
        or len(package) > 2 * _LONGEST
    ):
        raise InvalidInput(
            "a package is lower-case letters and digits with single underscores between, and no word of Python's own",
            remedy="for instance --package acme_desk",
        )
    if package in sys.stdlib_module_names or _installed(plan):
        raise InvalidInput(
            f"there is a package {package}, or a distribution {plan.distribution}, already",
            remedy="name another with --package, or uninstall that first",
        )


def _installed(plan: Plan) -> bool:
    if importlib.util.find_spec(plan.package) is not None:
        return True
    try:
        importlib.metadata.distribution(plan.distribution)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True
