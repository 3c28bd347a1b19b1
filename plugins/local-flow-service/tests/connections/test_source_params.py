"""Source connections of partners, streams and webhooks: what their specification asks for, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from headwater_local_flow_service import Strictness
from headwater_local_flow_service.store import tables

Open = Any
PATH = "/sourceConnections"
STREAMS = "521eee4d-8cbe-4906-bb48-fb6bd4450033"
ZENDESK = "0a27232b-2c6e-4396-b8c6-c9fc24e37ba4"
MIXPANEL = "fd2c8ff3-1de0-4f6b-8fa8-4264784870eb"
GENERIC_REST = "4e98f16f-87d6-4ef0-bdc6-7a2b0fe76e62"
HTTP = "bc7b00d6-623a-4dfc-9fdb-f1240aeadaeb"
EVENT_HUBS = "bf9f5905-92b7-48bf-bf20-455bc6b60a4e"
KINESIS = "86043421-563b-46ec-8e6c-e23184711bf6"
PUBSUB = "70116022-a743-464a-bbfe-e226a7f8210c"
SNOWFLAKE_STREAMING = "51ae16c2-bdad-42fd-9fce-8d5dfddaf140"
STRIPE = "cc2c31d6-7b8c-4581-b49f-5c8698aa3ab3"
PENDO = "6ff5654f-19d5-427d-bd3e-c0ebc802389a"
S3 = "ecadc60c-7455-4d87-84dc-2a0e293d997b"
SALESFORCE = "cfc0fee1-7dc0-40ef-b73e-d8b134c436f5"

JSON = {"format": "json"}
BLOCK = {
    "urlParams": {"path": "/v1/tickets", "method": "GET"},
    "contentPath": {"path": "$.data"},
    "paginationParams": {"type": "NONE"},
    "scheduleParams": {"scheduleStartParamName": "since"},
}


def _body(talker: Any, stored: Any, spec: str, **parts: Any) -> dict[str, Any]:
    """Return a source connection on a base connection of a specification that is there; webhooks have none."""
    reference = {"id": spec, "version": "1.0"}
    body = {"name": "source", "connectionSpec": reference, **parts}
    if spec == PENDO:
        return body
    base = stored(
        talker, tables.connections, spec_id=spec, document={"connectionSpec": reference}
    )
    return {"baseConnectionId": base, **body}


@pytest.mark.parametrize(
    ("spec", "parts"),
    [
        (ZENDESK, {"data": JSON, "params": {}}),
        (ZENDESK, {"data": JSON}),
        # which clients that know older versions of this service send
        (ZENDESK, {"data": JSON, "params": {"path": "tickets"}}),
        (
            MIXPANEL,
            {
                "data": JSON,
                "params": {
                    "projectId": "2671127",
                    "timezone": "Pacific Standard Time",
                },
            },
        ),
        (GENERIC_REST, {"data": JSON, "params": BLOCK}),
        (HTTP, {}),
        (HTTP, {"data": {"format": "parquet_xdm"}}),
        (HTTP, {"providerId": STREAMS, "data": JSON}),
        (
            EVENT_HUBS,
            {
                "data": JSON,
                "params": {
                    "eventHubName": "hub",
                    "dataType": "raw",
                    "reset": "latest",
                    "consumerGroup": "adobe",
                },
            },
        ),
        (
            KINESIS,
            {
                "data": JSON,
                "params": {"stream": "s", "dataType": "xdm", "reset": "earliest"},
            },
        ),
        (
            PUBSUB,
            {
                "data": JSON,
                "params": {
                    "topicName": "projects/acme/topics/t",
                    "subscriptionName": "projects/acme/subscriptions/s",
                    "dataType": "raw",
                },
            },
        ),
        # as an older page has it
        (PUBSUB, {"data": JSON, "params": {"topicId": "t", "subscriptionId": "s"}}),
        (STRIPE, {"data": JSON, "params": {"resourcePath": "charges"}}),
        (
            SNOWFLAKE_STREAMING,
            {
                "params": {
                    "tableName": "ACME",
                    "timestampColumn": "dOb",
                    "backfill": "true",
                    "timezoneValue": "PST",
                }
            },
        ),
        (PENDO, {"providerId": STREAMS, "data": JSON}),
    ],
)
def test_a_tutorials_source_connection_is_taken_and_read_back(
    service: Open, stored: Any, spec: str, parts: Any
) -> None:
    for strictness in (Strictness(), Strictness.strict()):
        talker = service(strictness=strictness)
        body = _body(talker, stored, spec, **parts)
        answer = talker.post(PATH, json=body)
        assert answer.status_code == 201, answer.text
        [item] = talker.get(f"{PATH}/{answer.json()['id']}").json()["items"]
        assert item | body == item


@pytest.mark.parametrize(
    ("spec", "parts", "expected", "told"),
    [
        (ZENDESK, {"params": {}}, "CONNECTOR-1304-400", "data"),
        (ZENDESK, {"data": {"format": "tabular"}}, "CONNECTOR-1327-400", "json"),
        (MIXPANEL, {"data": JSON}, "CONNECTOR-1323-400", "params.projectId"),
        (
            MIXPANEL,
            {"data": JSON, "params": {"projectId": "1", "timezone": ""}},
            "CONNECTOR-1323-400",
            "params.timezone",
        ),
        *(
            (
                GENERIC_REST,
                {"data": JSON, "params": BLOCK | {name: {}}},
                expected,
                f"params.{name}",
            )
            for name, expected in (
                ("urlParams", "CONNECTOR-1323-400"),
                ("contentPath", "CONNECTOR-1323-400"),
                ("paginationParams", "CONNECTOR-1316-400"),
                ("scheduleParams", "CONNECTOR-1317-400"),
            )
        ),
        (
            GENERIC_REST,
            {
                "data": JSON,
                "params": BLOCK | {"paginationParams": {"type": "POINTER"}},
            },
            "CONNECTOR-1312-400",
            "params.paginationParams",
        ),
        (EVENT_HUBS, {"params": {"eventHubName": "h"}}, "CONNECTOR-1304-400", "data"),
        (EVENT_HUBS, {"data": JSON}, "CONNECTOR-1323-400", "params.eventHubName"),
        (
            EVENT_HUBS,
            {"data": JSON, "params": {"eventHubName": "h", "reset": "newest"}},
            "CONNECTOR-1312-400",
            "params.reset",
        ),
        (KINESIS, {"data": JSON, "params": {}}, "CONNECTOR-1323-400", "params.stream"),
        (
            PUBSUB,
            {"data": JSON, "params": {"topicName": "t", "subscriptionName": "s"}},
            "CONNECTOR-1312-400",
            "params.subscriptionName",
        ),
        (
            SNOWFLAKE_STREAMING,
            {"params": {"tableName": "ACME"}},
            "CONNECTOR-1323-400",
            "params.timestampColumn",
        ),
        (
            SNOWFLAKE_STREAMING,
            {
                "params": {
                    "tableName": "ACME",
                    "timestampColumn": "dOb",
                    "backfill": "now",
                }
            },
            "CONNECTOR-1312-400",
            "params.backfill",
        ),
        (
            PUBSUB,
            {"data": JSON, "params": {"topicId": "t"}},
            "CONNECTOR-1323-400",
            "params.subscriptionName",
        ),
        (STRIPE, {"data": JSON, "params": {}}, "CONNECTOR-1323-400", "resourcePath"),
        (HTTP, {"data": {"format": "csv"}}, "CONNECTOR-1327-400", "data.format"),
        (HTTP, {"data": "json"}, "CONNECTOR-1312-400", "data"),
        (PENDO, {}, "CONNECTOR-1304-400", "data"),
        (
            PENDO,
            {
                "data": JSON,
                "baseConnectionId": "11111111-2222-4333-8444-555555555555",
            },
            "CONNECTOR-1332-400",
            "baseConnectionId",
        ),
    ],
)
def test_what_is_missing_or_wrong_is_refused_by_its_name(
    service: Open,
    stored: Any,
    code: Any,
    *,
    spec: str,
    parts: Any,
    expected: str,
    told: str,
) -> None:
    talker = service()
    answer = talker.post(PATH, json=_body(talker, stored, spec, **parts))
    assert code(answer) == expected
    assert told in answer.json()["errorMessage"]
    assert talker.get(PATH).json()["items"] == []


@pytest.mark.parametrize(
    ("spec", "parts", "kept", "expected"),
    [
        (
            S3,
            {"data": {"format": "JSON"}, "params": {"path": "a"}},
            {"format": "json"},
            "CONNECTOR-1327-400",
        ),
        (
            S3,
            {"data": {"format": "parquet_xdm"}, "params": {"path": "a"}},
            {"format": "parquet"},
            "CONNECTOR-1327-400",
        ),
        (
            SALESFORCE,
            {"data": {"format": "parquet_xdm"}, "params": {"path": "Account"}},
            {"format": "tabular"},
            "CONNECTOR-1327-400",
        ),
        (
            S3,
            {
                "data": {
                    "format": "delimited",
                    "properties": {
                        "columnDelimiter": "\\t",
                        "compressionType": "GZIP;",
                        "encoding": "utf-8",
                    },
                },
                "params": {"path": "a"},
            },
            {
                "format": "delimited",
                "properties": {
                    "columnDelimiter": "\t",
                    "compressionType": "gzip",
                    "encoding": "UTF-8",
                },
            },
            "CONNECTOR-1331-400",
        ),
        (
            ZENDESK,
            {"data": {"format": "Json;"}, "params": {}},
            {"format": "json"},
            "CONNECTOR-1327-400",
        ),
    ],
)
def test_what_a_tutorial_spells_otherwise_is_stored_in_the_specifications_spelling(
    service: Open,
    stored: Any,
    code: Any,
    *,
    spec: str,
    parts: Any,
    kept: Any,
    expected: str,
) -> None:
    talker = service()
    made = talker.post(PATH, json=_body(talker, stored, spec, **parts)).json()
    [item] = talker.get(f"{PATH}/{made['id']}").json()["items"]
    assert item["data"] == kept
    again = [{"op": "replace", "path": "/data", "value": parts["data"]}]
    patched = talker.send(
        "PATCH", f"{PATH}/{made['id']}", json=again, headers={"If-Match": made["etag"]}
    )
    assert patched.status_code == 200
    [item] = talker.get(f"{PATH}/{made['id']}").json()["items"]
    assert item["data"] == kept
    strict = service(strictness=Strictness(refuse_loose_spellings=True))
    refused = strict.post(PATH, json=_body(strict, stored, spec, **parts))
    assert code(refused) == expected


@pytest.mark.parametrize("version", [1, 1.0])
def test_the_version_of_a_specification_may_be_a_number(
    service: Open, source_body: Any, code: Any, version: float
) -> None:
    talker = service()
    body = source_body(talker.create()["id"])
    body["connectionSpec"]["version"] = version
    made = talker.post(PATH, json=body).json()["id"]
    [item] = talker.get(f"{PATH}/{made}").json()["items"]
    assert item["connectionSpec"]["version"] == "1.0"
    strict = service(strictness=Strictness(refuse_loose_spellings=True))
    assert code(strict.post(PATH, json=body)) == "CONNECTOR-1312-400"


@pytest.mark.parametrize("version", [True, -1, 0, 1e30, [1]])
def test_a_version_that_is_none_is_refused(
    service: Open, source_body: Any, code: Any, version: Any
) -> None:
    talker = service()
    body = source_body(talker.create()["id"])
    body["connectionSpec"]["version"] = version
    assert code(talker.post(PATH, json=body)) == "CONNECTOR-1312-400"


def test_a_source_made_from_the_template_says_itself_what_it_asks_for(
    service: Open, stored: Any, code: Any
) -> None:
    talker = service()
    key = {"type": "string", "format": "password"}
    spec = {
        "name": "acme-tickets",
        "providerId": "0ed90a81-07f4-4586-8190-b40eccef1c5a",
        "type": "generic-rest",
        "attributes": {"isSource": True},
        "authSpec": [
            {
                "name": "Key",
                "type": "KeyBased",
                "spec": {"type": "object", "properties": {"key": key}},
            }
        ],
        "sourceSpec": {
            "name": "Resource",
            "type": "Resource",
            "spec": {
                "type": "object",
                "properties": {"queue": {"type": "string"}},
                "required": ["queue"],
            },
        },
    }
    made = talker.post("/connectionSpecs", json=spec)
    assert made.status_code == 201, made.text
    id = made.json()["id"]
    body = _body(talker, stored, id, data=JSON)
    refused = talker.post(PATH, json=body)
    assert code(refused) == "CONNECTOR-1323-400"
    assert "params.queue" in refused.json()["errorMessage"]
    assert talker.post(PATH, json=body | {"params": {"queue": "q"}}).status_code == 201
    [flow_spec] = talker.get("/flowSpecs?property=name==RestStorageToAEP").json()[
        "items"
    ]
    assert id in flow_spec["sourceConnectionSpecIds"]


def test_a_draft_may_lack_what_its_source_asks_for(service: Open, stored: Any) -> None:
    talker = service()
    body = _body(talker, stored, MIXPANEL, data=JSON)
    assert talker.post(f"{PATH}?mode=draft", json=body).status_code == 201
