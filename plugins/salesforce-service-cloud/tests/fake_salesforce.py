"""A small Salesforce: both logins, versions, resources, describe and query, and every way to fail.

Run it with ``python fake_salesforce.py [--port N]`` and the tests of the Oracle connector, whose server it borrows, on
``PYTHONPATH``; it prints its URL. The constants below are what it accepts.

What each body follows; [R] are recordings and fixtures of public clients, [D] is Salesforce's documentation, and [K]
general knowledge that no page was found for:

- token: [R] restforce ``auth_success_response.json``; refused: ``auth_error_response.json``, an object whose
  description may be missing (simple-salesforce 1.12.10). ``invalid_app_access`` and its text: [R] public reports of
  this very flow. Which code a wrong clientId or clientSecret gets: [K]
- SOAP login: [R] aiosalesforce ``tests/conftest.py`` and simple-salesforce ``tests/__init__.py``: the success with its
  ``userInfo``, and the fault. The fault of an error that is not the login's, ``UnexpectedErrorFault``: [K]
- versions: [D] "List Available REST API Versions", which needs no session; that it does not count: [K]
- resources of a version: [D] "List Available REST Resources"; that it takes API Enabled: [K]
- limits are refused, as to a user without *View Setup and Configuration*: the text is [R] a vendor's help page, the
  code [K]
- ``Sforce-Limit-Info``: [D] "Limit Info Header", that of the app after the organization's
- list of objects, describe, records: `salesforce_objects`
- pages of a query: [R] restforce ``query_paginated_first_page_response.json``
- refusals: an array with ``message`` and ``errorCode``: [R] CumulusCI
  ``TestCountSObjects.test_count_sobjects__errors.yaml`` (INVALID_TYPE with its text), restforce
  ``sobject_describe_error_response.json`` (NOT_FOUND with its text) and ``query_error_response.json`` (INVALID_FIELD),
  airbyte#30819 (400 and the text for an object that wants a filter; its code is [K])
- a request line and headers of more than 16,384 bytes: [D]; that 414 comes with a page: [K]
- errors as XML: [K]
"""

from __future__ import annotations

import argparse
import json
import re
import socket
import struct
import threading
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING, Any, TypeAlias, cast
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

import salesforce_objects as objects
from fake_oracle import Serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

CLIENT_ID, CLIENT_SECRET = "3MVG9acme", "correct-horse-battery"
USER, PASSWORD, SECURITY_TOKEN = "desk@acme.example", "staple&<correct>", "q8w9e0r1t2"
ORGANIZATION, USER_ID = "00Dxx0000001gPLEAY", "005xx000001SwiUAAS"
VERSIONS = ("31.0", "58.0", "64.0", "66.0")
NEWEST_SOAP = 64.0
MOST_BYTES = 16_384  # of a request line and its headers
# name -> code and text of a plain query
UNREADABLE = {
    "ContentDocumentLink": "MALFORMED_QUERY",
    "UserRecordAccess": "INVALID_TYPE_FOR_OPERATION",
}
MESSAGES = {
    "INVALID_SESSION_ID": "Session expired or invalid",
    "NOT_FOUND": "The requested resource does not exist",
    "API_DISABLED_FOR_ORG": "The REST API is not enabled for this Organization.",
    "MALFORMED_QUERY": "Implementation restriction: ContentDocumentLink requires a filter by a single Id on "
    "ContentDocumentId or LinkedEntityId using the equals operator or multiple Id's using the IN operator.",
    "INVALID_TYPE_FOR_OPERATION": "entity type UserRecordAccess does not support query",
    "INVALID_TYPE": "\nselect count() from XYZZY\n                    ^\nERROR at Row:1:Column:21\n"
    "sObject type 'XYZZY' is not supported. If you are attempting to use a custom object, be sure to append the '__c' "
    "after the entity name. Please reference your WSDL or the describe call for the appropriate names.",
    "invalid_grant": "authentication failure",
    "invalid_app_access": "user is not admin approved to access this app",
    "INVALID_LOGIN": "Invalid username, password, security token; or user locked out.",
}
RESOURCES = (
    "tooling", "metadata", "folders", "eclair", "jsonxform", "chatter", "composite", "connect", "limits", "query",
    "queryAll", "search", "sobjects",
)  # fmt: skip

