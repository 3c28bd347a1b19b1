"""Requests with a session: one thread logs in while the others wait, and an expired session is renewed once."""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING, Any

import attrs

from headwater.errors import CredentialsRefused, InvalidInput, SourceBug, SourceNotFound
from headwater.sources import SourceHttp
from headwater_salesforce_service_cloud import answers
from headwater_salesforce_service_cloud.login import Login

if TYPE_CHECKING:
    from collections.abc import Callable

    from headwater.sources import HttpAnswer, SourceCredentials
    from headwater_salesforce_service_cloud.login import Session

_VERSION = re.compile(r"[1-9][0-9]{0,2}\.0")


@attrs.frozen
class _Opened:
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
        self._opened: _Opened | None = None
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
        opened = self._opened
        return opened.http.host if opened is not None else "Salesforce"

    def session(self) -> Session:
        """Return the session, logging in where there is none."""
        return self._open(None).session

    def versions(self) -> tuple[str, ...]:
        """Return the API versions the organization offers, oldest first; the list is read once."""
        if not self._versions:
            body = self.answer("/services/data/").json()
            listed = (
                [each.get("version") for each in body if isinstance(each, dict)]
                if isinstance(body, list)
                else []
            )
            found = [
                version
                for version in listed
                if isinstance(version, str) and _VERSION.fullmatch(version)
            ]
            if not found:
                raise answers.unusable(
                    self.host, "something that is no list of versions"
                )
            self._versions = tuple(sorted(found, key=float))
        return self._versions

    def version(self) -> str:
        """Return the version of the data calls: the one given, else the newest."""
        offered = self.versions()
        if self._wanted and self._wanted not in offered:
            raise SourceNotFound(
                f"the organization does not offer API version {self._wanted}",
                remedy=f"leave apiVersion out, or give one of {offered[0]} to {offered[-1]}",
            )
        return self._wanted or offered[-1]

    def data(self, path: str) -> Any:
        """Return the JSON value at a path below the version's root, or None where the answer is none."""
        return self.answer(f"/services/data/v{self.version()}/{path}").json()

    def answer(self, path: str) -> HttpAnswer:
        """Return a success; an expired session is renewed once, and a second 401 is the last word."""
        opened = self._open(None)
        answer = _sent(path, opened)
        if answer.status == 401:
            answer = _sent(path, self._open(opened))
        if not answer.fine:
            raise answers.refusal(answer, answers.DATA, opened.http.host)
        return answer

    def _open(self, stale: _Opened | None) -> _Opened:
        """Return what is open, logging in where nothing is or it is `stale`; one thread at a time."""
        with self._turn:
            if self._opened is None or self._opened is stale:
                if self._refused:
                    raise answers.already_refused()
                self._opened = self._logged_in()
            return self._opened

    def _logged_in(self) -> _Opened:
        try:
            session = self._login.open()
        except (
            CredentialsRefused,
            SourceBug,
        ):  # a code that is not known could mean the password
            self._refused = True
            raise
        if session.instance not in self._https:
            self._https[session.instance] = SourceHttp(
                session.instance, reach=self._reach, pause=self._pause
            )
        return _Opened(session, self._https[session.instance])


def _sent(path: str, opened: _Opened) -> HttpAnswer:
    headers = {"Authorization": f"Bearer {opened.session.token.reveal()}"}
    return opened.http.get(path, headers=headers, final=answers.known)
