"""Every error Headwater raises, grouped by what the caller does next.

::

    HeadwaterError
    ├── InvalidInput (ValueError)             correct the input
    │   ├── UnknownConnector (LookupError)
    │   ├── InvalidCredentials                .problems says which fields
    │   ├── UnresolvedReference               .tried says where it was looked for
    │   ├── NotConfigured                     .missing says what is
    │   ├── NotCreatable                      the source has no (verified) base connection
    │   └── NotReadable                       the connector does not read its source directly
    ├── PluginError                           mend or remove a plugin
    │   ├── ConnectorClash                    two distributions claim one slug
    │   └── BrokenPlugin                      .frames holds its cleaned traceback
    ├── ConnectionExists                      adopt it, or choose another name
    ├── OutcomeUnknown                        run again with reuse; .ids says what is there
    ├── CreateInProgress                      wait for the other command, then run again
    ├── Unreachable (ConnectionError)         .sent says whether the request may have arrived
    ├── ServiceError                          the service answered
    │   ├── Rejected                          correct the request
    │   │   └── NotFound (LookupError)
    │   ├── NotAuthenticated                  renew the token
    │   ├── NotPermitted (PermissionError)    ask for the permission
    │   ├── ChangedMeanwhile                  read again, then repeat
    │   └── Unavailable                       wait, then repeat
    └── SourceError                           a source was asked directly
        ├── CredentialsRefused                correct them; never sent again by itself
        ├── SourceNotPermitted                ask for the permission there
        │   └── SourceOutOfReach              the service may not ask this host
        ├── SourceNotFound (LookupError)      no such table
        ├── SourceThrottled                   wait .retry_after seconds
        ├── SourceUnavailable                 wait, then repeat
        └── SourceBug                         the connector asked what the source does not take

Messages are made of names and rules, never of values; they start in lower case and carry no full stop at the end. The
remedy is kept apart, so that a program can show either.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headwater.models import Problem


class HeadwaterError(Exception):
    """Something the caller can act on: `message` says what, `remedy` says what to do next."""

    kind: ClassVar[str] = "error"

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message}; {self.remedy}" if self.remedy else self.message

    def data(self) -> dict[str, Any]:
        """Return the error for programs: `kind`, `message`, `remedy` and whatever else the class knows."""
        facts = {
            "kind": self.kind,
            "message": self.message,
            "remedy": self.remedy,
            **self._facts(),
        }
        return {
            name: fact for name, fact in facts.items() if fact not in (None, "", (), [])
        }

    def _facts(self) -> dict[str, Any]:
        return {}


class InvalidInput(HeadwaterError, ValueError):
    """What was given cannot be used; nothing was sent."""

    kind = "invalid-input"


class UnknownConnector(InvalidInput, LookupError):
    """No installed connector has this slug or specification id."""

    kind = "unknown-connector"


class InvalidCredentials(InvalidInput):
    """The credentials do not fit the authentication specification."""

    kind = "invalid-credentials"

    def __init__(
        self, message: str, problems: Sequence[Problem], *, remedy: str = ""
    ) -> None:
        listing = "; ".join(
            f"{problem.field}: {problem.message}" for problem in problems
        )
        super().__init__(f"{message}: {listing}" if listing else message, remedy=remedy)
        self.problems = tuple(problems)

    def _facts(self) -> dict[str, Any]:
        return {"problems": [problem.as_dict() for problem in self.problems]}


class UnresolvedReference(InvalidInput):
    """A secret reference leads nowhere; `tried` lists every place that was looked at."""

    kind = "unresolved-reference"

    def __init__(
        self, message: str, tried: Sequence[str] = (), *, remedy: str = ""
    ) -> None:
        super().__init__(
            f"{message} (looked at: {', '.join(tried)})" if tried else message,
            remedy=remedy,
        )
        self.tried = tuple(tried)

    def _facts(self) -> dict[str, Any]:
        return {"tried": list(self.tried)}


class NotConfigured(InvalidInput):
    """The profile or the environment does not say where to send, or says it in two ways."""

    kind = "not-configured"

    def __init__(
        self, message: str, missing: Sequence[str] = (), *, remedy: str = ""
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.missing = tuple(missing)

    def _facts(self) -> dict[str, Any]:
        return {"missing": list(self.missing)}


class NotCreatable(InvalidInput):
    """The connector is known, but a base connection cannot be created from what it knows."""

    kind = "not-creatable"


class NotReadable(InvalidInput):
    """The connector is known, but does not read its source directly."""

    kind = "not-readable"


class PluginError(HeadwaterError):
    """An installed plugin is at fault, not the caller's input."""

    kind = "plugin"


class ConnectorClash(PluginError):
    """Two distributions register the same slug in the same group."""

    kind = "connector-clash"


