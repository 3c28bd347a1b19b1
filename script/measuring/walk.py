"""``script/measure_walk``: how long the walk of ``headwater create -c`` is, in calls from one room of core to another.

The command runs for real, in the checkout's own environment, against the embedded Flow Service, for the Oracle
connector and with the secret given as an ``env:`` reference: once as it is, and once with ``--check``, where a small
source of the checkout's own tests answers. `recorder` watches it.

A call: a function in one room calls a function in another, each pair of functions once however often it happens; the
command line's call of the command is one. A room is the first path component below ``headwater``. Functions that are
entered, and the rooms and modules they stand in, are counted beside that, whoever calls them.

Not counted: lambdas, comprehensions, dunder methods, class bodies and imports; and whatever is called by the platform
client (the functions of `flowservice` and `http`), by the search among installed plugins, or by a plugin, because all
of that is the same walk for every command.

Credentials are validated as often as core makes a validator of JSON Schema, and references are looked up as often as
the variable is read. A call back up is one from another room into ``cli``.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from measuring.recorder import VARIABLE
from measuring.report import Metric, Report, finish, make_parser, print_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from measuring.report import Figures

COMMAND = "create -c"
# The small files that every room stands on; docs/architecture.md lists them first.
GROUND = frozenset(
    {
        "arguments",
        "cleaning",
        "documents",
        "errors",
        "field",
        "foreign",
        "lazy",
        "models",
        "secret",
    }
)
METRICS = (
    Metric("calls", "calls between rooms", goal=28),
    Metric("calls_above_ground", "calls between rooms, those to the ground left out"),
    Metric("rooms", "rooms entered"),
    Metric("modules", "modules entered"),
    Metric("functions", "functions entered"),
    Metric("validations", "credentials validated, times", goal=2),
    Metric("lookups", "references looked up, times", goal=1),
    Metric("check_creatable", "check_creatable, times", goal=1),
    Metric("calls_back_up", "calls back up into cli", goal=0),
    Metric("checked_calls", "with --check: calls between rooms"),
    Metric("checked_validations", "with --check: credentials validated, times", goal=2),
    Metric("checked_lookups", "with --check: references looked up, times", goal=1),
)

_RECORDER = Path(__file__).with_name("recorder.py")
_SOURCE = "plugins/oracle-service-cloud/tests/fake_oracle.py"
_PASSWORD = "correct-horse-battery"  # noqa: S105 - what the small source accepts


@dataclass(frozen=True)
class Call:
    """A function of core, by file and name, called by another one; the first caller is nobody.

    `times` counts a generator or context manager anew each time it goes on.
    """

    caller: str
    callee: str
    times: int

    @property
    def is_between_rooms(self) -> bool:
        """Whether it leaves its room."""
        return _room(self.caller) != _room(self.callee)

    @property
    def is_above_ground(self) -> bool:
        """Whether it leaves its room for another one than the ground, and comes from none of that."""
        ends = {_room(self.caller), _room(self.callee)}
        return self.is_between_rooms and not ends & GROUND

    @property
    def is_back_up(self) -> bool:
        """Whether it leads into the command line from outside."""
        return _room(self.callee) == "cli" and _room(self.caller) not in ("cli", "")


@dataclass(frozen=True)
class Walk:
    """What one run of the command did."""

    calls: Sequence[Call]
    validations: int
    lookups: int

    @property
    def between_rooms(self) -> list[Call]:
        """The calls that leave a room."""
        return [call for call in self.calls if call.is_between_rooms]

    @property
    def entered(self) -> set[str]:
        """The functions that were called."""
        return {call.callee for call in self.calls}

    def count(self, function: str) -> int:
        """Return how often a function of this name was called, wherever it stands."""
        return sum(
            call.times for call in self.calls if _function(call.callee) == function
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code, which is 1 only where ``--check`` finds a goal missed."""
    parser = make_parser(
        "script/measure_walk", "Measure the walk of `headwater create -c` through core."
    )
    parser.add_argument(
        "--list", action="store_true", help="print the calls between rooms"
    )
    options = parser.parse_args(arguments)
    plain, checked = walk_create(options.root)
    if options.list:
        print_lines(_list(plain, COMMAND))
        print_lines(_list(checked, f"{COMMAND} --check"))
        return 0
    before = None
    if options.against:
        before = {COMMAND: measure_walks(*walk_create(options.against))}
    return finish(
        Report(
            METRICS, {COMMAND: measure_walks(plain, checked)}, before, judged=COMMAND
        ),
        options,
    )


