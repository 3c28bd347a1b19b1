"""Where a reader may connect to: anywhere for a person at a terminal, only to named hosts for a service.

Whoever can create a connection in a service chooses the host its credentials name. Without this, that would be a way to
let the service knock at doors inside its own network. Who opens a reader also says which certificate authorities count.
"""

from __future__ import annotations

import ipaddress
import socket
from typing import TYPE_CHECKING

import attrs

from headwater.errors import SourceOutOfReach
from headwater.http.hosts import is_loopback
from headwater.sources.addresses import is_forbidden, is_this_machine

if TYPE_CHECKING:
    from collections.abc import Iterable


def _lower_case(hosts: Iterable[str] | None) -> frozenset[str] | None:
    if hosts is None:
        return None
    return frozenset(host.lower() for host in hosts)


@attrs.frozen
class Reach:
    """`hosts` are the names a reader may connect to, None for any; this machine is one if `this_machine`.

    `ca_bundle` is a file with the certificate authorities to trust there; without it those of ``REQUESTS_CA_BUNDLE``,
    or the usual ones.
    """

    hosts: frozenset[str] | None = attrs.field(default=None, converter=_lower_case)
    this_machine: bool = attrs.field(default=True, kw_only=True)
    ca_bundle: str | None = attrs.field(default=None, kw_only=True)

    @property
    def authorities_setting(self) -> str:
        """Where a certificate authority of one's own is named, as a remedy puts it."""
        if self.hosts is None:
            return "as ca_bundle of the profile, or in REQUESTS_CA_BUNDLE"
        return "in REQUESTS_CA_BUNDLE where the service is started"

    def check_host(self, host: str, port: int) -> None:
        """Refuse a host before anything is sent. Raises `SourceOutOfReach`; a name that does not resolve passes."""
        if self.hosts is None:
            return
        is_free = self.this_machine and is_loopback(host)
        if host.lower() not in self.hosts and not is_free:
            raise _refusal(
                "its host is not among those this service may reach", _NAME_IT
            )
        try:
            addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError:
            return  # connecting will fail, and say so
        for *_family, address in addresses:
            self.check_address(str(address[0]))

    def check_address(self, address: str) -> None:
        """Refuse an address, whatever name led to it. Raises `SourceOutOfReach`."""
        if self.hosts is None:
            return
        ip = ipaddress.ip_address(address.partition("%")[0])
        if is_this_machine(ip) and not self._reaches_this_machine(self.hosts):
            raise _refusal(
                "its host leads to this machine, which is not among those this service may reach",
                "name 127.0.0.1 as well with --reach-sources when the service is started",
            )
        if is_forbidden(ip):
            raise _refusal(
                "its host leads to a link-local or metadata address, which is never reached",
                "give the credentials the host of the source itself",
            )

    def _reaches_this_machine(self, hosts: frozenset[str]) -> bool:
        return self.this_machine or any(map(is_loopback, hosts))


_NAME_IT = "name the host, and any it hands a login on to, with --reach-sources when the service is started"

ANYWHERE = Reach()


def _refusal(why: str, remedy: str) -> SourceOutOfReach:
    return SourceOutOfReach(f"the source is not asked: {why}", remedy=remedy)
