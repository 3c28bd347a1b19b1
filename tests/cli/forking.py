"""Commands in processes of their own that need not import everything anew: each is forked from one that has.

A command that opens the embedded service imports for a second before it works for a few hundredths of one.
"""

from __future__ import annotations

import multiprocessing
import os
import pkgutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import headwater
import headwater_local_flow_service

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


def run(
    arguments: Sequence[str], stdin: str, *, timeout: float
) -> subprocess.CompletedProcess[str]:
    """Run one command with the environment and in the folder of this process."""
    command = ["headwater", *arguments]
    with tempfile.TemporaryDirectory() as folder:
        streams = Path(folder)
        (streams / "stdin").write_text(stdin, encoding="utf-8")
        code = _exit_code(command, streams, timeout)
        told = (streams / "stdout").read_text(encoding="utf-8")
        complained = (streams / "stderr").read_text(encoding="utf-8")
    return subprocess.CompletedProcess(command, code, told, complained)


def _exit_code(command: Sequence[str], streams: Path, timeout: float) -> int:
    process = _server.Process(
        target=_be_the_command, args=(command, dict(os.environ), streams)
    )
    process.start()
    process.join(timeout)
    code = process.exitcode
    process.kill()
    process.join()
    process.close()
    if code is None:
        raise subprocess.TimeoutExpired(command, timeout)
    return code


def _be_the_command(
    command: Sequence[str], environment: Mapping[str, str], streams: Path
) -> None:
    from headwater import cli

    os.environ.clear()
    os.environ.update(environment)
    os.dup2(os.open(streams / "stdin", os.O_RDONLY), 0)
    os.dup2(os.open(streams / "stdout", os.O_WRONLY | os.O_CREAT), 1)
    os.dup2(os.open(streams / "stderr", os.O_WRONLY | os.O_CREAT), 2)
    # multiprocessing put the null device there
    sys.stdin = os.fdopen(0, encoding="utf-8")
    sys.argv = list(command)
    cli.main()


def _modules() -> Iterator[str]:
    """Name what commands import, so that the process they are forked from does."""
    yield "jsonschema"
    for package in (headwater, headwater_local_flow_service):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if "testing" not in module.name:
                yield module.name


_server = multiprocessing.get_context("forkserver")
_server.set_forkserver_preload(list(_modules()))
