"""Tokens that the service has not issued: access tokens let nobody in, continuation tokens break nothing."""

from __future__ import annotations

import os
import urllib.parse
from typing import TYPE_CHECKING, Any

import pytest
from conformance import asking, contract, shapes, spoiling
from conformance.world import SERVICE
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headwater.secret import Secret
from headwater_local_flow_service import Client, Settings, build_app

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator

    from conformance.contract import Operation
    from conformance.world import World

    from headwater_local_flow_service.app import FlowServiceApp

OPERATIONS = contract.operations()
EXAMPLES = 200 if os.environ.get("HEADWATER_TEST_FULL") else 40
PAGED = {
    "listConnections": "base",
    "listFlows": "flow",
    "listFlowRuns": "run",
    "getSourceConnections": "source_connection",
    "getTargetConnections": "target_connection",
    "getConnectionsByFilters": "base",
    "getFlowsByFilters": "flow",
}
UNHEARD_OF = (
    *(f"{field}==\ud800" for field in ("name", "id", "state", "a.b", "createdAt")),
    "name==\0",
    "\ud800",
    "",
)
ORG = "ACME@AdobeOrg"
FORGED = {
    "nothing": "",
    "a text": "anything",
    "one letter more": "{token}x",
    "one letter less": "{token:.60}",
    "in capitals": "{upper}",
    "two of them": "{token} {token}",
    "no token of this key": "gAAAAABl" + "A" * 92 + "==",
    "not in ASCII": "\xff\xfe",
    "a NUL": "\0",
    "10,000 letters": "a" * 10_000,
    "three parts, as Adobe's": "eyJhbGciOiJub25lIn0.eyJjbGllbnRfaWQiOiJrZXkifQ.",
}


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlowServiceApp]:
    """Return a service that one client alone may use."""
    client = Client(id="key", secret=Secret("test-only"), organizations=(ORG,))
    application = build_app(
        Settings(
            store=str(tmp_path_factory.mktemp("guarded") / "local.db"),
            clients=(client,),
        )
    )
    yield application
    application.close()


@pytest.fixture(scope="module")
def token(guarded: FlowServiceApp) -> str:
    """Return an access token of the client."""
    form = {
        "grant_type": "client_credentials",
        "client_id": "key",
        "client_secret": "test-only",
        "scope": "openid",
    }
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    body = urllib.parse.urlencode(form).encode()
    answer = asking.called(guarded, "POST", "/ims/token/v3", headers=headers, body=body)
    return str(answer.json()["access_token"])


def _headers(token: str, **others: str) -> dict[str, str]:
    given = {
        "Authorization": f"Bearer {token}",
        "x-api-key": "key",
        "x-gw-ims-org-id": ORG,
        "x-sandbox-name": "prod",
    }
    return given | {name.replace("_", "-"): value for name, value in others.items()}


@pytest.mark.parametrize("operation", asking.each())
def test_a_forged_access_token_leads_to_no_operation(
    guarded: FlowServiceApp, sent: Counter[str], token: str, operation: Operation
) -> None:
    path = SERVICE + operation.path
    for name, pattern in FORGED.items():
        forged = pattern.format(token=token, upper=token.upper())
        answer = asking.called(
            guarded, operation.method, path, headers=_headers(forged)
        )
        assert (shapes.refused(answer), answer.status_code) == ("A", 401), name
    for others in ({"x_api_key": "another"}, {"x_gw_ims_org_id": "OTHER@AdobeOrg"}):
        answer = asking.called(
            guarded, operation.method, path, headers=_headers(token, **others)
        )
        assert (shapes.refused(answer), answer.status_code) == ("A", 403), others
    sent["hostile"] += len(FORGED) + 2


def test_the_clients_own_token_leads_to_them(
    guarded: FlowServiceApp, token: str
) -> None:
    assert (
        asking.called(
            guarded, "GET", f"{SERVICE}/connections", headers=_headers(token)
        ).status_code
        == 200
    )


def _issued(world: World, operation: Operation) -> dict[str, Any]:
    """Return what is in a continuation token of a list that goes on, once it has proven to continue it."""
    for tenant in (world, world.again()):
        getattr(tenant, PAGED[operation.id])
    body = {"json": {"limit": 1}} if operation.body else {}
    page = world.send(
        operation.method,
        operation.path,
        params={} if operation.body else {"limit": "1"},
        **body,
    )
    query = urllib.parse.urlsplit(page.json()["_links"]["next"]["href"]).query
    [token] = urllib.parse.parse_qs(query)["continuationToken"]
    facts: dict[str, Any] = spoiling.decoded(token)
    [item] = _continued(world, operation, facts).json()["items"]
    assert item["id"] != page.json()["items"][0]["id"]
    return facts


def _continued(world: World, operation: Operation, facts: Any) -> Any:
    body = {"json": {"queryString": ""}} if operation.body else {}
    return world.send(
        operation.method,
        operation.path,
        params={"continuationToken": spoiling.encoded(facts)},
        **body,
    )


@pytest.mark.parametrize("operation", [OPERATIONS[id] for id in PAGED], ids=PAGED)
def test_a_forged_continuation_token_is_refused_or_continues_something(
    lasting: World, sent: Counter[str], operation: Operation
) -> None:
    facts = _issued(lasting, operation)
    values = spoiling.VALUES | spoiling.FILTERS | st.lists(spoiling.FILTERS, max_size=2)

    def check(forged: Any) -> None:
        sent["hostile"] += 1
        answer = _continued(lasting, operation, forged)
        if answer.status_code != 200:
            shapes.refused(answer)

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(spoiling.spoiled(facts, values))
    def ask(forged: Any) -> None:
        check(forged)

    ask()
    for place in facts:
        for text in UNHEARD_OF:
            check({**facts, place: [text] if isinstance(facts[place], list) else text})
