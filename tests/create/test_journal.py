"""The journal: what a command set out to create is on disk before it is sent, and known to the next command."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest

from headwater.create.journal import (
    CREATED,
    FORMAT,
    NO_JOURNAL,
    Journal,
    Target,
    default_journal,
)
from headwater.errors import CreateInProgress, InvalidInput

if TYPE_CHECKING:
    from pathlib import Path


def _target(name: str = "Desk") -> Target:
    return Target(
        endpoint="https://platform.example",
        organization="acme@AdobeOrg",
        sandbox="prod",
        kind="connection",
        spec_id="b",
        name=name,
    )


def _begin(journal: Journal, name: str = "Desk") -> None:
    with journal.turn(_target(name)) as turn:
        turn.begin("0" * 64)


def test_an_intent_stays_open_until_its_outcome_is_written(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    _begin(journal)
    with journal.turn(_target()) as turn:
        assert turn.earlier is not None
        assert turn.earlier.is_open
        assert turn.earlier.intended_at == pytest.approx(time.time(), abs=5)
        turn.end(CREATED, "one")
    with journal.turn(_target()) as turn:
        assert turn.earlier is not None
        assert (turn.earlier.outcome, turn.earlier.id) == ("created", "one")


def test_targets_that_differ_in_anything_have_entries_of_their_own(
    tmp_path: Path,
) -> None:
    journal = Journal(tmp_path)
    _begin(journal)
    with journal.turn(_target("Desk ")) as turn:
        assert turn.earlier is None


def test_only_the_user_may_read_folder_and_entries(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "state" / "journal")
    _begin(journal)
    assert stat.S_IMODE(journal.folder.stat().st_mode) == 0o700
    modes = {stat.S_IMODE(path.stat().st_mode) for path in journal.folder.iterdir()}
    assert modes == {0o600}


def test_one_command_at_a_time_has_its_turn_at_a_target(tmp_path: Path) -> None:
    journal = Journal(tmp_path, lock_timeout=0.1)
    with journal.turn(_target()):
        with (
            pytest.raises(CreateInProgress, match=r"for 0\.1 s"),
            journal.turn(_target()),
        ):
            pass
        with journal.turn(_target("another")):
            pass
    with journal.turn(_target()):
        pass


def test_a_thread_waits_for_its_turn_and_says_so(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    order: list[str] = []

    def second() -> None:
        with journal.turn(_target(), order.append):
            order.append("second")

    with journal.turn(_target()):
        thread = threading.Thread(target=second)
        thread.start()
        time.sleep(1.3)
        order.append("first")
    thread.join()
    assert order[1:] == ["first", "second"]
    assert order[0].startswith("another command on this machine")


def test_a_killed_command_lets_go_of_the_lock_and_leaves_its_intent(
    tmp_path: Path,
) -> None:
    program = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from headwater.create.journal import Journal, Target\n"
        "target = Target(endpoint='https://platform.example', organization='acme@AdobeOrg',\n"
        "                sandbox='prod', kind='connection', spec_id='b', name='Desk')\n"
        "with Journal(Path(sys.argv[1])).turn(target) as turn:\n"
        "    turn.begin('0' * 64)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    ended = subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False)
    assert ended.returncode == -9
    with Journal(tmp_path, lock_timeout=0).turn(_target()) as turn:
        assert turn.earlier is not None
        assert turn.earlier.is_open


def test_a_folder_that_cannot_be_written_is_an_error_that_names_both_ways_out(
    tmp_path: Path,
) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(InvalidInput, match="nothing was sent") as caught,
        Journal(tmp_path / "file" / "journal").turn(_target()),
    ):
        pass
    assert "HEADWATER_STATE_DIR" in caught.value.remedy
    assert "--no-journal" in caught.value.remedy


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"format": 1, "target": {}}', "\0\0\0"]
)
def test_a_damaged_entry_stops_the_create_and_can_be_forgotten(
    text: str, tmp_path: Path
) -> None:
    journal = Journal(tmp_path)
    _begin(journal)
    key = _target().key
    (tmp_path / f"{key}.jsonl").write_text(text)
    with (
        pytest.raises(InvalidInput, match="not an entry") as caught,
        journal.turn(_target()),
    ):
        pass
    assert journal.survey() == ([], [key])
    assert f"headwater journal forget {key}" in caught.value.remedy
    assert journal.is_open(key)
    journal.forget(key)
    with journal.turn(_target()) as turn:
        assert turn.earlier is None


@pytest.mark.parametrize("length", [0, 1, 20, 60])
def test_an_outcome_that_was_not_written_to_its_end_leaves_the_intent_open(
    length: int, tmp_path: Path
) -> None:
    journal = Journal(tmp_path)
    _begin(journal)
    path = tmp_path / f"{_target().key}.jsonl"
    intent = path.read_bytes()
    with journal.turn(_target()) as turn:
        turn.end(CREATED, "one")
    path.write_bytes(path.read_bytes()[: len(intent) + length])
    assert [entry.is_open for entry in journal.entries()] == [True]
    with journal.turn(_target()) as turn:
        turn.end(CREATED, "two")
    assert [entry.id for entry in journal.entries()] == ["two"]


def test_an_entry_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    _begin(journal)
    path = tmp_path / f"{_target().key}.jsonl"
    document = json.loads(path.read_text())
    path.write_text(json.dumps({**document, "format": FORMAT + 1}))
    with pytest.raises(InvalidInput, match="another version"), journal.turn(_target()):
        pass


def test_entries_are_found_by_the_beginning_of_their_key(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    for number in range(40):
        _begin(journal, f"Desk {number}")
    entry = journal.entries()[7]
    assert journal.find(entry.key) == entry
    assert journal.find(entry.key[:10]) == entry
    with pytest.raises(InvalidInput, match="no entry"):
        journal.find("zz")
    with pytest.raises(InvalidInput, match="several entries"):
        journal.find("")


def test_the_folder_is_that_of_the_environment_or_of_the_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADWATER_STATE_DIR", str(tmp_path))
    assert default_journal().folder == tmp_path / "journal"
    monkeypatch.delenv("HEADWATER_STATE_DIR")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "xdg"))
    if sys.platform == "linux":
        assert default_journal().folder == tmp_path / "xdg" / "headwater" / "journal"


def test_without_a_journal_nothing_is_written(tmp_path: Path) -> None:
    with NO_JOURNAL.turn(_target()) as turn:
        turn.begin("0" * 64)
        turn.end(CREATED, "one")
        assert turn.earlier is None
    assert os.listdir(tmp_path) == []  # noqa: PTH208 - names are enough