class BrokenPlugin(PluginError):
    """A plugin fails to import, breaks a rule of the hooks, or raises.

    `frames` holds its traceback as text: file, line and function of each frame, then the cleaned message. No locals.
    """

    kind = "broken-plugin"

    def __init__(
        self,
        message: str,
        *,
        distribution: str = "",
        frames: str = "",
        remedy: str = "",
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.distribution = distribution
        self.frames = frames

    def _facts(self) -> dict[str, Any]:
        return {"distribution": self.distribution}


class ConnectionExists(HeadwaterError):
    """A connection of this name exists for this connection specification."""

    kind = "connection-exists"

    def __init__(
        self,
        message: str,
        *,
        ids: Sequence[str] = (),
        differing: Sequence[str] = (),
        remedy: str = "",
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.ids = tuple(ids)
        self.differing = tuple(differing)

    def _facts(self) -> dict[str, Any]:
        return {"ids": list(self.ids), "differing": list(self.differing)}


class OutcomeUnknown(HeadwaterError):
    """The request may or may not have been carried out, and asking did not tell.

    `ids` are those of objects that could be it: one that the service answered and that could not be proven, and those
    of the name.
    """

    kind = "outcome-unknown"

    def __init__(
        self, message: str, *, ids: Sequence[str] = (), remedy: str = ""
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.ids = tuple(ids)

    def _facts(self) -> dict[str, Any]:
        return {"ids": list(self.ids)}


class CreateInProgress(HeadwaterError):
    """Another command on this machine is creating the same; nothing was sent."""

    kind = "create-in-progress"


class Unreachable(HeadwaterError, ConnectionError):
    """No answer came. `sent` is false only when it is proven that no part of the request was accepted."""

    kind = "unreachable"

    def __init__(
        self, message: str, *, sent: bool, host: str = "", remedy: str = ""
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.sent = sent
        self.host = host

    def _facts(self) -> dict[str, Any]:
        return {"host": self.host}


class ServiceError(HeadwaterError):
    """The service answered with an error; everything it said that is safe to show is an attribute.

    `outcome_unknown` says that the answer is not a refusal to rely on: 5xx, no shape of the service's own (a page of a
    proxy, whatever its status), an unreadable success, or a refusal of a second attempt after a first one that may
    have been carried out. A request that changes something may then have been carried out: look before sending it
    again. Errors of the token request leave it False, and so does 429.
    """

    kind = "service"

    def __init__(
        self,
        message: str,
        *,
        method: str,
        path: str,
        status: int,
        code: str = "",
        title: str = "",
        detail: str = "",
        request_id: str = "",
        retry_after: float | None = None,
        outcome_unknown: bool = False,
        remedy: str = "",
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.method = method
        self.path = path
        self.status = status
        self.code = code
        self.title = title
        self.detail = detail
        self.request_id = request_id
        self.retry_after = retry_after
        self.outcome_unknown = outcome_unknown

    def _facts(self) -> dict[str, Any]:
        names = (
            "method",
            "path",
            "status",
            "code",
            "title",
            "detail",
            "request_id",
            "retry_after",
        )
        facts = {name: getattr(self, name) for name in names}
        if self.outcome_unknown:
            facts["outcome_unknown"] = True
        return facts


class Rejected(ServiceError):
    """The service refuses the request as it stands (4xx, or a redirect, which is never followed)."""

    kind = "rejected"


class NotFound(Rejected, LookupError):
    """There is no such object in this organization and sandbox."""

    kind = "not-found"


class NotAuthenticated(ServiceError):
    """The token is missing, expired or not valid here (401).

    `token_renewed` says that another token is at hand, and that the request was not sent again with it because doing
    it twice would do harm: look whether it was carried out all the same, then send it again.
    """

    kind = "not-authenticated"

    def __init__(
        self, message: str, *, token_renewed: bool = False, **details: Any
    ) -> None:
        super().__init__(message, **details)
        self.token_renewed = token_renewed


class NotPermitted(ServiceError, PermissionError):
    """The caller is known but may not do this (403)."""

    kind = "not-permitted"


class ChangedMeanwhile(ServiceError):
    """Somebody else changed the object since it was read (409, 412)."""

    kind = "changed-meanwhile"


class Unavailable(ServiceError):
    """The service is busy or failing, or something else than the service answered (429, 5xx, a broken body, a page)."""

    kind = "unavailable"


class SourceError(HeadwaterError):
    """Something went wrong between a connector's reader and its source. Messages never hold what the source sent."""

    kind = "source"


class CredentialsRefused(SourceError):
    """The source does not accept the credentials."""

    kind = "source-credentials"


class SourceNotPermitted(SourceError):
    """The account is known to the source, but may not do this; or the source is not to be reached from here."""

    kind = "source-permission"


class SourceOutOfReach(SourceNotPermitted):
    """The source was not asked: its host is not among those that may be reached from here."""

    kind = "source-out-of-reach"


class SourceNotFound(SourceError, LookupError):
    """The source has no such table, or does not show it to this account."""

    kind = "source-not-found"


class SourceThrottled(SourceError):
    """The source's allowance is used up for now; `retry_after` is in seconds, where the source says it."""

    kind = "source-throttled"

    def __init__(
        self, message: str, *, retry_after: float | None = None, remedy: str = ""
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.retry_after = retry_after

    def _facts(self) -> dict[str, Any]:
        return {"retry_after": self.retry_after}


class SourceUnavailable(SourceError):
    """The source does not answer, or not with anything that can be used; trying again may help."""

    kind = "source-unavailable"


class SourceBug(SourceError):
    """The source refuses what the connector asked for: the connector is at fault, not the credentials."""

    kind = "source-bug"
