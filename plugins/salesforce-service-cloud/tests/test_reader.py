"""The reader against a small Salesforce behind a real port: objects, columns, rows, and chance."""

from __future__ import annotations

import os
import random
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import fake_salesforce
import jsonschema
import pytest
import salesforce_objects as objects
from fake_salesforce import FAULTS, ORGANIZATION, USER_ID
from salesforce_objects import ADDRESS, CASE
from salesforce_world import SECRETS, TOKEN, basic, oauth, opened, shown

from headwater import errors
from headwater.sources import Check, Columns, Preview
from headwater_salesforce_service_cloud import soql

if TYPE_CHECKING:
    from headwater.sources.guarded import GuardedReader

ROUNDS = 750 if os.environ.get("HEADWATER_TEST_FULL") else 90
STEPS = (Check, Columns, Preview)


def test_tables_are_the_objects_that_can_be_queried() -> None:
    with opened() as (reader, _fake):
        tables = reader.tables()
    assert [table.name for table in tables] == sorted(objects.FIELDS)
    assert {table.name: table.label for table in tables}["Order__c"] == "Order"


RESTRICTED = {
    "ContentDocumentLink": "cannot be read without a filter",
    "UserRecordAccess": "cannot be queried on its own",
}


def test_objects_that_cannot_be_queried_freely_are_listed_with_the_reason() -> None:
    with opened() as (reader, _fake):
        marked = {
            table.name: table.note
            for table in reader.tables()
            if not table.can_preview or table.note
        }
    assert marked == RESTRICTED


@pytest.mark.parametrize("name", [*RESTRICTED, "contentdocumentlink", "Vote"])
def test_an_object_that_cannot_be_queried_freely_is_refused_before_anything_is_sent(
    name: str,
) -> None:
    with opened() as (reader, fake):
        with pytest.raises(errors.SourceNotPermitted, match="lets nobody") as raised:
            reader.preview(name, 1)
        assert fake.requests == []
    assert "objects it belongs to" in raised.value.remedy


def test_such_an_object_is_described_all_the_same() -> None:
    with opened() as (reader, _fake):
        assert reader.columns("ContentDocumentLink").columns


def test_an_object_no_list_knows_is_refused_by_what_salesforce_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(objects.FIELDS, "OfTomorrow", {"Id": CASE["Id"]})
    for code in ("MALFORMED_QUERY", "INVALID_TYPE_FOR_OPERATION"):
        monkeypatch.setitem(fake_salesforce.UNREADABLE, "OfTomorrow", code)
        with (
            opened() as (reader, _fake),
            pytest.raises(errors.SourceNotPermitted, match=code) as raised,
        ):
            reader.preview("OfTomorrow", 1)
        assert "objects it belongs to" in raised.value.remedy


def test_columns_say_once_that_field_level_security_hides_fields() -> None:
    with opened() as (reader, _fake):
        [note] = reader.columns("Case").notes
        assert "field-level security" in note
        assert "administrator" in note
        assert reader.preview("Case", 1).columns.notes == ()


def test_every_field_is_a_column_or_named_as_left_out_with_the_reason() -> None:
    with opened() as (reader, _fake):
        found = reader.columns("Case")
    names = [column.name for column in found.columns]
    assert sorted(names + [field.name for field in found.left_out]) == sorted(CASE)
    assert names == [name for name in CASE if name in names]
    assert {field.name: field.reason for field in found.left_out} == {
        "Picture": "binary content, of which a query returns the address only",
        "Novelty__c": "its type is not known to this connector",
    }


def test_every_type_of_field_has_its_column() -> None:
    with opened() as (reader, _fake):
        columns = reader.columns("Case").columns
    texts = {
        "id", "reference", "masterrecord", "string", "textarea", "picklist", "multipicklist", "combobox", "phone",
        "url", "email", "encryptedstring", "datacategorygroupreference", "complexvalue", "json", "anyType",
        "calculated",
    }  # fmt: skip
    others = {
        "boolean": ("boolean", ""),
        "int": ("integer", ""),
        "long": ("integer", ""),
        "double": ("number", ""),
        "currency": ("number", ""),
        "percent": ("number", ""),
        "date": ("string", "date"),
        "datetime": ("string", "date-time"),
        "time": ("string", "time"),
        "address": ("object", ""),
        "location": ("object", ""),
    }
    found = {CASE[column.name][0]: (column.type, column.format) for column in columns}
    assert found == dict.fromkeys(texts, ("string", "")) | others


