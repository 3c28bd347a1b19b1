"""``/_faults``: read, replace and clear the rules while the service runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headwater.errors import InvalidInput
from headwater.foreign import raise_bare
from headwater_local_flow_service.errors import FlowError
from headwater_local_flow_service.faults.engine import CONTROL
from headwater_local_flow_service.faults.rules import Plan
from headwater_local_flow_service.gateway.incoming import json_object, parameters

if TYPE_CHECKING:
    import falcon

    from headwater_local_flow_service.app import FlowServiceApp
    from headwater_local_flow_service.faults.engine import Faults
    from headwater_local_flow_service.settings import Settings


class Control:
    """The rules as a resource. It asks for no token: it is only ever reached from this machine."""

    def __init__(self, faults: Faults, settings: Settings) -> None:
        self._faults = faults
        self._settings = settings

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Return the rules, and how often each has matched and struck."""
        parameters(req, ())
        resp.media = self._faults.report()

    def on_put(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Replace all rules, or none where one of them is wrong."""
        parameters(req, ())
        body = json_object(req, self._settings)
        try:
            self._faults.replace(Plan.of(body))
        except InvalidInput as error:
            raise_bare(FlowError("HEADWATER-1422-422", str(error)))
        resp.media = self._faults.report()

    def on_delete(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Let every request through from now on."""
        parameters(req, ())
        self._faults.replace(Plan())
        resp.status = "204 No Content"


def add_control(app: FlowServiceApp, faults: Faults, settings: Settings) -> None:
    """Let the application answer for the rules as well; its checks of Host, size and shape stand in front."""
    app.add_route(CONTROL, Control(faults, settings))
