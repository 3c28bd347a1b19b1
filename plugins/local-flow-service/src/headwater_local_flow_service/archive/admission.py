"""What of an export may come into a store: line by line, what the service would have stored itself."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import attrs

from headwater.errors import InvalidInput
from headwater.foreign import raise_bare
from headwater_local_flow_service.archive import rules
from headwater_local_flow_service.errors import FlowError
from headwater_local_flow_service.gateway.incoming import check_shape
from headwater_local_flow_service.kernel import transitions
from headwater_local_flow_service.kernel.bodies import LEFT_OUT, TURNING
from headwater_local_flow_service.settings import SANDBOX
from headwater_local_flow_service.store import etags

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Table

    from headwater_local_flow_service.archive.archive import Entry
    from headwater_local_flow_service.archive.rules import Rules
    from headwater_local_flow_service.kernel.service_context import ServiceContext
    from headwater_local_flow_service.settings import Settings
    from headwater_local_flow_service.store.store import Record, Rows

# What the service adds to a body as it came: levels around a patch that it remembers, and fields.
_OWN_LEVELS: Final = 4
_OWN_SIZE: Final = 2  # times; a patch is remembered beside what came of it
_CODE: Final = "CONNECTOR-1312-400"


class Admission:
    """Holds each object of an export against the rules of its collection. Raises `InvalidInput` naming the line."""

    def __init__(self, context: ServiceContext) -> None:
        self._rules = {each.table: each(context) for each in rules.ALL}
        self._bounds = _bounds_of(context.settings)

    @property
    def collections(self) -> list[Table]:
        """The collections, each after those that it builds on."""
        return list(self._rules)

    def admit(self, rows: Rows, entry: Entry, where: str) -> Record:
        """Return the row of an entry as it is to be stored, checked apart from what it refers to."""
        own = self._rules[entry.table]
        with _refusals(where):
            _check_row(own, entry, self._bounds)
            record = own.admit(rows, entry.record, entry.secrets)
            _require(
                record.name == own.name_of(record), "name is not that of the document"
            )
            _require(
                set(own.list_links(record)) == set(entry.refers_to),
                "refers_to is not what the document names",
            )
        return record

    def refers(self, entry: Entry) -> bool:
        """Say whether an object can refer to others at all."""
        own = type(self._rules[entry.table])
        return own.check_references is not rules.Rules.check_references

    def check_references(
        self, rows: Rows, table: Table, record: Record, where: str
    ) -> None:
        """Check a stored row against those that it names."""
        with _refusals(where):
            self._rules[table].check_references(rows, record)


@contextmanager
def _refusals(where: str) -> Iterator[None]:
    try:
        yield
    except FlowError as error:
        raise_bare(
            InvalidInput(
                f"{where}: {error.text}",
                remedy="correct it in the export; nothing was imported",
            )
        )


def _bounds_of(settings: Settings) -> Settings:
    return attrs.evolve(
        settings,
        deepest_body=settings.deepest_body + _OWN_LEVELS,
        largest_body=settings.largest_body * _OWN_SIZE,
    )


def _check_row(own: Rules, entry: Entry, bounds: Settings) -> None:
    record = entry.record
    check_shape(record.document, bounds, code=_CODE)
    own.check_id(record)
    _require(etags.FORM.fullmatch(record.etag) is not None, "etag is not one")
    _check_sandbox(entry)
    _check_state(own, record)
    _require(LEFT_OUT not in record.document, f"{LEFT_OUT} has no place in an export")
    _require(
        isinstance(own, rules.ConnectionRules) or not entry.secrets,
        "secrets is for connections only",
    )


def _check_sandbox(entry: Entry) -> None:
    sandbox = entry.record.scope.sandbox
    if rules.is_of_all_sandboxes(entry.table):
        _require(sandbox == rules.sandbox_of_all(), "sandbox must be empty")
    else:
        _require(SANDBOX.fullmatch(sandbox) is not None, "sandbox is not a name of one")


def _check_state(own: Rules, record: Record) -> None:
    if TURNING not in record.document:
        _require(record.state in own.states, "state is not one of this collection")
        return
    turning = record.document[TURNING]
    is_whole = (
        isinstance(turning, dict)
        and turning.keys() == {"becomes", "reads"}
        and turning["becomes"] in (*own.states, "")
        and type(turning["reads"]) is int
        and turning["reads"] >= 0
    )
    _require(is_whole, f"{TURNING} is not as the service stores it")
    _require(
        record.state in transitions.BUSY_STATES, "state is not one between two states"
    )


def _require(holds: bool, text: str) -> None:
    if not holds:
        raise FlowError(_CODE, text)
