"""A service with a landing zone, in a folder or in Azurite, and how a test talks to it."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import time
from typing import TYPE_CHECKING, Any, Final

import attrs
import pytest
import requests
from outside.parts import node_program
from servers import free_port

from headwater_local_flow_service.testing import LocalFlowService

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONNECTORS: Final = "/data/foundation/connectors/landingzone"
EXPLORE: Final = (
    "/data/foundation/flowservice/connectionSpecs"
    "/26f526f2-58f4-4712-961d-e41bf1ccc0e8/explore"
)
# the account that Azurite always has; its key is public
AZURITE_ACCOUNT: Final = "devstoreaccount1"
AZURITE_KEY: Final = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
# read before the tests clear the environment
_GIVEN: Final = os.environ.get("HEADWATER_AZURITE")


@attrs.frozen
class Served:
    """A served platform: requests to it, and the container behind its landing zone."""

    service: LocalFlowService
    url: str

    def send(
        self, method: str, path: str, headers: dict[str, str] | None = None, **rest: Any
    ) -> requests.Response:
        given = self.service.headers | (headers or {})
        return requests.request(
            method, self.url + path, headers=given, timeout=60, **rest
        )

    def credentials(self, type: str = "user_drop_zone", **headers: str) -> Any:
        answer = self.send(
            "GET", f"{CONNECTORS}/credentials?type={type}", headers=headers
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    def refresh(self) -> Any:
        answer = self.send(
            "POST", f"{CONNECTORS}/credentials?type=user_drop_zone&action=refresh"
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    def upload(self, name: str, data: bytes, uri: str = "") -> requests.Response:
        """Upload as the tutorial does: the SAS URI with the name before the question mark."""
        path, _mark, token = (uri or self.credentials()["SASUri"]).partition("?")
        return requests.put(
            f"{path}/{name}?{token}",
            data=data,
            headers={"x-ms-blob-type": "BlockBlob"},
            timeout=60,
        )

    def explore(self, **query: str) -> requests.Response:
        return self.send("GET", EXPLORE, params=query)

    def list(self, **query: str) -> Any:
        answer = self.explore(**(query or {"objectType": "root"}))
        assert answer.status_code == 200, answer.text
        return answer.json()

    def file(self, name: str, **query: str) -> requests.Response:
        container = self.credentials()["containerName"]
        return self.explore(
            objectType="file", object=f"{container}/{name}", preview="true", **query
        )


@contextlib.contextmanager
def serving(folder: Path, **settings: Any) -> Iterator[Served]:
    """Serve a platform with its store in a folder."""
    with LocalFlowService(folder, strict=False, **settings) as service:
        yield Served(service, service.serve())


def error_code(answer: requests.Response) -> str:
    """Return the code that a refusal of the Blob endpoint carries in its header."""
    return str(answer.headers["x-ms-error-code"])


def find_azurite() -> str:
    """Return the path of Azurite's program. Skips where it is not installed, and cannot be."""
    found = _GIVEN or shutil.which("azurite-blob")
    return found or str(node_program("azurite@3", "azurite-blob"))


@contextlib.contextmanager
def azurite(folder: Path) -> Iterator[str]:
    """Run Azurite in a folder, and give the URL of its account."""
    port = free_port()
    command = [find_azurite(), "--blobPort", str(port), "--location", str(folder)]
    with subprocess.Popen(
        [*command, "--silent", "--skipApiVersionCheck"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            _wait_for(port, process)
            yield f"http://127.0.0.1:{port}/{AZURITE_ACCOUNT}"
        finally:
            process.terminate()


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        time.sleep(0.05)
    pytest.fail("Azurite does not listen")


def azure_settings(endpoint: str, **changes: str) -> dict[str, Any]:
    """Return the settings of a landing zone in Azurite."""
    options = {
        "account_name": AZURITE_ACCOUNT,
        "account_key": AZURITE_KEY,
        "endpoint": endpoint,
    }
    return {
        "landing_zone": "az://dlz-user-container",
        "landing_zone_options": options | changes,
    }
