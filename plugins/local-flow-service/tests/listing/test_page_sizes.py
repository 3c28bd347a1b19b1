"""Pages of large objects: they end by bytes, and the memory of a worker does not grow with what it lists."""

from __future__ import annotations

import os
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import islice
from typing import TYPE_CHECKING, Any

import requests
from talking import HEADERS
from worker_memory import peak_memory

from headwater_local_flow_service import Settings
from headwater_local_flow_service.listing import listing
from headwater_local_flow_service.store import etags, tables
from headwater_local_flow_service.store.store import Record, Scope, Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MOST_MEMORY = 300  # MB of a worker, in the attack that took 7.6 GB
OBJECTS = 150
PAGES = OBJECTS if os.environ.get("HEADWATER_TEST_FULL") else 3  # of each list
# Each takes three bytes of a body, and thirty times that as an object of Python's.
HEAVY: list[Any] = [[]] * 330_000
QUERIES = (
    "property=description!=x",
    "property=heavy[]!=x&limit=100",
    "limit=100",
    "orderby=-createdAt&property=heavy[].a!=5",
)


def _fill(store: str) -> None:
    """Store the objects as creating them would, which takes a minute."""
    scope = Scope(org=HEADERS["x-gw-ims-org-id"], sandbox="prod")
    with closing(Store(Settings(store=store))) as opened:
        for number in range(OBJECTS):
            record = _record(scope, number)
            with opened.writing(scope) as rows:
                rows.add(tables.connections, record)


def _record(scope: Scope, number: int) -> Record:
    return Record(
        id=str(uuid.uuid4()),
        scope=scope,
        name=f"n{number}",
        spec_id="",
        state="enabled",
        etag=etags.first(number),
        created_at=number,
        updated_at=number,
        created_by="key",
        updated_by="key",
        document={"name": f"n{number}", "heavy": HEAVY},
    )


def _pages(root: str, query: str) -> Iterator[list[str]]:
    """Yield the names on each page, and hold that none is much larger than its bound."""
    url = f"{root}/data/foundation/flowservice"
    path = f"/connections?{query}"
    while path:
        answer = requests.get(url + path, headers=HEADERS, timeout=120)
        assert answer.status_code == 200, answer.text[:500]
        assert len(answer.content) < listing.LARGEST_PAGE_SIZE + 1_048_576
        page = answer.json()
        path = page["_links"].get("next", {}).get("href", "")
        yield [item["name"] for item in page["items"]]


def test_a_worker_keeps_small_while_150_objects_of_1_mb_are_listed_four_times_at_once(
    served: Any, tmp_path: Path
) -> None:
    store = str(tmp_path / "local.db")
    _fill(store)
    newest = [f"n{number}" for number in reversed(range(OBJECTS))]
    with served(tmp_path, store=store) as (process, root):

        def walk(query: str) -> list[str]:
            pages = islice(_pages(root, query), PAGES)
            return [name for page in pages for name in page]

        idle = peak_memory(process)
        names = walk(QUERIES[0])
        assert names == newest[: len(names)]
        assert len(names) == OBJECTS or PAGES < OBJECTS
        once = peak_memory(process)
        with ThreadPoolExecutor(len(QUERIES)) as pool:
            for listed in pool.map(walk, QUERIES):
                assert listed == names
        at_once = peak_memory(process)
    print(f"idle {idle:.0f} MB, one list {once:.0f} MB, four {at_once:.0f} MB")
    assert at_once < MOST_MEMORY
