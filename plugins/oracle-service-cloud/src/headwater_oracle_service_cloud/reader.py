"""Reading Oracle Service Cloud over its REST interface, Connect v1.4, with ROQL queries."""

from __future__ import annotations

import re
import threading
import time
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import SplitResult, urlsplit

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
    is_loopback,
)
from headwater_oracle_service_cloud import error_codes, roql, types

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from headwater import Secret
    from headwater.sources import HttpAnswer, SourceCredentials

CONNECT = "/services/rest/connect/v1.4"
CONTEXT = "Headwater reads tables"  # demanded from v1.4 on; clients keep it within 40 characters
_NEXT = "osvc-crest-next-request-after"
LONGEST_WAIT = 30.0  # seconds the site may ask us to wait before the next request

_MILLISECONDS = re.compile(r"[0-9]{1,9}")

Row = dict[str, Any]


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
        # The access token is a chain: each request carries that of the last answer.
        self._turn = threading.Lock()
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
        self._describe("")
        notes = []
        if self._wait:
            notes.append(f"the site asks to wait {self._wait:g} s between requests")
        return Check(
            user=self._user,
            organization=self._http.host,
            version="v1.4",
            permissions=("REST API", "ROQL queries"),
            notes=notes,
        )

    def tables(self) -> Sequence[Table]:
        """Return the tables ROQL knows, custom objects among them."""
        names = self._describe("").column("Name")
        return [Table(name=name, label=name) for name in names if roql.is_name(name)]

    def columns(self, table: str) -> Columns:
        """Return the flat shape that ROQL reads; types from the metadata catalogue where it has the table."""
        description = self._describe(roql.require_name(table))
        names = description.column("Name")
        if not names:
            raise _no_such_table()
        kinds = description.column("Type") or [None] * len(names)
        schema = self._schema(table)
        fields: list[Column | LeftOut] = []
        for name, kind in zip(names, kinds, strict=True):
            if roql.is_name(name):
                property_schema = schema.get(name.lower(), {})
                fields.append(types.column(name, kind or "", property_schema))
            elif name is not None:
                fields.append(LeftOut(name, "its name cannot stand in a query"))
        return Columns.from_fields(fields)

    def preview(self, table: str, n: int) -> Preview:
        """Return the rows with the lowest ids, read from the reporting replica."""
        columns = self.columns(table)
        if not columns.columns:
            return Preview(columns, [])
        names = [column.name for column in columns.columns]
        rows = self._read_rows(columns, table, n)
        return Preview(columns, [{name: row[name] for name in names} for row in rows])

    def _read_rows(self, columns: Columns, table: str, n: int) -> list[Row]:
        """Return the rows of as many queries as the columns need, joined by id."""
        by_name = {column.name.lower(): column for column in columns.columns}
        groups = self._read_groups(by_name, table, n)
        rows = next(groups)
        for group in groups:
            rows = _join(rows, group, by_name["id"].name, self._http.host)
        return rows

    def _read_groups(
        self, by_name: Mapping[str, Column], table: str, n: int
    ) -> Iterator[list[Row]]:
        for names, query in roql.selects(list(by_name), table, n):
            result = roql.read_result(self._query(query), self._http.host)
            if not result.has_columns(names):
                raise SourceUnavailable(
                    f"{self._http.host} answered other columns than asked",
                    remedy="try again",
                )
            yield [_read_row(names, cells, by_name) for cells in result.rows]

    def _describe(self, table: str) -> roql.Result:
        try:
            answer = self._query(f"DESCRIBE {table}".strip())
        except SourceNotFound:
            raise _no_such_table() from None
        return roql.read_result(answer, self._http.host)

    def _schema(self, table: str) -> Mapping[str, Mapping[str, Any]]:
        """Return the JSON Schema of each property by lower-case name; empty where the catalogue has no such table."""
        try:
            answer = self._get(
                f"/metadata-catalog/{table}",
                headers={"Accept": "application/schema+json"},
            )
        except SourceNotFound:
            return {}
        properties = answer.member("properties")
        # Without it dates and booleans would be taken for strings.
        if not isinstance(properties, dict):
            raise SourceUnavailable(
                f"{self._http.host} answered something other than a schema",
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
        """Return a success; until the credentials have been accepted once, nothing is sent a second time."""
        with self._turn:
            if self._refused:
                raise error_codes.already_refused()
            answer = self._send_in_turn(path, headers or {}, **details)
            if answer.fine:
                self._accepted = True
                return answer
            error = error_codes.refusal(answer, self._http.host)
            self._refused = isinstance(error, CredentialsRefused)
        raise error

    def _send_in_turn(
        self, path: str, headers: Mapping[str, str], **details: Any
    ) -> HttpAnswer:
        """Send until the answer no longer asks for a pause first. Raises `SourceThrottled`."""
        attempts = 4 if self._accepted else 1
        for _attempt in range(attempts):
            self._keep_pace()
            answer = self._send(path, attempts, headers, **details)
            if not _asks_for_pause(answer):
                return answer
        raise _pause_error(self._http.host, self._wait)

    def _send(
        self, path: str, attempts: int, headers: Mapping[str, str], **details: Any
    ) -> HttpAnswer:
        answer = self._http.get(
            path,
            attempts=attempts,
            final=_is_final,
            headers={**self._headers(), **headers},
            auth=(self._user.encode(), self._password.reveal().encode()),
            **details,
        )
        token = answer.headers.get("osvc-crest-api-access-token", "")
        self._chain = token or self._chain
        self._wait = _seconds(answer.headers.get(_NEXT))
        return answer

    def _headers(self) -> dict[str, str]:
        headers = {
            "OSvC-CREST-Application-Context": CONTEXT,
            "OSvC-CREST-Time-UTC": "yes",
        }
        if self._chain:
            headers["osvc-crest-api-access-token"] = self._chain
        return headers

    def _keep_pace(self) -> None:
        if self._wait > LONGEST_WAIT:
            wait, self._wait = self._wait, 0.0
            raise _pause_error(self._http.host, wait)
        if self._wait:
            self._pause(self._wait)


def _root(host: str) -> str:
    """Return the site's root URL; plain HTTP is for this machine only. Raises `InvalidInput`."""
    root = host.strip().rstrip("/")
    if "://" not in root:
        root = f"https://{root}"
    site = _split_site(root)
    if site is None:
        raise InvalidInput(
            "host names a site, and nothing else",
            remedy="give it like acme.custhelp.com",
        )
    if site.scheme == "http" and not is_loopback(site.hostname or ""):
        raise InvalidInput(
            "host must be reached by https: the password travels with every request"
        )
    return root


def _split_site(root: str) -> SplitResult | None:
    """Return the parts of a root URL; None where it names no host, or more than a host and its port."""
    try:
        site = urlsplit(root)
        port = site.port  # one that is not a number shows only here
    except ValueError:
        return None
    names_more = root.partition("://")[2] != site.netloc
    if not site.hostname or port == 0 or names_more:
        return None
    return site


def _is_final(answer: HttpAnswer) -> bool:
    return error_codes.is_final(answer) or _asks_for_pause(answer)


def _asks_for_pause(answer: HttpAnswer) -> bool:
    """Say whether a failure names the time of the next request: then it is that pause which counts, and a new token."""
    return answer.status in (429, 503) and _seconds(answer.headers.get(_NEXT)) > 0


def _pause_error(host: str, wait: float) -> SourceThrottled:
    return SourceThrottled(
        f"{host} asks for a pause of {wait:g} s",
        retry_after=wait,
        remedy="wait, then try again",
    )


def _seconds(header: str | None) -> float:
    """Return the seconds of a header that counts milliseconds; 0 where it does not."""
    milliseconds = (header or "").strip()
    if not _MILLISECONDS.fullmatch(milliseconds):
        return 0.0
    return int(milliseconds) / 1000


def _read_row(
    names: Sequence[str], cells: Sequence[str | None], by_name: Mapping[str, Column]
) -> Row:
    row = {}
    for name, cell in zip(names, cells, strict=True):
        column = by_name.get(name.lower())
        if column is not None:
            row[column.name] = types.value(cell, column)
    return row


def _join(rows: list[Row], more: list[Row], key: str, host: str) -> list[Row]:
    """Join two answers by id; a row that only one of them has was written or deleted in between, and is left out."""
    first = _by_id(rows, key, host)
    second = _by_id(more, key, host)
    return [first[id] | second[id] for id in first if id in second]


def _by_id(rows: list[Row], key: str, host: str) -> dict[Any, Row]:
    by_id = {row[key]: row for row in rows}
    if None in by_id or len(by_id) < len(rows):
        raise SourceUnavailable(
            f"{host} answered rows without an id of their own", remedy="try again"
        )
    return by_id


def _no_such_table() -> SourceNotFound:
    return SourceNotFound(
        "the site has no such table, or does not show it to this account",
        remedy="run `headwater tables` for those there are",
    )
