"""The export format: JSON lines, one object of the store a line, between a line that opens and a line that ends.

The first line names the format and its version, the last how many objects came between, so that a file cut short is
known as one. Secrets are left out, and with them the masks that stand for them: `secrets` names what was left out, as
the marks of the row say; a secret in depth by a JSON pointer from the parameters.

Rows of data sets are left out as well: a batch is nothing without its files, and those lie beside the store.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

import attrs

from headwater.errors import InvalidInput
from headwater_local_flow_service.kernel.bodies import LEFT_OUT
from headwater_local_flow_service.settings import ORGANIZATION
from headwater_local_flow_service.store import marks, tables
from headwater_local_flow_service.store.rows import Record, Scope
from headwater_local_flow_service.texts import is_storable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import Table

FORMAT: Final = "headwater-local-store"
VERSION: Final = 1

_PREFIX: Final = "headwater_"
# Batches and their files, inlets and what they have taken: left out of an export, and gone with a reset.
DATA: Final = (
    tables.batches,
    tables.batch_files,
    tables.inlets,
    tables.inlet_messages,
)
COLLECTIONS: Final[Mapping[str, Table]] = {
    table.name.removeprefix(_PREFIX): table
    for table in tables.metadata.sorted_tables
    if "document" in table.c and table not in DATA
}
# The ids of schemas are URIs, and an older version follows an @.
_ID = re.compile(r"[A-Za-z0-9._:/@-]{1,256}")
_LARGEST_NUMBER: Final = (1 << 53) - 1
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
    document = dict(record.document)
    left_out = set(document.pop(LEFT_OUT, ()))
    params = _params(document)
    sealed = marks.select_present(params, record.marks)
    left_out |= {marks.name_of(path) for path in sealed}
    if sealed:
        kept = marks.drop(params, sealed)
        document["auth"] = document["auth"] | {"params": kept}
    return Entry(
        table=table,
        record=attrs.evolve(record, document=document, secrets=None, marks=()),
        refers_to=refers_to,
        secrets=tuple(sorted(left_out)),
    )


def line_of(entry: Entry) -> dict[str, Any]:
    """Return an entry as a JSON object."""
    record = entry.record
    line: dict[str, Any] = {
        "type": entry.table.name.removeprefix(_PREFIX),
        "org": record.scope.org,
        "sandbox": record.scope.sandbox,
    }
    for name in (*_TEXTS, *_NUMBERS, "document"):
        line[name] = getattr(record, name)
    if entry.refers_to:
        line["refers_to"] = list(entry.refers_to)
    if entry.secrets:
        line["secrets"] = list(entry.secrets)
    return line


def read_entry(line: Mapping[str, Any], where: str) -> Entry:
    """Return the entry of a JSON object. Raises `InvalidInput` naming the place and the key."""
    _check_keys(line, where)
    _check_values(line, where)
    facts = {name: line[name] for name in (*_TEXTS, *_NUMBERS)}
    scope = Scope(org=line["org"], sandbox=line["sandbox"])
    return Entry(
        table=COLLECTIONS[line["type"]],
        record=Record(**facts, scope=scope, document=line["document"]),
        refers_to=tuple(line.get("refers_to", ())),
        secrets=tuple(line.get("secrets", ())),
    )


def check_head(line: Mapping[str, Any], name: str) -> None:
    """Raise `InvalidInput` for a file that is not an export, or one of a newer version."""
    version = line.get("version")
    if line.get("format") != FORMAT or type(version) is not int or version < 1:
        raise InvalidInput(
            f"{name} is not an export of a local store",
            remedy="write one with `headwater local export`",
        )
    if version > VERSION:
        raise InvalidInput(
            f"{name} was written by a newer version (format {version}, known {VERSION})",
            remedy="upgrade headwater-local-flow-service",
        )
    _check_schema(line.get("schema"), name)


def _check_schema(schema: Any, name: str) -> None:
    if type(schema) is not int or schema < 1:
        raise InvalidInput(
            f"the first line of {name} does not say the schema of its store",
            remedy="import a file that `headwater local export` wrote",
        )
    if schema > tables.VERSION:
        raise InvalidInput(
            f"{name} was written by a newer version (schema {schema}, known {tables.VERSION})",
            remedy="upgrade headwater-local-flow-service",
        )


def dump_line(line: Mapping[str, Any]) -> bytes:
    """Return a line as it stands in the file."""
    return json.dumps(line, separators=(",", ":")).encode() + b"\n"


def _params(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the credentials of a connection's document; other documents have none."""
    auth = document.get("auth")
    if not isinstance(auth, dict):
        return {}
    params = auth.get("params")
    return params if isinstance(params, dict) else {}


def _check_keys(line: Mapping[str, Any], where: str) -> None:
    remedy = "import a file that `headwater local export` wrote"
    unknown = line.keys() - _NAMES - _OPTIONAL
    if unknown:
        raise InvalidInput(f"{where}: {min(unknown)} is not known", remedy=remedy)
    missing = _NAMES - line.keys()
    if missing:
        raise InvalidInput(f"{where}: {min(missing)} is missing", remedy=remedy)


def _check_values(line: Mapping[str, Any], where: str) -> None:
    for key, is_valid in _RULES.items():
        if key in line and not is_valid(line[key]):
            raise InvalidInput(f"{where}: {key} is not valid", remedy=f"correct {key}")


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def _is_string(value: Any) -> bool:
    return isinstance(value, str) and is_storable(value)


def _is_name(value: Any) -> bool:
    return _is_string(value) and len(value) <= tables.INDEXED_NAME


def _is_type(value: Any) -> bool:
    return isinstance(value, str) and value in COLLECTIONS


def _is_organization(value: Any) -> bool:
    return isinstance(value, str) and ORGANIZATION.fullmatch(value) is not None


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)


def _are_strings(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_string, value))


def _is_number(value: Any) -> bool:
    return type(value) is int and 0 <= value <= _LARGEST_NUMBER


# What the value of each key must be.
_RULES: Final[Mapping[str, Callable[[Any], bool]]] = {
    **dict.fromkeys((*_TEXTS, "sandbox"), _is_string),
    **dict.fromkeys(_NUMBERS, _is_number),
    "id": _is_id,
    "name": _is_name,
    "type": _is_type,
    "org": _is_organization,
    "document": _is_object,
    "refers_to": _are_strings,
    "secrets": _are_strings,
}
