"""Getting a session: OAuth2 client credentials, or SOAP login. Either is sent once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit

import attrs

from headwater import Secret
from headwater.errors import CredentialsRefused, InvalidInput
from headwater.sources import SourceHttp, is_loopback
from headwater_salesforce_service_cloud import meanings, soap

if TYPE_CHECKING:
    from collections.abc import Callable

    from headwater.sources import HttpAnswer, SourceCredentials

# They do not serve the client credentials flow.
_COMMON = ("login.salesforce.com", "test.salesforce.com")
_DOMAINS = (".salesforce.com", ".force.com", ".salesforce.mil", ".sfcrmproducts.cn")
_LOGIN = "https://login.salesforce.com"


@attrs.frozen(kw_only=True)
class Session:
    """Where the data is, and the token for it; user and organization as the login named them."""

    instance: str
    token: Secret
    user: str = ""
    organization: str = ""


class Login:
    """One way to a session; `open` sends the credentials once."""

    def __init__(
        self, credentials: SourceCredentials, *, pause: Callable[[float], None]
    ) -> None:
        self._params = credentials.params
        self._oauth = "clientId" in credentials.params
        url = str(credentials.params.get("environmentUrl") or _LOGIN)
        self._root = _root(url, oauth=self._oauth)
        self._http = SourceHttp(self._root, reach=credentials.reach, pause=pause)
        self.notes: tuple[str, ...] = ()
        if not self._oauth:
            self.notes = (meanings.RETIREMENT,)

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def open(self) -> Session:
        """Log in. Raises `SourceError`."""
        if self._oauth:
            return self._log_in_by_oauth()
        return self._log_in_by_soap()

    def _log_in_by_oauth(self) -> Session:
        answer = self._http.post("/services/oauth2/token", data=self._write_form())
        if not answer.fine:
            raise meanings.refusal(answer, meanings.LOGIN, self._http.host)
        token = _read_token(answer)
        url = answer.member("instance_url")
        if token is None or not _is_filled(url):
            raise meanings.unusable(self._http.host, "the login without a token")
        organization, user = _identity(answer.member("id"))
        return Session(
            instance=self._instance(url),
            token=token,
            user=user,
            organization=organization,
        )

    def _write_form(self) -> dict[str, str]:
        """Return what logs in; nobody keeps it in a local, since debuggers print those of frames that raise."""
        return {
            "grant_type": "client_credentials",
            "client_id": str(self._params["clientId"]),
            "client_secret": self._params["clientSecret"].reveal(),
        }

    def _log_in_by_soap(self) -> Session:
        path = soap.path(str(self._params.get("apiVersion", "")))
        answer = self._http.post(
            path, data=self._write_body(), headers=soap.HEADERS, final=_is_soap
        )
        login = soap.read_answer(answer.body)
        if login is None and not answer.fine:
            raise meanings.refusal(answer, meanings.LOGIN, self._http.host)
        if login is None:
            raise meanings.unusable(
                self._http.host, "the login with something other than SOAP"
            )
        code = (login["exceptionCode"] or login["faultcode"]).rpartition(":")[2]
        error = meanings.find_error(code, meanings.LOGIN)
        if error is not None:
            raise error
        if code:
            raise meanings.not_taken(self._http.host, code)
        return self._session(login)

    def _write_body(self) -> bytes:
        """Return what logs in; see `_write_form`."""
        return soap.body(
            str(self._params["username"]),
            self._params["password"],
            self._params["securityToken"],
        )

    def _session(self, login: soap.LoginAnswer) -> Session:
        if not login["sessionId"] or not login["serverUrl"]:
            raise meanings.unusable(self._http.host, "the login without a session")
        if login["passwordExpired"] == "true":
            raise CredentialsRefused(
                "the password has expired",
                remedy="set a new one in Salesforce, then give it here",
            )
        return Session(
            instance=self._instance(login["serverUrl"]),
            token=Secret(login["sessionId"]),
            user=login["userName"],
            organization=login["organizationName"] or login["organizationId"],
        )

    def _instance(self, url: str) -> str:
        """Return where the data is, unless that is somewhere the token must not go."""
        parts = _parts(url)
        instance = f"{parts.scheme}://{parts.netloc}"
        if instance != self._root and not _is_salesforce(parts):
            raise meanings.unusable(
                self._http.host,
                "the login with an instance that is not one of Salesforce's",
            )
        return instance


def _is_salesforce(parts: SplitResult) -> bool:
    """Say whether an address is one of Salesforce's own, reached by https and without credentials in it."""
    if parts.scheme != "https" or "@" in parts.netloc:
        return False
    return (parts.hostname or "").endswith(_DOMAINS)


def _read_token(answer: HttpAnswer) -> Secret | None:
    token = answer.member("access_token")
    return Secret(token) if _is_filled(token) else None


def _is_filled(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _is_soap(answer: HttpAnswer) -> bool:
    return soap.read_answer(answer.body) is not None


def _root(url: str, *, oauth: bool) -> str:
    parts = _parts(url)
    host = parts.hostname or ""
    is_local = parts.scheme == "http" and is_loopback(host)
    if parts.scheme != "https" and not is_local:
        raise InvalidInput(
            "environmentUrl must be an https URL",
            remedy="give it like https://acme.my.salesforce.com",
        )
    if oauth and host in _COMMON:
        raise InvalidInput(
            "environmentUrl must be the organization's own: login and test do not serve client credentials",
            remedy="give the My Domain URL, like https://acme.my.salesforce.com",
        )
    return f"{parts.scheme}://{parts.netloc}"


def _parts(url: str) -> SplitResult:
    """Take an address apart; what cannot be one has empty parts."""
    try:
        parts = urlsplit(url.strip())
        _port = parts.port  # one that is not a number shows only here
    except ValueError:
        return urlsplit("")
    return parts


def _identity(url: Any) -> tuple[str, str]:
    """Return organization and user id of an identity URL, ``https://.../id/ORGANIZATION/USER``."""
    if not isinstance(url, str):
        return "", ""
    parts = _parts(url).path.strip("/").split("/")
    if len(parts) != 3 or parts[0] != "id":
        return "", ""
    return parts[1], parts[2]
