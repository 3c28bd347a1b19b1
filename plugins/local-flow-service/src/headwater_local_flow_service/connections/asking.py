"""Asking a connector to reach its source, and what comes of it in Flow Service's terms."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from headwater import errors
from headwater.credentials import validation
from headwater.secret import Secret
from headwater.sources import Reach, SourceCredentials
from headwater_local_flow_service.connections import documents
from headwater_local_flow_service.errors import FlowError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headwater.connectors.connector import Connector
    from headwater.sources.guarded import GuardedReader
    from headwater_local_flow_service.kernel.kind import ResourceKind
    from headwater_local_flow_service.store.store import Record

PREVIEWED = 100  # rows of one preview

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


def tested(kind: ResourceKind, record: Record) -> bool:
    """Say whether the source accepts a connection's credentials. Raises `FlowError` where it cannot be asked."""
    connector = kind.context.catalog().by_id.get(record.spec_id)
    try:
        if connector is None or not _fits(kind, record, connector):
            return False
        with opened(kind, record, unsupported="CONNECTOR-1305-400") as reader:
            reader.check()
    except FlowError as refusal:
        if refusal.code == "CONNECTOR-1308-400":
            return False
        raise
    return True


def root(kind: ResourceKind, record: Record) -> list[dict[str, Any]]:
    """Return the tables of a source, as an exploration of its root lists them."""
    with opened(kind, record, unsupported="CONNECTOR-1336-400") as reader:
        return [table.as_item() for table in reader.tables()]


def table(
    kind: ResourceKind, record: Record, name: str, *, preview: bool
) -> dict[str, Any]:
    """Return the columns of a table, and its first rows where they are asked for."""
    with opened(kind, record, unsupported="CONNECTOR-1336-400") as reader:
        if not preview:
            return _described(reader.columns(name).columns)
        found = reader.preview(name, PREVIEWED)
        return _described(found.columns.columns) | {"data": list(found.rows)}


def _described(columns: Any) -> dict[str, Any]:
    return {
        "format": "flat",
        "schema": {"columns": [column.as_dict() for column in columns]},
    }


@contextmanager
def opened(
    kind: ResourceKind, record: Record, *, unsupported: str
) -> Iterator[GuardedReader]:
    """Open a reader with a connection's stored credentials; its failures leave as `FlowError`.

    Raises `FlowError` with the code `unsupported` where the connector does not read its source.
    """
    connector = kind.context.catalog().by_id.get(record.spec_id)
    if connector is None or not connector.readable:
        raise FlowError(
            unsupported,
            "the connector of this connection cannot read its source directly",
        )
    failure: FlowError | None = None
    try:
        with connector.open_source(_credentials(kind, record, connector)) as reader:
            yield reader
    except errors.HeadwaterError as error:
        failure = _refusal(error, record)
    if failure is not None:
        raise failure


def _fits(kind: ResourceKind, record: Record, connector: Connector) -> bool:
    if "auth" not in record.document:
        return not connector.authentication
    try:
        _credentials(kind, record, connector)
    except errors.InvalidInput:
        return False
    return True


def _credentials(
    kind: ResourceKind, record: Record, connector: Connector
) -> SourceCredentials:
    """Return the stored credentials with their secrets sealed. Raises `InvalidInput` where they do not open or fit."""
    auth = record.document.get("auth") or {}
    params = (kind.unseal(record).get("auth") or {}).get("params", {})
    specs = documents.named(connector, auth.get("specName"))
    spec = next((spec for spec in specs if not validation.validate(spec, params)), None)
    if spec is None:
        raise errors.InvalidInput(
            "the stored credentials do not fit the authentication specification any more"
        )
    sealed = {
        name: Secret(value) if name in spec.secret_names else value
        for name, value in params.items()
    }
    return SourceCredentials(
        auth=spec, params=sealed, reach=Reach(kind.context.settings.reach_sources)
    )


def _refusal(error: errors.HeadwaterError, record: Record) -> FlowError:
    code = next(code for kind, code in _CODES if isinstance(error, kind))
    wait = getattr(error, "retry_after", None)
    headers = {"Retry-After": str(int(wait) + 1)} if wait else {}
    return FlowError(
        code, str(error), id=record.id, type="connections", headers=headers
    )
