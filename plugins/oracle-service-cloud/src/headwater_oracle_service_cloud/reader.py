"""Reading Oracle Service Cloud over its REST interface, Connect v1.4, with ROQL queries."""

from __future__ import annotations

import contextlib
import threading
import time
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from headwater.errors import (
    CredentialsRefused,
    InvalidInput,
    SourceNotFound,
    SourceThrottled,
    SourceUnavailable,
)
from headwater.sources import (
    Check,
    Column,
    Columns,
    LeftOut,
    Preview,
    SourceHttp,
    Table,
)
from headwater_oracle_service_cloud import answers, roql, types

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from headwater.secret import Secret
    from headwater.sources import HttpAnswer, SourceCredentials

CONNECT = "/services/rest/connect/v1.4"
CONTEXT = "Headwater reads tables"  # demanded from v1.4 on; clients keep it within 40 characters
_NEXT = "osvc-crest-next-request-after"
LONGEST_WAIT = 30.0  # seconds the site may ask us to wait before the next request

_LOCAL = ("localhost", "127.0.0.1", "::1")


class OracleReader:
    """A `SourceReader`. Basic authentication travels with every request, so a refusal ends all of them."""

    def __init__(
        self,
        credentials: SourceCredentials,
        *,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        root = _root(str(credentials.params["host"]))
        self._user = str(credentials.params["username"])
        self._password: Secret = credentials.params["password"]
        self._http = SourceHttp(
            f"{root}{CONNECT}", reach=credentials.reach, pause=pause
        )
        self._pause = pause
        self._turn = (
            threading.Lock()
        )  # the access token is a chain: each request carries that of the last answer
        self._chain = ""
        self._wait = 0.0  # seconds, as the last answer asked
        self._accepted = False
        self._refused = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._http.close()

    def check(self) -> Check:
        """Ask for the interface and for the list of tables: two requests."""
        self._get("")
        self._described("")
        notes = (
            (f"the site asks to wait {self._wait:g} s between requests",)
            if self._wait
            else ()
        )
        return Check(
            user=self._user,
            organization=self._http.host,
            version="v1.4",
            permissions=("REST API", "ROQL queries"),
            notes=notes,
        )

    def tables(self) -> Sequence[Table]:
        """Return the tables ROQL knows, custom objects among them."""
        names = self._described("").column("Name")
        return [
            Table(name=name, label=name)
            for name in names
            if name is not None and roql.is_name(name)
        ]

    def columns(self, table: str) -> Columns:
        """Return the flat shape that ROQL reads; types from the metadata catalogue where it has the table."""
        described = self._described(roql.checked(table))
        names, kinds = described.column("Name"), described.column("Type")
        if not names:
            raise _unknown_table()
        schema = self._schema(table)
        found = [
            types.column(name, kind or "", schema.get(name.lower(), {}))
            if roql.is_name(name)
            else _unnamed(name)
            for name, kind in zip(names, kinds or [""] * len(names), strict=True)
            if name is not None
        ]
        return Columns(
            [each for each in found if isinstance(each, Column)],
            [each for each in found if isinstance(each, LeftOut)],
        )

    def preview(self, table: str, n: int) -> Preview:
        """Return the rows with the lowest ids, read from the reporting replica."""
        columns = self.columns(table)
        by_name = {column.name.lower(): column for column in columns.columns}
        rows: list[dict[str, Any]] | None = None
        for names, query in roql.selects(list(by_name), table, n) if by_name else ():
            found = roql.result(self._query(query), self._http.host)
            if not found.answers(names):
                raise SourceUnavailable(
                    f"{self._http.host} answered other columns than asked",
                    remedy="try again",
                )
            typed = [_typed(names, row, by_name) for row in found.rows]
            rows = (
                typed
                if rows is None
                else _joined(rows, typed, by_name["id"].name, self._http.host)
            )
        return Preview(
            columns,
            [
                {each.name: row[each.name] for each in columns.columns}
                for row in rows or []
            ],
        )

    def _described(self, table: str) -> roql.Result:
        try:
            return roql.result(
                self._query(f"DESCRIBE {table}".strip()), self._http.host
            )
        except SourceNotFound:
            pass
        raise _unknown_table()

    def _schema(self, table: str) -> Mapping[str, Mapping[str, Any]]:
        """Return the JSON Schema of each property by lower-case name; empty where the catalogue has no such table."""
        try:
            answer = self._get(
                f"/metadata-catalog/{table}",
                headers={"Accept": "application/schema+json"},
            )
        except SourceNotFound:
            return {}
        body = answer.json()
        properties = body.get("properties") if isinstance(body, dict) else None
        if not isinstance(
            properties, dict
        ):  # without it dates and booleans would be taken for texts
            raise SourceUnavailable(
                f"{self._http.host} answered something that is no schema",
                remedy="try again",
            )
        return {
            name.lower(): schema
            for name, schema in properties.items()
            if isinstance(schema, dict)
        }

    def _query(self, query: str) -> HttpAnswer:
        return self._get("/queryResults/", params={"query": query})

    def _get(
        self, path: str, *, headers: Mapping[str, str] | None = None, **details: Any
    ) -> HttpAnswer:
        """Send one request; until the credentials have been accepted once, nothing is sent a second time."""
        with self._turn:
            if self._refused:
                raise answers.already_refused()
            attempts = 4 if self._accepted else 1
            for _attempt in range(attempts):
                self._keep_pace()
                answer = self._sent(path, attempts, headers or {}, **details)
                if not _paced(answer):
                    break
            else:
                raise _throttled(self._http.host, self._wait)
            if answer.fine:
                self._accepted = True
                return answer
            error = answers.refusal(answer, self._http.host)
            self._refused = isinstance(error, CredentialsRefused)
        raise error

    def _sent(
        self, path: str, attempts: int, headers: Mapping[str, str], **details: Any
    ) -> HttpAnswer:
        answer = self._http.get(
            path,
            attempts=attempts,
            final=lambda found: answers.final(found) or _paced(found),
            headers={**self._headers(), **headers},
            auth=(self._user.encode(), self._password.reveal().encode()),
            **details,
        )
        self._chain = (
            answer.headers.get("osvc-crest-api-access-token", "") or self._chain
        )
        self._wait = _seconds(answer.headers.get(_NEXT))
        return answer

    def _headers(self) -> dict[str, str]:
        chain = {"osvc-crest-api-access-token": self._chain} if self._chain else {}
        return {
            "OSvC-CREST-Application-Context": CONTEXT,
            "OSvC-CREST-Time-UTC": "yes",
            **chain,
        }

    def _keep_pace(self) -> None:
        if self._wait > LONGEST_WAIT:
            wait, self._wait = self._wait, 0.0
            raise _throttled(self._http.host, wait)
        if self._wait:
            self._pause(self._wait)


def _root(host: str) -> str:
    """Return the site's root URL; plain HTTP is for this machine only."""
    given = host.strip().rstrip("/")
    root = given if "://" in given else f"https://{given}"
    parts, port = urlsplit(""), None
    with contextlib.suppress(
        ValueError
    ):  # a bracket that is not closed, or a port that is no number
        parts, port = urlsplit(root), urlsplit(root).port
    if (
        not parts.hostname
        or port == 0
        or parts.path
        or root.endswith(("?", "#"))
        or parts.query
        or parts.fragment
    ):
        raise InvalidInput(
            "host names a site, and nothing else",
            remedy="give it like acme.custhelp.com",
        )
    if parts.scheme == "http" and parts.hostname not in _LOCAL:
        raise InvalidInput(
            "host must be reached by https: the password travels with every request"
        )
    return root


def _paced(answer: HttpAnswer) -> bool:
    """Say whether a failure names the time of the next request: then it is that pause which counts, and a new token."""
    return answer.status in (429, 503) and _seconds(answer.headers.get(_NEXT)) > 0


def _throttled(host: str, wait: float) -> SourceThrottled:
    return SourceThrottled(
        f"{host} asks for a pause of {wait:g} s",
        retry_after=wait,
        remedy="wait, then try again",
    )


def _seconds(milliseconds: str | None) -> float:
    text = (milliseconds or "").strip()
    return (
        int(text) / 1000
        if text.isascii() and text.isdecimal() and len(text) < 10
        else 0.0
    )


def _typed(
    names: Sequence[str], row: Sequence[str | None], by_name: Mapping[str, Column]
) -> dict[str, Any]:
    found = {}
    for name, cell in zip(names, row, strict=True):
        column = by_name.get(name.lower())
        if column is not None:
            found[column.name] = types.value(cell, column)
    return found


def _joined(
    rows: list[dict[str, Any]], more: list[dict[str, Any]], key: str, host: str
) -> list[dict[str, Any]]:
    """Join two answers by id; a row that only one of them has was written or deleted in between, and is left out."""
    by_id = {row[key]: row for row in more}
    if (
        None in by_id
        or len(by_id) < len(more)
        or len({row[key] for row in rows}) < len(rows)
    ):
        raise SourceUnavailable(
            f"{host} answered rows without an id of their own", remedy="try again"
        )
    return [row | by_id[row[key]] for row in rows if row[key] in by_id]


def _unnamed(name: str) -> LeftOut:
    return LeftOut(name, "its name cannot stand in a query")


def _unknown_table() -> SourceNotFound:
    return SourceNotFound(
        "the site has no such table, or does not show it to this account",
        remedy="run `headwater tables` for those there are",
    )
