"""A store of the first release: brought up to this version with all it holds, or left as it was."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import inspect

from headwater_local_flow_service import Settings, StoreError, build_app
from headwater_local_flow_service.store import migrations, tables

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import Connection

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


def _first_release(path: Path) -> None:
    """Turn a store of this version into one that the first release made: its own statements, the same rows and key."""
    with closing(sqlite3.connect(path)) as database:
        facts = database.execute("SELECT name, value FROM headwater_store").fetchall()
        rows = database.execute("SELECT * FROM headwater_connections").fetchall()
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
        ).fetchone() == ("2",)
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
    with pytest.raises(StoreError, match="from schema 1 to 2") as raised:
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
