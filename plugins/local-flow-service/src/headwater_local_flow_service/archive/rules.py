"""What an object of each collection must be to come into a store: what its own service would have stored.

Each collection has its rules: they ask the functions that a create asks, about the document without what the service
itself has written into it. What an object refers to may stand further down in the file, so it is looked at by itself,
once everything is in.
"""

from __future__ import annotations

import abc
import re
from typing import TYPE_CHECKING, Any, ClassVar, Final

import attrs

from headwater_local_flow_service.connections import (
    connected,
    connection_document,
    source_connections,
    target_connections,
)
from headwater_local_flow_service.connections.connections import Connections
from headwater_local_flow_service.errors import FlowError
from headwater_local_flow_service.flows import (
    dataflow,
    flow_bodies,
    flow_connections,
    flow_documents,
    run_documents,
    run_parts,
)
from headwater_local_flow_service.kernel import bodies, lifecycle, transitions
from headwater_local_flow_service.kernel.kind import DISABLED, DRAFT, ENABLED, Content
from headwater_local_flow_service.listing.filters import fold_state
from headwater_local_flow_service.neighbours import (
    composition,
    data_sets,
    lookup,
    mappings,
    records,
)
from headwater_local_flow_service.specs import (
    fixed_specs,
    source_connectors,
    specs,
    stored_specs,
)
from headwater_local_flow_service.specs.connection_specs import ConnectionSpecs
from headwater_local_flow_service.specs.fixed_connection_specs import DATA_LAKE
from headwater_local_flow_service.specs.flow_specs import FlowSpecs
from headwater_local_flow_service.store import marks, tables

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import Table

    from headwater.connectors.connector import Connector
    from headwater_local_flow_service.kernel.kind import ResourceKind
    from headwater_local_flow_service.kernel.service_context import ServiceContext
    from headwater_local_flow_service.store.store import Record, Rows, Scope

_INVALID: Final = "CONNECTOR-1312-400"
_UUID_STATES: Final = (ENABLED, DRAFT)
_HEX: Final = re.compile(r"[0-9a-f]{8,64}")
_OF_DATA_SET: Final = re.compile(r"1\.0\.[0-9]{1,9}")


class Rules(abc.ABC):
    """The rules of one collection. Methods raise `FlowError` with a sentence for what is wrong."""

    table: ClassVar[Table]
    states: ClassVar[tuple[str, ...]]

    def __init__(self, context: ServiceContext) -> None:
        self.context = context

    @abc.abstractmethod
    def admit(self, rows: Rows, record: Record, left_out: Sequence[str]) -> Record:
        """Check a row by itself, and return it as it is to be stored; `left_out` names secrets that it lacks."""

    def list_links(self, record: Record) -> Iterable[str]:  # noqa: ARG002
        """Return the ids of the rows that a row names."""
        return ()

    def check_references(self, rows: Rows, record: Record) -> None:  # noqa: B027 - some refer to nothing
        """Check a row against those that it names, once all of them are there."""

    def check_id(self, record: Record) -> None:
        """Check the form of the row's id."""
        _require(lifecycle.is_id(record.id), "id is not a UUID")

    def name_of(self, record: Record) -> str:
        """Return what the column for the name must hold."""
        return lifecycle.column_name(record.document)


class _Specifications(Rules):
    """Specifications of an organization: valid in all of its sandboxes, and without a state."""

    states = ("",)
    kind: ClassVar[type[specs.Specs]]

    def admit(self, rows: Rows, record: Record, left_out: Sequence[str]) -> Record:  # noqa: ARG002
        _require(not record.spec_id, "spec_id must be empty")
        said = specs.normalize(record.document)
        _require_same(self.kind(self.context).validate(said), record.document)
        return record


class ConnectionSpecRules(_Specifications):
    """Stored connection specifications."""

    table = tables.connection_specs
    kind = ConnectionSpecs


class FlowSpecRules(_Specifications):
    """Stored flow specifications."""

    table = tables.flow_specs
    kind = FlowSpecs


class _OfASource(Rules):
    """Objects of a connector: its specification must come before them, in the file or in the store."""

    def __init__(self, context: ServiceContext) -> None:
        super().__init__(context)
        self._connectors: dict[tuple[str, str], Connector] = {}

    def require_connector(self, rows: Rows, record: Record) -> Connector:
        """Return the connector of a row, built once. Raises `FlowError`."""
        _check_reference(record, "connectionSpec")
        wanted = (record.scope.org, record.spec_id)
        known = self._connectors.get(wanted)
        if known is not None:
            return known
        connector = source_connectors.find_connector(
            rows, self.context.catalog(), record.scope, record.spec_id
        )
        if connector is None:
            text = (
                "connectionSpec.id is not a source that is known here: install its connector, or put its "
                "specification before it"
            )
            raise FlowError("FLOW-1413-400", text)
        self._connectors[wanted] = connector
        return connector


