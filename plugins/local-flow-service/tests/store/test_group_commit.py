"""Many writers, one commit: each is told what became of its own unit, and nobody before it is durable."""

from __future__ import annotations

import sqlite3
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from headwater_local_flow_service import Settings
from headwater_local_flow_service.store import group_commit
from headwater_local_flow_service.store.store import Record, Scope, Store
from headwater_local_flow_service.store.storeerrors import StoreUnavailable
from headwater_local_flow_service.store.tables import connections
from headwater_local_flow_service.store.turnstile import Turnstile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

SCOPE = Scope(org="ACME@AdobeOrg", sandbox="prod")
MANY = 40


class Refused(Exception):
    """What a unit raises that found something wrong."""


@pytest.fixture(name="opened")
def _opened(tmp_path: Path) -> Iterator[Store]:
    with closing(Store(Settings(store=str(tmp_path / "a.db"), busy_timeout=5))) as it:
        yield it


def record(id: str, name: str = "", etag: str = "1") -> Record:
    return Record(
        id=id,
        scope=SCOPE,
        name=name,
        spec_id="",
        state="enabled",
        etag=etag,
        created_at=1,
        updated_at=1,
        created_by="key",
        updated_by="key",
        document={},
    )


def add(store: Store, id: str) -> str:
    with store.writing() as rows:
        rows.add(connections, record(id))
    return id


def ids(path: Path) -> set[str]:
    """Return what is durable: what somebody else sees in the file."""
    with closing(sqlite3.connect(path)) as other:
        return {id for (id,) in other.execute("SELECT id FROM headwater_connections")}


def waiting(store: Store) -> int:
    return len(store._committer._turns._queue)  # type: ignore[union-attr]


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "it does not come about"
        time.sleep(0.001)


@contextmanager
def one_group(
    store: Store, units: Sequence[Callable[..., Any]], monkeypatch: pytest.MonkeyPatch
) -> Iterator[list[Future[Any]]]:
    """Let units queue up in this order behind a busy writer: they make one group when the block ends."""
    monkeypatch.setattr(group_commit, "_LONGEST", 60)
    turns = store._committer._turns  # type: ignore[union-attr]
    assert turns.queue_up().wait(5)
    with ThreadPoolExecutor(len(units)) as pool:
        futures = []
        for number, unit in enumerate(units, 1):
            futures.append(pool.submit(unit))
            until(lambda number=number: waiting(store) == number)  # type: ignore[misc]
        yield futures
        turns.pass_on()


