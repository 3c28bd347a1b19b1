"""Which request is struck, and that it is the same one each time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from headwater_local_flow_service.faults import Faults, Plan
from headwater_local_flow_service.wsgi import Incoming

PATHS = (
    "/data/foundation/flowservice/connections",
    "/data/foundation/flowservice/flows",
    "/ims/token/v3",
)
REQUESTS = st.lists(
    st.tuples(st.sampled_from(("GET", "POST")), st.sampled_from(PATHS)), max_size=60
)


def _faults(*rules: dict[str, Any], seed: int = 0) -> Faults:
    return Faults(Plan.of({"rules": list(rules), "seed": seed}))


def _course(faults: Faults, requests: list[tuple[str, str]]) -> list[str]:
    struck = [
        faults.judge(Incoming(method=method, path=path)) for method, path in requests
    ]
    return [rule.fault if rule else "" for rule in struck]


def test_nth_and_times_count_matching_requests_only() -> None:
    faults = _faults(
        {"fault": "reset", "nth": 2, "method": "POST"},
        {"fault": "429", "times": 2, "path": "/flows"},
    )
    connections, flows, _ims = PATHS
    requests = [
        ("POST", connections),
        ("GET", connections),
        ("POST", connections),
        ("POST", connections),
    ]
    assert _course(faults, requests) == ["", "", "reset", ""]
    assert _course(faults, [("GET", flows)] * 4) == ["429", "429", "", ""]
    assert faults.struck == (1, 2)
    assert [rule["matched"] for rule in faults.report()["rules"]] == [3, 4]


def test_the_first_rule_that_strikes_counts_and_spends_only_its_own_times() -> None:
    faults = _faults({"fault": "reset", "times": 1}, {"fault": "429", "times": 1})
    assert _course(faults, [("GET", "/")] * 3) == ["reset", "429", ""]


@given(requests=REQUESTS, seed=st.integers(), chance=st.floats(0, 1))
def test_the_same_seed_strikes_the_same_requests(
    requests: list[tuple[str, str]], seed: int, chance: float
) -> None:
    rules = (
        {"fault": "reset", "probability": chance, "method": "POST"},
        {"fault": "429", "probability": chance},
    )
    assert _course(_faults(*rules, seed=seed), requests) == _course(
        _faults(*rules, seed=seed), requests
    )


def test_seeds_differ_and_a_rules_course_does_not_depend_on_other_requests() -> None:
    rule = {"fault": "reset", "probability": 0.5, "method": "POST"}
    posts = [("POST", PATHS[0])] * 64
    course = _course(_faults(rule, seed=1), posts)
    assert course != _course(_faults(rule, seed=2), posts)
    assert 10 < course.count("reset") < 54
    mixed = [each for post in posts for each in (("GET", PATHS[1]), post)]
    assert (
        _course(_faults(rule, {"fault": "429", "method": "GET"}, seed=1), mixed)[1::2]
        == course
    )


def test_a_certain_rule_always_strikes_and_an_impossible_one_never() -> None:
    assert _course(_faults({"fault": "429"}), [("GET", "/")] * 50) == ["429"] * 50
    assert (
        _course(_faults({"fault": "429", "probability": 0}), [("GET", "/")] * 50)
        == [""] * 50
    )


def test_a_stale_etag_leaves_requests_without_one_alone() -> None:
    faults = _faults({"fault": "stale-etag", "times": 1})
    assert faults.judge(Incoming(method="PATCH", path="/")) is None
    assert (
        faults.judge(Incoming(method="PATCH", path="/", headers={"if-match": "x"}))
        is not None
    )


def test_the_rules_themselves_are_never_struck() -> None:
    assert _course(
        _faults({"fault": "reset"}), [("PUT", "/_faults"), ("GET", "/_faults/")]
    ) == ["", ""]


def test_an_encoded_path_is_meant_as_well() -> None:
    assert _course(
        _faults({"fault": "429", "path": "/flows"}),
        [("GET", PATHS[1].replace("o", "%6f"))],
    ) == ["429"]


def test_many_threads_never_spend_more_than_there_is() -> None:
    faults = _faults({"fault": "429", "times": 100})
    with ThreadPoolExecutor(8) as pool:
        struck = list(
            pool.map(
                lambda _n: faults.judge(Incoming(method="GET", path="/")), range(1000)
            )
        )
    assert sum(rule is not None for rule in struck) == 100
    assert faults.report()["rules"][0] == {
        "fault": "429",
        "times": 100,
        "matched": 1000,
        "struck": 100,
    }
