"""What a dataflow does with rows on their way: Copy picks the new ones, Mapping names their fields anew.

The rules: docs/flow-service-operations.md#transformations.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from headwater_local_flow_service.errors import FlowError
from headwater_local_flow_service.flows import spec_rules
from headwater_local_flow_service.flows.dataflow import (
    DELTA_COLUMN,
    TRANSFORMATIONS,
    Transformation,
)
from headwater_local_flow_service.flows.spec_rules import COPY, MAPPING
from headwater_local_flow_service.kernel import bodies
from headwater_local_flow_service.neighbours import lookup
from headwater_local_flow_service.neighbours.ids import schema_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from headwater_local_flow_service.flows.dataflow import Dataflow
    from headwater_local_flow_service.flows.flow_connections import FlowConnections
    from headwater_local_flow_service.store.store import Record, Rows, Scope

_VERSION: Final = re.compile(r"[0-9]{1,9}")
_CONTENT_VERSION: Final = re.compile(r"version\s*=\s*([0-9]+)")


def read_transformations(document: Mapping[str, Any]) -> tuple[Transformation, ...]:
    """Return the ``transformations`` of a document, params filled in. Raises `FlowError` for wrong types."""
    items = bodies.read_field(document, TRANSFORMATIONS, "array") or []
    return tuple(_read(item, path) for path, item in _with_paths(items))


def check_transformations(
    transformations: Sequence[Transformation], flow_spec: Mapping[str, Any]
) -> None:
    """Hold the transformations of a dataflow against its flow specification. Raises `FlowError`."""
    schemas = spec_rules.transformation_schemas(flow_spec)
    names: list[str] = []
    for path, transformation in _with_paths(transformations):
        name = transformation.name
        if name not in schemas or name in names:
            known = ", ".join(schemas) or "none"
            raise FlowError(
                "CONNECTOR-1312-400",
                f"{path}.name must be one of {known}, each at most once",
            )
        names.append(name)
        _check_params(transformation, schemas[name], f"{path}.params")


def check_delta_column(flow: Dataflow, flow_spec: Mapping[str, Any]) -> None:
    """Demand a delta column of what repeats, and refuse it for what runs once. Raises `FlowError`."""
    if flow.schedule is None or not spec_rules.copies_tables(flow_spec):
        return
    if flow.schedule.repeats and not flow.delta_column:
        text = f"a dataflow that repeats needs a {COPY} transformation with {DELTA_COLUMN}.name in its params"
        raise FlowError("CONNECTOR-1367-400", text)
    if flow.delta_column and not flow.schedule.repeats:
        raise FlowError(
            "CONNECTOR-1369-400",
            f"{DELTA_COLUMN} is not allowed with the frequency once",
        )


def check_columns(
    flow: Dataflow, flow_spec: Mapping[str, Any], connections: FlowConnections
) -> None:
    """Demand that the columns of a table are known: from the mapping, or from the source. Raises `FlowError`."""
    if not spec_rules.copies_tables(flow_spec) or flow.find_params(MAPPING) is not None:
        return
    if not _params_of(connections.source).get("columns"):
        text = f"the {MAPPING} transformation is missing, and the source connection names no columns"
        raise FlowError("CONNECTOR-1370-400", text)


def check_mapped(flow: Dataflow, flow_spec: Mapping[str, Any]) -> None:
    """Demand a mapping where nothing can be made of the data without one. Raises `FlowError`."""
    if spec_rules.demands_mapping(flow_spec) and flow.find_params(MAPPING) is None:
        raise FlowError(
            "CONNECTOR-1328-400",
            f"the {MAPPING} transformation is missing: {flow_spec.get('name')} needs one, with mappingId in its params",
        )


def check_mapping(
    rows: Rows, scope: Scope, flow: Dataflow, connections: FlowConnections
) -> None:
    """Check that the mapping set is there, and maps to the schema of the data set. Raises `FlowError`."""
    params = flow.find_params(MAPPING)
    if params is None or "mappingId" not in params:
        return
    mapping_set = _require_mapping_set(rows, scope, params)
    data_set_id = _params_of(connections.target).get("dataSetId", "")
    data_set = lookup.data_set(rows, scope, data_set_id)
    if data_set is None:
        return
    if _data_set_schema(data_set) != _mapping_set_schema(mapping_set):
        raise FlowError(
            "FLOW-1425-400",
            "the mapping set and the data set have different schemas, or versions of one",
        )


def _with_paths(items: Sequence[Any]) -> Iterator[tuple[str, Any]]:
    """Yield each transformation with the place where it stands in its document."""
    for i, item in enumerate(items):
        yield f"{TRANSFORMATIONS}[{i}]", item


def _read(item: Any, path: str) -> Transformation:
    if not isinstance(item, dict):
        raise FlowError("CONNECTOR-1312-400", f"{path} must be of type object")
    name = bodies.require_field(item, "name", "string", path=path)
    params = bodies.read_field(item, "params", "object", path=path) or {}
    # The platform reads the version of a mapping back as a string, however it was sent.
    if name == MAPPING and type(params.get("mappingVersion")) is int:
        params = params | {"mappingVersion": str(params["mappingVersion"])}
    return Transformation(name=name, params=params, document=item | {"params": params})


def _check_params(transformation: Transformation, schema: Any, path: str) -> None:
    name, params = transformation.name, transformation.params
    if name == COPY and DELTA_COLUMN not in params:
        return  # whether one is needed depends on the schedule
    if name == MAPPING:
        bodies.require_field(
            params, "mappingId", "string", path=path, code="CONNECTOR-1359-400"
        )
    if isinstance(schema, dict):
        spec_rules.check_values(params, schema, path)


def _require_mapping_set(
    rows: Rows, scope: Scope, params: Mapping[str, Any]
) -> Mapping[str, Any]:
    """Return the version of the mapping set that the params of Mapping name, the newest where they name none."""
    id, version = params["mappingId"], params.get("mappingVersion")
    if version is not None and not _VERSION.fullmatch(version):
        raise FlowError(
            "FLOW-1412-400",
            "mappingVersion must be the number of a version of the mapping set",
        )
    newest = lookup.mapping_set(rows, scope, id)
    if newest is None:
        raise FlowError(
            "FLOW-1419-400", "mappingId does not name a mapping set of this sandbox"
        )
    if version is None:
        return newest
    mapping_set = lookup.mapping_set(rows, scope, id, int(version))
    if mapping_set is None:
        raise FlowError("FLOW-1412-400", "the mapping set has no such mappingVersion")
    return mapping_set


def _params_of(connection: Record | None) -> Mapping[str, Any]:
    if connection is None:
        return {}
    return connection.document.get("params") or {}


def _data_set_schema(data_set: Mapping[str, Any]) -> tuple[str, int]:
    """Return the id and the major version of the schema of a data set."""
    reference = data_set["schemaRef"]
    return schema_id(reference["id"]), _major_version(reference.get("contentType"))


def _mapping_set_schema(mapping_set: Mapping[str, Any]) -> tuple[str, int]:
    """Return the id and the major version of the schema that a mapping set maps to."""
    # The classic vocabulary has the version in a field of its own, and no content type.
    classic = str(mapping_set["xdmVersion"]).partition(".")[0]
    version = int(classic) if _VERSION.fullmatch(classic) else 1
    if version <= 1:
        version = _major_version(mapping_set["schemaRef"]["contentType"])
    return schema_id(mapping_set["xdmSchema"]), version


def _major_version(content_type: Any) -> int:
    match = _CONTENT_VERSION.search(str(content_type))
    return int(match[1]) if match else 1
