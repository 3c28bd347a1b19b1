"""Whatever tenants, sources, plugins and profile files call things: no command lets it command a terminal.

The commands are found by walking the command line, so that a new one is held to this without being named here.
"""

from __future__ import annotations

import io
import json
import math
import sys
import unicodedata
from typing import TYPE_CHECKING

import click
import pytest
from cli import hostile
from cli.hostile import FORGED, MARK, NAME

from headwater import cli
from headwater.cli import characters, streams
from headwater.cli.group import root
from headwater.sources import Column, Columns, Preview

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cli.hostile import Platform

# Two that would go on for good get something they refuse.
SERVING = {"serve": ("--switch", NAME)}
# What an argument must be for the command to get as far as printing something of the hostile world.
KNOWN = {
    "slug": hostile.PLUGIN_SLUG,
    "connection_id": hostile.ID,
    "table": NAME,
    "table_name": NAME,
    "spec_id": hostile.ID,
}
STRANGE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def _leaves(
    command: click.Command, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    if not isinstance(command, click.Group):
        yield path, command
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        child = command.get_command(context, name)
        assert child is not None
        yield from _leaves(child, (*path, name))


COMMANDS = dict(_leaves(root))


@pytest.fixture
def platform(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Platform]:
    monkeypatch.chdir(tmp_path)
    with hostile.world(tmp_path, monkeypatch) as platform:
        yield platform


def _arguments(
    path: tuple[str, ...], command: click.Command, **known: str
) -> list[str]:
    """Fill in whatever a command demands, and each optional argument."""
    options = list(SERVING.get(path[0], ()))
    arguments = []
    for parameter in command.params:
        value = {**KNOWN, **known}.get(parameter.name or "", NAME)
        if isinstance(parameter, click.Argument):
            arguments.append(value)
        elif parameter.required:
            options.append(f"{parameter.opts[0]}={value}")
    return [*path, *options, "--", *arguments]


def _with(arguments: list[str], *options: str) -> list[str]:
    place = arguments.index("--")
    return [*arguments[:place], *options, *arguments[place:]]


def _takes(command: click.Command, option: str) -> bool:
    return any(option in parameter.opts for parameter in command.params)


def _run(
    capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> tuple[int, str, str]:
    try:
        code = cli.run(arguments)
    except SystemExit as error:
        code = int(error.code or 0)
    shown = capsys.readouterr()
    return code, shown.out, shown.err


def _find_harm(text: str) -> list[str]:
    """Return what a terminal would obey instead of showing, and lines that a name has begun."""
    harm = [
        f"{ord(char):#x}"
        for char in sorted(set(text) - {"\n"})
        if unicodedata.category(char) in STRANGE or char in "\u3164\u115f\U000e0101"
    ]
    return harm + [line for line in text.splitlines() if line.startswith(FORGED)]


def _variants(path: tuple[str, ...], tmp_path: Path) -> Iterator[list[str]]:
    """Return each way of calling a command: plain, as JSON, with credentials, of plugin and tenant."""
    command = COMMANDS[path]
    given = tmp_path / "given.json"
    given.write_text(
        json.dumps({"host": "h.example", "key": "correct-horse", NAME: NAME})
    )
    wrong = tmp_path / "wrong.json"
    wrong.write_text(json.dumps({f"{NAME}2": NAME}))
    for slug in (hostile.PLUGIN_SLUG, hostile.TENANT_SLUG, NAME):
        plain = _arguments(path, command, slug=slug)
        ways = [plain]
        if _takes(command, "--credentials"):
            ways = [_with(plain, "-c", str(file)) for file in (given, wrong)]
        if _takes(command, "--example"):
            ways.append(_with(plain, "--example"))
        if _takes(command, "--yes"):
            ways.append(_with(plain, "--yes"))
        if _takes(command, "--all"):
            ways.append([*path, "--all"])
        for way in ways:
            yield way
            if _takes(command, "--json") and "--" in way:
                yield _with(way, "--json")


def _begin_a_create(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Leave something in the journal."""
    given = tmp_path / "given.json"
    given.write_text(json.dumps({"host": "h.example", "key": "correct-horse"}))
    options = (f"--name={NAME} anew", "-c", str(given), "--settle=0")
    _run(capsys, ["create", hostile.PLUGIN_SLUG, *options])


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_no_command_lets_foreign_text_command_a_terminal(
    path: tuple[str, ...],
    platform: Platform,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert _run(capsys, ["specs", "pull"])[0] == 0
    _begin_a_create(tmp_path, capsys)
    told = []
    for refusal in (0, 400, 403, 500):
        platform.refusal = refusal
        monkeypatch.setattr(hostile.Reader, "failing", bool(refusal))
        for arguments in _variants(path, tmp_path):
            code, out, err = _run(capsys, arguments)
            told.append(out + err)
            assert _find_harm(out + err) == [], arguments
            if "--json" in arguments and not code:
                json.loads(out)
    assert any(told)


# Where the hostile world must have been seen, or the test above would look at nothing.
SHOWING = (
    "list",
    f"show {hostile.PLUGIN_SLUG}",
    f"show {hostile.TENANT_SLUG}",
    f"show {hostile.TENANT_SLUG} --example",
    f"validate {hostile.TENANT_SLUG}",
    f"check {hostile.PLUGIN_SLUG} -c given.json",
    f"tables {hostile.PLUGIN_SLUG} -c given.json",
    f"columns {hostile.PLUGIN_SLUG} t -c given.json",
    f"preview {hostile.PLUGIN_SLUG} t -c given.json",
    f"payload {hostile.PLUGIN_SLUG} --name n -c given.json",
    f"create {hostile.PLUGIN_SLUG} --name n -c given.json --settle 0",
    "connections list",
    f"connections get {hostile.ID}",
    f"connections explore {hostile.ID}",
    "profiles list",
    "profiles show",
    "specs pull",
    "specs list",
    f"specs show {hostile.ID}",
    "journal list",
    "doctor",
    "check --all",
)


@pytest.mark.parametrize("line", SHOWING)
@pytest.mark.parametrize("as_json", [False, True])
def test_the_hostile_names_are_shown_escaped(
    line: str,
    as_json: bool,
    platform: Platform,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert _run(capsys, ["specs", "pull"])[0] == 0
    _begin_a_create(tmp_path, capsys)
    (tmp_path / "given.json").write_text(
        json.dumps({"host": "h.example", "key": "correct-horse"})
    )
    _code, out, err = _run(capsys, [*line.split(), *["--json"] * as_json])
    assert MARK in out + err
    assert "\\u001b" in out + err or "\\x1b" in out + err
    assert _find_harm(out + err) == []


def test_what_the_journal_remembers_is_shown_escaped(
    platform: Platform, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _begin_a_create(tmp_path, capsys)
    _code, listed, _err = _run(capsys, ["journal", "list", "--json"])
    for entry in json.loads(listed):
        for more in ((), ("--json",)):
            _code, out, err = _run(capsys, ["journal", "show", entry["key"], *more])
            assert MARK in out
            assert _find_harm(out + err) == []


def test_json_keeps_every_value(
    platform: Platform, capsys: pytest.CaptureFixture[str]
) -> None:
    _code, out, _err = _run(capsys, ["connections", "list", "--json"])
    assert json.loads(out) == [hostile.connection()]
    _run(capsys, ["specs", "pull"])
    _code, out, _err = _run(capsys, ["specs", "show", hostile.ID])
    assert json.loads(out) == hostile.specification()


def test_an_example_of_hostile_fields_is_the_toml_it_should_be(
    platform: Platform, capsys: pytest.CaptureFixture[str]
) -> None:
    import tomllib

    _code, out, _err = _run(capsys, ["show", hostile.PLUGIN_SLUG, "--example"])
    assert tomllib.loads(out) == {"host": NAME, "key": "env:ACME_PLUGIN_KEY"}


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def _answer(monkeypatch: pytest.MonkeyPatch, *answers: str) -> None:
    monkeypatch.setattr(sys, "stdin", _Terminal("\n".join(answers) + "\n"))
    monkeypatch.setattr("click.termui.hidden_prompt_func", lambda prompt: f"{prompt}x")


def test_questions_escape_the_names_they_ask_for(
    platform: Platform,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _answer(monkeypatch, "h.example")
    _code, out, err = _run(capsys, ["validate", hostile.PLUGIN_SLUG])
    assert f"host ({MARK}\\x1b[31m" in err
    assert _find_harm(out + err) == []
    _answer(monkeypatch, "n")
    code, out, err = _run(capsys, ["connections", "delete", hostile.ID])
    assert (code, f"Delete the connection {MARK}\\x1b[31m" in err) == (2, True)
    assert _find_harm(out + err) == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_escapes_slugs(
    shell: str,
    platform: Platform,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in {
        "_HEADWATER_COMPLETE": f"{shell}_complete",
        "COMP_WORDS": "headwater show ",
        "COMP_CWORD": "" if shell == "fish" else "2",
    }.items():
        monkeypatch.setenv(name, value)
    _code, out, err = _run(capsys, [])
    assert MARK in out
    assert _find_harm(out + err) == []


def test_what_a_command_prints_past_us_is_escaped_all_the_same(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    @click.command()
    def wrong() -> None:
        click.echo(f"echo {NAME}")
        click.secho("styled", fg="red")
        print(f"print {NAME}")
        sys.stderr.writelines([f"write {NAME}"])
        print(json.dumps({"name": NAME}, ensure_ascii=False), end="\0")
        raise click.UsageError(NAME)

    monkeypatch.setattr(root, "get_command", lambda *_args: wrong)
    monkeypatch.setattr(root, "list_commands", lambda *_args: ["wrong"])
    code, out, err = _run(capsys, ["wrong"])
    assert code == 2
    assert "\x1b" not in out + err
    assert {line[:1] for line in _find_harm(out + err)} <= {"0", "e"}
    assert [each for each in _find_harm(out + err) if each[0] == "0"] == ["0x9"]
    [document] = [line for line in out.splitlines() if line.startswith("{")]
    assert json.loads(document.removesuffix("\\u0000")) == {"name": NAME}


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_no_encoding_opens_a_way_past_it(
    encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = io.BytesIO()
    stream = io.TextIOWrapper(written, encoding=encoding, errors="backslashreplace")
    monkeypatch.setattr(sys, "stdout", stream)
    with streams.guarded():
        click.echo(f"日本 {NAME}")
    stream.flush()
    shown = written.getvalue().decode(encoding)
    assert MARK in shown
    assert [each for each in _find_harm(shown) if each[0] == "0"] == ["0x9"]


@pytest.mark.parametrize("start", range(0, sys.maxunicode, 0x8000))
def test_escaping_preserves_json_and_leaves_what_shows(start: int) -> None:
    last = min(start + 0x8000, sys.maxunicode + 1)
    # apart from one another: two halves of a pair side by side are one character to a reader of JSON
    text = "-".join(map(chr, range(start, last)))
    for document in (json.dumps(text), json.dumps(text, ensure_ascii=False)):
        assert json.loads(characters.escape_json(document)) == json.loads(document)
        assert json.loads(characters.escape_stream(document)) == json.loads(document)
    for escape in (characters.escape_line, characters.escape_lines):
        shown = set(escape(text)) - {"\n"}
        assert not {char for char in shown if unicodedata.category(char) in STRANGE}
    letters = "".join(
        char
        for char in text
        if unicodedata.category(char)[0] in "NPSZ" and char not in "\u2028\u2029"
    )
    assert characters.escape_line(letters) == letters


def test_rows_that_are_no_json_are_a_failure_of_the_plugin_by_name(
    platform: Platform,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wrong = Preview(Columns([Column(name=NAME, type="number")]), [{NAME: math.nan}])
    monkeypatch.setattr(hostile.Reader, "preview", lambda *_given: wrong)
    given = tmp_path / "given.json"
    given.write_text(json.dumps({"host": "h.example", "key": "correct-horse"}))
    command = ["preview", hostile.PLUGIN_SLUG, "t", "-c", str(given), "--json"]
    code, out, err = _run(capsys, command)
    error = json.loads(err)["error"]
    assert (code, out, error["kind"]) == (1, "", "broken-plugin")
    assert f"column {NAME} of row 1 holds NaN" in error["message"]


def test_line_ends_of_http_stay() -> None:
    assert characters.escape_stream("a\r\nb\rc\td\n") == "a\r\nb\\u000dc\td\n"