# A fault takes the place of an answer. Beside these: "rest STATUS CODE", "oauth STATUS CODE", "soap CODE", and one of
# BODIES with its status.
FAULTS = (
    "401", "401-html", "406", "429", "429-long", "500", "503-html", "reset", "hang-up", "truncated", "html", "garbage",
    "empty", "wrong-shape", "redirect",
)  # fmt: skip

# What errors come as, whatever they mean.
BODIES: dict[str, tuple[str, bytes]] = {
    "array": (
        "application/json;charset=UTF-8",
        b'[{"message":"what went wrong","errorCode":"BRAND_NEW_REFUSAL","fields":[]}]',
    ),
    "object": (
        "application/json;charset=UTF-8",
        b'{"error":"brand_new_refusal","error_description":"what went wrong"}',
    ),
    "xml": (
        "application/xml;charset=UTF-8",
        b'<?xml version="1.0" encoding="UTF-8"?><Errors><Error><errorCode>BRAND_NEW_REFUSAL</errorCode>'
        b"<message>what went wrong</message></Error></Errors>",
    ),
    "html": ("text/html", b"<!DOCTYPE html><html><body>We are setting things up.</body></html>"),
    "empty": ("text/plain", b""),
}  # fmt: skip

Answer: TypeAlias = tuple[str, dict[str, str], bytes]
HTML = {"Content-Type": "text/html"}


