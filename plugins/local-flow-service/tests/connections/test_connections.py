"""The life of a base connection: created, read, changed, tested, deleted, and refused where it must be."""

from __future__ import annotations

import re
import types
from typing import Any

import pytest
from dataflows import PLATFORM

from headwater import AuthenticationSpec, ConnectionSpec, Field, hookimpl
from headwater.connectors.connector import Connector
from headwater.models import Distribution
from headwater_local_flow_service import Strictness
from headwater_local_flow_service.store import tables

Open = Any
SPEC = "11111111-2222-4333-8444-555555555555"


def _connector(*authentication: AuthenticationSpec) -> Connector:
    plugin = types.SimpleNamespace(
        connection_spec=hookimpl(
            lambda: ConnectionSpec(id=SPEC, name="Two Clouds", category="x")
        ),
        credential_schemas=hookimpl(lambda: authentication),
    )
    return Connector("two-clouds", plugin, Distribution("test", "1"))


def test_a_read_has_the_audit_block_in_an_envelope_of_one(service: Open) -> None:
    talker = service()
    made = talker.create()
    answer = talker.get(f"/connections/{made['id']}/")
    assert list(answer.json()) == ["items"]
    [item] = answer.json()["items"]
    assert item["id"] == made["id"]
    assert item["etag"] == item["version"] == made["etag"]
    assert item["createdAt"] == item["updatedAt"]
    assert item["createdBy"] == item["createdClient"] == "key"
    assert (item["imsOrgId"], item["sandboxName"], item["state"]) == (
        "ACME@AdobeOrg",
        "prod",
        "enabled",
    )
    assert re.fullmatch(r"[0-9a-f-]{36}", item["sandboxId"])
    assert item["auth"]["params"] == {
        "host": "acme.example",
        "username": "integration",
        "password": "******",
    }


def test_names_need_not_be_unique_and_may_be_missing(
    service: Open, oracle: Any
) -> None:
    talker = service()
    assert talker.create("twin")["id"] != talker.create("twin")["id"]
    body = oracle()
    del body["name"]
    made = talker.post("/connections", json=body).json()
    assert "name" not in talker.read(made["id"])


def test_unknown_fields_are_kept_and_audit_fields_are_passed_over(
    service: Open,
) -> None:
    talker = service()
    made = talker.create(
        providerId="x", labels=["a"], id="mine", state="disabled", createdAt=1, etag="e"
    )
    item = talker.read(made["id"])
    assert (item["providerId"], item["labels"]) == ("x", ["a"])
    assert item["id"] == made["id"] != "mine"
    assert item["state"] == "enabled"
    assert item["createdAt"] > 1


@pytest.mark.parametrize(
    ("change", "expected", "said"),
    [
        ({"connectionSpec": None}, "FLOW-1413-400", "connectionSpec.id"),
        ({"connectionSpec": "x"}, "FLOW-1413-400", "connectionSpec.id"),
        ({"connectionSpec": {"id": 5}}, "FLOW-1413-400", "connectionSpec.id"),
        ({"connectionSpec": {"id": "0" * 36}}, "FLOW-1413-400", "not a known"),
        (
            {"connectionSpec": {"id": "a5126ec-c9ac-11eb-b8bc-0242ac130003"}},
            "FLOW-1413-400",
            "did you mean ba5126ec",
        ),
        (
            {
                "connectionSpec": {
                    "id": "ba5126ec-c9ac-11eb-b8bc-0242ac130003",
                    "version": [1],
                }
            },
            "CONNECTOR-1312-400",
            "version",
        ),
        ({"auth": None}, "CONNECTOR-1304-400", "auth"),
        ({"auth": []}, "CONNECTOR-1312-400", "auth"),
        ({"auth": {"params": {}}}, "FLOW-1415-400", "Basic Authentication"),
        (
            {"auth": {"specName": ["Basic Authentication"], "params": {}}},
            "FLOW-1415-400",
            "Basic Authentication",
        ),
        (
            {"auth": {"specName": "OAuth2", "params": {}}},
            "FLOW-1415-400",
            "Oracle Service Cloud",
        ),
        (
            {"auth": {"specName": "Basic Authentication", "params": []}},
            "CONNECTOR-1312-400",
            "auth.params",
        ),
        (
            {"auth": {"specName": "Basic Authentication"}},
            "CONNECTOR-1304-400",
            "auth.params.password is missing",
        ),
        ({"name": 5}, "CONNECTOR-1312-400", "name"),
        ({"description": {}}, "CONNECTOR-1312-400", "description"),
    ],
)
def test_a_refusal_names_the_field_and_the_rule(
    service: Open,
    oracle: Any,
    code: Any,
    *,
    change: dict[str, Any],
    expected: str,
    said: str,
) -> None:
    talker = service()
    answer = talker.post("/connections", json=oracle() | change)
    assert code(answer) == expected
    assert said in answer.json()["errorMessage"]
    assert talker.get("/connections?count=true").json() == {"count": 0}


