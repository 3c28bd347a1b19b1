"""A small Oracle Service Cloud: enough of Connect v1.4 to check, describe and query, and to fail in every way.

Run it with ``python fake_oracle.py [--port N]``; it prints its URL. The account is ``integration`` with the password
``correct-horse-battery``.

Where the bodies come from:

- The list of resources at the root, query results with their links, and the table ``serviceProducts`` follow recordings
  of a real site (v1.3) that the public Ruby client rajangdavis/osvc_ruby kept in spec/fixtures: connect/get and
  serviceproduct/find. The row with the id 100 is one of them.
- The metadata catalogue (``definitions.singularResource``, types as lists, ``minimumDateTime`` in the place of a
  format) follows what three public readers of it expect, and recordings of it.
- The columns ``Name, Type, Path`` of DESCRIBE are those of the client's README and of Oracle's page on custom objects;
  that it calls booleans and times Integer or String is recorded.
- Error bodies follow Oracle's page "Error Exceptions", their codes "Error Codes"; an unknown table or property is
  answered with 400, as recorded. The ``osvc-crest-*`` headers follow "Custom headers".
- General knowledge only: which code comes with a missing context header, and the HTML of a 401.
"""

from __future__ import annotations

import argparse
import base64
import json
import re
import socket
import struct
import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

USER, PASSWORD = "integration", "correct-horse-battery"
CONNECT = "/services/rest/connect/v1.4"
MOST_ROWS = 20_000  # of one request; the site cuts in silence

# name -> DESCRIBE's type, the catalogue's JSON Schema, cells of three rows
INCIDENTS: dict[str, tuple[str, dict[str, Any], list[str | None]]] = {
    "ID": ("Integer", {"type": "integer", "minimum": 1}, ["1", "2", "5"]),
    "LookupName": (
        "String",
        {"type": ["string", "null"]},
        ["080917-000001", "080917-000002", "090101-000001"],
    ),
    "CreatedTime": (
        "String",
        {
            "type": ["string", "null"],
            "minimumDateTime": "1970-01-02T00:00:00Z",
            "maximumDateTime": "2038-01-18T00:00:00Z",
        },
        ["2010-09-17T16:00:00Z"] * 3,
    ),
    "Subject": (
        "String",
        {"type": ["string", "null"], "maxLength": 240},
        ['It\'s broken; "really"', "", None],
    ),
    "Severity": ("NamedID", {"type": "object"}, ["3", None, "1"]),
    "Score": ("Decimal", {"type": ["number", "null"]}, ["1.50", "-2", None]),
    "Closed": ("Integer", {"type": ["boolean", "null"]}, ["1", "0", "true"]),
    "DueDate": (
        "String",
        {
            "type": ["string", "null"],
            "minimumDate": "1970-01-02",
            "maximumDate": "2038-01-18",
        },
        ["2010-09-18", None, "2011-01-01"],
    ),
    "CustomFields.c.vip": (
        "String",
        {"type": ["boolean", "null"]},
        ["1", None, "0"],
    ),
    "Threads": ("SubTable", {"type": "object"}, []),
    "FileAttachments": ("SubTable", {"type": "object"}, []),
}
# As recorded: both times are null in every row, and ids have gaps.
_MOMENT = {"type": ["string", "null"], "minimumDateTime": "1970-01-02T00:00:00Z"}
SERVICE_PRODUCTS: dict[str, tuple[str, dict[str, Any], list[str | None]]] = {
    "id": ("Integer", {"type": "integer"}, ["99", "100", "2132"]),
    "lookupName": ("String", {"type": ["string", "null"]}, ["QR400", "QR404", "QR9"]),
    "createdTime": ("String", _MOMENT, [None] * 3),
    "updatedTime": ("String", _MOMENT, [None] * 3),
    "displayOrder": ("Integer", {"type": ["integer", "null"]}, ["1", "3", "1"]),
    "name": ("String", {"type": "string"}, ["QR400", "QR404", "QR9"]),
    "parent": ("NamedID", {"type": "object"}, [None, "99", "99"]),
}
TABLES = ("incidents", "contacts", "CO.Asset", "AnswerStatistics", "serviceProducts")
DESCRIBED = {"incidents": INCIDENTS, "serviceProducts": SERVICE_PRODUCTS}

# A fault takes the place of an answer; it is given the answer that would have been.
Fault = str
FAULTS = (
    "401", "401-html", "403", "429", "429-paced", "429-long", "500-internal", "503-html", "no-api", "no-permission",
    "not-authorised", "reset", "truncated", "hang-up", "html", "garbage", "empty", "wrong-shape", "redirect",
)  # fmt: skip


