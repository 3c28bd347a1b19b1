"""Workers are killed again and again while clients send: what was answered is in the data set, and nothing twice."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sys
import threading
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import attrs
import pytest
import requests
from processes import workers_of
from streams import Stream, batches, stored_rows
from talking import HEADERS, Talker

if TYPE_CHECKING:
    from pathlib import Path

ROUNDS = 12 if os.environ.get("HEADWATER_TEST_FULL") else 3
SENDERS = 4
SEED = 20_261_128

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="finds the worker processes in /proc"
)


class Remote(Talker):
    """Talks to a service behind a port, and waits for one that is being started again."""

    def send(self, method: str, path: str, **rest: Any) -> requests.Response:  # type: ignore[override]
        path = path.replace("http+local://embedded", self.headers["url"])
        if path.startswith("/"):
            path = f"{self.headers['url']}/data/foundation/flowservice{path}"
        given = {**HEADERS, **(rest.pop("headers", None) or {})}
        deadline = time.monotonic() + 30
        while True:
            try:
                return self.session.request(method, path, headers=given, **rest)
            except requests.ConnectionError:
                assert time.monotonic() < deadline
                time.sleep(0.1)


@attrs.define
class Senders:
    """Clients that send messages of their own until they are stopped; an answer that does not come proves nothing."""

    url: str
    stream: Stream
    answered: list[str] = attrs.Factory(list)
    tried: set[str] = attrs.Factory(set)
    over: threading.Event = attrs.Factory(threading.Event)
    threads: list[threading.Thread] = attrs.Factory(list)

    def start(self) -> None:
        for number in range(SENDERS):
            thread = threading.Thread(target=self._run, args=(number,))
            self.threads.append(thread)
            thread.start()

    def stop(self) -> None:
        self.over.set()
        for thread in self.threads:
            thread.join(timeout=60)

    def _run(self, number: int) -> None:
        count = 0
        with requests.Session() as session:
            session.trust_env = False
            while not self.over.is_set():
                id = f"{number}-{count}"
                count += 1
                self.tried.add(id)
                with contextlib.suppress(requests.RequestException):
                    message = self.stream.message({"_id": id})
                    answer = session.post(self.url, json=message, timeout=10)
                    if answer.status_code == 200:
                        self.answered.append(id)


def _kill_one_or_all(parent: int, chance: random.Random) -> None:
    workers = workers_of(parent)
    if chance.random() < 0.5:
        workers = workers[:1]
    for worker in workers:
        with contextlib.suppress(ProcessLookupError):
            os.kill(worker, signal.SIGKILL)


def _wait_until_more(answered: list[str], most: int) -> None:
    deadline = time.monotonic() + 60
    while len(answered) <= most:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_nothing_that_was_answered_is_lost_or_stored_twice(
    served: Any, tmp_path: Path
) -> None:
    settings = tmp_path / "serve.toml"
    settings.write_text("inlet_interval = 0.2\n")
    options = ("--settings", str(settings), "--workers", "2")
    chance = random.Random(SEED)
    with served(tmp_path, *options) as (process, url), requests.Session() as session:
        session.trust_env = False
        talker = Remote(session, None, {"url": url})  # type: ignore[arg-type]
        stream = Stream(talker)
        senders = Senders(stream.params["inletUrl"], stream)
        assert senders.url.startswith(f"{url}/collection/")
        senders.start()
        try:
            for _round in range(ROUNDS):
                before = len(senders.answered)
                time.sleep(chance.uniform(0.3, 0.8))
                _kill_one_or_all(process.pid, chance)
                _wait_until_more(senders.answered, before + 20)
        finally:
            senders.stop()
        found = _settled(talker, stream, set(senders.answered))
    assert len(senders.answered) > 50
    assert [id for id, times in found.items() if times > 1] == []
    assert set(senders.answered) - set(found) == set()
    assert set(found) - senders.tried == set()


def _settled(talker: Talker, stream: Stream, wanted: set[str]) -> Counter[str]:
    """Return how often each message is in the data set, once those that were answered are, or a minute is over."""
    deadline = time.monotonic() + 60
    while True:
        rows = sum(batch["recordCount"] for batch in batches(talker, stream.data_set))
        if rows >= len(wanted) or time.monotonic() > deadline:
            time.sleep(1)
            return Counter(row["_id"] for row in stored_rows(talker, stream.data_set))
        time.sleep(0.3)
