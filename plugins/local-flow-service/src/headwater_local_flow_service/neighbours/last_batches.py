"""Which batches of a data set came last: read from the batches themselves, so that it is never behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import func, select

from headwater_local_flow_service.store import tables
from headwater_local_flow_service.store.rows import in_scope

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement

    from headwater_local_flow_service.store.store import Rows, Scope

_BATCHES = tables.batches
_SUCCESSFUL: Final = ("success", "active")
_FAILED: Final = ("failed", "failure", "stalled")


def read(
    rows: Rows, scope: Scope, data_sets: Sequence[str]
) -> dict[str, dict[str, str]]:
    """Return what data sets tell of their batches, by the id of the data set; nothing of one without batches."""
    told: dict[str, dict[str, str]] = {id: {} for id in data_sets}
    for id, batch, state in _newest(rows, scope, data_sets):
        told[id] |= {"lastBatchId": batch, "lastBatchStatus": state}
    for name, states in (("lastSuccessfulBatch", _SUCCESSFUL), ("lastFailedBatch", _FAILED)):  # fmt: skip
        for id, batch, _state in _newest(
            rows, scope, data_sets, _BATCHES.c.state.in_(states)
        ):
            told[id][name] = batch
    return told


def _newest(
    rows: Rows, scope: Scope, data_sets: Sequence[str], *where: ColumnElement[bool]
) -> list[tuple[str, str, str]]:
    """Return data set, id and state of the newest batch of each data set that fulfils the conditions."""
    newest = (
        select(func.max(_BATCHES.c.seq))
        .where(in_scope(_BATCHES, scope), _BATCHES.c.spec_id.in_(data_sets), *where)
        .group_by(_BATCHES.c.spec_id)
    )
    query = select(_BATCHES.c.spec_id, _BATCHES.c.id, _BATCHES.c.state).where(
        _BATCHES.c.seq.in_(newest)
    )
    return [(row.spec_id, row.id, row.state) for row in rows.connection.execute(query)]
