"""Requests to Flow Service: headers, authentication, retries per method, and errors for what is no success."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from headwater.flowservice import retries, wire
from headwater.flowservice.auth import Bearer, tokens_for
from headwater.flowservice.problems import failure
from headwater.flowservice.sender import Outgoing, Sender
from headwater.http.no_answer import NoAnswer
from headwater.secret import secrets_in

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from headwater.errors import ServiceError
    from headwater.flowservice.answers import Answer
    from headwater.flowservice.endpoint import Endpoint
    from headwater.flowservice.retries import Outcome
    from headwater.secret import Secret

BASE = "/data/foundation/flowservice"


class Transport:
    """Carries requests to one endpoint. `attempts` counts the first one; `sleep` pauses between them, in seconds."""

    def __init__(
        self, endpoint: Endpoint, *, attempts: int, sleep: Callable[[float], None]
    ) -> None:
        self.endpoint = endpoint
        self.base = BASE
        self._sender = Sender(endpoint)
        # A policy keeps its count per thread, and tokens are fetched within an attempt: so each has its own.
        self._retrying = retries.policy(attempts, sleep)
        self._retrying_ims = retries.policy(attempts, sleep)
        self._tokens = tokens_for(endpoint, self._ask_ims)
        self._headers = {
            "x-api-key": endpoint.api_key,
            "x-gw-ims-org-id": endpoint.org_id,
            "x-sandbox-name": endpoint.sandbox,
        }

    def close(self) -> None:
        """Close every connection."""
        self._sender.close()

    def json(self, method: str, path: str, *, query: str = "") -> Any:
        """Return the JSON value a request without body answers. Raises the errors of `fine`."""
        return self.fine(method, path, query=query).json()

    def fine(self, method: str, path: str, **details: Any) -> Answer:
        """Exchange, and raise the `ServiceError` that fits where the answer is no success."""
        answer = self.exchange(method, path, **details)
        if not answer.fine:
            raise self.failure(answer)
        return answer

    def failure(self, answer: Answer) -> ServiceError:
        """Return the error for an answer that is no success."""
        return failure(answer, renewable=self._tokens.renewable)

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
        outgoing = self._outgoing(method, path, query, payload, headers or {})
        run = _Run(outgoing, self._send)
        outcome = (
            self._retrying(run.attempt)
            if method in retries.METHODS or not changes
            else run.attempt()
        )
        if isinstance(outcome, NoAnswer):
            raise outcome.error(sent=outcome.sent or run.uncertain)
        return attrs.evolve(outcome, uncertain=True) if run.uncertain else outcome

    def _outgoing(
        self,
        method: str,
        path: str,
        query: str,
        payload: Any,
        headers: Mapping[str, str],
    ) -> Outgoing:
        if payload is None:
            return Outgoing(
                method=method,
                path=path,
                query=query,
                headers={**self._headers, **headers},
            )
        checked = wire.checked(payload)
        return Outgoing(
            method=method,
            path=path,
            query=query,
            body=wire.encode(checked),
            headers={**self._headers, "Content-Type": "application/json", **headers},
            secrets=tuple(secrets_in(checked)),
        )

    def _send(self, outgoing: Outgoing) -> Outcome:
        """Send once; a refused token is renewed once, and the request sent again: a 401 proves it was not accepted."""
        token = self._tokens.token()
        outcome = self._send_with(token, outgoing)
        if isinstance(outcome, NoAnswer) or outcome.status != 401:
            return outcome
        renewed = self._tokens.renewed(token)
        return outcome if renewed is None else self._send_with(renewed, outgoing)

    def _send_with(self, token: Secret, outgoing: Outgoing) -> Outcome:
        known = (*outgoing.secrets, token, *self._client_secret)
        authorized = attrs.evolve(outgoing, auth=Bearer(token), secrets=known)
        return self._sender.send(self.endpoint.url, BASE, authorized)

    @property
    def _client_secret(self) -> tuple[Secret, ...]:
        return (
            ()
            if self.endpoint.client_secret is None
            else (self.endpoint.client_secret,)
        )

    def _ask_ims(self, outgoing: Outgoing) -> Outcome:
        """Send a token request; it changes nothing, so it may be repeated like a read."""
        return self._retrying_ims(
            self._sender.send, self.endpoint.ims_url, "", outgoing
        )


class _Run:
    """All attempts of one request, and whether one before the last may have been carried out."""

    def __init__(self, outgoing: Outgoing, send: Callable[[Outgoing], Outcome]) -> None:
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