class FakeSalesforce:
    """The application. `faults` yields what befalls each request, or None; `requests` is what arrived."""

    def __init__(self, faults: Iterable[str | None] = (), *, page: int = 2000) -> None:
        self.requests: list[dict[str, str]] = []
        self.logins: list[str] = []  # paths of the logins that arrived, accepted or not
        self.refused = 0  # times wrong credentials arrived
        self.used = 18  # API requests of the day
        self.soap = True  # whether the organization takes SOAP logins
        self.expired = "false"  # whether the password is, in SOAP's words
        self.instance = ""  # that logins name; empty for this one
        self.gone: set[str] = (
            set()
        )  # fields that describe names, but only the first time, and no query has
        self.most_columns = 1000  # of a query that is not too complicated
        self.extra: dict[str, str] = {}  # further headers of data answers
        self.token_length = 112  # characters, as of the recorded one; those in the form of a JWT have some thousands
        self.longest = 0  # bytes of a request line and headers that arrived
        self._described = False
        self._page = page
        self._faults: Iterator[str | None] = iter(faults)
        self._turn = threading.Lock()
        self._tokens: set[str] = set()

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> list[bytes]:
        with self._turn:
            self.requests.append(
                {
                    name: value
                    for name, value in environ.items()
                    if isinstance(value, str)
                }
            )
            fault = next(self._faults, None)
            body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            status, headers, body = _spoiled(
                fault, self._answer(environ, body), environ
            )
        start_response(status, [*headers.items(), ("Content-Length", str(len(body)))])
        return [body[: len(body) // 2] if fault == "truncated" else body]

    def expire(self) -> None:
        """End every session."""
        with self._turn:
            self._tokens.clear()

    def _answer(self, environ: dict[str, Any], body: bytes) -> Answer:
        path = environ["PATH_INFO"]
        if path == "/services/oauth2/token" or path.startswith("/services/Soap/u/"):
            self.logins.append(path)
            instance = self.instance or f"http://{environ['HTTP_HOST']}"
            return (
                self._oauth(instance, body)
                if "oauth2" in path
                else self._soap(instance, path, body)
            )
        if path.rstrip("/") == "/services/data":
            return _json(
                [
                    {
                        "label": f"Release {each}",
                        "url": f"/services/data/v{each}",
                        "version": each,
                    }
                    for each in VERSIONS
                ]
            )
        if (
            environ.get("HTTP_AUTHORIZATION", "").removeprefix("Bearer ")
            not in self._tokens
        ):
            return rest(401, "INVALID_SESSION_ID")
        self.longest = max(self.longest, _size(environ))
        if self.longest > MOST_BYTES:
            return "414 URI Too Long", HTML, b"<html>too long</html>"
        self.used += 1
        status, headers, body = self._data(path, environ["QUERY_STRING"])
        usage = (
            f"api-usage={self.used}/15000; "
            "per-app-api-usage=17/250(appName=sample-connected-app)"
        )
        return status, headers | {"Sforce-Limit-Info": usage} | self.extra, body

    def _oauth(self, instance: str, body: bytes) -> Answer:
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        if form.get("grant_type") != "client_credentials":
            return oauth(400, "unsupported_grant_type")
        if (
            form.get("client_id") != CLIENT_ID
            or form.get("client_secret") != CLIENT_SECRET
        ):
            self.refused += 1
            return oauth(
                400,
                "invalid_client_id"
                if form.get("client_id") != CLIENT_ID
                else "invalid_client",
            )
        token = {
            "access_token": self._token(),
            "instance_url": instance,
            "id": f"https://login.salesforce.com/id/{ORGANIZATION}/{USER_ID}",
            "token_type": "Bearer",
            "issued_at": "1278448832702",
            "signature": "c2lnbmF0dXJl",
            "scope": "api",
        }
        return _json(token)

    def _soap(self, instance: str, path: str, body: bytes) -> Answer:
        if float(path.rpartition("/")[2]) > NEWEST_SOAP:
            return soap("UNSUPPORTED_API_VERSION")
        if not self.soap:
            return soap("INVALID_OPERATION")
        given = {
            each.tag.rpartition("}")[2]: each.text or ""
            for each in ET.fromstring(body).iter()
        }
        if (given.get("username"), given.get("password")) != (
            USER,
            PASSWORD + SECURITY_TOKEN,
        ):
            self.refused += 1
            return soap("INVALID_LOGIN")
        return _envelope(
            "200 OK",
            _login_response(instance, path, self._token(), self.expired),
            'xmlns="urn:partner.soap.sforce.com"',
        )

    def _token(self) -> str:
        token = f"{ORGANIZATION}!AQ.session-{len(self.logins)}."
        token = token.ljust(self.token_length, "x")
        self._tokens.add(token)
        return token

    def _data(self, path: str, query: str) -> Answer:
        found = re.fullmatch(r"/services/data/(v[0-9.]+)/(.*)", path)
        if found is None or found[1][1:] not in VERSIONS:
            return rest(404, "NOT_FOUND")
        version, resource = found[1], found[2]
        if resource.startswith("query"):
            locator = resource.removeprefix("query").strip("/")
            return self._query(version, locator, query)
        described = re.fullmatch(r"sobjects/(\w+)/describe", resource)
        if described is not None and described[1] in objects.FIELDS:
            return _json(self._describe(described[1], version))
        root = f"/services/data/{version}"
        others = {
            "": _json({name: f"{root}/{name}" for name in RESOURCES}),
            "sobjects": _json(objects.described_globally(version)),
            "limits": _refused(403, "FORBIDDEN", "Limits resource is not enabled"),
        }
        return others.get(resource, rest(404, "NOT_FOUND"))

    def _describe(self, name: str, version: str) -> dict[str, Any]:
        body = objects.described(name, version)
        if self._described:
            body["fields"] = [
                field for field in body["fields"] if field["name"] not in self.gone
            ]
        self._described = True
        return body

    def _query(self, version: str, locator: str, query: str) -> Answer:
        text = (
            bytes.fromhex(locator.removeprefix("01g").partition("-")[0]).decode()
            if locator
            else parse_qs(query)["q"][0]
        )
        found = re.fullmatch(r"SELECT (.+) FROM (\w+)( ORDER BY Id)? LIMIT (\d+)", text)
        if found is None or found[2] in UNREADABLE:
            return rest(400, UNREADABLE[found[2]] if found else "MALFORMED_QUERY")
        if found[2] not in objects.FIELDS:
            return rest(400, "INVALID_TYPE")
        names = found[1].split(", ")
        known = set(objects.FIELDS[found[2]]) - self.gone
        if not known.issuperset(names):
            return rest(400, "INVALID_FIELD")
        if len(names) > self.most_columns:
            return rest(400, "QUERY_TOO_COMPLICATED")
        rows = objects.records(found[2], names, version)
        # without an order, any will do
        rows = (rows if found[3] else rows[::-1])[: int(found[4])]
        start = int(locator.partition("-")[2] or 0)
        page, left = rows[start : start + self._page], len(rows) - start - self._page
        body: dict[str, Any] = {
            "totalSize": len(rows),
            "done": left <= 0,
            "records": page,
        }
        if left > 0:
            body["nextRecordsUrl"] = (
                f"/services/data/{version}/query/01g{text.encode().hex()}-{start + self._page}"
            )
        return _json(body)


def serving(fake: FakeSalesforce, port: int = 0) -> Serving:
    """Return the fake behind a port of this machine, as a context manager; `url` is where."""
    return Serving(cast("Any", fake), port)


def rest(status: int, code: str) -> Answer:
    """Return a refusal of the REST API: an array of objects."""
    return _refused(status, code, MESSAGES.get(code, "what went wrong"))


def oauth(status: int, code: str) -> Answer:
    """Return a refusal of a token: an object, without a description where none is known, for it may be missing."""
    body = {"error": code}
    if code in MESSAGES:
        body["error_description"] = MESSAGES[code]
    return _json(body, f"{status} Refused")


def soap(code: str) -> Answer:
    """Return a fault, with the status that all of them have."""
    kind = "UnexpectedErrorFault" if code == "UNKNOWN_EXCEPTION" else "LoginFault"
    message = MESSAGES.get(code, "what went wrong")
    fault = (
        f"<soapenv:Fault><faultcode>sf:{code}</faultcode><faultstring>{code}: {message}</faultstring>"
        f'<detail><sf:{kind} xsi:type="sf:{kind}"><sf:exceptionCode>{code}</sf:exceptionCode>'
        f"<sf:exceptionMessage>{message}</sf:exceptionMessage></sf:{kind}></detail></soapenv:Fault>"
    )
    return _envelope(
        "500 Internal Server Error",
        fault,
        'xmlns:sf="urn:fault.partner.soap.sforce.com"',
    )


def _login_response(instance: str, path: str, token: str, expired: str) -> str:
    server = f"{escape(instance + path)}/{ORGANIZATION[:15]}"
    return (
        f"<loginResponse><result><metadataServerUrl>{server.replace('/u/', '/m/')}</metadataServerUrl>"
        f"<passwordExpired>{expired}</passwordExpired><sandbox>false</sandbox><serverUrl>{server}</serverUrl>"
        f"<sessionId>{token}</sessionId><userId>{USER_ID}</userId><userInfo>"
        "<accessibilityMode>false</accessibilityMode><chatterExternal>false</chatterExternal>"
        "<currencySymbol>$</currencySymbol><orgAttachmentFileSizeLimit>26214400</orgAttachmentFileSizeLimit>"
        "<orgDefaultCurrencyIsoCode>USD</orgDefaultCurrencyIsoCode><orgHasPersonAccounts>false</orgHasPersonAccounts>"
        f"<organizationId>{ORGANIZATION}</organizationId>"
        "<organizationMultiCurrency>false</organizationMultiCurrency>"
        "<organizationName>Acme &amp; Co</organizationName><profileId>00exx000001gPLEAA2</profileId>"
        '<roleId xsi:nil="true"/><sessionSecondsValid>7200</sessionSecondsValid>'
        f"<userEmail>{USER}</userEmail><userFullName>Support Desk</userFullName><userId>{USER_ID}</userId>"
        f"<userLanguage>en_US</userLanguage><userLocale>en_US</userLocale><userName>{USER}</userName>"
        "<userTimeZone>America/Los_Angeles</userTimeZone><userType>Standard</userType></userInfo></result>"
        "</loginResponse>"
    )


def _envelope(status: str, inner: str, names: str) -> Answer:
    text = (
        '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope '
        f'xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" {names} '
        f'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>{inner}</soapenv:Body>'
        "</soapenv:Envelope>"
    )
    return status, {"Content-Type": "text/xml; charset=utf-8"}, text.encode()


def _refused(status: int, code: str, message: str) -> Answer:
    return _json([{"message": message, "errorCode": code}], f"{status} Refused")


def _json(value: Any, status: str = "200 OK") -> Answer:
    return (
        status,
        {"Content-Type": "application/json;charset=UTF-8"},
        json.dumps(value).encode(),
    )


def _size(environ: dict[str, Any]) -> int:
    """Return the bytes of a request line and its headers."""
    line = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}?{environ['QUERY_STRING']} HTTP/1.1\r\n"
    headers = [
        f"{name.removeprefix('HTTP_')}: {value}\r\n"
        for name, value in environ.items()
        if name.startswith("HTTP_")
    ]
    return len(line) + len("".join(headers)) + len("\r\n")


def _spoiled(fault: str | None, answer: Answer, environ: dict[str, Any]) -> Answer:
    if fault is None or fault == "truncated":
        return answer
    if fault in ("reset", "hang-up"):
        connection: socket.socket = environ["fake.connection"]
        if fault == "reset":
            connection.setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
            )
        connection.close()
        raise ConnectionAbortedError
    kind, *rest_of_it = fault.split(" ")
    if kind in BODIES and rest_of_it:
        media_type, content = BODIES[kind]
        return f"{rest_of_it[0]} Refused", {"Content-Type": media_type}, content
    if rest_of_it:
        return (
            soap(rest_of_it[0])
            if kind == "soap"
            else {"rest": rest, "oauth": oauth}[kind](*_coded(rest_of_it))
        )
    spoiled: dict[str, Answer] = {
        "401": rest(401, "INVALID_SESSION_ID"),
        "401-html": ("401 Unauthorized", HTML, b"<html>sign in</html>"),
        "403-html": ("403 Forbidden", HTML, b"<html>no</html>"),
        "404-html": ("404 Not Found", HTML, b"<html>where?</html>"),
        "410-html": ("410 Gone", HTML, b"<html>gone</html>"),
        "406": ("406 CustomNotAcceptable", HTML, b""),
        "429": ("429 Too Many Requests", {"Retry-After": "0"}, b""),
        "429-long": ("429 Too Many Requests", {"Retry-After": "3600"}, b""),
        "500": rest(500, "UNKNOWN_EXCEPTION"),
        "503-html": ("503 Service Unavailable", HTML, b"<html>maintenance</html>"),
        "html": ("200 OK", HTML, b"<html>welcome</html>"),
        "garbage": ("200 OK", {}, b"\x00\xff{"),
        "empty": ("200 OK", {}, b""),
        "wrong-shape": _json(
            {
                "sobjects": [{}],
                "fields": [{}],
                "records": [{}],
                "done": True,
                "access_token": 7,
            }
        ),
        "redirect": ("302 Found", {"Location": "https://elsewhere.example/"}, b""),
    }
    return spoiled[fault]


def _coded(parts: list[str]) -> tuple[int, str]:
    return int(parts[0]), parts[1]


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(
        description="A small Salesforce for tests and demonstrations."
    )
    parser.add_argument("--port", type=int, default=0)
    with serving(FakeSalesforce(), parser.parse_args().port) as served:
        print(served.url, flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
