"""Which dataflow a message belongs to, and so which data set: told by the message, held against the inlet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs

from headwater.foreign import raise_bare
from headwater_local_flow_service.flows import dataflow
from headwater_local_flow_service.flows.spec_rules import MAPPING
from headwater_local_flow_service.kernel import transitions
from headwater_local_flow_service.kernel.kind import ENABLED
from headwater_local_flow_service.kernel.lifecycle import is_id
from headwater_local_flow_service.neighbours import lookup
from headwater_local_flow_service.store import tables
from headwater_local_flow_service.streaming import mapping

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headwater_local_flow_service.store.store import Record, Scope, Store
    from headwater_local_flow_service.streaming.mapping import CompiledMapping
    from headwater_local_flow_service.streaming.openings import Opening

FLOW_HEADER: Final = "x-adobe-flow-id"
_MANY: Final = f"several dataflows take messages of this inlet: name one by header.flowId or {FLOW_HEADER}"


class NoRoute(Exception):
    """A message that belongs nowhere. The text says why, made of names and rules."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


@attrs.frozen(kw_only=True)
class Route:
    """Where messages go: a dataflow that is enabled, its data set and that one's schema, and what is mapped before."""

    scope: Scope
    flow: str
    data_set: str
    schema: Mapping[str, Any] = attrs.field(repr=False)  # the data set's schemaRef
    mapping: CompiledMapping | None = attrs.field(repr=False)


class Router:
    """Finds routes for the messages of one request to an inlet, each once."""

    def __init__(self, store: Store, opening: Opening, named: str | None) -> None:
        """`named` is the dataflow that the request names for all of its messages."""
        self._store = store
        self._opening = opening
        self._named = named
        self._known: dict[tuple[str | None, str | None], Route] = {}
        self._all: list[tuple[str, Record]] | None = (
            None  # the dataflows of the inlet with their data sets, once one is looked for
        )

    def find(self, flow: str | None = None, data_set: str | None = None) -> Route:
        """Return the route of a message that names these, where it names any. Raises `NoRoute`."""
        if flow is not None and self._named not in (None, flow):
            raise NoRoute(f"header.flowId and {FLOW_HEADER} name different dataflows")
        wanted = (flow or self._named or self._opening.flow, data_set)
        if wanted not in self._known:
            self._known[wanted] = self._look_up(*wanted)
        return self._known[wanted]

    def _look_up(self, flow: str | None, data_set: str | None) -> Route:
        if flow is not None:
            route = self._build(self._require_flow(flow))
        elif data_set is not None:
            route = self._find_by_data_set(data_set)
        else:
            raise NoRoute(f"no dataflow is named: send {FLOW_HEADER}")
        if data_set not in (None, route.data_set):
            raise NoRoute("header.datasetId is not the data set of the dataflow")
        return route

    def _require_flow(self, id: str) -> Record:
        scope = self._opening.inlet.scope
        record = None
        if is_id(id):
            record = self._store.get(tables.flows, scope, id)
        if record is None or not self._is_fed_here(record):
            raise NoRoute("the dataflow is not one that this inlet feeds")
        if transitions.target_state(record) != ENABLED:
            raise NoRoute("the dataflow is not enabled")
        return record

    def _is_fed_here(self, flow: Record) -> bool:
        if self._opening.base is None:
            return flow.id == self._opening.flow
        inherited = flow.document.get("inheritedAttributes") or {}
        return any(
            (source.get("baseConnection") or {}).get("id") == self._opening.base
            for source in inherited.get("sourceConnections", ())
        )

    def _find_by_data_set(self, data_set: str) -> Route:
        if self._all is None:
            self._all = [
                (self._read_data_set_id(flow), flow) for flow in self._list_flows()
            ]
        # Built is only the one that is meant: what is wrong with another one stops no message.
        flows = [flow for id, flow in self._all if id == data_set]
        if not flows:
            raise NoRoute(
                "no dataflow that is enabled leads from this inlet to header.datasetId"
            )
        if len(flows) > 1:
            raise NoRoute(_MANY)
        return self._build(flows[0])

    def _list_flows(self) -> list[Record]:
        """Return the dataflows that this inlet feeds and that are enabled."""
        scope, base = self._opening.inlet.scope, self._opening.base or ""
        found: dict[str, Record] = {}
        with self._store.reading() as rows:
            sources = rows.referring_ids(tables.source_connections, scope, base)
            for source in sources:
                for flow in rows.referring(tables.flows, scope, source):
                    found[flow.id] = flow
        return [
            flow for flow in found.values() if transitions.target_state(flow) == ENABLED
        ]

    def _read_data_set_id(self, record: Record) -> str:
        """Return the id of the data set that a dataflow names, whether it is there or not."""
        target_id = dataflow.read_stored(record.document).target_id or ""
        target = self._store.get(tables.target_connections, record.scope, target_id)
        params = {} if target is None else target.document.get("params") or {}
        return str(params.get("dataSetId", ""))

    def _build(self, record: Record) -> Route:
        flow = dataflow.read_stored(record.document)
        scope = record.scope
        id = self._read_data_set_id(record)
        data_set = self._store.get(tables.data_sets, scope, id)
        if data_set is None:
            raise NoRoute("the target connection of the dataflow names no data set")
        return Route(
            scope=scope,
            flow=record.id,
            data_set=id,
            schema=data_set.document["schemaRef"],
            mapping=self._compile(scope, flow.find_params(MAPPING)),
        )

    def _compile(
        self, scope: Scope, params: Mapping[str, Any] | None
    ) -> CompiledMapping | None:
        if params is None:
            return None
        version = params.get("mappingVersion")
        with self._store.reading() as rows:
            found = lookup.mapping_set(
                rows,
                scope,
                str(params.get("mappingId")),
                None if version is None else int(version),
            )
        if found is None:
            raise NoRoute("the mapping set of the dataflow is gone")
        try:
            return mapping.compile_mappings(found["mappings"])
        except mapping.Unsupported as error:
            raise_bare(NoRoute(error.text))
