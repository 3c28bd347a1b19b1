"""Descriptions: right for every type and compression, and bounded whatever the file is."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import os
import tarfile
import tracemalloc
import zlib
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from making import PACKERS, Counted, tar

from headwater.errors import InvalidInput
from headwater_files import COMPRESSIONS, FileProperties, UnreadableFile, describe

if TYPE_CHECKING:
    from pathlib import Path

FULL = bool(os.environ.get("HEADWATER_TEST_FULL"))
CSV = b'id,name\n1,"Fj\xc3\xb8rd, the"\n2,\n'
LINES = b'{"id": 1, "tags": ["a"]}\n{"id": 2.5, "in": {"x": true}}\n'


def _describe(data: bytes, file_type: str = "delimited", **given: Any) -> Any:
    properties = FileProperties(file_type=file_type, **given)
    return describe(io.BytesIO(data), properties).as_dict()


def _names(answer: dict[str, Any]) -> list[str]:
    return [column["name"] for column in answer["schema"]["columns"]]


def test_delimited_text_is_flat_with_rows_of_strings() -> None:
    answer = _describe(CSV)

    assert answer == {
        "format": "flat",
        "schema": {
            "columns": [
                {"name": "id", "type": "string", "xdm": {"type": "string"}},
                {"name": "name", "type": "string", "xdm": {"type": "string"}},
            ]
        },
        "data": [{"id": "1", "name": "Fjørd, the"}, {"id": "2", "name": ""}],
    }


@pytest.mark.parametrize("compression", PACKERS)
@pytest.mark.parametrize("file_type", ["delimited", "json"])
def test_every_compression_is_read(compression: str, file_type: str) -> None:
    plain = CSV if file_type == "delimited" else LINES
    packed = PACKERS[compression](plain)

    assert _describe(packed, file_type, compression=compression) == _describe(
        plain, file_type
    )


def test_the_packers_know_every_compression() -> None:
    assert {*PACKERS} == {"", *COMPRESSIONS}


def test_bare_deflate_is_read() -> None:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    packed = packer.compress(CSV) + packer.flush()

    assert _describe(packed, compression="deflate") == _describe(CSV)


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_a_damaged_archive_is_refused_by_its_compression(compression: str) -> None:
    packed = PACKERS[compression](CSV * 1000)
    for damaged in (packed[: len(packed) // 3], b"\xff" * 4096, b""):
        with pytest.raises(UnreadableFile):
            _describe(damaged, compression=compression)


def test_rows_of_other_lengths_keep_their_columns() -> None:
    answer = _describe(b"a,b\n1\n1,2,3\n\n4,5\n")

    assert answer["data"] == [
        {"a": "1", "b": None},
        {"a": "1", "b": "2"},
        {"a": "4", "b": "5"},
    ]


def test_columns_without_a_name_or_with_one_twice_get_one() -> None:
    assert _names(_describe(b"a,,a,a2,\n")) == ["a", "_c1", "a22", "a2", "_c4"]


def test_a_byte_order_mark_is_no_part_of_the_first_name() -> None:
    assert _names(_describe(b"\xef\xbb\xbfid,name\n")) == ["id", "name"]


def test_the_other_encoding_is_read_when_named_and_told_otherwise() -> None:
    data = "id\nFjørd\n".encode("latin-1")

    assert _describe(data, encoding="ISO-8859-1")["data"] == [{"id": "Fjørd"}]
    with pytest.raises(UnreadableFile, match="not written in UTF-8"):
        _describe(data)


@pytest.mark.parametrize(
    "data",
    [b"", b"\n\n", b'id\n"' + b"x" * 200_000, b"x" * (2 << 20)],
    ids=["empty", "blank", "open quote", "one endless field"],
)
def test_text_without_a_header_that_can_be_read_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadableFile):
        _describe(data)


@settings(max_examples=200 if FULL else 10, deadline=None)
@given(st.integers(0, 60), st.sampled_from([b"\n", b"\r\n"]))
def test_a_row_that_is_cut_where_reading_ends_is_left_out(
    offset: int, newline: bytes
) -> None:
    """The bound falls anywhere: into quotes with line breaks, between \\r and \\n, into a character of two bytes."""
    row = b'"a ""quoted""' + newline + "ø".encode() + newline + b'x,y",z'
    whole = newline.join(
        [b"one,two", b'"' + b"p" * offset + b'",first', *[row] * 48_000]
    )

    answer = describe(
        io.BytesIO(whole), FileProperties(file_type="delimited"), rows=100_000
    ).as_dict()

    first, *others = answer["data"]
    text = newline.decode()
    expected = {"one": f'a "quoted"{text}ø{text}x,y', "two": "z"}
    assert first == {"one": "p" * offset, "two": "first"}
    assert others
    assert all(other == expected for other in others)


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.text(max_size=8), st.text(max_size=8)), min_size=1, max_size=5
    ),
    st.sampled_from(",;\t|~"),
)
def test_what_was_written_is_read(
    records: list[tuple[str, str]], delimiter: str
) -> None:
    import csv

    written = io.StringIO(newline="")
    writer = csv.writer(written, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    writer.writerows([("one", "two"), *records])

    data = written.getvalue().encode("utf-8", "surrogatepass")
    try:
        data.decode()
    except UnicodeDecodeError:
        return
    answer = _describe(data, delimiter=delimiter)

    assert [tuple(row.values()) for row in answer["data"]] == records


@pytest.mark.parametrize(
    "data",
    [
        LINES,
        b"[" + LINES.replace(b"\n", b",", 1) + b"]",
        LINES.replace(b"\n", b""),
        LINES.replace(b": ", b":\n  "),
    ],
    ids=["lines", "array", "concatenated", "indented"],
)
def test_json_is_hierarchical_however_its_objects_stand(data: bytes) -> None:
    answer = _describe(data, "json")

    integers = {"tags": {"type": "array", "items": {"type": "string"}}}
    assert answer == {
        "format": "hierarchical",
        "schema": {
            "type": "object",
            "properties": {
                "id": {"type": "number"},
                **integers,
                "in": {"type": "object", "properties": {"x": {"type": "boolean"}}},
            },
        },
        "data": [{"id": 1, "tags": ["a"]}, {"id": 2.5, "in": {"x": True}}],
    }


def test_integers_of_json_carry_the_bounds_of_what_every_reader_holds() -> None:
    schema = _describe(b'{"id": 1}', "json")["schema"]

    assert schema["properties"]["id"] == {
        "type": "integer",
        "minimum": -9007199254740991,
        "maximum": 9007199254740991,
    }


@pytest.mark.parametrize(
    "data",
    [
        b"1 2 3",
        b'["a"]',
        b'{"a": NaN}',
        b'{"a": 1e999}',
        b'{"a": 1} x',
        b'[{"a": 1} {"a": 2}]',
        b"[" * 100_000,
        b'{"a": ' + b"1" * 5000 + b"}",
        b'{"a": "\xff"}',
        b'{"a": ',
    ],
)
def test_what_is_no_json_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadableFile):
        _describe(data, "json")


@pytest.mark.parametrize("array", [False, True])
def test_json_that_is_cut_where_reading_ends_keeps_its_first_objects(
    array: bool,
) -> None:
    row = json.dumps({"id": 12345, "text": "é" * 50, "on": True}).encode()
    data = (b"[" if array else b"") + (b",\n" if array else b"\n").join([row] * 50_000)

    answer = describe(
        io.BytesIO(data), FileProperties(file_type="json"), rows=100_000
    ).as_dict()

    assert len(answer["data"]) > 1000
    assert all(found == json.loads(row) for found in answer["data"])


@pytest.mark.parametrize("name", ["gzip", "bzip2", "deflate", "zipDeflate", "tarGzip"])
def test_a_bomb_expands_no_further_than_a_description_needs(name: str) -> None:
    packed = PACKERS[name](b"id,name\n" + b"1,x\n" * (4 << 20))
    tracemalloc.start()
    try:
        answer = _describe(packed, compression=name)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert len(answer["data"]) == 100
    assert peak < 8 << 20


@pytest.mark.parametrize("file_type", ["delimited", "json"])
def test_a_large_file_is_not_read_whole(tmp_path: Path, file_type: str) -> None:
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.write((CSV if file_type == "delimited" else LINES) * 50_000)
        file.truncate(1 << 30)  # a gigabyte, most of it a hole
    with path.open("rb") as file:
        answer = describe(file, FileProperties(file_type=file_type)).as_dict()
        assert file.tell() <= 2 << 20

    assert len(answer["data"]) == 100


def test_headers_of_archives_are_read_within_bounds() -> None:
    header = tarfile.TarInfo("x")
    header.type, header.size = tarfile.XHDTYPE, 1 << 30
    endless = header.tobuf() + b"\0" * (4 << 20)
    name_without_end = b"\x1f\x8b\x08\x08" + b"\0" * 6 + b"n" * (4 << 20)
    empty_streams = gzip.compress(b"") * 220_000

    for data, compression in (
        (endless, "tar"),
        (gzip.compress(endless), "tarGzip"),
        (name_without_end, "gzip"),
        (empty_streams[: 4 << 20], "gzip"),
    ):
        file = Counted(data)
        with pytest.raises(UnreadableFile):
            describe(
                file, FileProperties(file_type="delimited", compression=compression)
            )
        assert file.count <= (3 << 20)


def test_an_archive_without_files_is_refused() -> None:
    made = io.BytesIO()
    tarfile.open(fileobj=made, mode="w").close()

    with pytest.raises(UnreadableFile, match="holds no file"):
        _describe(made.getvalue(), compression="tar")
    assert _describe(tar(CSV), compression="tar")["data"]


@pytest.mark.parametrize(
    "given",
    [
        {"file_type": "xml"},
        {"file_type": "json", "compression": "rar"},
        {"file_type": "delimited", "delimiter": ",,"},
        {"file_type": "delimited", "delimiter": '"'},
        {"file_type": "delimited", "encoding": "EBCDIC"},
    ],
)
def test_properties_that_cannot_be_are_named(given: dict[str, str]) -> None:
    with pytest.raises(InvalidInput, match=[*given][-1]):
        FileProperties(**given)


@settings(deadline=None)
@given(st.binary(max_size=400), st.sampled_from(["", *COMPRESSIONS]))
def test_no_bytes_end_in_anything_but_an_answer_or_a_refusal(
    data: bytes, compression: str
) -> None:
    for file_type in ("delimited", "json", "parquet"):
        with contextlib.suppress(UnreadableFile):
            json.dumps(_describe(data, file_type, compression=compression))
