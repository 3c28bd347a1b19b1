"""The landing zone behind ``serve``: uploads go to the disk as they come, and nothing is read into memory whole."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
import requests
from talking import HEADERS

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator

CONNECTORS: Final = "/data/foundation/connectors/landingzone"
SIZE: Final = (1 << 30) if os.environ.get("HEADWATER_TEST_FULL") else (96 << 20)


@pytest.fixture(name="server", scope="module")
def _server(
    served: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    with served(tmp_path_factory.mktemp("served")) as found:
        yield found


def _uri(url: str) -> tuple[str, str]:
    answer = requests.get(
        f"{url}{CONNECTORS}/credentials?type=user_drop_zone",
        headers=HEADERS,
        timeout=30,
    )
    path, _mark, token = answer.json()["SASUri"].partition("?")
    return path, token


def _peak(process: subprocess.Popen[str]) -> int:
    """Return the most memory that a worker has had, in bytes."""
    group = os.getpgid(process.pid)
    peaks = []
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            if os.getpgid(int(status.parent.name)) == group:
                found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text())
                peaks.append(int(found[1]) * 1024 if found else 0)
        except (OSError, ProcessLookupError):
            continue
    return max(peaks)


def test_a_large_file_is_uploaded_previewed_and_read_without_being_held(
    server: tuple[subprocess.Popen[str], str], tmp_path: Path
) -> None:
    process, url = server
    path, token = _uri(url)
    large = tmp_path / "large.csv"
    with large.open("wb") as file:
        file.write(b"id,name\n1,one\n" * 100_000)
        file.truncate(SIZE)
    before = _peak(process)

    with large.open("rb") as file:
        answer = requests.put(
            f"{path}/large.csv?{token}",
            data=file,
            headers={"x-ms-blob-type": "BlockBlob"},
            timeout=300,
        )
    assert answer.status_code == 201, answer.text
    zone = "/data/foundation/flowservice/connectionSpecs/26f526f2-58f4-4712-961d-e41bf1ccc0e8"
    shown = requests.get(
        f"{url}{zone}/explore",
        params={
            "objectType": "file",
            "object": "dlz-user-container/large.csv",
            "fileType": "delimited",
            "preview": "true",
        },
        headers=HEADERS,
        timeout=60,
    )
    assert len(shown.json()["data"]) == 100
    size = 0
    with requests.get(f"{path}/large.csv?{token}", stream=True, timeout=60) as read:
        for piece in read.iter_content(1 << 20):
            size += len(piece)
    assert size == SIZE
    assert _peak(process) - before < 48 << 20


def test_a_file_that_may_not_come_is_refused_before_it_is_sent(
    server: tuple[subprocess.Popen[str], str],
) -> None:
    _process, url = server
    path, token = _uri(url)
    headers = {"x-ms-blob-type": "BlockBlob"}

    for place, code in (
        (f"{path}/a?{token[:-4]}AAAA", "AuthenticationFailed"),
        (f"{path}/CON?{token}", "InvalidResourceName"),
    ):
        answer = requests.put(place, data=b"x" * 1000, headers=headers, timeout=30)
        assert answer.headers["x-ms-error-code"] == code


def test_azures_sdk_uploads_in_blocks_and_whole(
    server: tuple[subprocess.Popen[str], str],
) -> None:
    blob = pytest.importorskip(
        "azure.storage.blob", reason="azure-storage-blob is not installed"
    )
    _process, url = server
    data = os.urandom(3 << 20)
    path, token = _uri(url)
    client = blob.ContainerClient.from_container_url(
        f"{path}?{token}", max_single_put_size=1 << 20, max_block_size=1 << 20
    )
    with client:
        client.upload_blob("blocks.bin", data, overwrite=True)
        client.upload_blob("whole.bin", b"whole", overwrite=True)

        assert client.download_blob("blocks.bin").readall() == data
        assert client.download_blob("whole.bin").readall() == b"whole"
        with pytest.raises(Exception, match="BlobAlreadyExists"):
            client.upload_blob("whole.bin", b"again")
