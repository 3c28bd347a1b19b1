"""The connector under test, loaded as users load it: through the registry, from its installed entry point."""

from __future__ import annotations

import importlib.metadata
from typing import TYPE_CHECKING, Any

import attrs

from headwater.connectors.registry import CATALOG, CONNECTORS, Registry
from headwater.errors import UnknownConnector
from headwater.foreign import raise_bare
from headwater_authoring.testing.failures import ConformanceFailure, hidden

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from importlib.metadata import EntryPoint, EntryPoints

    from headwater.connectors.connector import Connector

__tracebackhide__ = hidden


def _names(given: Iterable[str]) -> frozenset[str]:
    return frozenset(given)


@attrs.frozen(kw_only=True)
class Subject:
    """One connector to check.

    `examples` maps field names to valid values where those built from the field's own facts would not do; the label of
    an authentication specification may map to such a mapping for it alone. A string for a secret field contains
    ``{canary}``, which becomes a value that is looked for wherever it should not be. `public_fields` are fields that
    are named like secrets and are not; `reshaped_fields` those whose values `build_payload` sends in another form.
    """

    slug: str
    entry: EntryPoint
    catalog: bool = False
    examples: Mapping[str, Any] = attrs.field(factory=dict, repr=False)
    public_fields: frozenset[str] = attrs.field(default=frozenset(), converter=_names)
    reshaped_fields: frozenset[str] = attrs.field(default=frozenset(), converter=_names)
    _loaded: list[Connector] = attrs.field(
        factory=list, init=False, repr=False, eq=False
    )

    @property
    def connector(self) -> Connector:
        """The loaded connector, loaded once. Raises what `Registry.load` raises."""
        if not self._loaded:
            self._loaded.append(self.load())
        return self._loaded[0]

    def load(self) -> Connector:
        """Load the connector anew: its module is imported once, its hooks are asked again."""
        entries = [self.entry]
        registry = Registry((), entries) if self.catalog else Registry(entries)
        return registry.load(self.slug)


def subject_of(
    slug: str,
    *,
    distribution: str = "",
    examples: Mapping[str, Any] | None = None,
    public_fields: Collection[str] = (),
    reshaped_fields: Collection[str] = (),
) -> Subject:
    """Return the installed connector of this slug, the one of `distribution` where it is named.

    Without `distribution` it is the one users get: one in ``headwater.connectors`` before one in the catalogue.
    Raises `ConformanceFailure` where none is installed, or two claim the slug.
    """
    for group in (CONNECTORS, CATALOG):
        entries = _entries(group, distribution).select(name=slug)
        by_owner = {_owner(entry): entry for entry in entries}
        if len(by_owner) > 1:
            raise ConformanceFailure(
                f"connector {slug} is registered by two distributions: {', '.join(sorted(by_owner))}",
                "uninstall one of them",
            )
        for entry in by_owner.values():
            return Subject(
                slug=slug,
                entry=entry,
                catalog=group == CATALOG,
                examples=examples or {},
                public_fields=public_fields,
                reshaped_fields=reshaped_fields,
            )
    raise _missing(slug, distribution)


def slugs_of(distribution: str) -> tuple[str, ...]:
    """Return the slugs of every connector a distribution brings, sorted, without importing any."""
    names: set[str] = set()
    for group in (CONNECTORS, CATALOG):
        names |= _entries(group, distribution).names
    return tuple(sorted(names))


def _entries(group: str, distribution: str) -> EntryPoints:
    if not distribution:
        return importlib.metadata.entry_points(group=group)
    try:
        entries = importlib.metadata.distribution(distribution).entry_points
    except importlib.metadata.PackageNotFoundError:
        raise_bare(
            ConformanceFailure(
                f"distribution {distribution} is not installed",
                "install it: python -m pip install -e .",
            )
        )
    return entries.select(group=group)


def _missing(slug: str, distribution: str) -> ConformanceFailure:
    remedy = "install its distribution (python -m pip install -e .), again after a change of its entry points"
    if distribution:
        return ConformanceFailure(
            f"distribution {distribution} has no connector named {slug}", remedy
        )
    try:
        Registry.installed().load(slug)
    except UnknownConnector as error:
        remedy = f"{remedy}; {error.remedy}"
    return ConformanceFailure(f"no connector named {slug} is installed", remedy)


def _owner(entry: EntryPoint) -> str:
    return entry.dist.metadata["Name"].lower() if entry.dist is not None else ""
