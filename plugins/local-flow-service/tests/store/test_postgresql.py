"""The same store on PostgreSQL. Skipped where no server answers on this machine."""

from __future__ import annotations

import base64
import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import inspect

from headwater.secret import Secret
from headwater_local_flow_service import Settings, StoreBusy, StoreError, build_app
from headwater_local_flow_service.archive import exporting, importing, resetting
from headwater_local_flow_service.store import tables

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(name="store")
def _store(own_schema: dict[str, Any]) -> dict[str, Any]:
    return own_schema


def test_a_connection_lives_on_postgresql_as_on_sqlite(
    service: Any, store: Any, code: Any
) -> None:
    talker = service(**store)
    made = [talker.create(f"n{number}") for number in range(5)]
    first, etag = made[0]["id"], made[0]["etag"]
    answer = talker.patch(
        first, etag, {"op": "replace", "path": "/auth/params/password", "value": "new"}
    )
    assert answer.status_code == 200
    assert (
        code(
            talker.patch(first, etag, {"op": "replace", "path": "/name", "value": "x"})
        )
        == "FLOW-1404-412"
    )
    page = talker.get("/connections?limit=2&orderby=-name").json()
    assert [item["name"] for item in page["items"]] == ["n4", "n3"]
    rest = talker.get(page["_links"]["next"]["href"]).json()
    assert [item["name"] for item in rest["items"]] == ["n2", "n1"]
    assert talker.get(
        "/connections", params={"property": "name==n1,n2", "count": "true"}
    ).json() == {"count": 2}
    long = talker.create("é" * 1000)
    assert (
        talker.get("/connections", params={"property": f"name=={'é' * 1000}"}).json()[
            "items"
        ][0]["id"]
        == long["id"]
    )
    assert talker.send("DELETE", f"/connections/{first}").status_code == 204
    assert code(talker.get(f"/connections/{first}")) == "FLOW-1439-404"
    assert service(**store).get("/connections?count=true").json() == {"count": 5}


def test_patches_at_once_lose_nothing_on_postgresql(service: Any, store: Any) -> None:
    talker = service(**store)
    made = talker.create(counter=0)

    def count_up(_client: int) -> None:
        done = False
        while not done:
            item = talker.read(made["id"])
            change = {"op": "replace", "path": "/counter", "value": item["counter"] + 1}
            done = talker.patch(made["id"], item["etag"], change).status_code == 200

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(count_up, range(8)))
    assert talker.read(made["id"])["counter"] == 8


def test_a_store_of_the_first_release_is_migrated_on_postgresql(
    service: Any, store: Any
) -> None:
    talker = service(**store)
    made = talker.create()
    later = [
        table
        for table in tables.metadata.sorted_tables
        if table not in (tables.facts, tables.connections)
    ]
    # the first release's tables are the same today, but for the marks; it had no others
    with talker.app.store.writing() as rows:
        rows._connection.exec_driver_sql(
            "ALTER TABLE headwater_connections DROP COLUMN marks"
        )
        for table in later:
            table.drop(rows._connection)
        rows._connection.execute(
            tables.facts.update()
            .where(tables.facts.c.name == "schema")
            .values(value="1")
        )
    talker.app.close()
    migrated = service(**store)
    assert migrated.read(made["id"])["etag"] == made["etag"]
    change = {"op": "replace", "path": "/auth/params/username", "value": "another"}
    # opens the sealed password
    assert migrated.patch(made["id"], made["etag"], change).status_code == 200
    with migrated.app.store.snapshot() as rows:
        found = inspect(rows._connection)
        assert {
            "headwater_schema_1_store",
            "headwater_schema_1_connections",
        } <= set(found.get_table_names()), "copied before it was changed"
        for table in later:
            columns = {
                column["name"]: column for column in found.get_columns(table.name)
            }
            assert set(columns) == set(table.c.keys())
            assert {index["name"] for index in found.get_indexes(table.name)} == {
                each.name for each in table.indexes
            }
        assert found.get_columns("headwater_flows")[1]["type"].collation == "C"


def _context(store: Any) -> Any:
    return importing.context_of(store, Settings(store=store.label))


def test_an_export_from_postgresql_goes_into_sqlite_and_back(
    service: Any, store: Any, tmp_path: Path
) -> None:
    talker = service(**store)
    made = [talker.create(f"n{number}") for number in range(3)]
    first = list(exporting.lines(talker.app.store))
    file = service(store=str(tmp_path / "a.db")).app.store
    assert importing.run(_context(file), first, "it").objects == {"connections": 3}
    assert resetting.run(talker.app.store)["connections"] == 3
    again = list(exporting.lines(file))
    assert importing.run(_context(talker.app.store), again, "it").objects == {
        "connections": 3
    }
    assert [talker.read(each["id"])["etag"] for each in made] == [
        each["etag"] for each in made
    ]


def test_another_key_is_refused_on_postgresql(store: Any) -> None:
    build_app(Settings(**store)).close()
    other = store | {"key": Secret(base64.b64encode(os.urandom(32)).decode())}
    with pytest.raises(StoreError, match="key does not belong"):
        build_app(Settings(**other))


def test_a_server_that_does_not_answer_is_said_without_its_password() -> None:
    pytest.importorskip("psycopg")
    settings = Settings(
        store="postgresql://u:canary-pass@127.0.0.1:1/x", key=Secret("A" * 43)
    )
    with pytest.raises(StoreBusy, match="does not answer") as raised:
        build_app(settings)
    assert (
        "canary-pass"
        not in f"{raised.value!r} {raised.value} {raised.value.__context__!r}"
    )


def test_another_store_in_the_database_is_known_by_its_id(
    service: Any, store: Any, code: Any
) -> None:
    """As after a restored dump: what is there now is not what was opened, and new connections say so."""
    talker = service(**store)
    talker.create()
    own = talker.app.store
    with own.writing() as rows:
        changed = "UPDATE headwater_store SET value = 'another' WHERE name = 'id'"
        rows._connection.exec_driver_sql(changed)
    health = talker.get("http+local://embedded/health")
    assert (health.status_code, health.json()["status"]) == (503, "gone")
    own._reader.dispose()
    assert code(talker.get("/connections")) == "FLOW-1103-503"
    assert code(talker.post("/connections", json={})) in (
        "FLOW-1103-503",
        "FLOW-1405-400",
    )
    with pytest.raises(StoreError, match="another store than the one that was served"):
        build_app(Settings(**store, store_id=own.id))


def test_a_lost_database_is_missed_where_its_key_is_kept_in_a_file(
    store: Any, tmp_path: Path
) -> None:
    given = {"store": store["store"], "key_file": tmp_path / "key"}
    app = build_app(Settings(**given))
    with app.store.writing() as rows:
        for table in reversed(tables.metadata.sorted_tables):
            rows._connection.exec_driver_sql(f"DROP TABLE {table.name}")
    app.close()
    with pytest.raises(StoreError, match="moved or lost") as raised:
        build_app(Settings(**given))
    assert "--new" in raised.value.remedy
    build_app(Settings(**given, new=True)).close()
    build_app(Settings(**given)).close()
