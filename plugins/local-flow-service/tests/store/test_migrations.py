"""A store of the first release: brought up to this version with all it holds, or left as it was."""

from __future__ import annotations

import errno
import json
import shutil
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING, Any

import disks
import pytest
from sqlalchemy import inspect

from headwater_local_flow_service import Settings, StoreError, build_app
from headwater_local_flow_service.store import migrations, tables
from headwater_local_flow_service.store.store import Scope

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import Connection

ACME = Scope(org="ACME@AdobeOrg", sandbox="prod")
FIRST_RELEASE = """
CREATE TABLE headwater_store (name VARCHAR NOT NULL, value VARCHAR NOT NULL, PRIMARY KEY (name));
CREATE TABLE headwater_connections (
    seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, id VARCHAR NOT NULL, org VARCHAR NOT NULL,
    sandbox VARCHAR NOT NULL, name VARCHAR NOT NULL, spec_id VARCHAR NOT NULL, state VARCHAR NOT NULL,
    etag VARCHAR NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, created_by VARCHAR NOT NULL,
    updated_by VARCHAR NOT NULL, document TEXT NOT NULL, secrets BLOB
);
CREATE UNIQUE INDEX headwater_connections_id ON headwater_connections (id);
CREATE INDEX headwater_connections_newest ON headwater_connections (org, sandbox, created_at, seq);
CREATE INDEX headwater_connections_name ON headwater_connections (org, sandbox, name, created_at, seq);
CREATE INDEX headwater_connections_spec ON headwater_connections (org, sandbox, spec_id, created_at, seq);
"""
_COLUMNS = (
    "seq, id, org, sandbox, name, spec_id, state, etag, created_at, updated_at, created_by, updated_by, document, "
    "secrets"
)


def _first_release(path: Path) -> None:
    """Turn a store of this version into one that the first release made: its own statements, the same rows and key."""
    with closing(sqlite3.connect(path)) as database:
        facts = database.execute("SELECT name, value FROM headwater_store").fetchall()
        rows = database.execute(
            f"SELECT {_COLUMNS} FROM headwater_connections"
        ).fetchall()
        for table in tables.metadata.tables:
            database.execute(f"DROP TABLE {table}")
        database.executescript(FIRST_RELEASE)
        values = [(name, "1" if name == "schema" else value) for name, value in facts]
        database.executemany("INSERT INTO headwater_store VALUES (?, ?)", values)
        database.executemany(
            f"INSERT INTO headwater_connections VALUES ({', '.join('?' * 14)})", rows
        )
        database.commit()


