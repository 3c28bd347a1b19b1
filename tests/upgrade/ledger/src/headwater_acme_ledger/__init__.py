"""Acme Ledger: a made-up source with every hook there is, and a reader that accepts one key.

It stands for connectors that others have built: its wheel is kept as it was built, and must go on working. Its reader
asks no network. It proves that a stored secret opens: no other key than the one it was stored with is accepted.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Self

from headwater import AuthenticationSpec, ConnectionSpec, Field, hookimpl

if TYPE_CHECKING:
    from headwater import PayloadRequest
    from headwater.sources import Check, Columns, Preview, SourceCredentials, Table

# SHA-256 of the key that it accepts, which is no secret: not-a-real-ledger-key
ACCEPTED = "2f1fc1431b8c636feec8385fbad9c6cf1238779300feadf2b5c2114b82f133cb"


@hookimpl
def connection_spec() -> ConnectionSpec:
    """Return what is fixed about the source."""
    return ConnectionSpec(
        id="1f9e6c1a-5d0b-4c57-8e43-2a7d90b6c3f1",
        name="Acme Ledger",
        category="databases",
    )


@hookimpl
def credential_schemas() -> list[AuthenticationSpec]:
    """Return the ways to authenticate, preferred first."""
    fields = [
        Field("host", description="Host name of the ledger", example="ledger.example"),
        Field("port", "integer", required=False, default=5432),
        Field("key", secret=True, description="Key of a reader of the ledger"),
    ]
    return [AuthenticationSpec("Ledger Key", fields)]


@hookimpl
def build_payload(request: PayloadRequest) -> dict[str, Any]:
    """Return the body of ``POST /connections``."""
    body: dict[str, Any] = {
        "name": request.name,
        "auth": {"specName": request.auth.spec_name, "params": dict(request.params)},
        "connectionSpec": {"id": request.spec.id, "version": request.spec.version},
    }
    if request.description:
        body["description"] = request.description
    return body


@hookimpl
def open_source(credentials: SourceCredentials) -> LedgerReader:
    """Return a reader of the source; it is asked nothing yet."""
    return LedgerReader(credentials.params["key"].reveal())


class LedgerReader:
    """Reads the one table of the ledger, if the key is right."""

    def __init__(self, key: str) -> None:
        self._digest = hashlib.sha256(key.encode()).hexdigest()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        pass

    def check(self) -> Check:
        """Say who we are."""
        from headwater.sources import Check

        self._require_accepted_key()
        return Check(user="reader", version="1")

    def tables(self) -> list[Table]:
        """Return the tables."""
        from headwater.sources import Table

        self._require_accepted_key()
        return [Table(name="entries", label="Entries")]

    def columns(self, table: str) -> Columns:
        """Return the columns of a table."""
        from headwater.errors import SourceNotFound
        from headwater.sources import Column, Columns, LeftOut

        self._require_accepted_key()
        if table != "entries":
            raise SourceNotFound("the ledger has no such table")
        known = [Column(name="id", type="string"), Column(name="amount", type="number")]
        return Columns(known, [LeftOut("scan", "a picture")])

    def preview(self, table: str, n: int) -> Preview:
        """Return the first rows of a table."""
        from headwater.sources import Preview

        rows = [{"id": "e1", "amount": 12.5}, {"id": "e2", "amount": -3}]
        return Preview(self.columns(table), rows[:n])

    def _require_accepted_key(self) -> None:
        from headwater.errors import CredentialsRefused

        if self._digest != ACCEPTED:
            raise CredentialsRefused("the ledger does not accept the key")
