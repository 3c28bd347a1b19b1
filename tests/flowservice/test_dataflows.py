"""Source and target connections, dataflows, runs, specifications: what is sent, and how answers are read."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests_mock as rm
from flowservice.wired import BASE, CONNECTIONS, ETAG, ID, service

from headwater.errors import InvalidInput, Unavailable
from headwater.flowservice import Reference

OTHER = "2aa1d2b7-6f5e-4f4f-8f3c-5f2a6f1f9b11"
FLOW = {
    "id": ID,
    "name": "every hour",
    "flowSpec": {"id": "14518937-270c-4525-bdec-c2ba7cce3860", "version": "1.0"},
    "sourceConnectionIds": [OTHER],
    "targetConnectionIds": [OTHER],
    "scheduleParams": {"startTime": "1900000000", "frequency": "hour", "interval": "1"},
    "state": "enabled",
    "etag": ETAG,
}


def _query(request: Any) -> dict[str, list[str]]:
    return parse_qs(urlsplit(request.url).query)


def test_a_dataflow_is_read_into_a_value() -> None:
    with rm.Mocker() as mock, service() as (flow, _pauses):
        mock.get(f"{BASE}/flows/{ID}", json={"items": [FLOW]})
        found = flow.flows.get(ID)

    assert (found.id, found.name, found.state, found.etag) == (
        ID,
        "every hour",
        "enabled",
        ETAG,
    )
    assert found.flow_spec_id == "14518937-270c-4525-bdec-c2ba7cce3860"
    assert (found.source_ids, found.target_ids) == ((OTHER,), (OTHER,))
    assert found.schedule["startTime"] == "1900000000"
    assert found.raw == FLOW


def test_source_and_target_connections_are_read_in_either_spelling() -> None:
    source = {
        "id": ID,
        "baseConnectionId": OTHER,
        "connectionSpec": {"id": "s"},
        "params": {"tableName": "Account"},
    }
    target = {
        "id": ID,
        "data": {"schema": {"schemaId": "https://x"}},
        "params": {"datasetId": "d"},
    }
    with rm.Mocker() as mock, service() as (flow, _pauses):
        mock.get(f"{BASE}/sourceConnections/{ID}", json={"items": [source]})
        mock.get(f"{BASE}/targetConnections/{ID}", json={"items": [target]})
        read, written = flow.source_connections.get(ID), flow.target_connections.get(ID)

    assert (read.base_id, read.spec_id, read.params["tableName"]) == (
        OTHER,
        "s",
        "Account",
    )
    assert (written.data_set_id, written.schema_id) == ("d", "https://x")


@pytest.mark.parametrize(
    "odd",
    [{}, {"sourceConnectionIds": "x", "scheduleParams": 5, "metrics": [], "flowId": 1}],
)
def test_what_is_missing_or_of_another_type_is_empty(odd: dict[str, Any]) -> None:
    with rm.Mocker() as mock, service() as (flow, _pauses):
        for collection in (
            "flows",
            "runs",
            "flowSpecs",
            "sourceConnections",
            "targetConnections",
        ):
            mock.get(f"{BASE}/{collection}/{ID}", json={"id": ID, **odd})
        assert (flow.flows.get(ID).source_ids, dict(flow.flows.get(ID).schedule)) == (
            (),
            {},
        )
        assert (flow.runs.get(ID).status, flow.runs.get(ID).flow_id) == ("", "")
        assert flow.flow_specs.get(ID).source_spec_ids == ()
        assert flow.source_connections.get(ID).base_id == ""
        assert flow.target_connections.get(ID).data_set_id == ""


def test_a_draft_is_asked_for_in_the_query_and_published_by_an_action() -> None:
    with rm.Mocker() as mock, service() as (flow, _pauses):
        mock.post(f"{BASE}/flows", json={"id": ID, "etag": ETAG}, status_code=201)
        mock.post(f"{BASE}/flows/{ID}/action", json={"id": ID, "etag": ETAG})
        assert flow.flows.create({"name": "x"}, draft=True) == Reference(ID, ETAG)
        assert _query(mock.last_request) == {"mode": ["draft"]}
        flow.flows.publish(ID)
        assert _query(mock.last_request) == {"op": ["publish"]}
        assert mock.last_request.body is None


def test_enabling_and_disabling_send_the_etag_only_where_it_is_given() -> None:
    with rm.Mocker() as mock, service() as (flow, _pauses):
        mock.post(f"{BASE}/flows/{ID}/action", json={"id": ID, "etag": ETAG})
        flow.flows.disable(ID, etag=ETAG)
        assert _query(mock.last_request) == {"op": ["disable"]}
        assert mock.last_request.headers["If-Match"] == ETAG
        flow.flows.enable(ID)
        assert _query(mock.last_request) == {"op": ["enable"]}
        assert "If-Match" not in mock.last_request.headers
        with pytest.raises(InvalidInput, match="etag"):
            flow.flows.enable(ID, etag="a\nb")


def test_an_action_is_sent_once_even_where_it_fails() -> None:
    with rm.Mocker() as mock, service() as (flow, pauses):
        mock.post(f"{BASE}/flows/{ID}/action", status_code=503)
        with pytest.raises(Unavailable):
            flow.flows.enable(ID)
        assert (mock.call_count, pauses) == (1, [])


@pytest.mark.parametrize(
    "answer",
    [
        {"items": [{"id": OTHER, "etag": ETAG}]},
        {"id": OTHER, "etag": ETAG},
        {"id": OTHER, "eTag": ETAG},
    ],
)
def test_a_new_run_is_named_whatever_shape_the_answer_has(
    answer: dict[str, Any],
) -> None:
    with rm.Mocker() as mock, service() as (flow, _pauses):
        mock.post(f"{BASE}/runs", json=answer, status_code=201)
        mock.post(f"{BASE}/runs/{ID}/action", json=answer)
        assert flow.runs.create({"flowId": ID}).id == OTHER
        assert flow.runs.retry(ID) == Reference(OTHER, ETAG)
        assert _query(mock.last_request) == {"op": ["re-trigger"]}


def test_a_report_on_a_run_carries_its_etag_and_is_repeated() -> None:
    with rm.Mocker() as mock, service() as (flow, pauses):
        mock.put(f"{BASE}/runs/{ID}", [{"status_code": 503}, {"json": {"id": ID}}])
        assert flow.runs.replace(ID, {"flowId": ID}, etag=ETAG) == Reference(ID, "")
        assert mock.last_request.headers["If-Match"] == ETAG
        assert len(pauses) == 1


def test_the_status_of_a_run_is_the_service_s_own_word() -> None:
    run = {
        "id": ID,
        "flowId": OTHER,
        "metrics": {"statusSummary": {"status": "partialSuccess"}},
        "createdAt": 5,
    }
    with rm.Mocker() as mock, service() as (flow, _pauses):
        mock.get(f"{BASE}/runs", json={"items": [run]})
        [found] = flow.runs.list(property=f"flowId=={OTHER}")
        assert (found.status, found.flow_id, found.created_at) == (
            "partialSuccess",
            OTHER,
            5,
        )
        assert _query(mock.last_request) == {"property": [f"flowId=={OTHER}"]}


def test_a_search_posts_the_same_body_for_every_page_and_is_repeated_like_a_read() -> (
    None
):
    first = {
        "items": [{"id": "a"}],
        "_links": {"next": {"href": "/connections?continuationToken=t"}},
    }
    with rm.Mocker() as mock, service() as (flow, pauses):
        mock.post(
            f"{CONNECTIONS}/search",
            [{"status_code": 503}, {"json": first}, {"json": {"items": [{"id": "b"}]}}],
        )
        found = [
            each.id
            for each in flow.connections.search("name==x", limit=1, orderby="-name")
        ]
        assert found == ["a", "b"]
        assert len(pauses) == 1
        assert _query(mock.last_request) == {"continuationToken": ["t"]}
        assert mock.last_request.json() == {
            "queryString": "name==x",
            "limit": 1,
            "orderby": "-name",
        }


def test_a_count_is_asked_for_without_a_limit() -> None:
    with rm.Mocker() as mock, service() as (flow, _pauses):
        mock.get(f"{BASE}/runs", json={"count": 7})
        assert flow.runs.count(property="state==failed") == 7
        assert _query(mock.last_request) == {
            "property": ["state==failed"],
            "count": ["true"],
        }


@pytest.mark.parametrize("body", [{}, [], {"count": True}, {"count": "7"}])
def test_a_count_of_the_wrong_shape_is_unreadable(body: Any) -> None:
    with rm.Mocker() as mock, service() as (flow, _pauses):
        mock.get(f"{BASE}/flows", json=body)
        with pytest.raises(Unavailable, match="no count"):
            flow.flows.count()


@pytest.mark.parametrize("wrap", [lambda spec: spec, lambda spec: {"items": [spec]}])
def test_specifications_are_written_and_answered_bare(wrap: Any) -> None:
    spec = {
        "id": ID,
        "name": "CRMToAEP",
        "version": "1.0",
        "sourceConnectionSpecIds": ["a", "b"],
    }
    with rm.Mocker() as mock, service() as (flow, _pauses):
        mock.post(f"{BASE}/flowSpecs", json=wrap(spec), status_code=201)
        mock.put(f"{BASE}/flowSpecs/{ID}", json=wrap(spec))
        mock.post(f"{BASE}/flowSpecs/search", json={"items": [spec]})
        assert flow.flow_specs.create({"name": "CRMToAEP"}).source_spec_ids == (
            "a",
            "b",
        )
        assert flow.flow_specs.replace(ID, {"name": "CRMToAEP"}).id == ID
        assert [each.name for each in flow.flow_specs.search('name=="CRMToAEP"')] == [
            "CRMToAEP"
        ]


def test_configurations_are_paged_by_position() -> None:
    pages = [
        {"items": [{"n": 1}, {"n": 2}], "pageInfo": {"hasNext": True}},
        {"items": [{"n": 3}], "pageInfo": {}},
    ]
    with rm.Mocker() as mock, service() as (flow, _pauses):
        mock.get(
            f"{BASE}/connectionSpecs/{ID}/configs", [{"json": page} for page in pages]
        )
        found = list(
            flow.connection_specs.configs(
                ID, output_type="activationDatasets", output_field="datasets", page=2
            )
        )
        assert [each["n"] for each in found] == [1, 2, 3]
        assert _query(mock.last_request) == {
            "outputType": ["activationDatasets"],
            "outputField": ["datasets"],
            "limit": ["2"],
            "start": ["2"],
        }


def test_what_is_explored_needs_a_path_except_at_the_root() -> None:
    with rm.Mocker() as mock, service() as (flow, _pauses):
        mock.get(f"{BASE}/connectionSpecs/{ID}/explore", json=[{"type": "folder"}])
        assert flow.connection_specs.explore(ID) == [{"type": "folder"}]
        assert _query(mock.last_request) == {"objectType": ["root"]}
        with pytest.raises(InvalidInput, match="needs object"):
            flow.connection_specs.explore(ID, object_type="table")
