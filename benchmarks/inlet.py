"""Messages a second that an inlet takes in from 8 clients, beside creates of connections on the same service."""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from benchmarks.service import BASE, CLIENTS, body, ours

if TYPE_CHECKING:
    from benchmarks.service import Line, Side

REQUESTS = 1_600  # of one measurement, of all clients together
SEVERAL = 100  # messages of one request
RUNS = 5
PLATFORM = "/data/foundation"
HTTP_API = {"id": "bc7b00d6-623a-4dfc-9fdb-f1240aeadaeb", "version": "1.0"}
CONTENT_TYPE = "application/vnd.adobe.xed-full+json;version=1"


class Inlet:
    """An inlet with a dataflow into a data set, made over a line."""

    def __init__(self, line: Line) -> None:
        self._line = line
        profile = {"$ref": "https://ns.adobe.com/xdm/context/profile"}
        schema = self._post(
            f"{PLATFORM}/schemaregistry/tenant/schemas",
            {"title": "Event", "type": "object", "allOf": [profile]},
        )["$id"]
        reference = {"id": schema, "contentType": CONTENT_TYPE}
        [data_set] = self._post(
            f"{PLATFORM}/catalog/dataSets", {"name": "events", "schemaRef": reference}
        )
        data_set = data_set.rpartition("/")[2]
        auth = {"specName": "Streaming Connection", "params": {"dataType": "xdm"}}
        base = self._make("connections", auth=auth, connectionSpec=HTTP_API)
        source = self._make(
            "sourceConnections", baseConnectionId=base, connectionSpec=HTTP_API
        )
        target = self._make(
            "targetConnections",
            data={"format": "parquet_xdm"},
            params={"dataSetId": data_set},
            connectionSpec={
                "id": "c604ff05-7f1a-43c0-8e18-33bf874cb11c",
                "version": "1.0",
            },
        )
        flow = self._make(
            "flows",
            sourceConnectionIds=[source],
            targetConnectionIds=[target],
            flowSpec={"id": "d8a6f005-7eaf-4153-983e-e8574508b877", "version": "1.0"},
        )
        shown = json.loads(line.ask("GET", f"{BASE}/connections/{base}"))
        self.path = urlsplit(shown["items"][0]["auth"]["params"]["inletUrl"]).path
        header = {"schemaRef": reference, "datasetId": data_set, "flowId": flow}
        entity = {"_id": "1", "person": {"name": {"firstName": "Ada"}}, "visits": 7}
        meta = {"schemaRef": reference}
        self.message = {
            "header": header,
            "body": {"xdmMeta": meta, "xdmEntity": entity},
        }

    def _post(self, path: str, document: Any) -> Any:
        return json.loads(self._line.ask("POST", path, json.dumps(document).encode()))

    def _make(self, kind: str, **fields: Any) -> str:
        made = self._post(f"{BASE}/{kind}", {"name": kind, **fields})
        return str(made["id"])


def measure(side: Side, path: str, sent: bytes, requests: int = REQUESTS) -> float:
    """Return how many requests a second are answered."""
    started = time.perf_counter()
    side._all(lambda line: line.ask("POST", path, sent), requests)
    return requests / (time.perf_counter() - started)


def main() -> None:
    """Print the medians."""
    with (
        tempfile.TemporaryDirectory() as folder,
        ours(Path(folder) / "local.db") as (side, _process),
    ):
        inlet = Inlet(side.line)
        one = json.dumps(inlet.message).encode()
        several = json.dumps({"messages": [inlet.message] * SEVERAL}).encode()
        batch = inlet.path.replace("/collection/", "/collection/batch/")
        asked = {
            "POST /connections": (f"{BASE}/connections", body("x"), REQUESTS),
            "one message": (inlet.path, one, REQUESTS),
            f"{SEVERAL} messages": (batch, several, REQUESTS // 20),
        }
        rates: dict[str, list[float]] = {name: [] for name in asked}
        for _run in range(RUNS):
            for name, request in asked.items():
                rates[name].append(measure(side, *request))
    for name, found in rates.items():
        print(f"{name}: {statistics.median(found):.0f} requests/s, {CLIENTS} clients")


if __name__ == "__main__":
    main()
