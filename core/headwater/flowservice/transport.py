"""Requests to Flow Service: headers, authentication, retries per method, and an error for all but a success."""

from __future__ import annotations

import contextlib
import functools
from typing import TYPE_CHECKING, Any

import attrs

from headwater.errors import NotAuthenticated, ServiceError, Unreachable
from headwater.flowservice import retries, wire
from headwater.flowservice.auth import Bearer, tokens_for
from headwater.flowservice.error_answers import service_error
from headwater.flowservice.error_shapes import is_refusal
from headwater.flowservice.sender import OutgoingRequest, Sender
from headwater.http.no_answer import NoAnswer
from headwater.secret import secrets_in

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from headwater.flowservice.answer import Answer
    from headwater.flowservice.auth import TokenSource
    from headwater.flowservice.endpoint import Endpoint
    from headwater.flowservice.retries import Outcome
    from headwater.secret import Secret

_RENEWED = "there is a new token by now: look whether it was carried out all the same, then send it again"
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
        error = service_error(answer, renewable=self._tokens.renewable)
        if isinstance(error, NotAuthenticated) and answer.token_renewed:
            error.token_renewed = True
            error.remedy = _RENEWED
        return error

    def exchange(
        self,
        method: str,
        path: str,
        *,
        query: str = "",
        payload: Any = None,
        headers: Mapping[str, str] | None = None,
        changes: bool = True,
        harmless_twice: bool = False,
        base: str = BASE,
    ) -> Answer:
        """Send and return the answer, whatever its status; a payload travels as JSON.

        `base` is where the path begins, for what belongs to the platform but not to Flow Service.

        GET, DELETE, PATCH and PUT are repeated as `retries` says, and with another token where the first is refused.
        POST is sent once, unless it `changes` nothing; where its token is refused, another one is fetched and the
        answer is marked `token_renewed`. One that is `harmless_twice` is sent again with that token, nothing else.
        Raises `InvalidInput` for a payload that cannot be sent, `Unreachable` where no answer came, and what fetching
        a token raises.
        """
        repeatable = method in retries.METHODS or not changes
        outgoing = OutgoingRequest(
            method=method,
            path=path,
            query=query,
            headers={**self._headers, **(headers or {})},
            changes=changes and method != "GET",
        )
        if payload is not None:
            outgoing = _with_json(outgoing, payload)
        run = _Run(
            outgoing,
            functools.partial(self._send_with, base),
            self._tokens,
            may_send_twice=repeatable or harmless_twice,
        )
        if not repeatable:
            return run.require_answer(run.attempt())
        return run.require_answer(self._retrying(run.attempt))

    def _send_with(
        self, base: str, token: Secret, outgoing: OutgoingRequest
    ) -> Outcome:
        secrets = (*outgoing.secrets, token)
        if self.endpoint.client_secret is not None:
            secrets = (*secrets, self.endpoint.client_secret)
        authorized = attrs.evolve(outgoing, auth=Bearer(token), secrets=secrets)
        return self._sender.send(self.endpoint.url, base, authorized)

    def _ask_ims(self, outgoing: OutgoingRequest) -> Outcome:
        """Send a token request; it changes nothing, so it may be repeated like a read."""
        return self._retrying_ims(
            self._sender.send, self.endpoint.ims_url, "", outgoing
        )


class _Run:
    """All attempts of one request, and whether one before the last may have been carried out."""

    def __init__(
        self,
        outgoing: OutgoingRequest,
        send: Callable[[Secret, OutgoingRequest], Outcome],
        tokens: TokenSource,
        *,
        may_send_twice: bool,
    ) -> None:
        self.uncertain = False
        self._outgoing = outgoing
        self._send_with = send
        self._tokens = tokens
        self._may_send_twice = may_send_twice
        self._last: Outcome | None = None

    def attempt(self) -> Outcome:
        """Send once, or twice where the token is refused and that does no harm."""
        try:
            return self._attempt()
        except (Unreachable, ServiceError) as error:
            # Of the token request, mostly: what an earlier attempt left open stays open.
            self._pass_doubt_on(error)
            raise

    def require_answer(self, outcome: Outcome) -> Answer:
        """Return the last attempt's answer. Raises `Unreachable` where there is none."""
        if isinstance(outcome, NoAnswer):
            raise outcome.error(sent=outcome.sent or self.uncertain)
        if self.uncertain:
            return attrs.evolve(outcome, uncertain=True)
        return outcome

    def _attempt(self) -> Outcome:
        token = self._tokens.token()
        outcome = self._send(token)
        if isinstance(outcome, NoAnswer) or outcome.status != 401:
            return outcome
        if not self._may_send_twice:
            return self._renew_after(outcome, token)
        new_token = self._tokens.renew(token)
        if new_token is None:
            return outcome
        return self._send(new_token)

    def _send(self, token: Secret) -> Outcome:
        if self._last is not None and retries.may_have_happened(self._last):
            self.uncertain = True
        self._last = self._send_with(token, self._outgoing)
        return self._last

    def _renew_after(self, answer: Answer, token: Secret) -> Answer:
        """Have another token ready, but send nothing: the caller looks first.

        Only for a refusal of the service's own. Where no token comes, this refusal is what there is to tell: the error
        of the token request would say that nothing was sent.
        """
        if not is_refusal(answer):
            return answer
        new_token: Secret | None = None
        with contextlib.suppress(Unreachable, ServiceError):
            new_token = self._tokens.renew(token)
        return attrs.evolve(answer, token_renewed=new_token is not None)

    def _pass_doubt_on(self, error: Unreachable | ServiceError) -> None:
        doubtful = self._last is not None and retries.may_have_happened(self._last)
        if not self._outgoing.changes or not (self.uncertain or doubtful):
            return
        if isinstance(error, Unreachable):
            error.sent = True
        else:
            error.outcome_unknown = True


def _with_json(outgoing: OutgoingRequest, payload: Any) -> OutgoingRequest:
    """Return the request with a payload as its body, and the secrets of the payload beside it."""
    normalized = wire.normalize(payload)
    return attrs.evolve(
        outgoing,
        body=wire.encode(normalized),
        headers={**outgoing.headers, **wire.HEADERS},
        secrets=tuple(secrets_in(normalized)),
    )
