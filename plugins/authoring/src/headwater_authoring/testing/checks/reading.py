"""A reader opens without sending anything, says in a `SourceError` that it cannot reach the source, answers in JSON."""

from __future__ import annotations

import contextlib
import json
import socket
from typing import TYPE_CHECKING, Any, NoReturn
from unittest import mock

from headwater.create import runner
from headwater.errors import HeadwaterError, NotReadable, PluginError, SourceError
from headwater.foreign import raise_bare
from headwater.sources.reach import Reach
from headwater_authoring.testing.canaries import Lookout
from headwater_authoring.testing.examples import examples
from headwater_authoring.testing.failures import ConformanceFailure, demand, hidden
from headwater_authoring.testing.watching import Watch

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from headwater.sources.guarded import GuardedReader
    from headwater_authoring.testing.examples import Example
    from headwater_authoring.testing.subject import Subject

__tracebackhide__ = hidden

_NOWHERE = Reach(frozenset())
_METHODS = ("check", "tables")
_ASKED = 5  # tables of a source that are looked into, and rows of each


def check_reader(subject: Subject) -> None:
    """Each reader is opened and asked with the network cut off; a connector without a reader says so.

    Nothing leaves the process: connections are refused, and the reader may reach no host.
    """
    if not subject.connector.readable:
        _check_not_readable(subject)
        return
    for example in examples(subject):
        with Watch() as watch, _cut_off() as attempts:
            _check_opening(subject, example, watch, attempts)
            for name in _METHODS:
                _check_asking(subject, example, watch, name)
        places = watch.leaks(Lookout(example.canaries))
        demand(
            not places,
            f"a secret of {example.auth.label} shows in {', '.join(places)} while the source is asked",
            "make messages of names and rules, and keep credentials out of what is logged",
        )


def check_answers(subject: Subject, source: Mapping[str, Any] | None) -> None:
    """What the reader answers is text and JSON, and its rows hold values of its columns and nothing else.

    `source` are credentials that reach a source, or a fake of one, with tables and rows in it; without them nothing is
    asked.
    """
    if source is None or not subject.connector.readable:
        return
    try:
        with runner.open_source(subject.connector, credentials=source) as reader:
            reader.check()
            tables = [table for table in reader.tables() if table.can_preview]
            rows = sum(_check_rows(reader, table.name) for table in tables[:_ASKED])
    except PluginError as error:
        told = error.message
        raise_bare(
            ConformanceFailure(told, "answer in text, and in JSON under columns")
        )
    except SourceError as error:
        told = f"the source of the test class does not answer: {error.message}"
        raise_bare(ConformanceFailure(told, "let the fixture source reach one"))
    demand(
        rows,
        "the source of the test class has no table with a row in it, so nothing is checked",
        "put some into it, with a value of every type the source knows",
    )


def _check_rows(reader: GuardedReader, table: str) -> int:
    """Judge the rows by a second opinion, that of the JSON that is written of them; return how many there are."""
    preview = reader.preview(table, _ASKED)
    names = {column.name for column in preview.columns.columns}
    for row in preview.rows:
        json.dumps(row, allow_nan=False, ensure_ascii=False).encode()
        demand(
            names >= set(row),
            f"a row of table {table} has a value that is under none of its columns",
            "give each row the names of the columns, and no others",
        )
    return len(preview.rows)


def _check_not_readable(subject: Subject) -> None:
    remedy = ""
    try:
        subject.connector.check_readable()
    except NotReadable as error:
        remedy = error.remedy
    demand(
        remedy,
        "a connector without a reader does not say so",
        "report it to Headwater",
    )


def _check_opening(
    subject: Subject, example: Example, watch: Watch, attempts: list[str]
) -> None:
    failure = ""
    try:
        with _open_reader(subject, example) as reader:
            watch.show("the reader", reader)
    except HeadwaterError as error:
        failure = error.message
    demand(
        not attempts,
        f"opening a reader with {example.auth.label} reaches out: {', '.join(sorted(set(attempts)))}",
        "connect when the reader is first asked for something, not in open_source",
    )
    demand(
        not failure,
        f"no reader opens with {example.auth.label}: {failure}",
        "give credentials of the right form in examples of the test class, or correct open_source",
    )


def _check_asking(subject: Subject, example: Example, watch: Watch, name: str) -> None:
    with _open_reader(subject, example) as reader:
        failure: HeadwaterError | None = None
        try:
            getattr(reader, name)()
        except HeadwaterError as error:
            failure = error
        watch.attempt(f"{name} of the reader", getattr(reader, name))
    demand(
        isinstance(failure, SourceError),
        f"{name} of the reader for {example.auth.label} does not raise a SourceError when the source cannot be reached",
        "build on headwater.sources.SourceHttp, or turn the errors of your library into those of headwater.errors",
    )


def _open_reader(subject: Subject, example: Example) -> Any:
    return runner.open_source(
        subject.connector, credentials=example.values, auth=example.auth, reach=_NOWHERE
    )


@contextlib.contextmanager
def _cut_off() -> Iterator[list[str]]:
    """Refuse every connection and look-up of this process, and note which were tried."""
    attempts: list[str] = []

    def refuse(name: str) -> Any:
        def refuse_call(*_args: Any, **_options: Any) -> NoReturn:
            attempts.append(name)
            raise ConnectionRefusedError(
                "the network is cut off for a conformance test"
            )

        return refuse_call

    with contextlib.ExitStack() as patches:
        for holder, name in (
            (socket.socket, "connect"),
            (socket.socket, "connect_ex"),
            (socket, "getaddrinfo"),
        ):
            patches.enter_context(mock.patch.object(holder, name, refuse(name)))
        yield attempts
