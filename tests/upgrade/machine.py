"""What a user has after an upgrade: files and wheels that an earlier version wrote, and this checkout's commands."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
import sys
import zipfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import requests

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from requests import Response

HERE = Path(__file__).parent
VERSIONS = sorted(path.parent for path in HERE.glob("*/answers.json"))
HEADWATER = str(Path(sys.executable).parent / "headwater")

FLOW_SERVICE = "/data/foundation/flowservice"
CLIENTS = {
    "desk": {
        "id": "desk",
        "secret": "not-a-real-desk-secret",
        "organization": "ACME@AdobeOrg",
    },
    "globex": {
        "id": "globex",
        "secret": "not-a-real-globex-secret",
        "organization": "GLOBEX@AdobeOrg",
    },
}


@attrs.frozen
class Machine:
    """A folder of files that an earlier version wrote, its wheels installed, and the commands of this checkout."""

    folder: Path

    @classmethod
    def upgraded(cls, written: Path, folder: Path) -> Machine:
        """Copy what a version wrote into a folder, which may change it, and install its wheels there."""
        shutil.copytree(written, folder)
        for packed in [*folder.rglob("*.gz")]:
            packed.with_suffix("").write_bytes(gzip.decompress(packed.read_bytes()))
            packed.unlink()
        for path in folder.rglob("*"):
            # as they were: version control does not keep modes
            path.chmod(0o700 if path.is_dir() else 0o600)
        return cls(folder).with_wheels(folder / "wheels")

    def with_wheels(self, wheels: Path) -> Machine:
        """Install wheels as `pip install --target` does: those of connectors are unpacked and nothing else."""
        for wheel in sorted(wheels.glob("*.whl")):
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(self.folder / "site")
        return self

    @property
    def environment(self) -> dict[str, str]:
        """What commands see: the settings, the store and the wheels of this folder, and no others."""
        own = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("HEADWATER_")
        }
        return own | {
            "HEADWATER_CONFIG": str(self.folder / "config.toml"),
            "HEADWATER_SPECS": str(self.folder / "specs"),
            "HEADWATER_LOCAL_STORE": str(self.folder / "local.db"),
            "PYTHONPATH": str(self.folder / "site"),
            "GLOBEX_SECRET": CLIENTS["globex"]["secret"],
        }

    def run(
        self, *command: str, stdin: str = "", cwd: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in a process of its own."""
        return subprocess.run(
            command, input=stdin, cwd=cwd or self.folder, env=self.environment,
            capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip

    def headwater(self, *arguments: str, stdin: str = "") -> str:
        """Run a command of Headwater that must succeed, and return what it prints."""
        done = self.run(HEADWATER, *arguments, stdin=stdin)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def told(self, *arguments: str, stdin: str = "") -> Any:
        """Run a command of Headwater that must succeed, and return its JSON."""
        return json.loads(self.headwater(*arguments, "--json", stdin=stdin))

    def refusal(self, *arguments: str) -> tuple[int, str]:
        """Run a command of Headwater that must fail, and return its exit code and what it says."""
        done = self.run(HEADWATER, *arguments)
        assert done.returncode != 0, done.stdout
        return done.returncode, done.stderr

    @contextmanager
    def serving(self, *options: str, port: int = 0) -> Iterator[str]:
        """Serve the store of this folder by its settings file; yield the root URL."""
        command = [
            HEADWATER,
            "serve",
            "--settings",
            "serve.toml",
            "--port",
            str(port),
            *options,
        ]
        log = self.folder / "serve.log"
        with (
            log.open("w") as errors,
            subprocess.Popen(
                command,
                cwd=self.folder,
                env=self.environment,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            ) as process,
        ):
            try:
                assert process.stdout is not None
                line = process.stdout.readline()
                assert line.startswith("listening on http"), line + log.read_text()
                yield line.split()[2]
            finally:
                process.terminate()


@attrs.frozen
class Caller:
    """Somebody who sends requests to a service, for one organization and sandbox."""

    root: str
    headers: dict[str, str]

    @classmethod
    def of(cls, root: str, client: Mapping[str, str], sandbox: str) -> Caller:
        """Ask for an access token as a configured client."""
        form = {
            "grant_type": "client_credentials",
            "client_id": client["id"],
            "client_secret": client["secret"],
        }
        answer = requests.post(
            f"{root}/ims/token/v3", data=form | {"scope": "openid"}, timeout=30
        )
        assert answer.status_code == 200, answer.text
        headers = {
            "Authorization": f"Bearer {answer.json()['access_token']}",
            "x-api-key": client["id"],
            "x-gw-ims-org-id": client["organization"],
            "x-sandbox-name": sandbox,
        }
        return cls(root, headers)

    def answer(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        **rest: Any,
    ) -> Response:
        """Send a request and return whatever answer there is."""
        given = self.headers | dict(headers or {})
        return requests.request(
            method, self.root + path, headers=given, timeout=30, **rest
        )

    def send(self, method: str, path: str, **rest: Any) -> Any:
        """Send a request that must succeed, and return the JSON of its answer."""
        answer = self.answer(method, path, **rest)
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def read_as_written(self, path: str, accept: str) -> Any:
        """Return what is at a path in the form that `accept` asked the version for that wrote it.

        Up to 0.1.0 the full forms of the Schema Registry left references as they are, as the plain ones still do.
        """
        return self.get(path, accept.replace("xed-full+json", "xed+json"))

    def get(self, path: str, accept: str = "*/*") -> Any:
        """Read a path."""
        return self.send("GET", path, headers={"Accept": accept})

    def post(self, path: str, body: Any = None) -> Any:
        """Post a body."""
        return self.send("POST", path, json=body)
