"""Flow specifications: ``/flowSpecs``, the ways data can flow from a source to the data lake."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headwater_local_flow_service.kernel import bodies
from headwater_local_flow_service.specs import fixed_specs, spec_checks, specs
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
_PARTS = ("scheduleSpec", "runSpec", "optionSpec")


class FlowSpecs(specs.Specs):
    """``/flowSpecs``: the fixed ones, open for every source of the organization, and the organization's own."""

    type = "flowSpecs"
    table = tables.flow_specs

    def list_built_in(self, rows: Rows, scope: Scope) -> list[dict[str, Any]]:
        """Return the fixed flow specifications."""
        return fixed_specs.list_fixed(rows, scope, self.context.catalog())

    def find_built_in(self, rows: Rows, scope: Scope, id: str) -> dict[str, Any] | None:
        """Return a fixed flow specification, or None."""
        return fixed_specs.find_fixed(rows, scope, self.context.catalog(), id)

    def validate(self, body: dict[str, Any]) -> dict[str, Any]:
        """Check a specification; dataflows are validated against the schemas in it."""
        spec_checks.check_basics(body)
        for name in ("sourceConnectionSpecIds", "targetConnectionSpecIds"):
            bodies.read_array(body, name, "string")
        spec_checks.check_parts(body, _PARTS)
        document = _normalize(body)
        for element in bodies.read_array(document, "transformationSpecs", "object"):
            _check_transformation(element)
        return document


def _normalize(body: dict[str, Any]) -> dict[str, Any]:
    """Return a specification with its transformations under one name; one may come without an array around it."""
    document = bodies.drop_fields(body, _TRANSFORMATIONS)
    given = [body[name] for name in _TRANSFORMATIONS if name in body]
    transformations: Any = next(iter(given), [])
    if isinstance(transformations, dict):
        transformations = [transformations]
    return document | {"transformationSpecs": transformations}


def _check_transformation(transformation: dict[str, Any]) -> None:
    bodies.read_field(transformation, "name", "string", path="transformationSpecs[]")
    if transformation.get("spec") is not None:
        spec_checks.require_schema(transformation["spec"], "transformationSpecs[].spec")
