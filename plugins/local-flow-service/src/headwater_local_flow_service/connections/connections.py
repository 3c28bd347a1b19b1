"""Base connections: an authenticated account of a source."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headwater_local_flow_service.connections import asking, documents
from headwater_local_flow_service.errors import FlowError
from headwater_local_flow_service.gateway.gateway import caller_of
from headwater_local_flow_service.gateway.incoming import parameters
from headwater_local_flow_service.kernel import actions, bodies, handlers, patching
from headwater_local_flow_service.kernel.kind import DRAFT, Content, ResourceKind
from headwater_local_flow_service.listing.views import View
from headwater_local_flow_service.specs import drafts, references, stored_specs
from headwater_local_flow_service.store import tables
from headwater_local_flow_service.store.tables import connections as table

if TYPE_CHECKING:
    import falcon

    from headwater_local_flow_service.kernel.kind import Creation, Operation
    from headwater_local_flow_service.store.store import Record, Rows, Scope


class Connections(ResourceKind):
    """``/connections``: credentials that fit the connection specification, sealed at rest and masked on reads."""

    type = "connections"
    view = View(table=table, spec="connectionSpec")

    def validate_new(self, body: dict[str, Any], creation: Creation) -> Content:
        """Check a new connection against its connector."""
        scope = creation.caller.scope
        stored = stored_specs.asked(self.context.store, scope)
        found = references.source_spec(
            body, self.context.catalog(), self.context.settings.strictness, stored
        )
        if creation.draft:
            drafts.check_offered(self.context, scope, found.reference["id"])
        checked = documents.checked(body, found, draft=creation.draft)
        return Content(
            document=documents.masked(checked.document, checked.secret_names),
            secrets=self._sealed(checked.document, scope, creation.id),
            warning=checked.warning,
        )

    def validate_change(
        self, record: Record, document: dict[str, Any], body: Any
    ) -> Content:
        """Check a patched connection; its credentials only where the patch touched them."""
        bodies.check_texts(document)
        if patching.touches(body, "auth"):
            with self.context.store.reading() as rows:
                names = self._settled(
                    rows, document, record, draft=record.state == DRAFT
                )
            rest = {
                name: value
                for name, value in document.items()
                if name != bodies.LEFT_OUT
            }
            shown = documents.masked(rest, names)
            return Content(
                document=shown, secrets=self._sealed(document, record.scope, record.id)
            )
        if "auth" in record.document:
            document = document | {"auth": record.document["auth"]}
        return Content(document=document, secrets=record.secrets)

    def unseal(self, record: Record) -> dict[str, Any]:
        """Return a row's document with its secrets in clear."""
        if record.secrets is None:
            return record.document
        params = self.context.store.vault.open(
            record.secrets, record.scope.org, record.scope.sandbox, record.id
        )
        return record.document | {"auth": record.document["auth"] | {"params": params}}

    def act(self, rows: Rows, record: Record, operation: Operation) -> Record:
        """Publish a draft: from now on it must be whole."""
        actions.check(operation, (actions.PUBLISH, *actions.FINALIZING))
        drafts.check_unpublished(record, self.type)
        self._settled(rows, self.unseal(record), record)
        return drafts.published(
            record,
            operation.caller,
            Content(document=record.document, secrets=record.secrets),
        )

    def check_deletable(self, rows: Rows, record: Record) -> None:
        """Refuse while a dataflow uses the connection through its source or target connection."""
        for between in (tables.source_connections, tables.target_connections):
            for one in rows.referring(between, record.scope, record.id):
                if rows.referring(tables.flows, record.scope, one.id):
                    text = "dataflows still use this connection: delete them first"
                    raise FlowError("FLOW-1418-400", text, id=record.id, type=self.type)

    def _settled(
        self,
        rows: Rows,
        document: dict[str, Any],
        record: Record,
        *,
        draft: bool = False,
    ) -> frozenset[str]:
        connector = stored_specs.connector(
            rows, self.context.catalog(), record.scope, record.spec_id
        )
        if connector is None:
            raise FlowError(
                "FLOW-1413-400",
                "the connector of this connection is not installed any more",
            )
        return documents.settle_auth(document, connector, draft=draft)

    def _sealed(self, document: dict[str, Any], scope: Scope, id: str) -> bytes | None:
        if "auth" not in document:
            return None
        return self.context.store.vault.seal(
            document["auth"]["params"], scope.org, scope.sandbox, id
        )


class ConnectionTest:
    """``/connections/{id}/test``: whether the source accepts the stored credentials, asked through the connector."""

    def __init__(self, kind: Connections) -> None:
        self._kind = kind

    def on_get(self, req: falcon.Request, resp: falcon.Response, id: str) -> None:
        """Return ``{"result": bool}``; credentials that are refused are an answer, not an error."""
        parameters(req, ())
        resp.media = {
            "result": asking.tested(
                self._kind, handlers.read(self._kind, caller_of(req).scope, id)
            )
        }
