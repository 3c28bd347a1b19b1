"""What public readers of Salesforce got wrong, one test for each report that concerns rows, by what goes wrong.

The numbers are those of the acceptance cases for reading in bulk, as far as a preview meets them: 2 locators, 4
sessions that end in between, 5 connections that break, 6 texts as they are, 7 null and empty, 8 nothing found. For 16,
objects the Bulk API does not know, see `test_refusals` (INVALIDENTITY). What they ask of a check is in `test_login`
(limits, versions) and `test_refusals` (``invalid_app_access``); of tables and columns in `test_reader` (big objects,
objects that want a filter, hidden fields).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import salesforce_objects as objects
from salesforce_objects import IDS
from salesforce_world import opened

from headwater import errors

if TYPE_CHECKING:
    from fake_salesforce import FakeSalesforce

    from headwater.sources.guarded import GuardedReader

TEXTS = ['  "two"\r\nlines,\tand a comma  ', "null", ""]
NOTHING = [None, "NA", "nan"]
FIELDS = {
    "Id": ("id", None, IDS),
    "Text__c": ("textarea", None, TEXTS),
    "Other__c": ("string", None, NOTHING),
}


@pytest.fixture(autouse=True)
def _note(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(objects.FIELDS, "Note__c", FIELDS)


def _ids(reader: GuardedReader) -> list[str]:
    return [row["Id"] for row in reader.preview("Note__c", 100).rows]


def _pages(fake: FakeSalesforce) -> list[str]:
    return [
        each["PATH_INFO"] for each in fake.requests if "/query" in each["PATH_INFO"]
    ]


def test_2_locators_are_followed_to_the_end() -> None:
    with opened(page=1) as (reader, fake):
        assert _ids(reader) == IDS
        assert len(_pages(fake)) == 3


def test_4_a_session_that_ends_between_pages_is_renewed_and_no_row_is_lost() -> None:
    # login, versions, describe, first page; then every page finds the session ended
    faults = [*[None] * 4, "401", None, None, "401"]
    with opened(faults, page=1) as (reader, fake):
        assert _ids(reader) == IDS
        assert len(fake.logins) == 3


def test_4_a_session_that_is_never_accepted_is_not_renewed_for_ever() -> None:
    faults = [*[None] * 4, *["401", None] * 20]
    with opened(faults, page=1) as (reader, fake):
        with pytest.raises(errors.CredentialsRefused):
            _ids(reader)
        assert len(fake.logins) == 2


@pytest.mark.parametrize("fault", ["reset", "hang-up", "truncated"])
def test_5_a_connection_that_breaks_repeats_the_page_and_no_row_comes_twice(
    fault: str,
) -> None:
    with opened([*[None] * 4, fault, fault], page=1) as (reader, fake):
        assert _ids(reader) == IDS
        # the first page once, the second three times
        assert [len(set(_pages(fake))), len(_pages(fake))] == [3, 5]


def test_6_texts_are_neither_trimmed_nor_broken() -> None:
    with opened() as (reader, _fake):
        rows = reader.preview("Note__c", 3).rows
    assert [row["Text__c"] for row in rows] == TEXTS


def test_7_null_empty_and_the_words_for_nothing_stay_apart() -> None:
    with opened() as (reader, _fake):
        rows = reader.preview("Note__c", 3).rows
    assert [row["Text__c"] for row in rows][1:] == ["null", ""]
    assert [row["Other__c"] for row in rows] == [None, "NA", "nan"]


def test_8_an_object_without_records_has_columns_and_no_rows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(objects, "records", lambda *_asked: [])
    with opened() as (reader, _fake):
        preview = reader.preview("Note__c", 3)
    assert [column.name for column in preview.columns.columns] == list(FIELDS)
    assert preview.rows == ()
