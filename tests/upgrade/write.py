"""Write what the installed version writes, as a user would: ``python tests/upgrade/write.py tests/upgrade/VERSION``.

Run it with a released version (or the checkout of one), never to make a failing test pass: see the README beside it.
"""

from __future__ import annotations

import gzip
import json
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from upgrade.machine import CLIENTS, FLOW_SERVICE, Caller, Machine

ROOT = Path(__file__).parents[2]
PORT = 8700  # pulled specifications belong to an organization at a URL, so it must be known beforehand

SERVE_TOML = """\
# Every key that a settings file can have.
host = "127.0.0.1"
port = 8700
workers = 1
access_log = false
metrics_port = 0
store = "local.db"
key_file = "local.db.key"
hosts = ["flow.example.com"]
sandboxes = ["stage"]
reach_sources = ["acme.custhelp.com"]
strict = true
largest_body = 1048576
deepest_body = 32
busy_timeout = 5.0
token_lifetime = 3600

[strictness]
require_sandbox_header = true
require_spec_version = true
require_if_match_quotes = true
refuse_misprinted_ids = true
refuse_spec_writes = false
on_demand_strict = true
past_start_time = "accept"
run_create_envelope = "full"
async_states = 0
legacy_errors = false
delete_status = 204

[[clients]]
id = "desk"
secret = "file:desk.secret"
organizations = ["ACME@AdobeOrg"]

[[clients]]
id = "globex"
secret = "env:GLOBEX_SECRET"
organizations = ["GLOBEX@AdobeOrg", "GLOBEX.LABS@AdobeOrg"]
"""

CONFIG_TOML = """\
# Written by hand: every key that a profile can have.
[profiles.full]
url = "https://platform.example.com"
ims_url = "https://ims.example.com"
org_id = "FULL@AdobeOrg"
sandbox = "prod"
api_key = "key-of-the-project"
client_id = "0123abcd"
client_secret = "keyring:headwater/full"
cloud = "aws"
ca_bundle = "authorities.pem"  # counts from this file's folder
proxy = "http://proxy.example.com:3128"
connect_timeout = 5
read_timeout = 30
"""

FULL = "application/vnd.adobe.xed-full+json;version=1"
LISTED = "application/vnd.adobe.xed-id+json"
REGISTRY = "/data/foundation/schemaregistry/tenant"
CATALOG = "/data/foundation/catalog/dataSets"
MAPPINGS = "/data/foundation/conversion/mappingSets"
ORACLE = {"id": "ba5126ec-c9ac-11eb-b8bc-0242ac130003", "version": "1.0"}
DATA_LAKE = {"id": "c604ff05-7f1a-43c0-8e18-33bf874cb11c", "version": "1.0"}
CRM_TO_AEP = {"id": "14518937-270c-4525-bdec-c2ba7cce3860", "version": "1.0"}
RECORD = {"$ref": "https://ns.adobe.com/xdm/data/record"}
FUTURE = 1_900_000_000  # seconds since 1970: no run falls due

TENANT_SPEC = {
    "name": "acme-crm",
    "version": "1.0",
    "providerId": "0ed90a81-07f4-4586-8190-b40eccef1c5a",
    "attributes": {"isSource": True, "category": "crm", "connectorName": "Acme CRM"},
    "authSpec": [
        {
            "name": "Key",
            "type": "KEY",
            "spec": {
                "type": "object",
                "required": ["host", "apiKey"],
                "properties": {
                    "host": {"type": "string"},
                    "apiKey": {"type": "string", "format": "password"},
                    "port": {"type": "integer"},
                },
            },
        }
    ],
}
TENANT_FLOW_SPEC = {
    "name": "AcmeCrmToAEP",
    "providerId": "0ed90a81-07f4-4586-8190-b40eccef1c5a",
    "sourceConnectionSpecIds": [ORACLE["id"]],
    "targetConnectionSpecIds": [DATA_LAKE["id"]],
    "transformationSpecDTOS": [{"name": "Mapping", "spec": {"type": "object"}}],
}
CREDENTIALS: dict[str, dict[str, Any]] = {
    "oracle-service-cloud": {
        "host": "127.0.0.1:1",
        "username": "desk",
        "password": "not-a-real-password",
    },
    "salesforce-service-cloud": {
        "environmentUrl": "http://127.0.0.1:1",
        "clientId": "acme",
        "clientSecret": "not-a-real-client-secret",
    },
    "acme-desk": {
        "host": "acme.desk.example",
        "apiKey": "not-a-real-desk-key",
        "region": "EU",
    },
    "acme-shop": {"host": "shop.example", "apiKey": "not-a-real-shop-key"},
    "acme-ledger": {"host": "ledger.example", "key": "not-a-real-ledger-key"},
    "acme-crm": {"host": "crm.example", "apiKey": "not-a-real-crm-key", "port": 443},
}


