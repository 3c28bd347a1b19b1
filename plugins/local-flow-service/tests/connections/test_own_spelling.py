"""Credentials in another spelling, and fields that a specification does not list: stored in its own, or as secrets."""

from __future__ import annotations

import json
import types
from typing import Any

import pytest

from headwater import AuthenticationSpec, ConnectionSpec, Field, hookimpl
from headwater.connectors.connector import Connector
from headwater.models import Distribution
from headwater_local_flow_service import Settings, Strictness
from headwater_local_flow_service.archive import exporting, importing

Open = Any
SPEC = "11111111-2222-4333-8444-555555555555"
CANARY = "canary-7731"
_SHARED = (Field("host"), Field("password", secret=True))

AZURE = AuthenticationSpec(
    "Basic", [*_SHARED, Field("tls", enum=("Off", "On"))], cloud="azure"
)
AWS = AuthenticationSpec(
    "Basic",
    [
        *_SHARED,
        Field("tls", "boolean", accepts_type="string"),
        Field("port", required=False, accepts_type="integer"),
        Field("key", secret=True, required=False, required_if=("tls", True)),
    ],
    cloud="aws",
    former_names=("Basic Authentication for Acme",),
)
WHOLE: dict[str, Any] = {
    "host": "a.example",
    "password": CANARY,
    "tls": "false",
    "port": 5439,
}
OWN: dict[str, Any] = {
    "host": "a.example",
    "password": "******",
    "tls": False,
    "port": "5439",
}


@hookimpl
def connection_spec() -> ConnectionSpec:
    """Return the facts of a source with a specification for each cloud."""
    return ConnectionSpec(id=SPEC, name="Acme", category="crm")


@hookimpl
def credential_schemas() -> list[AuthenticationSpec]:
    """Return both specifications, which share a name."""
    return [AZURE, AWS]


@pytest.fixture
def talker(service: Open) -> Any:
    """Return a client of a service that knows the source."""
    return service([_connector()])


def _connector() -> Connector:
    plugin = types.SimpleNamespace(
        connection_spec=connection_spec, credential_schemas=credential_schemas
    )
    return Connector("acme", plugin, Distribution("test", "1"))


def _post(talker: Any, name: str = "Basic", **params: Any) -> Any:
    body = {
        "name": "desk",
        "connectionSpec": {"id": SPEC, "version": "1.0"},
        "auth": {"specName": name, "params": params},
    }
    return talker.post("/connections", json=body)


def test_a_create_stores_the_own_spelling_and_says_so_once(talker: Any) -> None:
    answer = _post(talker, **WHOLE)
    assert answer.status_code == 201
    assert answer.headers["Warning"] == (
        '299 headwater "auth.params.tls, auth.params.port stored as the specification spells it"'
    )
    made = answer.json()
    assert talker.read(made["id"])["auth"]["params"] == OWN
    patch = {"op": "replace", "path": "/name", "value": "other"}
    assert "Warning" not in talker.patch(made["id"], made["etag"], patch).headers


def test_a_patch_stores_the_own_spelling_too(talker: Any) -> None:
    made = _post(talker, **WHOLE).json()
    change = {"op": "replace", "path": "/auth/params/port", "value": 1}
    answer = talker.patch(made["id"], made["etag"], change)
    assert answer.status_code == 200
    assert "auth.params.port stored as" in answer.headers["Warning"]
    assert talker.read(made["id"])["auth"]["params"] == OWN | {"port": "1"}


def test_the_same_value_in_another_spelling_is_no_changed_destination(
    service: Open,
) -> None:
    strict = Strictness(demand_secrets_anew=True)
    talker = service([_connector()], strictness=strict)
    made = _post(talker, **WHOLE).json()
    change = {"op": "replace", "path": "/auth/params/port", "value": 5439}
    assert talker.patch(made["id"], made["etag"], change).status_code == 200
    etag = talker.read(made["id"])["etag"]
    change["value"] = 5440
    assert talker.patch(made["id"], etag, change).status_code == 400


def test_a_value_that_is_another_spelling_decides_what_else_is_required(
    talker: Any, code: Any
) -> None:
    answer = _post(talker, **WHOLE | {"tls": "true"})
    assert code(answer) == "CONNECTOR-1304-400"
    assert "auth.params.key is missing" in answer.json()["errorMessage"]
    assert _post(talker, **WHOLE, key="k").status_code == 201


def test_a_specification_of_the_name_that_fits_as_it_is_comes_first(
    talker: Any,
) -> None:
    made = _post(talker, host="a.example", password=CANARY, tls="On").json()
    assert talker.read(made["id"])["auth"]["params"]["tls"] == "On"


