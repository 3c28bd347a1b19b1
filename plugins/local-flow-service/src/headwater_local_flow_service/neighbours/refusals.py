"""How the services beside Flow Service refuse: the same body, a ``type`` with plain http, and codes of their own.

``XDM`` numbers are those the Schema Registry publishes, with the status it answers. The others have published none for
what is refused here; their codes carry the family ``HEADWATER``, numbered by the status.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from headwater.foreign import raise_bare
from headwater_local_flow_service.errors import FlowError
from headwater_local_flow_service.texts import is_storable

if TYPE_CHECKING:
    from collections.abc import Iterator

_TYPE = "http://ns.adobe.com/aep/errors/"

_TITLES = {
    400: "Invalid request",
    404: "Resource not found",
    406: "Accept header invalid",
    413: "Payload Too Large",
    414: "URI Too Long",
    415: "Unsupported Media Type",
    416: "Range Not Satisfiable",
    501: "Not Implemented",
    503: "Service Unavailable",
}


class NeighbourError(FlowError):
    """A refusal of the Schema Registry, Catalog, Data Prep or sandbox management."""

    def body(self, request_id: str, *, legacy: bool = False) -> dict[str, Any]:  # noqa: ARG002 - one shape only
        """Return the body; `detail` repeats the text, as the Schema Registry does."""
        report = {
            "detailed-message": self.text,
            "request-id": request_id,
            "id": self.id,
            "type": self.type,
        }
        return {
            "type": _TYPE + self.code,
            "title": _TITLES[self.status],
            "status": self.status,
            "report": {name: fact for name, fact in report.items() if fact},
            "detail": self.text,
            "errorMessage": self.text,
            "errorDetails": self.text,
        }


def invalid(text: str) -> NeighbourError:
    """Return the refusal of a request that breaks a rule."""
    return NeighbourError("HEADWATER-1400-400", text)


def missing(id: str, type: str, *, code: str = "HEADWATER-1404-404") -> NeighbourError:
    """Return the answer for what is not there, or belongs to somebody else; an id that cannot be is not repeated."""
    if not is_storable(id):
        id = ""
    return NeighbourError(code, f"no such resource in {type}", id=id, type=type)


@contextmanager
def translate_refusals() -> Iterator[None]:
    """Turn Flow Service's refusals of unreadable requests into a neighbour's."""
    try:
        yield
    except NeighbourError:
        raise
    except FlowError as error:
        code = f"HEADWATER-1{error.status}-{error.status}"
        raise_bare(NeighbourError(code, error.text))