def _dump(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as database:
        return list(database.iterdump())


@pytest.fixture
def old(service: Callable[..., Any], tmp_path: Path) -> tuple[Path, dict[str, Any]]:
    """Return a store of the first release with one connection in it, and the reference of that connection."""
    talker = service()
    made = talker.create()
    talker.app.close()
    path = tmp_path / "store" / "local.db"
    _first_release(path)
    return path, made


def test_a_store_of_the_first_release_keeps_what_it_holds(
    old: Any, service: Callable[..., Any]
) -> None:
    path, made = old
    talker = service()
    assert talker.read(made["id"])["etag"] == made["etag"]
    change = {"op": "replace", "path": "/auth/params/username", "value": "another"}
    # opens the sealed password
    assert talker.patch(made["id"], made["etag"], change).status_code == 200
    assert talker.create("second")
    with closing(sqlite3.connect(path)) as database:
        assert database.execute(
            "SELECT value FROM headwater_store WHERE name = 'schema'"
        ).fetchone() == (str(tables.VERSION),)
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_migrated_store_is_like_a_new_one(
    old: Any, service: Callable[..., Any], tmp_path: Path
) -> None:
    migrated = service().app.store
    new = service(store=str(tmp_path / "new.db")).app.store
    assert _shape(migrated) == _shape(new)


def _shape(store: Any) -> dict[str, Any]:
    with store._reader.connect() as connection:
        found = inspect(connection)
        return {
            name: (
                sorted(
                    (column["name"], str(column["type"]), column["nullable"])
                    for column in found.get_columns(name)
                ),
                sorted(
                    (index["name"], index["column_names"], index["unique"])
                    for index in found.get_indexes(name)
                ),
                found.get_pk_constraint(name)["constrained_columns"],
            )
            for name in sorted(found.get_table_names())
            if name.startswith("headwater_")
        }


def test_a_migration_that_fails_leaves_the_store_as_it_was(
    old: Any, service: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, made = old
    before = _dump(path)
    real = migrations._carry

    def half(connection: Connection, found: int) -> None:
        real(connection, found)
        connection.exec_driver_sql(
            "INSERT INTO headwater_nothing VALUES ('canary-value')"
        )

    monkeypatch.setattr(migrations, "_carry", half)
    with pytest.raises(
        StoreError, match=f"from schema 1 to {tables.VERSION}"
    ) as raised:
        build_app(Settings(store=str(path)))
    assert "canary" not in f"{raised.value!r} {raised.value.__context__!r}"
    assert "as it was" in raised.value.remedy
    assert _dump(path) == before
    monkeypatch.undo()
    assert service().read(made["id"])["etag"] == made["etag"]


def test_a_wrong_key_is_said_before_anything_is_changed(old: Any) -> None:
    path, _made = old
    before = _dump(path)
    path.with_name("local.db.key").unlink()
    with pytest.raises(StoreError, match="key"):
        build_app(Settings(store=str(path)))
    assert _dump(path) == before


def test_two_who_open_an_old_store_at_once_migrate_it_once(old: Any) -> None:
    path, _made = old
    with ThreadPoolExecutor(4) as pool:
        apps = list(pool.map(lambda _: build_app(Settings(store=str(path))), range(4)))
    for app in apps:
        app.close()
    with closing(sqlite3.connect(path)) as database:
        assert database.execute(
            "SELECT count(*) FROM headwater_store WHERE name = 'schema'"
        ).fetchone() == (1,)


def test_alembic_is_not_imported_for_a_store_that_is_up_to_date(tmp_path: Path) -> None:
    program = (
        "import sys; from headwater_local_flow_service import Settings, build_app;"
        f"build_app(Settings(store={str(tmp_path / 'a.db')!r})).close();"
        "sys.exit('alembic' in sys.modules)"
    )
    assert (
        subprocess.run(
            [sys.executable, "-c", program], check=False, timeout=60
        ).returncode
        == 0
    )


def test_the_scripts_lead_from_the_first_release_to_this_one() -> None:
    assert [script.revision for script in migrations.steps(1)] == [
        str(n) for n in range(2, tables.VERSION + 1)
    ]
    assert migrations.steps(tables.VERSION) == []


PRIVATE = "canary-private-key"
LISTED = {
    "type": "object",
    "properties": {
        "host": {"type": "string"},
        "account": {
            "type": "object",
            "properties": {
                "email": {"type": "string"},
                "key": {"type": "string", "format": "password"},
            },
        },
    },
}


_OF_THE_FOURTH = (
    tables.batches,
    tables.batch_files,
    tables.inlets,
    tables.inlet_messages,
)


def _second_release(path: Path) -> None:
    """Turn a store of this version into one of the second: without marks, secrets in depth in clear."""
    with closing(sqlite3.connect(path)) as database:
        for table in _OF_THE_FOURTH:
            database.execute(f"DROP TABLE {table.name}")
        for table in tables.metadata.tables.values():
            if "marks" in table.c and table not in _OF_THE_FOURTH:
                database.execute(f"ALTER TABLE {table.name} DROP COLUMN marks")
        database.execute("UPDATE headwater_store SET value = '2' WHERE name = 'schema'")
        for seq, text in database.execute(
            "SELECT seq, document FROM headwater_connections"
        ).fetchall():
            document = json.loads(text)
            params = document["auth"]["params"]
            if "account" in params:
                params["account"]["key"] = PRIVATE
                params["host"] = "acme.example"
            database.execute(
                "UPDATE headwater_connections SET document = ? WHERE seq = ?",
                (json.dumps(document), seq),
            )
        database.commit()


@pytest.fixture
def nested(service: Callable[..., Any], tmp_path: Path) -> tuple[Path, str, str]:
    """Return a store of the second release, its specification's id, and a connection with a secret in depth."""
    talker = service()
    spec = talker.post(
        "/connectionSpecs",
        json={
            "name": "acme",
            "providerId": "0ed90a81-07f4-4586-8190-b40eccef1c5a",
            "attributes": {"isSource": True, "category": "crm"},
            "authSpec": [{"name": "Key", "spec": LISTED}],
        },
    ).json()["id"]
    made = talker.post(
        "/connections",
        json={
            "name": "desk",
            "connectionSpec": {"id": spec, "version": "1.0"},
            "auth": {
                "specName": "Key",
                "params": {
                    "host": "acme.example",
                    "account": {"email": "a@acme.example", "key": PRIVATE},
                },
            },
        },
    ).json()["id"]
    talker.app.close()
    path = tmp_path / "store" / "local.db"
    _second_release(path)
    return path, spec, made


def test_secrets_in_depth_of_old_rows_are_masked_when_the_store_is_upgraded(
    nested: Any, service: Callable[..., Any]
) -> None:
    path, _spec, made = nested
    talker = service()
    assert talker.read(made)["auth"]["params"] == {
        "host": "acme.example",
        "account": {"email": "a@acme.example", "key": "******"},
    }
    kept = talker.app.store.get(tables.connections, ACME, made)
    assert kept.marks == (("account", "key"),)
    opened = talker.app.store.vault.open(kept.secrets, ACME.org, ACME.sandbox, made)
    assert opened["account"]["key"] == PRIVATE
    with closing(sqlite3.connect(path)) as database:
        assert PRIVATE not in "".join(database.iterdump())


def test_every_string_is_secret_where_the_specification_of_an_old_row_is_gone(
    nested: Any, service: Callable[..., Any]
) -> None:
    path, spec, made = nested
    with closing(sqlite3.connect(path)) as database:
        database.execute("DELETE FROM headwater_connection_specs WHERE id = ?", (spec,))
        database.commit()
    assert service().read(made)["auth"]["params"] == {
        "host": "******",
        "account": {"email": "******", "key": "******"},
    }


def test_a_store_is_copied_before_it_is_changed(
    nested: Any, service: Callable[..., Any]
) -> None:
    path, _spec, made = nested
    before = _dump(path)
    service()
    copy = path.with_name("local.db.schema-2.bak")
    assert copy.stat().st_mode & 0o777 == 0o600
    assert _dump(copy) == before != _dump(path)
    # the copy, put in its place, is upgraded again
    for suffix in ("", "-wal", "-shm"):
        path.with_name(f"local.db{suffix}").unlink(missing_ok=True)
    copy.rename(path)
    assert service().read(made)["id"] == made


def test_a_store_that_cannot_be_copied_is_left_as_it_was(
    nested: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, _spec, _made = nested
    before = _dump(path)

    def full(*_args: Any) -> None:
        raise OSError(errno.ENOSPC, "no space")

    monkeypatch.setattr("headwater.documents.sync_folder", full)
    with pytest.raises(StoreError, match="could not be copied"):
        build_app(Settings(store=str(path)))
    monkeypatch.undo()
    assert _dump(path) == before


KILL = """
import os, signal, sys
from headwater_local_flow_service import Settings, build_app
from headwater_local_flow_service.store import old_marks
real = old_marks._mark
def mark(*given):
    real(*given)
    os.kill(os.getpid(), signal.SIGKILL)
old_marks._mark = mark
build_app(Settings(store=sys.argv[1]))
"""


def test_a_migration_that_is_killed_is_made_again(
    nested: Any, service: Callable[..., Any]
) -> None:
    path, _spec, made = nested
    before = _dump(path)
    done = subprocess.run([sys.executable, "-c", KILL, path], check=False, timeout=60)
    assert done.returncode == -9
    assert _dump(path) == before
    talker = service()
    assert PRIVATE not in str(talker.read(made))


def test_a_full_disk_stops_an_upgrade_before_anything_is_changed(
    nested: Any, tmp_path: Path
) -> None:
    path, _spec, _made = nested
    with disks.mounted(tmp_path / "disk") as disk:
        for each in path.parent.glob("local.db*"):
            shutil.copy2(each, disk)
        before = _dump(disk / path.name)
        filling = disks.fill(disk)
        with pytest.raises(StoreError) as raised:
            build_app(Settings(store=str(disk / path.name)))
        assert "room" in raised.value.remedy
        filling.unlink()
        assert _dump(disk / path.name) == before
        build_app(Settings(store=str(disk / path.name))).close()
        assert _dump(disk / path.name) != before
