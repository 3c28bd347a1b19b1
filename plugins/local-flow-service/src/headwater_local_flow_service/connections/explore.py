"""``/explore`` and ``/configs``: what is asked, checked in full before the source is.

The rules: docs/flow-service-operations.md#exploring.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headwater.errors import SourceOutOfReach
from headwater_local_flow_service.connections import asking, sampled, source_params
from headwater_local_flow_service.connections.questions import Question, read_question
from headwater_local_flow_service.errors import FlowError, not_found
from headwater_local_flow_service.gateway.gateway import caller_of
from headwater_local_flow_service.gateway.incoming import warn
from headwater_local_flow_service.kernel import lifecycle
from headwater_local_flow_service.landing import exploring
from headwater_local_flow_service.samples.source import mark
from headwater_local_flow_service.specs import (
    source_connectors,
    source_shapes,
    spec_parts,
    stored_specs,
)
from headwater_local_flow_service.specs.fixed_connection_specs import LANDING_ZONE

if TYPE_CHECKING:
    import falcon

    from headwater.connectors.connector import Connector
    from headwater_local_flow_service.connections.connections import Connections
    from headwater_local_flow_service.kernel.service_context import ServiceContext
    from headwater_local_flow_service.landing.zones import Zones
    from headwater_local_flow_service.specs.source_shapes import SourceShape
    from headwater_local_flow_service.store.store import Record, Scope


class ExploreConnection:
    """``/connections/{id}/explore``: the source's tables, and a table's columns and first rows."""

    def __init__(self, kind: Connections) -> None:
        self._kind = kind

    def on_get(self, req: falcon.Request, resp: falcon.Response, id: str) -> None:
        """Return an array for a root, an object for a table; the source itself is asked, through its connector."""
        context = self._kind.context
        question = read_question(
            req, strict=context.settings.strictness.refuse_loose_spellings
        )
        record = lifecycle.read_record(self._kind, caller_of(req).scope, id)
        connector = self._kind.find_connector(record)
        if connector is None:
            raise FlowError(
                "CONNECTOR-1336-400",
                "the connector of this connection is not installed any more",
            )
        shape = source_connectors.look_up_shape(context, record.scope, connector)
        check_answerable(question, connector, shape)
        answer = self._ask_source(record, connector, question)
        is_sample = answer is None
        if is_sample:
            answer = sampled.explore(question, _of_files(question), shape)
            sampled.tell(resp)
        if shape.wraps_root:
            answer = _wrap(answer)
        resp.media = mark(answer) if is_sample else answer

    def _ask_source(
        self, record: Record, connector: Connector, question: Question
    ) -> Any:
        """Return what the source answers, or None where nobody can ask it and samples stand in. Raises `FlowError`."""
        has_samples = self._kind.context.settings.sample_data
        if has_samples and not connector.readable:
            return None
        check_readable(question, connector)
        with asking.refusals(record.id):
            account = self._kind.open_account(record, connector)
            try:
                return _ask(account, question)
            except SourceOutOfReach:
                if not has_samples:
                    raise
        return None


class ExploreSpec:
    """``/connectionSpecs/{id}/explore``: for sources without a base connection, of which the landing zone is here."""

    def __init__(self, context: ServiceContext, zones: Zones) -> None:
        self._context = context
        self._zones = zones

    def on_get(self, req: falcon.Request, resp: falcon.Response, id: str) -> None:
        """Return an array for what a root or a folder holds, an object for a file in the landing zone."""
        # Adobe's file declares no parameters for this path, so that clients made from it name no objectType.
        question = read_question(
            req,
            strict=self._context.settings.strictness.refuse_loose_spellings,
            object_type="root",
        )
        scope = caller_of(req).scope
        self._check_explored(scope, id)
        if id != LANDING_ZONE or question.object_type not in exploring.OBJECT_TYPES:
            raise FlowError(
                "CONNECTOR-1336-400",
                "nothing is explored by this connection specification here",
            )
        with exploring.translate_unavailable():
            explored = exploring.explore(self._zones.zone(scope), _of_files(question))
        resp.media = explored.answer
        if explored.left_out:
            warn(req, f"{explored.left_out} entries of the folder are left out")

    def _check_explored(self, scope: Scope, id: str) -> None:
        """Refuse an id that is not known, and one whose source is explored through a base connection."""
        catalog = self._context.catalog()
        with self._context.store.reading() as rows:
            connector = source_connectors.find_connector(rows, catalog, scope, id)
            if connector is None:
                spec = stored_specs.find_connection_spec(rows, catalog, scope, id)
                if spec is None:
                    raise not_found(id, "connectionSpecs")
                return
        if connector.spec.base_connection:
            text = "this source is explored through a base connection: /connections/{id}/explore"
            raise FlowError("CONNECTOR-1372-400", text)


def _of_files(question: Question) -> exploring.FileQuestion:
    """Return the question as it is asked of a place for files."""
    named = {
        "fileType": question.file.type,
        "compressionType": question.file.compression,
        "columnDelimiter": question.file.delimiter,
        "encoding": question.file.encoding,
    }
    return exploring.FileQuestion(
        object_type=question.object_type,
        object=question.object,
        preview=question.preview,
        determine=question.file.determine,
        options={name: value for name, value in named.items() if value is not None},
    )


def check_answerable(
    question: Question, connector: Connector, shape: SourceShape
) -> None:
    """Refuse what the source cannot be asked. Raises `FlowError`."""
    name = connector.spec.name
    if question.object_type not in shape.explored:
        text = f"{name} is explored by {', '.join(shape.explored) or 'nothing'}, not by {question.object_type}"
        raise FlowError("CONNECTOR-1336-400", text)
    if question.filtered:
        spec_parts.check_filters_at_source(connector)
        raise FlowError(
            "CONNECTOR-1354-400",
            "the embedded service passes no filters on to a source",
        )
    if question.file.determine and shape.kind != source_shapes.FILE:
        raise FlowError(
            "CONNECTOR-1376-400", f"{name} has no files whose properties to determine"
        )
    if shape.kind == source_shapes.REST:
        _check_source_params(question, shape)


def check_readable(question: Question, connector: Connector) -> None:
    """Refuse what this connector does not ask its source. Raises `FlowError`."""
    if question.object_type in ("folder", "file"):
        raise FlowError(
            "CONNECTOR-1336-400",
            "the embedded service looks into tables, not into files",
        )
    if not connector.readable:
        raise FlowError(
            "CONNECTOR-1336-400",
            f"the connector of this connection, {connector.slug}, cannot read its source directly",
        )
    if question.source_params:
        raise FlowError(
            "CONNECTOR-1336-400",
            f"the connector of this connection, {connector.slug}, takes no sourceParams",
        )


def _check_source_params(question: Question, shape: SourceShape) -> None:
    """Demand what the source's specification asks for, whether or not anybody can be asked."""
    source_params.check(
        question.source_params or {},
        shape,
        draft=False,
        path="sourceParams",
        missing="CONNECTOR-1359-400",
    )


def _ask(account: asking.Account, question: Question) -> Any:
    if question.object_type == "root":
        return asking.list_tables(account)
    if question.object_type == "rest":
        return asking.describe_resource(
            account, question.object, preview=question.preview
        )
    return asking.describe_table(account, question.object, preview=question.preview)


def _wrap(answer: Any) -> Any:
    """Return a list of tables as one source's page prints it: in ``items``, by their names alone."""
    if not isinstance(answer, list):
        return answer
    return {"items": [{"type": item["type"], "name": item["path"]} for item in answer]}
