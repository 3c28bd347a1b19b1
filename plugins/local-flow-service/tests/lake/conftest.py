"""A data set, and somebody who puts batches into it."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import attrs
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import requests

FIELDS = {"id": {"type": "string"}, "n": {"type": "integer"}}
BINARY = {"Content-Type": "application/octet-stream"}


@attrs.frozen
class Desk:
    """One caller with one data set; `talker` sends what has no method here."""

    talker: Any
    data_set: str
    root: str = "http+local://embedded"

    @property
    def imports(self) -> str:
        return f"{self.root}/data/foundation/import"

    @property
    def exports(self) -> str:
        return f"{self.root}/data/foundation/export"

    @property
    def catalog(self) -> str:
        return f"{self.root}/data/foundation/catalog"

    def create(self, **changes: Any) -> dict[str, Any]:
        """Create a batch of JSON lines and return it."""
        body = {"datasetId": self.data_set, "inputFormat": {"format": "json"}}
        answer = self.talker.post(f"{self.imports}/batches", json=body | changes)
        assert answer.status_code == 201, answer.text
        batch: dict[str, Any] = answer.json()
        return batch

    def url_of(self, batch: str, path: str) -> str:
        return f"{self.imports}/batches/{batch}/datasets/{self.data_set}/files/{path}"

    def put(
        self, batch: str, path: str, content: Any, **headers: str
    ) -> requests.Response:
        """Put a file into a batch."""
        answer: requests.Response = self.talker.send(
            "PUT", self.url_of(batch, path), data=content, headers=BINARY | headers
        )
        return answer

    def act(self, batch: str, action: str) -> requests.Response:
        """Carry out an action."""
        answer: requests.Response = self.talker.post(
            f"{self.imports}/batches/{batch}", params={"action": action}
        )
        return answer

    def read(self, batch: str) -> dict[str, Any]:
        """Read a batch from Catalog."""
        answer = self.talker.get(f"{self.catalog}/batches/{batch}")
        assert answer.status_code == 200, answer.text
        item: dict[str, Any] = answer.json()[batch]
        return item

    def wait(self, batch: str, seconds: float = 30) -> dict[str, Any]:
        """Wait until a batch has come to an end, and return it."""
        until = time.monotonic() + seconds
        while (found := self.read(batch))["status"] in (
            "loaded",
            "staging",
            "retrying",
        ):
            assert time.monotonic() < until, found
            time.sleep(0.01)
        return found

    def fill(self, rows: list[dict[str, Any]], **changes: Any) -> dict[str, Any]:
        """Put rows into the data set as a batch of their own, and return it when it has come to an end."""
        batch = self.create(**changes)["id"]
        assert self.put(batch, "rows.json", lines(rows)).status_code == 201
        assert self.act(batch, "COMPLETE").status_code == 200
        return self.wait(batch)

    def rows(self) -> list[dict[str, Any]]:
        """Return the first rows of the data set."""
        answer = self.talker.get(f"{self.exports}/datasets/{self.data_set}/preview")
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["data"]
        return found


def lines(rows: list[dict[str, Any]]) -> bytes:
    """Return rows as lines of JSON."""
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def desk_of(
    talker: Any, root: str = "http+local://embedded", **properties: Any
) -> Desk:
    """Make a schema and a data set of it."""
    platform = f"{root}/data/foundation"
    schema = {
        "title": "accounts",
        "type": "object",
        "properties": properties or FIELDS,
        "allOf": [{"$ref": "https://ns.adobe.com/xdm/data/adhoc"}],
    }
    made = talker.post(f"{platform}/schemaregistry/tenant/schemas", json=schema)
    assert made.status_code == 201, made.text
    body = {"name": "accounts", "schemaRef": {"id": made.json()["$id"]}}
    [reference] = talker.post(f"{platform}/catalog/dataSets", json=body).json()
    return Desk(talker, reference.rpartition("/")[2], root)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Return where the files of data sets lie."""
    return tmp_path / "lake"


@pytest.fixture
def desk(service: Callable[..., Any], place: Path) -> Desk:
    """Return somebody with an empty data set; files lie in a folder of the test's own."""
    pytest.importorskip("pyarrow", reason="what reads and writes Parquet is missing")
    return desk_of(service([], lake=str(place)))


@pytest.fixture
def stored(place: Path) -> Callable[[], list[str]]:
    """Return a function that lists every file of the lake."""

    def listed() -> list[str]:
        return sorted(
            str(path.relative_to(place)) for path in place.rglob("*") if path.is_file()
        )

    return listed


@pytest.fixture(name="lines")
def _lines() -> Callable[[list[dict[str, Any]]], bytes]:
    return lines


@pytest.fixture(name="desk_of")
def _desk_of() -> Callable[..., Desk]:
    return desk_of


@pytest.fixture
def told() -> Callable[[requests.Response], str]:
    """Return a function that checks the shape of a refusal and returns its text."""

    def check(answer: requests.Response) -> str:
        body = answer.json()
        assert body["error_code"] == f"{answer.status_code}000"
        text: str = body["message"]
        return text

    return check
