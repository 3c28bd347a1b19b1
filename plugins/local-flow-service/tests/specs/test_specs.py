"""Specifications that callers store: the organization's own, in all its sandboxes, and used like the others."""

from __future__ import annotations

import json
from typing import Any
from unittest.mock import Mock

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headwater.tenant import connectors as tenant
from headwater_local_flow_service import Strictness
from headwater_local_flow_service.specs import fixed_specs

Open = Any
ORACLE = "ba5126ec-c9ac-11eb-b8bc-0242ac130003"
CRM = "14518937-270c-4525-bdec-c2ba7cce3860"
BATCH = "0ed90a81-07f4-4586-8190-b40eccef1c5a"
CANARY = "correct-horse-battery"
TYPES = ("connectionSpecs", "flowSpecs")


def _schema(**rest: Any) -> dict[str, Any]:
    properties = {
        "host": {"type": "string"},
        "token": {"type": "string", "format": "password"},
    }
    return {
        "type": "object",
        "properties": properties,
        "required": ["host", "token"],
        **rest,
    }


def _spec(**changes: Any) -> dict[str, Any]:
    auth = [
        {
            "name": "Token",
            "type": "KeyBased",
            "spec": _schema(additionalProperties=False),
        }
    ]
    attributes = {"isSource": True, "isDraftModeSupported": True}
    return {
        "name": "acme",
        "providerId": BATCH,
        "authSpec": auth,
        "attributes": attributes,
    } | changes


