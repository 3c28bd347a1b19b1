"""Every base connection of a sandbox, tested by the service one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headwater.cli.output import emit, printable
from headwater.errors import NotAuthenticated, ServiceError

if TYPE_CHECKING:
    from headwater.cli.state import State
    from headwater.flowservice import Connection, FlowService


def tested(state: State, service: FlowService) -> list[dict[str, Any]]:
    """Return one result for each connection, printing a line as soon as it is known.

    A connection the service cannot test is one that does not work; a service that does not answer at all ends the run.
    """
    slugs = {one.spec.id: one.slug for one in state.registry().all()[0]}
    results = []
    for connection in service.connections.list():
        result = _tested(service, connection) | {"connector": slugs.get(connection.spec_id, connection.spec_id)}
        results.append(result)
        if not state.json:
            emit(None, _line(result), as_json=False)
    return results


def _tested(service: FlowService, connection: Connection) -> dict[str, Any]:
    result: dict[str, Any] = {"id": connection.id, "name": connection.name, "result": None}
    try:
        result["result"] = service.connections.test(connection.id)
    except NotAuthenticated:
        raise
    except ServiceError as error:
        result["error"] = error.data()
    return result


def _line(result: dict[str, Any]) -> str:
    verdict = {True: "works", False: "does not work", None: "not tested"}[result["result"]]
    why = f": {result['error']['message']}" if "error" in result else ""
    return printable(f"{result['id']}  {verdict:13}  {result['connector']}  {result['name']}{why}")
