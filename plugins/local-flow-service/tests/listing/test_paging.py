"""Lists: filtered, sorted, counted, and walked from page to page while others write."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Open = Any


def _walk(talker: Any, path: str, **params: Any) -> Iterator[dict[str, Any]]:
    answer = talker.get(path, params=params).json()
    while True:
        yield answer
        if not answer["_links"]:
            return
        answer = talker.get(answer["_links"]["next"]["href"]).json()


def _names(talker: Any, **params: Any) -> list[str]:
    return [
        item["name"]
        for page in _walk(talker, "/connections", **params)
        for item in page["items"]
    ]


def test_the_newest_comes_first(service: Open) -> None:
    talker = service()
    for name in ("a", "b", "c"):
        talker.create(name)
    assert _names(talker) == ["c", "b", "a"]


def test_every_page_is_full_but_the_last_and_nothing_comes_twice(service: Open) -> None:
    talker = service()
    made = [talker.create(f"n{number}")["id"] for number in range(10)]
    pages = [
        [item["id"] for item in page["items"]]
        for page in _walk(talker, "/connections", limit=4)
    ]
    assert [len(page) for page in pages] == [4, 4, 2]
    assert [id for page in pages for id in page] == made[::-1]
    exact = [len(page["items"]) for page in _walk(talker, "/connections", limit=5)]
    assert exact == [5, 5]


def test_a_walk_is_not_disturbed_by_writers(service: Open) -> None:
    talker = service()
    made = [talker.create(f"n{number}") for number in range(6)]
    walk = _walk(talker, "/connections", limit=2)
    seen = [item["id"] for item in next(walk)["items"]]
    talker.create("late")
    assert talker.send("DELETE", f"/connections/{seen[-1]}").status_code == 204
    assert (
        talker.patch(
            made[0]["id"], made[0]["etag"], {"op": "add", "path": "/x", "value": 1}
        ).status_code
        == 200
    )
    seen += [item["id"] for page in walk for item in page["items"]]
    assert seen == [one["id"] for one in reversed(made)]


def test_the_token_works_alone_and_beside_the_first_requests_parameters(
    service: Open,
) -> None:
    talker = service()
    for number in range(5):
        talker.create(f"n{number}", description="even" if number % 2 == 0 else "odd")
    first = {"property": "description==even", "orderby": "name", "limit": 2}
    page = talker.get("/connections", params=first).json()
    href = page["_links"]["next"]["href"]
    token = href.split("=")[1]
    assert href == f"/connections?continuationToken={token}"
    assert "&" not in token
    assert "%" not in token
    alone = talker.get(href).json()
    beside = talker.get(
        "/connections", params=first | {"continuationToken": token}
    ).json()
    assert (
        [item["name"] for item in alone["items"]]
        == [item["name"] for item in beside["items"]]
        == ["n4"]
    )


@pytest.mark.parametrize(
    ("orderby", "expected"),
    [
        ("name", ["a", "b", "b", "c"]),
        ("+name", ["a", "b", "b", "c"]),
        (" name", ["a", "b", "b", "c"]),
        ("-name", ["c", "b", "b", "a"]),
        ("createdAt", ["b", "a", "c", "b"]),
        ("-updatedAt,name", ["b", "c", "a", "b"]),
    ],
)
def test_sorting_is_kept_across_pages(
    service: Open, monkeypatch: Any, orderby: str, expected: list[str]
) -> None:
    clock = iter(range(1_000_000, 2_000_000, 1000))
    monkeypatch.setattr(
        "headwater_local_flow_service.kernel.lifecycle.now", lambda: next(clock)
    )
    talker = service()
    for name in ("b", "a", "c", "b"):
        talker.create(name)
    assert _names(talker, orderby=orderby, limit=1) == expected
    assert _names(talker, orderby=orderby) == expected


def test_equal_creation_times_do_not_lose_anything(
    service: Open, monkeypatch: Any
) -> None:
    monkeypatch.setattr("headwater_local_flow_service.kernel.lifecycle.now", lambda: 5)
    talker = service()
    for number in range(7):
        talker.create(f"n{number}")
    assert _names(talker, limit=2) == [f"n{number}" for number in reversed(range(7))]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("name==a", {"a"}),
        ('name=="with, comma"', {"with, comma"}),
        ("name==a,b", {"a", "b"}),
        ("name!=a", {"b", "with, comma", "é" * 300}),
        (f"name=={'é' * 300}", {"é" * 300}),
        (f"name=={'é' * 299}", set()),
        ("state==ENABLED", {"a", "b", "with, comma", "é" * 300}),
        ("state==disabled", set()),
        (
            "connectionSpec.id==ba5126ec-c9ac-11eb-b8bc-0242ac130003",
            {"a", "b", "with, comma", "é" * 300},
        ),
        ("auth.params.host==acme.example", {"a", "b", "with, comma", "é" * 300}),
        ("auth.params.password==correct-horse-battery", set()),
        ("createdAt>0", {"a", "b", "with, comma", "é" * 300}),
    ],
)
def test_filters_and_count_agree(
    service: Open, condition: str, expected: set[str]
) -> None:
    talker = service()
    for name in ("a", "b", "with, comma", "é" * 300):
        talker.create(name)
    assert set(_names(talker, property=condition, limit=1)) == expected
    counted = talker.get(
        "/connections", params={"property": condition, "count": "True"}
    ).json()
    assert counted == {"count": len(expected)}


def test_conditions_are_anded_and_fields_projected(service: Open) -> None:
    talker = service()
    talker.create("a", description="x")
    talker.create("a", description="y")
    answer = talker.get(
        "/connections",
        params={"property": ["name==a", "description==y", "name,description"]},
    ).json()
    assert answer["items"] == [{"name": "a", "description": "y"}]


def test_a_limit_above_the_cap_is_clamped(service: Open) -> None:
    talker = service()
    for number in range(101):
        talker.create(f"n{number}")
    assert len(talker.get("/connections?limit=5000").json()["items"]) == 100
    assert len(talker.get("/connections").json()["items"]) == 100


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("count=true&limit=5", "FLOW-1401-400"),
        ("count=maybe", "FLOW-1452-400"),
        ("limit=0", "FLOW-1452-400"),
        ("limit=-1", "FLOW-1452-400"),
        ("limit=1e3", "FLOW-1452-400"),
        ("limit=%D9%A3", "FLOW-1452-400"),
        ("limit=", "FLOW-1452-400"),
        ("orderby=--name", "FLOW-1432-400"),
        ("orderby=!name", "FLOW-1432-400"),
        ("orderby=nothing", "FLOW-1433-400"),
        ("orderby=", "FLOW-1433-400"),
        ("orderby=name,name", "FLOW-1433-400"),
        ("property=name==", "FLOW-1453-400"),
        ("property=name==%00", "FLOW-1452-400"),
        ("Property=name==a", "FLOW-1451-400"),
        ("continuationToken=nonsense", "FLOW-1452-400"),
        ("continuationToken=%FF%FE", "FLOW-1452-400"),
        ("&".join(["property=name==a"] * 101), "FLOW-1451-400"),
    ],
)
def test_a_wrong_parameter_has_its_own_code(
    service: Open, code: Callable[..., str], query: str, expected: str
) -> None:
    assert code(service().get(f"/connections?{query}")) == expected


def test_a_false_count_and_a_limit_go_together(service: Open) -> None:
    talker = service()
    talker.create()
    assert len(talker.get("/connections?count=False&limit=20").json()["items"]) == 1


def _token(facts: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(facts).encode()).decode().rstrip("=")


GOOD = {"v": 1, "f": [], "o": "name", "n": 5, "p": ["a", 1]}


@pytest.mark.parametrize(
    "facts",
    [
        [],
        5,
        {},
        GOOD | {"v": 2},
        GOOD | {"f": "name==a"},
        GOOD | {"f": [5]},
        GOOD | {"o": None},
        GOOD | {"o": "nothing"},
        GOOD | {"n": 0},
        GOOD | {"n": 10**9},
        GOOD | {"p": []},
        GOOD | {"p": [1, 1]},
        GOOD | {"p": ["a", "b"]},
        GOOD | {"p": ["a", 2**64]},
        GOOD | {"p": ["a", True]},
        GOOD | {"p": ["\0", 1]},
        GOOD | {"p": ["\ud800", 1]},
        GOOD | {"f": ["name=="]},
    ],
)
def test_a_forged_token_is_refused(
    service: Open, code: Callable[..., str], facts: Any
) -> None:
    talker = service()
    assert (
        talker.get(f"/connections?continuationToken={_token(GOOD)}").status_code == 200
    )
    answer = talker.get(f"/connections?continuationToken={_token(facts)}")
    assert code(answer).startswith("FLOW-14")


WALKS = st.lists(
    st.tuples(st.integers(1, 3), st.sampled_from(["create", "delete", "patch"])),
    max_size=6,
)


@settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    deadline=None,
)
@given(
    names=st.lists(st.sampled_from("abc"), max_size=8),
    orderby=st.sampled_from(
        ["name", "-name", "createdAt", "-createdAt", "name,-createdAt", "id"]
    ),
    limit=st.integers(1, 4),
    writes=WALKS,
)
def test_a_walk_finds_everything_that_was_there_all_along_once(
    service: Open,
    names: list[str],
    orderby: str,
    limit: int,
    writes: list[tuple[int, str]],
) -> None:
    talker = _opened(service)
    kept = {talker.create(name)["id"]: name for name in names}
    late: dict[str, str] = {}
    seen: list[str] = []
    for page in _walk(talker, "/connections", orderby=orderby, limit=limit):
        seen += [item["id"] for item in page["items"]]
        for place, write in writes:
            _write(talker, write, kept, late, place)
        writes = writes[1:]
    assert len(seen) == len(set(seen))
    assert kept.keys() <= set(seen) <= kept.keys() | late.keys() | set(_GONE)
    if orderby in ("name", "-name"):
        assert [kept[id] for id in seen if id in kept] == sorted(
            kept.values(), reverse=orderby == "-name"
        )
    for id in [*kept, *late]:
        assert talker.send("DELETE", f"/connections/{id}").status_code == 204


_GONE: list[str] = []


def _write(
    talker: Any, write: str, kept: dict[str, str], late: dict[str, str], place: int
) -> None:
    """Let somebody else create, delete, or change what no order looks at."""
    if write == "create":
        late[talker.create("b")["id"]] = "b"
    elif kept and write == "delete":
        gone = list(kept)[place % len(kept)]
        assert talker.send("DELETE", f"/connections/{gone}").status_code == 204
        del kept[gone]
        _GONE.append(gone)
    elif kept:
        id = list(kept)[place % len(kept)]
        change = {"op": "add", "path": "/description", "value": "changed"}
        assert talker.patch(id, talker.read(id)["etag"], change).status_code == 200


_talkers: dict[int, Any] = {}


def _opened(service: Any) -> Any:
    """Open one service for all the examples of a property."""
    if id(service) not in _talkers:
        _talkers.clear()
        _talkers[id(service)] = service()
    return _talkers[id(service)]
