"""Requests with a session: one thread logs in while the others wait, and an expired session is renewed once."""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING

import attrs

from headwater.errors import CredentialsRefused, InvalidInput, SourceBug, SourceNotFound
from headwater.sources import SourceHttp
from headwater_salesforce_service_cloud import meanings
from headwater_salesforce_service_cloud.login import Login

if TYPE_CHECKING:
    from collections.abc import Callable

    from headwater.sources import HttpAnswer, SourceCredentials
    from headwater_salesforce_service_cloud.login import Session

_VERSION = re.compile(r"[1-9][0-9]{0,2}\.0")


@attrs.frozen
class _Access:
    """A session and the connections to its instance, kept together: a token never goes to another instance."""

    session: Session
    http: SourceHttp


class Api:
    """The REST API of one organization. Threads may share it."""

    def __init__(
        self, credentials: SourceCredentials, *, pause: Callable[[float], None]
    ) -> None:
        self._wanted = str(credentials.params.get("apiVersion") or "")
        if self._wanted and not _VERSION.fullmatch(self._wanted):
            raise InvalidInput(
                "apiVersion is written with a decimal part",
                remedy="give it like 60.0, or leave it out",
            )
        self._reach = credentials.reach
        self._pause = pause
        self._login = Login(credentials, pause=pause)
        self._turn = threading.Lock()
        self._access: _Access | None = None
        self._https: dict[str, SourceHttp] = {}  # by instance
        self._versions: tuple[str, ...] = ()
        self._refused = False
        self.notes = self._login.notes

    def close(self) -> None:
        """Close every connection."""
        self._login.close()
        for http in self._https.values():
            http.close()

    @property
    def host(self) -> str:
        """The instance, once it is known."""
        access = self._access
        if access is None:
            return "Salesforce"
        return access.http.host

    def session(self) -> Session:
        """Return the session, logging in where there is none."""
        return self._open(None).session

    def versions(self) -> tuple[str, ...]:
        """Return the API versions the organization offers, oldest first; the list is read once."""
        if not self._versions:
            versions = _read_versions(self.answer("/services/data/"))
            if not versions:
                raise meanings.unusable(
                    self.host, "something other than a list of versions"
                )
            self._versions = tuple(sorted(versions, key=float))
        return self._versions

    @property
    def known_versions(self) -> tuple[str, ...]:
        """The API versions the organization offers, as far as somebody had to ask for them."""
        return self._versions

    def version(self) -> str:
        """Return the version of the data calls: the one given, else the newest."""
        return self._wanted or self.versions()[-1]

    def data(self, path: str) -> HttpAnswer:
        """Return a success at a path below the version's root."""
        return self.require_fine(self.ask_data(path))

    def ask_data(self, path: str) -> HttpAnswer:
        """Return an answer at a path below the version's root, a refusal too."""
        answer = self.ask(f"/services/data/v{self.version()}/{path}")
        if answer.status == 404 and self._wanted:
            self._require_offered()
        return answer

    def answer(self, path: str) -> HttpAnswer:
        """Return a success."""
        return self.require_fine(self.ask(path))

    def ask(self, path: str) -> HttpAnswer:
        """Return an answer; an expired session is renewed once, and a second 401 is the last word."""
        access = self._open(None)
        answer = _get(path, access)
        if answer.status == 401:
            answer = _get(path, self._open(access))
        return answer

    def require_fine(self, answer: HttpAnswer) -> HttpAnswer:
        """Return a success. Raises what a refusal means."""
        if not answer.fine:
            raise meanings.refusal(answer, meanings.DATA, self.host)
        return answer

    def _require_offered(self) -> None:
        """Raise `SourceNotFound` where it is the version that is not there. A list nobody needed so far tells."""
        offered = self.versions()
        if self._wanted not in offered:
            raise SourceNotFound(
                f"the organization does not offer API version {self._wanted}",
                remedy=f"leave apiVersion out, or give one of {offered[0]} to {offered[-1]}",
            )

    def _open(self, stale: _Access | None) -> _Access:
        """Return what is open, logging in where nothing is or it is `stale`; one thread at a time."""
        with self._turn:
            if self._access is None or self._access is stale:
                self._access = self._log_in()
            return self._access

    def _log_in(self) -> _Access:
        if self._refused:
            raise meanings.already_refused()
        try:
            session = self._login.open()
        except (CredentialsRefused, SourceBug):
            self._refused = True  # a code that is not known could mean the password
            raise
        if session.instance not in self._https:
            self._https[session.instance] = SourceHttp(
                session.instance, reach=self._reach, pause=self._pause
            )
        return _Access(session, self._https[session.instance])


def _get(path: str, access: _Access) -> HttpAnswer:
    return access.http.get(path, headers=_bearer(access), final=meanings.is_final)


def _bearer(access: _Access) -> dict[str, str]:
    return {"Authorization": f"Bearer {access.session.token.reveal()}"}


def _read_versions(answer: HttpAnswer) -> list[str]:
    body = answer.json()
    if not isinstance(body, list):
        return []
    versions = []
    for entry in body:
        version = entry.get("version") if isinstance(entry, dict) else None
        if isinstance(version, str) and _VERSION.fullmatch(version):
            versions.append(version)
    return versions
