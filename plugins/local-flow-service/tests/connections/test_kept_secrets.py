"""Stored secrets attacked over HTTP by somebody who may patch connections and specifications, and knows none."""

from __future__ import annotations

import json
import types
from typing import Any

import pytest

from headwater import AuthenticationSpec, ConnectionSpec, Field, hookimpl
from headwater.connectors.connector import Connector
from headwater.models import Distribution
from headwater.secret import Secret
from headwater.sources import Reach
from headwater_local_flow_service import Client, Strictness
from headwater_local_flow_service.archive import exporting
from headwater_local_flow_service.connections import asking, destinations
from headwater_local_flow_service.store import tables

Open = Any
SPEC = "11111111-2222-4333-8444-555555555555"
CANARY = "canary-7731"
PROVIDER = "0ed90a81-07f4-4586-8190-b40eccef1c5a"
STRICT = Strictness(demand_secrets_anew=True)

PASSWORD = {"type": "string", "format": "password"}
PLAIN = {"type": "string"}


def _schema(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def _tenant_spec(*auth_specs: tuple[str, Any]) -> dict[str, Any]:
    return {
        "name": "acme",
        "providerId": PROVIDER,
        "attributes": {"isSource": True, "category": "crm"},
        "authSpec": [{"name": name, "spec": schema} for name, schema in auth_specs],
    }


MARKED = _tenant_spec(
    ("Key", _schema(host=PLAIN, token=PASSWORD, label=PLAIN)),
    ("Open", _schema(host=PLAIN, token=PLAIN)),
)


def _connect(talker: Any, spec: str, name: str = "Key", **params: Any) -> Any:
    body = {
        "name": "desk",
        "connectionSpec": {"id": spec, "version": "1.0"},
        "auth": {"specName": name, "params": params},
    }
    answer = talker.post("/connections", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


@pytest.fixture
def stored(service: Open) -> tuple[Any, str, dict[str, Any]]:
    """Return a talker, a stored specification's id, and a connection whose token is secret by it."""
    talker = service(strictness=STRICT)
    spec = talker.post("/connectionSpecs", json=MARKED).json()["id"]
    return talker, spec, _connect(talker, spec, host="acme.example", token=CANARY)


def _put(talker: Any, spec: str, *auth_specs: tuple[str, Any]) -> None:
    answer = talker.send(
        "PUT", f"/connectionSpecs/{spec}", json=_tenant_spec(*auth_specs)
    )
    assert answer.status_code == 200, answer.text


def _everything(talker: Any, id: str) -> str:
    """Return all that the service ever shows of a connection."""
    search = talker.post("/connections/search", json={})
    grouped = talker.get("/connections?property=auth.params.token")
    found = talker.get(f'/connections?property=auth.params.token=="{CANARY}"')
    assert search.status_code == 200, search.text
    assert found.json()["items"] == [], "a filter must not tell whether it was guessed"
    exported = b"".join(exporting.lines(talker.app.store)).decode()
    with talker.app.store.snapshot() as rows:
        at_rest = [record.document for record, _ in rows.walk(tables.connections)]
    answers = [talker.read(id), talker.get("/connections").json(), search.json()]
    return json.dumps([*answers, grouped.text, exported, at_rest])


UNMARKED = (
    ("plain", _schema(host=PLAIN, token=PLAIN)),
    ("opaque", _schema(host=PLAIN, token={})),
    ("unlisted", _schema(host=PLAIN)),
    ("nothing", {"type": "object"}),
    ("default", _schema(host=PLAIN, token={"type": "string", "default": "x"})),
)


@pytest.mark.parametrize(
    "schema", [schema for _, schema in UNMARKED], ids=[name for name, _ in UNMARKED]
)
@pytest.mark.parametrize(
    "operation",
    [
        {"op": "replace", "path": "/name", "value": "renamed"},
        {"op": "replace", "path": "/auth/params/host", "value": "evil.example"},
        {"op": "replace", "path": "/auth/params/host", "value": "acme.example"},
        {"op": "add", "path": "/auth/params/more", "value": "x"},
        {"op": "replace", "path": "/auth/specName", "value": "Key"},
        {"op": "add", "path": "/auth/params/token", "value": "******"},
    ],
    ids=lambda operation: operation["path"] + "=" + str(operation["value"]),
)
def test_a_replaced_specification_opens_no_stored_secret(
    stored: Any, *, schema: Any, operation: dict[str, Any]
) -> None:
    talker, spec, made = stored
    _put(talker, spec, ("Key", schema))
    talker.patch(made["id"], made["etag"], operation)
    assert CANARY not in _everything(talker, made["id"])


def test_another_specification_name_opens_no_stored_secret(
    stored: Any, code: Any
) -> None:
    talker, _spec, made = stored
    change = {"op": "replace", "path": "/auth/specName", "value": "Open"}
    answer = talker.patch(made["id"], made["etag"], change)
    assert code(answer) == "CONNECTOR-1312-400"
    assert "send auth.params.token with it" in answer.json()["errorMessage"]
    assert CANARY not in _everything(talker, made["id"])


def test_a_value_given_anew_goes_under_the_new_specification_and_stays_masked(
    stored: Any,
) -> None:
    talker, _spec, made = stored
    operations = [
        {"op": "replace", "path": "/auth/specName", "value": "Open"},
        {"op": "replace", "path": "/auth/params/token", "value": "canary-new-9"},
    ]
    assert talker.patch(made["id"], made["etag"], *operations).status_code == 200
    shown = _everything(talker, made["id"])
    assert CANARY not in shown
    assert "canary-new-9" not in shown, "what was secret in a connection stays secret"


def test_a_name_is_changed_under_a_replaced_specification(stored: Any) -> None:
    talker, spec, made = stored
    _put(talker, spec, ("Key", _schema(host=PLAIN, token=PLAIN)))
    change = {"op": "replace", "path": "/name", "value": "renamed"}
    assert talker.patch(made["id"], made["etag"], change).status_code == 200
    assert talker.read(made["id"])["auth"]["params"]["token"] == "******"


@pytest.mark.parametrize(
    "operations",
    [
        [{"op": "replace", "path": "/auth/params/host", "value": "evil.example"}],
        [{"op": "ADD", "path": "/auth/params/label", "value": "evil.example"}],
        [{"op": "add", "path": "/auth/params/label", "value": "evil.example"}],
        [{"op": "remove", "path": "/auth/params/host"}],
        [
            {"op": "remove", "path": "/auth/params/host"},
            {"op": "add", "path": "/auth/params/host", "value": "evil.example"},
        ],
        {"op": "replace", "path": "/auth/params/host", "value": "evil.example"},
    ],
)
def test_a_changed_destination_demands_the_secrets_anew(
    stored: Any, code: Any, operations: Any
) -> None:
    talker, _spec, made = stored
    answer = talker.send(
        "PATCH",
        f"/connections/{made['id']}",
        headers={"If-Match": made["etag"]},
        json=operations,
    )
    assert code(answer) == "CONNECTOR-1312-400"
    assert "decides where the secrets are sent" in answer.json()["errorMessage"]
    assert talker.read(made["id"])["auth"]["params"]["host"] == "acme.example"
    both = [
        {"op": "replace", "path": "/auth/params/host", "value": "new.example"},
        {"op": "replace", "path": "/auth/params/token", "value": "mine"},
    ]
    assert talker.patch(made["id"], made["etag"], *both).status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        {"op": "replace", "path": "/name", "value": "renamed"},
        {"op": "add", "path": "/description", "value": "of the desk"},
        {"op": "replace", "path": "/auth/params/host", "value": "acme.example"},
        {"op": "replace", "path": "/auth/params/token", "value": "mine"},
        {"op": "replace", "path": "/auth/specName", "value": "Key"},
    ],
)
def test_what_leads_nowhere_else_needs_no_secret(
    stored: Any, change: dict[str, Any]
) -> None:
    talker, _spec, made = stored
    assert talker.patch(made["id"], made["etag"], change).status_code == 200


