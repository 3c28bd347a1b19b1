"""What the platform client's tests share: an endpoint, a service whose pauses take no time, and a raw socket server."""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import threading
import traceback
from typing import TYPE_CHECKING, Any

from headwater.flowservice import Endpoint, FlowService
from headwater.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Behaviour = Callable[[socket.socket], None]

ROOT = "https://platform.example.com"
BASE = f"{ROOT}/data/foundation/flowservice"
CONNECTIONS = f"{BASE}/connections"
IMS = "https://ims.example.com"
ID = "69f188b6-af07-4587-8061-e94d34637b41"
ONE = f"{CONNECTIONS}/{ID}"
ETAG = '"6802064a-0000-0200-0000-6387c6b90000"'
CANARY = "sw0rdfish-0123456789"
TOKEN = "token-0123456789-abcdef"
ITEM = {"id": ID, "name": "Support desk", "etag": ETAG}


def refusal(status: int, code: str = "") -> dict[str, Any]:
    """Return a refusal in the service's own words, as a mocked answer."""
    kind = f"https://ns.adobe.com/aep/errors/{code or f'FLOW-1000-{status}'}"
    return {
        "status_code": status,
        "json": {"type": kind, "title": "refused", "status": status},
    }


def endpoint(**changes: Any) -> Endpoint:
    """Return an endpoint with a given access token; `changes` replace single fields."""
    fields: dict[str, Any] = {
        "url": ROOT,
        "org_id": "ABC123@AdobeOrg",
        "sandbox": "prod",
        "api_key": "key-1",
        "access_token": Secret(TOKEN),
    }
    return Endpoint(**{**fields, **changes})


def oauth(**changes: Any) -> Endpoint:
    """Return an endpoint that fetches its tokens from IMS."""
    fields: dict[str, Any] = {
        "access_token": None,
        "client_id": "client-1",
        "client_secret": Secret("p8e-client&secret=0123"),
        "ims_url": IMS,
    }
    return endpoint(**{**fields, **changes})


@contextlib.contextmanager
def service(
    at: Endpoint | None = None, *, retries: int = 4
) -> Iterator[tuple[FlowService, list[float]]]:
    """Yield a service and the list of the pauses it would have made."""
    pauses: list[float] = []
    with FlowService(at or endpoint(), retries=retries, sleep=pauses.append) as opened:
        yield opened, pauses


def everything_shown(error: BaseException) -> str:
    """Return all that a person or program could get to see of an error, its chain and their attributes included."""
    parts = []
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        current = waiting.pop()
        if current is None or id(current) in seen:
            continue
        seen.add(id(current))
        data = current.data() if hasattr(current, "data") else ""
        parts += [
            str(current),
            repr(current),
            repr(data),
            repr(vars(current)),
            json.dumps(data, ensure_ascii=False),
        ]
        waiting += [current.__cause__, current.__context__]
    return "\n".join([*parts, "".join(traceback.format_exception(error))])


class RawServer:
    """A loopback port that treats each connection as the next behaviour says; `requests` holds what was received."""

    def __init__(self, *behaviours: Behaviour, reads: bool = True) -> None:
        self.requests: list[bytes] = []
        self._behaviours = behaviours
        self._reads = reads
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def __enter__(self) -> RawServer:
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop listening: the next connection is refused."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            for behaviour in self._behaviours:
                connection, _address = self._socket.accept()
                with connection:
                    if self._reads:
                        self.requests.append(_read_request(connection))
                    behaviour(connection)


def _read_request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return data
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(
        (
            int(line[15:])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length:")
        ),
        0,
    )
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def reply(status: str, body: bytes = b"", *headers: str) -> Behaviour:
    """Answer and close."""
    lines = [
        f"HTTP/1.1 {status}",
        f"Content-Length: {len(body)}",
        "Connection: close",
        *headers,
    ]
    return lambda connection: connection.sendall(
        "\r\n".join(lines).encode() + b"\r\n\r\n" + body
    )


def raw(text: bytes) -> Behaviour:
    """Send these bytes and close."""
    return lambda connection: connection.sendall(text)


def reset(connection: socket.socket) -> None:
    """Reset the connection without an answer."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def hang(connection: socket.socket) -> None:
    """Answer nothing until the client gives up and closes."""
    connection.recv(1)


def refused_port() -> int:
    """Return a port that nothing listens on."""
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port: int = unused.getsockname()[1]
    return port
