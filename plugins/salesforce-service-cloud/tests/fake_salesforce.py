"""A small Salesforce: both logins, versions, limits, describe and query, and every way to fail.

Run it with ``python fake_salesforce.py [--port N]`` and the tests of the Oracle connector, whose server it borrows, on
``PYTHONPATH``; it prints its URL. The constants below are what it accepts.

Where the bodies come from, by section of the reference on source systems:

- documented: the token and its errors, whose description may be missing (1.1); versions, limits and the header
  ``Sforce-Limit-Info`` (1.1, 1.5); the limit of 16,384 bytes (1.3); pages of a query (1.4); errors as an array (1.6)
- read in code: the SOAP login and its faults, as simple-salesforce sends and reads them, with codes of the partner API
  (1.1); the objects that want a filter, as Airbyte and tap-salesforce list them (1.2)
- recorded: describe (1.2, see `salesforce_objects`)
- general knowledge: that the versions need no token and do not count; the code that refuses a query without a filter;
  which of its codes a wrong clientId or clientSecret gets
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
FILTERED = ("ContentDocumentLink",)

# A fault takes the place of an answer. Beside these: "rest STATUS CODE", "oauth STATUS CODE", "soap CODE".
FAULTS = (
    "401", "401-html", "406", "429", "429-long", "500", "503-html", "reset", "hang-up", "truncated", "html", "garbage",
    "empty", "wrong-shape", "redirect",
)  # fmt: skip

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
        self.extra: dict[str, str] = {}  # further headers of data answers
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
                    {"label": "x", "url": f"/services/data/v{each}", "version": each}
                    for each in VERSIONS
                ]
            )
        if (
            environ.get("HTTP_AUTHORIZATION", "").removeprefix("Bearer ")
            not in self._tokens
        ):
            return rest(401, "INVALID_SESSION_ID")
        if _size(environ) > MOST_BYTES:
            return "414 URI Too Long", HTML, b"<html>too long</html>"
        self.used += 1
        status, headers, body = self._data(path, environ["QUERY_STRING"])
        usage = f"per-app-api-usage=17/250(appName=x); api-usage={self.used}/15000"
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
            "issued_at": "1700000000000",
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
            "200 OK", _login_response(instance, path, self._token(), self.expired)
        )

    def _token(self) -> str:
        token = f"{ORGANIZATION}!AQ.session-{len(self.logins)}"
        self._tokens.add(token)
        return token

    def _data(self, path: str, query: str) -> Answer:
        found = re.fullmatch(r"/services/data/(v[0-9.]+)/(.+)", path)
        if found is None or found[1][1:] not in VERSIONS:
            return rest(404, "NOT_FOUND")
        if found[2] == "limits":
            return _json(_limits(15_000 - self.used))
        if found[2] == "sobjects":
            return _json(objects.described_globally())
        if found[2].startswith("query"):
            return self._query(
                found[1], found[2].removeprefix("query").strip("/"), query
            )
        described = re.fullmatch(r"sobjects/(\w+)/describe", found[2])
        if described is None or described[1] not in objects.FIELDS:
            return rest(404, "NOT_FOUND")
        return _json(objects.described(described[1]))

    def _query(self, version: str, locator: str, query: str) -> Answer:
        text = (
            bytes.fromhex(locator.partition("-")[0]).decode()
            if locator
            else parse_qs(query)["q"][0]
        )
        found = re.fullmatch(r"SELECT (.+) FROM (\w+)( ORDER BY Id)? LIMIT (\d+)", text)
        if found is None or found[2] in FILTERED:
            return rest(400, "MALFORMED_QUERY")
        if found[2] not in objects.FIELDS:
            return rest(400, "INVALID_TYPE")
        names = found[1].split(", ")
        if any(name not in objects.FIELDS[found[2]] for name in names):
            return rest(400, "INVALID_FIELD")
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
                f"/services/data/{version}/query/{text.encode().hex()}-{start + self._page}"
            )
        return _json(body)


def serving(fake: FakeSalesforce, port: int = 0) -> Serving:
    """Return the fake behind a port of this machine, as a context manager; `url` is where."""
    return Serving(cast("Any", fake), port)


def rest(status: int, code: str) -> Answer:
    """Return a refusal of the REST API: an array of objects."""
    return _json(
        [{"message": "what went wrong", "errorCode": code}], f"{status} Refused"
    )


def oauth(status: int, code: str) -> Answer:
    """Return a refusal of a token: an object, and without a description, which may be missing."""
    return _json({"error": code}, f"{status} Refused")


def soap(code: str) -> Answer:
    """Return a fault, with the status that all of them have."""
    fault = (
        f"<soapenv:Fault><faultcode>sf:{code}</faultcode><faultstring>{code}: what went wrong</faultstring>"
        f'<detail><sf:LoginFault xmlns:sf="urn:fault.partner.soap.sforce.com"><sf:exceptionCode>{code}'
        "</sf:exceptionCode><sf:exceptionMessage>what went wrong</sf:exceptionMessage></sf:LoginFault></detail>"
        "</soapenv:Fault>"
    )
    return _envelope("500 Internal Server Error", fault)


def _login_response(instance: str, path: str, token: str, expired: str) -> str:
    return (
        '<loginResponse xmlns="urn:partner.soap.sforce.com"><result>'
        f"<passwordExpired>{expired}</passwordExpired><sandbox>false</sandbox>"
        f"<serverUrl>{escape(instance + path)}/{ORGANIZATION}</serverUrl>"
        f"<sessionId>{token}</sessionId><userId>{USER_ID}</userId><userInfo>"
        f"<organizationId>{ORGANIZATION}</organizationId><organizationName>Acme &amp; Co</organizationName>"
        f"<sessionSecondsValid>7200</sessionSecondsValid><userName>{USER}</userName></userInfo>"
        "</result></loginResponse>"
    )


def _envelope(status: str, inner: str) -> Answer:
    text = (
        '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope '
        f'xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>{inner}</soapenv:Body>'
        "</soapenv:Envelope>"
    )
    return status, {"Content-Type": "text/xml; charset=utf-8"}, text.encode()


def _json(value: Any, status: str = "200 OK") -> Answer:
    return (
        status,
        {"Content-Type": "application/json;charset=UTF-8"},
        json.dumps(value).encode(),
    )


def _limits(left: int) -> dict[str, Any]:
    return {
        "DailyApiRequests": {"Max": 15_000, "Remaining": left},
        "DailyBulkV2QueryFileStorageMB": {"Max": 976_562, "Remaining": 976_562},
        "DailyBulkV2QueryJobs": {"Max": 10_000, "Remaining": 9_997},
        "SingleEmail": {"Max": 15, "Remaining": 15},
    }


def _size(environ: dict[str, Any]) -> int:
    headers = sum(
        len(name) + len(str(value))
        for name, value in environ.items()
        if name.startswith("HTTP_")
    )
    return len(environ["PATH_INFO"]) + len(environ["QUERY_STRING"]) + headers


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
