"""Sending answers within bounds of time and memory: nobody who does not read his answer holds it for ever.

granian takes an answer whole, and does not say when it is gone: not even the pieces of a stream are waited for. So the
kernel is asked how much of it the client has acknowledged. It can be asked on Linux; elsewhere nothing is bounded.
"""

from __future__ import annotations

import asyncio
import fcntl
import ipaddress
import os
import socket
import stat
import struct
import sys
import termios
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

import attrs

from headwater_local_flow_service.errors import unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from granian.rsgi import Scope

_SMALL: Final = 64 << 10  # bytes of an answer that always finds room
_HELD: Final = 64 << 20  # bytes of larger answers that are under way at once
_SECONDS: Final = 10  # in which something, and of a larger answer `_LEAST`, is taken
_LEAST: Final = 320_000  # bytes: 32 kB/s
_FIRST_LOOK: Final = 0.002  # seconds; each further one is twice as late
_LAST_LOOK: Final = 0.25
_SENDING: Final = (1, 8)  # states of TCP in which data can be sent on
_ACKNOWLEDGED: Final = 120  # where `struct tcp_info` has the bytes, 64 bits of them
_REMEMBERED: Final = 4096  # clients, twice as many as may be connected
_LINUX: Final = sys.platform == "linux"


@attrs.define(eq=False)
class Sending:
    """A larger answer on its way: the connection, known by a descriptor of our own, and where on it the answer ends."""

    peer: str
    size: int  # bytes
    connection: socket.socket
    end: int  # bytes that the client has acknowledged when it has all of this answer


class Sender:
    """Follows the larger answers of one worker until they are taken, or have waited for too long."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held = 0
        self._ends: dict[str, int] = {}  # of the last answer on its way to each peer
        self._numbers: dict[str, int] = {}  # where each client was last found
        self._is_ready = False

    def prepare(self, scope: Scope) -> None:
        """Let the kernel close connections on which nothing is taken, those to come included: they inherit it."""
        if self._is_ready or not _LINUX:
            return
        self._is_ready = True
        for number in _descriptors():
            _end_when_stuck(number, _port(scope.server))

    def begin(self, scope: Scope, size: int, *, may_refuse: bool) -> Sending | None:
        """Find room for an answer of `size` bytes, before it is sent.

        None where nobody needs to follow it. Raises `FlowError` where there is no room.
        """
        if size <= _SMALL or scope.method == "HEAD" or not _LINUX:
            return None
        connection = self._find(scope)
        if connection is None:  # the client has hung up
            return None
        with self._lock:
            if may_refuse and self._held + size > _HELD:
                connection.close()
                raise unavailable(
                    "too many large answers are under way; try again later"
                )
            self._held += size
            # Those before it, on the same connection, are taken first.
            end = max(_queued(connection), self._ends.get(scope.client, 0)) + size
            self._ends[scope.client] = end
        return Sending(scope.client, size, connection, end)

    def _find(self, scope: Scope) -> socket.socket | None:
        found = _connection_of(scope, self._numbers.get(scope.client))
        if found is None:
            return None
        if len(self._numbers) >= _REMEMBERED:
            self._numbers.clear()
        self._numbers[scope.client], connection = found
        return connection

    async def follow(self, sending: Sending) -> None:
        """Wait until the client has the answer or is gone; hang up on one that is too slow."""
        try:
            if not await _is_taken(sending):
                _hang_up(sending.connection)
        finally:
            sending.connection.close()
            with self._lock:
                self._held -= sending.size
                if self._ends.get(sending.peer) == sending.end:
                    del self._ends[sending.peer]


async def _is_taken(sending: Sending) -> bool:
    """Wait until the client has an answer or is gone, and return True; False as soon as it was too slow."""
    loop = asyncio.get_running_loop()
    pause = _FIRST_LOOK
    until, before = loop.time() + _SECONDS, _acknowledged(sending.connection)
    while True:
        now = _acknowledged(sending.connection)
        if now is None or before is None or now >= sending.end:
            return True
        if loop.time() >= until:
            if now - before < _LEAST:
                return False
            until, before = loop.time() + _SECONDS, now
        await asyncio.sleep(pause)
        pause = min(2 * pause, _LAST_LOOK)


def _acknowledged(connection: socket.socket) -> int | None:
    """Return how many bytes the client has acknowledged since it connected; None where nothing can be sent any more."""
    facts = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
    if facts[0] not in _SENDING:
        return None
    return int(struct.unpack_from("Q", facts, _ACKNOWLEDGED)[0])


def _queued(connection: socket.socket) -> int:
    """Return how many bytes the client will have acknowledged when it has all that the kernel was given."""
    waiting = fcntl.ioctl(connection, termios.TIOCOUTQ, bytes(4))
    return (_acknowledged(connection) or 0) + int(struct.unpack("i", waiting)[0])


def _hang_up(connection: socket.socket) -> None:
    """Close a connection for all who have it open, and let the kernel throw away what it still holds."""
    connection.setsockopt(
        socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", True, 0)
    )
    with suppress(OSError):  # the client was faster
        connection.shutdown(socket.SHUT_RDWR)


def _connection_of(
    scope: Scope, likely: int | None
) -> tuple[int, socket.socket] | None:
    """Return the connection a request came on, as granian's descriptor and as our own; None where it is gone."""
    peer, port = _address(scope.client), _port(scope.server)
    if likely is not None and _joins(likely, peer, port):
        return _duplicate(likely)
    for number in _descriptors():
        if _joins(number, peer, port):
            return _duplicate(number)
    return None


