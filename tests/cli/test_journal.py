"""``headwater journal``, and what ``create`` says of the journal."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from cli.terminal import ORACLE, created, failure, result, run

from headwater.create import Target, default_journal

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

GIVEN = json.dumps(ORACLE)
CREATE = ("create", "oracle-service-cloud", "--name", "Desk", "-c", "-")


def _leave_open(name: str = "Desk") -> str:
    """Leave what a command does that is killed while its request is under way; return the key."""
    target = Target(
        endpoint="http+local://embedded",
        organization="local@AdobeOrg",
        sandbox="prod",
        kind="connection",
        spec_id="ba5126ec-c9ac-11eb-b8bc-0242ac130003",
        name=name,
    )
    with default_journal().turn(target) as turn:
        turn.begin("0" * 64)
    return target.key


def test_a_create_is_in_the_journal_with_its_id() -> None:
    made = created()
    [entry] = result("journal", "list")
    assert (entry["outcome"], entry["id"]) == ("created", made["id"])
    assert result("journal", "show", entry["key"][:6]) == entry
    page = run("journal", "list").stdout
    assert made["id"] in page
    assert ORACLE["password"] not in page + json.dumps(entry)


def test_only_creates_of_unknown_outcome_are_listed_on_demand() -> None:
    created()
    key = _leave_open("another")
    assert [entry["key"] for entry in result("journal", "list", "--open")] == [key]
    assert "may or may not" in run("journal", "show", key).stdout


def test_a_create_after_one_of_unknown_outcome_says_what_it_does() -> None:
    _leave_open()
    told = result(*CREATE, stdin=GIVEN)
    assert told["created"] is True
    assert any("sending again" in notice for notice in told["notices"])


def test_forgetting_asks_where_the_outcome_is_not_known() -> None:
    key = _leave_open()
    assert run("journal", "forget", key, stdin="n\n").returncode == 2
    assert len(result("journal", "list")) == 1
    assert result("journal", "forget", key[:8], "--yes") == {"forgotten": [key]}
    assert result("journal", "list") == []
    assert failure("journal", "show", key)[0] == 2


def test_an_empty_journal_is_no_error() -> None:
    assert result("journal", "list") == []
    assert run("journal", "list").stdout == "no creates\n"


def test_a_state_folder_that_cannot_be_written_stops_before_sending(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("HEADWATER_STATE_DIR", str(tmp_path / "file"))
    code, error = failure(*CREATE, stdin=GIVEN)
    assert code == 2
    assert "HEADWATER_STATE_DIR" in error["remedy"]
    assert "--no-journal" in error["remedy"]
    assert result("connections", "list") == []
    told = result(*CREATE, "--no-journal", stdin=GIVEN)
    assert told["journal"] is False
    assert any("without a journal" in notice for notice in told["notices"])


def test_the_embedded_service_confirms_at_once_that_no_other_made_the_same() -> None:
    made = created()
    assert (made["uniqueness"], made["journal"]) == ("confirmed", True)
    assert not any("--confirm" in notice for notice in made["notices"])