def commits(store: Store, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list to which every BEGIN, COMMIT and ROLLBACK is added from now on."""
    said: list[str] = []
    execute = group_commit.GroupCommit._execute

    def listen(self: Any, statement: str) -> None:
        said.append(statement.split(maxsplit=1)[0])
        execute(self, statement)

    monkeypatch.setattr(group_commit.GroupCommit, "_execute", listen)
    return said


def test_who_waits_is_made_durable_together_in_the_order_they_came(
    opened: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = commits(opened, monkeypatch)
    units = [lambda n=n: add(opened, f"{n:02}") for n in range(MANY)]
    with one_group(opened, units, monkeypatch) as futures:
        pass
    assert [future.result() for future in futures] == [f"{n:02}" for n in range(MANY)]
    assert said.count("BEGIN") == said.count("COMMIT") == 1
    with opened.reading() as rows:
        order = [each.id for each in rows.select(connections, SCOPE)]
    assert order == sorted(order)
    assert ids(tmp_path / "a.db") == set(order)


def test_nobody_is_answered_before_the_commit(
    opened: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_commit, go = threading.Event(), threading.Event()
    execute = group_commit.GroupCommit._execute

    def hesitate(self: Any, statement: str) -> None:
        if statement == "COMMIT":
            at_commit.set()
            assert go.wait(60)
        execute(self, statement)

    monkeypatch.setattr(group_commit.GroupCommit, "_execute", hesitate)

    def refuse() -> None:
        with opened.writing() as rows:
            assert rows.get(connections, SCOPE, "first") is not None
            raise Refused

    units = [lambda: add(opened, "first"), refuse, lambda: add(opened, "last")]
    with one_group(opened, units, monkeypatch) as futures:
        opened._committer._turns.pass_on()  # type: ignore[union-attr]
        assert at_commit.wait(60)
        assert not any(future.done() for future in futures)
        assert ids(tmp_path / "a.db") == set()
        turn = opened._committer._turns.queue_up()  # type: ignore[union-attr]
        go.set()
        assert turn.wait(60)
    assert isinstance(futures[1].exception(), Refused)
    assert ids(tmp_path / "a.db") == {"first", "last"}


@pytest.mark.parametrize("failing", [0, 1, 2])
@pytest.mark.parametrize(
    "error", [Refused, KeyError, KeyboardInterrupt, SystemExit, GeneratorExit]
)
def test_a_unit_that_fails_is_undone_alone(
    opened: Store,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    failing: int,
    error: type[BaseException],
) -> None:
    def fail() -> str:
        with opened.writing() as rows:
            rows.add(connections, record("gone"))
            raise error

    def caught() -> str:
        try:
            return fail()
        except BaseException as raised:  # a pool's thread would not hand it on
            return type(raised).__name__

    units: list[Callable[[], str]] = [lambda n=n: add(opened, str(n)) for n in (0, 1)]  # type: ignore[misc]
    units.insert(failing, caught)
    with one_group(opened, units, monkeypatch) as futures:
        pass
    assert sorted(future.result() for future in futures) == ["0", "1", error.__name__]
    assert ids(tmp_path / "a.db") == {"0", "1"}
    assert add(opened, "after") == "after"


def test_a_unit_sees_what_those_before_it_in_the_group_have_done(
    opened: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(opened, "one")

    def change(name: str) -> bool:
        with opened.writing() as rows:
            return rows.replace(
                connections, record("one", name=name, etag="2"), etag="1"
            )

    def remove() -> bool:
        with opened.writing() as rows:
            return rows.remove(connections, SCOPE, "one")

    units: list[Callable[[], Any]] = [
        lambda: change("first"),
        lambda: change("second"),
        lambda: add(opened, "one"),  # there already
        remove,
        remove,
        lambda: add(opened, "one"),
    ]
    with one_group(opened, units, monkeypatch) as futures:
        pass
    assert [futures[n].result() for n in (0, 1, 3, 4, 5)] == [
        True,
        False,
        True,
        False,
        "one",
    ]
    assert isinstance(futures[2].exception(), StoreUnavailable)
    assert ids(tmp_path / "a.db") == {"one"}


def test_when_the_commit_fails_everybody_is_told_and_the_next_group_is_stored(
    opened: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    execute = group_commit.GroupCommit._execute

    def fail(self: Any, statement: str) -> None:
        if statement == "COMMIT":
            raise sqlite3.OperationalError("disk I/O error")
        execute(self, statement)

    def refuse() -> None:
        with opened.writing():
            raise Refused

    units = [lambda: add(opened, "a"), refuse, lambda: add(opened, "b")]
    with (
        monkeypatch.context() as broken,
        one_group(opened, units, monkeypatch) as futures,
    ):
        broken.setattr(group_commit.GroupCommit, "_execute", fail)
        opened._committer._turns.pass_on()  # type: ignore[union-attr]
        # who was refused for what it saw of the others is told as well: it may not be so
        for future in futures:
            assert isinstance(future.exception(60), StoreUnavailable)
        assert opened._committer._turns.queue_up().wait(60)  # type: ignore[union-attr]
    assert ids(tmp_path / "a.db") == set()
    assert add(opened, "later") == "later"
    assert ids(tmp_path / "a.db") == {"later"}


def test_a_transaction_that_sqlite_has_ended_fails_for_the_whole_group(
    opened: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it does when the disk is full, or a statement is interrupted."""

    def lose() -> None:
        with opened.writing() as rows:
            rows._connection.execute(text("ROLLBACK"))
            raise Refused

    units = [lambda: add(opened, "a"), lose, lambda: add(opened, "b")]
    with one_group(opened, units, monkeypatch) as futures:
        pass
    assert isinstance(futures[0].exception(), StoreUnavailable)
    assert isinstance(futures[1].exception(), StoreUnavailable)
    assert futures[2].result() == "b"
    assert ids(tmp_path / "a.db") == {"b"}


def test_what_is_no_longer_the_store_is_not_written(
    opened: Store, tmp_path: Path
) -> None:
    known = threading.Event()

    def confirm() -> None:
        if not known.is_set():
            raise StoreUnavailable("Gone")

    opened._committer._confirm = confirm  # type: ignore[union-attr]
    with pytest.raises(StoreUnavailable, match="Gone"):
        add(opened, "a")
    assert ids(tmp_path / "a.db") == set()
    known.set()
    assert add(opened, "b") == "b"

    def lose_it() -> None:
        with opened.writing() as rows:
            rows.add(connections, record("c"))
            known.clear()

    with pytest.raises(StoreUnavailable, match="Gone"):
        lose_it()


def test_a_statement_that_takes_too_long_is_ended(opened: Store) -> None:
    opened._committer._limit = 0.1  # type: ignore[union-attr]
    endless = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
        "SELECT count(*) FROM n"
    )
    with pytest.raises(StoreUnavailable), opened.writing() as rows:
        rows._connection.execute(text(endless))
    assert add(opened, "after") == "after"


def test_who_waits_for_a_unit_that_hangs_is_told_in_time_and_all_goes_on_afterwards(
    tmp_path: Path,
) -> None:
    running, go = threading.Event(), threading.Event()

    def hang(store: Store) -> None:
        with store.writing() as rows:
            rows.add(connections, record("slow"))
            running.set()
            assert go.wait(60)

    settings = Settings(store=str(tmp_path / "a.db"), busy_timeout=0.2)
    with closing(Store(settings)) as store, ThreadPoolExecutor(MANY + 1) as pool:
        slow = pool.submit(hang, store)
        assert running.wait(60)
        others = [pool.submit(add, store, f"{n}") for n in range(MANY)]
        # together, not one after the other
        assert all(
            isinstance(other.exception(10), StoreUnavailable) for other in others
        )
        go.set()
        slow.result(60)
        assert add(store, "after") == "after"
    assert ids(tmp_path / "a.db") == {"slow", "after"}


