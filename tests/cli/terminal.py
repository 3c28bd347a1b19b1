"""Run the command line as a person or a program does."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from cli import forking

HEADWATER = str(Path(sys.executable).parent / "headwater")
ORACLE = {
    "host": "acme.custhelp.com",
    "username": "integration",
    "password": "correct-horse-battery",
}


def run(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Run one command in a process of its own; `forking` says what it has imported already."""
    return forking.run(arguments, stdin, timeout=60)


def result(*arguments: str, stdin: str = "") -> Any:
    """Run one command that must succeed, and return its JSON."""
    done = run(*arguments, "--json", stdin=stdin)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def failure(*arguments: str, stdin: str = "") -> tuple[int, Any]:
    """Run one command that must fail, and return its exit code and what its JSON says of the error."""
    done = run(*arguments, "--json", stdin=stdin)
    assert done.returncode != 0, done.stdout
    return done.returncode, json.loads(done.stderr)["error"]


def interrupt(process: subprocess.Popen[str]) -> str:
    """Interrupt a command until it ends, and return what it told on standard error.

    Python loses a signal that arrives between its last check and its next system call; people press the key again.
    """
    for _attempt in range(6):
        if process.poll() is not None:
            break
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=5)
    else:
        process.kill()
        raise AssertionError("the command ignores Ctrl-C")
    assert process.stderr is not None
    return process.stderr.read()


def created(name: str = "Desk", **changes: Any) -> Any:
    """Create an Oracle Service Cloud connection and return the command's JSON."""
    given = json.dumps({**ORACLE, **changes})
    return result(
        "create", "oracle-service-cloud", "--name", name, "-c", "-", stdin=given
    )
