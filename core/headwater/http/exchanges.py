"""One request and its answer: how far the request has come, and how long and how large the answer may become.

Exceptions of urllib3 cannot tell a proxy that cannot be reached from one that broke off after the request had gone
through. So our connections note themselves when the first byte of a request leaves, past tunnel and handshake; and
they read answers under one deadline, for a read timeout alone lets a byte a second go on for ever.
"""

from __future__ import annotations

import http.client
import io
import threading
import time
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from requests.adapters import HTTPAdapter

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

# Bytes of one answer as it travels, its head included, and once more as it is after decompression. The list of all
# connection specifications has some 5 MB, the description of a source's largest table 1 MB.
LARGEST_ANSWER = 64 * 1024 * 1024
# Seconds for one exchange beyond its own timeouts; LARGEST_ANSWER comes through in them at 0.5 MB/s.
LONGEST_TRANSFER = 120.0


class OverLimit(Exception):
    """An answer is too large or takes too long. No `OSError`, for urllib3 would make a timeout of it."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy


class Exchange:
    """One request and its answer.

    `watched` says that our own connections carry it; only then does `sent` say whether a byte of the request may have
    left. `seconds` are those from now until the end of the answer, `largest` its bytes as they travel.
    """

    def __init__(self, *, seconds: float, largest: int = LARGEST_ANSWER) -> None:
        self.watched = False
        self.sent = False
        self.largest = largest
        self._seconds = seconds
        self._ends_at = time.monotonic() + seconds
        self._received = 0

    @property
    def may_have_left(self) -> bool:
        """Whether a byte of the request may have left; so it may where no connection of ours carried it."""
        return self.sent or not self.watched

    def seconds_left(self) -> float:
        """Return the seconds until the end. Raises `OverLimit` where it has come."""
        left = self._ends_at - time.monotonic()
        if left <= 0:
            raise OverLimit(
                f"its answer took longer than {self._seconds:.0f} s in all",
                "try again later, or ask for less at once",
            )
        return left

    def count(self, received: int) -> None:
        """Add bytes of the answer. Raises `OverLimit` where they become too many."""
        self._received += received
        check_size(self._received, self.largest)


def check_size(size: int, largest: int) -> None:
    """Refuse an answer of more bytes than that. Raises `OverLimit`."""
    if size > largest:
        raise OverLimit(
            f"its answer is larger than {largest / 1024**2:g} MB", "ask for less"
        )


@contextmanager
def open_exchange(
    timeouts: tuple[float, float], *, largest: int = LARGEST_ANSWER
) -> Iterator[Exchange]:
    """Watch the one request that this thread sends meanwhile; `timeouts` are those to connect and to read, seconds."""
    exchange = Exchange(seconds=sum(timeouts) + LONGEST_TRANSFER, largest=largest)
    token = _current.set(exchange)
    try:
        yield exchange
    finally:
        _current.reset(token)


_current: ContextVar[Exchange | None] = ContextVar("exchange", default=None)


_MAKING = threading.Lock()


class WatchingAdapter(HTTPAdapter):
    """Makes connections, to hosts and to proxies, that report to the exchange they are used for."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        watch_connections(self.poolmanager)

    def proxy_manager_for(self, *args: Any, **options: Any) -> Any:
        with _MAKING:  # no thread may get a manager that is not watched yet
            manager = super().proxy_manager_for(*args, **options)
            watch_connections(manager)
            return manager


def watch_connections(manager: Any) -> None:
    """Let a pool manager of urllib3 make connections that report; doing it again changes nothing."""
    manager.pool_classes_by_scheme = {
        scheme: _watching_pool(pool)
        for scheme, pool in manager.pool_classes_by_scheme.items()
    }


def _watching_pool(pool: Any) -> Any:
    """Return the class of pools whose connections report; those of SOCKS proxies have classes of their own."""
    if issubclass(pool.ConnectionCls, _Watching):
        return pool
    connection = type(
        f"Watching{pool.ConnectionCls.__name__}", (_Watching, pool.ConnectionCls), {}
    )
    return type(f"Watching{pool.__name__}", (pool,), {"ConnectionCls": connection})


class _LimitedResponse(http.client.HTTPResponse):
    """An answer, that of a proxy to CONNECT too, read within the limits of its exchange from its first byte on."""

    def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:
        exchange = _current.get()
        source: Any = sock
        self._source = None
        if exchange is not None:
            source = self._source = _LimitedSocket(sock, exchange)
        super().__init__(source, *args, **options)

    def begin(self) -> None:
        """Read the head. http.client takes one that breaks off for a whole one with fewer headers."""
        super().begin()
        if self._source is not None and self._source.has_ended:
            self.close()
            raise http.client.RemoteDisconnected("the head of the answer broke off")


class _Watching:
    """What every connection of ours does beside its own: it notes when a byte of the request can have left."""

    response_class = _LimitedResponse
    _connecting = False
    sock: Any
    auto_open: int

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        _watched_exchange()

    def connect(self) -> None:
        """Connect, with what belongs to it: a tunnel through a proxy, a TLS handshake. None of it is the request."""
        _watched_exchange()
        self._connecting = True
        try:
            super().connect()  # type: ignore[misc]
        finally:
            self._connecting = False

    def send(self, data: Any) -> None:
        """Send, as long as there is time; noted before, for a part may leave although sending fails."""
        if self.sock is None and self.auto_open:
            self.connect()
        exchange = _watched_exchange()
        if exchange is not None and self.sock is not None:
            exchange.seconds_left()
            exchange.sent = exchange.sent or not self._connecting
        super().send(data)  # type: ignore[misc]


def _watched_exchange() -> Exchange | None:
    """Return the exchange of this thread, which a connection of ours is being used for."""
    exchange = _current.get()
    if exchange is not None:
        exchange.watched = True
    return exchange


class _LimitedSocket:
    """A socket, as far as an answer reads from it."""

    def __init__(self, sock: socket.socket, exchange: Exchange) -> None:
        self._stream = _LimitedStream(sock, exchange)

    @property
    def has_ended(self) -> bool:
        """Whether the other side has ended the connection, as far as it has been read."""
        return self._stream.has_ended

    def makefile(self, _mode: str) -> io.BufferedReader:
        """Return what the answer is read from."""
        return io.BufferedReader(self._stream)


class _LimitedStream(io.RawIOBase):
    """Reads from a socket, each time for no longer than its own timeout or than is left of the whole."""

    def __init__(self, sock: socket.socket, exchange: Exchange) -> None:
        super().__init__()
        self._socket = sock
        self._timeout = sock.gettimeout()
        self.has_ended = False
        self._stream: Any = sock.makefile("rb", buffering=0)
        self._exchange = exchange

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._exchange.seconds_left()
        if self._timeout is not None:
            left = min(left, self._timeout)
        self._socket.settimeout(left)
        try:
            received: int | None = self._stream.readinto(buffer)
        except TimeoutError:
            self._exchange.seconds_left()  # raises where it is the whole that has ended
            raise
        self.has_ended = received == 0
        self._exchange.count(received or 0)
        return received

    def close(self) -> None:
        if not self.closed:
            with suppress(OSError):
                self._socket.settimeout(self._timeout)
            self._stream.close()
        super().close()
