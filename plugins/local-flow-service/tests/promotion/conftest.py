"""A place for files, and batches to promote in it."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import attrs
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from headwater_local_flow_service.files.folder import FolderFiles
from headwater_local_flow_service.promotion.job import (
    Format,
    InputFile,
    MadeFile,
    Promoted,
    PromotionJob,
)
from headwater_local_flow_service.promotion.promoting import promote

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path


@attrs.frozen
class Batches:
    """Promotes what it is given, and reads what came of it."""

    files: FolderFiles

    def promote(
        self,
        schema: Mapping[str, Any],
        contents: Mapping[str, bytes],
        format: Format | None = None,
        **options: Any,
    ) -> Promoted:
        """Put files into a batch and promote it."""
        inputs = []
        for number, (path, content) in enumerate(contents.items()):
            key = f"in/{number}"
            with self.files.writing(key) as file:
                file.write(content)
            inputs.append(InputFile(path=path, key=key, size=len(content)))
        job = PromotionJob(
            batch="01EQ1C48TR4GD4FE7NH2522TCQ",
            schema=schema,
            format=format or Format(name="json"),
            inputs=tuple(inputs),
            output_prefix="out",
            **options,
        )
        return promote(job, self.files)

    def promote_lines(
        self, schema: Mapping[str, Any], *rows: Any, **options: Any
    ) -> Promoted:
        """Promote one file with a row of JSON a line; a string or bytes stand for themselves."""
        return self.promote(
            schema, {"F1.json": b"\n".join(map(_line, rows))}, **options
        )

    def promote_table(
        self,
        schema: Mapping[str, Any],
        table: pa.Table,
        write: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> Promoted:
        """Promote one file of Parquet."""
        buffer = io.BytesIO()
        pq.write_table(table, buffer, **(write or {}))
        return self.promote(
            schema, {"F1.parquet": buffer.getvalue()}, Format(), **options
        )

    def read(self, made: MadeFile) -> bytes:
        """Return what a file holds."""
        with self.files.open(made.key) as file:
            return file.read()

    def read_lines(self, made: Sequence[MadeFile], path: str) -> list[Any]:
        """Return the JSON values of one of the files, by its path."""
        (wanted,) = [file for file in made if file.path == path]
        return [json.loads(line) for line in self.read(wanted).splitlines()]

    def table(self, promoted: Promoted) -> pa.Table:
        """Return all output of a batch that succeeded."""
        assert promoted.succeeded, promoted.errors
        parts = [
            pq.read_table(io.BytesIO(self.read(part))) for part in promoted.outputs
        ]
        return pa.concat_tables(parts)

    def rows(self, promoted: Promoted) -> list[dict[str, Any]]:
        """Return the rows of a batch that succeeded, without fields that are null."""
        rows = self.table(promoted).to_pylist(maps_as_pydicts="strict")
        return [_without_nulls(row) for row in rows]

    def keys(self) -> list[str]:
        """Return every file that a promotion left."""
        return [info.key for info in self.files.walk("out")]


def _line(row: Any) -> bytes:
    if isinstance(row, bytes):
        return row
    return (row if isinstance(row, str) else json.dumps(row)).encode()


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: _without_nulls(field)
            for name, field in value.items()
            if field is not None
        }
    return (
        [_without_nulls(item) for item in value] if isinstance(value, list) else value
    )


@pytest.fixture
def batches(tmp_path: Path) -> Batches:
    """Return a place in which batches are promoted."""
    return Batches(FolderFiles(tmp_path / "files"))


@pytest.fixture
def object_schema() -> Callable[..., dict[str, Any]]:
    """Return a function that makes the schema of an object from its fields."""

    def make(fields: Mapping[str, Any], *required: str, **rules: Any) -> dict[str, Any]:
        return {
            "type": "object",
            "properties": dict(fields),
            "required": list(required),
            "additionalProperties": False,
        } | rules

    return make
