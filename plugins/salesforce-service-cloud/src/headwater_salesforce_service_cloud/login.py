"""Getting a session: OAuth2 client credentials, or SOAP login. Either is sent once."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

import attrs

from headwater.errors import CredentialsRefused, InvalidInput
from headwater.http.hosts import is_loopback
from headwater.secret import Secret
from headwater.sources import SourceHttp
from headwater_salesforce_service_cloud import answers, soap

if TYPE_CHECKING:
    from collections.abc import Callable

    from headwater.sources import HttpAnswer, SourceCredentials

_COMMON = (
    "login.salesforce.com",
    "test.salesforce.com",
)  # they do not serve the client credentials flow
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
        self._root = _root(
            str(credentials.params.get("environmentUrl") or _LOGIN), oauth=self._oauth
        )
        self._http = SourceHttp(self._root, reach=credentials.reach, pause=pause)
        self.notes = () if self._oauth else (answers.RETIREMENT,)

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def open(self) -> Session:
        """Log in. Raises `SourceError`."""
        return self._by_oauth() if self._oauth else self._by_soap()

    def _by_oauth(self) -> Session:
        form = {
            "grant_type": "client_credentials",
            "client_id": str(self._params["clientId"]),
            "client_secret": self._params["clientSecret"].reveal(),
        }
        answer = self._http.post("/services/oauth2/token", data=form)
        if not answer.fine:
            raise answers.refusal(answer, answers.LOGIN, self._http.host)
        body = answer.json()
        facts = (
            {name: value for name, value in body.items() if isinstance(value, str)}
            if isinstance(body, dict)
            else {}
        )
        if not facts.get("access_token") or not facts.get("instance_url"):
            raise answers.unusable(
                self._http.host, "the login with something that is no token"
            )
        organization, user = _identity(facts.get("id", ""))
        instance = self._instance(facts["instance_url"])
        return Session(
            instance=instance,
            token=Secret(facts["access_token"]),
            user=user,
            organization=organization,
        )

    def _by_soap(self) -> Session:
        path = soap.path(str(self._params.get("apiVersion", "")))
        body = soap.body(
            str(self._params["username"]),
            self._params["password"],
            self._params["securityToken"],
        )
        answer = self._http.post(path, data=body, headers=soap.HEADERS, final=_is_soap)
        found = soap.read(answer.body)
        if found is None:
            if not answer.fine:
                raise answers.refusal(answer, answers.LOGIN, self._http.host)
            raise answers.unusable(
                self._http.host, "the login with something that is no SOAP"
            )
        code = (found["exceptionCode"] or found["faultcode"]).rpartition(":")[2]
        if code in answers.LOGIN:
            raise answers.meant(code, answers.LOGIN)
        if code:
            raise answers.not_taken(self._http.host, code)
        return self._session(found)

    def _session(self, found: soap.Answered) -> Session:
        if not found["sessionId"] or not found["serverUrl"]:
            raise answers.unusable(
                self._http.host, "the login with something that is no session"
            )
        if found["passwordExpired"] == "true":
            raise CredentialsRefused(
                "the password has expired",
                remedy="set a new one in Salesforce, then give it here",
            )
        return Session(
            instance=self._instance(found["serverUrl"]),
            token=Secret(found["sessionId"]),
            user=found["userName"],
            organization=found["organizationName"] or found["organizationId"],
        )

    def _instance(self, url: str) -> str:
        """Return where the data is, unless that is somewhere the token must not go."""
        parts = _parts(url)
        instance = f"{parts.scheme}://{parts.netloc}"
        theirs = (
            parts.scheme == "https"
            and (parts.hostname or "").endswith(_DOMAINS)
            and "@" not in parts.netloc
        )
        if instance != self._root and not theirs:
            raise answers.unusable(
                self._http.host,
                "the login with an instance that is none of Salesforce's",
            )
        return instance


def _is_soap(answer: HttpAnswer) -> bool:
    return soap.read(answer.body) is not None


def _root(url: str, *, oauth: bool) -> str:
    parts = _parts(url)
    host = parts.hostname or ""
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host)):
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
    """Take an address apart; what is none has empty parts."""
    try:
        parts = urlsplit(url.strip())
        _port = parts.port  # a port that is no number shows only here
    except ValueError:
        return urlsplit("")
    return parts


def _identity(url: str) -> tuple[str, str]:
    """Return organization and user id of an identity URL, ``https://.../id/ORGANIZATION/USER``."""
    parts = _parts(url).path.strip("/").split("/")
    return (parts[1], parts[2]) if len(parts) == 3 and parts[0] == "id" else ("", "")
