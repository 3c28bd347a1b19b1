"""A line that breaks where a test says: a real server behind real sockets, direct or through a real proxy, with TLS.

::

    def disturb(request: Received) -> Disturbance | None:
        if request.method == "POST":
            return Cut(answer=0)                  # carried out, then reset before a byte of the answer
        return None

    with Rig(embedded(app), tls=True, proxied=True, disturb=disturb) as rig:
        at = endpoint(url=rig.url, proxy=rig.proxy, ca_bundle=rig.ca_bundle)
        ...                                       # use the client
        rig.settle()                              # until the server is done with all it has received
        assert rig.carried_out("POST") == 1       # what the server did, whatever the client makes of it

Disturbances of the server, each for one request: `Cut` breaks off before the request is carried out, or after so many
bytes of the answer; `Page` answers something else, before or after carrying it out; `Stall` answers so many bytes and
then nothing, `Drip` a byte at a time. ``rig.cut_line(Line(...))`` breaks the next connection below TLS instead, after
any byte of either direction.

Every request has a connection of its own, so that a disturbance concerns one request only.
"""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import struct
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Literal, TypeAlias

import trustme

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

HOST = "service.example.com"  # where the client reaches the server by way of the proxy
PATIENCE = 20.0  # seconds that a thread of the rig waits for anything
_PIECE = 65536  # bytes

How: TypeAlias = Literal["reset", "end"]


@dataclass(frozen=True)
class Received:
    """A request as the server has read it, whole."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        """The path of the target, which is a whole URL where a proxy forwards it."""
        return "/" + self.target.split("://")[-1].partition("/")[2].partition("?")[0]


@dataclass(frozen=True)
class Cut:
    """Break off: before carrying the request out where `answer` is None, else after so many bytes of the answer."""

    answer: int | None = None
    how: How = "reset"


@dataclass(frozen=True)
class Page:
    """Answer this in place of the service, after the request was carried out or, without `commit`, instead of that."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    commit: bool = True


@dataclass(frozen=True)
class Stall:
    """Answer so many bytes and then nothing more, until the client goes away."""

    answer: int = 0
    commit: bool = True


@dataclass(frozen=True)
class Drip:
    """Answer a head, and then a byte every now and then, until the client has had enough."""

    head: bytes = b"HTTP/1.1 200 OK\r\n\r\n"
    pause: float = 0.02  # seconds


Disturbance: TypeAlias = Cut | Page | Stall | Drip
Application: TypeAlias = "Callable[[Received], Page]"


@dataclass
class Line:
    """Where the line of one connection breaks: after so many bytes from the client, or to it, those of TLS included.

    After the cut `sent` and `received` are the bytes that passed in either direction.
    """

    from_client: int | None = None
    to_client: int | None = None
    how: How = "reset"
    sent: int = 0
    received: int = 0


@dataclass
class Exchange:
    """What the server saw of one connection: whether a byte of a request arrived, and what was carried out."""

    arrived: bool = False
    request: Received | None = None
    carried_out: bool = False


