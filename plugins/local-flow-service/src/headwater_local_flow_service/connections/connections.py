"""Base connections: an authenticated account of a source."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from headwater.errors import InvalidInput, SourceOutOfReach
from headwater.foreign import raise_bare
from headwater.sources import Reach
from headwater_local_flow_service.connections import (
    asking,
    connection_document,
    inlet_params,
    kept_secrets,
    sampled,
)
from headwater_local_flow_service.errors import FlowError
from headwater_local_flow_service.gateway.gateway import caller_of
from headwater_local_flow_service.gateway.incoming import parameters
from headwater_local_flow_service.inlets import registry
from headwater_local_flow_service.kernel import actions, bodies, lifecycle, patching
from headwater_local_flow_service.kernel.kind import DRAFT, Content, ResourceKind
from headwater_local_flow_service.listing.views import View
from headwater_local_flow_service.samples import source as samples
from headwater_local_flow_service.specs import drafts, references, source_connectors
from headwater_local_flow_service.store import tables
from headwater_local_flow_service.store.inlet_rows import InletRows
from headwater_local_flow_service.store.tables import connections as table
from headwater_local_flow_service.store.vault import DoesNotOpen

if TYPE_CHECKING:
    import falcon

    from headwater.connectors.connector import Connector
    from headwater_local_flow_service.connections.connection_document import Auth
    from headwater_local_flow_service.kernel.kind import Creation, Operation
    from headwater_local_flow_service.store.store import Record, Rows, Scope

log = logging.getLogger("headwater.local")


class Connections(ResourceKind):
    """``/connections``: credentials that fit the connection specification, sealed at rest and masked on reads."""

    type = "connections"
    view = View(table=table, spec="connectionSpec")

    def validate_new(self, body: dict[str, Any], creation: Creation) -> Content:
        """Check a new connection against its connector."""
        source = references.resolve_source(
            self.context, creation, body.get("connectionSpec")
        )
        document = bodies.drop_read_only(body) | {"connectionSpec": source.reference}
        document = inlet_params.drop(document, source.connector.spec.id)
        connection = connection_document.read(document, source.connector)
        warning = connection_document.check_credentials(
            connection.auth,
            source.connector,
            draft=creation.draft,
            refuse_unknown=self._refuses_unknown(),
        )
        return Content(
            document=connection.mask(),
            secrets=self.seal(connection.auth, creation.caller.scope, creation.id),
            marks=connection.marks,
            warning="; ".join(filter(None, (source.warning, warning))),
        )

    def validate_change(
        self, record: Record, document: dict[str, Any], body: Any
    ) -> Content:
        """Check a patched connection; its credentials only where the patch touched them."""
        document = inlet_params.drop(document, record.spec_id)
        if patching.touches(body, "auth"):
            return self._validate_auth(record, document, body)
        document = bodies.normalize(document)
        bodies.check_naming(document)
        if "auth" in record.document:
            document["auth"] = record.document["auth"]
        return Content(document=document, secrets=record.secrets)

    def open_to_patch(self, record: Record, body: Any) -> dict[str, Any]:
        """Return the document with its secrets in clear; where they do not open, a patch may still give them anew."""
        try:
            # What was read may be tested, and sent back.
            return inlet_params.show(record, self.unseal(record), self.context.store)
        except _Closed:
            if not kept_secrets.needs_none(record, body):
                raise
        return record.document

    def unseal(self, record: Record) -> dict[str, Any]:
        """Return a row's document with its secrets in clear. Raises `FlowError` where they do not open."""
        if record.secrets is None:
            return record.document
        scope = record.scope
        try:
            params = self.context.store.vault.open(
                record.secrets, scope.org, scope.sandbox, record.id
            )
        except DoesNotOpen as error:
            log.error("connections %s: %s", record.id, error)
            raise_bare(_Closed(record.id, self.type))
        return record.document | {"auth": record.document["auth"] | {"params": params}}

    def complete(self, rows: Rows, record: Record, content: Content) -> Record:  # noqa: ARG002
        """Give a connection that messages can be sent to its inlet."""
        if inlet_params.has_inlet(record):
            registry.ensure(rows, record.scope, record.id)
        return record

    def render(self, record: Record) -> dict[str, Any]:
        """Return a connection as it is read; that of the HTTP API with its inlet."""
        return inlet_params.show(record, super().render(record), self.context.store)

    def remove_dependents(self, rows: Rows, record: Record) -> None:
        """Let the inlet go with its connection: nothing that was sent to it is lost by that."""
        InletRows(rows).remove(record.scope, record.id)

    def act(self, rows: Rows, record: Record, operation: Operation) -> Record:
        """Publish a draft: from now on it must be whole."""
        actions.check(operation, (actions.PUBLISH, *actions.FINALIZING))
        drafts.check_unpublished(record, self.type)
        connector = source_connectors.find_connector(
            rows, self.context.catalog(), record.scope, record.spec_id
        )
        connector = _require_installed(connector)
        connection = connection_document.read(self.unseal(record), connector)
        connection_document.check_credentials(connection.auth, connector)
        content = Content(document=record.document, secrets=record.secrets)
        return drafts.publish(record, operation.caller, content)

    def check_deletable(self, rows: Rows, record: Record) -> None:
        """Refuse while a dataflow uses the connection through its source or target connection."""
        for collection in (tables.source_connections, tables.target_connections):
            for between in rows.referring_ids(collection, record.scope, record.id):
                if rows.is_referred(tables.flows, record.scope, between):
                    text = "dataflows still use this connection: delete them first"
                    raise FlowError("FLOW-1418-400", text, id=record.id, type=self.type)

    def find_connector(self, record: Record) -> Connector | None:
        """Return the connector of a stored connection, or None where it is not installed any more."""
        return source_connectors.look_up_connector(
            self.context, record.scope, record.spec_id
        )

    def open_account(self, record: Record, connector: Connector) -> asking.Account:
        """Return the account of a stored connection.

        Raises `InvalidInput` where its credentials do not fit, and `FlowError` where they do not open.
        """
        auth = self.unseal(record).get("auth", {})
        return asking.open_account(
            connector,
            auth,
            record.marks,
            self._reach(),
            patience=self.context.settings.source_timeout,
        )

    def _demands_secrets_anew(self) -> bool:
        settings = self.context.settings
        return bool(settings.clients) or settings.strictness.demand_secrets_anew

    def _refuses_unknown(self) -> bool:
        return self.context.settings.strictness.refuse_unknown_fields

    def _reach(self) -> Reach:
        """Return where a source may be; callers from elsewhere must not be led to this machine's own services."""
        settings = self.context.settings
        return Reach(settings.reach_sources, this_machine=not settings.clients)

    def _validate_auth(
        self, record: Record, document: dict[str, Any], body: Any
    ) -> Content:
        connector = _require_installed(self.find_connector(record))
        # Credentials that an export left out have been given anew.
        whole = bodies.drop_fields(document, (bodies.LEFT_OUT,))
        connection = connection_document.read(whole, connector, record.marks)
        warnings = [
            connection_document.check_credentials(
                connection.auth,
                connector,
                draft=record.state == DRAFT,
                refuse_unknown=self._refuses_unknown(),
            )
        ]
        if connection.auth is not None:
            warnings.append(
                kept_secrets.check(
                    record, connection.auth, body, strict=self._demands_secrets_anew()
                )
            )
        return Content(
            document=connection.mask(),
            secrets=self.seal(connection.auth, record.scope, record.id),
            marks=connection.marks,
            warning="; ".join(filter(None, warnings)),
        )

    def seal(self, auth: Auth | None, scope: Scope, id: str) -> bytes | None:
        """Seal the credentials of a connection, or return None where there are none."""
        if auth is None:
            return None
        return self.context.store.vault.seal(auth.params, scope.org, scope.sandbox, id)


