"""Dataflows and their runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headwater.flowservice.collection import Collection
from headwater.flowservice.models import Flow, Run, flow, run
from headwater.flowservice.resource import Listed, Searchable, validate_etag

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headwater.flowservice.models import Reference
    from headwater.flowservice.transport import Transport


class Flows(Collection[Flow], Searchable[Flow]):
    """``/flows``."""

    def __init__(self, transport: Transport) -> None:
        super().__init__(transport, "flows", flow)

    def enable(self, id: str, *, etag: str = "") -> Reference:
        """Let a dataflow run again; with an etag only if nobody has changed it since."""
        return self._act(id, "enable", etag=etag, harmless_twice=True)

    def disable(self, id: str, *, etag: str = "") -> Reference:
        """Pause a dataflow; with an etag only if nobody has changed it since."""
        return self._act(id, "disable", etag=etag, harmless_twice=True)


class Runs(Listed[Run]):
    """``/runs``: runs are never deleted. ``property="flowId==ID"`` lists those of one dataflow, newest first."""

    def __init__(self, transport: Transport) -> None:
        super().__init__(transport, "runs", run)

    def create(self, payload: Mapping[str, Any]) -> Reference:
        """Ask for a run on demand: ``flowId``, and ``params`` with its window in epoch seconds. Sent once."""
        return self._read_reference(
            self._transport.request("POST", self._path, payload=payload)
        )

    def replace(self, id: str, payload: Mapping[str, Any], *, etag: str) -> Reference:
        """Report on a run, as providers do, if its etag is still the given one.

        Raises `ChangedMeanwhile` where it is not, which can be this report's own doing when its first answer was lost.
        """
        headers = {"If-Match": validate_etag(etag)}
        return self._read_reference(
            self._transport.request(
                "PUT", self._path_of(id), payload=payload, headers=headers
            )
        )

    def retry(self, id: str) -> Reference:
        """Process the window of a failed run once more; the answer names the new run, which has an id of its own."""
        return self._act(id, "re-trigger")
