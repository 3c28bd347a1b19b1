"""Tables for batches, their files, and inlets with what was sent to them.

The tables are written out: they stay as they were in version 4, whatever becomes of `tables`.
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column, Integer, LargeBinary, String, Text

revision = "4"
down_revision = "3"

_WORD = String().with_variant(String(collation="C"), "postgresql")
_LONG = BigInteger().with_variant(Integer, "sqlite")


def upgrade() -> None:
    """Make the tables."""
    _make_batches()
    _make_batch_files()
    _make_inlets()
    _make_inlet_messages()


def _make_batches() -> None:
    table = "headwater_batches"
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
        Column("marks", Text),
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
    op.create_index(f"{table}_state", table, ["state"])


def _make_batch_files() -> None:
    table = "headwater_batch_files"
    op.create_table(
        table,
        Column("org", _WORD, primary_key=True),
        Column("sandbox", _WORD, primary_key=True),
        Column("batch", _WORD, primary_key=True),
        Column("role", _WORD, primary_key=True),
        Column("path", _WORD, primary_key=True),
        Column("id", _WORD, nullable=False),
        Column("data_set", _WORD, nullable=False),
        Column("key", _WORD, nullable=False),
        Column("size", _LONG, nullable=False),
        Column("records", _LONG),
        Column("sha256", String),
        Column("created_at", _LONG, nullable=False),
    )
    op.create_index(f"{table}_id", table, ["id"], unique=True)
    op.create_index(f"{table}_data_set", table, ["org", "sandbox", "data_set"])


def _make_inlets() -> None:
    table = "headwater_inlets"
    op.create_table(
        table,
        Column("id", _WORD, primary_key=True),
        Column("org", _WORD, nullable=False),
        Column("sandbox", _WORD, nullable=False),
        Column("owner", _WORD, nullable=False),
    )
    op.create_index(f"{table}_owner", table, ["org", "sandbox", "owner"])


def _make_inlet_messages() -> None:
    table = "headwater_inlet_messages"
    op.create_table(
        table,
        Column("seq", _LONG, primary_key=True, autoincrement=True),
        Column("org", _WORD, nullable=False),
        Column("sandbox", _WORD, nullable=False),
        Column("flow", _WORD, nullable=False),
        Column("data_set", _WORD, nullable=False),
        Column("received_at", _LONG, nullable=False),
        Column("message", Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index(f"{table}_flow", table, ["org", "sandbox", "flow", "seq"])