class _Closed(FlowError):
    """The refusal of what needs stored credentials that no key of the store opens."""

    def __init__(self, id: str, type: str) -> None:
        text = (
            "the stored credentials of this connection do not open with the key of the store: give them anew, all in "
            "one patch, or have the key restored that they were stored with"
        )
        super().__init__("CONNECTOR-1312-400", text, id=id, type=type)


class ConnectionTest:
    """``/connections/{id}/test``: whether the source accepts the stored credentials, asked through the connector."""

    def __init__(self, kind: Connections) -> None:
        self._kind = kind

    def on_get(self, req: falcon.Request, resp: falcon.Response, id: str) -> None:
        """Return ``{"result": bool}``; credentials that are refused are an answer, not an error."""
        parameters(req, ())
        record = lifecycle.read_record(self._kind, caller_of(req).scope, id)
        accepted = self._is_accepted(record)
        resp.media = {"result": bool(accepted)}
        if accepted is None:
            # Whoever tries the tutorials offline goes on as if the source had accepted.
            resp.media = samples.mark({"result": True})
            sampled.tell(resp)

    def _is_accepted(self, record: Record) -> bool | None:
        """Return what the source says, or None where nobody can ask it and samples stand in. Raises `FlowError`."""
        has_samples = self._kind.context.settings.sample_data
        connector = self._kind.find_connector(record)
        if connector is None:
            return False
        if connector.authentication:
            try:
                account = self._kind.open_account(record, connector)
            except (InvalidInput, _Closed):
                return False
            if connector.readable:
                return self._ask_source(record, account, has_samples=has_samples)
        if has_samples:
            return None
        raise FlowError(
            "CONNECTOR-1305-400",
            "the connector of this connection cannot read its source directly",
        )

    def _ask_source(
        self, record: Record, account: asking.Account, *, has_samples: bool
    ) -> bool | None:
        with asking.refusals(record.id):
            try:
                return asking.is_accepted(account)
            except SourceOutOfReach:
                if not has_samples:
                    raise
        return None


def _require_installed(connector: Connector | None) -> Connector:
    if connector is None:
        raise FlowError(
            "FLOW-1413-400",
            "the connector of this connection is not installed any more",
        )
    return connector
