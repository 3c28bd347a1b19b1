"""Somebody who talks to a service: requests with a caller's headers, and what a refusal says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
from dataflows import ORACLE, ROOT

if TYPE_CHECKING:
    import requests

    from headwater_local_flow_service import Client
    from headwater_local_flow_service.app import FlowServiceApp

BASE = f"{ROOT}/data/foundation/flowservice"
HEADERS = {
    "Authorization": "Bearer anything",
    "x-api-key": "key",
    "x-gw-ims-org-id": "ACME@AdobeOrg",
    "x-sandbox-name": "prod",
}


@attrs.frozen
class Talker:
    """Sends requests with the headers of one caller; an empty header value leaves the header out."""

    session: requests.Session
    app: FlowServiceApp
    headers: dict[str, str]

    def send(
        self, method: str, path: str, headers: dict[str, str] | None = None, **rest: Any
    ) -> requests.Response:
        url = path if path.startswith("http") else BASE + path
        given = {
            name: value
            for name, value in (self.headers | (headers or {})).items()
            if value
        }
        return self.session.request(method, url, headers=given, **rest)

    def get(self, path: str, **rest: Any) -> requests.Response:
        return self.send("GET", path, **rest)

    def post(self, path: str, **rest: Any) -> requests.Response:
        return self.send("POST", path, **rest)

    def create(self, name: str = "desk", **changes: Any) -> dict[str, Any]:
        answer = self.post("/connections", json=oracle(name, **changes))
        assert answer.status_code == 201, answer.text
        reference: dict[str, Any] = answer.json()
        return reference

    def read(self, id: str) -> dict[str, Any]:
        item: dict[str, Any]
        [item] = self.get(f"/connections/{id}").json()["items"]
        return item

    def patch(
        self, id: str, etag: str, *operations: Any, **rest: Any
    ) -> requests.Response:
        return self.send(
            "PATCH",
            f"/connections/{id}",
            headers={"If-Match": etag},
            json=list(operations),
            **rest,
        )

    def like(self, **headers: str) -> Talker:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        return attrs.evolve(self, headers=self.headers | names)

    def admitted(self, client: Client) -> Talker:
        """Return somebody who holds a token of a configured client."""
        form = {
            "grant_type": "client_credentials",
            "scope": "openid",
            "client_id": client.id,
            "client_secret": client.secret.reveal(),
        }
        token = self.post(f"{ROOT}/ims/token/v3", data=form).json()["access_token"]
        return self.like(x_api_key=client.id, Authorization=f"Bearer {token}")


def oracle(name: str = "desk", **changes: Any) -> dict[str, Any]:
    """Return a body the service accepts."""
    params = {
        "host": "acme.example",
        "username": "integration",
        "password": "correct-horse-battery",
    }
    body = {
        "name": name,
        "auth": {"specName": "Basic Authentication", "params": params},
        "connectionSpec": {"id": ORACLE, "version": "1.0"},
    }
    return body | changes


def code(answer: requests.Response) -> str:
    """Return the code of a refusal, whatever its shape, and check that the shape is whole."""
    body = answer.json()
    if "error_code" in body:
        assert body["message"]
        assert str(answer.status_code) == body["error_code"][:3]
        return str(body["error_code"])
    assert body["status"] == answer.status_code
    assert (
        body["report"]["detailed-message"]
        == body["errorMessage"]
        == body["errorDetails"]
        != ""
    )
    assert body["report"]["request-id"] == answer.headers["x-request-id"]
    found = str(body["type"]).removeprefix("https://ns.adobe.com/aep/errors/")
    assert found.endswith(str(answer.status_code))
    return found
