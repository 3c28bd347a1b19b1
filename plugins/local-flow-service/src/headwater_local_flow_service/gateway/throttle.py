"""Failed attempts counted by who made them, in bounded memory: guessing secrets must take too long to be tried."""

from __future__ import annotations

import hashlib
import ipaddress
import math
import threading
import time
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

import attrs

if TYPE_CHECKING:
    from collections.abc import Callable

WINDOW: Final = 60.0  # seconds
OF_CLIENT: Final = 10  # failures of one client from one address in a window
OF_ADDRESS: Final = (
    100  # failures from one address in a window, whatever clients it names
)
_MOST: Final = 4096  # counters kept; the one that was not used for longest goes
_HOME_PREFIX: Final = 64  # bits of an IPv6 address that tell one site from another


@attrs.define
class _Counter:
    began: float
    failures: int = 0


class Throttle:
    """Counts failures by client and address, and by address alone, each in windows of a minute."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._counters: OrderedDict[bytes, _Counter] = OrderedDict()
        self._lock = threading.Lock()

    def wait_of(self, client: str, address: str) -> int:
        """Return for how many seconds a client at an address must not be listened to, 0 for none."""
        now = self._clock()
        with self._lock:
            waits = [
                self._wait(key, limit, now) for key, limit in _limits(client, address)
            ]
        return math.ceil(max(waits))

    def fail(self, client: str, address: str) -> None:
        """Count a failure."""
        now = self._clock()
        with self._lock:
            for key, _limit in _limits(client, address):
                self._count(key, now)

    def succeed(self, client: str, address: str) -> None:
        """Forget the failures of a client at an address that has proven to know better."""
        [(key, _limit), _of_address] = _limits(client, address)
        with self._lock:
            self._counters.pop(key, None)

    def _wait(self, key: bytes, limit: int, now: float) -> float:
        counter = self._counters.get(key)
        if counter is None or counter.failures < limit:
            return 0
        return max(0, counter.began + WINDOW - now)

    def _count(self, key: bytes, now: float) -> None:
        counter = self._counters.pop(key, None)
        if counter is None or now >= counter.began + WINDOW:
            counter = _Counter(began=now)
        counter.failures += 1
        self._counters[key] = counter
        while len(self._counters) > _MOST:
            self._counters.popitem(last=False)


def _limits(client: str, address: str) -> list[tuple[bytes, int]]:
    """Return the counters an attempt falls under; names can be long, so each is a digest."""
    site = _site(address)
    return [
        (_digest("client", client, site), OF_CLIENT),
        (_digest("address", site), OF_ADDRESS),
    ]


def _digest(*names: str) -> bytes:
    text = "\0".join(names).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(text, digest_size=16).digest()


def _site(address: str) -> str:
    """Return an address without what its owner can change at will."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if ip.version == 6 and ip.ipv4_mapped is None:
        return str(ipaddress.ip_network((ip, _HOME_PREFIX), strict=False))
    return str(ip)
