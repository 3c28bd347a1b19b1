"""Filters made to keep the service busy: read at once, or refused with 400 in the service's own shape."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
import requests
from talking import HEADERS

from headwater_local_flow_service.errors import FlowError
from headwater_local_flow_service.kernel.search import split_query
from headwater_local_flow_service.listing import filters
from headwater_local_flow_service.listing.filters import (
    LARGEST_FILTERS,
    LARGEST_FILTERS_OF_TOKEN,
    MOST_CONDITIONS,
)

if TYPE_CHECKING:
    from pathlib import Path

PATH = "/connections/search"
PROMPTLY = 5.0  # seconds for what takes milliseconds; the quadratic pattern took hours

UNENDING = {
    "blanks": 'name=={}"'.format(" " * 900_000),
    "blanks and words": "name=={}".format("x " * 450_000) + '"',
    "blanks before the path": " " * 900_000 + "=",
    "a path of paths": "a" + ".a" * 450_000 + "~",
    "names with commas": "a," * 450_000 + "~",
    "brackets": "a[]" * 300_000,
    "quotes": '"' * 450_000,
    "ampersands": "&" * 900_000,
    "quotes and ampersands": '"&' * 300_000,
    "values": "name==" + "a," * 450_000 + "a",
    "conditions": "a==b&" * 60_000,
    "no operator at all": "a " * 450_000,
}


def test_a_filter_of_900_kb_is_refused_at_once_by_a_served_service(
    served: Any, code: Any, tmp_path: Path
) -> None:
    with served(tmp_path) as (_process, root):
        base = f"{root}/data/foundation/flowservice"
        for text in UNENDING.values():
            for body in ({"queryString": text}, {"projectionFields": text}):
                for path in ("/connections/search", "/flowSpecs/search"):
                    start = time.monotonic()
                    answer = requests.post(
                        base + path, json=body, headers=HEADERS, timeout=PROMPTLY
                    )
                    assert time.monotonic() - start < PROMPTLY
                    assert code(answer) == "FLOW-1452-400"


@pytest.mark.parametrize("attack", UNENDING)
def test_reading_is_linear_where_nothing_bounds_it(attack: str) -> None:
    start = time.process_time()
    with suppress(FlowError):  # some of them are filters, if long ones
        filters.parse(split_query(UNENDING[attack]), largest=10**9)
    assert time.process_time() - start < PROMPTLY


def test_as_much_as_the_bound_is_read_and_one_byte_more_is_not(
    service: Any, code: Any
) -> None:
    talker = service()
    talker.create("a")
    whole = "name==" + "x" * (LARGEST_FILTERS - len("name=="))
    assert talker.get("/connections", params={"property": whole}).ok
    assert talker.post(PATH, json={"queryString": whole}).json()["items"] == []
    for answer in (
        talker.get("/connections", params={"property": whole + "x"}),
        talker.get("/connectionSpecs", params={"property": whole + "x"}),
        talker.get("/connections", params={"property": ["name==x", whole]}),
        talker.post(PATH, json={"queryString": whole + "x"}),
        talker.post(PATH, json={"queryString": "é" * (LARGEST_FILTERS // 2 + 1)}),
        talker.post(PATH, json={"projectionFields": ["a"] * LARGEST_FILTERS}),
    ):
        assert code(answer) == "FLOW-1452-400"


def test_a_hundred_conditions_are_held_against_items_and_more_are_refused(
    service: Any, code: Any
) -> None:
    talker = service()
    talker.create("a")
    conditions = ["description!=x"] * MOST_CONDITIONS
    answer = talker.post(PATH, json={"queryString": "&".join(conditions)})
    assert [item["name"] for item in answer.json()["items"]] == ["a"]
    answer = talker.post(PATH, json={"queryString": "&".join([*conditions, "a!=b"])})
    assert code(answer) == "FLOW-1452-400"
    assert "100 conditions" in answer.json()["errorMessage"]


def test_a_property_repeated_10_000_times_is_refused(service: Any, code: Any) -> None:
    repeated = "&".join(["property=a!=b"] * 10_000)
    for path in ("/connections", "/connectionSpecs", "/flowSpecs"):
        assert code(service().get(f"{path}?{repeated}")) == "FLOW-1451-400"
    answer = service().post(PATH, json={"queryString": repeated})
    assert code(answer) == "FLOW-1452-400"


@pytest.mark.parametrize("value", ["x", '"x"', "é", " x "])
def test_the_longest_filters_that_are_read_go_on_by_their_token(
    service: Any, value: str
) -> None:
    talker = service()
    for _each in range(2):
        talker.create("x", description=value.strip('" '))
    text = "description="
    while len((text + value + ",x").encode()) <= LARGEST_FILTERS:
        text += value + ","
    text += "x"
    [condition] = filters.parse([text]).conditions
    assert len(str(condition).encode()) <= LARGEST_FILTERS_OF_TOKEN
    first = talker.post(PATH, json={"queryString": text, "limit": 1})
    href = first.json()["_links"]["next"]["href"]
    assert len(talker.post(href, json={}).json()["items"]) == 1


def test_many_values_against_a_long_array_are_looked_up_at_once() -> None:
    values = ",".join(map(str, range(1500)))
    wanted = filters.parse([f"a[]=={values}", f"a[]!={'x' * 100}"])
    item = {"a": list(range(2000, 250_000))}
    start = time.process_time()
    assert not wanted.matches(item)
    assert time.process_time() - start < PROMPTLY