@pytest.mark.parametrize(
    ("params", "expected", "said"),
    [
        ({"host": "h", "username": "u"}, "CONNECTOR-1304-400", "auth.params.password"),
        (
            {"host": "h", "username": "u", "password": "******"},
            "CONNECTOR-1312-400",
            "mask",
        ),
        (
            {
                "host": "h",
                "username": "u",
                "password": "canary-5577",
                "pass": "canary-5577",
            },
            "CONNECTOR-1312-400",
            "pass",
        ),
        (
            {"host": "h", "username": ["canary-5577"], "password": "p"},
            "CONNECTOR-1312-400",
            "auth.params.username",
        ),
        (
            {"host": "h", "username": "u", "password": {"x": "canary-5577"}},
            "CONNECTOR-1312-400",
            "auth.params.password",
        ),
        (
            {"host": "", "username": "u", "password": "p"},
            "CONNECTOR-1312-400",
            "auth.params.host",
        ),
    ],
)
def test_credentials_are_validated_without_showing_a_value(
    service: Open,
    oracle: Any,
    code: Any,
    *,
    params: dict[str, Any],
    expected: str,
    said: str,
) -> None:
    body = oracle(auth={"specName": "Basic Authentication", "params": params})
    strict = Strictness(refuse_unknown_fields=True)
    answer = service(strictness=strict).post("/connections", json=body)
    assert code(answer) == expected
    assert said in answer.json()["errorMessage"]
    assert "canary-5577" not in answer.text


def test_what_looks_like_a_reference_is_the_secret_itself(
    service: Open, oracle: Any, tmp_path: Any
) -> None:
    (tmp_path / "secret").write_text("from-the-file")
    talker = service()
    for text in (f"file:{tmp_path}/secret", "env:PATH", "literal:x"):
        body = oracle()
        body["auth"]["params"]["password"] = text
        made = talker.post("/connections", json=body).json()
        record = talker.app.store.get(_table(), _scope(), made["id"])
        owner = (record.scope.org, record.scope.sandbox, record.id)
        assert talker.app.store.vault.open(record.secrets, *owner)["password"] == text


def test_a_missing_spec_version_is_completed_or_refused(
    service: Open, oracle: Any, code: Any
) -> None:
    body = oracle()
    del body["connectionSpec"]["version"]
    talker = service()
    made = talker.post("/connections", json=body).json()
    assert talker.read(made["id"])["connectionSpec"]["version"] == "1.0"
    assert (
        code(service(strictness=Strictness.strict()).post("/connections", json=body))
        == "HEADWATER-1422-422"
    )


def test_one_of_several_specifications_of_one_name_is_enough(
    service: Open, code: Any
) -> None:
    azure = AuthenticationSpec(
        "Key", [Field("account"), Field("key", secret=True)], cloud="azure"
    )
    aws = AuthenticationSpec(
        "Key",
        [Field("region"), Field("token", secret=True), Field("zone")],
        cloud="aws",
    )
    talker = service(connectors=[_connector(azure, aws)])

    def body(**params: str) -> dict[str, Any]:
        return {
            "auth": {"specName": "Key", "params": params},
            "connectionSpec": {"id": SPEC, "version": "1.0"},
        }

    first = talker.post("/connections", json=body(account="a", key="k")).json()
    second = talker.post(
        "/connections", json=body(region="r", token="t", zone="z")
    ).json()
    assert talker.read(first["id"])["auth"]["params"] == {
        "account": "a",
        "key": "******",
    }
    assert talker.read(second["id"])["auth"]["params"] == {
        "region": "r",
        "token": "******",
        "zone": "z",
    }
    nearest = talker.post("/connections", json=body(account="a"))
    assert code(nearest) == "CONNECTOR-1304-400"
    assert nearest.json()["errorMessage"] == "auth.params.key is missing"


