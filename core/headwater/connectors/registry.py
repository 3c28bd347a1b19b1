"""What is installed: entry-point metadata becomes a `Connector`, and only the connector asked for is imported."""

from __future__ import annotations

import difflib
import functools
import importlib.metadata
from typing import TYPE_CHECKING

import attrs

from headwater.arguments import require_text
from headwater.connectors.connector import Connector
from headwater.errors import ConnectorClash, PluginError, UnknownConnector
from headwater.foreign import foreign
from headwater.models import distribution_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from importlib.metadata import EntryPoint

CONNECTORS = "headwater.connectors"
CATALOG = "headwater.catalog"

_ID_FROM_TENANT = (
    "take the id from your tenant: `headwater specs pull`, then `headwater specs list`"
)


@attrs.frozen
class ConnectorMatch:
    """A connector looked up by id: `misprint` is true when documentation's damaged form of the id was given."""

    connector: Connector
    misprint: bool


class Registry:
    """Connectors by slug, from the entry points of one environment.

    A slug in ``headwater.connectors`` takes the place of the same slug in ``headwater.catalog``. Reading the metadata
    imports no plugin; `load` imports one; `all` and `find` import every one of them.
    """

    def __init__(
        self, connectors: Iterable[EntryPoint], catalog: Iterable[EntryPoint] = ()
    ) -> None:
        self._entries: dict[str, list[EntryPoint]] = {}
        for group in (catalog, connectors):
            self._entries |= _group_by_slug(group)
        self._loaded: dict[str, Connector] = {}

    @classmethod
    def installed(cls) -> Registry:
        """Read the entry points of the running environment."""
        # Reads every distribution's metadata, so only once.
        entries = importlib.metadata.entry_points()
        return cls(entries.select(group=CONNECTORS), entries.select(group=CATALOG))

    def available(self) -> tuple[str, ...]:
        """Return the slugs of all installed connectors, sorted, without importing any of them."""
        return tuple(sorted(self._entries))

    def load(self, slug: str) -> Connector:
        """Import and check one connector, by its slug or else by the platform's name of its specification.

        Raises `UnknownConnector` with the nearest slug, or with all slugs where the platform's name is that of several;
        `ConnectorClash` where two distributions register the slug, and `BrokenPlugin` where the plugin fails. Only a
        name that is no slug imports every plugin.
        """
        require_text("slug", slug)
        if slug in self._loaded:
            return self._loaded[slug]
        if slug not in self._entries:
            return self._find_by_platform_name(slug)
        self._loaded[slug] = self._import(slug)
        return self._loaded[slug]

    def all(self) -> tuple[list[Connector], list[PluginError]]:
        """Load every connector; return those that work, by slug, and an error for each that does not."""
        working: list[Connector] = []
        failures: list[PluginError] = []
        for slug in self.available():
            try:
                working.append(self.load(slug))
            except PluginError as error:
                failures.append(error)
        return working, failures

    def find(self, spec_id: str) -> ConnectorMatch:
        """Look a connector up by its connection specification id, or by a known misprint of it.

        Raises `UnknownConnector`, and `ConnectorClash` where several have this id. Connectors that fail to load are
        passed over.
        """
        require_text("spec_id", spec_id)
        working, _failures = self.all()
        wanted = spec_id.lower()
        same = [connector for connector in working if connector.spec.id == wanted]
        if len(same) > 1:
            raise _id_clash(same)
        if same:
            return ConnectorMatch(same[0], misprint=False)
        for connector in working:
            if wanted in connector.spec.misprinted_ids:
                return ConnectorMatch(connector, misprint=True)
        doubtful = [one for one in working if wanted in one.spec.doubtful_ids]
        if doubtful:
            raise UnknownConnector(
                describe_doubtful_id(doubtful), remedy=_ID_FROM_TENANT
            )
        raise UnknownConnector(
            "no installed connector has this connection specification id",
            remedy="run `headwater list --json` for the connectors and their ids",
        )

    def _import(self, slug: str) -> Connector:
        entries = self._entries[slug]
        if len(entries) > 1:
            owners = ", ".join(sorted(str(distribution_of(entry)) for entry in entries))
            raise ConnectorClash(
                f"connector {slug} is registered by two distributions: {owners}",
                remedy="uninstall one of them; other connectors go on working",
            )
        distribution = distribution_of(entries[0])
        with foreign(f"connector {slug}: importing {entries[0].value}", distribution):
            plugin = entries[0].load()
        return Connector(slug, plugin, distribution)

    def _find_by_platform_name(self, name: str) -> Connector:
        """Return the only connector with this name on the platform. Raises `UnknownConnector`."""
        working, _failures = self.all()
        wanted = name.strip().casefold()
        same = [
            one for one in working if wanted == one.spec.platform_name.casefold() != ""
        ]
        if not same:
            raise self._no_such_connector(name)
        if len(same) > 1:
            slugs = ", ".join(connector.slug for connector in same)
            raise UnknownConnector(
                f"the platform's name {name} is that of several connectors: {slugs}",
                remedy="name the one you mean by its slug",
            )
        return same[0]

    def _no_such_connector(self, slug: str) -> UnknownConnector:
        remedy = "run `headwater list` for those that are"
        near = difflib.get_close_matches(slug.lower(), self.available(), n=1)
        if near:
            remedy = f"did you mean {near[0]}?"
        return UnknownConnector(
            f"no connector named {slug} is installed", remedy=remedy
        )


def describe_doubtful_id(connectors: Iterable[Connector]) -> str:
    """Say of an id in `ConnectionSpec.doubtful_ids` of these connectors why it is not used."""
    names = ", ".join(
        f"{connector.spec.name} ({connector.slug})" for connector in connectors
    )
    return (
        f"documentation prints this id for {names}, but the platform does not know it"
    )


def _id_clash(connectors: Iterable[Connector]) -> ConnectorClash:
    owners = ", ".join(
        f"{connector.slug} of {connector.distribution}" for connector in connectors
    )
    return ConnectorClash(
        f"several connectors have this connection specification id: {owners}",
        remedy="name the one you mean by its slug, or uninstall the others",
    )


@functools.cache
def installed() -> Registry:
    """Return the registry of the running environment, read once."""
    return Registry.installed()


def available() -> tuple[str, ...]:
    """Return the slugs of all installed connectors, sorted, without importing any of them."""
    return installed().available()


def load(slug: str) -> Connector:
    """Load one installed connector by slug; see `Registry.load` for the errors."""
    return installed().load(slug)


def find(spec_id: str) -> ConnectorMatch:
    """Look an installed connector up by specification id or known misprint; see `Registry.find`."""
    return installed().find(spec_id)


def _group_by_slug(entries: Iterable[EntryPoint]) -> dict[str, list[EntryPoint]]:
    """Group entry points by slug, counting one distribution once: it may be seen twice on ``sys.path``."""
    by_owner: dict[str, dict[str, EntryPoint]] = {}
    for entry in entries:
        owner = distribution_of(entry).name.lower()
        by_owner.setdefault(entry.name, {}).setdefault(owner, entry)
    return {slug: list(owners.values()) for slug, owners in by_owner.items()}
