"""The store's tables, the same on SQLite and PostgreSQL."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, String, Table, Text

VERSION = 1  # of the schema; a store remembers which one it was made with

INDEXED_NAME = 255  # characters of a name that its column holds; PostgreSQL indexes nothing much longer

metadata = MetaData()

# Sorted and compared byte by byte on both databases.
_Word = String().with_variant(String(collation="C"), "postgresql")
_Long = BigInteger().with_variant(Integer, "sqlite")

facts = Table(
    "headwater_store",
    metadata,
    Column("name", String, primary_key=True),
    Column("value", String, nullable=False),
)


def _collection(name: str) -> Table:
    """Define the table of one collection.

    `document` is what the caller sent as JSON, secrets masked; `secrets` is the sealed part. The columns between are
    copies or audit fields that filters, sorting and paging need. `seq` only ever grows.
    """
    table = f"headwater_{name}"
    return Table(
        table,
        metadata,
        Column("seq", _Long, primary_key=True, autoincrement=True),
        Column("id", _Word, nullable=False),
        Column("org", _Word, nullable=False),
        Column("sandbox", _Word, nullable=False),
        Column("name", _Word, nullable=False),
        Column("spec_id", _Word, nullable=False),
        Column("state", _Word, nullable=False),
        Column("etag", String, nullable=False),
        Column("created_at", _Long, nullable=False),
        Column("updated_at", _Long, nullable=False),
        Column("created_by", String, nullable=False),
        Column("updated_by", String, nullable=False),
        Column("document", Text, nullable=False),
        Column("secrets", LargeBinary),
        Index(f"{table}_id", "id", unique=True),
        Index(f"{table}_newest", "org", "sandbox", "created_at", "seq"),
        Index(f"{table}_name", "org", "sandbox", "name", "created_at", "seq"),
        Index(f"{table}_spec", "org", "sandbox", "spec_id", "created_at", "seq"),
        sqlite_autoincrement=True,
    )


connections = _collection("connections")
