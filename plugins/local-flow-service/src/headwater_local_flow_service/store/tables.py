"""The store's tables, the same on SQLite and PostgreSQL."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

VERSION = 4  # of the schema; a store remembers which one it was made with

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

    `document` is what the caller sent as JSON, secrets masked; `secrets` is the sealed part, `marks` the paths of
    what is secret, which no later specification takes back. The columns between are copies or audit fields that
    filters, sorting and paging need. `seq` only ever grows.
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
        Column("marks", Text),
        Index(f"{table}_id", "id", unique=True),
        Index(f"{table}_newest", "org", "sandbox", "created_at", "seq"),
        Index(f"{table}_name", "org", "sandbox", "name", "created_at", "seq"),
        Index(f"{table}_spec", "org", "sandbox", "spec_id", "created_at", "seq"),
        sqlite_autoincrement=True,
    )


connections = _collection("connections")
connection_specs = _collection("connection_specs")
source_connections = _collection("source_connections")
target_connections = _collection("target_connections")
flows = _collection("flows")
flow_specs = _collection("flow_specs")
runs = _collection("runs")
schemas = _collection("schemas")
data_sets = _collection("data_sets")
mapping_sets = _collection("mapping_sets")

# Which row refers to which: a source connection to its base connection, a dataflow to its connections, a run to its
# dataflow. No foreign keys: the platform lets some targets go while others still name them.
links = Table(
    "headwater_links",
    metadata,
    Column("org", _Word, primary_key=True),
    Column("sandbox", _Word, primary_key=True),
    Column("target", _Word, primary_key=True),
    Column("owner", _Word, primary_key=True),
    Index("headwater_links_owner", "org", "sandbox", "owner"),
)

# The collection's `spec_id` is the data set, its `name` the client's own id of the batch, its `state` the status.
batches = _collection("batches")
Index("headwater_batches_state", batches.c.state)

# Files of a batch: what was put into it (`input`), what data sets are read from (`output`), and what is told about it
# (`failed`, `meta`). `key` is where the file lies; it is never written twice.
batch_files = Table(
    "headwater_batch_files",
    metadata,
    Column("org", _Word, primary_key=True),
    Column("sandbox", _Word, primary_key=True),
    Column("batch", _Word, primary_key=True),
    Column("role", _Word, primary_key=True),
    Column("path", _Word, primary_key=True),
    Column("id", _Word, nullable=False),
    Column("data_set", _Word, nullable=False),
    Column("key", _Word, nullable=False),
    Column("size", _Long, nullable=False),
    Column("records", _Long),
    Column("sha256", String),
    Column("created_at", _Long, nullable=False),
    Index("headwater_batch_files_id", "id", unique=True),
    Index("headwater_batch_files_data_set", "org", "sandbox", "data_set"),
)

# Inlets by the id in their URL, and what was sent to them and is not in a batch yet.
inlets = Table(
    "headwater_inlets",
    metadata,
    Column("id", _Word, primary_key=True),
    Column("org", _Word, nullable=False),
    Column("sandbox", _Word, nullable=False),
    Column("owner", _Word, nullable=False),  # a base connection or a dataflow
    Index("headwater_inlets_owner", "org", "sandbox", "owner"),
)
inlet_messages = Table(
    "headwater_inlet_messages",
    metadata,
    Column("seq", _Long, primary_key=True, autoincrement=True),
    Column("org", _Word, nullable=False),
    Column("sandbox", _Word, nullable=False),
    Column("flow", _Word, nullable=False),
    Column("data_set", _Word, nullable=False),
    Column("received_at", _Long, nullable=False),
    Column("message", Text, nullable=False),
    Index("headwater_inlet_messages_flow", "org", "sandbox", "flow", "seq"),
    sqlite_autoincrement=True,
)
