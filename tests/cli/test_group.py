"""The root: lazy, complete, and quiet when nobody reads on."""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest
from cli.terminal import HEADWATER, interrupt, run
from cli_reference import reference

from headwater import Secret, cli, errors
from headwater.cli import failures
from headwater.cli.group import COMMANDS, GROUP, OFFERED, root
from headwater.cli.state import State

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent.parent


def _commands(
    command: click.Command, context: click.Context
) -> Iterator[tuple[str, click.Command]]:
    yield context.command_path, command
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            assert child is not None
            yield from _commands(
                child, click.Context(child, info_name=name, parent=context)
            )


@pytest.mark.parametrize("name", COMMANDS)
def test_the_short_helps_are_those_of_the_commands(name: str) -> None:
    module, _colon, attribute = COMMANDS[name][0].partition(":")
    command = getattr(importlib.import_module(module), attribute)
    assert command.name == name
    assert (command.help or "").splitlines()[0] == COMMANDS[name][1]


def test_help_imports_no_command_and_nothing_heavy() -> None:
    program = (
        "import sys; from headwater import cli; cli.run(['--help'])\n"
        "names = ('attr', 'jsonschema', 'pluggy', 'requests', 'tomlkit')\n"
        "print([n for n in sys.modules if n in names or n.startswith(('headwater_', 'headwater.cli.create'))])"
    )
    printed = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout
    assert printed.splitlines()[-1] == "[]"


def test_every_command_prints_its_help() -> None:
    for path, _command in _commands(
        root, click.Context(root, info_name="headwater", **root.context_settings)
    ):
        done = run(*path.split()[1:], "--help")
        assert (done.returncode, done.stderr) == (0, ""), path
        assert done.stdout.startswith(f"Usage: {path}")


def test_the_command_reference_is_current() -> None:
    assert (ROOT / "docs" / "cli.md").read_text(encoding="utf-8") == reference()


def test_every_command_and_option_has_a_help() -> None:
    for path, command in _commands(
        root, click.Context(root, info_name="headwater", **root.context_settings)
    ):
        assert command.help, path
        for parameter in command.params:
            assert not isinstance(parameter, click.Option) or parameter.help, (
                f"{path} {parameter.name}"
            )


def test_an_unknown_command_offers_the_nearest() -> None:
    done = run("lst")
    assert done.returncode == 2
    assert "no such command: lst; did you mean list?" in done.stderr


