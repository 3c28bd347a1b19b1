"""What a dataflow does with rows on their way: Copy picks the new ones, Mapping names their fields anew.

The rules: docs/flow-service-operations.md#transformations.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from headwater_local_flow_service.errors import FlowError
from headwater_local_flow_service.flows import flow_documents
from headwater_local_flow_service.flows.flow_documents import (
    COPY,
    DELTA_COLUMN,
    MAPPING,
    TRANSFORMATIONS,
)
from headwater_local_flow_service.kernel import bodies, schemas_held
from headwater_local_flow_service.neighbours import lookup
from headwater_local_flow_service.neighbours.ids import schema_id
from headwater_local_flow_service.specs import flow_schemas

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headwater_local_flow_service.flows.joined import Joined
    from headwater_local_flow_service.store.store import Rows, Scope

_VERSION: Final = re.compile(r"[0-9]{1,9}")
_CONTENT_VERSION: Final = re.compile(r"version\s*=\s*([0-9]+)")


def check(document: dict[str, Any], flow_spec: Mapping[str, Any]) -> None:
    """Hold ``transformations`` against the flow specification. Raises `FlowError`.

    A mapping version becomes a text, as the platform reads it back.
    """
    given = bodies.read_field(document, TRANSFORMATIONS, "array") or []
    offered = {
        one["name"]: one.get("spec")
        for one in flow_spec.get("transformationSpecs") or ()
        if one.get("name")
    }
    names: list[str] = []
    for place, one in enumerate(given):
        path = f"{TRANSFORMATIONS}[{place}]"
        if not isinstance(one, dict):
            raise FlowError("CONNECTOR-1312-400", f"{path} must be of type object")
        name = bodies.require_field(one, "name", "string", path=path)
        if name not in offered or name in names:
            known = ", ".join(offered) or "none"
            raise FlowError(
                "CONNECTOR-1312-400",
                f"{path}.name must be one of {known}, each at most once",
            )
        names.append(name)
        params = bodies.read_field(one, "params", "object", path=path)
        one["params"] = {} if params is None else params
        _check_params(name, one["params"], offered[name], f"{path}.params")


def check_delta_column(
    document: Mapping[str, Any], flow_spec: Mapping[str, Any], *, repeats: bool
) -> None:
    """Demand a delta column of what repeats, and refuse it for what runs once. Raises `FlowError`."""
    if not copies(flow_spec):
        return
    column = flow_documents.delta_column(document)
    if repeats and not column:
        text = f"a dataflow that repeats needs a {COPY} transformation with {DELTA_COLUMN}.name in its params"
        raise FlowError("CONNECTOR-1367-400", text)
    if column and not repeats:
        raise FlowError(
            "CONNECTOR-1369-400", f"{DELTA_COLUMN} does not go with the frequency once"
        )


def check_mapping(
    rows: Rows, scope: Scope, document: Mapping[str, Any], joined: Joined
) -> None:
    """Check that the mapping set is there, and maps to the schema of the data set. Raises `FlowError`."""
    params = flow_documents.params(document, MAPPING)
    if params is None or "mappingId" not in params:
        return
    version = params.get("mappingVersion")
    if version is not None and not _VERSION.fullmatch(version):
        raise FlowError(
            "FLOW-1412-400",
            "mappingVersion is the number of a version of the mapping set",
        )
    if lookup.mapping_set(rows, scope, params["mappingId"]) is None:
        raise FlowError(
            "FLOW-1419-400", "mappingId names no mapping set of this sandbox"
        )
    found = lookup.mapping_set(
        rows, scope, params["mappingId"], None if version is None else int(version)
    )
    if found is None:
        raise FlowError("FLOW-1412-400", "the mapping set has no such mappingVersion")
    target = joined.target.document if joined.target else {}
    data_set = lookup.data_set(
        rows, scope, (target.get("params") or {}).get("dataSetId", "")
    )
    if data_set is not None and _schema(data_set) != _mapped_schema(found):
        raise FlowError(
            "FLOW-1425-400",
            "the mapping set and the data set have different schemas, or versions of one",
        )


def check_columns(
    document: Mapping[str, Any], flow_spec: Mapping[str, Any], joined: Joined
) -> None:
    """Demand that the columns of a table are known: from the mapping, or from the source. Raises `FlowError`."""
    source = joined.source.document if joined.source else {}
    if not copies(flow_spec) or (source.get("params") or {}).get("columns"):
        return
    if flow_documents.params(document, MAPPING) is None:
        text = f"the {MAPPING} transformation is missing, and the source connection names no columns"
        raise FlowError("CONNECTOR-1370-400", text)


def copies(flow_spec: Mapping[str, Any]) -> bool:
    """Say whether dataflows of this specification copy tables."""
    return any(
        one.get("name") == COPY for one in flow_spec.get("transformationSpecs") or ()
    )


def _check_params(name: str, params: dict[str, Any], schema: Any, path: str) -> None:
    if name == COPY and DELTA_COLUMN not in params:
        return  # whether one is needed depends on the schedule
    if name == MAPPING:
        bodies.require_field(
            params, "mappingId", "string", path=path, code="CONNECTOR-1359-400"
        )
        params.update(schemas_held.coerced(params, flow_schemas.MAPPING["spec"]))
    if not isinstance(schema, dict):
        return
    found = schemas_held.problem(schemas_held.coerced(params, schema), schema, path)
    if found:
        raise FlowError("CONNECTOR-1312-400", found)


def _schema(data_set: Mapping[str, Any]) -> tuple[str, int]:
    reference = data_set["schemaRef"]
    return schema_id(reference["id"]), _major(reference.get("contentType"))


def _mapped_schema(mapping_set: Mapping[str, Any]) -> tuple[str, int]:
    # The classic vocabulary has the version in a field of its own, and no content type.
    classic = str(mapping_set["xdmVersion"]).partition(".")[0]
    version = int(classic) if _VERSION.fullmatch(classic) else 1
    return schema_id(mapping_set["xdmSchema"]), version if version > 1 else _major(
        mapping_set["schemaRef"]["contentType"]
    )


def _major(content_type: Any) -> int:
    found = _CONTENT_VERSION.search(str(content_type))
    return int(found[1]) if found else 1