def test_a_source_without_authentication_needs_none(service: Open) -> None:
    talker = service(connectors=[_connector()])
    made = talker.post(
        "/connections", json={"connectionSpec": {"id": SPEC, "version": "1.0"}}
    ).json()
    assert "auth" not in talker.read(made["id"])


def test_a_patch_changes_what_it_says_and_the_etag(service: Open) -> None:
    talker = service()
    made = talker.create()
    answer = talker.patch(
        made["id"],
        made["etag"],
        {"op": "Replace", "path": "/name", "value": "new"},
        {"op": "ADD", "path": "/description", "value": "told"},
    )
    assert answer.status_code == 200
    assert answer.json()["id"] == made["id"]
    assert answer.json()["etag"] != made["etag"]
    item = talker.read(made["id"])
    assert (item["name"], item["description"], item["etag"]) == (
        "new",
        "told",
        answer.json()["etag"],
    )
    assert item["updatedAt"] >= item["createdAt"]
    gone = talker.patch(
        made["id"],
        item["etag"],
        {"op": "remove", "path": "/description", "value": "ignored"},
    )
    assert gone.status_code == 200
    assert "description" not in talker.read(made["id"])
    assert (
        len(
            talker.get("/connections", params={"property": "name==new"}).json()["items"]
        )
        == 1
    )


def test_one_bare_operation_is_taken_like_an_array(service: Open) -> None:
    talker = service()
    made = talker.create()
    body = {"op": "replace", "path": "/name", "value": "new"}
    headers = {"if-match": made["etag"]}
    answer = talker.send(
        "PATCH",
        f"/connections/{made['id']}/?if-match=ignored",
        headers=headers,
        json=body,
    )
    assert answer.status_code == 200


def test_credentials_are_replaced_whole_or_in_part(service: Open) -> None:
    talker = service()
    made = talker.create()
    part = talker.patch(
        made["id"],
        made["etag"],
        {"op": "replace", "path": "/auth/params/password", "value": "new-one"},
    )
    assert part.status_code == 200
    assert _stored(talker, made["id"]) == {
        "host": "acme.example",
        "username": "integration",
        "password": "new-one",
    }
    whole = {"host": "b.example", "username": "v", "password": "other"}
    answer = talker.patch(
        made["id"],
        part.json()["etag"],
        {"op": "add", "path": "/auth/params", "value": whole},
    )
    assert answer.status_code == 200
    assert _stored(talker, made["id"]) == whole
    assert talker.read(made["id"])["auth"]["params"] == whole | {"password": "******"}


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        (
            {"op": "replace", "path": "/connectionSpec/version", "value": "2.0"},
            "FLOW-1414-400",
        ),
        ({"op": "remove", "path": "/connectionSpec"}, "FLOW-1414-400"),
        ({"op": "move", "path": "/name", "from": "/description"}, "FLOW-1434-400"),
        ({"op": "test", "path": "/name", "value": "desk"}, "FLOW-1434-400"),
        ({"op": 5, "path": "/name"}, "FLOW-1434-400"),
        ({"path": "/name", "value": "x"}, "FLOW-1434-400"),
        ({"op": "replace", "path": "/nothing", "value": 1}, "FLOW-1455-400"),
        ({"op": "remove", "path": "/nothing"}, "FLOW-1455-400"),
        ({"op": "add", "path": "/nothing/below", "value": 1}, "FLOW-1455-400"),
        ({"op": "add", "path": "/name/below", "value": 1}, "FLOW-1455-400"),
        ({"op": "replace", "path": "", "value": {}}, "FLOW-1455-400"),
        ({"op": "replace", "path": "name", "value": "x"}, "FLOW-1455-400"),
        ({"op": "replace", "path": "/name~", "value": "x"}, "FLOW-1455-400"),
        ({"op": "replace", "path": "/name"}, "FLOW-1455-400"),
        ({"op": "replace", "path": "/state", "value": "disabled"}, "FLOW-1455-400"),
        ({"op": "replace", "path": "/id", "value": "x"}, "FLOW-1455-400"),
        ({"op": "replace", "path": "/name", "value": 5}, "CONNECTOR-1312-400"),
        ({"op": "remove", "path": "/auth"}, "CONNECTOR-1304-400"),
        ({"op": "remove", "path": "/auth/params/password"}, "CONNECTOR-1304-400"),
        (
            {"op": "replace", "path": "/auth/params/password", "value": "******"},
            "CONNECTOR-1312-400",
        ),
        (
            {"op": "add", "path": "/auth/params/extra", "value": "x"},
            "CONNECTOR-1312-400",
        ),
        ({"op": "replace", "path": "/auth/specName", "value": "none"}, "FLOW-1415-400"),
        ("not an operation", "FLOW-1455-400"),
    ],
)
def test_a_refused_patch_changes_nothing(
    service: Open, code: Any, operation: Any, expected: str
) -> None:
    talker = service(strictness=Strictness(refuse_unknown_fields=True))
    made = talker.create()
    before = talker.read(made["id"])
    stored = _stored(talker, made["id"])
    first = {"op": "replace", "path": "/name", "value": "half"}
    assert code(talker.patch(made["id"], made["etag"], first, operation)) == expected
    assert talker.read(made["id"]) == before
    assert _stored(talker, made["id"]) == stored