def test_a_command_of_a_missing_plugin_names_distribution_and_remedy(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("headwater.cli.group._plugins", dict)
    assert cli.run(["serve"]) == 2
    told = capsys.readouterr().err
    assert OFFERED["serve"][0] in told
    assert "python -m pip install headwater-local-flow-service" in told


def test_the_version_is_the_distributions() -> None:
    assert run("--version").stdout.strip() == "headwater, version 0.1.0"


def test_a_closed_pipe_ends_quietly() -> None:
    done = subprocess.run(
        f"{HEADWATER} list | head -1; exit ${{PIPESTATUS[0]}}", shell=True, executable="/bin/bash",
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


def test_interrupting_a_running_command_exits_with_130(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    command = [HEADWATER, "validate", "oracle-service-cloud", "-c", str(pipe)]
    # The pipe opens once the command is reading, and gives it nothing.
    with (
        subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process,
        pipe.open("w"),
    ):
        told = interrupt(process)
    assert process.returncode == 130
    assert "Traceback" not in told


def test_slugs_complete_without_importing_a_plugin() -> None:
    environment = {
        **os.environ,
        "_HEADWATER_COMPLETE": "bash_complete",
        "COMP_WORDS": "headwater show oracle-s",
    }
    environment["COMP_CWORD"] = "2"
    done = subprocess.run(
        [HEADWATER], env=environment, capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "plain,oracle-service-cloud"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.InvalidInput("x"), 2),
        (errors.UnknownConnector("x"), 2),
        (errors.NotConfigured("x"), 2),
        (errors.Rejected("x", method="GET", path="/", status=400), 3),
        (errors.NotFound("x", method="GET", path="/", status=404), 3),
        (errors.NotAuthenticated("x", method="GET", path="/", status=401), 4),
        (errors.NotPermitted("x", method="GET", path="/", status=403), 4),
        (errors.ConnectionExists("x"), 5),
        (errors.ChangedMeanwhile("x", method="GET", path="/", status=412), 5),
        (errors.Unreachable("x", sent=False), 6),
        (errors.OutcomeUnknown("x"), 6),
        (errors.Unavailable("x", method="GET", path="/", status=503), 6),
        (errors.BrokenPlugin("x"), 1),
        (errors.ConnectorClash("x"), 1),
    ],
)
def test_every_kind_of_error_has_its_exit_code(
    error: errors.HeadwaterError, code: int
) -> None:
    assert failures.exit_code(error) == code
    assert code in failures.MEANINGS


def test_a_bug_is_one_line_and_its_text_is_not_shown(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert failures.report(_raised(RuntimeError("correct-horse-battery")), State()) == 1
    told = capsys.readouterr().err
    assert told.startswith("error: internal error: RuntimeError at test_group.py:")
    assert "correct-horse" not in told
    assert "--debug" in told


def test_a_bug_with_debug_shows_the_source_as_it_is_and_its_text_cleaned(
    capsys: pytest.CaptureFixture[str],
) -> None:
    state = State()
    state.debug = True
    state.secrets = [Secret("correct-horse-battery"), Secret("_raised")]
    failures.report(_raised(RuntimeError("it is correct-horse-battery")), state)
    told = capsys.readouterr().err
    assert "RuntimeError: it is ******" in told
    assert "in _raised" in told


def test_a_bug_in_the_command_of_a_plugin_names_its_distribution(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _register(monkeypatch, _entry("measure", "_broken_command"))
    assert cli.run(["measure"]) == 1
    told = capsys.readouterr().err
    assert "internal error of headwater-oracle-service-cloud 0.1.0: KeyError" in told
    assert "report it to the authors" in told


def test_a_plugin_cannot_replace_a_command_and_help_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _register(monkeypatch, _entry("show", "_broken_command"))
    assert cli.run(["show", "oracle-service-cloud"]) == 0
    cli.run(["--help"])
    assert (
        "The command show of headwater-oracle-service-cloud is left out"
        in capsys.readouterr().out
    )


def test_two_plugins_with_one_command_are_both_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _register(
        monkeypatch,
        _entry("measure", "_broken_command"),
        _entry("measure", "_broken_command"),
    )
    assert cli.run(["measure"]) == 1
    assert "registered by two distributions" in capsys.readouterr().err


def test_debug_shows_the_traceback_cleaned_of_known_secrets(
    capsys: pytest.CaptureFixture[str],
) -> None:
    from headwater import Secret

    state = State()
    state.debug = True
    state.secrets = [Secret("correct-horse-battery")]
    assert (
        failures.report(_raised(RuntimeError("bad: correct-horse-battery")), state) == 1
    )
    told = capsys.readouterr().err
    assert "Traceback" in told
    assert "correct-horse" not in told


def test_errors_are_json_where_json_was_asked_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    state = State()
    state.json = True
    state.notice("careful")
    assert (
        failures.report(
            errors.ConnectionExists("it exists", ids=["1"], remedy="adopt it"), state
        )
        == 5
    )
    assert json.loads(capsys.readouterr().err) == {
        "error": {
            "kind": "connection-exists",
            "message": "it exists",
            "remedy": "adopt it",
            "ids": ["1"],
            "notices": ["careful"],
        }
    }


@click.command()
def _broken_command() -> None:
    raise KeyError("correct-horse-battery")


def _entry(name: str, attribute: str) -> importlib.metadata.EntryPoint:
    """Return an entry point to something of this module, of a distribution that is installed."""
    sys.modules.setdefault("cli_test_group", sys.modules[__name__])
    entry = importlib.metadata.EntryPoint(name, f"cli_test_group:{attribute}", GROUP)
    vars(entry)["dist"] = importlib.metadata.distribution(
        "headwater-oracle-service-cloud"
    )
    return entry


def _register(
    monkeypatch: pytest.MonkeyPatch, *entries: importlib.metadata.EntryPoint
) -> None:
    monkeypatch.setattr(
        "headwater.cli.group._plugins", lambda: {entries[0].name: list(entries)}
    )


def _raised(error: Exception) -> Exception:
    try:
        raise error
    except Exception as caught:
        return caught


def _groups() -> dict[str, click.Group]:
    context = click.Context(root, info_name="headwater", **root.context_settings)
    found = {}
    for path, command in _commands(root, context):
        if isinstance(command, click.Group):
            found[path] = command
    return found


GROUPS = _groups()


@pytest.mark.parametrize("path", GROUPS)
def test_an_unknown_command_is_told_in_one_way_with_the_nearest(path: str) -> None:
    first = GROUPS[path].list_commands(click.Context(GROUPS[path]))[0]
    words = path.split()[1:]
    near = run(*words, f"{first}x")
    assert near.returncode == 2
    assert f"Error: no such command: {first}x; did you mean {first}?" in near.stderr
    far = run(*words, "qqqqqqqq")
    assert far.stderr.endswith("Error: no such command: qqqqqqqq\n")
