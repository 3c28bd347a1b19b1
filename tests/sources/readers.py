"""A reader that answers from memory, or fails as it is told, and the connector around it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from headwater import AuthenticationSpec, ConnectionSpec, Connector, Field, hookimpl
from headwater.models import Distribution
from headwater.sources import (
    Check,
    Column,
    Columns,
    LeftOut,
    Limit,
    Preview,
    SourceCredentials,
    Table,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

SPEC = ConnectionSpec(
    id="11111111-2222-4333-8444-555555555555", name="Acme", category="crm"
)
AUTH = AuthenticationSpec(
    "Basic Authentication", [Field("user"), Field("password", secret=True)]
)
COLUMNS = Columns(
    [Column(name="id", type="integer"), Column(name="subject", type="string")],
    [LeftOut("blob", "binary")],
)


class MemoryReader:
    """Two tables and three rows; `failure` is raised by every method."""

    def __init__(self, failure: BaseException | None = None) -> None:
        self.failure = failure
        self.closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.closed = True

    def check(self) -> Check:
        self._fail()
        return Check(
            user="integration",
            organization="Acme",
            version="1",
            limits=[Limit(name="requests", left=7, most=9)],
        )

    def tables(self) -> Sequence[Table]:
        self._fail()
        return [
            Table(name="tickets", label="Tickets"),
            Table(name="people", can_preview=False, note="no rows"),
        ]

    def columns(self, table: str) -> Columns:
        self._fail()
        return COLUMNS

    def preview(self, table: str, n: int) -> Preview:
        self._fail()
        return Preview(
            COLUMNS, [{"id": number, "subject": f"s{number}"} for number in range(3)]
        )

    def _fail(self) -> None:
        if self.failure is not None:
            raise self.failure


class AcmePlugin:
    """A connector whose reader is given."""

    def __init__(self, reader: Any) -> None:
        self._reader = reader

    @hookimpl
    def connection_spec(self) -> ConnectionSpec:
        return SPEC

    @hookimpl
    def credential_schemas(self) -> list[AuthenticationSpec]:
        return [AUTH]

    @hookimpl
    def open_source(self, credentials: SourceCredentials) -> Any:
        return self._reader(credentials) if callable(self._reader) else self._reader


def connector(reader: Any) -> Connector:
    """Return a connector that opens this reader, or what calling it with the credentials returns."""
    return Connector("acme", AcmePlugin(reader), Distribution("acme-headwater", "2.0"))


def credentials(**params: Any) -> SourceCredentials:
    """Return credentials for it."""
    return SourceCredentials(auth=AUTH, params=params)
