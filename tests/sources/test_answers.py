"""What a reader may answer: facts that are text, rows that are JSON under their columns, nothing that fails later."""

from __future__ import annotations

import datetime
import decimal
import enum
import json
import math
import uuid
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sources.readers import COLUMNS, MemoryReader, connector, credentials

from headwater import Secret
from headwater.errors import BrokenPlugin
from headwater.sources import Check, Column, Columns, LeftOut, Limit, Preview, Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headwater.sources.guarded import GuardedReader

CANARY = "sw0rdfish-0123456789"
OPENED = "connector acme of acme-headwater 2.0: preview: "


class _Lazy(dict[str, Any]):
    """A row whose cells are read when they are asked for, and then cannot be."""

    def items(self) -> Any:
        yield "id", 1
        raise RuntimeError(f"the cursor of {CANARY} has gone")


class _Bytes(bytes):
    """What a driver may call a blob."""


class _Number(enum.IntEnum):
    ONE = 1


def _deep(levels: int) -> Any:
    value: Any = 1
    for _level in range(levels):
        value = [value]
    return value


def _circle() -> list[Any]:
    circle: list[Any] = []
    circle.append(circle)
    return circle


WRONG_VALUES = {
    "Decimal": decimal.Decimal("1.5"),
    "datetime": datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC),
    "date": datetime.date(2026, 1, 2),
    "timedelta": datetime.timedelta(1),
    "bytes": b"\xff",
    "a subclass of bytes": _Bytes(b"a"),
    "bytearray": bytearray(b"a"),
    "memoryview": memoryview(b"a"),
    "UUID": uuid.uuid4(),
    "a set": {1},
    "a complex number": 1j,
    "an object": object(),
    "a generator": (each for each in "ab"),
    "Secret": Secret(CANARY),
    "NaN": math.nan,
    "infinity": -math.inf,
    "half a pair": "a\ud800b",
    "a number too large": 10**5000,
    "a key that is no string": {1: 2},
    "half a pair in a key": {"\udfff": 1},
    "too deep": _deep(500),
    "a circle": _circle(),
    "a class": dict,
}


def _opened(preview: Any) -> GuardedReader:
    reader = MemoryReader()
    reader.preview = lambda *_given: preview  # type: ignore[method-assign]
    return connector(reader).open_source(credentials(password=Secret(CANARY)))


@pytest.mark.parametrize("wrap", [lambda value: value, lambda value: {"a": [0, value]}])
@pytest.mark.parametrize("value", WRONG_VALUES.values(), ids=WRONG_VALUES)
def test_a_value_that_is_not_json_names_the_connector_and_the_column(
    value: Any, wrap: Any
) -> None:
    rows = [{"id": 1, "subject": "fine"}, {"id": 2, "subject": wrap(value)}]
    with (
        _opened(Preview(COLUMNS, rows)) as reader,
        pytest.raises(BrokenPlugin) as raised,
    ):
        reader.preview("tickets", 10)
    told = f"{raised.value} {raised.value.data()} {raised.value.frames}"
    assert raised.value.message.startswith(f"{OPENED}column subject of row 2 holds ")
    assert raised.value.distribution == "acme-headwater 2.0"
    assert CANARY not in told
    assert "report it to the authors" in raised.value.remedy


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([{"id": 1}, {"subjcet": "x"}], "row 2 has a value under 'subjcet'"),
        ([{3: "x"}], "row 1 has a key of type int"),
        ([{None: "x"}], "row 1 has a key of type NoneType"),
        ([["id", 1]], "row 1 is a list, not a dict"),
        ([None], "row 1 is a NoneType"),
        ([("id",)], "row 1 is a tuple"),
        ("ab", "row 1 is a str"),
        ([Secret("x")], "row 1 is a Secret"),
    ],
)
def test_a_row_of_another_shape_is_named(rows: Any, told: str) -> None:
    with (
        _opened(Preview(COLUMNS, rows)) as reader,
        pytest.raises(BrokenPlugin) as raised,
    ):
        reader.preview("tickets", 10)
    assert raised.value.message.startswith(f"{OPENED}{told}")


def test_rows_that_fail_when_they_are_read_fail_as_the_plugin() -> None:
    with (
        _opened(Preview(COLUMNS, [_Lazy()])) as reader,
        pytest.raises(BrokenPlugin, match="preview of acme-headwater") as raised,
    ):
        reader.preview("tickets", 10)
    assert CANARY not in f"{raised.value} {raised.value.frames}"


