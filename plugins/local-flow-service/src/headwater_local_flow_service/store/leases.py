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


def _claim(rows: Rows, fact: str, holder: str, *, now: int, until: int) -> bool:
    query = select(facts.c.value).where(facts.c.name == fact)
    found = rows.connection.execute(query).scalars().first()
    value = f"{until} {holder}"
    if found is None:
        rows.connection.execute(insert(facts), {"name": fact, "value": value})
        return True
    ends, _blank, owner = found.partition(" ")
    if owner != holder and int(ends) > now:
        return False
    rows.set_fact(fact, value)
    return True
