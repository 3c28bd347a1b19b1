"""The id of a store: written into it when it is made, so that another store under the same name is known as one."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from headwater_local_flow_service.store import tables

if TYPE_CHECKING:
    from sqlalchemy import Connection

FACT: Final = "id"  # the name of the id among the store's facts


def read_id(connection: Connection) -> str | None:
    """Return the id of a store, or None for one that was made before stores had ids."""
    wanted = select(tables.facts.c.value).where(tables.facts.c.name == FACT)
    return connection.execute(wanted).scalar_one_or_none()


def ensure_id(connection: Connection) -> str:
    """Return the id of a store, which is given one where it has none; in a transaction that writes."""
    known = read_id(connection)
    if known is not None:
        return known
    made = uuid.uuid4().hex
    connection.execute(tables.facts.insert(), {"name": FACT, "value": made})
    return made
