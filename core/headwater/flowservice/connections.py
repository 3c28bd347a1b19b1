"""Connections: the authenticated account of a source, what is read from it, and where it goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headwater.flowservice.collection import Collection
from headwater.flowservice.exploration import Explorable
from headwater.flowservice.models import (
    Connection,
    SourceConnection,
    TargetConnection,
    connection,
    source_connection,
    target_connection,
)
from headwater.flowservice.resource import Searchable
from headwater.http.json_body import get_member

if TYPE_CHECKING:
    import builtins

    from headwater.flowservice.models import JsonObject
    from headwater.flowservice.transport import Transport


CONNECTIONS = "connections"


class Connections(
    Collection[Connection], Searchable[Connection], Explorable[Connection]
):
    """``/connections``."""

    def __init__(self, transport: Transport) -> None:
        super().__init__(transport, CONNECTIONS, connection)

    def test(self, id: str) -> bool:
        """Say whether the service can use the connection's credentials."""
        works: bool = self.test_result(id)["result"]
        return works

    def test_result(self, id: str) -> JsonObject:
        """Return what the service says of a test: `result`, and whatever else it tells with it.

        The embedded service adds ``sampleData`` where samples stood in for a source that nobody asked.
        """
        answer = self._transport.request("GET", self._path_of(id, "/test"))
        body = answer.json()
        if isinstance(body, bool):
            body = {"result": body}
        if not isinstance(body, dict) or not isinstance(body.get("result"), bool):
            raise answer.unreadable("its body is not a test result")
        return body

    def configs(self, id: str) -> builtins.list[JsonObject]:
        """Return what the connection can be configured with."""
        answer = self._transport.request("GET", self._path_of(id, "/configs"))
        items = get_member(answer.json(), "items")
        if not isinstance(items, list):
            raise answer.unreadable("its body is not a list of items")
        return items


class SourceConnections(Collection[SourceConnection]):
    """``/sourceConnections``: which table or files of a base connection a dataflow reads."""

    def __init__(self, transport: Transport) -> None:
        super().__init__(transport, "sourceConnections", source_connection)


class TargetConnections(Collection[TargetConnection]):
    """``/targetConnections``: which dataset a dataflow writes."""

    def __init__(self, transport: Transport) -> None:
        super().__init__(transport, "targetConnections", target_connection)
