"""Asking a connector to reach its source, and what comes of it in Flow Service's terms."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import attrs

from headwater import errors
from headwater.credentials import validation
from headwater.foreign import raise_bare
from headwater.secret import seal_strings
from headwater.sources import Reach, SourceCredentials
from headwater_local_flow_service.connections import connection_document
from headwater_local_flow_service.connections.source_threads import SourceThreads
from headwater_local_flow_service.errors import FlowError
from headwater_local_flow_service.store import marks as marking

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from headwater.connectors.connector import Connector
    from headwater.sources import Column, SourceReader
    from headwater_local_flow_service.store.marks import Marks

log = logging.getLogger("headwater.local")

PREVIEWED = 100  # rows of one preview
_THREADS = 16  # of a process, that ask sources at once

_EXACT = {"minimum": -9_007_199_254_740_992, "maximum": 9_007_199_254_740_991}

_T = TypeVar("_T")
_threads = SourceThreads(_THREADS)

# Which refusal each failure of a source is. A 401 would have clients renew their token and ask again, and with it send
# a refused password a second time; so would a 503 for a source that throttles or whose answer to the password is lost.
_CODES: tuple[tuple[type[errors.HeadwaterError], str], ...] = (
    (errors.CredentialsRefused, "CONNECTOR-1308-400"),
    (errors.SourceNotPermitted, "CONNECTOR-1002-403"),
    (errors.SourceNotFound, "CONNECTOR-1330-400"),
    (errors.SourceThrottled, "CONNECTOR-1006-408"),
    (errors.SourceUnavailable, "CONNECTOR-1006-408"),
    (errors.InvalidInput, "CONNECTOR-1312-400"),
    (errors.HeadwaterError, "CONNECTOR-1005-500"),
)


@attrs.frozen
class Account:
    """An account at a source: the connector that reaches it, and the credentials it logs in with."""

    connector: Connector
    credentials: SourceCredentials
    patience: float  # seconds until whoever asks is answered, whatever the source does


def open_account(
    connector: Connector,
    auth: Mapping[str, Any],
    marks: Marks,
    reach: Reach,
    *,
    patience: float,
) -> Account:
    """Return the account of a connection's ``auth``, whose secrets are in clear. Raises `InvalidInput`.

    The reader gets sealed what is secret by the specification, and by the marks of the row. Credentials that were
    stored under an earlier version of a connector need not fit any more.
    """
    params = auth.get("params", {})
    for spec in connection_document.specs_named(connector, auth.get("specName")):
        problems = validation.validate(spec, params)
        if all(connection_document.is_passed_over(one, (spec,)) for one in problems):
            sealed = marking.change(validation.seal(spec, params), marks, seal_strings)
            credentials = SourceCredentials(auth=spec, params=sealed, reach=reach)
            return Account(connector, credentials, patience)
    raise errors.InvalidInput(
        "the stored credentials do not fit the authentication specification any more"
    )


def is_accepted(account: Account) -> bool:
    """Say whether the source accepts the credentials. Raises as `ask` does."""
    try:
        ask(account, lambda reader: reader.check())
    except errors.CredentialsRefused:
        return False
    return True


def list_tables(account: Account) -> list[dict[str, Any]]:
    """Return the tables of a source, as an exploration of its root lists them. Raises as `ask` does."""
    return ask(account, lambda reader: [table.as_item() for table in reader.tables()])


def describe_table(account: Account, name: str, *, preview: bool) -> dict[str, Any]:
    """Return the columns of a table, with its first rows where they are asked for. Raises as `ask` does."""
    if not preview:
        return ask(account, lambda reader: _describe(reader.columns(name).columns))
    table = ask(account, lambda reader: reader.preview(name, PREVIEWED))
    return _describe(table.columns.columns) | {"data": list(table.rows)}


def describe_resource(account: Account, name: str, *, preview: bool) -> dict[str, Any]:
    """Return the fields of a REST API's resource, with its first records where they are asked for.

    A reader that offers one resource is asked for that one, since explorations name the format in its place
    (``object=json``). Raises as `ask` does.
    """
    return ask(account, lambda reader: _read_resource(reader, name, preview=preview))


def ask(account: Account, question: Callable[[SourceReader], _T]) -> _T:
    """Ask the source in a thread of its own. Raises `HeadwaterError` where it cannot be asked, or not in time.

    Raises `FlowError` where as many questions are under way already as may be.
    """

    def answer() -> _T:
        with account.connector.open_source(account.credentials) as reader:
            return question(reader)

    return _threads.run(answer, seconds=account.patience)


@contextmanager
def refusals(connection_id: str) -> Iterator[None]:
    """Turn every failure to ask a source into a `FlowError` about its connection."""
    try:
        yield
    except errors.HeadwaterError as error:
        log.warning("connections %s: the source was not read: %s", connection_id, error)
        raise_bare(_refuse(error, connection_id))


def _read_resource(reader: SourceReader, name: str, *, preview: bool) -> dict[str, Any]:
    names = [table.name for table in reader.tables()]
    if name not in names and len(names) == 1:
        [name] = names
    if not preview:
        return _describe_tree(reader.columns(name).columns)
    table = reader.preview(name, PREVIEWED)
    return _describe_tree(table.columns.columns) | {"data": list(table.rows)}


def _describe_tree(columns: tuple[Column, ...]) -> dict[str, Any]:
    """Return columns as the JSON Schema of an object, in which integers are those that JSON holds exactly."""
    properties = {column.name: _describe_field(column) for column in columns}
    schema = {"type": "object", "properties": properties}
    return {"format": "hierarchical", "schema": schema}


def _describe_field(column: Column) -> dict[str, Any]:
    xdm: dict[str, Any] = column.as_dict()["xdm"]
    return xdm | _EXACT if column.type == "integer" else xdm


def _describe(columns: tuple[Column, ...]) -> dict[str, Any]:
    return {
        "format": "flat",
        "schema": {"columns": [column.as_dict() for column in columns]},
    }


def _refuse(error: errors.HeadwaterError, connection_id: str) -> FlowError:
    code = next(code for failure, code in _CODES if isinstance(error, failure))
    headers = {}
    wait = getattr(error, "retry_after", None)
    if wait:
        headers["Retry-After"] = str(int(wait) + 1)
    return FlowError(
        code, str(error), id=connection_id, type="connections", headers=headers
    )
