"""The export format: JSON lines, one object of the store a line, between a line that opens and a line that ends.

The first line names the format and its version, the last how many objects came between, so that a file cut short is
known as one. Secrets are left out, and with them the masks that stand for them: `secrets` names what was left out.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

import attrs

from headwater.errors import InvalidInput
from headwater.secret import MASK
from headwater_local_flow_service.kernel.bodies import LEFT_OUT
from headwater_local_flow_service.settings import ORGANIZATION
from headwater_local_flow_service.store import tables
from headwater_local_flow_service.store.rows import Record, Scope

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Table

FORMAT: Final = "headwater-local-store"
VERSION: Final = 1

_PREFIX: Final = "headwater_"
COLLECTIONS: Final[Mapping[str, Table]] = {
    table.name.removeprefix(_PREFIX): table
    for table in tables.metadata.sorted_tables
    if "document" in table.c
}
_ID = re.compile(
    r"[A-Za-z0-9._:/@-]{1,256}"
)  # the ids of schemas are URIs, and an older version follows an @
_NUMBERS: Final = ("created_at", "updated_at")
_TEXTS: Final = ("id", "name", "spec_id", "state", "etag", "created_by", "updated_by")
_NAMES: Final = frozenset(("type", "org", "sandbox", "document", *_NUMBERS, *_TEXTS))
_OPTIONAL: Final = frozenset(("refers_to", "secrets"))


@attrs.frozen(kw_only=True)
class Entry:
    """One object of an export; `secrets` names the credentials that were left out."""

    table: Table
    record: Record
    refers_to: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()


def head(version: str, written: str) -> dict[str, Any]:
    """Return the first line."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "schema": tables.VERSION,
        "by": version,
        "written": written,
    }


def end(count: int) -> dict[str, Any]:
    """Return the last line."""
    return {"end": True, "objects": count}


def entry_of(table: Table, record: Record, refers_to: tuple[str, ...]) -> Entry:
    """Return a row as it is exported: without its secrets, and without their masks."""
    params = _params(record.document)
    masked = {name for name, value in params.items() if value == MASK}
    document = {
        name: value for name, value in record.document.items() if name != LEFT_OUT
    }
    left_out = tuple(sorted(masked.union(record.document.get(LEFT_OUT, ()))))
    if masked:
        kept = {name: value for name, value in params.items() if name not in left_out}
        document = document | {"auth": document["auth"] | {"params": kept}}
    bare = attrs.evolve(record, document=document, secrets=None)
    return Entry(table=table, record=bare, refers_to=refers_to, secrets=left_out)


def line_of(entry: Entry) -> dict[str, Any]:
    """Return an entry as a JSON object."""
    record = entry.record
    facts = {name: getattr(record, name) for name in (*_TEXTS, *_NUMBERS)}
    line = {
        "type": entry.table.name.removeprefix(_PREFIX),
        "org": record.scope.org,
        "sandbox": record.scope.sandbox,
    }
    more = {"refers_to": list(entry.refers_to), "secrets": list(entry.secrets)}
    return (
        line
        | facts
        | {"document": record.document}
        | {name: value for name, value in more.items() if value}
    )


def read_entry(line: Mapping[str, Any], where: str) -> Entry:
    """Return the entry of a JSON object. Raises `InvalidInput` naming the place and the key."""
    unknown = line.keys() - _NAMES - _OPTIONAL
    missing = _NAMES - line.keys()
    if unknown or missing:
        problem = (
            f"{min(unknown)} is not known" if unknown else f"{min(missing)} is missing"
        )
        raise InvalidInput(
            f"{where}: {problem}",
            remedy="import a file that `headwater local export` wrote",
        )
    wrong = _wrong(line)
    if wrong:
        raise InvalidInput(
            f"{where}: {wrong} is not what it must be", remedy=f"correct {wrong}"
        )
    facts = {name: line[name] for name in (*_TEXTS, *_NUMBERS)}
    scope = Scope(org=line["org"], sandbox=line["sandbox"])
    record = Record(**facts, scope=scope, document=line["document"])
    lists = {name: tuple(line.get(name, ())) for name in _OPTIONAL}
    return Entry(table=COLLECTIONS[line["type"]], record=record, **lists)


def check_head(line: Any, name: str) -> None:
    """Raise `InvalidInput` for a file that is no export, or one of a newer version."""
    if (
        not isinstance(line, dict)
        or line.get("format") != FORMAT
        or type(line.get("version")) is not int
    ):
        raise InvalidInput(
            f"{name} is not an export of a local store",
            remedy="write one with `headwater local export`",
        )
    if line["version"] > VERSION:
        raise InvalidInput(
            f"{name} was written by a newer version (format {line['version']}, known {VERSION})",
            remedy="upgrade headwater-local-flow-service",
        )


def dumped(line: Mapping[str, Any]) -> bytes:
    """Return a line as it stands in the file."""
    return json.dumps(line, separators=(",", ":")).encode() + b"\n"


def _params(document: Mapping[str, Any]) -> Mapping[str, Any]:
    auth = document.get("auth")
    params = auth.get("params") if isinstance(auth, dict) else None
    return params if isinstance(params, dict) else {}


def _wrong(line: Mapping[str, Any]) -> str:
    """Return the first key whose value cannot be, or an empty text."""
    fits = {
        "type": isinstance(line["type"], str) and line["type"] in COLLECTIONS,
        "org": isinstance(line["org"], str) and ORGANIZATION.fullmatch(line["org"]),
        "document": isinstance(line["document"], dict),
        "refers_to": _are_texts(line.get("refers_to", [])),
        "secrets": _are_texts(line.get("secrets", [])),
        **{
            name: isinstance(line[name], str) and "\0" not in line[name]
            for name in (*_TEXTS, "sandbox")
        },
        **{
            name: type(line[name]) is int and 0 <= line[name] < 1 << 53
            for name in _NUMBERS
        },
    }
    if fits["id"] and not _ID.fullmatch(line["id"]):
        return "id"
    if fits["name"] and len(line["name"]) > tables.INDEXED_NAME:
        return "name"
    return next((name for name, fit in fits.items() if not fit), "")


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(one, str) and "\0" not in one for one in value
    )
