"""Requests to Flow Service: headers, authentication, retries per method, and an error for all but a success."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from headwater.flowservice import retries, wire
from headwater.flowservice.auth import Bearer, tokens_for
from headwater.flowservice.error_answers import service_error
from headwater.flowservice.sender import OutgoingRequest, Sender
from headwater.http.no_answer import NoAnswer
from headwater.secret import secrets_in

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from headwater.errors import ServiceError
    from headwater.flowservice.answer import Answer
    from headwater.flowservice.endpoint import Endpoint
    from headwater.flowservice.retries import Outcome
    from headwater.secret import Secret

BASE = "/data/foundation/flowservice"


def platform_headers(*, api_key: str, org_id: str, sandbox: str) -> dict[str, str]:
    """Return the headers that name the caller's project, organization and sandbox to the platform."""
    return {
        "x-api-key": api_key,
        "x-gw-ims-org-id": org_id,
        "x-sandbox-name": sandbox,
    }


class Transport:
    """Carries requests to one endpoint. `attempts` counts the first one; `sleep` pauses between them, in seconds."""

    def __init__(
        self, endpoint: Endpoint, *, attempts: int, sleep: Callable[[float], None]
    ) -> None:
        self.endpoint = endpoint
        self.base = BASE
        self._sender = Sender(endpoint)
        # A policy keeps its count per thread, and tokens are fetched within an attempt: so each has its own.
        self._retrying = retries.service_policy(attempts, sleep)
        self._retrying_ims = retries.service_policy(attempts, sleep)
        self._tokens = tokens_for(endpoint, self._ask_ims)
        self._headers = platform_headers(
            api_key=endpoint.api_key, org_id=endpoint.org_id, sandbox=endpoint.sandbox
        )

    def close(self) -> None:
        """Close every connection."""
        self._sender.close()

    def request(self, method: str, path: str, **details: Any) -> Answer:
        """Exchange, and raise the `ServiceError` that fits where the answer is not a success."""
        answer = self.exchange(method, path, **details)
        if not answer.fine:
            raise self.error_for(answer)
        return answer

    def error_for(self, answer: Answer) -> ServiceError:
        """Return the error for an answer other than a success."""
        return service_error(answer, renewable=self._tokens.renewable)

    def exchange(
        self,
        method: str,
        path: str,
        *,
        query: str = "",
        payload: Any = None,
        headers: Mapping[str, str] | None = None,
        changes: bool = True,
    ) -> Answer:
        """Send and return the answer, whatever its status; a payload travels as JSON.

        GET, DELETE, PATCH and PUT are repeated as `retries` says; POST is sent once, unless it `changes` nothing.
        Raises `InvalidInput` for a payload that cannot be sent, `Unreachable` where no answer came, and what fetching
        a token raises.
        """
        outgoing = OutgoingRequest(
            method=method,
            path=path,
            query=query,
            headers={**self._headers, **(headers or {})},
        )
        if payload is not None:
            outgoing = _with_json(outgoing, payload)
        run = _Run(outgoing, self._send)
        if changes and method not in retries.METHODS:
            return run.require_answer(run.attempt())
        return run.require_answer(self._retrying(run.attempt))

    def _send(self, outgoing: OutgoingRequest) -> Outcome:
        """Send once; a refused token is renewed once, and the request sent again: a 401 proves it was not accepted."""
        token = self._tokens.token()
        outcome = self._send_with(token, outgoing)
        if isinstance(outcome, NoAnswer) or outcome.status != 401:
            return outcome
        new_token = self._tokens.renew(token)
        if new_token is None:
            return outcome
        return self._send_with(new_token, outgoing)

    def _send_with(self, token: Secret, outgoing: OutgoingRequest) -> Outcome:
        secrets = (*outgoing.secrets, token)
        if self.endpoint.client_secret is not None:
            secrets = (*secrets, self.endpoint.client_secret)
        authorized = attrs.evolve(outgoing, auth=Bearer(token), secrets=secrets)
        return self._sender.send(self.endpoint.url, BASE, authorized)

    def _ask_ims(self, outgoing: OutgoingRequest) -> Outcome:
        """Send a token request; it changes nothing, so it may be repeated like a read."""
        return self._retrying_ims(
            self._sender.send, self.endpoint.ims_url, "", outgoing
        )


class _Run:
    """All attempts of one request, and whether one before the last may have been carried out."""

    def __init__(
        self, outgoing: OutgoingRequest, send: Callable[[OutgoingRequest], Outcome]
    ) -> None:
        self.uncertain = False
        self._outgoing = outgoing
        self._send = send
        self._last: Outcome | None = None

    def attempt(self) -> Outcome:
        """Send once."""
        if self._last is not None and retries.may_have_happened(self._last):
            self.uncertain = True
        self._last = self._send(self._outgoing)
        return self._last

    def require_answer(self, outcome: Outcome) -> Answer:
        """Return the last attempt's answer. Raises `Unreachable` where there is none."""
        if isinstance(outcome, NoAnswer):
            raise outcome.error(sent=outcome.sent or self.uncertain)
        if self.uncertain:
            return attrs.evolve(outcome, uncertain=True)
        return outcome


def _with_json(outgoing: OutgoingRequest, payload: Any) -> OutgoingRequest:
    """Return the request with a payload as its body, and the secrets of the payload beside it."""
    normalized = wire.normalize(payload)
    return attrs.evolve(
        outgoing,
        body=wire.encode(normalized),
        headers={**outgoing.headers, **wire.HEADERS},
        secrets=tuple(secrets_in(normalized)),
    )
