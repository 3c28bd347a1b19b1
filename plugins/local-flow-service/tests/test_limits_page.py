"""The page of limits says what the limits are."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from headwater_local_flow_service.gateway import incoming
from headwater_local_flow_service.lake import uploads
from headwater_local_flow_service.listing import filters, listing
from headwater_local_flow_service.neighbours import records
from headwater_local_flow_service.promotion import json_rows
from headwater_local_flow_service.specs import stored_specs
from headwater_local_flow_service.streaming import (
    backlog,
    collection,
    mapping,
    windows,
)

if TYPE_CHECKING:
    from types import ModuleType

PAGE = Path(__file__).parents[3] / "docs" / "limits.md"


@pytest.mark.parametrize(
    ("module", "name"),
    [
        (filters, "LARGEST_FILTERS"),
        (filters, "MOST_CONDITIONS"),
        (incoming, "MOST_PARAMETERS"),
        (listing, "LARGEST_PAGE_SIZE"),
        (listing, "MOST_READ_FOR_PAGE"),
        (json_rows, "DEEPEST_ROW"),
        (json_rows, "LARGEST_ROW"),
        (json_rows, "MOST_FIELDS_OF_ROW"),
        (records, "LARGEST_PAGE_SIZE"),
        (stored_specs, "LARGEST_STORED"),
        (uploads, "LARGEST_FILE"),
        (uploads, "LARGEST_PART"),
        (uploads, "MOST_FILES"),
        (uploads, "LARGEST_BATCH"),
        (uploads, "MOST_PARTS"),
        (collection, "LARGEST_MESSAGE"),
        (backlog, "MOST_WAITING"),
        (backlog, "MOST_WAITING_SIZE"),
        (windows, "MOST_IN_WINDOW"),
        (windows, "LARGEST_WINDOW"),
        (mapping, "MOST_NAMES"),
    ],
)
def test_a_limit_stands_beside_its_name(module: ModuleType, name: str) -> None:
    text = PAGE.read_text(encoding="utf-8").replace("\n", " ")
    value = f"{getattr(module, name):,}"
    places = [text[max(0, i - 160) : i] for i in _find_all(text, f"`{name}`")]
    assert any(value in place for place in places)


def _find_all(text: str, part: str) -> list[int]:
    found, start = [], text.find(part)
    while start >= 0:
        found.append(start)
        start = text.find(part, start + 1)
    return found