class ConnectionRules(_OfASource):
    """Base connections; a secret that stands in the file in clear is sealed as that of a create."""

    table = tables.connections
    states = _UUID_STATES

    def admit(self, rows: Rows, record: Record, left_out: Sequence[str]) -> Record:
        connector = self.require_connector(rows, record)
        said = _drop_written(record, ())
        connection = connection_document.read(said, connector)
        _require_same(connection.fields, said)
        connection_document.check_credentials(
            connection.auth,
            connector,
            draft=record.state == DRAFT,
            left_out=left_out,
        )
        document = connection.mask() | _turning(record)
        if left_out:
            document = document | {bodies.LEFT_OUT: list(left_out)}
        secrets = None
        if connection.auth is not None and connection.mask() != connection.fields:
            secrets = Connections(self.context).seal(
                connection.auth, record.scope, record.id
            )
        lacking = tuple(marks.path_of(name) for name in left_out)
        return attrs.evolve(
            record,
            document=document,
            secrets=secrets,
            marks=marks.join(connection.marks, lacking),
        )


class SourceConnectionRules(_OfASource):
    """Source connections; the base connection may be gone, for it can be deleted before them."""

    table = tables.source_connections
    states = _UUID_STATES

    def admit(self, rows: Rows, record: Record, left_out: Sequence[str]) -> Record:  # noqa: ARG002
        connector = self.require_connector(rows, record)
        said = _drop_written(record, (connected.INHERITED,))
        _require_same(bodies.normalize(said, *source_connections.OPTIONAL), said)
        shape = source_connectors.find_shape(
            rows, self.context.catalog(), record.scope, connector
        )
        source_connections.check(said, connector, shape, draft=record.state == DRAFT)
        return record

    def list_links(self, record: Record) -> Iterable[str]:
        return connected.refers_to(record.document)

    def check_references(self, rows: Rows, record: Record) -> None:
        if not connected.base_is_gone(rows, record):
            _require_same(connected.inherit(rows, record).document, record.document)


class TargetConnectionRules(Rules):
    """Target connections; their data set is there, for data sets are not deleted."""

    table = tables.target_connections
    states = _UUID_STATES

    def admit(self, rows: Rows, record: Record, left_out: Sequence[str]) -> Record:  # noqa: ARG002
        _check_reference(record, "connectionSpec")
        _require(
            record.spec_id == DATA_LAKE, "connectionSpec.id is not the data lake's"
        )
        said = _drop_written(record, ())
        _require_same(bodies.normalize(said, *target_connections.OPTIONAL), said)
        target_connections.check(said, draft=record.state == DRAFT)
        return record

    def check_references(self, rows: Rows, record: Record) -> None:
        content = Content(document=record.document)
        kind: ResourceKind = target_connections.TargetConnections(self.context)
        kind.complete(rows, record, content)


class FlowRules(Rules):
    """Dataflows; only an enabled one keeps its connections from being deleted."""

    table = tables.flows
    states = (ENABLED, DISABLED, DRAFT)

    def __init__(self, context: ServiceContext) -> None:
        super().__init__(context)
        self._specs: dict[tuple[str, str], Mapping[str, Any]] = {}

    def admit(self, rows: Rows, record: Record, left_out: Sequence[str]) -> Record:  # noqa: ARG002
        _check_reference(record, "flowSpec")
        said = flow_documents.drop_written(
            _drop_written(record, (flow_documents.INHERITED,))
        )
        flow = self._read(rows, record, said)
        _require_same(flow.document, said)
        _check_noted(record.document)
        return record

    def list_links(self, record: Record) -> Iterable[str]:
        return dataflow.list_connection_ids(record.document)

    def check_references(self, rows: Rows, record: Record) -> None:
        if transitions.target_state(record) != ENABLED:
            return
        flow = dataflow.read_stored(record.document)
        connections = flow_connections.find_connections(rows, record.scope, flow)
        spec = self._find_spec(rows, record)
        flow_connections.check_specs(connections, spec)
        flow_connections.check_published(connections)
        inherited = flow_connections.build_inherited(connections, spec)
        _require_same(inherited, record.document.get(flow_documents.INHERITED))

    def _read(
        self, rows: Rows, record: Record, said: dict[str, Any]
    ) -> dataflow.Dataflow:
        spec = self._find_spec(rows, record)
        return flow_bodies.read_dataflow(said, spec, draft=record.state == DRAFT)

    def _find_spec(self, rows: Rows, record: Record) -> Mapping[str, Any]:
        wanted = (record.scope.org, record.spec_id)
        if wanted not in self._specs:
            self._specs[wanted] = _require_flow_spec(
                rows, self.context, record.scope, record.spec_id
            )
        return self._specs[wanted]


