"""What a served service takes of the machine."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest


def peak_memory(process: subprocess.Popen[str]) -> float:
    """Return the most memory that any worker of a served service has had, in MB. Skips where there is no /proc."""
    if not Path("/proc/self/status").exists():
        pytest.skip("memory is read from /proc")
    children = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(process.pid)],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    peaks = []
    for pid in children:
        status = Path(f"/proc/{pid}/status").read_text()
        found = re.search(r"VmHWM:\s+(\d+) kB", status)
        peaks.append(int(found[1]) / 1024 if found else 0)
    return max(peaks)
