"""Failures are counted by client and address, in windows, in bounded memory."""

from __future__ import annotations

import tracemalloc

from headwater_local_flow_service.gateway.throttle import (
    OF_ADDRESS,
    OF_CLIENT,
    WINDOW,
    Throttle,
)


class _Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def _fail(throttle: Throttle, times: int, client: str, address: str) -> None:
    for _ in range(times):
        throttle.fail(client, address)


def test_a_window_ends() -> None:
    clock = _Clock()
    throttle = Throttle(clock)
    _fail(throttle, OF_CLIENT, "desk", "10.0.0.1")
    assert throttle.wait_of("desk", "10.0.0.1") == WINDOW
    clock.now += WINDOW - 0.5
    assert throttle.wait_of("desk", "10.0.0.1") == 1
    clock.now += 0.5
    assert throttle.wait_of("desk", "10.0.0.1") == 0
    throttle.fail("desk", "10.0.0.1")
    assert throttle.wait_of("desk", "10.0.0.1") == 0


def test_others_are_listened_to() -> None:
    throttle = Throttle(_Clock())
    _fail(throttle, OF_CLIENT, "desk", "10.0.0.1")
    assert throttle.wait_of("desk", "10.0.0.2") == 0
    assert throttle.wait_of("shop", "10.0.0.1") == 0


def test_a_success_forgets_the_clients_failures_but_not_the_addresses() -> None:
    throttle = Throttle(_Clock())
    for number in range(OF_ADDRESS):
        throttle.fail(f"client {number}", "10.0.0.1")
        throttle.succeed(f"client {number}", "10.0.0.1")
    assert throttle.wait_of("one more", "10.0.0.1") == WINDOW


def test_an_ipv6_site_is_one_address() -> None:
    throttle = Throttle(_Clock())
    for number in range(OF_CLIENT):
        throttle.fail("desk", f"2001:db8::{number}")
    assert throttle.wait_of("desk", "2001:db8::ffff") == WINDOW
    assert throttle.wait_of("desk", "2001:db8:1::1") == 0


def test_memory_is_bounded_whatever_names_are_given() -> None:
    throttle = Throttle(_Clock())
    tracemalloc.start()
    for number in range(50_000):
        throttle.fail("x" * 1000 + str(number), f"10.{number % 250}.{number // 250}.1")
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4_000_000


def test_naming_many_clients_does_not_make_an_address_forgotten() -> None:
    throttle = Throttle(_Clock())
    _fail(throttle, OF_CLIENT, "desk", "10.0.0.1")
    for number in range(20_000):
        if throttle.wait_of(f"other {number}", "10.0.0.1"):
            break
        throttle.fail(f"other {number}", "10.0.0.1")
    assert throttle.wait_of("desk", "10.0.0.1") == WINDOW
