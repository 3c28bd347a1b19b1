"""What `script/measure_walk` counts as a call, on a small command line of its own."""

from __future__ import annotations

import importlib
import sys
import textwrap
from typing import TYPE_CHECKING

import pytest
from measuring.recorder import VARIABLE, Recorder
from measuring.walk import METRICS, Call, Walk, measure_walks

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Follow = Callable[[dict[str, str], str], Recorder]


@pytest.fixture
def follow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Follow:
    """Run a command whose body is given, in a package of the given files, and return what the recorder has seen."""
    package = f"walked_{tmp_path.name.replace('-', '_')}"

    def run(files: dict[str, str], body: str) -> Recorder:
        core = tmp_path / package
        command = "def command():\n" + textwrap.indent(body, "    ")
        for name, text in {**files, "cli/create.py": command}.items():
            path = core / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text.replace("CORE", package), encoding="utf-8")
        monkeypatch.syspath_prepend(tmp_path)
        create = importlib.import_module(f"{package}.cli.create")
        recorder = Recorder(core, command="create")
        sys.setprofile(recorder)
        try:
            create.command()
        finally:
            sys.setprofile(None)
        return recorder

    return run


def calls(recorder: Recorder) -> list[Call]:
    return [
        Call(caller, callee, times)
        for (caller, callee), times in recorder.calls.items()
    ]


def test_a_call_is_recorded_once_for_each_pair_of_functions(follow: Follow) -> None:
    files = {
        "ground.py": "def load():\n    return parse()\n\n\ndef parse():\n    return 1\n"
    }

    seen = calls(follow(files, "from CORE.ground import load\nload()\nload()"))

    assert seen == [
        Call("", "cli/create.py:command", 1),
        Call("cli/create.py:command", "ground.py:load", 2),
        Call("ground.py:load", "ground.py:parse", 2),
    ]
    assert [call.is_between_rooms for call in seen] == [True, True, False]


def test_what_no_reader_follows_is_left_out(follow: Follow) -> None:
    files = {
        "flowservice/service.py": "from CORE.ground import load\n\n\ndef send():\n    load()\n",
        "ground.py": "def load():\n    pass\n\n\nload()\n\n\nclass Thing:\n    def __init__(self):\n        load()\n",
    }

    seen = calls(
        follow(
            files,
            "from CORE.flowservice.service import send\nfrom CORE.ground import Thing\nsend()\n[Thing()]",
        )
    )

    assert [(call.caller, call.callee) for call in seen] == [
        ("", "cli/create.py:command"),
        ("cli/create.py:command", "flowservice/service.py:send"),
        ("ground.py:Thing.__init__", "ground.py:load"),
    ]


def test_validations_and_look_ups_are_counted_by_what_they_do(
    follow: Follow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, "x")
    files = {
        "rules.py": "import jsonschema\n\n\n"
        "def check(value):\n"
        "    schema = {'properties': {'a': {'type': 'string'}}}\n"
        "    list(jsonschema.Draft7Validator(schema).iter_errors(value))\n",
        "references.py": f"import os\n\n\ndef load():\n    return os.environ.get({VARIABLE!r})\n",
    }

    seen = follow(
        files,
        "from CORE import references, rules\nrules.check({'a': references.load()})\nrules.check({})",
    )

    assert (seen.validations, seen.lookups) == (2, 1)


def test_figures_come_from_both_walks() -> None:
    plain = Walk(
        calls=[
            Call("", "cli/create.py:command", 1),
            Call("cli/create.py:command", "runner.py:check_creatable", 1),
            Call("runner.py:check_creatable", "runner.py:help", 1),
            Call("runner.py:prepare", "runner.py:check_creatable", 1),
            Call("runner.py:choose", "cli/inputs.py:Given.values", 1),
        ],
        validations=3,
        lookups=1,
    )
    checked = Walk(
        calls=[Call("", "cli/create.py:command", 1)], validations=5, lookups=2
    )

    figures = measure_walks(plain, checked)

    assert figures == {
        "calls": 3,
        "calls_above_ground": 3,
        "rooms": 2,
        "modules": 3,
        "functions": 4,
        "validations": 3,
        "lookups": 1,
        "check_creatable": 2,
        "calls_back_up": 1,
        "checked_calls": 1,
        "checked_validations": 5,
        "checked_lookups": 2,
    }
    missed = [metric.key for metric in METRICS if metric.misses(figures[metric.key])]
    assert missed == [
        "validations",
        "check_creatable",
        "calls_back_up",
        "checked_validations",
        "checked_lookups",
    ]
