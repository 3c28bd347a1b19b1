"""Connection specifications: the tenant's own catalogue of sources."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headwater.flowservice.models import RemoteSpec, remote_spec
from headwater.flowservice.resource import Resource

if TYPE_CHECKING:
    import builtins
    from collections.abc import Sequence

    from headwater.flowservice.transport import Transport


class ConnectionSpecs(Resource[RemoteSpec]):
    """``/connectionSpecs``: the same in every sandbox, and changed by Adobe only."""

    def __init__(self, transport: Transport) -> None:
        super().__init__(transport, "connectionSpecs", remote_spec)

    def list(self, property: Sequence[str] = ()) -> builtins.list[RemoteSpec]:
        """Return all specifications that match every filter, such as ``name==google-big-query``."""
        return [*self._items(property)]
