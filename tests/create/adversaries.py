"""What can stand between a client and the service and spoil a create; each wraps the embedded application.

Lagging lists and wrong ids are what docs/exactly-once.md assumes or guards against. The body of the 401 is that of the
platform's gateway (error_code 401013).
"""

from __future__ import annotations

import io
import json
import threading
import time
import uuid
from typing import TYPE_CHECKING, Any
from wsgiref.headers import Headers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

CONNECTIONS = "/data/foundation/flowservice/connections"
STALE_TOKEN = {"error_code": "401013", "message": "Oauth token is not valid"}


class Between:
    """An application that lets every request through, and counts the creates that were stored."""

    def __init__(self, app: WSGIApplication) -> None:
        self.stored = 0
        self._app = app
        self._lock = threading.Lock()

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        status, headers, body = self._ask(environ)
        if environ["PATH_INFO"] == CONNECTIONS and environ["REQUEST_METHOD"] == "POST":
            with self._lock:
                self.stored += status.startswith("201")
            status, body = self.after_create(status, body)
        elif environ["PATH_INFO"] == CONNECTIONS and environ["REQUEST_METHOD"] == "GET":
            body = self.after_list(body)
        headers["Content-Length"] = str(len(body))
        start_response(status, headers.items())
        return [body]

    def after_create(self, status: str, body: bytes) -> tuple[str, bytes]:
        """Return what the client gets for a create."""
        return status, body

    def after_list(self, body: bytes) -> bytes:
        """Return what the client gets for a list."""
        return body

    def _ask(self, environ: WSGIEnvironment) -> tuple[str, Headers, bytes]:
        answer: dict[str, Any] = {}

        def start(
            status: str, headers: list[tuple[str, str]], _error: Any = None
        ) -> Any:
            answer.update(status=status, headers=Headers(headers))
            return io.BytesIO().write

        body = b"".join(self._app(environ, start))
        return answer["status"], answer["headers"], body


class LaggingList(Between):
    """Lists show an object only `seconds` after it was made, as an index does that is fed behind the store."""

    def __init__(
        self, app: WSGIApplication, seconds: float | Callable[[], float]
    ) -> None:
        super().__init__(app)
        self._seconds = seconds

    def after_list(self, body: bytes) -> bytes:
        document = json.loads(body)
        lag = (
            self._seconds
            if isinstance(self._seconds, (int, float))
            else self._seconds()
        )
        newest = (time.time() - lag) * 1000
        document["items"] = [
            item for item in document.get("items", []) if item["createdAt"] <= newest
        ]
        return json.dumps(document).encode()


class WrongId(Between):
    """A create is stored, and answered with something else than its id."""

    def __init__(self, app: WSGIApplication, answer: str, foreign_id: str = "") -> None:
        super().__init__(app)
        self._answer = answer
        self._foreign_id = foreign_id

    def after_create(self, status: str, body: bytes) -> tuple[str, bytes]:
        answers: dict[str, Any] = {
            "unknown id": {"id": str(uuid.uuid4()), "etag": '"1"'},
            "foreign id": {"id": self._foreign_id, "etag": '"1"'},
            "no id": {"id": "../../elsewhere", "etag": '"1"'},
            "portal": {"id": "session", "status": "please sign in"},
            "empty": {},
        }
        return "200 OK", json.dumps(answers[self._answer]).encode()


class TokenRefusedAfterCommit(Between):
    """The first create is stored, and then the gateway finds that the token has ended."""

    def __init__(self, app: WSGIApplication) -> None:
        super().__init__(app)
        self.refusals = 1

    def after_create(self, status: str, body: bytes) -> tuple[str, bytes]:
        if self.refusals == 0:
            return status, body
        self.refusals -= 1
        return "401 Unauthorized", json.dumps(STALE_TOKEN).encode()
