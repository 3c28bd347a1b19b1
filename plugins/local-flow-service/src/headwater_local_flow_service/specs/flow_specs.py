"""Flow specifications: ``/flowSpecs``, the ways data can flow from a source to the data lake."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headwater_local_flow_service.errors import FlowError
from headwater_local_flow_service.kernel import bodies
from headwater_local_flow_service.specs import (
    fixed_specs,
    spec_checks,
    specs,
    stored_specs,
)
from headwater_local_flow_service.store import tables

if TYPE_CHECKING:
    from headwater_local_flow_service.store.store import Rows, Scope

# The platform reads them under the first name, takes them under the second, and documents the third:
# docs/flow-service-operations.md#transformation-names-in-specifications.
_TRANSFORMATIONS = (
    "transformationSpecs",
    "transformationSpecDTOS",
    "transformationSpec",
)


class FlowSpecs(specs.Specs):
    """``/flowSpecs``: the fixed ones, open for every source of the organization, and the organization's own."""

    type = "flowSpecs"
    table = tables.flow_specs

    def built_in(self, rows: Rows, scope: Scope) -> dict[str, dict[str, Any]]:
        """Return the fixed flow specifications."""
        return fixed_specs.flow_specs(
            self.context.catalog(), stored_specs.connectors(rows, scope)
        )

    def checked(self, body: dict[str, Any]) -> dict[str, Any]:
        """Check a specification; dataflows are held against the schemas in it."""
        spec_checks.basics(body)
        for name in ("sourceConnectionSpecIds", "targetConnectionSpecIds"):
            ids = bodies.read_field(body, name, "array") or []
            if not all(isinstance(id, str) for id in ids):
                raise FlowError(
                    "CONNECTOR-1312-400", f"{name} must be an array of texts"
                )
        spec_checks.parts(body, ("scheduleSpec", "runSpec", "optionSpec"))
        given: Any = next(
            (body[name] for name in _TRANSFORMATIONS if body.get(name) is not None), []
        )
        rest = {
            name: value for name, value in body.items() if name not in _TRANSFORMATIONS
        }
        return rest | {"transformationSpecs": _transformations(given)}


def _transformations(given: Any) -> list[dict[str, Any]]:
    found = [given] if isinstance(given, dict) else given
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise FlowError(
            "CONNECTOR-1312-400", "transformationSpecs must be an array of objects"
        )
    for one in found:
        bodies.read_field(one, "name", "string", path="transformationSpecs[]")
        if one.get("spec") is not None:
            spec_checks.schema(one["spec"], "transformationSpecs[].spec")
    return found
