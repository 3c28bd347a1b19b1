"""A tenant in which a dataflow can be made: everything it joins, and bodies of dataflows and runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import requests

ROOT = "http+local://embedded"
ORACLE = "ba5126ec-c9ac-11eb-b8bc-0242ac130003"
DATA_LAKE = "c604ff05-7f1a-43c0-8e18-33bf874cb11c"
PLATFORM = f"{ROOT}/data/foundation"
CRM_TO_AEP = "14518937-270c-4525-bdec-c2ba7cce3860"
CONTENT_TYPE = "application/vnd.adobe.xed-full+json;version=1"
FUTURE = 1_900_000_000  # seconds
PAST = 1_600_000_000
HOURLY = {
    "startTime": str(FUTURE),
    "frequency": "hour",
    "interval": "1",
    "backfill": "true",
}
ONCE = {"startTime": FUTURE, "frequency": "once"}


class Desk:
    """Everything a dataflow joins, in the sandbox of a `talker`."""

    def __init__(self, talker: Any) -> None:
        self.talker = talker
        self.schema = new_schema(talker)
        self.data_set = new_data_set(talker, self.schema)
        self.mapping = new_mapping(talker, self.schema)
        self.base = talker.create()["id"]
        self.source = self.made("/sourceConnections", source_body(self.base))["id"]
        self.target = self.made("/targetConnections", target_body(self.data_set))["id"]

    def made(self, path: str, body: Any) -> dict[str, Any]:
        """Create an object and return the answer."""
        answer = self.talker.post(path, json=body)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def body(
        self, *, schedule: dict[str, Any] = HOURLY, **changes: Any
    ) -> dict[str, Any]:
        """Return the body of a dataflow; a change to None leaves the field out."""
        body = {
            "name": "accounts, every hour",
            "flowSpec": {"id": CRM_TO_AEP, "version": "1.0"},
            "sourceConnectionIds": [self.source],
            "targetConnectionIds": [self.target],
            "transformations": [
                *([] if schedule.get("frequency") == "once" else [copying()]),
                self.mapped(),
            ],
            "scheduleParams": schedule,
        }
        return {
            name: value for name, value in (body | changes).items() if value is not None
        }

    def mapped(self, **changes: Any) -> dict[str, Any]:
        """Return the transformation that maps."""
        return {
            "name": "Mapping",
            "params": {"mappingId": self.mapping, "mappingVersion": 0} | changes,
        }

    def flow(self, **changes: Any) -> dict[str, Any]:
        """Create a dataflow and return id and etag."""
        return self.made("/flows", self.body(**changes))

    def read(self, id: str, path: str = "/flows") -> dict[str, Any]:
        """Read one object."""
        item: dict[str, Any]
        [item] = self.talker.get(f"{path}/{id}").json()["items"]
        return item

    def runs(self, flow: str) -> list[dict[str, Any]]:
        """Return the runs of a dataflow, newest first."""
        found: list[dict[str, Any]] = self.talker.get(
            "/runs", params={"property": f"flowId=={flow}"}
        ).json()["items"]
        return found

    def patch(self, id: str, *operations: Any) -> requests.Response:
        """Patch a dataflow with its etag of now."""
        headers = {"If-Match": self.read(id)["etag"]}
        answer: requests.Response = self.talker.send(
            "PATCH", f"/flows/{id}", headers=headers, json=list(operations)
        )
        return answer

    def act(self, id: str, op: str, path: str = "/flows") -> requests.Response:
        """Carry out an operation."""
        answer: requests.Response = self.talker.post(
            f"{path}/{id}/action", params={"op": op}
        )
        return answer

    def report(self, run: str, status: str, **metrics: Any) -> requests.Response:
        """Say, as its provider, what became of a run."""
        headers = {"If-Match": self.read(run, "/runs")["etag"]}
        body = {"metrics": {"statusSummary": {"status": status}} | metrics}
        answer: requests.Response = self.talker.send(
            "PUT", f"/runs/{run}", headers=headers, json=body
        )
        return answer


def copying(column: str = "CreatedTime") -> dict[str, Any]:
    """Return the transformation that picks new rows."""
    delta = {"name": column, "dateFormat": "yyyy-MM-dd HH:mm:ss", "timezone": "UTC"}
    return {"name": "Copy", "params": {"deltaColumn": delta}}


def new_schema(talker: Any) -> str:
    """Create a schema and return its id."""
    body = {
        "title": "Account",
        "type": "object",
        "allOf": [{"$ref": "https://ns.adobe.com/xdm/context/profile"}],
    }
    answer = talker.post(f"{PLATFORM}/schemaregistry/tenant/schemas", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["$id"])


def new_data_set(talker: Any, schema: str) -> str:
    """Create a data set and return its id."""
    reference = {"id": schema, "contentType": CONTENT_TYPE}
    answer = talker.post(
        f"{PLATFORM}/catalog/dataSets",
        json={"name": "accounts", "schemaRef": reference},
    )
    assert answer.status_code == 201, answer.text
    [found] = answer.json()
    return str(found).rpartition("/")[2]


def new_mapping(talker: Any, schema: str) -> str:
    """Create a mapping set and return its id."""
    output = {"schemaRef": {"id": schema, "contentType": CONTENT_TYPE}}
    lines = [{"sourceType": "ATTRIBUTE", "source": "Id", "destination": "_id"}]
    answer = talker.post(
        f"{PLATFORM}/conversion/mappingSets",
        json={"outputSchema": output, "mappings": lines},
    )
    assert answer.status_code == 200, answer.text
    return str(answer.json()["id"])


def source_body(base: str | None, **changes: Any) -> dict[str, Any]:
    """Return a source connection of a table; a change to None leaves the field out."""
    body = {
        "name": "accounts",
        "baseConnectionId": base,
        "data": {"format": "tabular"},
        "params": {
            "tableName": "Account",
            "columns": [{"name": "Id", "type": "string", "xdm": {"type": "string"}}],
        },
        "connectionSpec": {"id": ORACLE, "version": "1.0"},
    }
    return {
        name: value for name, value in (body | changes).items() if value is not None
    }


def target_body(data_set: str | None, **changes: Any) -> dict[str, Any]:
    """Return a target connection; a change to None leaves the field out."""
    schema = {
        "id": "https://ns.adobe.com/acme/schemas/1",
        "version": "application/vnd.adobe.xed-full+json;version=1",
    }
    body = {
        "name": "accounts in the lake",
        "data": {"format": "parquet_xdm", "schema": schema},
        "params": {"dataSetId": data_set},
        "connectionSpec": {"id": DATA_LAKE, "version": "1.0"},
    }
    return {
        name: value for name, value in (body | changes).items() if value is not None
    }
