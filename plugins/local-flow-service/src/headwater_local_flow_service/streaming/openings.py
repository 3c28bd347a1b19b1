"""Who stands behind an inlet, what may be sent to it, and whether the sender must say who he is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from headwater_local_flow_service.inlets.problems import InletError
from headwater_local_flow_service.kernel import transitions
from headwater_local_flow_service.kernel.kind import DRAFT
from headwater_local_flow_service.store import tables

if TYPE_CHECKING:
    import falcon

    from headwater_local_flow_service.gateway.tokens import Tokens
    from headwater_local_flow_service.inlets.registry import InletFinder
    from headwater_local_flow_service.store.inlet_rows import Inlet
    from headwater_local_flow_service.store.store import Record, Store

_RAW = "raw"


@attrs.frozen(kw_only=True)
class Opening:
    """An inlet as its owner describes it.

    `base` is the base connection, or None where the inlet is that of `flow`. With `raw`, what is sent is data of any
    form, else XDM messages. `source_name` stands in for senders who do not say what they are.
    """

    inlet: Inlet
    base: str | None = None
    flow: str | None = None
    raw: bool = False
    authenticated: bool = False
    source_name: str = ""


def open_inlet(store: Store, finder: InletFinder, id: str) -> Opening:
    """Return what is behind an inlet. Raises `InletError` where there is no such inlet."""
    inlet = finder.find(id)
    if inlet is not None:
        connection = store.get(tables.connections, inlet.scope, inlet.owner)
        if connection is not None and _is_open(connection):
            return _of_connection(inlet, connection)
        flow = store.get(tables.flows, inlet.scope, inlet.owner)
        if flow is not None and _is_open(flow):
            name = str(flow.document.get("name", ""))
            return Opening(inlet=inlet, flow=flow.id, raw=True, source_name=name)
    raise InletError(
        404,
        "There is no inlet of this id: take inletUrl from the base connection or the dataflow",
    )


def admit(req: falcon.Request, opening: Opening, tokens: Tokens) -> None:
    """Refuse senders without a token where the inlet asks for one. Raises `InletError`.

    Without clients any token will do, as everywhere in the service.
    """
    if not opening.authenticated:
        return
    scheme, _blank, token = (req.get_header("authorization") or "").partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token:
        raise InletError(401, "[id] Ims service token is empty")
    if not tokens.required:
        return
    client = tokens.client_of(token)
    if client is None:
        raise InletError(403, "[id] Ims service token is invalid or has expired")
    if opening.inlet.scope.org not in client.organizations:
        raise InletError(403, "[id] Ims service token is of another organization")


def _is_open(record: Record) -> bool:
    return record.state != DRAFT and not transitions.is_being_deleted(record)


def _of_connection(inlet: Inlet, record: Record) -> Opening:
    params: dict[str, Any] = (record.document.get("auth") or {}).get("params") or {}
    name = params.get("sourceId") or params.get("name") or record.document.get("name")
    return Opening(
        inlet=inlet,
        base=record.id,
        raw=params.get("dataType") == _RAW,
        authenticated=params.get("authenticationRequired") is True,
        source_name=str(name or ""),
    )
