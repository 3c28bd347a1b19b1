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
_PARTS = ("sourceSpec", "targetSpec")


class ConnectionSpecs(specs.Specs):
    """``/connectionSpecs``: the connectors' are the same in every organization and sandbox."""

    type = "connectionSpecs"
    table = tables.connection_specs

    def list_built_in(self, rows: Rows, scope: Scope) -> list[dict[str, Any]]:  # noqa: ARG002
        """Return the connectors' specifications, and the fixed ones."""
        return list(self.context.catalog().specs.values())

    def find_built_in(self, rows: Rows, scope: Scope, id: str) -> dict[str, Any] | None:  # noqa: ARG002
        """Return a connector's specification, or a fixed one, or None."""
        return self.context.catalog().specs.get(id)

    def validate(self, body: dict[str, Any]) -> dict[str, Any]:
        """Check a specification, and that credentials can be validated against its authentication specifications."""
        spec_checks.check_basics(body)
        auth_specs = bodies.read_array(body, "authSpec", "object")
        for auth_spec in auth_specs:
            _check_auth_spec(auth_spec)
        spec_checks.check_parts(body, _PARTS)
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


def _check_auth_spec(auth_spec: dict[str, Any]) -> None:
    bodies.require_field(auth_spec, "name", "string", path="authSpec[]")
    bodies.read_field(auth_spec, "type", "string", path="authSpec[]")
    schema = spec_checks.require_schema(auth_spec.get("spec"), "authSpec[].spec")
    if "" in schema.get("properties", {}):
        raise FlowError(
            "CONNECTOR-1301-400", "authSpec[].spec has a property without a name"
        )
