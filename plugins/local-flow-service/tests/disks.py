"""Disks of a test's own, which can be filled and taken away. Skips where none can be mounted."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def mounted(folder: Path) -> Iterator[Path]:
    """Mount a disk of 64 MB at a new folder; it may be gone when the block ends."""
    folder.mkdir(mode=0o700)
    mount = ("mount", "-t", "tmpfs", "-o", "size=64m,mode=0700", "tmpfs", str(folder))
    if os.geteuid() != 0 or not shutil.which("mount"):
        pytest.skip("a disk is mounted by root only")
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("no disk can be mounted here, as in most containers")
    try:
        yield folder
    finally:
        if folder.is_mount():
            take_away(folder)


def take_away(folder: Path) -> None:
    """Unmount a disk, though it is in use."""
    subprocess.run(("umount", "--lazy", str(folder)), check=True)


def fill(disk: Path) -> Path:
    """Take all the room there is on a disk, with a file to be removed again."""
    filling = disk / "filling"
    with filling.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"x" * 65_536)
    return filling