class Rig:
    """One server, and in front of it a line or a proxy; see the module."""

    def __init__(
        self,
        application: Application,
        *,
        tls: bool = False,
        proxied: bool = False,
        disturb: Callable[[Received], Disturbance | None] = lambda _request: None,
    ) -> None:
        self.exchanges: list[Exchange] = []
        self.proxy: str | None = None
        self.ca_bundle: str | None = None
        self.tunnel_status = 200
        self._application = application
        self._disturb = disturb
        self._proxied = proxied
        self._next_line: Line | None = None
        self._busy = 0
        self._begun = 0
        self._ended = 0
        self._idle = threading.Condition()
        self._open = contextlib.ExitStack()
        self._tls = _Certificates(self._open) if tls else None
        self._front = socket.create_server(("127.0.0.1", 0), backlog=256)
        port = self._front.getsockname()[1]
        self._origin = socket.create_server(("127.0.0.1", 0), backlog=256)
        scheme = "https" if tls else "http"
        self.url = f"{scheme}://localhost:{port}"
        if self._tls is not None:
            self.ca_bundle = self._tls.bundle
        if proxied:
            # Named so that the client does not take it for this machine, which it reaches without a proxy.
            self.url = f"{scheme}://{HOST}"
            self.proxy = f"http://127.0.0.1:{port}"

    def __enter__(self) -> Self:
        for listener, serve in ((self._front, self._carry), (self._origin, self._host)):
            threading.Thread(
                target=self._accept, args=(listener, serve), daemon=True
            ).start()
        return self

    def __exit__(self, *_exception: object) -> None:
        for listener in (self._front, self._origin):
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        self.settle()
        self._open.close()

    def cut_line(self, line: Line) -> None:
        """Break the next connection there."""
        self._next_line = line

    def settle(self) -> None:
        """Wait until the server is done with every connection that was led to it."""
        with self._idle:
            assert self._idle.wait_for(self._is_done, PATIENCE)

    def _is_done(self) -> bool:
        return self._busy == 0 and self._begun == self._ended

    def carried_out(self, method: str) -> int:
        """Return how many requests of a method have been carried out, once the server is done."""
        self.settle()
        return sum(
            1
            for exchange in self.exchanges
            if exchange.carried_out
            and exchange.request is not None
            and exchange.request.method == method
        )

    def _accept(
        self, listener: socket.socket, serve: Callable[[socket.socket], None]
    ) -> None:
        while True:
            try:
                connection, _address = listener.accept()
            except OSError:
                return
            connection.settimeout(PATIENCE)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._idle:
                self._busy += 1
            threading.Thread(
                target=self._serve, args=(connection, serve), daemon=True
            ).start()

    def _serve(
        self, connection: socket.socket, serve: Callable[[socket.socket], None]
    ) -> None:
        try:
            with contextlib.suppress(OSError, EOFError), connection:
                serve(connection)
        finally:
            with self._idle:
                self._busy -= 1
                self._idle.notify_all()

    # The line: from the client to the server, by way of a tunnel where there is a proxy.

    def _carry(self, client: socket.socket) -> None:
        line, self._next_line = self._next_line or Line(), None
        has_tunnel = self._proxied and self._tls is not None
        if has_tunnel and not self._open_tunnel(client, line):
            return
        with self._idle:
            self._begun += 1
        address = self._origin.getsockname()
        with socket.create_connection(address) as server:
            server.settimeout(PATIENCE)
            server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            _relay(client, server, line)

    def _open_tunnel(self, client: socket.socket, line: Line) -> bool:
        """Answer CONNECT. Its bytes count like all others, and the line can break within them."""
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            if line.from_client == len(head):
                break_off(client, line.how)
                return False
            byte = client.recv(1)
            if not byte:
                return False
            head += byte
            line.sent += 1
        assert head.startswith(f"CONNECT {HOST}:443 ".encode()), head
        answer = f"HTTP/1.1 {self.tunnel_status} Whatever\r\n\r\n".encode()
        wanted = line.to_client
        if line.from_client == line.sent:
            wanted = 0
        piece = answer if wanted is None else answer[:wanted]
        client.sendall(piece)
        line.received = len(piece)
        if wanted is not None and wanted <= len(answer):
            break_off(client, line.how)
            return False
        return self.tunnel_status == 200

    # The server.

    def _host(self, plain: socket.socket) -> None:
        exchange = Exchange()
        try:
            connection = plain
            # ssl loses hold of a socket that is reset before it is wrapped.
            plain.recv(1, socket.MSG_PEEK)
            if self._tls is not None:
                connection = self._tls.context.wrap_socket(plain, server_side=True)
            with connection:
                self._answer(connection, exchange)
        finally:
            self.exchanges.append(exchange)
            self._ended += 1

    def _answer(self, connection: socket.socket, exchange: Exchange) -> None:
        request = _read_request(connection, exchange)
        disturbance = self._disturb(request)
        answer = b""
        if _commits(disturbance):
            exchange.carried_out = True
            answer = written(self._application(request))
        if isinstance(disturbance, Page):
            answer = written(disturbance)
        if isinstance(disturbance, Stall):
            connection.sendall(answer[: disturbance.answer])
            connection.recv(1)
        elif isinstance(disturbance, Drip):
            _drip(connection, disturbance)
        elif isinstance(disturbance, Cut):
            connection.sendall(answer[: disturbance.answer or 0])
            break_off(connection, disturbance.how)
        else:
            connection.sendall(answer)
            _end(connection)


