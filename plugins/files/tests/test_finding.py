"""Finding out how a file is written."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from making import PACKERS

from headwater_files import FileProperties, UnreadableFile, find_properties
from headwater_files.finding import DELIMITERS, find_delimiter

CSV = b"id;name;town\n1;Fj\xc3\xb8rd, the;Oslo\n2;;Bergen\n"


def _find(data: bytes) -> FileProperties:
    return find_properties(io.BytesIO(data))


@pytest.mark.parametrize("compression", PACKERS)
def test_compression_and_delimiter_are_found(compression: str) -> None:
    assert _find(PACKERS[compression](CSV)) == FileProperties(
        file_type="delimited", compression=compression, delimiter=";"
    )


@pytest.mark.parametrize("compression", PACKERS)
@pytest.mark.parametrize("data", [b'{"a;b": 1}\n{"a;b": 2}', b' [{"a": "x;y"}]'])
def test_json_is_found_in_lines_and_in_an_array(data: bytes, compression: str) -> None:
    assert _find(PACKERS[compression](data)) == FileProperties(
        file_type="json", compression=compression
    )


def test_the_other_encoding_is_found() -> None:
    found = _find("id;name\n1;Fjørd\n".encode("latin-1"))

    assert found.as_dict() == {
        "fileType": "delimited",
        "columnDelimiter": ";",
        "encoding": "ISO-8859-1",
    }


def test_what_only_begins_like_json_is_delimited() -> None:
    assert _find(b"{a},b\n1,2\n") == FileProperties(file_type="delimited")


def test_a_single_column_has_a_comma() -> None:
    assert _find(b"id\n1\n2\n") == FileProperties(file_type="delimited")


@pytest.mark.parametrize("data", [b"", b"a\0b" * 100, b"\x7fELF\0\0\0\x01"])
def test_what_cannot_be_found_out_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadableFile):
        _find(data)


_CELL = st.text(st.characters(exclude_characters="".join(DELIMITERS), codec="utf-8"))


@settings(deadline=None)
@given(
    st.integers(2, 5).flatmap(
        lambda width: st.lists(
            st.lists(_CELL, min_size=width, max_size=width), min_size=1, max_size=8
        )
    ),
    st.sampled_from(DELIMITERS),
)
def test_the_delimiter_that_was_written_is_found(
    records: list[list[str]], delimiter: str
) -> None:
    written = io.StringIO(newline="")
    csv.writer(written, delimiter=delimiter).writerows(records)

    assert find_delimiter(written.getvalue()) == delimiter


@settings(deadline=None)
@given(st.text())
def test_any_text_has_a_delimiter(text: str) -> None:
    assert find_delimiter(text) in DELIMITERS
