"""Columns and tables in Flow Service's shape."""

from __future__ import annotations

import headwater.sources
from headwater.sources import Column, Columns, LeftOut, SourceReader, Table


def test_a_column_has_the_shape_of_an_exploration() -> None:
    assert Column(name="Id", type="string").as_dict() == {
        "name": "Id",
        "type": "string",
        "xdm": {"type": "string"},
    }
    assert Column(
        name="CreatedDate", type="string", format="date-time", meta_type="date-time"
    ).as_dict() == {
        "name": "CreatedDate",
        "type": "string",
        "meta:xdmType": "date-time",
        "xdm": {"type": "string", "format": "date-time"},
    }


def test_a_compound_column_describes_its_parts() -> None:
    parts = [Column(name="city", type="string"), Column(name="latitude", type="number")]
    assert Column(name="BillingAddress", type="object", properties=parts).as_dict()[
        "xdm"
    ] == {
        "type": "object",
        "properties": {"city": {"type": "string"}, "latitude": {"type": "number"}},
    }


def test_a_table_is_listed_by_its_label_and_read_by_its_name() -> None:
    assert Table(name="Case", label="Support case", can_preview=False).as_item() == {
        "type": "table",
        "name": "Support case",
        "path": "Case",
        "canPreview": False,
        "canFetchSchema": True,
    }


def test_the_fields_of_a_table_are_sorted_into_columns_and_those_left_out() -> None:
    name, binary = Column(name="Name", type="string"), LeftOut("Body", "binary")

    assert Columns.from_fields([binary, name]) == Columns([name], [binary])
    assert Columns.from_fields([name], ["some are hidden"]).notes == (
        "some are hidden",
    )


def test_the_public_names_are_sorted_and_every_one_resolves() -> None:
    names = headwater.sources.__all__

    assert sorted(names) == list(names)
    assert all(getattr(headwater.sources, name) is not None for name in names)


def test_the_protocol_can_be_asked_for_at_run_time() -> None:
    assert not isinstance(object(), SourceReader)
