"""A plugin's reader behind the seam: typed answers, cleaned failures."""

from __future__ import annotations

import base64
import types
from typing import Any

import pytest
from sources.readers import MemoryReader, connector, credentials

from headwater import Secret
from headwater.errors import (
    BrokenPlugin,
    CredentialsRefused,
    InvalidInput,
    SourceUnavailable,
)
from headwater.sources import Check, Column, Columns, LeftOut, Preview, Table

CANARY = "sw0rdfish-0123456789"


def test_a_reader_is_opened_used_and_closed() -> None:
    reader = MemoryReader()
    with connector(reader).open_source(credentials()) as opened:
        assert opened.check().user == "integration"
        assert [table.name for table in opened.tables()] == ["people", "tickets"]
        assert [column.name for column in opened.columns("tickets").columns] == [
            "id",
            "subject",
        ]
        assert opened.preview("tickets", 2).rows == (
            {"id": 0, "subject": "s0"},
            {"id": 1, "subject": "s1"},
        )
    assert reader.closed


@pytest.mark.parametrize("method", ["check", "tables", "columns", "preview"])
def test_a_foreign_exception_leaves_as_a_broken_plugin_without_secrets(
    method: str,
) -> None:
    reader = connector(MemoryReader(RuntimeError(f"login with {CANARY} failed")))
    with reader.open_source(credentials(password=Secret(CANARY))) as opened:
        arguments = {"columns": ("t",), "preview": ("t", 1)}.get(method, ())
        with pytest.raises(BrokenPlugin, match=f"connector acme: {method}") as raised:
            getattr(opened, method)(*arguments)
    assert (
        CANARY
        not in f"{raised.value!r} {raised.value.data()} {raised.value.frames} {raised.value.__context__!r}"
    )


def test_an_exception_of_a_generator_is_cleaned_too() -> None:
    def tables(_self: Any) -> Any:
        yield from ()
        raise RuntimeError(CANARY)

    reader = MemoryReader()
    reader.tables = types.MethodType(tables, reader)  # type: ignore[method-assign]
    opened = connector(reader).open_source(credentials(password=Secret(CANARY)))
    with opened, pytest.raises(BrokenPlugin) as raised:
        opened.tables()
    assert CANARY not in str(raised.value)


def test_a_source_error_passes_as_it_is() -> None:
    opened = connector(MemoryReader(CredentialsRefused("no", remedy="r"))).open_source(
        credentials()
    )
    with opened, pytest.raises(CredentialsRefused, match="no; r"):
        opened.check()


def test_a_source_error_that_carries_a_secret_becomes_a_broken_plugin() -> None:
    reader = connector(MemoryReader(SourceUnavailable(f"no answer to {CANARY}")))
    with (
        reader.open_source(credentials(password=Secret(CANARY))) as opened,
        pytest.raises(BrokenPlugin) as raised,
    ):
        opened.check()
    assert CANARY not in str(raised.value)


@pytest.mark.parametrize("reader", [None, 5, object(), "reader"])
def test_what_is_no_reader_is_refused(reader: Any) -> None:
    with pytest.raises(BrokenPlugin, match="open_source"):
        connector(reader).open_source(credentials())


@pytest.mark.parametrize(
    ("method", "answer"),
    [("check", {}), ("tables", ["t"]), ("columns", []), ("preview", Columns([]))],
)
def test_an_answer_of_another_type_is_refused(method: str, answer: Any) -> None:
    reader = MemoryReader()
    setattr(reader, method, lambda *_given: answer)
    with connector(reader).open_source(credentials()) as opened:
        arguments = {"columns": ("t",), "preview": ("t", 1)}.get(method, ())
        with pytest.raises(BrokenPlugin, match=f"acme-headwater 2.0: {method}"):
            getattr(opened, method)(*arguments)


def test_a_preview_is_cut_to_what_was_asked_for() -> None:
    reader = MemoryReader()
    reader.preview = lambda table, n: Preview(Columns([]), [{}] * 50)  # type: ignore[method-assign]
    with connector(reader).open_source(credentials()) as opened:
        assert len(opened.preview("t", 7).rows) == 7


@pytest.mark.parametrize("n", [0, -1, 1001, True])
def test_a_preview_has_a_sensible_size(n: int) -> None:
    with (
        connector(MemoryReader()).open_source(credentials()) as opened,
        pytest.raises(InvalidInput, match="1 to 1000"),
    ):
        opened.preview("t", n)


@pytest.mark.parametrize("name", ["", "  ", "a\0b"])
def test_a_table_has_a_name(name: str) -> None:
    with (
        connector(MemoryReader()).open_source(credentials()) as opened,
        pytest.raises(InvalidInput, match="name"),
    ):
        opened.columns(name)


def test_what_a_reader_hands_out_is_cleaned_of_the_secrets() -> None:
    encoded = base64.b64encode(f"integration:{CANARY}".encode()).decode()

    class Telling(MemoryReader):
        def check(self) -> Check:
            note = f"logged in with {CANARY}"
            return Check(user="integration", organization=CANARY, notes=[note])

        def tables(self) -> list[Table]:
            return [Table(name="people", label=CANARY, note=f"see {CANARY}")]

        def columns(self, table: str) -> Columns:
            left_out = [LeftOut("b", CANARY)]
            notes = [f"{CANARY} may not see all"]
            return Columns([Column(name="a", type="string")], left_out, notes=notes)

        def preview(self, table: str, n: int) -> Preview:
            row = {"a": {"deep": [f"{CANARY}!", encoded, 7, None]}}
            return Preview(Columns([Column(name="a", type="object")]), [row])

    reader = connector(Telling()).open_source(credentials(password=Secret(CANARY)))
    with reader as opened:
        check = opened.check()
        assert (check.user, check.organization) == ("integration", "******")
        assert check.notes == ("logged in with ******",)
        assert opened.tables() == (
            Table(name="people", label="******", note="see ******"),
        )
        columns = opened.columns("people")
        assert columns.left_out == (LeftOut("b", "******"),)
        assert columns.notes == ("****** may not see all",)
        (row,) = opened.preview("people", 1).rows
    told = row["a"]["deep"]
    assert (told[0], told[2:]) == ("******!", [7, None])
    assert "******" in told[1]
    assert encoded[-20:-4] not in told[1]


def test_a_user_who_is_called_like_the_password_is_told_as_it_is() -> None:
    reader = MemoryReader()
    given = credentials(username="integration", password=Secret("integration"))
    with connector(reader).open_source(given) as opened:
        assert opened.check().user == "integration"