def test_if_match_is_needed_and_must_be_current(service: Open, code: Any) -> None:
    talker = service()
    made = talker.create()
    change = {"op": "replace", "path": "/name", "value": "x"}
    assert code(talker.patch(made["id"], "", change)) == "FLOW-1403-400"
    assert code(talker.patch(made["id"], "*", change)) == "FLOW-1404-412"
    assert (
        code(talker.patch(made["id"], f"W/{made['etag']}", change)) == "FLOW-1404-412"
    )
    assert talker.patch(made["id"], made["etag"], change).status_code == 200
    assert code(talker.patch(made["id"], made["etag"], change)) == "FLOW-1404-412"
    assert code(talker.patch("0" * 36, made["etag"], change)) == "FLOW-1439-404"


def test_an_etag_without_quotes_is_taken_unless_strict(
    service: Open, code: Any
) -> None:
    talker = service()
    made = talker.create()
    change = {"op": "replace", "path": "/name", "value": "x"}
    strict = service(strictness=Strictness.strict())
    assert (
        code(strict.patch(made["id"], made["etag"].strip('"'), change))
        == "FLOW-1404-412"
    )
    assert talker.patch(made["id"], made["etag"].strip('"'), change).status_code == 200


@pytest.mark.parametrize(
    "body", ["", "[]", "{}", "null", '"text"', "5", "[[]]", "[null]"]
)
def test_a_patch_needs_operations(service: Open, code: Any, body: str) -> None:
    talker = service()
    made = talker.create()
    headers = {"If-Match": made["etag"], "Content-Type": "application/json"}
    answer = talker.send(
        "PATCH", f"/connections/{made['id']}", headers=headers, data=body
    )
    assert code(answer) in ("FLOW-1405-400", "FLOW-1455-400")


def test_patches_cannot_grow_a_connection_without_end(service: Open, code: Any) -> None:
    talker = service(largest_body=4096, deepest_body=8)
    made = talker.create()
    etag = made["etag"]
    for number in range(4):
        change = {"op": "add", "path": f"/note{number}", "value": "x" * 1500}
        answer = talker.patch(made["id"], etag, change)
        etag = answer.json().get("etag", etag)
    assert code(answer) == "FLOW-1455-400"
    deeper = [
        {"op": "add", "path": "/a" * depth, "value": {}} for depth in range(1, 12)
    ]
    assert code(talker.patch(made["id"], etag, *deeper)) == "FLOW-1455-400"


def test_deleting_answers_204_and_then_404(service: Open, code: Any) -> None:
    talker = service()
    made = talker.create()
    answer = talker.send("DELETE", f"/connections/{made['id']}/")
    assert (answer.status_code, answer.content) == (204, b"")
    assert code(talker.send("DELETE", f"/connections/{made['id']}")) == "FLOW-1439-404"
    assert code(talker.get(f"/connections/{made['id']}")) == "FLOW-1439-404"


