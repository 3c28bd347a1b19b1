"""What people should know of a connector, or of its id, that no plugin vouches for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from headwater.cli.state import State
    from headwater.connector import Connector


def tell_origin(state: State, connector: Connector) -> None:
    """Say where a connector, or its connection specification id, comes from, where that is no plugin."""
    if connector.from_tenant:
        state.notice(f"{connector.slug} comes from the {connector.distribution}")
    if connector.id_source:
        state.notice(f"{connector.slug}: the id {connector.spec.id} comes from {connector.id_source}")


def creatable(state: State, slug: str, spec_id: str | None) -> Connector:
    """Return a connector to create with, under the id given where it has no verified one, and say where that is from.

    Raises `NotCreatable` and what `headwater.spec_ids` raises.
    """
    from headwater.runner import check_creatable
    from headwater.spec_ids import with_spec_id

    connector = state.registry().load(slug)
    if spec_id is not None:
        connector = with_spec_id(connector, spec_id)
    check_creatable(connector)
    tell_origin(state, connector)
    return connector
