"""What importing a connector does to a fresh interpreter."""

from __future__ import annotations

import functools
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from headwater_authoring.testing import probe
from headwater_authoring.testing.failures import ConformanceFailure, hidden

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from headwater_authoring.testing.subject import Subject

__tracebackhide__ = hidden

ALLOWED = frozenset({"attr", "attrs", "headwater", "pluggy"})
_LONGEST = 60  # seconds


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
        same = [
            one
            for one in entry.dist.entry_points
            if (one.group, one.module) == (entry.group, entry.module)
        ]
        values |= {_target(one) for one in same}
    return _footprint(tuple(sorted(values)), tuple(sys.path))


def own_packages(subject: Subject) -> frozenset[str]:
    """Return the top-level names that the connector's own distribution brings."""
    listed = (
        subject.entry.dist.read_text("top_level.txt")
        if subject.entry.dist is not None
        else None
    )
    return frozenset({subject.entry.module.partition(".")[0], *(listed or "").split()})


def _target(entry: EntryPoint) -> str:
    return f"{entry.module}:{entry.attr or ''}"  # the value as written may name extras as well


@functools.lru_cache(maxsize=64)
def _footprint(values: tuple[str, ...], path: tuple[str, ...]) -> Footprint:
    failure = ""
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
        failure = f"importing {values[0]} takes longer than {_LONGEST} s"
    if failure:
        raise ConformanceFailure(
            failure, "do nothing but define things when the module is imported"
        )
    printed, mark, report = ran.stdout.rpartition(probe.REPORT)
    if not mark:
        raise ConformanceFailure(
            f"importing {values[0]} ended the interpreter (exit code {ran.returncode})",
            "do nothing but define things when the module is imported",
        )
    facts = json.loads(report)
    return Footprint(
        failure=facts["failure"],
        modules=tuple(sorted({name.partition(".")[0] for name in facts["modules"]})),
        events=tuple(facts["events"]),
        changes=tuple(facts["changes"]),
        printed=bool(printed or ran.stderr),
    )
