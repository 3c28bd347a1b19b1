"""The installed connectors, and below them those that only the tenant knows."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING

from headwater.arguments import require_text
from headwater.connectors.registry import Registry
from headwater.errors import PluginError
from headwater.tenant.connectors import connector_of, distribution_of, is_usable
from headwater.tenant.names import is_named_like, slugs_of

if TYPE_CHECKING:
    from headwater.connectors.connector import Connector
    from headwater.flowservice import RemoteSpec
    from headwater.tenant.pulled import Pulled


class TenantRegistry(Registry):
    """A registry with the pulled specifications of one tenant as a third source of connectors.

    An installed connector wins, by its slug and by its connection specification id. One whose id is not verified takes
    the id of the only specification of the same name, and says so in `Connector.id_source`. One that only says that its
    source is set up in the user interface gives way to that specification: a tenant that lists it may create it.
    """

    def __init__(self, installed: Registry, pulled: Pulled) -> None:
        super().__init__(())
        self._installed = installed
        self._pulled = pulled
        usable = {spec.id.lower(): spec for spec in pulled.specs if is_usable(spec)}
        self._specs = slugs_of(usable.values(), installed.available())

    def available(self) -> tuple[str, ...]:
        """Return all slugs, sorted, without importing any plugin: what the last pull knew of them has to do."""
        installed = self._installed.available()
        known = self._pulled.known
        slugs = set(installed)
        for slug, spec in self._specs.items():
            if known.get(spec.id.lower()) not in installed:
                slugs.add(slug)
        return tuple(sorted(slugs))

    def load(self, slug: str) -> Connector:
        """Load one connector; see `Registry.load` for the errors.

        A slug of the tenant's whose id an installed connector has leads to that connector.
        """
        require_text("slug", slug)
        if slug in self._installed.available():
            return self._complete(self._installed.load(slug))
        spec = self._specs.get(slug)
        if spec is None:
            return self._find_by_platform_name(slug)
        for connector in self._all_installed():
            if connector.spec.id == spec.id.lower():
                return connector
        return self._build(slug)

    def all(self) -> tuple[list[Connector], list[PluginError]]:
        """Load every connector, the tenant's among them; see `Registry.all`."""
        working, failures = self._all_installed(), [*self._installed.all()[1]]
        ids = {connector.spec.id for connector in working}
        for slug, spec in self._specs.items():
            if spec.id.lower() in ids:
                continue
            try:
                working.append(self._build(slug))
            except PluginError as error:
                failures.append(error)
        return sorted(working, key=attrgetter("slug")), failures

    def _all_installed(self) -> list[Connector]:
        return [self._complete(connector) for connector in self._installed.all()[0]]

    def _complete(self, connector: Connector) -> Connector:
        """Return the connector with what the tenant knows where it has no id of its own and just one fits by name."""
        if connector.spec.id is not None:
            return connector
        taken = {other.spec.id for other in self._installed.all()[0]}
        fitting = []
        for spec in self._specs.values():
            if spec.id.lower() not in taken and is_named_like(spec, connector):
                fitting.append(spec)
        if len(fitting) != 1:
            return connector
        if connector.spec.ui_only:
            return self._build_as(connector.slug, fitting[0])
        return self._identify(connector, fitting[0])

    def _identify(self, connector: Connector, spec: RemoteSpec) -> Connector:
        source = f"the tenant's specification {spec.name} {self._pulled.label}"
        return connector.with_id(spec.id.lower(), version=spec.version, source=source)

    def _build(self, slug: str) -> Connector:
        return self._build_as(slug, self._specs[slug])

    def _build_as(self, slug: str, spec: RemoteSpec) -> Connector:
        if slug not in self._loaded:
            self._loaded[slug] = connector_of(spec, slug, distribution_of(self._pulled))
        return self._loaded[slug]
