"""Bringing a store of an older version up to this one, in one transaction: it is done, or nothing was."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import update

from headwater.foreign import raise_bare
from headwater_local_flow_service.store import tables
from headwater_local_flow_service.store.storeerrors import StoreError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alembic.script import Script
    from sqlalchemy import Connection

log = logging.getLogger("headwater.local")

VERSIONS = Path(__file__).with_name("versions")


def run(connection: Connection, version: int, label: str) -> None:
    """Carry a store from a version of the schema to this one, inside the caller's transaction.

    alembic is imported here only: stores that are up to date, which is nearly all, do not pay for it. Its own version
    table is not used, the store's fact `schema` says where it stands. Raises `StoreError` when a step fails.
    """
    try:
        _carry(connection, version)
    except (
        Exception
    ) as error:  # whatever it is, the caller's transaction must end undone
        reason = type(getattr(error, "orig", None) or error).__name__
        raise_bare(
            StoreError(
                f"the store {label} could not be brought from schema {version} to {tables.VERSION} ({reason})",
                remedy="it is as it was: see that its disk has room and no other version is using it, then run again",
            )
        )
    log.info("the store was brought from schema %s to %s", version, tables.VERSION)


def _carry(connection: Connection, version: int) -> None:
    from alembic.migration import MigrationContext
    from alembic.operations import Operations

    with Operations.context(MigrationContext.configure(connection)):
        for script in steps(version):
            script.module.upgrade()
    reached = (
        update(tables.facts)
        .where(tables.facts.c.name == "schema")
        .values(value=str(tables.VERSION))
    )
    connection.execute(reached)


def steps(version: int) -> Sequence[Script]:
    """Return the scripts that lead from a version to this one, in order."""
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory(str(VERSIONS.parent), version_locations=[str(VERSIONS)])
    return [*scripts.iterate_revisions(str(tables.VERSION), str(version))][::-1]