class _Certificates:
    """A certificate authority of our own, and what it signs for the server."""

    def __init__(self, opened: contextlib.ExitStack) -> None:
        authority = trustme.CA()
        folder = Path(opened.enter_context(TemporaryDirectory()))
        path = folder / "authority.pem"
        authority.cert_pem.write_to_path(str(path))
        self.bundle = str(path)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.num_tickets = (
            0  # all that the server says before a request is its part of the handshake
        )
        authority.issue_cert("localhost", HOST).configure_cert(self.context)


def _commits(disturbance: Disturbance | None) -> bool:
    if isinstance(disturbance, Cut):
        return disturbance.answer is not None
    return disturbance is None or getattr(disturbance, "commit", True)


def _drip(connection: socket.socket, drip: Drip) -> None:
    connection.sendall(drip.head)
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        connection.sendall(b" ")
        time.sleep(drip.pause)


def _read_request(connection: socket.socket, exchange: Exchange) -> Received:
    """Read a request to its end. Raises `EOFError` where it breaks off."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += _receive(connection)
        exchange.arrived = True
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    method, target, _version = lines[0].split(" ")
    headers = {}
    for line in lines[1:]:
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    while len(body) < int(headers.get("content-length", "0")):
        body += _receive(connection)
    exchange.request = Received(method, target, headers, body)
    return exchange.request


def _receive(connection: socket.socket) -> bytes:
    piece = connection.recv(_PIECE)
    if not piece:
        raise EOFError
    return piece


def written(page: Page) -> bytes:
    """Return an answer as it travels."""
    lines = [f"HTTP/1.1 {page.status} Whatever", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in page.headers]
    if page.status != 204:
        lines.append(f"Content-Length: {len(page.body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + page.body


def break_off(connection: socket.socket, how: How) -> None:
    """End a connection below TLS: by a reset, or by an end of the line without a word."""
    with socket.socket(fileno=connection.detach()) as plain:
        if how == "reset":
            linger = struct.pack("ii", 1, 0)
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            return
        plain.settimeout(PATIENCE)
        with contextlib.suppress(OSError):
            plain.shutdown(socket.SHUT_WR)
            # What has not been read would make a reset of the end.
            while plain.recv(_PIECE):
                pass


def _end(connection: socket.socket) -> None:
    """Close as a server does that has said everything, and wait for the client to do the same."""
    if isinstance(connection, ssl.SSLSocket):
        with contextlib.suppress(OSError):
            connection.unwrap()
        return
    connection.shutdown(socket.SHUT_WR)
    connection.recv(1)


def _relay(client: socket.socket, server: socket.socket, line: Line) -> None:
    """Pass on what either side says, until one of them ends or the line breaks."""
    while True:
        ready, _, _ = select.select([client, server], [], [], PATIENCE)
        if not ready:
            return
        for source in ready:
            if source is client:
                going = _pass_on(client, server, line, "sent", line.from_client)
            else:
                going = _pass_on(server, client, line, "received", line.to_client)
            if not going:
                return


def _pass_on(
    source: socket.socket,
    target: socket.socket,
    line: Line,
    counter: str,
    limit: int | None,
) -> bool:
    """Pass one piece on, and say whether the line holds."""
    client = source if counter == "sent" else target
    try:
        piece = source.recv(_PIECE)
    except ConnectionResetError:
        if source is not client:
            break_off(client, "reset")
        return False
    passed = getattr(line, counter)
    kept = piece if limit is None else piece[: max(0, limit - passed)]
    with contextlib.suppress(ConnectionError):
        target.sendall(kept)
    setattr(line, counter, passed + len(kept))
    if limit is not None and passed + len(kept) >= limit:
        break_off(client, line.how)
        return False
    return piece != b""
