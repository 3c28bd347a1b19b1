"""Root URLs and hosts: what is a root URL, and what leads to this machine."""

from __future__ import annotations

import ipaddress
import re

from headwater.arguments import require_text

# Deliberately narrow: what this accepts, every URL parser reads the same way. No userinfo, path, query or fragment.
ROOT_URL = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<host>[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?P<port>:[0-9]{1,5})?"
)

_ADAPTER_SCHEME = re.compile(r"http\+[a-z0-9][a-z0-9.-]*")


def scheme_of(url: str) -> str:
    """Return the scheme of a checked root URL."""
    return url.partition("://")[0]


def host_of(url: str) -> str:
    """Return host and port of a checked root URL, as messages name it."""
    return url.partition("://")[2]


def is_local(url: str) -> bool:
    """Say whether a checked root URL leads to this machine: loopback, or an adapter inside this process."""
    parts = ROOT_URL.fullmatch(url)
    if parts is None:
        return False
    return is_adapter_scheme(parts["scheme"]) or is_loopback(parts["host"])


def is_adapter_scheme(scheme: str) -> bool:
    """Say whether a scheme names an adapter inside this process, as ``http+local`` does."""
    return _ADAPTER_SCHEME.fullmatch(scheme) is not None


def is_loopback(host: str) -> bool:
    """Say whether a host is this machine's own: ``localhost``, or an address of the loopback ranges."""
    require_text("host", host)
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
