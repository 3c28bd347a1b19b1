"""The store on disk: private, sealed, recognised, and refused in words where it is not usable."""

from __future__ import annotations

import base64
import contextlib
import os
import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from headwater.errors import InvalidInput
from headwater.secret import Secret
from headwater_local_flow_service import Settings, StoreBusy, StoreError, build_app
from headwater_local_flow_service.store import keys
from headwater_local_flow_service.store.store import Scope, Store
from headwater_local_flow_service.store.tables import connections

if TYPE_CHECKING:
    from collections.abc import Callable

Open = Any
UUID = "0c3f4d0a-9a53-4f5c-8e2b-6b1c2e640c3f"
CANARY = "correct-horse-battery"


def _open(store: Path | str, **given: Any) -> None:
    facts: dict[str, Any] = {"store": str(store), "busy_timeout": 0.05} | given
    build_app(Settings(**facts)).close()


def _sql(path: Path, *statements: str) -> None:
    with contextlib.closing(sqlite3.connect(path)) as database:
        for statement in statements:
            database.execute(statement)
        database.commit()


def test_folder_database_and_key_are_for_their_owner_only(tmp_path: Path) -> None:
    store = tmp_path / "new" / "local.db"
    _open(store)
    assert stat.S_IMODE(store.parent.stat().st_mode) == 0o700
    for path in (store, Path(f"{store}.key")):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [
        path.name for path in store.parent.iterdir() if path.name.startswith(".")
    ] == []


def test_where_modes_mean_nothing_no_store_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.platform", "win32")
    with pytest.raises(StoreError, match="does not run on Windows") as caught:
        _open(tmp_path / "local.db")
    assert "headwater profiles add" in caught.value.remedy
    assert [*tmp_path.iterdir()] == []


def test_secrets_are_nowhere_on_disk_in_clear(service: Open, tmp_path: Path) -> None:
    talker = service()
    made = talker.create()
    second = talker.patch(
        made["id"],
        made["etag"],
        {"op": "replace", "path": "/auth/params/password", "value": "no-2" * 5},
    )
    assert second.status_code == 200
    files = [path for path in (tmp_path / "store").iterdir() if path.is_file()]
    assert {path.suffix for path in files} >= {".db", ".db-wal", ".key"}
    raw = b"".join(path.read_bytes() for path in files)
    assert b"acme.example" in raw
    for secret in (CANARY, "no-2" * 5):
        assert secret.encode() not in raw
        assert base64.b64encode(secret.encode()).strip(b"=")[:12] not in raw


def test_a_sealed_secret_opens_for_its_own_row_only(service: Open) -> None:
    talker = service()
    made = talker.create()
    store = talker.app.store
    sealed = store.get(
        connections, Scope(org="ACME@AdobeOrg", sandbox="prod"), made["id"]
    ).secrets
    assert (
        store.vault.open(sealed, "ACME@AdobeOrg", "prod", made["id"])["password"]
        == CANARY
    )
    for owner in (
        ("ACME@AdobeOrg", "dev", made["id"]),
        ("OTHER@AdobeOrg", "prod", made["id"]),
        ("", "", ""),
    ):
        with pytest.raises(StoreError):
            store.vault.open(sealed, *owner)
    with pytest.raises(StoreError):
        store.vault.open(
            sealed[:-1] + bytes([sealed[-1] ^ 1]), "ACME@AdobeOrg", "prod", made["id"]
        )


def test_damaged_secrets_fail_the_test_and_not_the_service(
    service: Open, tmp_path: Path
) -> None:
    talker = service()
    made = talker.create()
    _sql(
        tmp_path / "store" / "local.db",
        "UPDATE headwater_connections SET secrets = x'0102'",
    )
    assert talker.get(f"/connections/{made['id']}/test").json() == {"result": False}
    assert talker.read(made["id"])["name"] == "desk"
    change = {"op": "replace", "path": "/auth/params/username", "value": "x"}
    answer = talker.patch(made["id"], made["etag"], change)
    assert answer.json()["type"].endswith("CONNECTOR-1312-400")


def test_what_is_stored_is_there_after_opening_again(service: Open) -> None:
    talker = service()
    made = talker.create()
    talker.app.close()
    assert service().read(made["id"])["etag"] == made["etag"]


def test_a_key_from_the_environment_leaves_no_key_file(tmp_path: Path) -> None:
    key = Secret(base64.b64encode(os.urandom(32)).decode())
    _open(tmp_path / "a.db", key=key)
    _open(tmp_path / "a.db", key=key)
    assert not Path(f"{tmp_path}/a.db.key").exists()
    with pytest.raises(InvalidInput, match="32 bytes"):
        _open(tmp_path / "b.db", key=Secret("short"))


