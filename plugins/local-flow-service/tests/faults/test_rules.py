"""What people write into a fault file, and what they are told when it is wrong."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.errors import InvalidInput
from headwater_local_flow_service.faults import Plan
from headwater_local_flow_service.faults.kinds import KINDS

if TYPE_CHECKING:
    from pathlib import Path

BASE = "/data/foundation/flowservice"
ANYTHING: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
FIELDS = (
    "fault",
    "method",
    "path",
    "probability",
    "nth",
    "times",
    "seconds",
    "retry_after",
    "status",
    "staus",
)


def _refusal(rule: Any, *, before: tuple[Any, ...] = ()) -> InvalidInput:
    with pytest.raises(InvalidInput) as raised:
        Plan.of({"rules": [*before, rule]})
    return raised.value


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"fault": "explode"}, "fault must be one of the known faults"),
        ({}, "fault is missing"),
        ({"fault": ["429"]}, "fault must be one"),
        ({"fault": "429", "staus": 3}, "staus is not known; did you mean status?"),
        ({"fault": "429", "method": "FETCH"}, "method must be a method"),
        ({"fault": "429", "method": [1]}, "method must be a method"),
        (
            {"fault": "429", "path": "connections"},
            "path must be a string that begins with / or *",
        ),
        (
            {"fault": "429", "probability": 1.5},
            "probability must be a number from 0 to 1",
        ),
        ({"fault": "429", "probability": float("nan")}, "probability must be"),
        ({"fault": "429", "probability": True}, "probability must be"),
        ({"fault": "429", "nth": 0}, "nth must be a whole number of 1 or more"),
        ({"fault": "429", "times": 1.0}, "times must be a whole number"),
        (
            {"fault": "hang", "seconds": -1},
            "seconds must be a number of seconds from 0 to 3600",
        ),
        ({"fault": "hang", "seconds": 10**400}, "seconds must be"),
        (
            {"fault": "429", "retry_after": "soon"},
            "retry_after must be a whole number of seconds",
        ),
        ({"fault": "html", "status": 404}, "status must be a status from 500 to 599"),
        (
            {"fault": "hang", "status": 503},
            "status is not a detail of the fault hang; leave it out; it takes seconds",
        ),
        ({"fault": "reset", "seconds": 1}, "it takes no details"),
        ("429", "must be an object"),
    ],
)
def test_a_wrong_rule_is_named_by_its_number_and_field_with_what_to_do(
    wrong: Any, said: str
) -> None:
    error = _refusal(wrong, before=({"fault": "reset"},))
    assert error.message.startswith("the fault rules: rule 2")
    assert said in str(error)
    assert error.remedy


def test_a_wrong_value_is_not_repeated() -> None:
    for field in ("fault", "method", "path", "probability", "times"):
        assert "hunter2" not in str(_refusal({"fault": "429", field: "hunter2"}))


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ([], "must be an object"),
        ({"rules": {"fault": "429"}}, "rules must be a list"),
        ({"seed": "x"}, "seed must be a whole number"),
        ({"rule": []}, "rule is not known; did you mean rules?"),
    ],
)
def test_a_wrong_document_is_refused(document: Any, said: str) -> None:
    with pytest.raises(InvalidInput, match="the fault rules") as raised:
        Plan.of(document)
    assert said in str(raised.value)


@given(
    rules=st.lists(
        st.dictionaries(
            st.sampled_from(FIELDS),
            ANYTHING | st.sampled_from(sorted(KINDS)),
            max_size=5,
        )
    )
)
def test_whatever_is_written_is_taken_or_refused_in_words(rules: list[Any]) -> None:
    plan, said = Plan(), ""
    try:
        plan = Plan.of({"rules": rules})
    except InvalidInput as error:
        said = error.message
    assert not said or said.startswith("the fault rules: rule ")
    assert Plan.of({"rules": [rule.as_dict() for rule in plan.rules]}) == plan


def test_toml_and_json_say_the_same(tmp_path: Path) -> None:
    toml, other = tmp_path / "faults.toml", tmp_path / "faults.json"
    toml.write_text(
        'seed = 7\n[[rules]]\nfault = "429"\nmethod = "post"\npath = "/connections"\nretry_after = 3\n'
    )
    rules = [
        {"fault": "429", "method": ["POST"], "path": "/connections", "retry_after": 3}
    ]
    other.write_text(json.dumps({"seed": 7, "rules": rules}))
    plan = Plan.read(toml)
    assert plan == Plan.read(other)
    assert (plan.seed, [rule.as_dict() for rule in plan.rules]) == (7, rules)


def test_a_file_is_complained_about_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"no file .*missing\.toml"):
        Plan.read(tmp_path / "missing.toml")
    broken = tmp_path / "broken.toml"
    broken.write_text("rules = [\n")
    with pytest.raises(InvalidInput, match=r"broken\.toml is not TOML"):
        Plan.read(broken)
    broken.write_text('[[rules]]\nfault = "429"\n[[rules]]\nfault = "x"\n')
    with pytest.raises(InvalidInput, match=r"broken\.toml: rule 2: fault must be one"):
        Plan.read(broken)


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("*", "/anything", True),
        ("/connections", f"{BASE}/connections", True),
        ("/connections", f"{BASE}/connections/", True),
        ("/connections", f"{BASE}/connections/1", False),
        ("/connections/*", f"{BASE}/connections/1/test", True),
        ("/connections/*", f"{BASE}/connections", False),
        (f"{BASE}/flows", f"{BASE}/flows", True),
        ("/ims/token/*", "/ims/token/v3", True),
        ("/connections", "/other/connections", False),
    ],
)
def test_a_path_is_meant_whole_or_below_flow_service(
    pattern: str, path: str, fits: bool
) -> None:
    [rule] = Plan.of({"rules": [{"fault": "429", "path": pattern}]}).rules
    assert rule.fits("GET", path) is fits


def test_a_method_may_be_one_several_or_any() -> None:
    one, several, any_method = Plan.of(
        {
            "rules": [
                {"fault": "429", "method": m}
                for m in ("post", ["PATCH", "delete"], "*")
            ]
        }
    ).rules
    assert [one.fits(m, "/") for m in ("GET", "POST")] == [False, True]
    assert [several.fits(m, "/") for m in ("GET", "PATCH", "DELETE")] == [
        False,
        True,
        True,
    ]
    assert any_method.fits("GET", "/")
