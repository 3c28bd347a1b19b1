"""The service's refusals, and how each is written: the platform's shapes A (gateway), B (Flow Service) and D (problem).

Codes read ``<family>-<number>-<HTTP status>``. The family ``HEADWATER`` stands for conditions for which the platform
has published no code. Texts are made of names and rules, never of what the caller sent in a value.
"""

from __future__ import annotations

import logging
import traceback
from typing import TYPE_CHECKING, Any

import falcon

from headwater_local_flow_service.store.storeerrors import StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Mapping

log = logging.getLogger("headwater.local")
# in the process, the program decides what to show; `serve` shows it all
log.addHandler(logging.NullHandler())

TYPE = "https://ns.adobe.com/aep/errors/"

# Characters: names in a refusal are the caller's own, and the body says its text three times.
_LONGEST_TEXT = 4096
_LONGEST_ID = 256

_TITLES = {
    "CONNECTOR-1000": "Bad request",
    "CONNECTOR-1002": "Forbidden",
    "CONNECTOR-1003": "Resource not found",
    "CONNECTOR-1005": "Internal Error",
    "CONNECTOR-1006": "Request Timeout",
    "CONNECTOR-1700": "IE",  # as the platform's table spells it
    "FLOW-1103": "Service Unavailable",
    "FLOW-1400": "Internal Error",
    "FLOW-1403": "Header is missing",
    "FLOW-1404": "Version not matching",
    "FLOW-1439": "Resource not found",
    "FLOW-2100": "Sandbox not found",
    "FLOW-2105": "Header is missing",
    "FLOW-2110": "Headers not allowed",
    "FLOW-2111": "Headers with value restricted",
    "FLOW-2112": "Headers with different value not allowed",
    "HEADWATER-1405": "Method Not Allowed",
    "HEADWATER-1413": "Payload Too Large",
    "HEADWATER-1422": "Unprocessable Entity",
}
_FAMILY_TITLES = {
    "FLOW": "Invalid request",
    "CONNECTOR": "Bad Request",
    "HEADWATER": "Invalid request",
}


class FlowError(Exception):
    """A refusal of Flow Service itself; `id` and `type` name the one resource concerned, if any."""

    def __init__(
        self,
        code: str,
        text: str,
        *,
        id: str = "",
        type: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        text = _shorten(text, _LONGEST_TEXT)
        super().__init__(text)
        self.code = code
        self.text = text
        self.id = _shorten(id, _LONGEST_ID)
        self.type = type
        self.headers = dict(headers or {})

    @property
    def status(self) -> int:
        """The HTTP status, which every code ends with."""
        return int(self.code.rpartition("-")[2])

    def body(self, request_id: str, *, legacy: bool = False) -> dict[str, Any]:
        """Return the body, its texts identical as on the platform: the current shape (B) or the older one (C)."""
        if legacy:
            return {"errorMessage": self.text, "errorDetails": self.text}
        stem = self.code.rpartition("-")[0]
        report = {
            "detailed-message": self.text,
            "request-id": request_id,
            "id": self.id,
            "type": self.type,
        }
        return {
            "type": TYPE + self.code,
            "title": _TITLES.get(stem) or _FAMILY_TITLES[self.code.partition("-")[0]],
            "status": self.status,
            "report": {name: fact for name, fact in report.items() if fact},
            "errorMessage": self.text,
            "errorDetails": self.text,
        }


def _shorten(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}..."


class GatewayError(Exception):
    """A refusal of the gateway in front of the service; the first three digits of the code are the HTTP status."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


class ContentTypeError(Exception):
    """A body without a content type the service reads; the platform answers it in a shape of its own."""


def not_found(id: str, type: str) -> FlowError:
    """Return the answer for an object that is not there, or belongs to somebody else."""
    return FlowError("FLOW-1439-404", f"no such resource in {type}", id=id, type=type)


def too_large(most: int) -> FlowError:
    """Return the answer for a body of more than `most` bytes."""
    return FlowError("HEADWATER-1413-413", f"the body is larger than {most} bytes")


def unavailable(text: str) -> FlowError:
    """Return the answer for what was not begun, and may be asked again in a moment."""
    return FlowError("FLOW-1103-503", text, headers={"Retry-After": "1"})


def install(app: falcon.App[Any, Any]) -> None:
    """Teach an application to write every failure as the platform would, and never a traceback."""
    app.add_error_handler(Exception, _unexpected)
    app.add_error_handler(falcon.HTTPError, _http)
    app.add_error_handler(FlowError, _flow)
    app.add_error_handler(GatewayError, _gateway)
    app.add_error_handler(ContentTypeError, _content_type)
    app.add_error_handler(StoreUnavailable, _store)


def _flow(
    req: falcon.Request, resp: falcon.Response, error: FlowError, _params: Any
) -> None:
    resp.status = falcon.code_to_http_status(error.status)
    resp.set_headers(error.headers)
    resp.media = error.body(
        request_id(req), legacy=getattr(req.context, "legacy_errors", False)
    )


def _gateway(
    _req: falcon.Request, resp: falcon.Response, error: GatewayError, _params: Any
) -> None:
    resp.status = falcon.code_to_http_status(int(error.code[:3]))
    resp.media = {"error_code": error.code, "message": error.text}


def _content_type(
    _req: falcon.Request, resp: falcon.Response, _error: ContentTypeError, _params: Any
) -> None:
    resp.status = falcon.HTTP_400
    resp.media = {
        "type": "about:blank",
        "status": 400,
        "title": "BadRequestError",
        "detail": "a request with a body needs the header Content-Type: application/json",
    }


def _http(
    req: falcon.Request, resp: falcon.Response, error: falcon.HTTPError, params: Any
) -> None:
    status = error.status_code
    if status == 405:
        flow = FlowError(
            "HEADWATER-1405-405", f"{req.method} is not an operation of this resource"
        )
    elif status == 404:
        flow = FlowError("FLOW-1439-404", "there is no such resource")
    else:
        flow = FlowError(
            f"HEADWATER-1000-{status}",
            f"the request cannot be read ({error.title or status})",
        )
    flow.headers = dict(error.headers or {})
    _flow(req, resp, flow, params)


def _store(
    req: falcon.Request, resp: falcon.Response, error: StoreUnavailable, params: Any
) -> None:
    log.error("request %s: the store is %s (%s)", request_id(req), error.word, error)
    _flow(req, resp, unavailable(error.told), params)


def _unexpected(
    req: falcon.Request, resp: falcon.Response, error: Exception, params: Any
) -> None:
    log_frames(f"request {request_id(req)} failed", error)
    _flow(
        req,
        resp,
        FlowError("FLOW-1400-500", "the embedded service failed; its log says where"),
        params,
    )


def request_id(req: falcon.Request) -> str:
    """Return the id that this request carries in the answer's header, its error body and the log."""
    return str(getattr(req.context, "request_id", ""))


def log_frames(what: str, error: Exception) -> None:
    """Write into the log what failed, and where: frames only, since an exception's text could hold what was sent."""
    frames = "".join(traceback.format_tb(error.__traceback__))
    log.error("%s: %s\n%s", what, type(error).__name__, frames)
