"""What people should know of a connector, or of its id, that no plugin vouches for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from headwater.cli.state import State
    from headwater.connectors.connector import Connector
    from headwater.models import AuthenticationSpec


def tell_origin(state: State, connector: Connector) -> None:
    """Say where a connector, or its connection specification id, comes from, where that is no plugin."""
    if connector.from_tenant:
        state.notice(f"{connector.slug} comes from the {connector.distribution}")
    if connector.id_source:
        state.notice(
            f"{connector.slug}: the id {connector.spec.id} comes from {connector.id_source}"
        )


def creatable(state: State, slug: str, spec_id: str | None) -> Connector:
    """Return a connector to create with, under the id given where it has no verified one, and say where that is from.

    Raises `NotCreatable` and what `headwater.spec_ids` raises.
    """
    from headwater.connectors.spec_ids import with_spec_id
    from headwater.create.runner import check_creatable

    connector = state.registry().load(slug)
    if spec_id is not None:
        connector = with_spec_id(connector, spec_id)
    check_creatable(connector)
    tell_origin(state, connector)
    return connector


def lifecycle_notices(connector: Connector, auth: AuthenticationSpec) -> list[str]:
    """Return a line for a source that is beta or deprecated, and one for a deprecated authentication."""
    spec = connector.spec
    found = []
    if spec.lifecycle != "ga":
        found.append(
            f"{spec.name} is {spec.lifecycle}"
            + (f": {spec.lifecycle_note}" if spec.lifecycle_note else "")
        )
    if auth.deprecated:
        found.append(
            f"{auth.label} is deprecated" + (f": {auth.note}" if auth.note else "")
        )
    return found