def _connector(*fields: Field) -> Connector:
    plugin = types.SimpleNamespace(
        connection_spec=hookimpl(
            lambda: ConnectionSpec(id=SPEC, name="Deep", category="x")
        ),
        credential_schemas=hookimpl(lambda: [AuthenticationSpec("Key", fields)]),
    )
    return Connector("deep", plugin, Distribution("test", "1"))


DEEP = _connector(
    Field("host"),
    Field("port", "integer", required=False),
    Field("username", required=False),
    Field("target", required=False, destination=True),
    Field(
        "account",
        "object",
        properties=(
            Field("email"),
            Field("private_key", secret=True),
            Field("tokenUri", required=False),
        ),
    ),
)
ACCOUNT = {"email": "a@acme.example", "private_key": CANARY, "tokenUri": "here"}


@pytest.mark.parametrize(
    ("path", "value", "status"),
    [
        ("/auth/params/host", "evil.example", 400),
        ("/auth/params/port", 8443, 400),
        ("/auth/params/target", "evil", 400),
        ("/auth/params/account/tokenUri", "https://evil.example", 400),
        ("/auth/params/username", "somebody", 200),
        ("/auth/params/account/email", "b@acme.example", 200),
        ("/auth/params/account", ACCOUNT | {"tokenUri": "https://evil.example"}, 200),
    ],
)
def test_destinations_of_an_installed_connector_go_by_name_and_mark(
    service: Open, path: str, value: Any, status: int
) -> None:
    talker = service([DEEP], strictness=STRICT)
    made = _connect(talker, SPEC, host="acme.example", account=ACCOUNT)
    change = {"op": "add", "path": path, "value": value}
    assert talker.patch(made["id"], made["etag"], change).status_code == status


