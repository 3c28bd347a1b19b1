"""Connections: the authenticated account of a source, what is read from it, and where it goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headwater.flowservice.collection import Collection
from headwater.flowservice.models import (
    Connection,
    SourceConnection,
    TargetConnection,
    connection,
    source_connection,
    target_connection,
)
from headwater.flowservice.specs import explore_query, explored

if TYPE_CHECKING:
    import builtins
    from collections.abc import Iterator

    from headwater.flowservice.models import JsonObject
    from headwater.flowservice.specs import Found
    from headwater.flowservice.transport import Transport


class Connections(Collection[Connection]):
    """``/connections``."""

    def __init__(self, transport: Transport) -> None:
        super().__init__(transport, "connections", connection)

    def test(self, id: str) -> bool:
        """Say whether the service can use the connection's credentials."""
        answer = self._transport.fine("GET", self._at(id, "/test"))
        body = answer.json()
        result = body.get("result") if isinstance(body, dict) else body
        if not isinstance(result, bool):
            raise answer.unreadable("its body is no test result")
        return result

    def explore(
        self,
        id: str,
        *,
        object_type: str = "root",
        object: str | None = None,
        preview: bool = False,
    ) -> Found:
        """Look into the source: an array of what a root or folder holds, or an object that describes a table or file.

        `object` is the path of a table, file or folder, needed for every type but ``root``; `preview` adds rows.
        """
        query = explore_query(object_type, object, preview)
        return explored(
            self._transport.fine("GET", self._at(id, "/explore"), query=query)
        )

    def configs(self, id: str) -> builtins.list[JsonObject]:
        """Return what the connection can be configured with."""
        answer = self._transport.fine("GET", self._at(id, "/configs"))
        body = answer.json()
        items = body.get("items") if isinstance(body, dict) else None
        if not isinstance(items, list):
            raise answer.unreadable("its body is no list of items")
        return items

    def search(
        self, query: str = "", *, limit: int | None = None, orderby: str | None = None
    ) -> Iterator[Connection]:
        """Yield the connections that match `query`: filters as in `list`, joined with ``&``."""
        return self._search(query, limit, orderby)


class SourceConnections(Collection[SourceConnection]):
    """``/sourceConnections``: which table or files of a base connection a dataflow reads."""

    def __init__(self, transport: Transport) -> None:
        super().__init__(transport, "sourceConnections", source_connection)


class TargetConnections(Collection[TargetConnection]):
    """``/targetConnections``: which dataset a dataflow writes."""

    def __init__(self, transport: Transport) -> None:
        super().__init__(transport, "targetConnections", target_connection)
