"""Marks for connections that were stored before marks were kept: by what today's specifications say.

Until then, secrets inside objects stood in the readable document; they are masked here. The sealed part of a row has
always held all of its credentials, so nothing is lost.
"""

from __future__ import annotations

import functools
import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from headwater.secret import MASK
from headwater_local_flow_service.store import marks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sqlalchemy import Connection, Row

    from headwater.models import AuthenticationSpec

    SpecsOf = Callable[[str, str], tuple[AuthenticationSpec, ...] | None]

_PAGE = 200  # rows in memory at once
_LEFT_OUT = "_leftOut"  # the secrets that an export left out, in the documents of schema 1 and 2

_ROWS = text(
    "SELECT seq, org, spec_id, document FROM headwater_connections WHERE seq > :last ORDER BY seq LIMIT :page"
)
_SPECS = text(
    "SELECT document FROM headwater_connection_specs WHERE org = :org AND id = :id"
)
_WRITE = text(
    "UPDATE headwater_connections SET document = :document, marks = :marks WHERE seq = :seq"
)


def mark_all(connection: Connection) -> None:
    """Mark every connection, and mask what is marked, inside the caller's transaction."""
    specs_of = functools.lru_cache(functools.partial(_specs_of, connection))
    for row in _walk(connection):
        marked = _mark(row, specs_of)
        if marked is not None:
            connection.execute(_WRITE, marked | {"seq": row.seq})


def find(
    document: Mapping[str, Any], specs: tuple[AuthenticationSpec, ...] | None
) -> marks.Marks:
    """Return the marks of a document: what is masked already, and what its specification says; of none, every string.

    `specs` are all authentication specifications of its source, None where the source is not known any more.
    """
    auth = document["auth"]
    params = auth.get("params") or {}
    named = [spec for spec in specs or () if spec.spec_name == auth.get("specName")]
    masked = [
        path for path in marks.find_strings(params) if marks.read(params, path) == MASK
    ]
    left_out = tuple(marks.path_of(name) for name in document.get(_LEFT_OUT, ()))
    found = marks.find(named, params) if named else marks.find_strings(params)
    return marks.join(tuple(masked), found, left_out)


def _mark(row: Row[Any], specs_of: SpecsOf) -> dict[str, Any] | None:
    document = json.loads(row.document)
    auth = document.get("auth")
    if not isinstance(auth, dict) or not isinstance(auth.get("params"), dict):
        return None
    found = find(document, specs_of(row.org, row.spec_id))
    if not found:
        return None
    document["auth"] = auth | {"params": marks.mask(auth["params"], found)}
    return {
        "document": json.dumps(document, separators=(",", ":")),
        "marks": marks.dump(found),
    }


def _walk(connection: Connection) -> Iterator[Row[Any]]:
    last = 0
    while page := connection.execute(_ROWS, {"last": last, "page": _PAGE}).all():
        yield from page
        last = page[-1].seq


def _specs_of(
    connection: Connection, org: str, spec_id: str
) -> tuple[AuthenticationSpec, ...] | None:
    """Return the authentication specifications of a source, installed or stored by the organization, or None."""
    installed = _installed().get(spec_id)
    if installed is not None:
        return installed
    row = connection.execute(_SPECS, {"org": org, "id": spec_id}).first()
    if row is None:
        return None
    return _read_stored(json.loads(row.document) | {"id": spec_id})


@functools.cache
def _installed() -> dict[str, tuple[AuthenticationSpec, ...]]:
    from headwater.connectors import registry

    connectors, _failures = registry.installed().all()
    return {
        connector.spec.id: tuple(connector.authentication)
        for connector in connectors
        if connector.spec.id is not None
    }


def _read_stored(document: dict[str, Any]) -> tuple[AuthenticationSpec, ...] | None:
    from headwater.flowservice.models import remote_spec
    from headwater.models import Distribution
    from headwater.tenant import connectors

    spec = remote_spec(document)
    if not connectors.is_usable(spec):
        return None
    origin = Distribution("a stored connection specification", spec.version)
    return tuple(connectors.connector_of(spec, spec.name, origin).authentication)
