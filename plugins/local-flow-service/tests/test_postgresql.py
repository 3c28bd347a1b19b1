"""The same store on PostgreSQL. Skipped where no server answers on this machine."""

from __future__ import annotations

import base64
import os
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from headwater.secret import Secret
from headwater_local_flow_service import Settings, StoreBusy, StoreError, build_app

if TYPE_CHECKING:
    from collections.abc import Iterator

SERVER = "postgresql://postgres@127.0.0.1:5432/test"


@pytest.fixture
def store() -> Iterator[dict[str, Any]]:
    """Return the settings of a store in a schema of its own, removed afterwards."""
    psycopg = pytest.importorskip("psycopg")
    try:
        connection = psycopg.connect(SERVER, autocommit=True, connect_timeout=2)
    except psycopg.OperationalError:
        pytest.skip("no PostgreSQL server answers on 127.0.0.1:5432")
    schema = f"headwater_{uuid.uuid4().hex[:12]}"
    with connection:
        connection.execute(f"CREATE SCHEMA {schema}")
        key = Secret(base64.b64encode(os.urandom(32)).decode())
        yield {"store": f"{SERVER}?options=-csearch_path%3D{schema}", "key": key}
        connection.execute(f"DROP SCHEMA {schema} CASCADE")


def test_a_connection_lives_on_postgresql_as_on_sqlite(service: Any, store: Any, code: Any) -> None:
    talker = service(**store)
    made = [talker.create(f"n{number}") for number in range(5)]
    first, etag = made[0]["id"], made[0]["etag"]
    answer = talker.patch(first, etag, {"op": "replace", "path": "/auth/params/password", "value": "new"})
    assert answer.status_code == 200
    assert code(talker.patch(first, etag, {"op": "replace", "path": "/name", "value": "x"})) == "FLOW-1404-412"
    assert talker.get(f"/connections/{first}/test").json() == {"result": True}
    page = talker.get("/connections?limit=2&orderby=-name").json()
    assert [item["name"] for item in page["items"]] == ["n4", "n3"]
    rest = talker.get(page["_links"]["next"]["href"]).json()
    assert [item["name"] for item in rest["items"]] == ["n2", "n1"]
    assert talker.get("/connections", params={"property": "name==n1,n2", "count": "true"}).json() == {"count": 2}
    long = talker.create("é" * 5000)
    assert talker.get("/connections", params={"property": f"name=={'é' * 5000}"}).json()["items"][0]["id"] == long["id"]
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


def test_another_key_is_refused_on_postgresql(store: Any) -> None:
    build_app(Settings(**store)).close()
    other = store | {"key": Secret(base64.b64encode(os.urandom(32)).decode())}
    with pytest.raises(StoreError, match="key does not belong"):
        build_app(Settings(**other))


def test_a_server_that_does_not_answer_is_said_without_its_password() -> None:
    pytest.importorskip("psycopg")
    settings = Settings(store="postgresql://u:canary-pass@127.0.0.1:1/x", key=Secret("A" * 43))
    with pytest.raises(StoreBusy, match="does not answer") as raised:
        build_app(settings)
    assert "canary-pass" not in f"{raised.value!r} {raised.value} {raised.value.__context__!r}"