def walk_create(root: Path) -> tuple[Walk, Walk]:
    """Run the command in a checkout and return its walk without and with ``--check``.

    Raises `SystemExit` where the checkout has no environment, or the command fails.
    """
    python = root / ".venv" / "bin" / "python"
    if not python.exists():
        raise SystemExit(f"{root} has no environment: run script/venv there first")
    with tempfile.TemporaryDirectory() as folder, _serve_source(root, python) as url:
        credentials = {
            "host": url,
            "username": "integration",
            "password": f"env:{VARIABLE}",
        }
        file = Path(folder, "oracle.json")
        file.write_text(json.dumps(credentials), encoding="utf-8")
        create = ["create", "oracle-service-cloud", "-c", str(file), "--name"]
        plain = _record(python, [*create, "one"], folder)
        checked = _record(python, [*create, "two", "--check"], folder)
    return plain, checked


def measure_walks(plain: Walk, checked: Walk) -> Figures:
    """Return every figure of the walk by its key."""
    return {
        "calls": len(plain.between_rooms),
        "calls_above_ground": sum(call.is_above_ground for call in plain.calls),
        "rooms": len(set(map(_room, plain.entered))),
        "modules": len(set(map(_file, plain.entered))),
        "functions": len(plain.entered),
        "validations": plain.validations,
        "lookups": plain.lookups,
        "check_creatable": plain.count("check_creatable"),
        "calls_back_up": sum(call.is_back_up for call in plain.calls),
        "checked_calls": len(checked.between_rooms),
        "checked_validations": checked.validations,
        "checked_lookups": checked.lookups,
    }


@contextmanager
def _serve_source(root: Path, python: Path) -> Iterator[str]:
    """Run the small source of the checkout's tests on a free port; yield its address."""
    command = [str(python), str(root / _SOURCE)]
    environment = {**os.environ, "FAKE_PASSWORD": _PASSWORD}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=environment
    ) as source:
        assert source.stdout is not None
        try:
            yield source.stdout.readline().strip()
        finally:
            source.terminate()


def _record(python: Path, arguments: Sequence[str], folder: str) -> Walk:
    command = [str(python), "-P", str(_RECORDER), *arguments]
    run = subprocess.run(
        command, capture_output=True, text=True, env=_environment(folder), check=False
    )
    if run.returncode:
        raise SystemExit(f"headwater {' '.join(arguments)} failed:\n{run.stderr}")
    document = json.loads(run.stdout)
    calls = [Call(*call) for call in document["calls"]]
    return Walk(
        calls=calls, validations=document["validations"], lookups=document["lookups"]
    )


def _environment(folder: str) -> Mapping[str, str]:
    """Return this environment with settings of headwater that nobody else has."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("HEADWATER_")
    }
    return {
        **environment,
        VARIABLE: _PASSWORD,
        "HEADWATER_CONFIG": f"{folder}/config.toml",
        "HEADWATER_LOCAL_STORE": f"{folder}/local.db",
        "HEADWATER_SPECS": f"{folder}/specs",
    }


def _list(walk: Walk, command: str) -> Iterator[str]:
    yield f"{command}: {len(walk.between_rooms)} calls between rooms"
    for call in walk.between_rooms:
        yield f"    {call.caller or 'command line'} → {call.callee}, {call.times} times"


def _file(function: str) -> str:
    return function.partition(":")[0]


def _function(function: str) -> str:
    """Return the bare name of a function, whatever class it is in."""
    _file, _colon, name = function.partition(":")
    return name.rpartition(".")[2]


def _room(function: str) -> str:
    return _file(function).partition("/")[0].removesuffix(".py")
