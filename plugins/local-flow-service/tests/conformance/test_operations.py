"""Every operation of the OpenAPI file, called with a valid request: the answer is as the file declares it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import pytest
import requests
from conformance import asking, contract, further
from conformance.deviations import DEVIATIONS, agreed
from conformance.further import FURTHER
from conformance.valid import REQUESTS
from conformance.world import World

if TYPE_CHECKING:
    from pathlib import Path

    from conformance.contract import Operation
    from conformance.deviations import Deviation

OPERATIONS = contract.operations()
SERVED = (
    "createConnection",
    "patchConnection",
    "listConnections",
    "getConnectionsByFilters",
    "deleteConnection",
)


def _check(
    operation: Operation, answer: requests.Response, asked_for: str = ""
) -> None:
    assert answer.status_code == operation.status, answer.text
    if operation.schema is None:
        assert answer.content == b""
        return
    assert answer.headers["Content-Type"] == "application/json"
    assert contract.problems(agreed(operation, asked_for), answer.json()) == []


def test_the_file_holds_the_45_operations_and_each_has_a_valid_request() -> None:
    assert len(OPERATIONS) == 45
    assert REQUESTS.keys() == OPERATIONS.keys()


@pytest.mark.parametrize(
    ("id", "asked_for"), [*((id, "") for id in OPERATIONS), *FURTHER]
)
def test_the_valid_request_is_one_by_the_files_own_account(
    world: World, id: str, asked_for: str
) -> None:
    operation, request = OPERATIONS[id], further.request(world, id, asked_for)
    assert bool(operation.parameter) == bool(request.id)
    if request.body is not None:
        assert operation.body is not None
        assert contract.problems(operation.body, request.body) == []
    given = {
        name.lower(): value for name, value in (request.query | request.headers).items()
    }
    for parameter in operation.required:
        assert (
            contract.problems(parameter["schema"], given[parameter["name"].lower()])
            == []
        )


@pytest.mark.parametrize("operation", asking.each())
def test_a_valid_request_is_answered_as_declared(
    world: World, operation: Operation
) -> None:
    _check(operation, asking.valid(world, operation))


@pytest.mark.parametrize(("id", "asked_for"), FURTHER, ids=map(": ".join, FURTHER))
def test_what_else_can_be_asked_for_is_answered_as_declared(
    world: World, id: str, asked_for: str
) -> None:
    _check(OPERATIONS[id], asking.valid(world, OPERATIONS[id], asked_for), asked_for)


@pytest.mark.parametrize("operation", [OPERATIONS[id] for id in SERVED], ids=SERVED)
def test_it_is_answered_as_declared_over_a_port_as_well(
    served: Any, tmp_path: Path, oracle_url: str, operation: Operation
) -> None:
    with served(tmp_path) as (_process, url), requests.Session() as session:
        session.headers.update(
            {
                "Authorization": "Bearer t",
                "x-api-key": "key",
                "x-gw-ims-org-id": "ACME@AdobeOrg",
            }
        )
        _check(operation, asking.valid(World(session, url, oracle_url), operation))


@pytest.mark.parametrize(
    "deviation", DEVIATIONS, ids=lambda one: f"{one.operation}: {one.what}"
)
def test_a_deviation_is_needed(world: World, deviation: Deviation) -> None:
    operation, asked_for = OPERATIONS[deviation.operation], deviation.asked_for
    answer = asking.valid(world, operation, asked_for).json()
    for part in deviation.patch:
        assert (
            contract.problems(agreed(operation, asked_for, without=part), answer) != []
        ), part


@pytest.mark.parametrize("id", ["createConnectionSpec", "createFlowSpec"])
def test_a_field_of_a_specification_that_is_null_is_one_not_sent(
    world: World, id: str
) -> None:
    operation, request = OPERATIONS[id], REQUESTS[id](world)
    assert operation.body is not None
    without = {name: request.body[name] for name in operation.body["required"]}
    nulls = dict.fromkeys(operation.body["properties"])
    _check(
        operation,
        asking.sent(world, operation, attrs.evolve(request, body=nulls | without)),
    )
