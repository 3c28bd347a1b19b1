"""Addresses no source is at: link-local ones, metadata services of clouds, and IPv6 forms that lead to such a one.

The standard library knows IPv4-mapped, 6to4 and Teredo addresses (`ipv4_mapped`, `sixtofour`, `teredo`). It does not
know NAT64 (RFC 6052 and 8215), IPv4-compatible (RFC 4291), IPv4-translated (RFC 2765) and ISATAP (RFC 5214) ones, which
are taken apart here. A NAT64 prefix of the network's own cannot be told from any other address, so it is not known.
"""

from __future__ import annotations

from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_network,
)
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

IPAddress: TypeAlias = IPv4Address | IPv6Address

# Beyond the link-local ranges, which hold most of them, AWS's containers' and OpenStack's among them.
METADATA: tuple[IPv4Network | IPv6Network, ...] = tuple(
    map(
        ip_network,
        (
            "100.100.100.200",  # Alibaba Cloud
            "168.63.129.16",  # Azure: keys and certificates of the machine
            "192.0.0.192",  # Oracle Cloud
            "fd00:ec2::/32",  # AWS: instance metadata, pod identities
            "fd20:ce::254",  # Google Cloud
            "fd00:42::42",  # Scaleway
        ),
    )
)
# Nothing is there: this network, and what goes to everybody.
_THIS_NETWORK = IPv4Network("0.0.0.0/8")
_NOWHERE = (_THIS_NETWORK, IPv4Network("255.255.255.255"))

# Prefix of 96 bits -> the IPv4 address in the 32 bits behind it.
_BEHIND_96 = tuple(
    map(
        IPv6Network,
        (
            "64:ff9b::/96",  # NAT64
            "::ffff:0:0:0/96",  # IPv4-translated
            "::/96",  # IPv4-compatible
        ),
    )
)
# Networks take a part of this one as their own NAT64 prefix, of any of the lengths below.
_LOCAL_NAT64 = IPv6Network("64:ff9b:1::/48")
_PREFIX_LENGTHS = (48, 56, 64, 96)
_ISATAP = (0x00005EFE, 0x02005EFE)  # the first half of the interface's 64 bits


def is_forbidden(ip: IPAddress) -> bool:
    """Say whether an address, or one it leads to, is link-local, of a metadata service, or of nobody."""
    return any(map(_is_forbidden_itself, (ip, *find_embedded(ip))))


def is_this_machine(ip: IPAddress) -> bool:
    """Say whether an address, or one it leads to, is this machine's own."""
    return any(each.is_loopback for each in (ip, *find_embedded(ip)))


def find_embedded(ip: IPAddress) -> Iterator[IPv4Address]:
    """Yield every IPv4 address that an IPv6 address may stand for."""
    if isinstance(ip, IPv4Address) or ip.is_loopback or ip.is_unspecified:
        return
    for known in (ip.ipv4_mapped, ip.sixtofour, *(ip.teredo or ())):
        if known is not None:
            yield known
    value = int(ip)
    if any(ip in prefix for prefix in _BEHIND_96):
        yield _low_bits(value)
    if ip in _LOCAL_NAT64:
        yield from _find_behind_local_nat64(value)
    if value >> 32 & 0xFFFFFFFF in _ISATAP:
        yield _low_bits(value)


def _is_forbidden_itself(ip: IPAddress) -> bool:
    if ip.is_link_local or ip.is_multicast or ip.is_unspecified:
        return True
    return any(ip in network for network in (*METADATA, *_NOWHERE))


def _find_behind_local_nat64(value: int) -> Iterator[IPv4Address]:
    """Yield what is behind each prefix a network may have chosen; zeros are the middle of a longer prefix."""
    for length in _PREFIX_LENGTHS:
        found = _behind_prefix(value, length)
        if found not in _THIS_NETWORK:
            yield found


def _low_bits(value: int) -> IPv4Address:
    return IPv4Address(value & 0xFFFFFFFF)


def _behind_prefix(value: int, length: int) -> IPv4Address:
    """Return the IPv4 address behind a NAT64 prefix of so many bits; the eight bits after the first 64 are left out."""
    if length == 96:
        return _low_bits(value)
    before = value >> 64
    after = value & 0x00FFFFFF_FFFFFFFF
    joined = before << 56 | after
    return _low_bits(joined >> (120 - length - 32))
