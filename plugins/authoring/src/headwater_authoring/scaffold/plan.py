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

from headwater.cli.characters import is_shown
from headwater.connectors.registry import CONNECTORS, installed
from headwater.connectors.spec_ids import new_spec_id, with_spec_id
from headwater.errors import InvalidInput
from headwater.models import ConnectionSpec, distribution_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headwater.connectors.connector import Connector

# The platform's categories, as its documentation sorts sources.
CATEGORIES = (
    "adobe-applications", "advertising", "analytics", "cloud-storage", "consent-and-preferences", "crm",
    "customer-success", "data-partners", "databases", "ecommerce", "local-system", "loyalty", "marketing-automation",
    "payments", "protocols", "streaming",
)  # fmt: skip
USUAL_CATEGORY = "protocols"

# What a new connector takes from the catalogue's beside name, category and id.
_FURTHER = (
    "platform_name", "version", "ingestion", "kind", "lifecycle", "lifecycle_note", "misprinted_ids", "doubtful_ids",
    "extra_payload", "documentation",
)  # fmt: skip

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_PACKAGE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
# characters: the name becomes one line of Python, the slug a part of file names
_LONGEST = 60
_NAME = re.compile(rf'[^"\\]{{1,{_LONGEST}}}')


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


def plan_connector(
    slug: str,
    *,
    name: str | None = None,
    spec_id: str | None = None,
    category: str | None = None,
    package: str | None = None,
) -> Plan:
    """Check what was given and fill in the rest, from the catalogue's connector of this slug where there is one.

    Raises `InvalidInput` for a slug, name, category or package that cannot be used or is taken, and for an id as
    `headwater.spec_ids` does; `NotCreatable` for a source of the catalogue that has no base connection.
    """
    _check_slug(slug)
    if name is not None:
        _check_name(name.strip())
    if category is not None:
        _check_category(category)
    if package is None:
        package = f"headwater_{slug.replace('-', '_')}"
    if slug in installed().available():
        plan = _plan_replacement(installed().load(slug), spec_id, package)
    else:
        plan = _plan_new(slug, spec_id, package)
    if name is not None:
        plan = attrs.evolve(plan, name=name.strip())
    if category is not None:
        plan = attrs.evolve(plan, category=category)
    _check_name(plan.name)  # the connector that is replaced may be called anything
    _check_package(plan)
    return plan


def _plan_new(slug: str, spec_id: str | None, package: str) -> Plan:
    return Plan(
        slug=slug,
        name=" ".join(part.capitalize() for part in slug.split("-")),
        category=USUAL_CATEGORY,
        package=package,
        spec_id=None if spec_id is None else new_spec_id(spec_id),
    )


def _plan_replacement(replaced: Connector, spec_id: str | None, package: str) -> Plan:
    """Plan what takes the place of the catalogue's connector, by that one's facts.

    One that only says that its source is set up in the user interface knows no id; an author may know one.
    """
    if not replaced.spec.ui_only:
        replaced.check_base_connection()
    if spec_id is not None:
        replaced = with_spec_id(replaced, spec_id)
    spec = replaced.spec
    return Plan(
        slug=replaced.slug,
        name=spec.name,
        category=spec.category,
        package=package,
        spec_id=spec.id,
        replaces=str(replaced.distribution),
        facts=_further_facts(spec),
    )


def _check_slug(slug: str) -> None:
    if not _SLUG.fullmatch(slug) or len(slug) > _LONGEST:
        near = re.sub(r"[^a-z0-9]+", "-", slug.lower()).strip("-")[:_LONGEST].strip("-")
        raise InvalidInput(
            f"a slug is lower-case letters and digits with single dashes between, {_LONGEST} characters at most",
            remedy=f"for instance {near or 'acme-desk'}",
        )
    entries = importlib.metadata.entry_points(group=CONNECTORS, name=slug)
    owners = {distribution_of(entry).name for entry in entries}
    if owners:
        raise InvalidInput(
            f"connector {slug} is there already, from {', '.join(sorted(owners))}",
            remedy="choose another slug, or uninstall that first: two of one slug clash",
        )


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name) or not all(map(is_shown, name)):
        raise InvalidInput(
            f"a name is one line of 1 to {_LONGEST} characters that show, without double quotes and backslashes",
            remedy='for instance --name "Acme Desk"',
        )


def _check_category(category: str) -> None:
    if category in CATEGORIES:
        return
    remedy = f"known: {', '.join(CATEGORIES)}"
    near = difflib.get_close_matches(category.lower(), CATEGORIES, n=1)
    if near:
        remedy = f"did you mean {near[0]}? {remedy}"
    raise InvalidInput("the platform has no such category", remedy=remedy)


def _further_facts(spec: ConnectionSpec) -> dict[str, Any]:
    """Return the facts that differ from what a new connection specification has by itself."""
    usual = ConnectionSpec(id=None, name="", category="", no_id_reason="unknown")
    facts = {}
    for name in _FURTHER:
        fact = getattr(spec, name)
        if fact != getattr(usual, name):
            facts[name] = fact
    return facts


def _check_package(plan: Plan) -> None:
    package = plan.package
    well_formed = _PACKAGE.fullmatch(package) and len(package) <= 2 * _LONGEST
    if not well_formed or keyword.iskeyword(package):
        raise InvalidInput(
            "a package is lower-case letters and digits with single underscores between, and not a keyword of Python",
            remedy="for instance --package acme_desk",
        )
    if package in sys.stdlib_module_names or _is_installed(plan):
        raise InvalidInput(
            f"there is a package {package}, or a distribution {plan.distribution}, already",
            remedy="name another with --package, or uninstall that first",
        )


def _is_installed(plan: Plan) -> bool:
    if importlib.util.find_spec(plan.package) is not None:
        return True
    try:
        importlib.metadata.distribution(plan.distribution)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True