class FakeOracle:
    """The application. `faults` yields what befalls each request, or None; `requests` is what arrived."""

    def __init__(self, faults: Iterable[Fault | None] = (), *, pace: int = 0) -> None:
        self.requests: list[dict[str, Any]] = []
        self.refused = 0  # times a wrong password arrived
        self.schemas = True  # whether the metadata catalogue describes tables
        self.refused_columns: dict[str, str] = {}  # name -> the code for selecting it
        self.pace = pace  # milliseconds the site asks to wait
        self._faults: Iterator[Fault | None] = iter(faults)
        self._turn = threading.Lock()
        self._issued = {""}

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
            status, headers, body = self._answer(environ)
            if fault is not None:
                status, headers, body = _spoiled(fault, status, headers, body, environ)
        start_response(status, [*headers.items(), ("Content-Length", str(len(body)))])
        return [body[: len(body) // 2] if fault == "truncated" else body]

    def _answer(self, environ: dict[str, Any]) -> tuple[str, dict[str, str], bytes]:
        if environ.get("HTTP_AUTHORIZATION") != _basic(USER, PASSWORD):
            self.refused += 1
            return (
                "401 Unauthorized",
                {"Content-Type": "text/html"},
                b"<html>Unauthorized</html>",
            )
        if not environ.get("HTTP_OSVC_CREST_APPLICATION_CONTEXT"):
            return _problem(
                400, "OSC-CREST-00007", "the application context is missing"
            )
        if environ.get("HTTP_OSVC_CREST_API_ACCESS_TOKEN", "") not in self._issued:
            return _problem(400, "OSC-CREST-00007", "the access token was changed")
        path = environ["PATH_INFO"].removeprefix(CONNECT)
        if path == environ["PATH_INFO"]:
            return _problem(404, "OSC-CREST-00013", "no such path")
        status, headers, body = self._below(
            path.strip("/"), parse_qs(environ["QUERY_STRING"])
        )
        token = f"token-{len(self.requests)}"
        self._issued.add(token)
        headers["osvc-crest-api-access-token"] = token
        headers["osvc-crest-next-request-after"] = str(self.pace)
        return status, headers, body

    def _below(
        self, path: str, query: dict[str, list[str]]
    ) -> tuple[str, dict[str, str], bytes]:
        if path == "":
            return _json({"items": [_resource(name) for name in TABLES], "links": []})
        if path == "queryResults":
            return self._query(query.get("query", [""])[0])
        table = path.removeprefix("metadata-catalog/")
        if self.schemas and table in DESCRIBED:
            return _json(_schema(DESCRIBED[table]))
        return _problem(404, "OSC-CREST-00013", "no such resource")

    def _query(self, query: str) -> tuple[str, dict[str, str], bytes]:
        if query == "DESCRIBE":
            return _result(
                "DESCRIBE",
                ["Name", "Type", "Path"],
                [[name, "Table", ""] for name in TABLES],
            )
        if query.startswith("DESCRIBE "):
            table = query.removeprefix("DESCRIBE ")
            if table not in TABLES:
                return _problem(400, "OSC-CREST-00007", "Unknown table")
            described = DESCRIBED.get(table, INCIDENTS)
            return _result(
                table,
                ["Name", "Type", "Path"],
                [[name, kind, ""] for name, (kind, _s, _r) in described.items()],
            )
        found = re.fullmatch(
            r"USE REPORT; SELECT (.+) FROM (\S+) ORDER BY ID ASC LIMIT (\d+)", query
        )
        if found is None or found[2] not in TABLES:
            return _problem(400, "OSC-CREST-00007", "the query is not understood")
        return self._selected(
            found[1].split(", "), found[2], min(int(found[3]), MOST_ROWS)
        )

    def _selected(
        self, names: list[str], table: str, limit: int
    ) -> tuple[str, dict[str, str], bytes]:
        described = DESCRIBED.get(table, INCIDENTS)
        known = {name.lower(): name for name in described}
        for name in names:
            if (
                name.lower() not in known
                or described[known[name.lower()]][0] == "SubTable"
            ):
                return _problem(400, "OSC-CREST-00013", "Unknown property")
            if known[name.lower()] in self.refused_columns:
                return _problem(400, self.refused_columns[known[name.lower()]], "no")
        cells = [described[known[name.lower()]][2] for name in names]
        return _result(
            table, names, [list(row) for row in zip(*cells, strict=True)][:limit]
        )


def _resource(name: str) -> dict[str, Any]:
    link = {"rel": "canonical", "href": f"https://site.example{CONNECT}/{name}"}
    return {"name": name, "links": [link]}


def _schema(
    described: dict[str, tuple[str, dict[str, Any], list[str | None]]],
) -> dict[str, Any]:
    """Return what the metadata catalogue answers: a collection above, its record among the definitions."""
    properties: dict[str, Any] = {}
    definitions: dict[str, Any] = {}
    for name, (_kind, schema, _rows) in described.items():
        holder, *inner = name.split(".")
        if not inner:
            properties[_camel(name)] = schema
            continue
        properties[_camel(holder)] = {"$ref": f"#/definitions/{holder}"}
        definitions[holder] = _nested(inner, schema)
    definitions["singularResource"] = {"properties": properties}
    return {
        "$schema": "http://json-schema.org/draft-04/schema#",
        "properties": {"items": {}},
        "definitions": definitions,
    }


def _nested(names: list[str], schema: dict[str, Any]) -> dict[str, Any]:
    for name in reversed(names):
        schema = {"type": ["object", "null"], "properties": {name: schema}}
    return schema


def _json(value: Any) -> tuple[str, dict[str, str], bytes]:
    return "200 OK", {"Content-Type": "application/json"}, json.dumps(value).encode()


def _result(
    table: str, names: list[str], rows: list[list[str | None]]
) -> tuple[str, dict[str, str], bytes]:
    return _json(
        {
            "items": [
                {
                    "tableName": table,
                    "count": len(rows),
                    "columnNames": names,
                    "rows": rows,
                }
            ],
            "links": [
                {"rel": rel, "href": f"https://site.example{CONNECT}/queryResults"}
                for rel in ("self", "canonical", "describedby")
            ],
        }
    )


def _problem(status: int, code: str, detail: str) -> tuple[str, dict[str, str], bytes]:
    body = {
        "type": f"https://site.example/services/rest/connect/exceptions/{code}",
        "title": "Problem",
        "status": status,
        "detail": detail,
        "instance": f"https://site.example{CONNECT}/queryResults",
        "o:errorCode": code,
    }
    return (
        f"{status} Problem",
        {"Content-Type": "application/json"},
        json.dumps(body).encode(),
    )


def _basic(user: str, password: str) -> str:
    return f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"


def _camel(name: str) -> str:
    return name[:1].lower() + name[1:] if name != "ID" else "id"


def _spoiled(
    fault: Fault,
    status: str,
    headers: dict[str, str],
    body: bytes,
    environ: dict[str, Any],
) -> tuple[str, dict[str, str], bytes]:
    if fault in ("reset", "hang-up"):
        connection: socket.socket = environ["fake.connection"]
        if fault == "reset":
            connection.setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
            )
        connection.close()
        raise ConnectionAbortedError
    if fault == "turned":
        return status, headers, _turned(body)
    html = {"Content-Type": "text/html"}
    spoiled: dict[Fault, tuple[str, dict[str, str], bytes]] = {
        "401": ("401 Unauthorized", {}, b""),
        "401-html": ("401 Unauthorized", html, b"<html>sign in</html>"),
        "403": ("403 Forbidden", html, b"<html>no</html>"),
        "429": ("429 Too Many Requests", {"Retry-After": "0"}, b""),
        "429-paced": (
            "429 Too Many Requests",
            headers | {"osvc-crest-next-request-after": "3000"},
            b"",
        ),
        "429-long": ("429 Too Many Requests", {"Retry-After": "3600"}, b""),
        "500-internal": _problem(500, "OSC-CREST-00008", "internal"),
        "503-html": ("503 Service Unavailable", html, b"<html>maintenance</html>"),
        "no-api": _problem(403, "OSC-CREST-00015", "the REST API is not enabled"),
        "no-permission": _problem(403, "OSC-CREST-00028", "not permitted"),
        "not-authorised": _problem(
            403, "OSC-CREST-00014", "not authorised for this site"
        ),
        "html": ("200 OK", html, b"<html>welcome</html>"),
        "garbage": ("200 OK", {}, b"\x00\xff{"),
        "empty": ("200 OK", {}, b""),
        "wrong-shape": _json(
            {"items": [{"columnNames": ["Name"], "rows": [["a", "b"]]}]}
        ),
        "redirect": ("302 Found", {"Location": "https://elsewhere.example/"}, b""),
        "truncated": (status, headers, body),
    }
    return spoiled[fault]


def _turned(body: bytes) -> bytes:
    """Return a query result with its columns in the opposite order."""
    found = json.loads(body)
    for item in found["items"]:
        item["columnNames"].reverse()
        item["rows"] = [row[::-1] for row in item["rows"]]
    return json.dumps(found).encode()


class _Handler(WSGIRequestHandler):
    def get_environ(self) -> dict[str, Any]:
        return super().get_environ() | {"fake.connection": self.connection}

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


class _Server(WSGIServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: connections are broken on purpose."""


class Serving:
    """The fake behind a port of this machine, as a context manager; `url` is where."""

    def __init__(self, fake: FakeOracle, port: int = 0) -> None:
        self.fake = fake
        self._server = make_server(
            "127.0.0.1", port, fake, server_class=_Server, handler_class=_Handler
        )
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(
            target=self._server.serve_forever,
            kwargs={"poll_interval": 0.02},
            daemon=True,
        )

    def __enter__(self) -> Serving:
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(
        description="A small Oracle Service Cloud for tests and demonstrations."
    )
    parser.add_argument("--port", type=int, default=0)
    with Serving(FakeOracle(), parser.parse_args().port) as serving:
        print(serving.url, flush=True)
        serving._thread.join()


if __name__ == "__main__":
    main()
