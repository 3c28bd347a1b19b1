"""Values as tutorials write them: each is read as one thing, and nothing else is touched."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater_local_flow_service.specs import loose_spellings
from headwater_local_flow_service.specs.data_formats import (
    COMPRESSIONS,
    ENCODINGS,
    FILES,
)

TEXTS = st.text(max_size=12) | st.sampled_from(
    ["JSON", "json;", "\\t", "%09", ";", ";;", "|;", "UTF-8;", "GZip", "parquet_xdm"]
)
VALUES = TEXTS | st.none() | st.integers() | st.lists(TEXTS, max_size=2)
PROPERTIES = st.dictionaries(
    st.sampled_from(["columnDelimiter", "encoding", "compressionType", "fileType"])
    | st.text(max_size=5),
    VALUES,
    max_size=5,
)


@given(PROPERTIES)
def test_what_is_straight_stays_as_it_is(properties: dict[str, Any]) -> None:
    once = loose_spellings.straighten_properties(properties)
    assert once.keys() == properties.keys()
    twice = loose_spellings.straighten_properties(once)
    # a delimiter may end with the semicolon that another stood behind
    assert {**twice, "columnDelimiter": None} == {**once, "columnDelimiter": None}


@pytest.mark.parametrize("choices", [FILES, COMPRESSIONS, ENCODINGS])
@given(data=st.data())
def test_a_choice_is_found_in_any_case_and_before_a_semicolon(
    choices: tuple[str, ...], data: st.DataObject
) -> None:
    choice = data.draw(st.sampled_from(choices))
    letters = [
        data.draw(st.sampled_from([letter.lower(), letter.upper()]))
        for letter in choice
    ]
    written = "".join(letters) + data.draw(st.sampled_from(["", ";", " ", "; "]))
    assert loose_spellings.choose(written, choices) == choice


@given(TEXTS)
def test_a_text_that_is_no_choice_is_left_for_the_check_to_refuse(text: str) -> None:
    found = loose_spellings.choose(text, FILES)
    assert found in FILES or found == text


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("\\t", "\t"),
        ("\\T", "\t"),
        ("%09", "\t"),
        ("\\t;", "\t"),
        ("\t", "\t"),
        (";", ";"),
        (",;", ","),
        ("::", "::"),
    ],
)
def test_a_delimiter_is_one_character_however_it_is_written(
    written: str, read: str
) -> None:
    straight = loose_spellings.straighten_properties({"columnDelimiter": written})
    assert straight == {"columnDelimiter": read}


@pytest.mark.parametrize(
    ("version", "read"),
    [(1, "1.0"), (1.0, "1.0"), (1.5, "1.5"), ("1", "1"), (True, True), (None, None)],
)
def test_a_version_that_is_a_number_becomes_a_text(version: Any, read: Any) -> None:
    straight = loose_spellings.straighten_version(version)
    assert (straight, type(straight)) == (read, type(read))
