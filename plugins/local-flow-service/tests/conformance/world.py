"""A tenant with one of everything, each object made when a test first needs it."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from fake_oracle import PASSWORD, USER

if TYPE_CHECKING:
    import requests

ORACLE = "ba5126ec-c9ac-11eb-b8bc-0242ac130003"
DATA_LAKE = "c604ff05-7f1a-43c0-8e18-33bf874cb11c"
CRM_TO_AEP = "14518937-270c-4525-bdec-c2ba7cce3860"
PLATFORM = "/data/foundation"
SERVICE = f"{PLATFORM}/flowservice"
FULL = "application/vnd.adobe.xed-full+json;version=1"

FUTURE = 1_900_000_000  # seconds: a dataflow's first run
CRM_SPEC = {"id": ORACLE, "version": "1.0"}
COLUMNS = [
    {"name": "ID", "type": "string", "xdm": {"type": "string"}},
    {
        "name": "CreatedTime",
        "type": "string",
        "meta:xdmType": "date-time",
        "xdm": {"type": "string", "format": "date-time"},
    },
]
_OF_ANY_SPEC = {
    "providerId": "0ed90a81-07f4-4586-8190-b40eccef1c5a",
    "type": "house",
    "entitlementInfo": [{"operation": "anyOf", "entitlements": ["house"]}],
    "policy": {"duleLabels": ["C2"]},
}


class World:
    """One tenant behind a URL; each object is made when it is first asked for.

    `session` sends the headers of its caller; `source` is where an Oracle Service Cloud answers.
    """

    def __init__(self, session: requests.Session, root: str, source: str) -> None:
        self.session = session
        self.root = root
        self._source = source

    @property
    def caller(self) -> dict[str, str]:
        """The headers that say who asks."""
        return {name: str(value) for name, value in self.session.headers.items()}

    def send(self, method: str, path: str, **rest: Any) -> requests.Response:
        """Send a request to a path of Flow Service."""
        return self.session.request(
            method, f"{self.root}{SERVICE}{path}", timeout=30, **rest
        )

    def again(self) -> World:
        """Return a tenant like this one in which nothing has been made yet."""
        return World(self.session, self.root, self._source)

    @functools.cached_property
    def base(self) -> dict[str, Any]:
        """A base connection to the source."""
        return self.made("/connections", self.connection_body())

    @functools.cached_property
    def source_connection(self) -> dict[str, Any]:
        """A source connection."""
        return self.made("/sourceConnections", self.source_body())

    @functools.cached_property
    def schema(self) -> str:
        """The `$id` of a schema."""
        body = {
            "title": "Account",
            "type": "object",
            "allOf": [{"$ref": "https://ns.adobe.com/xdm/context/profile"}],
        }
        return str(self._neighbour("/schemaregistry/tenant/schemas", body)["$id"])

    @functools.cached_property
    def data_set(self) -> str:
        """The id of a data set of the schema."""
        reference = {"id": self.schema, "contentType": FULL}
        [found] = self._neighbour(
            "/catalog/dataSets", {"name": "accounts", "schemaRef": reference}
        )
        return str(found).rpartition("/")[2]

    @functools.cached_property
    def mapping(self) -> str:
        """The id of a mapping set into the schema."""
        mappings = [{"sourceType": "ATTRIBUTE", "source": "ID", "destination": "_id"}]
        output = {"schemaRef": {"id": self.schema, "contentType": FULL}}
        body = {"outputSchema": output, "mappings": mappings}
        return str(self._neighbour("/conversion/mappingSets", body)["id"])

    @functools.cached_property
    def target_connection(self) -> dict[str, Any]:
        """A target connection."""
        return self.made("/targetConnections", self.target_body())

    @functools.cached_property
    def flow(self) -> dict[str, Any]:
        """A dataflow that repeats."""
        return self.made("/flows", self.flow_body())

    @functools.cached_property
    def single(self) -> dict[str, Any]:
        """A dataflow that runs on demand."""
        return self.made(
            "/flows",
            self.flow_body(scheduleParams={"startTime": FUTURE, "frequency": "once"}),
        )

    @functools.cached_property
    def run(self) -> dict[str, Any]:
        """A run of the dataflow that runs on demand."""
        answer = self.made("/runs", self.run_body())
        found: dict[str, Any] = answer["items"][0]
        return found

    @functools.cached_property
    def failed_run(self) -> dict[str, Any]:
        """A run of which its provider has said that it failed."""
        run = self.run
        path = f"/runs/{run['id']}"
        answer = self.send(
            "PUT", path, json=failure(), headers={"If-Match": run["etag"]}
        )
        assert answer.status_code == 200, answer.text
        return run

    @functools.cached_property
    def connection_spec(self) -> dict[str, Any]:
        """A connection specification that the organization stored."""
        return self.made("/connectionSpecs", connection_spec_body())

    @functools.cached_property
    def flow_spec(self) -> dict[str, Any]:
        """A flow specification that the organization stored."""
        return self.made("/flowSpecs", flow_spec_body())

    def connection_body(self) -> dict[str, Any]:
        """Return the body of a base connection."""
        params = {"host": self._source, "username": USER, "password": PASSWORD}
        auth = {"specName": "Basic Authentication", "params": params}
        return {"name": "support desk", "auth": auth, "connectionSpec": CRM_SPEC}

    def source_body(self, **changes: Any) -> dict[str, Any]:
        """Return the body of a source connection."""
        return {
            "name": "incidents",
            "baseConnectionId": self.base["id"],
            "data": {"format": "tabular"},
            "params": {"tableName": "incidents", "columns": COLUMNS},
            "connectionSpec": CRM_SPEC,
        } | changes

    def target_body(self) -> dict[str, Any]:
        """Return the body of a target connection."""
        return {
            "name": "incidents in the lake",
            "data": {
                "format": "parquet_xdm",
                "schema": {"id": self.schema, "version": FULL},
            },
            "params": {"dataSetId": self.data_set},
            "connectionSpec": {"id": DATA_LAKE, "version": "1.0"},
        }

    def flow_body(self, **changes: Any) -> dict[str, Any]:
        """Return the body of a dataflow; one that runs once has no delta column yet."""
        body = {
            "name": "incidents, every 15 minutes",
            "flowSpec": {"id": CRM_TO_AEP, "version": "1.0"},
            "sourceConnectionIds": [self.source_connection["id"]],
            "targetConnectionIds": [self.target_connection["id"]],
            "scheduleParams": {
                "startTime": FUTURE,
                "frequency": "minute",
                "interval": "15",
                "backfill": True,
            },
        } | changes
        copy = (
            {}
            if body["scheduleParams"]["frequency"] == "once"
            else {"deltaColumn": {"name": "CreatedTime"}}
        )
        mapping = {
            "name": "Mapping",
            "params": {"mappingId": self.mapping, "mappingVersion": "0"},
        }
        return body | {
            "transformations": [
                *([{"name": "Copy", "params": copy}] if copy else []),
                mapping,
            ]
        }

    def run_body(self) -> dict[str, Any]:
        """Return the body of a run on demand."""
        times = {
            "startTime": FUTURE + 100,
            "windowStartTime": FUTURE - 10_000,
            "windowEndTime": FUTURE,
        }
        return {
            "flowId": self.single["id"],
            "params": {**times, "deltaColumn": {"name": "CreatedTime"}},
        }

    def made(self, path: str, body: Any) -> dict[str, Any]:
        """Create an object and return the answer."""
        answer = self.send("POST", path, json=body)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def draft_of(self, path: str, body: Any) -> dict[str, Any]:
        """Create an object as a draft and return the answer."""
        return self.made(f"{path}?mode=draft", body)

    def _neighbour(self, path: str, body: Any) -> Any:
        answer = self.session.post(self.root + PLATFORM + path, json=body, timeout=30)
        assert answer.ok, answer.text
        return answer.json()


def connection_spec_body() -> dict[str, Any]:
    """Return the body of a connection specification."""
    secret = {"type": "string", "format": "password"}
    schema = {
        "type": "object",
        "properties": {"host": {"type": "string"}, "token": secret},
        "required": ["token"],
    }
    return {
        "name": "house-desk",
        "authSpec": [{"name": "Token", "type": "KeyBased", "spec": schema}],
        "targetSpec": {"name": "Tables", "type": "Tabular"},
        "encryptionSpecs": [{"name": "PGP", "type": "Asymmetric"}],
        "settings": {"pages": {"largest": 100}},
        **_OF_ANY_SPEC,
    }


def flow_spec_body() -> dict[str, Any]:
    """Return the body of a flow specification."""
    return {
        "name": "HouseToAEP",
        "sourceConnectionSpecIds": [ORACLE],
        "targetConnectionSpecIds": [DATA_LAKE],
        "transformationSpecDTOS": [{"name": "Mapping", "spec": {"type": "object"}}],
        "runSpec": {"name": "ProviderParams", "spec": {"type": "object"}},
        **_OF_ANY_SPEC,
    }


def failure() -> dict[str, Any]:
    """Return what a provider says of a run that failed."""
    return {"metrics": {"statusSummary": {"status": "failed"}}}
