"""Threads for sources: answered in time, bounded, counted while they do not return."""

from __future__ import annotations

import threading
import time

import pytest

from headwater.errors import SourceUnavailable
from headwater_local_flow_service.connections.source_threads import SourceThreads
from headwater_local_flow_service.errors import FlowError


def _until(condition: object) -> None:
    deadline = time.monotonic() + 30
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_what_is_asked_returns_or_raises_as_if_it_were_called_here() -> None:
    threads = SourceThreads(1)
    assert threads.run(lambda: "answer", seconds=30) == "answer"

    def fail() -> None:
        raise TimeoutError("the connector's own")

    with pytest.raises(TimeoutError, match="the connector's own"):
        threads.run(fail, seconds=30)
    _until(lambda: threads.run(lambda: True, seconds=30))
    assert threads.overdue == 0


def test_whoever_asks_is_answered_in_time_and_the_thread_is_counted(
    caplog: pytest.LogCaptureFixture,
) -> None:
    threads, over = SourceThreads(2), threading.Event()
    for held in (1, 2):
        with pytest.raises(SourceUnavailable, match=r"not returned within 0\.1"):
            threads.run(over.wait, seconds=0.1)
        assert threads.overdue == held
    with pytest.raises(FlowError) as raised:  # and nothing was asked
        threads.run(lambda: pytest.fail("asked"), seconds=30)
    assert (raised.value.code, raised.value.headers) == (
        "FLOW-1103-503",
        {"Retry-After": "1"},
    )
    assert "2 of 2 threads for sources are held" in caplog.text
    over.set()
    _until(lambda: threads.overdue == 0)
    _until(lambda: threads.run(lambda: True, seconds=30))


def test_a_system_without_a_thread_to_spare_costs_no_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    threads = SourceThreads(1)
    with monkeypatch.context() as patched:

        def refuse(_thread: threading.Thread) -> None:
            raise RuntimeError("can't start new thread")

        patched.setattr(threading.Thread, "start", refuse)
        for _question in range(2):
            with pytest.raises(FlowError, match="no thread can be started"):
                threads.run(lambda: True, seconds=30)
    assert threads.run(lambda: True, seconds=30)
