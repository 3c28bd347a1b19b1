"""The switches: what they can be, what strict turns, and the two that change the form of every resource's answers."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from headwater.errors import InvalidInput
from headwater_local_flow_service import Strictness
from headwater_local_flow_service.strictness import NAMES, build, parse


def test_left_alone_every_switch_is_tolerant_and_strict_turns_those_that_refuse() -> (
    None
):
    tolerant, strict = attrs.asdict(Strictness()), attrs.asdict(Strictness.strict())
    forms = {
        "run_create_envelope": "items",
        "async_states": 0,
        "legacy_errors": False,
        "delete_status": 204,
    }
    assert {name: strict[name] for name in forms} == forms
    turned = {name: value for name, value in strict.items() if name not in forms}
    assert set(turned.values()) == {True, "reject"}
    assert all(tolerant[name] != value for name, value in turned.items())
    assert Strictness.strict(delete_status=202) == attrs.evolve(
        Strictness.strict(), delete_status=202
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"run_create_envelope": "list"},
        {"past_start_time": True},
        {"delete_status": 200},
        {"delete_status": "204"},
        {"async_states": -1},
        {"async_states": True},
        {"async_states": 100_000},
        {"legacy_errors": 1},
        {"require_spec_version": "yes"},
    ],
)
def test_a_switch_that_cannot_be_is_refused_by_its_name(wrong: dict[str, Any]) -> None:
    [name] = wrong
    with pytest.raises(InvalidInput, match=f"switch {name} must be"):
        Strictness(**wrong)


def test_an_unknown_switch_is_refused_with_the_nearest() -> None:
    with pytest.raises(InvalidInput, match="there is no switch legacy_error") as raised:
        build({"legacy_error": True}, where="here")
    assert raised.value.remedy == "did you mean legacy_errors?"
    with pytest.raises(InvalidInput) as raised:
        build({"zzz": True}, where="here")
    assert all(name in raised.value.remedy for name in NAMES)


def test_a_wrong_value_is_told_with_the_place_it_stands_in() -> None:
    with pytest.raises(
        InvalidInput, match=r"local\.toml: the switch async_states must be"
    ) as raised:
        build({"async_states": "1"}, where="local.toml")
    assert raised.value.remedy == "correct async_states"


def test_switches_are_written_as_on_a_command_line() -> None:
    given = (
        "legacy-errors",
        "require_spec_version=false",
        "delete_status=202",
        "past_start_time=reject",
    )
    assert parse(given) == {
        "legacy_errors": True,
        "require_spec_version": False,
        "delete_status": 202,
        "past_start_time": "reject",
    }


def test_legacy_errors_have_the_older_shape_and_the_same_status(service: Any) -> None:
    talker = service(strictness=Strictness(legacy_errors=True))
    answer = talker.get("/connections/11111111-1111-1111-1111-111111111111")
    assert answer.status_code == 404
    assert set(answer.json()) == {"errorMessage", "errorDetails"}
    gateway = talker.like(x_api_key="").get("/connections")
    # in front of the service, whose shape this is not
    assert gateway.json()["error_code"] == "403000"


@pytest.mark.parametrize("status", [204, 202])
def test_a_delete_answers_as_it_was_told(service: Any, status: int) -> None:
    talker = service(strictness=Strictness(delete_status=status))
    answer = talker.send("DELETE", f"/connections/{talker.create()['id']}")
    assert (answer.status_code, answer.content) == (status, b"")
