"""The page on the operations: it lists those of the OpenAPI file, and each difference from it."""

from __future__ import annotations

import re
from pathlib import Path

from conformance import contract
from conformance.deviations import DEVIATIONS

import headwater_local_flow_service

PAGE = contract.ROOT / "docs" / "flow-service-operations.md"
ROW = re.compile(
    r"^\| `([A-Z]+ /\S*)` \| (faithful|simplified) \| (.*) ?\|$", re.MULTILINE
)
DIFFERENCE = re.compile(r"^\| ((?:`[A-Z]+ /\S*`(?:, )?)+) \| (.+) \|$", re.MULTILINE)
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
CITED = re.compile(r"docs/flow-service-operations\.md#([\w-]+)")
PACKAGE = Path(headwater_local_flow_service.__file__).parent


def _line(id: str) -> str:
    """Return an operation as the page writes it."""
    operation = contract.operations()[id]
    return f"{operation.method} {re.sub('{[^}]*}', '{id}', operation.path).rstrip('/')}"


def test_the_page_lists_exactly_the_operations_of_the_file() -> None:
    listed = [row[0] for row in ROW.findall(PAGE.read_text(encoding="utf-8"))]
    assert len(listed) == len(set(listed))
    assert set(listed) == {_line(id) for id in contract.operations()}


def test_a_simplified_operation_says_what_is_simpler() -> None:
    rows = ROW.findall(PAGE.read_text(encoding="utf-8"))
    assert [row[0] for row in rows if row[1] != "faithful" and not row[2].strip()] == []


def test_the_page_names_every_difference_from_the_file() -> None:
    told = {
        (operation.strip("`"), what)
        for operations, what in DIFFERENCE.findall(PAGE.read_text(encoding="utf-8"))
        if what.partition(" ")[0] not in ("faithful", "simplified")
        for operation in operations.split(", ")
    }
    assert told == {(_line(one.operation), one.what) for one in DEVIATIONS}


def test_the_source_cites_headings_that_are_there() -> None:
    headings = HEADING.findall(PAGE.read_text(encoding="utf-8"))
    anchors = {heading.lower().replace(" ", "-") for heading in headings}
    cited = {
        anchor
        for module in PACKAGE.rglob("*.py")
        for anchor in CITED.findall(module.read_text(encoding="utf-8"))
    }
    assert cited
    assert cited <= anchors
