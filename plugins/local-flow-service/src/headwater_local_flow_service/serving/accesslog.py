"""The access log: one JSON object a line for every request, made of names and numbers, never of what was sent."""

from __future__ import annotations

import json
import logging
import sys
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import falcon

log = logging.getLogger("headwater.access")

_LONGEST = 256  # characters of a path or a client id


class AccessLog:
    """Falcon middleware, outside of all other: it sees when a request came and what became of it.

    A line holds the time, request id, method, path, status, duration in milliseconds, and who asked for whom where the
    gateway found it out. No query and no header: they could hold a client's secret or a token.
    """

    def process_request(self, req: falcon.Request, _resp: falcon.Response) -> None:
        """Start the clock."""
        req.context.came = time.perf_counter()

    def process_response(
        self,
        req: falcon.Request,
        resp: falcon.Response,
        _resource: Any,
        _succeeded: bool,
    ) -> None:
        """Write the line."""
        log.info("%s", json.dumps(_line(req, resp)))


def to_stderr() -> None:
    """Send the lines to stderr, and nowhere else."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(message)s"))
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False


def _line(req: falcon.Request, resp: falcon.Response) -> dict[str, Any]:
    caller = getattr(req.context, "caller", None)
    facts = {
        "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "request": getattr(req.context, "request_id", ""),
        "method": req.method,
        "path": req.path[:_LONGEST],
        "status": resp.status_code,
        "ms": round((time.perf_counter() - req.context.came) * 1000, 1),
    }
    if caller is None:
        return facts
    return facts | {
        "client": caller.client[:_LONGEST],
        "org": caller.scope.org,
        "sandbox": caller.scope.sandbox,
    }
