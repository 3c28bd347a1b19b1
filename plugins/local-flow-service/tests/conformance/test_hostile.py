"""Input that no specification allows: bodies, patches, parameters, headers and paths of every wrong kind."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from conformance import asking, contract, shapes, spoiling
from conformance.valid import REQUESTS
from conformance.world import SERVICE
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections import Counter

    import requests
    from conformance.contract import Operation
    from conformance.valid import Request
    from conformance.world import World

    from headwater_local_flow_service.app import FlowServiceApp

OPERATIONS = contract.operations()
EXAMPLES = 60 if os.environ.get("HEADWATER_TEST_FULL") else 8
THOROUGH = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
MEDIA = (
    "application/json",
    "text/plain",
    "application/json; charset=utf-16",
    "",
    "a" * 999,
)


def _valid(world: World, operation: Operation) -> Request:
    return REQUESTS[operation.id](asking.usable(world, operation))


@pytest.fixture(name="withstood")
def _withstood(sent: Counter[str]) -> Any:
    """Return a function that counts an answer and takes success or a whole refusal, and nothing else."""

    def check(operation: Operation, answer: requests.Response) -> None:
        sent["hostile"] += 1
        if answer.status_code != operation.status:
            shapes.refused(answer)

    return check


@pytest.mark.parametrize(
    "operation", [one for one in asking.each() if one.values[0].body is not None]
)
def test_a_body_with_something_wrong_in_it_is_refused_or_carried_out(
    lasting: World, withstood: Any, operation: Operation
) -> None:
    @THOROUGH
    @given(st.data())
    def ask(data: st.DataObject) -> None:
        request = _valid(lasting, operation)
        spoiled = data.draw(
            spoiling.spoiled(request.body if request.body is not None else {})
        )
        withstood(
            operation,
            asking.sent(lasting, operation, attrs.evolve(request, body=spoiled)),
        )

    ask()


@pytest.mark.parametrize("operation", asking.each())
def test_bytes_of_any_sort_are_refused_or_passed_over(
    lasting: World, withstood: Any, operation: Operation
) -> None:
    @THOROUGH
    @given(spoiling.RAW, st.sampled_from(MEDIA))
    def ask(raw: bytes, media: str) -> None:
        withstood(
            operation,
            asking.sent(
                lasting, operation, _valid(lasting, operation), raw=raw, media=media
            ),
        )

    ask()


@pytest.mark.parametrize(
    "operation", [one for one in asking.each() if one.values[0].method == "PATCH"]
)
def test_a_patch_of_any_sort_is_refused_or_carried_out(
    lasting: World, withstood: Any, operation: Operation
) -> None:
    @THOROUGH
    @given(spoiling.PATCHES)
    def ask(patch: Any) -> None:
        withstood(
            operation,
            asking.sent(
                lasting, operation, attrs.evolve(_valid(lasting, operation), body=patch)
            ),
        )

    ask()


@pytest.mark.parametrize("operation", asking.each())
def test_query_parameters_of_any_sort_are_refused_or_answered(
    lasting: World, withstood: Any, operation: Operation
) -> None:
    values = spoiling.FILTERS.filter(spoiling.travels) | spoiling.OPAQUE

    @THOROUGH
    @given(st.dictionaries(st.sampled_from(spoiling.PARAMETERS), values, max_size=4))
    def ask(query: dict[str, str]) -> None:
        request = _valid(lasting, operation)
        withstood(
            operation,
            asking.sent(
                lasting,
                operation,
                attrs.evolve(request, query={**request.query, **query}),
            ),
        )

    ask()


@pytest.mark.parametrize("operation", asking.each())
def test_a_query_that_is_no_text_is_refused_or_answered(
    application: FlowServiceApp, lasting: World, withstood: Any, operation: Operation
) -> None:
    @THOROUGH
    @given(spoiling.QUERIES)
    def ask(parts: list[str]) -> None:
        request = _valid(lasting, operation)
        withstood(
            operation,
            asking.handed_over(
                application, lasting, operation, request, query="".join(parts)
            ),
        )

    ask()


@pytest.mark.parametrize("operation", asking.each())
def test_headers_of_any_sort_are_refused_or_passed_over(
    application: FlowServiceApp, lasting: World, withstood: Any, operation: Operation
) -> None:
    @THOROUGH
    @given(spoiling.HEADERS)
    def ask(headers: dict[str, str]) -> None:
        request = attrs.evolve(_valid(lasting, operation), query={})
        request = attrs.evolve(request, headers={**request.headers, **headers})
        withstood(
            operation, asking.handed_over(application, lasting, operation, request)
        )

    ask()


@pytest.mark.parametrize("operation", asking.each())
def test_paths_of_any_sort_are_refused_or_answered(
    application: FlowServiceApp,
    lasting: World,
    sent: Counter[str],
    operation: Operation,
) -> None:
    @THOROUGH
    @given(st.binary(max_size=20))
    def ask(tail: bytes) -> None:
        path = (
            SERVICE
            + operation.path.partition("{")[0]
            + "".join(f"%{byte:02x}" for byte in tail)
        )
        body = json.dumps({"name": tail.decode("latin-1")}).encode()
        headers = {**lasting.caller, "Content-Type": "application/json"}
        answer = asking.called(
            application, operation.method, path, headers=headers, body=body
        )
        sent["hostile"] += 1
        if not answer.ok:  # a path may lead to another operation
            shapes.refused(answer)

    ask()