def main(target: Path) -> None:
    """Write everything into a new folder."""
    target.mkdir(parents=True)
    machine = Machine(target.resolve())
    _build_wheels(machine)
    (target / "serve.toml").write_text(SERVE_TOML)
    (target / "desk.secret").write_text(CLIENTS["desk"]["secret"] + "\n")
    _add_profiles(machine)
    with machine.serving(port=PORT) as root:
        callers = {
            (CLIENTS[client]["organization"], sandbox): Caller.of(
                root, CLIENTS[client], sandbox
            )
            for client, sandbox in (
                ("desk", "prod"),
                ("desk", "stage"),
                ("globex", "prod"),
            )
        }
        _fill(machine, [*callers.values()])
        answers = [
            {"organization": organization, "sandbox": sandbox, "read": _read(caller)}
            for (organization, sandbox), caller in callers.items()
        ]
    (target / "answers.json").write_text(json.dumps(answers, indent=1) + "\n")
    machine.headwater("local", "export", "export.jsonl", "--settings", "serve.toml")
    _tidy(target)


def _build_wheels(machine: Machine) -> None:
    """Build the wheels of three connectors: the example, one as `headwater new` makes it, and one that reads."""
    machine.headwater(
        "new",
        "acme-shop",
        "--spec-id",
        "2b7e9a54-6c1d-4f0e-9b8a-3d5c7e1f9042",
        "--into",
        "acme-shop",
    )
    sources = [
        ROOT / "docs" / "examples" / "acme-desk",
        machine.folder / "acme-shop",
        Path(__file__).parent / "ledger",
    ]
    for source in sources:
        with tempfile.TemporaryDirectory() as folder:
            copy = shutil.copytree(source, Path(folder) / source.name)
            command = [
                sys.executable,
                "-m",
                "pip",
                "wheel",
                "--quiet",
                "--no-deps",
                "--no-build-isolation",
            ]
            subprocess.run(
                [*command, "--wheel-dir", str(machine.folder / "wheels"), str(copy)],
                check=True,
            )
    machine.with_wheels(machine.folder / "wheels")


def _add_profiles(machine: Machine) -> None:
    (machine.folder / "config.toml").write_text(CONFIG_TOML)
    url = f"http://127.0.0.1:{PORT}"
    for command in (
        f"team --url {url} --org-id ACME@AdobeOrg --sandbox prod --client-id desk --client-secret file:desk.secret",
        f"globex --url {url} --org-id GLOBEX@AdobeOrg --sandbox prod --client-id globex"
        " --client-secret env:GLOBEX_SECRET",
        "dev --org-id ABC123@AdobeOrg --sandbox dev --api-key k --access-token env:AEP_TOKEN --use",
    ):
        machine.headwater("profiles", "add", *command.split())


def _fill(machine: Machine, callers: list[Caller]) -> None:
    """Store a few of each kind, the dataflows whole."""
    acme, stage, globex = callers
    acme.post(f"{FLOW_SERVICE}/connectionSpecs", TENANT_SPEC)
    acme.post(f"{FLOW_SERVICE}/flowSpecs", TENANT_FLOW_SPEC)
    machine.headwater("specs", "pull", "--profile", "team")
    bases = {slug: _connect(machine, slug, "--profile", "team") for slug in CREDENTIALS}
    _connect(machine, "oracle-service-cloud", "--profile", "team", "--sandbox", "stage")
    _connect(machine, "acme-ledger", "--profile", "globex")
    stage.post(
        f"{FLOW_SERVICE}/connections?mode=draft",
        {"name": "later", "connectionSpec": ORACLE},
    )
    _store_schema(globex)
    _store_dataflows(acme, bases["oracle-service-cloud"])


def _connect(machine: Machine, slug: str, *options: str) -> str:
    given = json.dumps(CREDENTIALS[slug])
    described = (
        "--name",
        f"{slug}, support",
        "--description",
        "made before the upgrade",
    )
    return str(
        machine.told("create", slug, "-c", "-", *described, *options, stdin=given)["id"]
    )


def _store_schema(caller: Caller) -> str:
    group = {
        "title": "Desk",
        "type": "object",
        "meta:intendedToExtend": ["https://ns.adobe.com/xdm/context/profile"],
    }
    caller.post(f"{REGISTRY}/fieldgroups", group)
    caller.post(
        f"{REGISTRY}/classes",
        {"title": "Incident class", "type": "object", "allOf": [RECORD]},
    )
    body = {
        "title": "Incident",
        "type": "object",
        "allOf": [{"$ref": "https://ns.adobe.com/xdm/context/profile"}],
    }
    return str(caller.post(f"{REGISTRY}/schemas", body)["$id"])


