"""Examples are made of what fields say, or of what the author gives; each corruption spoils one field."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from testing.wrong import RIGHT, installed

from headwater_authoring.testing import ConformanceFailure
from headwater_authoring.testing.corruptions import UNKNOWN, corruptions
from headwater_authoring.testing.examples import examples
from headwater_authoring.testing.second_opinion import wrong_fields

if TYPE_CHECKING:
    from pathlib import Path


def test_an_example_takes_example_enum_default_or_type(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [example] = examples(installed(RIGHT, tmp_path, monkeypatch))
    assert {**example.values, "apiKey": ""} == {
        "host": "acme.desk.example", "apiKey": "", "region": "EU", "port": 443, "tls": True,
    }  # fmt: skip
    assert example.canaries == (example.values["apiKey"],)


def test_overrides_count_for_all_or_for_one_specification(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    two = (
        "@hookimpl\ndef credential_schemas():\n"
        "    return [AuthenticationSpec(name, [HOST, KEY]) for name in ('One', 'Two')]\n"
    )
    given = {
        "host": "all.example",
        "apiKey": "pwd={canary};",
        "Two": {"host": "two.example"},
    }
    one, two_ = examples(installed(RIGHT + two, tmp_path, monkeypatch, examples=given))
    assert (one.values["host"], two_.values["host"]) == ("all.example", "two.example")
    assert one.values["apiKey"] == f"pwd={one.canaries[0]};"


def test_a_secret_without_a_place_for_the_canary_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject = installed(
        RIGHT, tmp_path, monkeypatch, examples={"apiKey": "correct-horse"}
    )
    with pytest.raises(ConformanceFailure, match=r"has no {canary} in it") as caught:
        examples(subject)
    assert "correct-horse" not in str(caught.value)


def test_an_override_that_nothing_uses_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(
        ConformanceFailure,
        match="neither a field nor an authentication specification: hots",
    ):
        examples(installed(RIGHT, tmp_path, monkeypatch, examples={"hots": "x"}))


def test_each_corruption_spoils_the_field_it_names_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [example] = examples(installed(RIGHT, tmp_path, monkeypatch))
    found = list(corruptions(example))
    for corruption in found:
        changed = {
            name
            for name in {*corruption.values, *example.values}
            if _differs(name, corruption, example)
        }
        assert changed == {corruption.field}, str(corruption)
        assert (
            wrong_fields(example.auth, corruption.values) == {corruption.field}
        ) is corruption.in_schema
    assert {corruption.field for corruption in found} == {
        field.name for field in example.auth.fields
    } | {UNKNOWN}
    assert {corruption.what for corruption in found if corruption.field == "apiKey"} == {
        "is missing", "is of type number", "is of type boolean", "is of type null", "is of type array",
        "is of type object", "is empty", "is blank", "is a mask",
    }  # fmt: skip


def _differs(name: str, corruption: object, example: object) -> bool:
    after, before = getattr(corruption, "values", {}), getattr(example, "values", {})
    return (name in after, after.get(name), type(after.get(name))) != (
        name in before, before.get(name), type(before.get(name)),
    )  # fmt: skip
