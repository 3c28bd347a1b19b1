"""Leases: which process does what only one should do, for how long; a process that was killed loses its own in time.

A lease spares work that is done twice. What must not happen twice is held by the rows themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import insert, select

from headwater_local_flow_service.store.rows import Rows, Scope
from headwater_local_flow_service.store.tables import facts

if TYPE_CHECKING:
    from headwater_local_flow_service.store.store import Store

# Whoever claims waits for others who do: no organization has a name like this.
_CLAIMING: Final = Scope(org="", sandbox="leases")


def claim(store: Store, name: str, holder: str, *, now: int, until: int) -> bool:
    """Take or renew a lease, times in milliseconds since 1970; False where another holder has it."""
    with store.writing(_CLAIMING) as rows:
        return _claim(rows, f"lease:{name}", holder, now=now, until=until)


def release(store: Store, name: str, holder: str) -> None:
    """Give a lease up before its end, if this holder has it."""
    with store.writing(_CLAIMING) as rows:
        fact = f"lease:{name}"
        if _find(rows, fact).partition(" ")[2] == holder:
            rows.set_fact(fact, f"0 {holder}")


def _find(rows: Rows, fact: str) -> str:
    """Return what is stored of a lease, or nothing."""
    query = select(facts.c.value).where(facts.c.name == fact)
    return rows.connection.execute(query).scalars().first() or ""


def _claim(rows: Rows, fact: str, holder: str, *, now: int, until: int) -> bool:
    found = _find(rows, fact)
    value = f"{until} {holder}"
    if not found:
        rows.connection.execute(insert(facts), {"name": fact, "value": value})
        return True
    ends, _blank, owner = found.partition(" ")
    if owner != holder and int(ends) > now:
        return False
    rows.set_fact(fact, value)
    return True
