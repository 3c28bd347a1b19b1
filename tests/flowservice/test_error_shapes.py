"""Whose word an answer is: only the service's own words refuse what would have changed something."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import requests_mock as rm
from flowservice.wired import BASE, CONNECTIONS, ETAG, ID, ONE, refusal, service
from hypothesis import given
from hypothesis import strategies as st

from headwater.errors import (
    ChangedMeanwhile,
    NotFound,
    NotPermitted,
    Rejected,
    ServiceError,
    Unavailable,
)
from headwater.flowservice.answer import Answer
from headwater.flowservice.error_shapes import is_refusal, leaves_outcome_open

if TYPE_CHECKING:
    from collections.abc import Callable

    from headwater.flowservice import FlowService

CHANGES: dict[str, Callable[[FlowService], Any]] = {
    "create": lambda flow: flow.connections.create({"name": "x"}),
    "update": lambda flow: flow.connections.update(
        ID, [{"op": "remove", "path": "/description"}], etag=ETAG
    ),
    "delete": lambda flow: flow.connections.delete(ID),
    "publish": lambda flow: flow.connections.publish(ID),
    "replace": lambda flow: flow.runs.replace(ID, {}, etag=ETAG),
}
OWN = [
    (403, {"error_code": "403010", "message": "no token"}),
    (403, {"error_code": 403010, "message": "no token"}),
    (404, {"type": "https://ns.adobe.com/aep/errors/FLOW-1439-404", "status": 404}),
    (400, {"type": "http://ns.adobe.com/aep/errors/CONNECTOR-1301-400", "title": "x"}),
    (412, {"errorMessage": "Supplied version", "errorDetails": "x"}),
    (404, {"errorMessage": "flows not found"}),
    (
        400,
        {
            "type": "about:blank",
            "status": 400,
            "title": "BadRequestError",
            "detail": "a content type is needed",
        },
    ),
    (400, {"message": "the connection spec id cannot be used"}),
]
PORTALS: list[dict[str, Any]] = [
    {"text": ""},
    {"text": "Forbidden"},
    {"text": "<!doctype html><title>Log in</title>"},
    {"text": "{broken"},
    {"json": ["error"]},
    {"json": {}},
    {"json": {"message": "Not logged in", "login": "https://portal.example.com"}},
    {"json": {"error_code": "12", "message": "portal"}},
    {"json": {"error_code": "200001", "message": "portal"}},
    {"json": {"error": "access_denied", "error_description": "portal"}},
    {"json": {"type": "https://portal.example.com/not-found", "title": "Not found"}},
]


def _answer(status: int, body: bytes) -> Answer:
    return Answer(method="POST", path="/x", status=status, headers={}, body=body)


@pytest.mark.parametrize(("status", "body"), OWN)
def test_each_of_the_five_shapes_is_a_refusal_to_rely_on(
    status: int, body: dict[str, Any]
) -> None:
    with rm.Mocker() as mock, service(retries=0) as (flow, _pauses):
        mock.post(CONNECTIONS, status_code=status, json=body)
        with pytest.raises(ServiceError) as caught:
            CHANGES["create"](flow)

    assert isinstance(caught.value, (Rejected, NotPermitted, ChangedMeanwhile))
    assert not caught.value.outcome_unknown
    assert "outcome_unknown" not in caught.value.data()


@pytest.mark.parametrize("status", [101, 302, 303, 400, 401, 403, 404, 409, 410, 412])
@pytest.mark.parametrize("page", PORTALS)
@pytest.mark.parametrize("change", CHANGES)
def test_anything_else_settles_nothing(
    change: str, page: dict[str, Any], status: int
) -> None:
    with rm.Mocker() as mock, service(retries=0) as (flow, _pauses):
        mock.register_uri(rm.ANY, rm.ANY, status_code=status, **page)
        with pytest.raises(Unavailable) as caught:
            CHANGES[change](flow)

    assert caught.value.outcome_unknown
    assert caught.value.data()["outcome_unknown"] is True
    assert "look before sending it again" in caught.value.remedy


@pytest.mark.parametrize("page", [*PORTALS, {"json": {"id": "../else", "etag": "x"}}])
@pytest.mark.parametrize("status", [200, 201, 202])
@pytest.mark.parametrize("change", CHANGES)
def test_a_success_of_another_form_settles_nothing(
    change: str, status: int, page: dict[str, Any]
) -> None:
    if change == "delete" and not page.get("text", "something"):
        page = {"text": "deleted"}  # nothing at all is how a deletion is answered
    with rm.Mocker() as mock, service(retries=0) as (flow, _pauses):
        mock.register_uri(rm.ANY, rm.ANY, status_code=status, **page)
        with pytest.raises(Unavailable) as caught:
            CHANGES[change](flow)

    assert caught.value.outcome_unknown


def test_a_change_that_is_answered_with_the_id_of_another_object_is_unknown() -> None:
    with rm.Mocker() as mock, service() as (flow, _pauses):
        mock.patch(ONE, json={"id": "another", "etag": ETAG})
        with pytest.raises(Unavailable, match="another id") as caught:
            CHANGES["update"](flow)

    assert caught.value.outcome_unknown


@pytest.mark.parametrize("status", [408, 500, 501, 502, 503, 504, 520, 599])
@pytest.mark.parametrize("change", CHANGES)
def test_a_service_that_fails_leaves_open_what_it_did_in_whatever_words(
    change: str, status: int
) -> None:
    with rm.Mocker() as mock, service(retries=0) as (flow, _pauses):
        mock.register_uri(rm.ANY, rm.ANY, [refusal(status)])
        with pytest.raises(Unavailable) as caught:
            CHANGES[change](flow)

    assert caught.value.outcome_unknown


@pytest.mark.parametrize("page", PORTALS)
@pytest.mark.parametrize("change", CHANGES)
def test_a_429_says_that_nothing_was_accepted_in_whatever_words(
    change: str, page: dict[str, Any]
) -> None:
    with rm.Mocker() as mock, service(retries=0) as (flow, _pauses):
        mock.register_uri(rm.ANY, rm.ANY, status_code=429, **page)
        with pytest.raises(Unavailable) as caught:
            CHANGES[change](flow)

    assert not caught.value.outcome_unknown


@pytest.mark.parametrize("change", ["update", "delete", "replace"])
def test_a_refusal_of_a_second_attempt_does_not_settle_the_first(change: str) -> None:
    with rm.Mocker() as mock, service(retries=1) as (flow, _pauses):
        mock.register_uri(rm.ANY, rm.ANY, [{"status_code": 503}, refusal(403)])
        with pytest.raises(NotPermitted) as caught:
            CHANGES[change](flow)

    assert caught.value.outcome_unknown


def test_a_read_keeps_the_class_of_its_status_and_says_whose_word_it_is() -> None:
    with rm.Mocker() as mock, service(retries=0) as (flow, _pauses):
        mock.get(ONE, [{"status_code": 404, "text": "<html>"}, refusal(404)])
        with pytest.raises(NotFound) as page:
            flow.connections.get(ID)
        with pytest.raises(NotFound) as own:
            flow.connections.get(ID)

    assert page.value.outcome_unknown
    assert not own.value.outcome_unknown


def test_a_search_changes_nothing_although_it_is_posted() -> None:
    with rm.Mocker() as mock, service(retries=0) as (flow, _pauses):
        mock.post(f"{BASE}/connections/search", status_code=404, text="<html>")
        with pytest.raises(NotFound):
            list(flow.connections.search("name==x"))


@given(
    st.integers(100, 599),
    st.one_of(
        st.binary(max_size=40),
        st.recursive(
            st.none() | st.integers() | st.text(max_size=8),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(
                        ["type", "status", "title", "detail", "message", "error_code"]
                    ),
                    inner,
                    max_size=4,
                )
            ),
            max_leaves=6,
        ).map(lambda body: json.dumps(body).encode()),
    ),
)
def test_any_body_is_judged_without_failing(status: int, body: bytes) -> None:
    answer = _answer(status, body)

    assert leaves_outcome_open(answer) is (status != 429 and not is_refusal(answer))
    assert not is_refusal(answer) or 400 <= status < 500
