"""A tenant with inlets: the HTTP API with its dataflows, for XDM messages and for raw data."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from dataflows import CONTENT_TYPE, PLATFORM, new_data_set, target_body

if TYPE_CHECKING:
    import requests

HTTP_API = "bc7b00d6-623a-4dfc-9fdb-f1240aeadaeb"
STREAM = "d8a6f005-7eaf-4153-983e-e8574508b877"
STREAM_WITH_MAPPING = "c1a19761-d2c7-4702-b9fa-fe91f0613e81"
ORG = "ACME@AdobeOrg"
FIELDS = {
    "_id": {"type": "string"},
    "age": {"type": "integer", "minimum": 0},
    "email": {"type": "string"},
    "person": {"type": "object", "properties": {"name": {"type": "string"}}},
}


class Stream:
    """An inlet of a `talker` and a dataflow behind it, into a data set of its own."""

    def __init__(
        self,
        talker: Any,
        *,
        raw: bool = False,
        mappings: list[dict[str, Any]] | None = None,
        fields: dict[str, Any] | None = None,
        **params: Any,
    ) -> None:
        self.talker = talker
        self.group = new_group(talker, fields or FIELDS)
        self.schema = new_schema(talker, self.group)
        self.data_set = new_data_set(talker, self.schema)
        kind = "raw" if raw else "xdm"
        self.base = self.made("/connections", http_api(dataType=kind, **params))["id"]
        self.flow = self.new_flow(self.data_set, mappings)

    def made(self, path: str, body: Any) -> dict[str, Any]:
        """Create an object and return the answer."""
        answer = self.talker.post(path, json=body)
        assert answer.status_code in (200, 201), answer.text
        found: dict[str, Any] = answer.json()
        return found

    def new_flow(
        self, data_set: str, mappings: list[dict[str, Any]] | None = None
    ) -> str:
        """Create a dataflow from the inlet to a data set, with a mapping of these lines if there are any."""
        source = {
            "name": "messages",
            "baseConnectionId": self.base,
            "data": {"format": "json"},
            "connectionSpec": {"id": HTTP_API, "version": "1.0"},
        }
        body: dict[str, Any] = {
            "name": "messages into the lake",
            "flowSpec": {"id": STREAM, "version": "1.0"},
            "sourceConnectionIds": [self.made("/sourceConnections", source)["id"]],
            "targetConnectionIds": [
                self.made("/targetConnections", target_body(data_set))["id"]
            ],
        }
        if mappings is not None:
            output = {"schemaRef": {"id": self.schema, "contentType": CONTENT_TYPE}}
            url = f"{PLATFORM}/conversion/mappingSets"
            made = self.made(url, {"outputSchema": output, "mappings": mappings})
            mapping = {"mappingId": made["id"], "mappingVersion": 0}
            body["flowSpec"] = {"id": STREAM_WITH_MAPPING, "version": "1.0"}
            body["transformations"] = [{"name": "Mapping", "params": mapping}]
        return str(self.made("/flows", body)["id"])

    def change_fields(self, fields: dict[str, Any]) -> None:
        """Give the schema other fields."""
        url = (
            f"{PLATFORM}/schemaregistry/tenant/fieldgroups/{quote(self.group, safe='')}"
        )
        answer = self.talker.send("PUT", url, json=group_body(fields))
        assert answer.status_code == 200, answer.text

    @property
    def params(self) -> dict[str, Any]:
        """What the base connection shows of its credentials."""
        [item] = self.talker.get(f"/connections/{self.base}").json()["items"]
        params: dict[str, Any] = item["auth"]["params"]
        return params

    def message(
        self,
        entity: Any = None,
        *,
        header: dict[str, Any] | None = None,
        meta: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Return an XDM message; what is None in `header` and `meta` is left out."""
        schema = {"id": self.schema, "contentType": CONTENT_TYPE}
        whole = {
            "schemaRef": schema,
            "imsOrgId": ORG,
            "datasetId": self.data_set,
            "flowId": self.flow,
            "source": {"name": "tests"},
        }
        facts = {"schemaRef": schema} | (meta or {})
        body = {"xdmMeta": drop_none(facts)}
        if entity is not None:
            body["xdmEntity"] = entity
        return {"header": drop_none(whole | (header or {})), "body": body}

    def send(self, body: Any, **rest: Any) -> requests.Response:
        """Send to the inlet, with no header of the platform."""
        answer: requests.Response = self.talker.session.post(
            self.params["inletUrl"], json=body, **rest
        )
        return answer

    def send_several(self, messages: Any, **rest: Any) -> requests.Response:
        """Send several messages at once."""
        url = self.params["inletUrl"].replace("/collection/", "/collection/batch/")
        answer: requests.Response = self.talker.session.post(
            url, json={"messages": messages}, **rest
        )
        return answer


def drop_none(values: dict[str, Any]) -> dict[str, Any]:
    """Return what is not None."""
    return {name: value for name, value in values.items() if value is not None}


def http_api(**params: Any) -> dict[str, Any]:
    """Return the body of a base connection of the HTTP API."""
    return {
        "name": "desk events",
        "auth": {
            "specName": "Streaming Connection",
            "params": {"dataType": "xdm"} | params,
        },
        "connectionSpec": {"id": HTTP_API, "version": "1.0"},
    }


def group_body(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the body of a field group."""
    return {
        "title": "Event fields",
        "type": "object",
        "allOf": [{"properties": fields}],
    }


def new_group(talker: Any, fields: dict[str, Any]) -> str:
    """Create a field group of these fields and return its id."""
    url = f"{PLATFORM}/schemaregistry/tenant/fieldgroups"
    answer = talker.post(url, json=group_body(fields))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["$id"])


def new_schema(talker: Any, group: str) -> str:
    """Create a schema with a field group, and return its id."""
    profile = {"$ref": "https://ns.adobe.com/xdm/context/profile"}
    body = {"title": "Event", "type": "object", "allOf": [profile, {"$ref": group}]}
    answer = talker.post(f"{PLATFORM}/schemaregistry/tenant/schemas", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["$id"])


def batches(talker: Any, data_set: str) -> list[dict[str, Any]]:
    """Return the batches of a data set, the oldest first."""
    asked = {"dataSet": data_set, "orderBy": "asc:created", "limit": "100"}
    answer = talker.get(f"{PLATFORM}/catalog/batches", params=asked)
    assert answer.status_code == 200, answer.text
    return list(answer.json().values())


def stored_rows(talker: Any, data_set: str) -> list[dict[str, Any]]:
    """Return the rows of a data set, as its files hold them."""
    import pyarrow.parquet as pq

    found: list[dict[str, Any]] = []
    for batch in batches(talker, data_set):
        if batch["status"] != "success":
            continue
        listed = talker.get(f"{PLATFORM}/export/batches/{batch['id']}/files").json()
        for file in listed["data"]:
            url = f"{PLATFORM}/export/files/{file['dataSetFileId']}"
            [part] = talker.get(url).json()["data"]
            content = talker.get(url, params={"path": part["name"]}).content
            found += pq.read_table(io.BytesIO(content)).to_pylist()
    return found


def failed_records(talker: Any, batch: str) -> list[dict[str, Any]]:
    """Return the records of a batch that has failed."""
    url = f"{PLATFORM}/export/batches/{batch}/failed"
    names = [file["name"] for file in talker.get(url).json()["data"]]
    [name] = [name for name in names if name != "_SUCCESS"]
    text = talker.get(url, params={"path": name}).text
    return [json.loads(line) for line in text.splitlines()]
