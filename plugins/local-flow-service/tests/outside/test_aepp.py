"""The public SDK aepp, unmodified but for the host: sandboxes, schemas, batches, data access, landing zone, inlets."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from outside.parts import python_with

AEPP = ("aepp>=0.5,<1",)
WALK = Path(__file__).with_name("aepp_walk.py")


@pytest.fixture(scope="module")
def told(served: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return what each step of the walk answered."""
    python = python_with(*AEPP)
    with served(tmp_path_factory.mktemp("aepp")) as (_process, url):
        done = subprocess.run(
            [python, WALK, url],
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    steps: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return steps


@pytest.mark.parametrize(
    ("step", "answer"),
    [
        ("sandboxes", ["prod", "prod"]),
        ("schema", ["Visitors", ["key", "visits"]]),
        ("data_set", "visitors"),
        ("batch", ["loading", "success"]),
        ("large_file", "success"),
        ("batches", [3, True]),
        ("data_access", ["PAR1", True, True]),
        (
            "landing_zone",
            ["dlz-user-container", "dlz-user-container", True, True, True],
        ),
        (
            "flow_specs",
            [
                "9753525b-82c7-4dce-8a9b-5ccfce2b9876",
                "d8a6f005-7eaf-4153-983e-e8574508b877",
            ],
        ),
        ("streaming", [True, True, 1, True, True]),
    ],
)
def test_a_module_of_the_sdk_works(
    told: dict[str, Any], step: str, answer: Any
) -> None:
    assert told[step] == answer


def test_a_batch_that_breaks_the_schema_tells_the_sdk_why(
    told: dict[str, Any],
) -> None:
    status, _code, has_failed_files, has_row_errors = told["failed_batch"]
    assert (status, has_failed_files, has_row_errors) == ("failed", True, True)


def test_the_sdk_previews_the_rows_that_arrived(told: dict[str, Any]) -> None:
    assert len(told["preview"]) == 6  # five keys, and the one of the large file, twice
