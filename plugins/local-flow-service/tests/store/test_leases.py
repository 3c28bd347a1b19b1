"""A lease is one holder's at a time, and nobody's when its time is over."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from headwater_local_flow_service import Settings
from headwater_local_flow_service.store import leases
from headwater_local_flow_service.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(Store(Settings(store=str(tmp_path / "local.db")))) as opened:
        yield opened


def test_only_the_holder_renews_a_lease(store: Store) -> None:
    assert leases.claim(store, "work", "one", now=100, until=200)
    assert not leases.claim(store, "work", "two", now=150, until=250)
    assert leases.claim(store, "work", "one", now=150, until=250)
    assert not leases.claim(store, "work", "two", now=249, until=300)


def test_a_lease_that_is_over_is_anybodys(store: Store) -> None:
    assert leases.claim(store, "work", "one", now=100, until=200)
    assert leases.claim(store, "work", "two", now=200, until=300)
    assert not leases.claim(store, "work", "one", now=250, until=400)


def test_a_lease_is_given_up_by_its_holder_alone(store: Store) -> None:
    assert leases.claim(store, "work", "one", now=100, until=200)
    leases.release(store, "work", "two")
    assert not leases.claim(store, "work", "two", now=150, until=250)
    leases.release(store, "work", "one")
    assert leases.claim(store, "work", "two", now=150, until=250)


def test_leases_of_other_names_are_others(store: Store) -> None:
    assert leases.claim(store, "work", "one", now=100, until=200)
    assert leases.claim(store, "rest", "two", now=100, until=200)
