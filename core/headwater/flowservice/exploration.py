"""Looking into the source behind a connection, or behind a specification that needs no connection."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar
from urllib.parse import urlencode

from headwater.errors import InvalidInput
from headwater.flowservice.resource import Resource

if TYPE_CHECKING:
    from collections.abc import Mapping

# An array of what a root or folder holds, or an object that describes a table or file.
Exploration: TypeAlias = list[Any] | dict[str, Any]

T = TypeVar("T")


class Explorable(Resource[T]):
    """A collection whose objects lead to a source that can be looked into."""

    def explore(
        self,
        id: str,
        *,
        object_type: str = "root",
        object: str | None = None,
        preview: bool = False,
        determine_properties: bool = False,
        source_params: Mapping[str, Any] | None = None,
    ) -> Exploration:
        """Look into the source: an array of what a root or folder holds, or an object that describes a table or file.

        `object` is the path of a table, file or folder, needed for every type but ``root``; `preview` adds rows.
        `determine_properties` has the service find out how a file is written. `source_params` are what a source that
        is read by REST is asked with (``rest``, whose `object` is ``json``), such as ``{"projectId": "2671127"}``.
        """
        answer = self._transport.request(
            "GET",
            self._path_of(id, "/explore"),
            query=_query(
                object_type, object, preview, determine_properties, source_params
            ),
        )
        body = answer.json()
        if not isinstance(body, (list, dict)):
            raise answer.unreadable("its body is neither a list nor an object")
        return body


def _query(
    object_type: str,
    object: str | None,
    preview: bool,
    determine_properties: bool,
    source_params: Mapping[str, Any] | None,
) -> str:
    if object is None and object_type.lower() != "root":
        raise InvalidInput(
            f"exploring a {object_type} needs object, its path in the source"
        )
    parameters = {"objectType": object_type}
    if object is not None:
        parameters["object"] = object
    if preview:
        parameters["preview"] = "true"
    if determine_properties:
        parameters["determineProperties"] = "true"
    if source_params is not None:
        text = json.dumps(source_params, separators=(",", ":")).encode()
        parameters |= {
            "fileType": "json",
            "sourceParams": base64.urlsafe_b64encode(text).decode().rstrip("="),
        }
    return urlencode(parameters)
