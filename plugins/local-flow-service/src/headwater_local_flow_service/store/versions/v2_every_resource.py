"""A table for every other collection, and which row refers to which.

The tables are written out: they stay as they were in version 2, whatever becomes of `tables`.
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column, Integer, LargeBinary, String, Text

revision = "2"
down_revision = "1"

_COLLECTIONS = (
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
_WORD = String().with_variant(String(collation="C"), "postgresql")
_LONG = BigInteger().with_variant(Integer, "sqlite")


def upgrade() -> None:
    """Make the tables."""
    for name in _COLLECTIONS:
        _collection(f"headwater_{name}")
    op.create_table(
        "headwater_links",
        Column("org", _WORD, primary_key=True),
        Column("sandbox", _WORD, primary_key=True),
        Column("target", _WORD, primary_key=True),
        Column("owner", _WORD, primary_key=True),
    )
    op.create_index(
        "headwater_links_owner", "headwater_links", ["org", "sandbox", "owner"]
    )


def _collection(table: str) -> None:
    op.create_table(
        table,
        Column("seq", _LONG, primary_key=True, autoincrement=True),
        Column("id", _WORD, nullable=False),
        Column("org", _WORD, nullable=False),
        Column("sandbox", _WORD, nullable=False),
        Column("name", _WORD, nullable=False),
        Column("spec_id", _WORD, nullable=False),
        Column("state", _WORD, nullable=False),
        Column("etag", String, nullable=False),
        Column("created_at", _LONG, nullable=False),
        Column("updated_at", _LONG, nullable=False),
        Column("created_by", String, nullable=False),
        Column("updated_by", String, nullable=False),
        Column("document", Text, nullable=False),
        Column("secrets", LargeBinary),
        sqlite_autoincrement=True,
    )
    op.create_index(f"{table}_id", table, ["id"], unique=True)
    op.create_index(f"{table}_newest", table, ["org", "sandbox", "created_at", "seq"])
    op.create_index(
        f"{table}_name", table, ["org", "sandbox", "name", "created_at", "seq"]
    )
    op.create_index(
        f"{table}_spec", table, ["org", "sandbox", "spec_id", "created_at", "seq"]
    )
