"""One answer of the service or of IMS, and the error for a success whose body cannot be used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import attrs

from headwater.errors import ServiceError, Unavailable
from headwater.foreign import raise_bare
from headwater.http.json_body import decode_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headwater.secret import Secret

Kind = TypeVar("Kind", bound=ServiceError)

LOOK_FIRST = "it may have been carried out: look before sending it again"
_WRONG_PLACE = "check that the URL leads to Flow Service itself, not to a proxy or a login page; then try again"


@attrs.frozen(kw_only=True)
class Answer:
    """One HTTP answer, its body read to the end.

    `secrets` are those of the request, to be cut out of whatever is shown of the answer. `uncertain` says that an
    earlier attempt of the same request may have been carried out already. `flaw` says why the body is missing, where
    it could not be decoded. `changes` says that the request changes something; `token_renewed`, that it was not sent
    again although its token was refused and there is another one by now.
    """

    method: str
    path: str
    status: int
    headers: Mapping[str, str] = attrs.field(repr=False)
    body: bytes = attrs.field(repr=False)
    secrets: tuple[Secret, ...] = attrs.field(repr=False, default=())
    uncertain: bool = False
    flaw: str = ""
    changes: bool = False
    token_renewed: bool = False

    @property
    def fine(self) -> bool:
        """Whether the status says success."""
        return 200 <= self.status < 300

    @property
    def is_page(self) -> bool:
        """Whether the body is HTML or XML, as proxies and login pages send it."""
        return self.body.lstrip().startswith(b"<")

    def json(self) -> Any:
        """Return the body of a success as a JSON value. Raises `Unavailable` where it is not JSON."""
        try:
            return decode_json(self.body)
        except ValueError:
            raise_bare(self.unreadable(self._describe_body()))

    def unreadable(self, what: str) -> Unavailable:
        """Return the error for a success whose body cannot be used; `what` completes "answered 200, but".

        Where the request changes something its outcome is unknown: something else than the service may have answered.
        """
        remedy = LOOK_FIRST if self.changes else _WRONG_PLACE
        error = self.error(Unavailable, f"but {what}", remedy=remedy)
        error.outcome_unknown = self.changes
        return error

    def error(
        self, kind: type[Kind], what: str, *, remedy: str, request_id: str = ""
    ) -> Kind:
        """Return an error that names the request; `what` completes "GET /connections answered 200,"."""
        return kind(
            f"{self.method} {self.path} answered {self.status}, {what}",
            method=self.method,
            path=self.path,
            status=self.status,
            request_id=request_id,
            remedy=remedy,
        )

    def _describe_body(self) -> str:
        if self.flaw:
            return self.flaw
        if not self.body.strip():
            return "its body is empty"
        if self.is_page:
            return "its body is an HTML page"
        return "its body is not JSON"
