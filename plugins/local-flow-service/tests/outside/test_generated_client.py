"""A client generated from Adobe's OpenAPI file calls every operation, over a port."""

from __future__ import annotations

import json
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
from conformance import contract
from conformance.deviations import DEVIATIONS
from conformance.valid import REQUESTS
from conformance.world import SERVICE, World
from fake_oracle import FakeOracle, Serving
from outside.parts import python_with

if TYPE_CHECKING:
    from collections.abc import Iterator

GENERATOR = ("openapi-python-client>=0.26,<1",)
DRIVER = Path(__file__).with_name("generated_driver.py")
# The file declares an array for what is answered as an object.
UNREADABLE = {"exploreConfigByConnectionId", "configByConnectionSpecId"}
CALLER = {
    "Authorization": "Bearer t",
    "x-api-key": "key",
    "x-gw-ims-org-id": "ACME@AdobeOrg",
    "x-sandbox-name": "prod",
}


class Driver:
    """The process that calls the generated client."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def call(self, operation: str, world: World) -> dict[str, Any]:
        """Call one operation with a valid request, and return what the client made of the answer."""
        request = REQUESTS[operation](world)
        asked = {
            "operation": operation,
            "id": request.id,
            "query": request.query,
            "body": request.body,
            "headers": request.headers,
        }
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        told: dict[str, Any] = json.loads(self._process.stdout.readline())
        return told


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return the generator's interpreter, and the folder with the client that it made."""
    contract.operations()  # skips where the file is not there
    python = python_with(*GENERATOR)
    folder = tmp_path_factory.mktemp("generated")
    command: list[str | Path] = [
        python.with_name("openapi-python-client"), "generate", "--path", contract.FILE, "--meta", "none",
        "--output-path", folder / "client",
    ]  # fmt: skip
    subprocess.run(command, capture_output=True, timeout=120, check=True, cwd=folder)
    return python, folder


@contextmanager
def _driving(generated: tuple[Path, Path], url: str) -> Iterator[Driver]:
    python, folder = generated
    with subprocess.Popen(
        [python, DRIVER, f"{url}{SERVICE}", json.dumps(CALLER)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": str(folder)},
    ) as process:
        yield Driver(process)


def test_a_generated_client_walks_all_operations(
    generated: tuple[Path, Path], served: Any, tmp_path: Path
) -> None:
    operations = contract.operations()
    failed: dict[str, Any] = {}
    with (
        Serving(FakeOracle()) as source,
        served(tmp_path) as (_process, url),
        requests.Session() as session,
        _driving(generated, url) as driver,
    ):
        session.headers.update(CALLER)
        for id, operation in operations.items():
            # Each finds what it changes as it was made.
            told = driver.call(id, World(session, url, source.url))
            if told["error"] or told["status"] != operation.status:
                failed[id] = told
    assert len(operations) == 45
    assert failed.keys() == UNREADABLE
    # What such a client cannot read is in the table of deviations.
    assert {deviation.operation for deviation in DEVIATIONS} >= UNREADABLE
