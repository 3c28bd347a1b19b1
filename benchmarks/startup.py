"""How long the command line takes to start, as a multiple of importing click and pluggy and reading entry points."""

from __future__ import annotations

import importlib.metadata
import os
import subprocess
import sys
from pathlib import Path

from benchmarks.pairs import compare, report
from headwater import available

RUNS = 21
FLOOR = "import click, pluggy, importlib.metadata as m; m.entry_points(group='headwater.connectors')"


# Byte code is kept, as it is wherever Headwater is installed, and no specifications of a tenant's are listed.
ENVIRONMENT = {
    name: value
    for name, value in os.environ.items()
    if name != "PYTHONDONTWRITEBYTECODE"
}
ENVIRONMENT["HEADWATER_SPECS"] = str(Path(__file__).parent / "no-specs")


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, env=ENVIRONMENT)


def main() -> None:
    """Print the ratios of ``headwater --help`` and ``headwater list``."""
    headwater = str(Path(sys.executable).parent / "headwater")

    def floor() -> None:
        _run(sys.executable, "-c", FLOOR)

    report(
        "headwater --help",
        compare(lambda: _run(headwater, "--help"), floor, runs=RUNS),
        1.2,
    )
    catalogue = importlib.metadata.entry_points(group="headwater.catalog")
    claim = f"headwater list, {len(available())} connectors"
    report(
        claim,
        compare(lambda: _run(headwater, "list"), floor, runs=RUNS),
        1.8 if catalogue else 1.5,
    )


if __name__ == "__main__":
    main()
