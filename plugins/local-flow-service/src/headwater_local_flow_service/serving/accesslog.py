"""The access log: one JSON object a line for every request, made of names and numbers, never of what was sent."""

from __future__ import annotations

import json
import logging
import re
import sys
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import falcon

log = logging.getLogger("headwater.access")

_LONGEST = 256  # characters of a path or a client id
_CONTINUE = 100
_INLET = re.compile(r"^(/collection/(?:batch/)?.{8}).*", re.DOTALL)


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
        """Write the line, but for a file that is only told to come: it has one when it is here."""
        if resp.status_code != _CONTINUE:
            write(_line_of(req, resp))


class JsonFormatter(logging.Formatter):
    """Any other record as one JSON object a line, so that whoever reads the log finds nothing else in it."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        facts = {
            "time": _time(record.created),
            "level": record.levelname,
            "message": record.getMessage(),
        }
        return json.dumps(facts)


def to_stderr() -> None:
    """Send the lines to stderr, and nowhere else."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(message)s"))
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False


def write(facts: dict[str, Any]) -> None:
    """Write one line, where an access log is wanted."""
    log.info("%s", json.dumps(facts))


def line(
    request_id: str, method: str, path: str, status: int, came: float
) -> dict[str, Any]:
    """Return what is known of every request; `came` is the reading of the performance counter when it came."""
    return {
        "time": _time(time.time()),
        "request": request_id,
        "method": method,
        "path": shorten_path(path),
        "status": status,
        "ms": round((time.perf_counter() - came) * 1000, 1),
    }


def shorten_path(path: str) -> str:
    """Return a path as a log may hold it: who knows the whole id of an inlet may send to it."""
    return _INLET.sub(r"\1...", path[:_LONGEST])


def _line_of(req: falcon.Request, resp: falcon.Response) -> dict[str, Any]:
    id = getattr(req.context, "request_id", "")
    facts = line(id, req.method, req.path, resp.status_code, req.context.came)
    caller = getattr(req.context, "caller", None)
    if caller is None:
        return facts
    return facts | {
        "client": caller.client[:_LONGEST],
        "org": caller.scope.org,
        "sandbox": caller.scope.sandbox,
    }


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