def test_an_unlisted_field_is_kept_as_a_secret_with_a_warning(talker: Any) -> None:
    answer = _post(talker, **WHOLE, extra={"any": CANARY}, limit=5)
    assert answer.status_code == 201
    assert (
        "auth.params.extra, auth.params.limit not in the specification, kept as secret"
        in answer.headers["Warning"]
    )
    made = answer.json()
    stored = talker.read(made["id"])["auth"]["params"]
    assert stored == OWN | {"extra": "******", "limit": "******"}
    exported = "".join(map(str, exporting.lines(talker.app.store)))
    assert CANARY not in json.dumps(stored) + exported


def test_strict_refuses_an_unlisted_field_with_the_nearest(
    service: Open, code: Any
) -> None:
    talker = service([_connector()], strictness=Strictness.strict())
    answer = _post(talker, **WHOLE, prot=CANARY)
    assert code(answer) == "CONNECTOR-1312-400"
    assert "auth.params.prot is not a field; did you mean port?" in answer.text
    assert CANARY not in answer.text


def test_what_is_missing_is_refused_with_the_unlisted_field_that_may_be_it(
    talker: Any,
) -> None:
    answer = _post(talker, hots="a.example", password=CANARY, tls=True, key="k")
    assert answer.status_code == 400
    assert "auth.params.hots is not a field; did you mean host?" in answer.text


def test_an_unlisted_field_cannot_be_slipped_under_secrets_that_are_kept(
    service: Open, code: Any
) -> None:
    strict = Strictness(demand_secrets_anew=True)
    talker = service([_connector()], strictness=strict)
    made = _post(talker, **WHOLE).json()
    change = {"op": "add", "path": "/auth/params/override", "value": "evil.example"}
    refused = talker.patch(made["id"], made["etag"], change)
    assert code(refused) == "CONNECTOR-1312-400"
    assert "auth.params.override decides where" in refused.text
    secret = {"op": "replace", "path": "/auth/params/password", "value": "new"}
    answer = talker.patch(made["id"], made["etag"], change, secret)
    assert answer.status_code == 200
    etag = talker.read(made["id"])["etag"]
    gone = {"op": "remove", "path": "/auth/params/override"}
    assert talker.patch(made["id"], etag, gone).status_code == 200


@pytest.mark.parametrize("name", ['a"\r\nX-Evil: 1', "ä", "n" * 200])
def test_a_name_from_a_request_never_makes_a_header(talker: Any, name: str) -> None:
    answer = _post(talker, **WHOLE, **{name: "x"})
    assert answer.status_code == 201
    assert "X-Evil" not in answer.headers
    assert "1 more not in the specification" in answer.headers["Warning"]


def test_a_schema_from_outside_is_kept_to_the_letter(talker: Any, code: Any) -> None:
    schema = {
        "type": "object",
        "properties": {"port": {"type": "integer"}},
        "additionalProperties": False,
    }
    spec = {
        "name": "own",
        "providerId": "0ed90a81-07f4-4586-8190-b40eccef1c5a",
        "attributes": {"isSource": True, "category": "crm"},
        "authSpec": [{"name": "Key", "spec": schema}],
    }
    id = talker.post("/connectionSpecs", json=spec).json()["id"]
    for params in ({"port": "1"}, {"port": 1, "extra": "x"}):
        body = {
            "name": "desk",
            "connectionSpec": {"id": id, "version": "1.0"},
            "auth": {"specName": "Key", "params": params},
        }
        answer = talker.post("/connections", json=body)
        assert code(answer) == "CONNECTOR-1312-400"


def test_a_former_name_is_refused_with_the_name_of_today(
    talker: Any, code: Any
) -> None:
    answer = _post(talker, "Basic Authentication for Acme", **WHOLE)
    assert code(answer) == "FLOW-1415-400"
    assert "older documentation calls so is Basic" in answer.json()["errorMessage"]


def test_what_is_kept_beside_the_specification_moves_with_an_export(
    service: Open, oracle: Any, tmp_path: Any
) -> None:
    talker = service()
    body = oracle()
    body["auth"]["params"]["extra"] = CANARY
    made = talker.post("/connections", json=body).json()
    lines = list(exporting.lines(talker.app.store))
    other = service(store=str(tmp_path / "other.db"))
    context = importing.context_of(
        other.app.store, Settings(store=str(tmp_path / "other.db"))
    )
    imported = importing.run(context, lines, "it")
    assert imported.objects == {"connections": 1}
    params = other.read(made["id"])["auth"]["params"]
    assert {"host", "username"} <= set(params)
    assert CANARY not in json.dumps(params)
