"""No message, repr, log or traceback of ours ever shows a secret, whoever tries to carry it out."""

from __future__ import annotations

import base64
import html
import json
import logging
import traceback
import urllib.parse
from typing import TYPE_CHECKING, Any

import pytest
import requests_mock
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headwater import (
    AuthenticationSpec,
    ConnectionSpec,
    Connector,
    Endpoint,
    Field,
    FlowService,
    HeadwaterError,
    PayloadRequest,
    Secret,
    create_connection,
    hookimpl,
)
from headwater.models import Distribution

if TYPE_CHECKING:
    from collections.abc import Callable

URL = "http://127.0.0.1:9"
CONNECTIONS = f"{URL}/data/foundation/flowservice/connections"
# Beginning unlike any word of ours, so that what is found is the canary and nothing else.
CANARIES = st.text("abcXYZ0189 \"'\\/&<>%+=éß漢", min_size=12, max_size=24).map(
    lambda text: f"Zq7{text.strip()}kW9v"
)
FORMS: list[Callable[[str], str]] = [
    str,
    lambda text: json.dumps(text)[1:-1],
    lambda text: urllib.parse.quote(text, safe=""),
    urllib.parse.quote_plus,
    html.escape,
    lambda text: repr(text)[1:-1],
    lambda text: base64.b64encode(text.encode()).decode(),
    lambda text: base64.b64encode(f"user:{text}".encode()).decode(),
]


def _connector(
    build: Callable[[PayloadRequest], dict[str, Any]] | None = None,
) -> Connector:
    class Desk:
        @hookimpl
        def connection_spec(self) -> ConnectionSpec:
            return ConnectionSpec(
                id="11111111-2222-4333-8444-555555555555", name="Desk", category="crm"
            )

        @hookimpl
        def credential_schemas(self) -> list[AuthenticationSpec]:
            return [
                AuthenticationSpec("Key", [Field("host"), Field("key", secret=True)])
            ]

    class Building(Desk):
        @hookimpl
        def build_payload(self, request: PayloadRequest) -> dict[str, Any]:
            assert build is not None
            return build(request)

    return Connector(
        "desk", Building() if build else Desk(), Distribution("acme-desk", "1")
    )


def _told(connector: Connector, key: str, token: str = "tttttttttttttttt") -> str:
    """Create, and return everything that can be seen of the failure: texts, data, traceback, chain, log."""
    records: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: records.append(record.getMessage())  # type: ignore[method-assign]
    logger = logging.getLogger("headwater")
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    endpoint = Endpoint(
        url=URL,
        org_id="a@AdobeOrg",
        sandbox="prod",
        api_key="k",
        access_token=Secret(token),
    )
    try:
        with (
            FlowService(endpoint, retries=0) as service,
            pytest.raises(HeadwaterError) as caught,
        ):
            create_connection(
                connector,
                name="n",
                credentials={"host": "h", "key": key},
                service=service,
                settle=0,
            )
    finally:
        logger.removeHandler(handler)
    error: BaseException | None = caught.value
    seen = [
        *records,
        "".join(traceback.format_exception(caught.value)),
        getattr(caught.value, "frames", ""),
    ]
    while error is not None:
        seen += [
            str(error),
            repr(error),
            repr(vars(error)),
            repr(getattr(error, "data", dict)()),
        ]
        error = error.__cause__ or error.__context__
    return "\n".join(seen)


def _assert_hidden(canary: str, told: str) -> None:
    assert [form(canary) for form in FORMS[:-1] if form(canary) in told] == []


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(canary=CANARIES, form=st.sampled_from(FORMS))
def test_a_plugin_that_raises_with_a_secret_shows_nothing(
    canary: str, form: Callable[[str], str]
) -> None:
    def build(request: PayloadRequest) -> dict[str, Any]:
        try:
            raise KeyError(request.params["key"].reveal())
        except KeyError:
            raise ValueError(f"cannot use {form(request.params['key'].reveal())}")  # noqa: B904

    _assert_hidden(canary, _told(_connector(build), canary))


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    canary=CANARIES,
    form=st.sampled_from(FORMS),
    status=st.sampled_from([400, 401, 403, 409, 500]),
)
def test_a_server_that_echoes_a_secret_shows_nothing(
    canary: str, form: Callable[[str], str], status: int
) -> None:
    with requests_mock.Mocker() as server:
        server.get(CONNECTIONS, json={"items": []})
        bodies = [
            {"errorMessage": f"refused: {form(canary)}"},
            {"error_code": "1", "message": form(canary)},
        ]
        server.post(
            CONNECTIONS,
            status_code=status,
            json=bodies[len(canary) % 2],
            reason=form("x"),
        )
        _assert_hidden(canary, _told(_connector(), canary))


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(canary=CANARIES)
def test_values_that_do_not_fit_are_not_repeated(canary: str) -> None:
    with (
        requests_mock.Mocker() as server,
        FlowService(
            Endpoint(
                url=URL,
                org_id="a@AdobeOrg",
                sandbox="prod",
                api_key="k",
                access_token=Secret("tttttttttttt"),
            )
        ) as service,
    ):
        with pytest.raises(HeadwaterError) as caught:
            create_connection(
                _connector(),
                name="n",
                credentials={"host": [canary], "key": {"x": canary}},
                service=service,
            )
        assert server.call_count == 0
    _assert_hidden(
        canary,
        "".join(traceback.format_exception(caught.value)) + repr(caught.value.data()),
    )
