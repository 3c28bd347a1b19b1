"""``/flows/{id}/runs``: the runs of one dataflow, as some pages link them.

The rules: docs/flow-service-operations.md#runs-of-a-dataflow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from headwater_local_flow_service.gateway.gateway import caller_of
from headwater_local_flow_service.gateway.incoming import parameters
from headwater_local_flow_service.kernel import handlers, lifecycle
from headwater_local_flow_service.listing import filters, paging

if TYPE_CHECKING:
    import falcon

    from headwater_local_flow_service.flows.flows import Flows
    from headwater_local_flow_service.flows.runs import Runs
    from headwater_local_flow_service.listing.paging import Listing


class FlowRuns:
    """The list of runs, of those only that belong to one dataflow."""

    def __init__(self, flows: Flows, runs: Runs) -> None:
        self._flows = flows
        self._runs = runs

    def on_get(self, req: falcon.Request, resp: falcon.Response, id: str) -> None:
        """Return one page, or the number of matching runs; its link goes on in the list of all runs."""
        wanted = paging.parse(parameters(req, paging.PARAMETERS), self._runs.view)
        flow = lifecycle.read_record(self._flows, caller_of(req).scope, id)
        resp.data = handlers.answer_list(
            self._runs, flow.scope, _only_of(flow.id, wanted)
        )


def _only_of(flow: str, wanted: Listing) -> Listing:
    """Return a listing without the runs of other dataflows; the token of its next page remembers that."""
    asked = wanted.filters
    own = filters.parse([f"flowId=={flow}"]).conditions
    if own[0] in asked.conditions:
        return wanted
    narrowed = attrs.evolve(asked, conditions=(*own, *asked.conditions))
    return attrs.evolve(wanted, filters=narrowed)
