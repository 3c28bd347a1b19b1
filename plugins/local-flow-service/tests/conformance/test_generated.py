"""Requests that schemathesis makes of the OpenAPI file: none breaks anything, and what is answered is as declared."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
import requests
import schemathesis
from conformance import asking, contract, shapes
from conformance.deviations import agreed
from conformance.valid import REQUESTS
from conformance.world import SERVICE
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable

    from conformance.contract import Operation
    from conformance.valid import Request
    from conformance.world import World
    from schemathesis import Case

OPERATIONS = contract.operations()
SCHEMA = schemathesis.openapi.from_dict(contract.document())
DECLARED, NOT_DECLARED, STRANGE = AIMS = (
    "as declared",
    "not as declared",
    "from a stranger",
)
WHOLE = 23  # of each operation and aim
EACH = WHOLE if os.environ.get("HEADWATER_TEST_FULL") else 3


def test_whole_it_is_3000_requests() -> None:
    assert len(OPERATIONS) * len(AIMS) * WHOLE >= 3000


@pytest.mark.parametrize("operation", asking.each())
def test_a_request_as_declared_is_refused_or_answered_as_declared(
    lasting: World, sent: Counter[str], operation: Operation
) -> None:
    expected = contract.loosened(agreed(operation)) if operation.schema else None

    def answered(answer: requests.Response) -> None:
        if expected is not None:
            assert contract.problems(expected, answer.json()) == []

    assert _asked(lasting, operation, DECLARED, sent, answered) >= EACH


@pytest.mark.parametrize("aim", AIMS[1:])
@pytest.mark.parametrize("operation", asking.each())
def test_any_other_request_is_refused_or_carried_out(
    spoilt: World, sent: Counter[str], operation: Operation, aim: str
) -> None:
    assert _asked(spoilt, operation, aim, sent, lambda answer: None) >= EACH


def _asked(
    tenant: World,
    operation: Operation,
    aim: str,
    sent: Counter[str],
    answered: Callable[[requests.Response], None],
) -> int:
    """Send generated requests of an operation, and return how many. `answered` looks at what was carried out."""
    before = sent["generated"]

    @settings(
        max_examples=EACH,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def ask(data: st.DataObject) -> None:
        world = asking.usable(tenant, operation)
        request = REQUESTS[operation.id](world)
        known = {} if aim == STRANGE else _known(operation, request, data, world)
        known |= _sensible(request, data) if aim == DECLARED else {}
        mode = GenerationMode.POSITIVE if aim == DECLARED else GenerationMode.NEGATIVE
        case = data.draw(
            SCHEMA[operation.path][operation.method].as_strategy(
                generation_mode=mode, **known
            )
        )
        answer = _carried(case, world)
        sent["generated"] += 1
        if answer.status_code == operation.status:
            sent["generated and carried out"] += 1
            answered(answer)
        else:
            shapes.refused(answer)

    ask()
    return sent["generated"] - before


def _known(
    operation: Operation, request: Request, data: st.DataObject, world: World
) -> dict[str, Any]:
    """Return what is not left to chance: who asks, for which object; without body and query, who asks is all there is.

    Most requests are for an object that is there.
    """
    found: dict[str, Any] = {}
    if operation.parameter:
        id = data.draw(
            st.one_of(
                st.just(request.id),
                st.just(request.id),
                st.uuids().map(str),
                st.text(min_size=1),
            )
        )
        found["path_parameters"] = {operation.parameter: id}
    if operation.asks:
        found["headers"] = {**world.caller, **request.headers}
    return found


def _sensible(request: Request, data: st.DataObject) -> dict[str, Any]:
    """Return a part of the valid request: what is all made up is nearly always refused, however well declared."""
    parts: dict[str, Any] = {"query": request.query}
    if request.body is not None:
        parts |= {"body": request.body, "media_type": "application/json"}
    names = data.draw(st.sampled_from([("query",), ("body", "media_type"), ()]))
    return {name: parts[name] for name in names if name in parts}


def _carried(case: Case[Any], world: World) -> requests.Response:
    """Send a request with the headers it has: those of the caller, where it has them, are among these."""
    with requests.Session() as session:
        session.mount(world.root, world.session.get_adapter(world.root))
        return session.request(
            **case.as_transport_kwargs(base_url=world.root + SERVICE)
        )