def _duplicate(number: int) -> tuple[int, socket.socket] | None:
    try:
        own = os.dup(number)
    except OSError:
        return None
    if not stat.S_ISSOCK(os.fstat(own).st_mode):
        # The number has just become that of a file. It stays open: closing it would drop the locks of SQLite.
        return None
    return number, socket.socket(fileno=own)


def _descriptors() -> list[int]:
    """Return the descriptors of this process, the latest first."""
    names = os.listdir("/proc/self/fd")  # noqa: PTH208 - names only
    return sorted(map(int, names), reverse=True)


@contextmanager
def _borrowed(number: int) -> Iterator[socket.socket]:
    """Use a descriptor of somebody else's, and leave it open. Raises `OSError` where it is no socket."""
    # The kernel would be asked for what is not said here. Names of IPv6 are the longest, and all others fit.
    borrowed = socket.socket(socket.AF_INET6, socket.SOCK_STREAM, 0, fileno=number)
    try:
        yield borrowed
    finally:
        borrowed.detach()


def _joins(number: int, peer: tuple[object, int], port: int) -> bool:
    """Say whether a descriptor is the connection of a client with the server's port."""
    with suppress(OSError), _borrowed(number) as connection:
        other = connection.getpeername()
        # Most are told by their port. The name of a socket of Unix is one string.
        if not isinstance(other, tuple) or other[1] != peer[1]:
            return False
        is_peer = _address(f"{other[0]}:{other[1]}") == peer
        return is_peer and bool(connection.getsockname()[1] == port)
    return False


def _end_when_stuck(number: int, port: int) -> None:
    """Set on a socket of the server's port how long a client may take nothing of what is sent."""
    with suppress(OSError), _borrowed(number) as listener:
        name = listener.getsockname()
        if isinstance(name, tuple) and name[1] == port:
            milliseconds = _SECONDS * 1000
            listener.setsockopt(
                socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, milliseconds
            )


def _port(authority: str) -> int:
    return int(authority.rpartition(":")[2])


def _address(authority: str) -> tuple[object, int]:
    """Return address and port, comparable however they are written."""
    host, _colon, port = authority.rpartition(":")
    return ipaddress.ip_address(host.strip("[]").partition("%")[0]), int(port)
