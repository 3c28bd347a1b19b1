"""Which operations a test is about, and how a request of one is sent."""

from __future__ import annotations

import json
import urllib.parse
from typing import TYPE_CHECKING, Any

import pytest
import requests
from conformance import contract, further
from conformance.world import SERVICE
from requests.structures import CaseInsensitiveDict

from headwater_local_flow_service.wsgi import Incoming, call

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.contract import Operation
    from conformance.valid import Request
    from conformance.world import World

    from headwater_local_flow_service.app import FlowServiceApp


def each() -> list[Any]:
    """Return every operation as a parameter of a test."""
    return [
        pytest.param(operation, id=id)
        for id, operation in contract.operations().items()
    ]


def usable(world: World, operation: Operation) -> World:
    """Return a tenant in which an operation finds what it changes as it was made; reading, this one will do."""
    return world.again() if operation.parameter and operation.method != "GET" else world


def valid(world: World, operation: Operation, asked_for: str = "") -> requests.Response:
    """Send a valid request of an operation in a tenant: the first one, or a further one."""
    return sent(world, operation, further.request(world, operation.id, asked_for))


def sent(
    world: World,
    operation: Operation,
    request: Request,
    *,
    raw: bytes | None = None,
    media: str = "",
) -> requests.Response:
    """Send a request for an operation, or these bytes in the place of its body."""
    headers, body = request.headers, None
    if raw is not None:
        headers, body = {**headers, "Content-Type": media}, raw
    elif request.body is not None:
        headers, body = (
            {**headers, "Content-Type": "application/json"},
            json.dumps(request.body).encode(),
        )
    return world.send(
        operation.method,
        _path(operation, request),
        params=request.query,
        headers=headers,
        data=body,
    )


def handed_over(
    application: FlowServiceApp,
    world: World,
    operation: Operation,
    request: Request,
    *,
    query: str = "",
) -> requests.Response:
    """Send a request past the client, which would refuse to write such a query or such headers."""
    headers = {**world.caller, "Content-Type": "application/json", **request.headers}
    body = b"" if request.body is None else json.dumps(request.body).encode()
    query = "&".join(filter(None, [urllib.parse.urlencode(request.query), query]))
    return called(
        application,
        operation.method,
        SERVICE + _path(operation, request),
        query,
        headers=headers,
        body=body,
    )


def called(
    application: FlowServiceApp,
    method: str,
    path: str,
    query: str = "",
    *,
    headers: Mapping[str, str],
    body: bytes = b"",
) -> requests.Response:
    """Let the application answer, and return what it says as others read it."""
    answer = call(
        application,
        Incoming(method=method, path=path, query=query, headers=headers, body=body),
    )
    found = requests.Response()
    found.status_code = answer.status
    found.headers = CaseInsensitiveDict(answer.headers)
    found._content = answer.body
    return found


def _path(operation: Operation, request: Request) -> str:
    return (
        operation.path.replace(f"{{{operation.parameter}}}", request.id)
        if operation.parameter
        else operation.path
    )
