"""A dataflow's life, request by request, as somebody lives it who talks to the service with nothing but HTTP."""

from __future__ import annotations

import urllib.parse
from typing import TYPE_CHECKING, Any

from dataflows import CRM_TO_AEP, DATA_LAKE, ORACLE
from fake_oracle import PASSWORD, USER, FakeOracle, Serving

from headwater.secret import Secret
from headwater_local_flow_service import Client

if TYPE_CHECKING:
    from collections.abc import Callable

CLIENT = Client(
    id="desk", secret=Secret("open-sesame"), organizations=("ACME@AdobeOrg",)
)
ROOT = "http+local://embedded"
PLATFORM = f"{ROOT}/data/foundation"
START = 1_900_000_000
SCHEMA_TYPE = "application/vnd.adobe.xed-full+json;version=1"


def test_from_the_token_to_the_last_delete(
    service: Callable[..., Any], source_body: Any
) -> None:
    with Serving(FakeOracle()) as oracle:
        talker = signed_in(service(clients=(CLIENT,), reach_sources=("127.0.0.1",)))
        base = connected(talker, oracle.url)
        columns = explored(talker, base)
        params = {"tableName": "incidents", "columns": columns}
        source = made(talker, "/sourceConnections", source_body(base, params=params))[
            "id"
        ]
    schema, data_set = landing_place(talker)
    target = made(talker, "/targetConnections", target_of(schema, data_set))["id"]
    mapping = mapped(talker, schema)["id"]
    flow = started(talker, source, target, mapping)
    observed(talker, flow)
    changed(talker, flow)
    removed(talker, flow, source, target, base)


def test_a_dataflow_that_runs_on_demand(
    service: Callable[..., Any], source_body: Any
) -> None:
    talker = signed_in(service(clients=(CLIENT,), reach_sources=("127.0.0.1",)))
    base = talker.create()["id"]
    source = made(talker, "/sourceConnections", source_body(base))["id"]
    schema, data_set = landing_place(talker)
    target = made(talker, "/targetConnections", target_of(schema, data_set))["id"]
    once = {"startTime": str(START), "frequency": "once"}
    body = flow_body(source, target, mapped(talker, schema)["id"]) | {
        "scheduleParams": once
    }
    body["transformations"] = body["transformations"][1:]
    flow = made(talker, "/flows", body)["id"]
    window = {
        "startTime": "1900000100",
        "windowStartTime": "1899990000",
        "windowEndTime": "1900000000",
    }
    run = {"flowId": flow, "params": window | {"deltaColumn": {"name": "CreatedDate"}}}
    [asked] = made(talker, "/runs/", run)["items"]
    assert status(talker, asked["id"]) == "scheduled"
    failure = {
        "metrics": {
            "statusSummary": {
                "status": "failed",
                "errors": [{"code": "CONNECTOR-1001-500"}],
            }
        }
    }
    told = talker.send(
        "PUT", f"/runs/{asked['id']}", headers={"If-Match": asked["etag"]}, json=failure
    )
    assert told.status_code == 200
    again = talker.post(f"/runs/{asked['id']}/action?op=re-trigger").json()["id"]
    assert again != asked["id"]
    assert (status(talker, asked["id"]), status(talker, again)) == (
        "failed",
        "scheduled",
    )


def connected(talker: Any, oracle: str) -> str:
    """Make and test the base connection; return its id."""
    params = {"host": oracle, "username": USER, "password": PASSWORD}
    auth = {"specName": "Basic Authentication", "params": params}
    body = {
        "name": "support-desk account",
        "auth": auth,
        "connectionSpec": {"id": ORACLE, "version": "1.0"},
    }
    base = str(made(talker, "/connections", body)["id"])
    assert talker.get(f"/connections/{base}/test").json() == {"result": True}
    return base


def explored(talker: Any, base: str) -> list[dict[str, Any]]:
    """Pick a table of the source and return its columns."""
    root = talker.get(f"/connections/{base}/explore?objectType=root").json()
    [path] = [one["path"] for one in root if one["name"] == "incidents"]
    table = talker.get(
        f"/connections/{base}/explore", params={"objectType": "table", "object": path}
    ).json()
    columns: list[dict[str, Any]] = table["schema"]["columns"]
    assert "id" in [column["name"].lower() for column in columns]
    return columns


def target_of(schema: str, data_set: str) -> dict[str, Any]:
    """Return the body of the target connection."""
    return {
        "name": "support accounts in the lake",
        "data": {
            "format": "parquet_xdm",
            "schema": {"id": schema, "version": SCHEMA_TYPE},
        },
        "params": {"dataSetId": data_set},
        "connectionSpec": {"id": DATA_LAKE, "version": "1.0"},
    }


def flow_body(source: str, target: str, mapping: str) -> dict[str, Any]:
    """Return the body of the dataflow."""
    delta = {
        "name": "CreatedDate",
        "dateFormat": "yyyy-MM-dd HH:mm:ss",
        "timezone": "UTC",
    }
    return {
        "name": "support accounts, every 15 minutes",
        "flowSpec": {"id": CRM_TO_AEP, "version": "1.0"},
        "sourceConnectionIds": [source],
        "targetConnectionIds": [target],
        "transformations": [
            {"name": "Copy", "params": {"deltaColumn": delta}},
            {"name": "Mapping", "params": {"mappingId": mapping, "mappingVersion": 0}},
        ],
        "scheduleParams": {
            "startTime": str(START),
            "frequency": "minute",
            "interval": "15",
            "backfill": "true",
        },
    }