@pytest.mark.parametrize("change", ["lost", "other", "damaged"])
def test_a_lost_or_wrong_key_is_an_error_and_never_replaced(
    tmp_path: Path, change: str
) -> None:
    store, key = tmp_path / "a.db", tmp_path / "a.db.key"
    _open(store)
    if change == "lost":
        key.unlink()
    else:
        key.write_bytes(
            base64.b64encode(os.urandom(32)) if change == "other" else b"\xff"
        )
    before = key.read_bytes() if key.exists() else None
    with pytest.raises(StoreError, match="key") as raised:
        _open(store)
    assert raised.value.remedy
    assert raised.value.__context__ is None
    assert (key.read_bytes() if key.exists() else None) == before


@pytest.mark.parametrize("left", ["nothing", "nothing in the file"])
def test_no_store_is_made_where_a_key_tells_of_a_lost_one(
    tmp_path: Path, left: str
) -> None:
    _open(tmp_path / "a.db")
    before = (tmp_path / "a.db.key").read_bytes()
    for name in ("a.db", "a.db-wal", "a.db-shm"):
        (tmp_path / name).unlink(missing_ok=True)
    if left != "nothing":
        (tmp_path / "a.db").touch()
    for _ in range(2):
        with pytest.raises(StoreError, match="moved or lost") as raised:
            _open(tmp_path / "a.db")
    assert "--new" in raised.value.remedy
    assert (tmp_path / "a.db").exists() == (left != "nothing")
    _open(tmp_path / "a.db", new=True)
    assert (tmp_path / "a.db.key").read_bytes() == before
    _open(tmp_path / "a.db")


def test_no_new_key_is_left_where_its_store_could_not_be_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(
            "headwater_local_flow_service.store.tables.metadata.create_all", fail
        )
        with pytest.raises(sqlite3.OperationalError):
            _open(tmp_path / "a.db")
    assert not (tmp_path / "a.db.key").exists()
    _open(tmp_path / "a.db")


