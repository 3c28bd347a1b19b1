"""Data that the service delivers itself: one batch, stored together with what else belongs to it, or nothing of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from headwater_local_flow_service.lake.writing import deliver
from headwater_local_flow_service.neighbours.refusals import NeighbourError
from headwater_local_flow_service.store.store import Scope

if TYPE_CHECKING:
    from pathlib import Path

SCOPE = Scope(org="ACME@AdobeOrg", sandbox="prod")


@pytest.fixture
def rows_file(tmp_path: Path) -> Path:
    """Return a file with one row."""
    path = tmp_path / "rows"
    path.write_bytes(b'{"id": "a", "n": 1}\n')
    return path


def _deliver(desk: Any, path: Path, data_set: str = "", **options: Any) -> str:
    return deliver(
        desk.talker.app.lake,
        SCOPE,
        data_set or desk.data_set,
        path,
        {"format": "json"},
        client="inlet",
        **options,
    )


def test_rows_of_a_file_come_into_the_data_set(desk: Any, rows_file: Path) -> None:
    seen = []
    batch = _deliver(
        desk,
        rows_file,
        tags={"flow": ["f"]},
        also=lambda _rows, id: seen.append(id),
    )
    assert seen == [batch]
    found = desk.wait(batch)
    assert (found["status"], found["createdUser"]) == ("success", "inlet")
    assert found["tags"] == {"flow": ["f"]}
    assert desk.rows() == [{"id": "a", "n": 1}]
    assert not rows_file.exists()


def test_what_fails_beside_it_leaves_no_batch(desk: Any, rows_file: Path) -> None:
    def fail(_rows: Any, _id: str) -> None:
        raise LookupError

    with pytest.raises(LookupError):
        _deliver(desk, rows_file, also=fail)
    assert desk.talker.get(f"{desk.catalog}/batches").json() == {}


def test_a_data_set_that_is_not_there_is_refused(
    desk: Any, rows_file: Path, stored: Any
) -> None:
    with pytest.raises(NeighbourError):
        _deliver(desk, rows_file, data_set="0" * 24)
    assert stored() == []
