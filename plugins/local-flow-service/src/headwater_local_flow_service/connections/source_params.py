"""The ``params`` of a source connection that its connection specification describes: of REST APIs and of streams.

The rules: docs/flow-service-operations.md#source-connections.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from headwater_local_flow_service.errors import FlowError
from headwater_local_flow_service.kernel import schemas_held

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headwater_local_flow_service.specs.source_shapes import SourceShape

_EMPTY: Final[tuple[Any, ...]] = ("", None, {}, [])
_MISSING: Final = "CONNECTOR-1323-400"
# The blocks of a REST API for which the platform has codes of their own.
_MISSING_BLOCKS: Final = {
    "paginationParams": "CONNECTOR-1316-400",
    "scheduleParams": "CONNECTOR-1317-400",
}


def check(
    params: Mapping[str, Any],
    shape: SourceShape,
    *,
    draft: bool,
    path: str = "params",
    missing: str = _MISSING,
) -> None:
    """Hold ``params`` against the JSON Schema of a connection specification; a draft may lack some.

    Names the first one that is `missing`, and refuses it with that code. Raises `FlowError`.
    """
    schema = shape.params
    for name in () if draft else _list_required(schema):
        former = shape.former_params.get(name, name)
        if params.get(name) in _EMPTY and params.get(former) in _EMPTY:
            code = _MISSING_BLOCKS.get(name, missing)
            raise FlowError(code, f"{path}.{name} is missing or empty")
    problem = schemas_held.find_problem(
        schemas_held.coerce(params, schema),
        {**schema, "required": []},
        path,
        of="the connection specification",
    )
    if problem:
        raise FlowError("CONNECTOR-1312-400", problem)


def _list_required(schema: Mapping[str, Any]) -> list[str]:
    """Return the names a schema requires; one that an organization stored may hold anything there."""
    required = schema.get("required")
    if not isinstance(required, list):
        return []
    return [name for name in required if isinstance(name, str)]