class RunRules(Rules):
    """Runs of dataflows, which go when their dataflow goes."""

    table = tables.runs
    states = tuple(map(fold_state, run_documents.STATUSES))

    def admit(self, rows: Rows, record: Record, left_out: Sequence[str]) -> Record:  # noqa: ARG002
        _check_reference(record, "flowSpec")
        document = record.document
        said = bodies.drop_fields(document, ("providerRefId", *run_documents.HIDDEN))
        _require_same(bodies.drop_read_only(said), said)
        bodies.require_field(document, "flowId", "string")
        bodies.require_field(document, "params", "object", allow_empty=True)
        bodies.require_field(document, "activities", "array", allow_empty=True)
        run_parts.check(document)
        metrics = bodies.require_field(document, "metrics", "object")
        summary = bodies.require_field(metrics, "statusSummary", "object")
        status = bodies.require_field(summary, "status", "string")
        known = run_documents.find_status(status)
        _require(
            known == status and fold_state(status) == record.state,
            "state is not that of metrics.statusSummary.status",
        )
        _check_numbers(document, run_documents.DUE, flow_documents.COVERED)
        if run_documents.DUE in document:
            _require(flow_documents.COVERED in document, "_covered is missing")
        return record

    def list_links(self, record: Record) -> Iterable[str]:
        return (record.document["flowId"],)

    def check_references(self, rows: Rows, record: Record) -> None:
        id = record.document["flowId"]
        flow = lifecycle.find_record(rows, tables.flows, record.scope, id)
        if flow is None:
            raise FlowError(
                "FLOW-1430-400", "flowId does not name a dataflow of this sandbox"
            )
        _require(flow.spec_id == record.spec_id, "flowSpec is not the dataflow's")


class SchemaRules(Rules):
    """Schemas, classes and field groups of an organization."""

    table = tables.schemas
    states = (records.CURRENT,)

    def admit(self, rows: Rows, record: Record, left_out: Sequence[str]) -> Record:  # noqa: ARG002
        kind = record.spec_id
        _require(kind in composition.KINDS, "spec_id is not a kind of schema")
        version = bodies.require_field(record.document, "version", "string")
        _require(
            _VERSION.fullmatch(version) is not None, "version is not one of a schema"
        )
        built = composition.build_document(record.document, kind)
        whole = composition.add_address(built, record.id, record.scope, kind, version)
        _require_same(whole, record.document)
        return record

    def list_links(self, record: Record) -> Iterable[str]:
        return composition.tenant_references(record.document["meta:extends"])

    def check_references(self, rows: Rows, record: Record) -> None:
        extended = record.document["meta:extends"]
        composition.check_known(rows, record.scope, extended)

    def check_id(self, record: Record) -> None:
        _require(composition.is_tenant_id(record.id), "id is not that of a schema")

    def name_of(self, record: Record) -> str:
        return records.column_of(str(record.document.get("title", "")))


class DataSetRules(Rules):
    """Data sets, each of a schema that is there."""

    table = tables.data_sets
    states = (records.CURRENT,)

    def admit(self, rows: Rows, record: Record, left_out: Sequence[str]) -> Record:  # noqa: ARG002
        version = record.document.get("version", "1.0.0")
        is_version = isinstance(version, str) and _OF_DATA_SET.fullmatch(version)
        _require(bool(is_version), "version is not one")
        said = bodies.drop_fields(record.document, ("version",))
        _require_same(data_sets.build_document(said), said)
        return record

    def list_links(self, record: Record) -> Iterable[str]:
        return (record.document["schemaRef"]["id"],)

    def check_references(self, rows: Rows, record: Record) -> None:
        wanted = record.document["schemaRef"]["id"]
        known = lookup.schema(rows, record.scope, wanted)
        _require(
            known is not None, "schemaRef.id does not name a schema of this sandbox"
        )

    def check_id(self, record: Record) -> None:
        _require(_HEX.fullmatch(record.id) is not None, "id is not that of a data set")

    def name_of(self, record: Record) -> str:
        return records.column_of(record.document.get("name") or "")