def test_many_who_wait_for_another_process_are_all_told_in_time(
    tmp_path: Path,
) -> None:
    path = tmp_path / "a.db"
    settings = Settings(store=str(path), busy_timeout=0.3)
    with closing(Store(settings)) as store, ThreadPoolExecutor(MANY) as pool:
        with closing(sqlite3.connect(path)) as other:
            other.execute("BEGIN IMMEDIATE")
            began = time.monotonic()
            told = [pool.submit(add, store, f"{n}") for n in range(MANY)]
            for each in told:
                assert isinstance(each.exception(30), StoreUnavailable)
            # one after the other would be twelve seconds
            assert time.monotonic() - began < 0.3 * MANY / 2
        assert add(store, "after") == "after"
    assert ids(path) == {"after"}


def test_a_process_that_is_stopped_in_front_of_the_lock_keeps_nobody_from_it(
    opened: Store, tmp_path: Path
) -> None:
    stopped = Turnstile(str(tmp_path / "a.db-turn"))
    with closing(stopped), stopped.passing(time.monotonic() + 60):
        began = time.monotonic()
        assert add(opened, "a") == "a"
        assert time.monotonic() - began < 4  # and not as long as it may wait for a turn
    assert ids(tmp_path / "a.db") == {"a"}


@pytest.mark.parametrize("given", [False, True], ids=["waiting", "as its turn comes"])
def test_who_is_interrupted_while_waiting_keeps_nobody_waiting(
    opened: Store, monkeypatch: pytest.MonkeyPatch, given: bool
) -> None:
    from headwater_local_flow_service.store.turns import Place

    wait = Place.wait

    def interrupt(self: Place, seconds: float) -> bool:
        if threading.current_thread().name == "interrupted":
            if given:
                wait(self, seconds)
            raise KeyboardInterrupt
        return wait(self, seconds)

    def add_or_not(id: str) -> None:
        try:
            add(opened, id)
        except KeyboardInterrupt:
            results.append("interrupted")

    results: list[str] = []
    turns = opened._committer._turns  # type: ignore[union-attr]
    assert turns.queue_up().wait(5)
    first = threading.Thread(target=lambda: results.append(add(opened, "first")))
    first.start()
    until(lambda: waiting(opened) == 1)
    monkeypatch.setattr(Place, "wait", interrupt)
    second = threading.Thread(target=add_or_not, args=("second",), name="interrupted")
    second.start()
    until(lambda: waiting(opened) == 2 or not given)
    turns.pass_on()
    for thread in (first, second):
        thread.join(60)
        assert not thread.is_alive()
    assert sorted(results) == ["first", "interrupted"]
    assert add(opened, "after") == "after"


def test_inside_a_unit_the_store_is_not_asked_in_another_way(opened: Store) -> None:
    for ask in (
        lambda: opened.get(connections, SCOPE, "x"),
        lambda: opened.reading().__enter__(),
        lambda: opened.snapshot().__enter__(),
        lambda: opened.writing().__enter__(),
    ):
        with opened.writing(), pytest.raises(RuntimeError, match="its own rows"):
            ask()
    assert add(opened, "after") == "after"


def test_who_writes_alone_shares_its_transaction_with_nobody(
    opened: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = commits(opened, monkeypatch)

    def alone() -> str:
        with opened.writing(alone=True) as rows:
            rows.add(connections, record("alone"))
        return "alone"

    units = [
        lambda: add(opened, "a"),
        lambda: add(opened, "b"),
        alone,
        lambda: add(opened, "c"),
    ]
    with one_group(opened, units, monkeypatch) as futures:
        pass
    assert [future.result() for future in futures] == ["a", "b", "alone", "c"]
    assert said.count("BEGIN") == said.count("COMMIT") == 3


def test_the_commits_of_a_group_are_synced(opened: Store) -> None:
    with opened.writing() as rows:
        raw = rows._connection
        assert raw.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
        assert raw.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2  # FULL


def test_nobody_starves(opened: Store, tmp_path: Path) -> None:
    """More writers than a group takes, and some that come again and again: everybody gets on."""
    over = threading.Event()

    def greedy(number: int) -> int:
        count = 0
        while not over.is_set():
            add(opened, f"greedy {number} {count}")
            count += 1
        return count

    with ThreadPoolExecutor(100) as pool:
        busy = [pool.submit(greedy, number) for number in range(8)]
        try:
            modest = [pool.submit(add, opened, f"{n}") for n in range(80)]
            for each in modest:
                each.result(60)
        finally:
            over.set()
        written = sum(each.result(60) for each in busy)
    assert len(ids(tmp_path / "a.db")) == written + 80
