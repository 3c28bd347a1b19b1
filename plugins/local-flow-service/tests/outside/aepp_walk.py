"""Walks the public SDK aepp against a service, unmodified but for the host; runs in that SDK's own environment.

Prints one JSON object on the last line: what each step answered, by the step's name.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import aepp  # type: ignore[import-not-found]
from aepp import (
    catalog,
    dataaccess,
    flowservice,
    ingestion,
    sandboxes,
    schema,
)

ROWS = [{"_acme": {"key": f"k{number}", "visits": number}} for number in range(5)]
PATIENCE = 60  # seconds for a batch, or a message


def configure(url: str) -> None:
    """Tell the SDK who asks, and where; nothing of it is changed besides."""
    aepp.configure(
        org_id="ACME@AdobeOrg",
        client_id="key",
        secret="unused",
        scopes="openid",
        sandbox="prod",
    )
    settings = aepp.config
    settings.config_object["imsEndpoint"] = url
    settings.config_object["oauthTokenEndpointV2"] = f"{url}/ims/token/v3"
    settings.endpoints["global"] = url
    settings.endpoints["streaming"]["collection"] = url


class Walk:
    """The steps, in order; each may use what earlier ones have answered."""

    def __init__(self) -> None:
        self.told: dict[str, Any] = {}
        self.schemas = schema.Schema()
        self.catalog = catalog.Catalog()
        self.ingestion = ingestion.DataIngestion()
        self.access = dataaccess.DataAccess()
        self.flows = flowservice.FlowService()

    def sandboxes(self) -> Any:
        known = sandboxes.Sandboxes()
        return [known.getSandboxes()[0]["name"], known.getSandbox("prod")["name"]]

    def schema(self) -> Any:
        tenant = self.schemas.getTenantId()
        fields = {
            f"_{tenant}": {
                "type": "object",
                "properties": {
                    "key": {"type": "string"},
                    "visits": {"type": "integer"},
                },
            }
        }
        group = self.schemas.createFieldGroup(
            {
                "type": "object",
                "title": "Visits",
                "meta:intendedToExtend": ["https://ns.adobe.com/xdm/context/profile"],
                "definitions": {"all": {"properties": fields}},
                "allOf": [{"$ref": "#/definitions/all"}],
            }
        )
        made = self.schemas.createProfileSchema(
            name="Visitors", fieldGroupIds=[group["$id"]]
        )
        self.tenant, self.schema_id = f"_{tenant}", made["$id"]
        full = self.schemas.getSchema(made["$id"], full=True)
        return [full["title"], sorted(full["properties"][self.tenant]["properties"])]

    def data_set(self) -> Any:
        [reference] = self.catalog.createDataSet(
            name="visitors", schemaId=self.schema_id
        )
        self.data_set_id = reference.rpartition("/")[2]
        return self.catalog.getDataSet(self.data_set_id)[self.data_set_id]["name"]

    def batch(self) -> Any:
        made = self.ingestion.createBatch(
            datasetId=self.data_set_id, format="json", multiline=True
        )
        self.batch_id = made["id"]
        rows = [{self.tenant: row["_acme"]} for row in ROWS]
        self.ingestion.uploadSmallFile(
            batchId=self.batch_id,
            datasetId=self.data_set_id,
            filePath="visitors.json",
            data=rows,
        )
        self.ingestion.uploadSmallFileFinish(batchId=self.batch_id)
        return [made["status"], self._wait_for(self.batch_id)["status"]]

    def large_file(self) -> Any:
        made = self.ingestion.createBatch(datasetId=self.data_set_id, format="json")
        file = {
            "batchId": made["id"],
            "datasetId": self.data_set_id,
            "filePath": "more.json",
        }
        line = json.dumps({self.tenant: {"key": "large", "visits": 1}}).encode() + b"\n"
        self.ingestion.uploadLargeFileStartEnd(**file)
        for start in (0, len(line)):
            self.ingestion.uploadLargeFilePart(
                **file,
                data=line,
                contentRange=f"bytes {start}-{start + len(line) - 1}/{2 * len(line)}",
            )
        self.ingestion.uploadLargeFileStartEnd(**file, action="COMPLETE")
        self.ingestion.uploadSmallFileFinish(batchId=made["id"])
        return self._wait_for(made["id"])["status"]

    def failed_batch(self) -> Any:
        made = self.ingestion.createBatch(
            datasetId=self.data_set_id, format="json", enableDiagnostic=True
        )
        self.ingestion.uploadSmallFile(
            batchId=made["id"],
            datasetId=self.data_set_id,
            filePath="bad.json",
            data={self.tenant: {"visits": "many"}},
        )
        self.ingestion.uploadSmallFileFinish(batchId=made["id"])
        batch = self._wait_for(made["id"])
        failed = self.access.getBatchFailed(made["id"])
        meta = self.access.getBatchMeta(made["id"], path="row_errors")
        return [
            batch["status"],
            batch["errors"][0]["code"],
            len(failed) > 0,
            len(meta["data"] if isinstance(meta, dict) else meta) > 0,
        ]

    def batches(self) -> Any:
        last = self.catalog.getLastBatches(self.data_set_id)
        return [len(self.catalog.getBatches(limit=10)), len(last) > 0]

    def data_access(self) -> Any:
        [file] = self.access.getBatchFiles(self.batch_id)
        inside = self.access.getFiles(file["dataSetFileId"])["data"][0]
        content = self.access.getFiles(file["dataSetFileId"], path=inside["name"])
        raw = content.getvalue() if hasattr(content, "getvalue") else content
        head = self.access.getHeadFile(file["dataSetFileId"], path=inside["name"])
        return [raw[:4].decode(), int(inside["length"]) == len(raw), head is not None]

    def preview(self) -> Any:
        rows = self.access.getPreview(self.data_set_id)
        return sorted({json.dumps(row, sort_keys=True) for row in rows})

    def landing_zone(self) -> Any:
        credential = self.flows.getLandingZoneCredential()
        return [
            self.flows.getLandingZoneContainerName(),
            credential["containerName"],
            self.flows.getLandingZoneSASUri().startswith("http"),
            bool(self.flows.getLandingZoneSASToken()),
            bool(self.flows.getLandingZoneStorageAccountName()),
        ]

    def flow_specs(self) -> Any:
        return [
            self.flows.getFlowSpecIdFromNames(
                "CloudStorageToAEP", "landing-zone", "datalake"
            ),
            self.flows.getFlowSpecIdFromNames("Stream data without transformation"),
        ]

    def streaming(self) -> Any:
        base = self.flows.createConnectionStreaming(
            name="inlet", sourceId="visits", paramName="visits"
        )
        source = self.flows.createSourceConnectionStreaming(
            connectionId=base["id"], name="inlet source", format="json"
        )
        target = self.flows.createTargetConnectionDataLake(
            name="inlet target",
            datasetId=self.data_set_id,
            schemaId=self.schema_id,
            format="json",
        )
        flow = self.flows.createFlowStreaming(
            name="stream",
            source_connection_id=source["id"],
            target_connection_id=target["id"],
        )["flow"]
        inlet = self.flows.getConnection(base["id"])["auth"]["params"]
        one = self.ingestion.streamMessage(
            inletId=inlet["inletId"], data=self._message(flow["id"], "streamed 1")
        )
        many = self.ingestion.streamMessages(
            inletId=inlet["inletId"],
            data=[self._message(flow["id"], "streamed 2")],
        )
        wanted = {"streamed 1", "streamed 2"}
        end = time.monotonic() + PATIENCE
        keys: set[str] = set()
        while not wanted <= keys and time.monotonic() < end:
            time.sleep(0.5)
            rows = self.access.getPreview(self.data_set_id)
            keys = {row[self.tenant]["key"] for row in rows if self.tenant in row}
        runs = self.flows.getRuns(prop=f"flowId=={flow['id']}")
        return [
            inlet["inletUrl"].endswith(inlet["inletId"]),
            one["inletId"] == inlet["inletId"],
            len(many["responses"]),
            wanted <= keys,
            len(runs) > 0,
        ]

    def _message(self, flow: str, key: str) -> dict[str, Any]:
        reference = {
            "id": self.schema_id,
            "contentType": "application/vnd.adobe.xed-full+json;version=1",
        }
        return {
            "header": {
                "schemaRef": reference,
                "imsOrgId": "ACME@AdobeOrg",
                "datasetId": self.data_set_id,
                "flowId": flow,
                "source": {"name": "walk"},
            },
            "body": {
                "xdmMeta": {"schemaRef": reference},
                "xdmEntity": {self.tenant: {"key": key, "visits": 1}},
            },
        }

    def _wait_for(self, batch: str) -> dict[str, Any]:
        end = time.monotonic() + PATIENCE
        while True:
            found: dict[str, Any] = self.catalog.getBatch(batch)[batch]
            if found["status"] in ("success", "failed"):
                return found
            if time.monotonic() > end:
                return found
            time.sleep(0.2)


STEPS = (
    "sandboxes", "schema", "data_set", "batch", "large_file", "failed_batch", "batches", "data_access", "preview",
    "landing_zone", "flow_specs", "streaming",
)  # fmt: skip


def main() -> None:
    """Take every step that can be taken."""
    configure(sys.argv[1])
    walk = Walk()
    for step in STEPS:
        try:
            walk.told[step] = getattr(walk, step)()
        except Exception as error:
            walk.told[step] = f"{type(error).__name__}: {error}"[:500]
    print(json.dumps(walk.told))


if __name__ == "__main__":
    main()