def test_a_key_that_somebody_else_made_meanwhile_is_used_and_never_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two first stores with one key file: the one that fails leaves the other its key."""
    key = tmp_path / "key"
    real = keys.make_file

    def late(path: Path) -> Any:
        real(path)
        return real(path)

    def fail(*_: Any) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(keys, "make_file", late)
    _open(tmp_path / "first.db", key_file=key)
    _open(tmp_path / "first.db", key_file=key)
    before = key.read_bytes()
    key.unlink()

    def late_and_fail(path: Path) -> Any:
        path.write_bytes(before)
        monkeypatch.setattr(
            "headwater_local_flow_service.store.tables.metadata.create_all", fail
        )
        return real(path)

    monkeypatch.setattr(keys, "make_file", late_and_fail)
    with pytest.raises(sqlite3.OperationalError):
        _open(tmp_path / "second.db", key_file=key)
    assert key.read_bytes() == before


def test_a_first_store_is_made_once_by_all_who_need_it_at_once(tmp_path: Path) -> None:
    def open_it(_number: int) -> str:
        store = Store(Settings(store=str(tmp_path / "new" / "a.db")))
        store.close()
        return store.id

    for number in range(5):
        with ThreadPoolExecutor(8) as pool:
            assert len(set(pool.map(open_it, range(8)))) == 1
        (tmp_path / "new").rename(tmp_path / f"old{number}")


def test_a_store_keeps_its_id_and_one_made_before_gets_one(tmp_path: Path) -> None:
    def read_id() -> str:
        store = Store(Settings(store=str(tmp_path / "a.db")))
        store.close()
        return store.id

    first = read_id()
    assert read_id() == first
    _sql(tmp_path / "a.db", "DELETE FROM headwater_store WHERE name = 'id'")
    second = read_id()
    assert second not in ("", first)
    assert read_id() == second


def test_a_store_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    _open(tmp_path / "a.db")
    _sql(
        tmp_path / "a.db",
        "UPDATE headwater_store SET value = '99' WHERE name = 'schema'",
    )
    with pytest.raises(StoreError, match="newer version"):
        _open(tmp_path / "a.db")


def test_a_file_that_is_no_store_is_left_as_it_is(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("these are my notes, " * 100)
    with pytest.raises(StoreError, match="not a database") as raised:
        _open(text)
    assert "notes.txt" in str(raised.value)
    assert text.read_text() == "these are my notes, " * 100
    other = tmp_path / "other.db"
    _sql(other, "CREATE TABLE mine (x)")
    with pytest.raises(StoreError, match="another program"):
        _open(other)
    with pytest.raises(StoreError, match="cannot be opened"):
        _open(tmp_path)
    with pytest.raises(StoreError, match="cannot be opened"):
        _open(text / "below" / "a.db")


@pytest.mark.parametrize(
    "store",
    [
        "",
        "sqlite://",
        "mysql://h/d",
        "nonsense://x",
        "http://[",
        "postgresql+nothing://h/d",
    ],
)
def test_only_files_and_postgresql_are_stores(store: str) -> None:
    with pytest.raises(StoreError):
        _open(store)


def test_a_damaged_store_is_said_at_the_start(tmp_path: Path) -> None:
    store = tmp_path / "a.db"
    _open(store)
    raw = bytearray(store.read_bytes())
    raw[100:] = b"\x7f" * (len(raw) - 100)
    store.write_bytes(raw)
    with pytest.raises(StoreError, match="damaged") as raised:
        _open(store)
    assert "a.db" in str(raised.value)
    assert "backup" in raised.value.remedy
    assert raised.value.__context__ is None


def test_a_locked_store_is_busy_at_the_start(tmp_path: Path) -> None:
    store = tmp_path / "a.db"
    _open(store)
    with contextlib.closing(sqlite3.connect(store)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreBusy, match="locked") as raised:
            _open(store)
    assert raised.value.__context__ is None
    _open(store)


def test_a_locked_store_answers_503_while_serving_and_loses_nothing(
    service: Open, oracle: Any, code: Callable[..., str], tmp_path: Path
) -> None:
    talker = service(busy_timeout=0.05)
    made = talker.create()
    with contextlib.closing(sqlite3.connect(tmp_path / "store" / "local.db")) as other:
        other.execute("BEGIN IMMEDIATE")
        refused = talker.post("/connections", json=oracle("second"))
        assert code(refused) == "FLOW-1103-503"
        assert refused.headers["Retry-After"] == "1"
        assert (
            code(talker.send("DELETE", f"/connections/{made['id']}")) == "FLOW-1103-503"
        )
        assert talker.read(made["id"])["name"] == "desk"
    assert talker.create("third")
    assert {item["name"] for item in talker.get("/connections").json()["items"]} == {
        "desk",
        "third",
    }


def test_a_store_damaged_while_serving_answers_503(
    service: Open, code: Callable[..., str], tmp_path: Path
) -> None:
    talker = service()
    _sql(tmp_path / "store" / "local.db", "DROP TABLE headwater_connections")
    assert code(talker.get("/connections")) == "FLOW-1103-503"
    assert code(talker.get(f"/connections/{UUID}")) == "FLOW-1103-503"


def test_a_row_read_by_its_id_alone_is_the_row_that_a_transaction_reads(
    service: Open,
) -> None:
    talker = service()
    store, scope = talker.app.store, Scope(org="ACME@AdobeOrg", sandbox="prod")
    id = talker.create()["id"]
    with store.reading() as rows:
        wanted = rows.get(connections, scope, id)
    assert wanted is not None
    assert store.get(connections, scope, id) == wanted
    for elsewhere in (
        Scope(org="OTHER@AdobeOrg", sandbox="prod"),
        Scope(org="ACME@AdobeOrg", sandbox="dev"),
    ):
        assert store.get(connections, elsewhere, id) is None
    assert store.get(connections, scope, UUID) is None


def test_a_row_that_was_read_by_its_id_keeps_nothing_from_being_cleared_away(
    service: Open, tmp_path: Path
) -> None:
    """A statement that is not at its end would hold the store as it was, and its log would grow for good."""
    talker = service()
    made = talker.create()
    talker.read(made["id"])
    change = {"op": "replace", "path": "/name", "value": "another"}
    assert talker.patch(made["id"], made["etag"], change).status_code == 200
    assert talker.read(made["id"])["name"] == "another"
    with contextlib.closing(
        sqlite3.connect(tmp_path / "store" / "local.db")
    ) as database:
        busy, frames, written = database.execute(
            "PRAGMA wal_checkpoint(RESTART)"
        ).fetchone()
    assert (busy, frames) == (0, written)


def test_a_page_is_read_from_an_index(service: Open, tmp_path: Path) -> None:
    service().create()
    mine = "org = 'a' AND sandbox = 'b'"
    newest = "ORDER BY created_at DESC, seq DESC LIMIT 5"
    queries = {
        f"SELECT * FROM headwater_connections WHERE {mine} AND (created_at, seq) < (5, 5) {newest}": "_newest",
        f"SELECT * FROM headwater_connections WHERE {mine} AND spec_id = 'x' {newest}": "_spec",
        f"SELECT * FROM headwater_connections WHERE {mine} AND name = 'x' {newest}": "_name",
        f"SELECT * FROM headwater_connections WHERE {mine} AND id = 'x'": "_id",
    }
    with contextlib.closing(
        sqlite3.connect(tmp_path / "store" / "local.db")
    ) as database:
        for query, index in queries.items():
            plan = " ".join(
                row[3] for row in database.execute(f"EXPLAIN QUERY PLAN {query}")
            )
            assert f"USING INDEX headwater_connections{index}" in plan