def test_a_compound_field_is_one_column_with_parts_beside_the_fields_it_is_made_of() -> (
    None
):
    with opened() as (reader, _fake):
        columns = {column.name: column for column in reader.columns("Case").columns}
    assert {"ShippingStreet", "Place__Latitude__s", "Place__Longitude__s"} <= set(
        columns
    )
    assert {part.name for part in columns["ShippingAddress"].properties} == set(ADDRESS)
    assert columns["Place__c"].as_dict()["xdm"] == {
        "type": "object",
        "properties": {"latitude": {"type": "number"}, "longitude": {"type": "number"}},
    }


def test_moments_have_the_shape_a_source_connection_takes() -> None:
    with opened() as (reader, _fake):
        columns = {
            column.name: column.as_dict() for column in reader.columns("Case").columns
        }
    assert columns["CreatedDate"] == {
        "name": "CreatedDate",
        "type": "string",
        "meta:xdmType": "date-time",
        "xdm": {"type": "string", "format": "date-time"},
    }


def test_a_preview_has_a_typed_value_for_every_column() -> None:
    with opened() as (reader, _fake):
        preview = reader.preview("Case", 3)
    assert len(preview.rows) == 3
    respelled = {
        "CreatedDate": ["2020-10-22T21:03:23.000Z", "2020-10-22T21:03:24.000Z", None],
        "Metadata": ['{"label": "x", "deep": [1]}', None, None],
        "OldValue": ["text", "true", "3"],
        "Formula__c": ["f", "2.5", None],
    }
    for column in preview.columns.columns:
        assert [row[column.name] for row in preview.rows] == respelled.get(
            column.name, CASE[column.name][2]
        )


def test_every_value_of_a_preview_is_valid_under_its_column() -> None:
    with opened() as (reader, _fake):
        preview = reader.preview("Case", 3)
    for column in preview.columns.columns:
        for row in (row for row in preview.rows if row[column.name] is not None):
            value = row[column.name]
            parts = (
                {name: part for name, part in value.items() if part is not None}
                if column.properties
                else value
            )
            jsonschema.validate(parts, column.as_dict()["xdm"])
    moments = [row["CreatedDate"] for row in preview.rows if row["CreatedDate"]]
    assert all(
        re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", moment)
        for moment in moments
    )


def test_a_preview_has_no_more_rows_than_asked_for() -> None:
    with opened(page=1) as (reader, fake):
        assert [row["CaseNumber"] for row in reader.preview("Case", 2).rows] == [
            "00001026",
            "00001027",
        ]
        assert sum("/query" in each["PATH_INFO"] for each in fake.requests) == 2


def test_a_preview_follows_pages_to_their_end() -> None:
    with opened() as (reader, _fake):
        whole = reader.preview("Case", 100)
    with opened(page=1) as (reader, fake):
        assert reader.preview("Case", 100) == whole
        assert sum("/query" in each["PATH_INFO"] for each in fake.requests) == 3


def test_pages_without_records_are_not_followed_for_ever() -> None:
    with (
        opened(page=0) as (reader, _fake),
        pytest.raises(errors.SourceUnavailable, match="other than a query result"),
    ):
        reader.preview("Case", 3)