def started(talker: Any, source: str, target: str, mapping: str) -> str:
    """Find the flow specification as a client does, and create the dataflow; return its id."""
    found = talker.get("/flowSpecs", params={"property": 'name=="CRMToAEP"'}).json()[
        "items"
    ]
    [spec] = [one for one in found if ORACLE in one["sourceConnectionSpecIds"]]
    assert spec["id"] == CRM_TO_AEP
    return str(made(talker, "/flows", flow_body(source, target, mapping))["id"])


def observed(talker: Any, flow: str) -> None:
    """Look at the dataflow and its runs."""
    [item] = talker.get(f"/flows/{flow}").json()["items"]
    assert item["state"] == "enabled"
    assert "lastRunDetails" not in item
    [run] = talker.get(item["runs"]).json()["items"]
    assert run["params"]["startTime"] == START
    assert run["metrics"]["statusSummary"]["status"] == "scheduled", (
        "nothing has moved, and nothing says it has"
    )


def changed(talker: Any, flow: str) -> None:
    """Slow the dataflow down, pause it and let it go on."""
    [item] = talker.get(f"/flows/{flow}").json()["items"]
    slower = [{"op": "replace", "path": "/scheduleParams/interval", "value": "30"}]
    answer = talker.send(
        "PATCH", f"/flows/{flow}", headers={"If-Match": item["etag"]}, json=slower
    )
    assert answer.status_code == 200
    for op, state in (("disable", "disabled"), ("enable", "enabled")):
        assert talker.post(f"/flows/{flow}/action?op={op}").status_code == 200
        [item] = talker.get(f"/flows/{flow}").json()["items"]
        assert (item["state"], item["scheduleParams"]["interval"]) == (state, "30")


def removed(talker: Any, flow: str, source: str, target: str, base: str) -> None:
    """Take everything away, from the dataflow down; the other way round is refused."""
    refused = talker.send("DELETE", f"/connections/{base}")
    assert refused.json()["type"].endswith("FLOW-1418-400")
    places = (
        (flow, "flows"),
        (source, "sourceConnections"),
        (target, "targetConnections"),
        (base, "connections"),
    )
    for id, place in places:
        assert talker.send("DELETE", f"/{place}/{id}").status_code == 204
        assert talker.get(f"/{place}/{id}").status_code == 404


def made(talker: Any, path: str, body: Any) -> dict[str, Any]:
    """Create an object and return the answer."""
    answer = talker.post(path, json=body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def status(talker: Any, run: str) -> str:
    """Return the status of a run."""
    [item] = talker.get(f"/runs/{run}").json()["items"]
    return str(item["metrics"]["statusSummary"]["status"])


def signed_in(talker: Any) -> Any:
    """Fetch a token, and send it from now on."""
    form = {
        "grant_type": "client_credentials",
        "client_id": "desk",
        "client_secret": "open-sesame",
        "scope": "openid,AdobeID,session",
    }
    token = talker.post(f"{ROOT}/ims/token/v3", data=form).json()["access_token"]
    return talker.like(Authorization=f"Bearer {token}", x_api_key="desk")


def landing_place(talker: Any) -> tuple[str, str]:
    """Create a schema and a data set of it; return both ids."""
    assert (
        talker.get(f"{PLATFORM}/sandbox-management/sandboxes/prod").json()["state"]
        == "active"
    )
    parts = (
        "https://ns.adobe.com/xdm/context/profile",
        "https://ns.adobe.com/xdm/context/profile-person-details",
    )
    body = {
        "title": "Support account",
        "type": "object",
        "allOf": [{"$ref": part} for part in parts],
    }
    made = talker.post(f"{PLATFORM}/schemaregistry/tenant/schemas", json=body)
    assert made.status_code == 201
    schema: str = made.json()["$id"]
    path = f"{PLATFORM}/schemaregistry/tenant/schemas/{urllib.parse.quote(schema, safe='')}"
    read = talker.get(
        path, headers={"Accept": "application/vnd.adobe.xed+json; version=1"}
    )
    assert read.json() == made.json()
    reference = {
        "id": schema,
        "contentType": "application/vnd.adobe.xed+json;version=1",
    }
    answer = talker.post(
        f"{PLATFORM}/catalog/dataSets?requestDataSource=true",
        json={"name": "support accounts", "schemaRef": reference},
    )
    assert answer.status_code == 201
    [data_set] = answer.json()
    return schema, data_set.removeprefix("@/dataSets/")


def mapped(talker: Any, schema: str) -> dict[str, Any]:
    """Create a mapping set and return the answer."""
    lines = [("Id", "_id"), ("CreatedDate", "_repo.createDate")]
    body = {
        "version": 0,
        "xdmSchema": schema,
        "xdmVersion": "1.0",
        "id": None,
        "mappings": [
            {
                "sourceAttribute": source,
                "destinationXdmPath": path,
                "identity": False,
                "version": 0,
            }
            for source, path in lines
        ],
    }
    answer = talker.post(f"{PLATFORM}/conversion/mappingSets", json=body)
    assert answer.status_code == 200
    made: dict[str, Any] = answer.json()
    return made