def test_a_secret_in_depth_is_masked_everywhere_and_exported_sealed(
    service: Open,
) -> None:
    talker = service([DEEP])
    made = _connect(talker, SPEC, host="acme.example", account=ACCOUNT)
    assert talker.read(made["id"])["auth"]["params"]["account"] == {
        "email": "a@acme.example",
        "private_key": "******",
        "tokenUri": "here",
    }
    assert CANARY not in _everything(talker, made["id"])
    [line] = [
        line
        for line in map(json.loads, exporting.lines(talker.app.store))
        if line.get("type") == "connections"
    ]
    assert line["secrets"] == ["/account/private_key"]
    assert line["document"]["auth"]["params"]["account"] == {
        "email": "a@acme.example",
        "tokenUri": "here",
    }


@pytest.mark.parametrize(
    "account",
    [
        {"email": "e", "private_key": CANARY, "old_key": CANARY},
        CANARY,
        [CANARY],
        {"email": "e", "private_key": {"x": CANARY}},
    ],
)
def test_what_does_not_fit_is_refused_without_showing_it(
    service: Open, account: Any
) -> None:
    talker = service([DEEP], strictness=Strictness(refuse_unknown_fields=True))
    body = {
        "name": "desk",
        "connectionSpec": {"id": SPEC, "version": "1.0"},
        "auth": {"specName": "Key", "params": {"host": "h", "account": account}},
    }
    answer = talker.post("/connections", json=body)
    assert answer.status_code == 400
    assert CANARY not in answer.text


def test_tests_on_this_machine_may_move_a_connection_and_are_told(
    service: Open,
) -> None:
    talker = service()
    made = talker.create()
    change = {"op": "replace", "path": "/auth/params/host", "value": "127.0.0.1:1"}
    answer = talker.patch(made["id"], made["etag"], change)
    assert answer.status_code == 200
    assert "demand_secrets_anew" in answer.headers["Warning"]


def test_clients_turn_the_demand_on(service: Open, code: Any) -> None:
    client = Client(id="key", secret=Secret("s3cret"), organizations=["ACME@AdobeOrg"])
    talker = service(clients=[client]).admitted(client)
    made = talker.create()
    change = {"op": "replace", "path": "/auth/params/host", "value": "evil.example"}
    assert code(talker.patch(made["id"], made["etag"], change)) == "CONNECTOR-1312-400"


@pytest.mark.parametrize(
    ("name", "leads"),
    [
        ("host", True),
        ("environmentUrl", True),
        ("serviceEndpoint", True),
        ("URL", True),
        ("account", True),
        ("sub_domain", True),
        ("tenantId", True),
        ("username", False),
        ("database", False),
        ("clientId", False),
        ("support", False),
        ("supportedHosting", False),
    ],
)
def test_names_that_lead_somewhere(name: str, leads: bool) -> None:
    assert bool(destinations._leads_by_name((name,))) is leads


def test_a_reader_gets_sealed_what_the_specification_or_the_row_says() -> None:
    auth = {
        "specName": "Key",
        "params": {"host": "h", "username": CANARY, "account": ACCOUNT},
    }
    account = asking.open_account(DEEP, auth, (("username",),), Reach(()), patience=1.0)
    params = account.credentials.params
    assert params["account"]["private_key"] == Secret(CANARY)
    assert params["username"] == Secret(CANARY), "secret in this connection before"
    assert params["account"]["email"] == "a@acme.example"
    assert CANARY not in repr(account)
