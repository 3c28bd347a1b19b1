"""How much disk the core takes with its dependencies, installed into an empty folder."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

LIMIT = 12.0  # MB


def main() -> None:
    """Install core alone, without byte code, and print the sum of the file sizes."""
    root = Path(__file__).parent.parent
    with tempfile.TemporaryDirectory() as folder:
        # Built from a copy: setuptools leaves a build/ behind, and a stale one reinstalls deleted modules.
        ignored = shutil.ignore_patterns(
            ".venv", ".git", "build", "*.egg-info", "plugins"
        )
        source = shutil.copytree(root, Path(folder) / "source", ignore=ignored)
        target = Path(folder) / "target"
        pip = [
            sys.executable,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-compile",
            "--target",
            str(target),
            str(source),
        ]
        subprocess.run(pip, check=True, stderr=subprocess.DEVNULL)
        total = (
            sum(path.stat().st_size for path in target.rglob("*") if path.is_file())
            / 1_000_000
        )
    print(
        f"core with its dependencies: {total:.1f} MB, limit {LIMIT:g}: {'ok' if total <= LIMIT else 'OVER'}"
    )


if __name__ == "__main__":
    main()
