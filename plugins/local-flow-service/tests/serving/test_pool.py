"""A bounded pool of threads: one leads, another takes over where it is held up, and nothing waits without bound."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import TYPE_CHECKING

import pytest

from headwater_local_flow_service.serving import pool as module
from headwater_local_flow_service.serving.pool import Pool, PoolFull

if TYPE_CHECKING:
    from collections.abc import Awaitable


def _run(work: Awaitable[object]) -> object:
    async def bounded() -> object:
        async with asyncio.timeout(30):
            return await work

    return asyncio.run(bounded())


def test_work_is_done_in_a_thread_and_what_comes_of_it_is_told() -> None:
    pool = Pool("test", threads=2, waiting=2)

    def fail() -> None:
        raise LookupError("of the work")

    async def ask() -> str:
        with pytest.raises(LookupError, match="of the work"):
            await pool.run(fail)
        name: str = await pool.run(lambda: threading.current_thread().name)
        return name

    assert str(_run(ask())).startswith("test-")


def test_one_thread_does_what_one_thread_can_do() -> None:
    pool = Pool("test", threads=8, abreast=1, waiting=1_000)

    async def ask() -> set[str]:
        work = [pool.run(lambda: threading.current_thread().name) for _ in range(500)]
        return set(await asyncio.gather(*work))

    # On a busy machine the leader is held up now and then, so it need not always be the same.
    assert len(_run(ask())) < 8  # type: ignore[arg-type]


@pytest.mark.parametrize("abreast", [1, 2, 4])
def test_those_who_are_held_up_delay_nobody_while_threads_are_left(
    abreast: int,
) -> None:
    pool = Pool("test", threads=4, abreast=abreast, waiting=100)
    over = threading.Event()

    async def ask() -> None:
        stuck = [asyncio.ensure_future(pool.run(over.wait)) for _ in range(3)]
        began = time.monotonic()
        assert (
            await asyncio.gather(*[pool.run(lambda: 7) for _ in range(50)]) == [7] * 50
        )
        assert time.monotonic() - began < 5
        assert not any(task.done() for task in stuck)
        over.set()
        await asyncio.gather(*stuck)
        assert await pool.run(lambda: 8) == 8

    _run(ask())


def test_more_than_may_wait_are_told_at_once_and_served_once_there_is_room() -> None:
    pool = Pool("test", threads=1, waiting=2)
    over, begun = threading.Event(), threading.Event()

    def hold() -> None:
        begun.set()
        over.wait()

    async def ask() -> None:
        held = asyncio.ensure_future(pool.run(hold))
        while not begun.is_set():
            await asyncio.sleep(0.001)
        waiting = [asyncio.ensure_future(pool.run(lambda: 1)) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(PoolFull):
            await pool.run(lambda: 1)
        over.set()
        await held
        assert await asyncio.gather(*waiting) == [1, 1]
        assert await pool.run(lambda: 2) == 2

    _run(ask())


def test_work_that_nobody_waits_for_is_not_begun() -> None:
    pool = Pool("test", threads=1, waiting=9)
    over, begun = threading.Event(), threading.Event()

    async def ask() -> None:
        held = asyncio.ensure_future(pool.run(over.wait))
        await asyncio.sleep(0)  # it is asked for first
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await pool.run(begun.set)
        over.set()
        await held
        assert await pool.run(lambda: 3) == 3
        assert not begun.is_set()

    _run(ask())


def test_a_system_without_a_thread_to_spare_is_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pool, start = Pool("test", threads=2, waiting=9), threading.Thread.start
    refusals: list[threading.Thread] = []

    def refuse(thread: threading.Thread) -> None:
        if len(refusals) < 3:
            refusals.append(thread)
            raise RuntimeError("can't start new thread")
        start(thread)

    async def ask() -> object:
        monkeypatch.setattr(threading.Thread, "start", refuse)
        return await asyncio.gather(*[pool.run(lambda: 5) for _ in range(2)])

    assert _run(ask()) == [5, 5]
    assert len(refusals) == 3


def test_work_that_has_waited_too_long_is_not_begun(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_LONGEST_WAIT", 0.3)
    pool = Pool("test", threads=2, waiting=100)
    over = threading.Event()
    begun: list[int] = []

    async def ask() -> None:
        stuck = [asyncio.ensure_future(pool.run(over.wait)) for _ in range(2)]
        began = time.monotonic()
        late = [pool.run(lambda: begun.append(1)) for _ in range(50)]
        told = await asyncio.gather(*late, return_exceptions=True)
        assert time.monotonic() - began < 5
        assert {type(error) for error in told} == {PoolFull}
        over.set()
        await asyncio.gather(*stuck)
        assert await pool.run(lambda: 8) == 8

    _run(ask())
    assert begun == []
