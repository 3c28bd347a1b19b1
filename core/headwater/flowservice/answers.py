"""What came back for one request: an answer, or the knowledge why there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from headwater.errors import Unavailable
from headwater.flowservice import wire

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headwater.secret import Secret


@attrs.frozen(kw_only=True)
class Answer:
    """One HTTP answer, its body read to the end.

    `secrets` are those of the request, to be cut out of whatever is shown of the answer. `uncertain` says that an
    earlier attempt of the same request may have been carried out already. `flaw` says why the body is missing, where
    it could not be decoded.
    """

    method: str
    path: str
    status: int
    headers: Mapping[str, str] = attrs.field(repr=False)
    body: bytes = attrs.field(repr=False)
    secrets: tuple[Secret, ...] = attrs.field(repr=False, default=())
    uncertain: bool = False
    flaw: str = ""

    @property
    def fine(self) -> bool:
        """Whether the status says success."""
        return 200 <= self.status < 300

    def json(self) -> Any:
        """Return the body of a success as a JSON value. Raises `Unavailable` when it is none."""
        try:
            return wire.decode(self.body)
        except ValueError:
            pass
        raise self.unreadable(self._what_instead())

    def unreadable(self, what: str) -> Unavailable:
        """Return the error for a success whose body cannot be used; `what` completes "answered 200, but"."""
        changes = self.method not in ("GET", "HEAD")
        return Unavailable(
            f"{self.method} {self.path} answered {self.status}, but {what}",
            method=self.method,
            path=self.path,
            status=self.status,
            remedy="it may have been carried out: look before sending it again"
            if changes
            else "check that the URL leads to Flow Service itself, not to a proxy or a login page; then try again",
        )

    def _what_instead(self) -> str:
        if self.flaw:
            return self.flaw
        if not self.body.strip():
            return "its body is empty"
        return (
            "its body is an HTML page"
            if self.body.lstrip()[:1] == b"<"
            else "its body is not JSON"
        )
