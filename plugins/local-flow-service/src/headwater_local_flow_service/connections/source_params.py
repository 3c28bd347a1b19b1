"""The ``params`` of a source connection that its connection specification describes: of REST APIs and of streams.

The rules: docs/flow-service-operations.md#source-connections.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from headwater_local_flow_service.errors import FlowError
from headwater_local_flow_service.kernel import schemas_held

if TYPE_CHECKING:
    from collections.abc import Mapping

_EMPTY: Final[tuple[Any, ...]] = ("", None, {}, [])
_MISSING: Final = "CONNECTOR-1323-400"
# The blocks of a REST API for which the platform has codes of their own.
_MISSING_BLOCKS: Final = {
    "paginationParams": "CONNECTOR-1316-400",
    "scheduleParams": "CONNECTOR-1317-400",
}


def check(
    params: Mapping[str, Any],
    schema: Mapping[str, Any],
    *,
    draft: bool,
    path: str = "params",
    missing: str = _MISSING,
) -> None:
    """Hold ``params`` against the JSON Schema of a connection specification; a draft may lack some.

    Names the first one that is `missing`, and refuses it with that code. Raises `FlowError`.
    """
    required = _list_required(schema)
    if draft:
        schema = {**schema, "required": []}
        required = []
    for name in required:
        if params.get(name) in _EMPTY:
            code = _MISSING_BLOCKS.get(name, missing)
            raise FlowError(code, f"{path}.{name} is missing or empty")
    problem = schemas_held.find_problem(
        schemas_held.coerce(params, schema),
        schema,
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
