"""Which values of a row are secret, kept with it; computed here for the connections that were there before."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, Text

from headwater_local_flow_service.store import old_marks

revision = "3"
down_revision = "2"

_COLLECTIONS = (
    "connections",
    "connection_specs",
    "source_connections",
    "target_connections",
    "flows",
    "flow_specs",
    "runs",
    "schemas",
    "data_sets",
    "mapping_sets",
)


def upgrade() -> None:
    """Add the column, and fill it."""
    for name in _COLLECTIONS:
        op.add_column(f"headwater_{name}", Column("marks", Text))
    old_marks.mark_all(op.get_bind())