def test_a_wide_object_is_read_in_several_queries_joined_by_id(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with opened() as (reader, _fake):
        whole = reader.preview("Case", 3)
    monkeypatch.setattr(soql, "LONGEST_SELECT", 60)
    with opened(page=2) as (reader, fake):
        assert reader.preview("Case", 3) == whole
        assert sum("SELECT" in each["QUERY_STRING"] for each in fake.requests) > 3


@pytest.mark.parametrize(("columns", "token"), [(500, 112), (500, 6_000), (800, 2_000)])
def test_wide_objects_fit_the_requests_that_salesforce_takes(
    monkeypatch: pytest.MonkeyPatch, columns: int, token: int
) -> None:
    wide = _wide(columns)
    monkeypatch.setitem(objects.FIELDS, "Wide__c", {"Id": CASE["Id"], **wide})
    with opened() as (reader, fake):
        fake.token_length = token
        preview = reader.preview("Wide__c", 3)
        assert 8_000 < fake.longest <= fake_salesforce.MOST_BYTES
    assert [column.name for column in preview.columns.columns] == ["Id", *wide]
    assert [set(row.values()) - set(objects.IDS) for row in preview.rows] == [
        {"a"},
        {"b"},
        {None},
    ]


def _wide(columns: int) -> dict[str, Any]:
    """Return fields whose names are as long as any: 40 characters and what a custom field ends in."""
    return {
        f"{'Custom' * 6}_{number:03}__c": ("string", None, ["a", "b", None])
        for number in range(columns)
    }


@pytest.mark.parametrize("most", [7, 2])
def test_a_query_that_is_too_complicated_is_asked_in_parts(
    monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    with opened() as (reader, _fake):
        whole = reader.preview("Case", 3)
    with opened() as (reader, fake):
        fake.most_columns = most
        assert reader.preview("Case", 3) == whole


def test_what_stays_too_complicated_is_given_up_after_a_few_requests(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(objects.FIELDS, "Wide__c", {"Id": CASE["Id"], **_wide(150)})
    with opened() as (reader, fake):
        fake.most_columns = 0
        with pytest.raises(errors.SourceNotPermitted, match="too complicated"):
            reader.preview("Wide__c", 3)
        assert sum("SELECT" in each["QUERY_STRING"] for each in fake.requests) == 6


def test_a_field_that_has_gone_since_describe_makes_it_describe_again() -> None:
    with opened() as (reader, fake):
        fake.gone = {"Subject"}
        preview = reader.preview("Case", 3)
        described = [each for each in fake.requests if "describe" in each["PATH_INFO"]]
        assert len(described) == 2
    assert len(preview.rows) == 3
    assert "Subject" not in {column.name for column in preview.columns.columns}


@pytest.mark.parametrize("name", ["Archive__b", "UriEvent"])
def test_a_big_object_is_neither_asked_for_ids_nor_ordered_by_them(name: str) -> None:
    with opened() as (reader, fake):
        preview = reader.preview(name, 3)
        asked = [parse_qs(each["QUERY_STRING"]).get("q") for each in fake.requests]
    names = [column.name for column in preview.columns.columns]
    assert list(filter(None, asked)) == [
        [f"SELECT {', '.join(names)} FROM {name} LIMIT 3"]
    ]
    assert "Id" not in names
    assert len(preview.rows) == 3


def test_the_id_that_a_big_object_is_described_with_is_named_as_left_out() -> None:
    with opened() as (reader, _fake):
        columns = reader.columns("Archive__b")
    assert [column.name for column in columns.columns] == ["Subject__c"]
    [left_out] = columns.left_out
    assert left_out.name == "Id"
    assert "no ids" in left_out.reason


def test_an_object_whose_ids_turn_out_empty_is_read_without_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A standard big object would do so that describe calls retrieveable."""
    monkeypatch.setitem(objects.SPECIAL, "UriEvent", {})
    fields = {"Id": CASE["Id"], **objects.FIELDS["UriEvent"]}
    monkeypatch.setitem(objects.FIELDS, "UriEvent", fields)
    with opened() as (reader, _fake):
        preview = reader.preview("UriEvent", 3)
    assert [field.name for field in preview.columns.left_out] == ["Id"]
    assert [row["Username"] for row in preview.rows] == [None, "Closed", "New"]


def test_an_object_without_ids_is_read_in_the_order_it_comes() -> None:
    with opened() as (reader, fake):
        rows = reader.preview("UriEvent", 3).rows
        assert "ORDER" not in fake.requests[-1]["QUERY_STRING"]
    assert [row["Username"] for row in rows] == [None, "Closed", "New"]


def test_columns_that_do_not_fit_the_only_query_without_ids_are_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(objects.FIELDS, "Wide__b", _wide(500))
    with opened() as (reader, _fake):
        preview = reader.preview("Wide__b", 3)
    shown, left_out = preview.columns.columns, preview.columns.left_out
    assert len(shown) + len(left_out) == 500
    assert len(shown) > 100
    assert "does not fit one query" in left_out[0].reason
    assert all(row.keys() == {column.name for column in shown} for row in preview.rows)


def test_an_object_of_which_nothing_is_a_column_has_no_rows_to_show() -> None:
    with opened() as (reader, _fake):
        preview = reader.preview("Files__x", 3)
    assert (preview.rows, preview.columns.columns) == ((), ())
    assert [field.name for field in preview.columns.left_out] == ["Body"]


@pytest.mark.parametrize(
    "table",
    ["Case WHERE x=1", "a;b", "x'", "../limits", "é", "a.b", "1a", "a" * 81, "Case/x"],
)
def test_a_name_that_is_no_objects_never_reaches_salesforce(table: str) -> None:
    with opened() as (reader, fake):
        with pytest.raises(errors.SourceNotFound, match="named like"):
            reader.columns(table)
        with pytest.raises(errors.SourceNotFound, match="named like"):
            reader.preview(table, 1)
        assert fake.requests == []


def test_an_unknown_object_is_not_found_and_says_where_to_look() -> None:
    with (
        opened() as (reader, _fake),
        pytest.raises(errors.SourceNotFound, match="no such object") as raised,
    ):
        reader.columns("Nothing__c")
    assert "headwater tables" in raised.value.remedy


def _asked(reader: GuardedReader, step: int) -> Check | Columns | Preview:
    if step == 0:
        return reader.check()
    return reader.columns("Case") if step == 1 else reader.preview("Case", 3)


def _outcome(reader: GuardedReader, step: int) -> Any:
    try:
        return _asked(reader, step)
    except errors.SourceError as error:
        return error


def _is_right(found: Any, right: list[Any], step: int) -> bool:
    if isinstance(found, Check):  # what is left differs by the requests it took
        assert {limit.most for limit in found.limits} == {
            limit.most for limit in right[0].limits
        }
        return (found.organization, found.version) == (
            ORGANIZATION,
            "v66.0",
        ) and found.user == USER_ID
    return bool(found == right[step])


def test_random_failures_never_lead_to_a_wrong_answer() -> None:
    with opened(page=1) as (reader, _fake):
        right: list[Any] = [_asked(reader, step) for step in range(3)]
    chance = random.Random(20261123)
    outcomes: set[type] = set()
    for round in range(ROUNDS):
        # Some meet failures from the first login on; the others are logged in before anything goes wrong.
        before = [None] * (round % 2)
        faults = [
            chance.choice([*FAULTS, *[None] * len(FAULTS) * 2])
            for _request in range(60)
        ]
        with opened([*before, *faults], by=oauth, page=1) as (reader, fake):
            step = (round // 2) % 3
            found = _outcome(reader, step)
            outcomes.add(type(found))
            assert fake.refused == 0
            if isinstance(found, errors.SourceError):
                assert isinstance(
                    found,
                    (
                        errors.CredentialsRefused,
                        errors.SourceThrottled,
                        errors.SourceUnavailable,
                    ),
                ), faults
                assert not any(secret in shown(found) for secret in (*SECRETS, TOKEN))
            else:
                assert isinstance(found, STEPS[step])
                assert _is_right(found, right, step), faults
    assert {
        *STEPS,
        errors.CredentialsRefused,
        errors.SourceThrottled,
        errors.SourceUnavailable,
    } <= outcomes


def test_both_logins_read_the_same() -> None:
    with opened() as (reader, _fake):
        one = (reader.tables(), reader.preview("Case", 3))
    with opened(by=basic) as (reader, _fake):
        assert (reader.tables(), reader.preview("Case", 3)) == one
