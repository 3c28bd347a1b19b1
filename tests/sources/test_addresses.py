"""Every way of writing an IPv4 address into an IPv6 one is judged as the address itself."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from headwater.errors import SourceNotPermitted
from headwater.sources import Reach
from headwater.sources.addresses import find_embedded, is_forbidden

if TYPE_CHECKING:
    from collections.abc import Callable

FORBIDDEN = (
    "169.254.169.254",
    "169.254.170.2",
    "169.254.0.1",
    "168.63.129.16",
    "100.100.100.200",
    "192.0.0.192",
    "0.0.0.0",
    "0.0.0.7",
    "224.0.0.1",
    "255.255.255.255",
    "fe80::1",
    "fe80::a9fe:a9fe",
    "ff02::1",
    "::",
    "fd00:ec2::254",
    "fd00:ec2::23",
    "fd20:ce::254",
    "fd00:42::42",
)
FINE = (
    "127.0.0.1",
    "::1",
    "10.0.0.1",
    "192.168.1.1",
    "168.63.129.17",
    "100.100.100.201",
    "93.184.216.34",
    "2606:4700::1111",
    "fd00:ec3::254",
    "64:ff9b::5db8:d822",
    "64:ff9b:1::5db8:d822",
    "64:ff9b:1:5db8:d8:2200::",
)


def _octets(address: ipaddress.IPv4Address) -> list[str]:
    return [f"{octet:02x}" for octet in address.packed]


def _hex(address: ipaddress.IPv4Address) -> str:
    first, second, third, fourth = _octets(address)
    return f"{first}{second}:{third}{fourth}"


def _local_nat64_48(address: ipaddress.IPv4Address) -> str:
    first, second, third, fourth = _octets(address)
    return f"64:ff9b:1:{first}{second}:00{third}:{fourth}00:0:0"


def _local_nat64_56(address: ipaddress.IPv4Address) -> str:
    first, second, third, fourth = _octets(address)
    return f"64:ff9b:1:ab{first}:00{second}:{third}{fourth}:0:0"


def _local_nat64_64(address: ipaddress.IPv4Address) -> str:
    first, second, third, fourth = _octets(address)
    return f"64:ff9b:1:abcd:00{first}:{second}{third}:{fourth}00:0"


def _teredo_client(address: ipaddress.IPv4Address) -> str:
    hidden = ipaddress.IPv4Address(int(address) ^ 0xFFFFFFFF)
    return f"2001:0:5db8:d822:0:0:{_hex(hidden)}"


# How each form is written, by its own document; the digits are put together here, not taken from what is tested.
FORMS: dict[str, Callable[[ipaddress.IPv4Address], str]] = {
    "itself": str,
    "mapped": lambda address: f"::ffff:{address}",
    "compatible": lambda address: f"::{address}",
    "translated": lambda address: f"::ffff:0:{address}",
    "NAT64": lambda address: f"64:ff9b::{address}",
    "local NAT64, 48 bits": _local_nat64_48,
    "local NAT64, 56 bits": _local_nat64_56,
    "local NAT64, 64 bits": _local_nat64_64,
    "local NAT64, 96 bits": lambda address: f"64:ff9b:1:abcd:ef01:2345:{_hex(address)}",
    "6to4": lambda address: f"2002:{_hex(address)}:1::1",
    "Teredo, its server": lambda address: f"2001:0:{_hex(address)}:0:0:a247:27dd",
    "Teredo, its client": _teredo_client,
    "ISATAP": lambda address: f"2001:db8::5efe:{_hex(address)}",
    "ISATAP, a global one": lambda address: f"2001:db8::200:5efe:{_hex(address)}",
}
LOCAL_NAT64 = ipaddress.IPv6Network("64:ff9b:1::/48")
THIS_NETWORK = ipaddress.IPv4Network("0.0.0.0/8")
_V4 = st.ip_addresses(v=4)
_FORBIDDEN_V4 = st.sampled_from(
    [address for address in FORBIDDEN if ":" not in address]
).map(ipaddress.IPv4Address)


@pytest.mark.parametrize("address", FORBIDDEN)
def test_nobody_is_led_to_metadata_and_link_local_addresses(address: str) -> None:
    assert is_forbidden(ipaddress.ip_address(address))
    with pytest.raises(SourceNotPermitted, match="never reached"):
        Reach([]).check_address(address)
    with pytest.raises(SourceNotPermitted, match="never reached"):
        Reach([address]).check_address(f"{address}%eth0")
    Reach().check_address(address)  # a person at a terminal goes anywhere


@pytest.mark.parametrize("address", FINE)
def test_other_addresses_are_left_to_the_names_that_may_be_reached(
    address: str,
) -> None:
    Reach([]).check_address(address)


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@given(address=_V4 | _FORBIDDEN_V4 | st.ip_addresses(v=4, network="169.254.0.0/16"))
@example(address=ipaddress.IPv4Address("169.254.169.254"))
@example(address=ipaddress.IPv4Address("168.63.129.16"))
def test_each_form_of_an_address_is_forbidden_where_the_address_is(
    form: Callable[[ipaddress.IPv4Address], str], address: ipaddress.IPv4Address
) -> None:
    written = ipaddress.ip_address(form(address))
    if isinstance(written, ipaddress.IPv4Address) or int(written) <= 1:
        return
    if written in LOCAL_NAT64 and address in THIS_NETWORK:
        return  # leads nowhere, and looks like a part of a longer prefix
    assert address in set(find_embedded(written))
    if is_forbidden(address):
        assert is_forbidden(written)


@pytest.mark.parametrize(
    "name", ["mapped", "compatible", "translated", "NAT64", "6to4"]
)
@given(address=_V4)
def test_a_form_with_one_address_is_fine_where_the_address_is(
    name: str, address: ipaddress.IPv4Address
) -> None:
    written = ipaddress.ip_address(FORMS[name](address))
    if int(written) > 1:
        assert is_forbidden(written) == is_forbidden(address)


@given(address=st.ip_addresses(v=6))
def test_any_address_can_be_judged(address: ipaddress.IPv6Address) -> None:
    assert is_forbidden(address) in (True, False)
