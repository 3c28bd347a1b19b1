"""``headwater local import``: an export into a store, whole or not at all."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any, Final

import attrs

from headwater.errors import InvalidInput
from headwater_local_flow_service.archive import archive
from headwater_local_flow_service.kernel.bodies import LEFT_OUT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from headwater_local_flow_service.archive.archive import Entry
    from headwater_local_flow_service.store.store import Record, Rows, Store

_AT_ONCE: Final = 200  # rows of one statement


@attrs.define
class Imported:
    """What came in: objects of each collection, and the connections whose credentials must be given again."""

    objects: dict[str, int] = attrs.Factory(dict)
    without_credentials: list[str] = attrs.Factory(list)


def run(store: Store, lines: Iterable[bytes], name: str) -> Imported:
    """Store every object of an export in one transaction. `name` is what messages call the file.

    Raises `InvalidInput` for a file that is not whole, and where the store already holds one of its objects: nothing is
    stored then.
    """
    found = Imported()
    with store.writing() as rows:
        entries = _entries(lines, name)
        while batch := list(itertools.islice(entries, _AT_ONCE)):
            _store(rows, batch, found)
    return found


def _entries(lines: Iterable[bytes], name: str) -> Iterator[Entry]:
    numbered = enumerate(lines, 1)
    archive.check_head(_parsed(next(numbered, (1, b""))[1], f"line 1 of {name}"), name)
    for number, text in numbered:
        where = f"line {number} of {name}"
        line = _parsed(text, where)
        if line.get("end") is True:
            _check_end(line, number - 2, next(numbered, None), name)
            return
        yield archive.read_entry(line, where)
    raise InvalidInput(
        f"{name} is cut short: its last line is missing",
        remedy="export again, or find the whole file",
    )


def _parsed(text: bytes, where: str) -> dict[str, Any]:
    line: Any = None
    try:
        line = json.loads(text)
    except (ValueError, RecursionError):  # its text would quote the line
        line = None
    if not isinstance(line, dict):
        raise InvalidInput(
            f"{where} is not a JSON object",
            remedy="import a file that `headwater local export` wrote",
        )
    return line


def _check_end(line: dict[str, Any], count: int, more: Any, name: str) -> None:
    if line.get("objects") != count or more is not None:
        raise InvalidInput(
            f"{name} does not hold what its last line says", remedy="export again"
        )


def _store(rows: Rows, batch: list[Entry], found: Imported) -> None:
    for table, group in itertools.groupby(batch, key=lambda entry: entry.table):
        entries = list(group)
        _check_new(rows, entries)
        rows.add_all(
            table, [(_remembering(entry), entry.refers_to) for entry in entries]
        )
        type = table.name.removeprefix("headwater_")
        found.objects[type] = found.objects.get(type, 0) + len(entries)
        found.without_credentials += [
            entry.record.id for entry in entries if entry.secrets
        ]


def _remembering(entry: Entry) -> Record:
    """Return the row of an entry, which remembers what it lacks: the next export says so again."""
    if not entry.secrets:
        return entry.record
    return attrs.evolve(
        entry.record, document=entry.record.document | {LEFT_OUT: list(entry.secrets)}
    )


def _check_new(rows: Rows, entries: list[Entry]) -> None:
    ids = [entry.record.id for entry in entries]
    there = rows.known(entries[0].table, ids)
    if not there and len(set(ids)) != len(ids):
        there = sorted(id for id in set(ids) if ids.count(id) > 1)
    if there:
        raise InvalidInput(
            f"an object of the export is in the store already, or in the export twice (id {there[0]})",
            remedy="import into a new store, or empty this one with `headwater local reset`; nothing was imported",
        )
