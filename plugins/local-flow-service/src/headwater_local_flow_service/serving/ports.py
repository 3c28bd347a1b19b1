"""Addresses and ports: which are this machine's own, which are free, and holding one for the workers."""

from __future__ import annotations

import socket
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from headwater import sources
from headwater.errors import Unreachable
from headwater.foreign import raise_bare

if TYPE_CHECKING:
    from collections.abc import Iterator

_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - where to ask for a server that listens everywhere


def is_loopback(host: str) -> bool:
    """Say whether only this machine can reach an address. A name other than localhost could lead anywhere."""
    return sources.is_loopback(strip_brackets(host))


def strip_brackets(host: str) -> str:
    """Return an address without the brackets that IPv6 wears in URLs."""
    return host.strip("[]")


def address_of(host: str) -> str:
    """Return the address of a name; an address is its own. Raises `Unreachable` for a name that leads nowhere."""
    if host.lower() == "localhost":
        return "127.0.0.1"
    try:
        addresses = socket.getaddrinfo(
            strip_brackets(host), None, type=socket.SOCK_STREAM
        )
    except (OSError, UnicodeError):
        raise_bare(
            Unreachable(
                f"the name {host} cannot be resolved",
                sent=False,
                remedy="give an address of this machine",
            )
        )
    return str(addresses[0][4][0])


def family_of(address: str) -> socket.AddressFamily:
    """Return the address family of an address."""
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def authority(host: str, port: int) -> str:
    """Return host and port as a URL has them."""
    if ":" in host:
        host = f"[{strip_brackets(host)}]"
    return f"{host}:{port}"


def answers(address: str, port: int) -> bool:
    """Say whether something accepts connections there."""
    try:
        socket.create_connection(
            (_EVERYWHERE.get(address, address), port), timeout=1
        ).close()
    except OSError:
        return False
    return True


@contextmanager
def reserve(address: str, wanted: int) -> Iterator[int]:
    """Hold a port for the workers, which bind it with SO_REUSEPORT: two servers would otherwise share it unnoticed.

    Port 0 takes a free one. Raises `Unreachable` when the port is taken or the address is not this machine's.
    """
    family = family_of(address)
    port = _free(family, address, wanted)
    with socket.socket(family, socket.SOCK_STREAM) as holder:
        # Elsewhere granian's parent process holds it itself.
        if sys.platform == "linux":
            holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            holder.bind((address, port))
        yield port


def cannot_listen(address: str, port: int, failure: OSError) -> Unreachable:
    """Return the error for a port that cannot be had."""
    reason = failure.strerror or type(failure).__name__
    return Unreachable(
        f"cannot listen on {address} port {port} ({reason})",
        sent=False,
        remedy="stop the program that uses it, or choose another with --port (0 takes a free one)",
    )


def free(address: str, port: int | None) -> int | None:
    """Return a port that nobody uses: the one wanted, any for 0, none for None. Raises `Unreachable`."""
    if port is None:
        return None
    return _free(socket.AF_INET, address, port)


def _free(family: int, address: str, port: int) -> int:
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        try:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((address, port))
        except OSError as error:
            raise_bare(cannot_listen(address, port, error))
        return int(probe.getsockname()[1])
