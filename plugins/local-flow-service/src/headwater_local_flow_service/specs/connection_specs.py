"""Connection specifications: ``/connectionSpecs``, fed by the installed connectors and by the organization."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headwater_local_flow_service.errors import FlowError
from headwater_local_flow_service.kernel import bodies
from headwater_local_flow_service.specs import spec_checks, specs
from headwater_local_flow_service.store import tables

if TYPE_CHECKING:
    from headwater_local_flow_service.listing.filters import Filters
    from headwater_local_flow_service.store.store import Rows, Scope

FILTERABLE = ("id", "name", "providerId", "version", "type", "attributes")


class ConnectionSpecs(specs.Specs):
    """``/connectionSpecs``: the connectors' are the same in every organization and sandbox."""

    type = "connectionSpecs"
    table = tables.connection_specs

    def built_in(self, rows: Rows, scope: Scope) -> dict[str, dict[str, Any]]:  # noqa: ARG002
        """Return the connectors' specifications, and the fixed ones."""
        return self.context.catalog().specs

    def checked(self, body: dict[str, Any]) -> dict[str, Any]:
        """Check a specification; its authentication specifications must be such as credentials can be held against."""
        spec_checks.basics(body)
        auth_specs = bodies.read_field(body, "authSpec", "array") or []
        for element in auth_specs:
            _check_auth_spec(element)
        spec_checks.parts(body, ("sourceSpec", "targetSpec"))
        bodies.read_field(body, "exploreSpec", "object")
        return body | {"authSpec": auth_specs}

    def check_filters(self, wanted: Filters) -> None:
        """Refuse filters by other fields than the platform's."""
        for condition in wanted.conditions:
            if condition.path[0].name not in FILTERABLE:
                raise FlowError(
                    "FLOW-1423-400",
                    f"connection specifications are filtered by {', '.join(FILTERABLE)}",
                )

    def hint(self, id: str) -> str:
        """Say which known id an unknown one resembles, or nothing."""
        return self.context.catalog().hint(id.lower())


def _check_auth_spec(element: Any) -> None:
    if not isinstance(element, dict):
        raise FlowError("CONNECTOR-1312-400", "authSpec must be an array of objects")
    bodies.require_field(element, "name", "string", path="authSpec[]")
    bodies.read_field(element, "type", "string", path="authSpec[]")
    spec_checks.schema(element.get("spec"), "authSpec[].spec")
    if not all(element["spec"].get("properties", {})):
        raise FlowError(
            "CONNECTOR-1301-400", "authSpec[].spec has a property without a name"
        )