def _store_dataflows(caller: Caller, base: str) -> None:
    schema = _store_schema(caller)
    [data_set] = caller.post(
        CATALOG, {"name": "incidents", "schemaRef": {"id": schema, "contentType": FULL}}
    )
    body = {"xdmSchema": schema, "mappings": [{"source": "ID", "destination": "_id"}]}
    mapping = caller.post(MAPPINGS, body)["id"]
    caller.send(
        "PUT", f"{MAPPINGS}/{mapping}", json=body | {"name": "incidents, second"}
    )
    columns = [{"name": "ID", "type": "string", "xdm": {"type": "string"}}]
    source = {
        "name": "incidents",
        "baseConnectionId": base,
        "data": {"format": "tabular"},
        "params": {"tableName": "incidents", "columns": columns},
        "connectionSpec": ORACLE,
    }
    lake = {
        "name": "incidents in the lake",
        "data": {"format": "parquet_xdm", "schema": {"id": schema, "version": FULL}},
        "params": {"dataSetId": data_set.rpartition("/")[2]},
        "connectionSpec": DATA_LAKE,
    }
    mapped = {"name": "Mapping", "params": {"mappingId": mapping, "mappingVersion": 1}}
    flow = {
        "name": "incidents, every hour",
        "flowSpec": CRM_TO_AEP,
        "sourceConnectionIds": [
            caller.post(f"{FLOW_SERVICE}/sourceConnections", source)["id"]
        ],
        "targetConnectionIds": [
            caller.post(f"{FLOW_SERVICE}/targetConnections", lake)["id"]
        ],
        "transformations": [
            {"name": "Copy", "params": {"deltaColumn": {"name": "UpdatedTime"}}},
            mapped,
        ],
        "scheduleParams": {"startTime": FUTURE, "frequency": "hour", "interval": 1},
    }
    single = flow | {"name": "incidents, once", "transformations": [mapped]}
    hourly = caller.post(f"{FLOW_SERVICE}/flows", flow)["id"]
    paused = caller.post(f"{FLOW_SERVICE}/flows", flow | {"name": "incidents, paused"})[
        "id"
    ]
    once = {"startTime": FUTURE, "frequency": "once"}
    single_id = caller.post(f"{FLOW_SERVICE}/flows", single | {"scheduleParams": once})[
        "id"
    ]
    caller.post(f"{FLOW_SERVICE}/flows/{paused}/action?op=disable")
    _store_runs(caller, hourly, single_id)


def _store_runs(caller: Caller, hourly: str, single: str) -> None:
    """Report on the run that a schedule calls for, ask for one by hand, and let that fail."""
    [due] = caller.get(f"{FLOW_SERVICE}/runs?property=flowId=={hourly}")["items"]
    _report(
        caller,
        due,
        {
            "statusSummary": {"status": "success"},
            "recordSummary": {"outputRecordCount": 3},
        },
    )
    times = {
        "startTime": FUTURE + 100,
        "windowStartTime": FUTURE - 10_000,
        "windowEndTime": FUTURE,
    }
    body = {
        "flowId": single,
        "params": times | {"deltaColumn": {"name": "UpdatedTime"}},
    }
    run = caller.post(f"{FLOW_SERVICE}/runs", body)
    _report(
        caller,
        run,
        {
            "statusSummary": {
                "status": "failed",
                "errors": [{"code": "E", "message": "stopped"}],
            }
        },
    )
    caller.post(f"{FLOW_SERVICE}/runs/{run['id']}/action?op=re-trigger")


def _report(caller: Caller, run: dict[str, Any], metrics: dict[str, Any]) -> None:
    path = f"{FLOW_SERVICE}/runs/{run['id']}"
    caller.send(
        "PUT", path, json={"metrics": metrics}, headers={"If-Match": run["etag"]}
    )


def _read(caller: Caller) -> list[dict[str, Any]]:
    """Read every list and every object of an organization's sandbox."""
    read = []

    def remember(path: str, accept: str = "*/*") -> Any:
        answer = caller.get(path, accept)
        read.append({"path": path, "accept": accept, "answer": answer})
        return answer

    for kind in (
        "connections",
        "sourceConnections",
        "targetConnections",
        "flows",
        "runs",
    ):
        for item in remember(f"{FLOW_SERVICE}/{kind}")["items"]:
            remember(f"{FLOW_SERVICE}/{kind}/{item['id']}")
    for kind, own in (
        ("connectionSpecs", TENANT_SPEC),
        ("flowSpecs", TENANT_FLOW_SPEC),
    ):
        for item in remember(f"{FLOW_SERVICE}/{kind}?property=name=={own['name']}")[
            "items"
        ]:
            remember(f"{FLOW_SERVICE}/{kind}/{item['id']}")
    for kind in ("schemas", "classes", "fieldgroups"):
        for item in remember(f"{REGISTRY}/{kind}", LISTED)["results"]:
            remember(f"{REGISTRY}/{kind}/{item['meta:altId']}", FULL)
    for id in remember(CATALOG):
        remember(f"{CATALOG}/{id}")
    for item in remember(f"{MAPPINGS}?limit=100&start=0")["data"]:
        remember(f"{MAPPINGS}/{item['id']}")
        remember(f"{MAPPINGS}/{item['id']}?version=0")
    return read


def _tidy(target: Path) -> None:
    """Make one file of the store, pack what is large, and remove what is not kept."""
    with closing(sqlite3.connect(target / "local.db")) as database:
        database.execute("VACUUM")
    for path in (target / "local.db", *target.glob("specs/*.json")):
        path.with_name(f"{path.name}.gz").write_bytes(
            gzip.compress(path.read_bytes(), mtime=0)
        )
        path.unlink()
    shutil.rmtree(target / "site")
    (target / "serve.log").unlink()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
