"""``headwater local import``: an export into a store, whole or not at all."""

from __future__ import annotations

import contextlib
import functools
import itertools
from typing import TYPE_CHECKING, Any, Final

import attrs

from headwater.errors import InvalidInput
from headwater_local_flow_service.archive import archive
from headwater_local_flow_service.archive.admission import Admission
from headwater_local_flow_service.gateway.incoming import load_strict
from headwater_local_flow_service.kernel.service_context import ServiceContext
from headwater_local_flow_service.specs.catalog import installed_catalog

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy import Table

    from headwater_local_flow_service.archive.archive import Entry
    from headwater_local_flow_service.settings import Settings
    from headwater_local_flow_service.store.store import Rows, Store

_AT_ONCE: Final = 200  # rows of one statement
# A character of two bytes takes six in JSON of ASCII only, and a patch is remembered beside what came of it.
_LINE_PER_BODY: Final = 6
_FACTS: Final = 65_536  # bytes of a line beside the document


@attrs.define
class Imported:
    """What came in: objects of each collection, and the connections whose credentials must be given again."""

    objects: dict[str, int] = attrs.Factory(dict)
    without_credentials: list[str] = attrs.Factory(list)


def context_of(store: Store, settings: Settings) -> ServiceContext:
    """Return what an import into a store is checked by: its settings, and the connectors that are installed."""
    catalog = functools.cache(installed_catalog)
    return ServiceContext(store=store, settings=settings, catalog=catalog)


def longest_line(settings: Settings) -> int:
    """Return how many bytes a line of an export can have, given how large a body may be."""
    return settings.largest_body * _LINE_PER_BODY + _FACTS


def run(context: ServiceContext, lines: Iterable[bytes], name: str) -> Imported:
    """Store every object of an export in one transaction. `name` is what messages call the file.

    Each is held against the rules of its collection as it comes, and against what it refers to when all are in. Raises
    `InvalidInput` for a file that is not whole, for an object that the service would not have stored, and where the
    store already holds one of its objects: nothing is stored then.
    """
    imported = Imported()
    with context.store.writing(alone=True) as rows:
        coming = _Coming(rows, Admission(context), imported)
        entries = _entries(lines, name)
        while batch := list(itertools.islice(entries, _AT_ONCE)):
            coming.store(batch)
        coming.check_references()
    return imported


def _entries(lines: Iterable[bytes], name: str) -> Iterator[tuple[Entry, str]]:
    """Yield each entry, and its place for messages."""
    numbered = enumerate(lines, 1)
    _number, head = next(numbered, (1, b""))
    archive.check_head(_parse(head, f"line 1 of {name}"), name)
    for number, text in numbered:
        where = f"line {number} of {name}"
        line = _parse(text, where)
        if line.get("end") is True:
            _check_end(line, number - 2, next(numbered, None), name)
            return
        yield archive.read_entry(line, where), where
    raise InvalidInput(
        f"{name} is cut short: its last line is missing",
        remedy="export again, or find the whole file",
    )


def _parse(text: bytes, where: str) -> dict[str, Any]:
    line: Any = None
    # What the parser's error says would quote the line.
    with contextlib.suppress(ValueError, RecursionError):
        line = load_strict(text.decode())
    if not isinstance(line, dict):
        raise InvalidInput(
            f"{where} is not a JSON object",
            remedy="import a file that `headwater local export` wrote",
        )
    return line


def _check_end(line: dict[str, Any], count: int, more: Any, name: str) -> None:
    said = line.get("objects")
    # To Python, True and 1.0 are 1 too.
    if type(said) is not int or said != count or more is not None:
        raise InvalidInput(
            f"{name} does not contain what its last line says", remedy="export again"
        )


@attrs.define
class _Coming:
    """The objects of one import, in the transaction that stores them."""

    _rows: Rows
    _admission: Admission
    _imported: Imported
    # id and place of those that may refer to others, by collection
    _referring: dict[Table, list[tuple[str, str]]] = attrs.Factory(dict)

    def store(self, batch: Sequence[tuple[Entry, str]]) -> None:
        """Check objects by themselves, and store them."""
        for table, group in itertools.groupby(batch, key=_table_of):
            entries = list(group)
            _check_new(self._rows, table, entries)
            self._rows.add_all(
                table,
                [
                    (self._admission.admit(self._rows, entry, where), entry.refers_to)
                    for entry, where in entries
                ],
            )
            self._note(table, entries)

    def check_references(self) -> None:
        """Check what was stored against what it refers to; few objects are in memory at once."""
        for table in self._admission.collections:
            places = self._referring.get(table, [])
            for start in range(0, len(places), _AT_ONCE):
                where = dict(places[start : start + _AT_ONCE])
                for record in self._rows.find_all(table, [*where]):
                    self._admission.check_references(
                        self._rows, table, record, where[record.id]
                    )

    def _note(self, table: Table, entries: Sequence[tuple[Entry, str]]) -> None:
        type = table.name.removeprefix("headwater_")
        objects = self._imported.objects
        objects[type] = objects.get(type, 0) + len(entries)
        for entry, where in entries:
            if entry.secrets:
                self._imported.without_credentials.append(entry.record.id)
            if self._admission.refers(entry):
                self._referring.setdefault(table, []).append((entry.record.id, where))


def _table_of(placed: tuple[Entry, str]) -> Table:
    return placed[0].table


def _check_new(rows: Rows, table: Table, entries: Sequence[tuple[Entry, str]]) -> None:
    """Refuse ids that are stored already, by others or by this import."""
    taken = set(rows.select_known(table, [entry.record.id for entry, _ in entries]))
    for entry, where in entries:
        if entry.record.id in taken:
            raise InvalidInput(
                f"{where}: an object of this id is in the store already, or in the export twice",
                remedy="import into a new store, or empty this one with `headwater local reset`; nothing was imported",
            )
        taken.add(entry.record.id)
