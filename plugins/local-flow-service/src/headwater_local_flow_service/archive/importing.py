"""``headwater local import``: an export into a store, whole or not at all."""

from __future__ import annotations

import contextlib
import itertools
import json
from collections import Counter
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
    imported = Imported()
    with store.writing(alone=True) as rows:
        entries = _entries(lines, name)
        while batch := list(itertools.islice(entries, _AT_ONCE)):
            _store(rows, batch, imported)
    return imported


def _entries(lines: Iterable[bytes], name: str) -> Iterator[Entry]:
    numbered = enumerate(lines, 1)
    _number, head = next(numbered, (1, b""))
    archive.check_head(_parse(head, f"line 1 of {name}"), name)
    for number, text in numbered:
        where = f"line {number} of {name}"
        line = _parse(text, where)
        if line.get("end") is True:
            _check_end(line, number - 2, next(numbered, None), name)
            return
        yield archive.read_entry(line, where)
    raise InvalidInput(
        f"{name} is cut short: its last line is missing",
        remedy="export again, or find the whole file",
    )


def _parse(text: bytes, where: str) -> dict[str, Any]:
    line: Any = None
    # What the parser's error says would quote the line.
    with contextlib.suppress(ValueError, RecursionError):
        line = json.loads(text)
    if not isinstance(line, dict):
        raise InvalidInput(
            f"{where} is not a JSON object",
            remedy="import a file that `headwater local export` wrote",
        )
    return line


def _check_end(line: dict[str, Any], count: int, more: Any, name: str) -> None:
    if line.get("objects") != count or more is not None:
        raise InvalidInput(
            f"{name} does not contain what its last line says", remedy="export again"
        )


def _store(rows: Rows, batch: list[Entry], imported: Imported) -> None:
    for table, group in itertools.groupby(batch, key=lambda entry: entry.table):
        entries = list(group)
        _check_new(rows, entries)
        rows.add_all(table, [(_record_of(entry), entry.refers_to) for entry in entries])
        type = table.name.removeprefix("headwater_")
        imported.objects[type] = imported.objects.get(type, 0) + len(entries)
        incomplete = [entry.record.id for entry in entries if entry.secrets]
        imported.without_credentials += incomplete


def _record_of(entry: Entry) -> Record:
    """Return the row of an entry, which remembers what it lacks: the next export says so again."""
    if not entry.secrets:
        return entry.record
    return attrs.evolve(
        entry.record, document=entry.record.document | {LEFT_OUT: list(entry.secrets)}
    )


def _check_new(rows: Rows, entries: list[Entry]) -> None:
    ids = [entry.record.id for entry in entries]
    repeated = [id for id, times in Counter(ids).items() if times > 1]
    taken = rows.select_known(entries[0].table, ids) or sorted(repeated)
    if taken:
        raise InvalidInput(
            f"an object of the export is in the store already, or in the export twice (id {taken[0]})",
            remedy="import into a new store, or empty this one with `headwater local reset`; nothing was imported",
        )
