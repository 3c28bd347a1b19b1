"""A fresh service for one test: in the process, or over HTTP, strict, and failing on demand."""

from __future__ import annotations

import contextlib
import itertools
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlencode

import attrs
import requests

from headwater.errors import InvalidInput
from headwater.flowservice import Endpoint, FlowService
from headwater.profiles.layers import VARIABLES
from headwater.secret import Secret
from headwater_local_flow_service import strictness
from headwater_local_flow_service.adapter import LocalAdapter, publish
from headwater_local_flow_service.app import build_app
from headwater_local_flow_service.faults.control import add_control
from headwater_local_flow_service.faults.engine import Faults
from headwater_local_flow_service.faults.rules import BASE, Plan
from headwater_local_flow_service.faults.server import FaultServer
from headwater_local_flow_service.settings import (
    EMBEDDED_HOST,
    LOOPBACK_NAMES,
    Settings,
)
from headwater_local_flow_service.wsgi import Incoming, call

if TYPE_CHECKING:
    from collections.abc import Mapping

ORG = "TEST@AdobeOrg"
SANDBOX = "prod"
API_KEY = "test"
TOKEN = "any-token-will-do"  # noqa: S105 - without configured clients the service takes any

_numbers = itertools.count(1)


class LocalFlowService:
    """One service of one's own, with its store in `folder`; a context manager that leaves nothing behind but the store.

    `settings` are fields of `Settings` or switches of `Strictness`, and ``strict=False`` is the tolerant service. With
    `clients`, everything here acts as the first of them, for the first organization it may act for. Raises
    `InvalidInput` for a setting there is not.
    """

    def __init__(
        self, folder: str | Path, *, strict: bool = True, **settings: Any
    ) -> None:
        host = f"test-{next(_numbers)}"
        self.url = f"http+local://{host}"
        hosts = (*settings.pop("hosts", ()), *LOOPBACK_NAMES, EMBEDDED_HOST, host)
        settings = _with_switches(settings, strict=strict)
        self.settings = Settings(
            **{"store": str(Path(folder) / "local.db"), **settings, "hosts": hosts}
        )
        self._faults = Faults()
        self._leaving = contextlib.ExitStack()
        self._client: FlowService | None = None
        self._server: FaultServer | None = None
        self.app = build_app(self.settings)
        self._leaving.callback(self.app.close)
        add_control(self.app, self._faults, self.settings)
        self._adapter = LocalAdapter(app=self.app, faults=self._faults)
        self._leaving.callback(self._adapter.close)
        self._leaving.enter_context(publish(host, self._adapter))

    def __repr__(self) -> str:
        return f"<LocalFlowService {self.url}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Close every client and session made here, the port, and the store, in this order."""
        self._leaving.close()

    @property
    def api(self) -> str:
        """Where the operations of Flow Service are, inside the process, as in ``f"{api}/connections"``."""
        return self.url + BASE

    @property
    def endpoint(self) -> Endpoint:
        """Where the service is inside the process, and as whom to talk to it, for Headwater's own client."""
        return self._endpoint(self.url)

    @property
    def client(self) -> FlowService:
        """Headwater's client of the service, inside the process; closed with it."""
        if self._client is None:
            self._client = self.connect()
        return self._client

    @property
    def headers(self) -> dict[str, str]:
        """The headers every request needs, for programs that write their own."""
        return {
            "Authorization": f"Bearer {self._token()}",
            "x-api-key": self._caller["api_key"],
            "x-gw-ims-org-id": self._caller["org_id"],
            "x-sandbox-name": SANDBOX,
        }

    @property
    def env(self) -> dict[str, str]:
        """Environment variables with which a Headwater in another process finds the service over HTTP.

        Those that do not count here are empty, so that no setting of the machine comes between.
        """
        known = {
            "url": self.serve(),
            "ims_url": self.serve(),
            "sandbox": SANDBOX,
            **self._caller,
        }
        environment = {}
        for key, variable in VARIABLES.items():
            environment[variable] = _plain(known.get(key, ""))
        environment["HEADWATER_PROFILE"] = ""
        return environment

    @property
    def struck(self) -> tuple[int, ...]:
        """How often each fault rule has struck."""
        return self._faults.struck

    def connect(self, url: str | None = None, **changes: Any) -> FlowService:
        """Return one more client: inside the process, or at the `url` of `serve`. It is closed with the service.

        `changes` are fields of `Endpoint`, such as ``read_timeout``.
        """
        return self._leaving.enter_context(
            FlowService(self._endpoint(url or self.url, **changes))
        )

    def session(self) -> requests.Session:
        """Return a session that sends `headers` and reaches the service inside the process and over HTTP alike."""
        session = self._leaving.enter_context(requests.Session())
        session.headers.update(self.headers)
        session.trust_env = (
            False  # a proxy of the environment does not lead to this machine
        )
        # which finds the published one; closing it closes nothing of ours
        session.mount(self.url, LocalAdapter())
        return session

    def serve(self) -> str:
        """Listen on a free port of this machine, if not done yet, and return the root URL. Faults strike there too."""
        if self._server is None:
            self._server = self._leaving.enter_context(
                FaultServer(self.app, self._faults)
            )
        return self._server.url

    def faults(self, *rules: Mapping[str, Any], seed: int = 0) -> None:
        """Replace the fault rules; none means that nothing fails. Raises `InvalidInput` for a rule that is wrong."""
        self._faults.replace(
            Plan.of({"seed": seed, "rules": [dict(rule) for rule in rules]})
        )

    def settle(self) -> None:
        """Let what a fault has put off happen now, and wait for it; a refusal ends."""
        self._adapter.close()
        if self._server is not None:
            self._server.wait_until_idle()

    @property
    def _caller(self) -> dict[str, Any]:
        """Who talks to the service, in the names of `Endpoint`."""
        if not self.settings.clients:
            return {"org_id": ORG, "api_key": API_KEY, "access_token": TOKEN}
        client = self.settings.clients[0]
        org = client.organizations[0]
        return {
            "org_id": org,
            "api_key": client.id,
            "client_id": client.id,
            "client_secret": client.secret,
        }

    def _endpoint(self, url: str, **changes: Any) -> Endpoint:
        facts: dict[str, Any] = {"url": url, "ims_url": url, "sandbox": SANDBOX}
        return Endpoint(**facts | {"list_lag": 0.0} | self._caller | changes)

    def _token(self) -> str:
        """Return the token to send. For a configured client it is fetched past the faults, and without a port."""
        if not self.settings.clients:
            return TOKEN
        client = self.settings.clients[0]
        form = {
            "grant_type": "client_credentials",
            "client_id": client.id,
            "client_secret": client.secret.reveal(),
        }
        answer = call(
            self.app,
            Incoming(
                method="POST",
                path="/ims/token/v3",
                headers={"Content-Type": "application/x-www-form-urlencoded"},
                body=urlencode(form | {"scope": "openid"}).encode(),
            ),
        )
        return str(json.loads(answer.body)["access_token"])


def _with_switches(settings: dict[str, Any], *, strict: bool) -> dict[str, Any]:
    """Return the settings with the switches among them put together."""
    fields = {field.name for field in attrs.fields(Settings)}
    plain = {name: value for name, value in settings.items() if name in fields}
    switches = {name: value for name, value in settings.items() if name not in fields}
    if "strictness" in plain and switches:
        raise InvalidInput(
            f"{min(switches)} is set beside strictness",
            remedy="set it there, or leave strictness out",
        )
    if not plain.get("strictness"):
        plain["strictness"] = strictness.build(
            switches, where="flow_service", strict=strict
        )
    return plain


def _plain(value: Any) -> str:
    if isinstance(value, Secret):
        return value.reveal()
    return str(value)