def _stored(talker: Any, body: Any, type: str = "connectionSpecs") -> Any:
    answer = talker.post(f"/{type}", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def _connection(id: str, **params: Any) -> dict[str, Any]:
    auth = {"specName": "Token", "params": params}
    return {
        "name": "mine",
        "auth": auth,
        "connectionSpec": {"id": id, "version": "1.0"},
    }


@pytest.mark.parametrize("type", TYPES)
def test_a_stored_specification_is_answered_bare_and_read_in_a_list(
    service: Open, type: str
) -> None:
    talker = service()
    answer = talker.post(
        f"/{type}/",
        json={"id": ORACLE, "name": "acme", "providerId": BATCH, "version": "2.0"},
    )
    made = answer.json()
    assert answer.headers["Location"].endswith(f"/{type}/{made['id']}")
    assert made["id"] != ORACLE
    assert (made["name"], made["version"], made["createdBy"], made["imsOrgId"]) == (
        "acme",
        "2.0",
        "key",
        "ACME@AdobeOrg",
    )
    assert "sandboxName" not in made
    dev = talker.like(x_sandbox_name="dev")
    assert dev.get(f"/{type}/{made['id']}").json() == {"items": [made]}
    assert dev.get(f"/{type}", params={"property": "name==acme"}).json() == {
        "items": [made]
    }


@pytest.mark.parametrize("type", TYPES)
def test_another_organization_does_not_see_it(
    service: Open, code: Any, type: str
) -> None:
    talker = service()
    made = _stored(talker, {"name": "acme", "providerId": BATCH}, type)
    other = talker.like(x_gw_ims_org_id="OTHER@AdobeOrg")
    assert code(other.get(f"/{type}/{made['id']}")) == "FLOW-1439-404"
    assert (
        code(other.send("PUT", f"/{type}/{made['id']}", json=made)) == "FLOW-1439-404"
    )
    assert other.get(f"/{type}", params={"property": "name==acme"}).json() == {
        "items": []
    }


@pytest.mark.parametrize("type", TYPES)
def test_a_put_replaces_it_whole(service: Open, code: Any, type: str) -> None:
    talker = service()
    made = _stored(
        talker, {"name": "acme", "providerId": BATCH, "attributes": {"x": 1}}, type
    )
    answer = talker.send(
        "PUT", f"/{type}/{made['id']}", json={"name": "new", "providerId": BATCH}
    )
    assert answer.status_code == 200
    after = answer.json()
    assert (after["id"], after["createdAt"], after["name"]) == (
        made["id"],
        made["createdAt"],
        "new",
    )
    assert "attributes" not in after
    assert talker.get(f"/{type}/{made['id']}").json() == {"items": [after]}
    assert (
        code(talker.send("PUT", f"/{type}/{made['id']}", json={"name": "new"}))
        == "CONNECTOR-1304-400"
    )
    assert talker.get(f"/{type}/{made['id']}").json() == {"items": [after]}


@pytest.mark.parametrize(
    ("type", "id"),
    [
        ("connectionSpecs", ORACLE),
        ("flowSpecs", CRM),
        ("connectionSpecs", CRM),
        ("flowSpecs", "%00"),
    ],
)
def test_what_comes_with_the_service_is_not_replaced(
    service: Open, code: Any, type: str, id: str
) -> None:
    answer = service().send(
        "PUT", f"/{type}/{id}", json={"name": "mine", "providerId": BATCH}
    )
    assert code(answer) == (
        "FLOW-1426-400"
        if (type, id) in (("connectionSpecs", ORACLE), ("flowSpecs", CRM))
        else "FLOW-1439-404"
    )


@pytest.mark.parametrize("type", TYPES)
def test_a_strict_service_refuses_users(service: Open, code: Any, type: str) -> None:
    talker = service(strictness=Strictness.strict())
    body = {"name": "acme", "providerId": BATCH}
    assert code(talker.post(f"/{type}", json=body)) == "FLOW-1426-400"
    assert code(talker.send("PUT", f"/{type}/{ORACLE}", json=body)) == "FLOW-1426-400"


@pytest.mark.parametrize(
    ("type", "change", "expected"),
    [
        ("connectionSpecs", {"name": None}, "CONNECTOR-1304-400"),
        ("connectionSpecs", {"name": " "}, "CONNECTOR-1304-400"),
        ("connectionSpecs", {"providerId": 5}, "CONNECTOR-1312-400"),
        ("connectionSpecs", {"version": 1}, "CONNECTOR-1312-400"),
        ("connectionSpecs", {"attributes": []}, "CONNECTOR-1312-400"),
        ("connectionSpecs", {"authSpec": {}}, "CONNECTOR-1312-400"),
        ("connectionSpecs", {"authSpec": ["Token"]}, "CONNECTOR-1312-400"),
        ("connectionSpecs", {"authSpec": [{"spec": {}}]}, "CONNECTOR-1304-400"),
        ("connectionSpecs", {"authSpec": [{"name": "Token"}]}, "CONNECTOR-1312-400"),
        (
            "connectionSpecs",
            {"authSpec": [{"name": "T", "spec": {"type": "nothing"}}]},
            "CONNECTOR-1312-400",
        ),
        (
            "connectionSpecs",
            {"authSpec": [{"name": "T", "spec": {"properties": []}}]},
            "CONNECTOR-1312-400",
        ),
        (
            "connectionSpecs",
            {"authSpec": [{"name": "T", "spec": {"properties": {"": {}}}}]},
            "CONNECTOR-1301-400",
        ),
        (
            "connectionSpecs",
            {"sourceSpec": {"spec": {"required": "x"}}},
            "CONNECTOR-1312-400",
        ),
        ("connectionSpecs", {"exploreSpec": []}, "CONNECTOR-1312-400"),
        ("flowSpecs", {"name": None}, "CONNECTOR-1304-400"),
        ("flowSpecs", {"sourceConnectionSpecIds": [5]}, "CONNECTOR-1312-400"),
        ("flowSpecs", {"targetConnectionSpecIds": "x"}, "CONNECTOR-1312-400"),
        ("flowSpecs", {"scheduleSpec": {"spec": {"type": 5}}}, "CONNECTOR-1312-400"),
        ("flowSpecs", {"transformationSpecDTOS": "Copy"}, "CONNECTOR-1312-400"),
        ("flowSpecs", {"transformationSpecs": [{"name": 5}]}, "CONNECTOR-1312-400"),
        (
            "flowSpecs",
            {"transformationSpecs": [{"name": "x", "spec": []}]},
            "CONNECTOR-1312-400",
        ),
    ],
)
def test_a_refusal_has_its_own_code(
    service: Open, code: Any, *, type: str, change: Any, expected: str
) -> None:
    talker = service()
    body = {
        name: value for name, value in (_spec() | change).items() if value is not None
    }
    assert code(talker.post(f"/{type}", json=body)) == expected
    assert talker.get(
        f"/{type}", params={"property": "providerId==nothing"}
    ).json() == {"items": []}


def test_transformations_are_read_under_one_name(service: Open) -> None:
    talker = service()
    copy = {"name": "Copy", "spec": {"type": "object"}}
    for sent in (
        {"transformationSpecDTOS": [copy]},
        {"transformationSpecs": [copy]},
        {"transformationSpec": copy},
    ):
        made = _stored(
            talker, {"name": "mine", "providerId": BATCH, **sent}, "flowSpecs"
        )
        assert made["transformationSpecs"] == [copy]
        assert [name for name in made if name.startswith("transformation")] == [
            "transformationSpecs"
        ]


def test_a_connection_is_made_with_a_stored_specification(
    service: Open, code: Any
) -> None:
    talker = service()
    id = _stored(talker, _spec())["id"]
    made = talker.post("/connections", json=_connection(id, host="h", token=CANARY))
    assert made.status_code == 201
    item = talker.read(made.json()["id"])
    assert item["auth"]["params"] == {"host": "h", "token": "******"}
    assert item["connectionSpec"] == {"id": id, "version": "1.0"}
    for params, expected in (
        ({"host": "h"}, "CONNECTOR-1304-400"),
        ({"host": 5, "token": CANARY}, "CONNECTOR-1312-400"),
        ({"host": "h", "token": CANARY, "more": CANARY}, "CONNECTOR-1312-400"),
    ):
        answer = talker.post("/connections", json=_connection(id, **params))
        assert code(answer) == expected
        assert CANARY not in answer.text
    other = talker.like(x_gw_ims_org_id="OTHER@AdobeOrg")
    assert (
        code(other.post("/connections", json=_connection(id, host="h", token=CANARY)))
        == "FLOW-1413-400"
    )
    patch = talker.patch(
        made.json()["id"], item["etag"], {"op": "remove", "path": "/auth/params/token"}
    )
    assert code(patch) == "CONNECTOR-1304-400"
    draft = talker.post(
        "/connections?mode=draft", json=_connection(id, host="h")
    ).json()["id"]
    assert (
        code(talker.post(f"/connections/{draft}/action?op=publish"))
        == "CONNECTOR-1304-400"
    )


def test_a_stored_source_takes_part_in_source_connections_and_flow_specifications(
    service: Open, source_body: Any
) -> None:
    talker = service()
    id = _stored(talker, _spec())["id"]
    base = talker.post(
        "/connections", json=_connection(id, host="h", token="t")
    ).json()["id"]
    body = source_body(base, connectionSpec={"id": id, "version": "1.0"})
    assert talker.post("/sourceConnections", json=body).status_code == 201
    [flow_spec] = talker.get(f"/flowSpecs/{CRM}").json()["items"]
    assert id in flow_spec["sourceConnectionSpecIds"]
    other = talker.like(x_gw_ims_org_id="OTHER@AdobeOrg")
    assert (
        id
        not in other.get(f"/flowSpecs/{CRM}").json()["items"][0][
            "sourceConnectionSpecIds"
        ]
    )


@pytest.fixture
def many(service: Open, monkeypatch: pytest.MonkeyPatch) -> tuple[Any, list[str], Any]:
    """Return a talker, the ids of fifty stored connection specifications, and a counter of built connectors."""
    talker = service()
    ids = [_stored(talker, _spec(name=f"acme{number}"))["id"] for number in range(50)]
    built = Mock(wraps=tenant.connector_of)
    monkeypatch.setattr(tenant, "connector_of", built)
    return talker, ids, built


def test_one_connection_specification_by_id_builds_no_connector(many: Any) -> None:
    talker, ids, built = many
    [spec] = talker.get(f"/connectionSpecs/{ids[25]}").json()["items"]
    assert spec["name"] == "acme25"
    assert built.call_count == 0


def test_one_flow_specification_by_id_builds_only_itself(
    many: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    talker, ids, built = many
    mine = _stored(talker, {"name": "mine", "providerId": BATCH}, "flowSpecs")["id"]
    specs: list[str] = []
    build = fixed_specs.FixedSpec.build

    def count(spec: fixed_specs.FixedSpec, source_ids: list[str]) -> dict[str, Any]:
        specs.append(spec.id)
        return build(spec, source_ids)

    monkeypatch.setattr(fixed_specs.FixedSpec, "build", count)
    [flow_spec] = talker.get(f"/flowSpecs/{CRM}").json()["items"]
    assert set(ids) <= set(flow_spec["sourceConnectionSpecIds"])
    assert specs == [CRM]
    assert talker.get(f"/flowSpecs/{mine}").json()["items"][0]["name"] == "mine"
    assert specs == [CRM]
    assert built.call_count == 0


def test_a_connection_to_a_stored_source_builds_that_connector_only(many: Any) -> None:
    talker, ids, built = many
    made = talker.post("/connections", json=_connection(ids[7], host="h", token=CANARY))
    assert made.status_code == 201
    assert built.call_count == 1


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object"},
        {"type": "object", "properties": {"deep": {"type": "object"}}},
        {
            "properties": {
                "deep": {
                    "properties": {"token": {"type": "string", "format": "password"}}
                }
            }
        },
        {
            "anyOf": [
                {
                    "properties": {
                        "deep": {"properties": {"token": {"format": "password"}}}
                    }
                }
            ]
        },
        {
            "properties": {"deep": {"$ref": "#/definitions/holder"}},
            "definitions": {
                "holder": {"properties": {"token": {"$ref": "#/definitions/secret"}}},
                "secret": {"type": "string", "format": "password"},
            },
        },
        {"properties": {"deep": {"additionalProperties": {"format": "password"}}}},
    ],
)
def test_a_secret_that_a_stored_schema_hides_is_masked(
    service: Open, schema: Any
) -> None:
    talker = service()
    id = _stored(talker, _spec(authSpec=[{"name": "Token", "spec": schema}]))["id"]
    body = _connection(
        id,
        **{
            (
                "deep"
                if schema
                != {"type": "object", "properties": {"deep": {"type": "object"}}}
                else "more"
            ): {"token": CANARY}
        },
    )
    answer = talker.post("/connections", json=body)
    assert answer.status_code == 201, answer.text
    assert CANARY not in json.dumps(talker.get("/connections").json())


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-9, 9)
    | st.sampled_from(["", "x", "object", "password", "#"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["type", "properties", "format", "required", "$ref", "allOf", "a"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    deadline=None,
)
@given(
    schema=JSON, params=st.dictionaries(st.sampled_from(["a", "b"]), JSON, max_size=2)
)
def test_any_schema_is_stored_or_refused_and_never_breaks_a_connection(
    service: Open, schema: Any, params: Any
) -> None:
    talker = _opened(service)
    answer = talker.post(
        "/connectionSpecs", json=_spec(authSpec=[{"name": "Token", "spec": schema}])
    )
    assert answer.status_code in (201, 400), answer.text
    if answer.status_code == 201:
        made = talker.post(
            "/connections", json=_connection(answer.json()["id"], **params)
        )
        assert made.status_code in (201, 400), made.text


_talkers: dict[int, Any] = {}


def _opened(service: Any) -> Any:
    """Open one service for all the examples of a property."""
    if id(service) not in _talkers:
        _talkers.clear()
        _talkers[id(service)] = service()
    return _talkers[id(service)]