@pytest.mark.parametrize(
    "id", ["nothing", "%00", "0" * 5000, "%F0%9F%90%98", "..", "' OR 1=1 --"]
)
def test_an_id_that_cannot_be_one_is_not_found(
    service: Open, code: Any, id: str
) -> None:
    assert code(service().get(f"/connections/{id}")) == "FLOW-1439-404"


def test_credentials_that_do_not_fit_any_more_fail_the_test(
    service: Open, code: Any
) -> None:
    before = AuthenticationSpec("Key", [Field("key", secret=True)])
    after = AuthenticationSpec("Key", [Field("key", secret=True), Field("region")])
    body = {
        "auth": {"specName": "Key", "params": {"key": "k"}},
        "connectionSpec": {"id": SPEC, "version": "1.0"},
    }
    talker = service(connectors=[_connector(before)])
    made = talker.post("/connections", json=body).json()
    path = f"/connections/{made['id']}/test"
    # they fit, but nobody can ask the source
    assert code(talker.get(path)) == "CONNECTOR-1305-400"
    assert service(connectors=[_connector(after)]).get(path).json() == {"result": False}
    assert service(connectors=[]).get(path).json() == {"result": False}


def test_unknown_parameters_are_passed_over_with_a_warning_or_refused_by_strict(
    service: Open, oracle: Any, code: Any
) -> None:
    talker = service()
    assert (
        code(talker.post("/connections?mode=sketch", json=oracle())) == "FLOW-1452-400"
    )
    strict = service(strictness=Strictness(refuse_unknown_parameters=True))
    for path in (
        "/connections?start=0&state=enabled",
        "/connectionSpecs?limit=5",
        f"{PLATFORM}/catalog/dataSets?colour=red",
    ):
        answer = talker.get(path)
        assert answer.status_code == 200
        assert answer.headers["Warning"].startswith("299 headwater ")
        refused = strict.get(path)
        assert refused.status_code == 400
        assert "unknown query parameter" in refused.json()["errorMessage"]
    made = talker.post("/connections?colour=red", json=oracle())
    assert made.status_code == 201
    assert "colour" in made.headers["Warning"]
    assert (
        code(strict.post("/connections?colour=red", json=oracle())) == "FLOW-1451-400"
    )


def test_a_mistyped_parameter_is_never_passed_over(service: Open, code: Any) -> None:
    talker = service()
    for name, meant in (
        ("Property", "property"),
        ("limits", "limit"),
        ("orderBy", "orderby"),
        ("continuation_token", "continuationToken"),
    ):
        answer = talker.get(f"/connections?{name}=x")
        assert code(answer) == "FLOW-1451-400"
        assert answer.json()["errorMessage"].endswith(f"did you mean {meant}?")


def test_a_warning_names_what_a_header_can_hold(service: Open) -> None:
    names = ["%22%0d%0aX-Evil:1", "%C3%A4", "a" * 65, *"abcdefg"]
    answer = service().get("/connections?" + "&".join(f"{name}=1" for name in names))
    assert answer.status_code == 200
    assert "X-Evil" not in str(answer.headers)
    assert answer.headers["Warning"] == (
        '299 headwater "passed over: the query parameters a, b, c, d, e, 5 more"'
    )


def test_a_connection_that_dataflows_use_is_not_deleted(
    service: Open, code: Any, source_body: Any, stored: Any
) -> None:
    talker = service()
    base = talker.create()["id"]
    source = talker.post("/sourceConnections", json=source_body(base)).json()["id"]
    flow = stored(talker, tables.flows, source, state="disabled")
    assert code(talker.send("DELETE", f"/connections/{base}")) == "FLOW-1418-400"
    with talker.app.store.writing() as rows:
        rows.remove(tables.flows, _scope(), flow)
    assert talker.send("DELETE", f"/connections/{base}").status_code == 204


def _stored(talker: Any, id: str) -> dict[str, Any]:
    record = talker.app.store.get(_table(), _scope(), id)
    opened: dict[str, Any] = talker.app.store.vault.open(
        record.secrets, "ACME@AdobeOrg", "prod", id
    )
    return opened


def _table() -> Any:
    from headwater_local_flow_service.store.tables import connections

    return connections


def _scope() -> Any:
    from headwater_local_flow_service.store.store import Scope

    return Scope(org="ACME@AdobeOrg", sandbox="prod")