class MappingSetRules(Rules):
    """Mapping sets: the newest version under the set's own id, older ones with their version behind it."""

    table = tables.mapping_sets
    states = (records.CURRENT, records.OLDER)

    def admit(self, rows: Rows, record: Record, left_out: Sequence[str]) -> Record:  # noqa: ARG002
        document = record.document
        version = document.get("version")
        _require(type(version) is int and version >= 0, "version is not a whole number")
        said = bodies.drop_fields(document, ("version",))
        built = mappings.build_document(said)
        _require_same(_without_ids(built), _without_ids(said))
        return record

    def list_links(self, record: Record) -> Iterable[str]:
        if record.state == records.OLDER:
            return ()
        return (record.document["xdmSchema"],)

    def check_references(self, rows: Rows, record: Record) -> None:
        if record.state == records.OLDER:
            return
        known = lookup.schema(rows, record.scope, record.document["xdmSchema"])
        _require(known is not None, "xdmSchema does not name a schema of this sandbox")

    def check_id(self, record: Record) -> None:
        id, _at, version = record.id.partition("@")
        _require(_HEX.fullmatch(id) is not None, "id is not that of a mapping set")
        wanted = ""
        if record.state == records.OLDER:
            wanted = str(record.document.get("version"))
        _require(version == wanted, "id is not that of its version")

    def name_of(self, record: Record) -> str:
        return records.column_of(record.document.get("name") or "")


# Each after those whose objects its own build on.
ALL: Final = (
    ConnectionSpecRules,
    FlowSpecRules,
    SchemaRules,
    DataSetRules,
    MappingSetRules,
    ConnectionRules,
    SourceConnectionRules,
    TargetConnectionRules,
    FlowRules,
    RunRules,
)

_VERSION: Final = re.compile(r"[0-9]{1,9}\.[0-9]{1,9}")


def is_of_all_sandboxes(table: Table) -> bool:
    """Say whether the rows of a collection hold in every sandbox of their organization."""
    return table in (tables.connection_specs, tables.flow_specs)


def sandbox_of_all() -> str:
    """Return what such rows hold in the place of a sandbox's name."""
    return stored_specs.ANY_SANDBOX


def _require(holds: bool, text: str) -> None:
    if not holds:
        raise FlowError(_INVALID, text)


def _require_same(built: Any, given: Any) -> None:
    """Refuse a document that the service would have stored in another form."""
    _require(built == given, "document is not as the service stores it")


def _check_reference(record: Record, name: str) -> None:
    """Check that a document refers to the specification that the row's column names."""
    reference = bodies.require_field(record.document, name, "object")
    bodies.require_field(reference, "version", "string", path=name, allow_empty=True)
    wanted = {"id": record.spec_id, "version": reference["version"]}
    _require(
        reference == wanted and bool(record.spec_id), f"spec_id is not that of {name}"
    )


def _drop_written(record: Record, own: Sequence[str]) -> dict[str, Any]:
    """Return the document without what the service writes into it: of such fields, its kind has these and no others."""
    said = bodies.drop_fields(record.document, (*own, bodies.TURNING))
    _require_same(bodies.drop_read_only(said), said)
    return said


def _turning(record: Record) -> dict[str, Any]:
    if bodies.TURNING not in record.document:
        return {}
    return {bodies.TURNING: record.document[bodies.TURNING]}


def _check_noted(document: Mapping[str, Any]) -> None:
    """Check what runs and changes have written into a dataflow."""
    last = bodies.read_field(document, flow_documents.LAST_RUN, "object")
    if last is not None:
        for name in ("id", "state"):
            bodies.require_field(last, name, "string", path=flow_documents.LAST_RUN)
    bodies.read_field(document, flow_documents.LAST_OPERATION, "object")
    _require("runs" not in document, "runs is written when it is read")
    _check_numbers(document, flow_documents.COVERED)


def _check_numbers(document: Mapping[str, Any], *names: str) -> None:
    for name in names:
        _require(
            type(document.get(name)) in (int, type(None)), f"{name} must be an integer"
        )


def _require_flow_spec(
    rows: Rows, context: ServiceContext, scope: Scope, id: str
) -> Mapping[str, Any]:
    spec = fixed_specs.flow_spec(rows, scope, context.catalog(), id)
    if spec is None:
        raise FlowError(
            "FLOW-1413-400", "flowSpec.id is not a known flow specification"
        )
    return spec


def _without_ids(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a mapping set without the ids of its lines, which every write makes anew."""
    lines = [bodies.drop_fields(line, ("id",)) for line in document["mappings"]]
    return {**document, "mappings": lines}
