"""Base connections: authenticated accounts of a source."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import urlencode

from headwater.errors import InvalidInput
from headwater.flowservice.models import Connection, JsonObject, connection
from headwater.flowservice.resource import Collection

if TYPE_CHECKING:
    from headwater.flowservice.transport import Transport

JsonArray: TypeAlias = list[Any]


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
        self, id: str, *, object_type: str = "root", object: str | None = None, preview: bool = False
    ) -> JsonArray | JsonObject:
        """Look into the source: an array of what a root or folder holds, or an object that describes a table or file.

        `object` is the path of a table, file or folder, needed for every type but ``root``; `preview` adds rows.
        """
        if object is None and object_type.lower() != "root":
            raise InvalidInput(f"exploring a {object_type} needs object, its path in the source")
        pairs = {"objectType": object_type, "object": object, "preview": "true" if preview else None}
        query = urlencode({name: value for name, value in pairs.items() if value is not None})
        answer = self._transport.fine("GET", self._at(id, "/explore"), query=query)
        body = answer.json()
        if not isinstance(body, (list, dict)):
            raise answer.unreadable("its body is neither a list nor an object")
        return body
