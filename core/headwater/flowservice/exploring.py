"""Looking into a source: what is asked, and what comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import urlencode

from headwater.errors import InvalidInput

if TYPE_CHECKING:
    from headwater.flowservice.answers import Answer

Found: TypeAlias = list[Any] | dict[str, Any]


def explore_query(object_type: str, object: str | None, preview: bool) -> str:
    """Return the query of an exploration. Raises `InvalidInput` where the path is missing."""
    if object is None and object_type.lower() != "root":
        raise InvalidInput(f"exploring a {object_type} needs object, its path in the source")
    pairs = {"objectType": object_type, "object": object, "preview": "true" if preview else None}
    return urlencode({name: value for name, value in pairs.items() if value is not None})


def explored(answer: Answer) -> Found:
    """Return what was found: an array for a root or folder, an object for a table or file."""
    body = answer.json()
    if not isinstance(body, (list, dict)):
        raise answer.unreadable("its body is neither a list nor an object")
    return body
