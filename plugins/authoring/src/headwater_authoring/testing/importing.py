"""What importing a connector does to a fresh interpreter."""

from __future__ import annotations

import functools
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from headwater.foreign import raise_bare
from headwater_authoring.testing import probe
from headwater_authoring.testing.failures import ConformanceFailure, hidden

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from headwater_authoring.testing.subject import Subject

__tracebackhide__ = hidden

ALLOWED = frozenset({"attr", "attrs", "headwater", "pluggy"})
_LONGEST = 60  # seconds
_REMEDY = "do nothing but define things when the module is imported"


@attrs.frozen
class Footprint:
    """What loading left behind: top-level names of `modules`, audit `events`, `changes` of the process, `printed`."""

    failure: str
    modules: tuple[str, ...]
    events: tuple[str, ...]
    changes: tuple[str, ...]
    printed: bool


def footprint(subject: Subject) -> Footprint:
    """Load the connector in a fresh interpreter, along with all others of its module and distribution."""
    entry = subject.entry
    values = {_target(entry)}
    if entry.dist is not None:
        for other in entry.dist.entry_points.select(group=entry.group):
            if other.module == entry.module:
                values.add(_target(other))
    return _footprint(tuple(sorted(values)), tuple(sys.path))


def own_packages(subject: Subject) -> frozenset[str]:
    """Return the top-level names that the connector's own distribution brings."""
    entry = subject.entry
    names = {entry.module.partition(".")[0]}
    if entry.dist is not None:
        names.update((entry.dist.read_text("top_level.txt") or "").split())
    return frozenset(names)


def _target(entry: EntryPoint) -> str:
    return f"{entry.module}:{entry.attr or ''}"  # the value as written may name extras as well


@functools.lru_cache(maxsize=64)
def _footprint(values: tuple[str, ...], path: tuple[str, ...]) -> Footprint:
    try:
        ran = subprocess.run(  # noqa: S603 - this interpreter, and a file of ours
            [sys.executable, "-I", "-B", str(Path(probe.__file__))],
            input=json.dumps({"path": list(path), "values": list(values)}),
            capture_output=True,
            text=True,
            timeout=_LONGEST,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise_bare(
            ConformanceFailure(
                f"importing {values[0]} takes longer than {_LONGEST} s", _REMEDY
            )
        )
    printed, mark, report = ran.stdout.rpartition(probe.REPORT)
    if not mark:
        raise ConformanceFailure(
            f"importing {values[0]} ended the interpreter (exit code {ran.returncode})",
            _REMEDY,
        )
    facts = json.loads(report)
    return Footprint(
        failure=facts["failure"],
        modules=tuple(sorted({name.partition(".")[0] for name in facts["modules"]})),
        events=tuple(facts["events"]),
        changes=tuple(facts["changes"]),
        printed=bool(printed or ran.stderr),
    )
