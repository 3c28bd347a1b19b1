"""What people should know of a connector before they use it: where it and its id come from, and what retires."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from headwater.cli.state import State
    from headwater.connectors.connector import Connector
    from headwater.credentials.given import GivenCredentials


def tell_origin(state: State, connector: Connector) -> None:
    """Say where a connector, or its connection specification id, comes from, unless it is the plugin."""
    if connector.from_tenant:
        state.notice(f"{connector.slug} comes from the {connector.distribution}")
    if connector.id_source:
        state.notice(
            f"{connector.slug}: the id {connector.spec.id} comes from {connector.id_source}"
        )


def load_creatable(state: State, slug: str, spec_id: str | None) -> Connector:
    """Return a connector to create with, under the id given where it has no verified one, and say where that is from.

    Raises `NotCreatable` and what `with_spec_id` raises.
    """
    connector = state.registry().load(slug)
    if spec_id is not None:
        from headwater.connectors.spec_ids import with_spec_id

        connector = with_spec_id(connector, spec_id)
    connector.check_creatable()
    tell_origin(state, connector)
    return connector


def tell_advice(
    state: State, connector: Connector, credentials: GivenCredentials
) -> list[dict[str, str]]:
    """Tell what people should know of a source and of credentials for it, and return it for JSON output."""
    from headwater.credentials.advice import advise

    advice = advise(connector.spec, credentials)
    for one in advice:
        state.notice(str(one))
    return [one.as_dict() for one in advice]