def test_a_generator_that_fails_late_fails_as_the_plugin() -> None:
    def rows() -> Iterator[dict[str, Any]]:
        yield {"id": 1}
        raise OSError(CANARY)

    reader = MemoryReader()
    reader.preview = lambda *_given: Preview(COLUMNS, rows())  # type: ignore[method-assign]
    opened = connector(reader).open_source(credentials(password=Secret(CANARY)))
    with opened, pytest.raises(BrokenPlugin) as raised:
        opened.preview("tickets", 10)
    assert CANARY not in f"{raised.value} {raised.value.frames}"


def test_only_the_rows_asked_for_are_looked_at() -> None:
    with _opened(Preview(COLUMNS, [{"id": 1}, {"id": b""}])) as reader:
        assert reader.preview("tickets", 1).rows == ({"id": 1},)


def test_values_of_json_by_other_classes_become_plain() -> None:
    row = {"id": _Number.ONE, "subject": ({"a": True}, [None, 1.5])}
    with _opened(Preview(COLUMNS, [row])) as reader:
        [plain] = reader.preview("tickets", 10).rows
    assert plain == {"id": 1, "subject": [{"a": True}, [None, 1.5]]}
    assert type(plain["id"]) is int


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**80), 2**80)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner)
    ),
    max_leaves=8,
)


@given(value=_JSON)
def test_every_json_value_passes_unchanged(value: Any) -> None:
    with _opened(Preview(COLUMNS, [{"subject": value}])) as reader:
        [row] = reader.preview("tickets", 10).rows
    assert row == {"subject": value}
    json.dumps(row, allow_nan=False).encode()


@given(value=st.from_type(object) | _JSON)
def test_whatever_passes_can_be_written(value: Any) -> None:
    try:
        with _opened(Preview(COLUMNS, [{"subject": value}])) as reader:
            rows = reader.preview("tickets", 10).rows
    except BrokenPlugin:
        return
    json.dumps(rows, allow_nan=False, ensure_ascii=False).encode()


@pytest.mark.parametrize(
    ("method", "answer", "told"),
    [
        ("check", Check(user=5), "its user is an int"),  # type: ignore[arg-type]
        ("check", Check(notes=[Secret("x")]), "one of its notes is a Secret"),
        ("check", Check(limits=["x"]), "one of its limits is a str"),
        ("check", Check(limits=[Limit(name="n", left=math.nan, most=1)]), "the limit n"),  # type: ignore[arg-type]
        ("check", Check(version="\ud800"), "its version holds half"),
        ("tables", [Table(name=5)], "the name of a table is an int"),  # type: ignore[arg-type]
        ("tables", [Table(name="t", note=b"")], "the note of table t"),  # type: ignore[arg-type]
        ("tables", [Table(name="t", can_preview=None)], "can_preview of table t"),  # type: ignore[arg-type]
        ("columns", Columns(["id"]), "a column is a str"),
        ("columns", Columns([Column(name=None, type="string")]), "the name of a column"),  # type: ignore[arg-type]
        ("columns", Columns([Column(name="c", type=str)]), "the type of column c"),  # type: ignore[arg-type]
        ("columns", Columns([], [LeftOut("x", None)]), "the reason why x"),  # type: ignore[arg-type]
        ("columns", Columns([Column(name="c", type="object", properties=[5])]), "a column is an int"),
        ("preview", Preview([], []), "the description of its columns is a list"),  # type: ignore[arg-type]
    ],
)  # fmt: skip
def test_other_answers_are_looked_into_as_well(
    method: str, answer: Any, told: str
) -> None:
    reader = MemoryReader()
    setattr(reader, method, lambda *_given: answer)
    with connector(reader).open_source(credentials()) as opened:
        arguments = {"columns": ("t",), "preview": ("t", 1)}.get(method, ())
        with pytest.raises(BrokenPlugin) as raised:
            getattr(opened, method)(*arguments)
    assert f"{method}: {told}" in raised.value.message


def test_what_has_been_checked_is_the_answer_itself() -> None:
    with connector(MemoryReader()).open_source(credentials()) as opened:
        assert opened.columns("t") is COLUMNS
        assert attrs.asdict(opened.check())["user"] == "integration"
