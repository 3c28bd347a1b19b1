"""Files that a promotion makes: counted and hashed as they are written, columns in parts of Parquet."""

from __future__ import annotations

import hashlib
import json
import uuid
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from headwater_local_flow_service.promotion.inference import widen_column
from headwater_local_flow_service.promotion.job import MadeFile

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa
    import pyarrow.parquet as pq

    from headwater_local_flow_service.files.file_store import FileStore

LARGEST_PART: Final = 200 << 20  # bytes; a part is closed once it is as large
_ROW_GROUP: Final = 16 << 20  # bytes of columns in memory
_OF_BATCH: Final = 4096  # bytes that a batch of rows takes beside its columns, about
_COMPRESSION: Final = "zstd"
_NAMESPACE: Final = uuid.UUID("6f4c1c52-6a0b-4c35-9a54-0f3fbb8f8a07")


class Counted:
    """A file being written, and how much of what was written: as much of a file as Arrow asks for."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._digest = hashlib.sha256()
        self._given_up = False
        self.size = 0
        self.closed = False

    def write(self, data: Any) -> int:
        """Write bytes."""
        length = memoryview(data).nbytes
        if self._given_up:
            return length
        self._file.write(data)
        self._digest.update(data)
        self.size += length
        return length

    def tell(self) -> int:
        """Return how many bytes were written."""
        return self.size

    def flush(self) -> None:
        """Do nothing: whoever opened the file ends it."""

    def close(self) -> None:
        """Take nothing more; whoever opened the file ends it."""
        self.closed = True

    def give_up(self) -> None:
        """Write nothing more, whatever comes."""
        self._given_up = True

    def readable(self) -> bool:
        """Say that it can only be written."""
        return False

    def writable(self) -> bool:
        """Say that it can be written."""
        return True

    def seekable(self) -> bool:
        """Say that it has no other place than its end."""
        return False

    def sha256(self) -> str:
        """Return the hash of what was written, in hexadecimal digits."""
        return self._digest.hexdigest()


class Lines:
    """A file with one JSON value a line, which is there only if a line was written."""

    def __init__(
        self, stack: ExitStack, files: FileStore, prefix: str, path: str
    ) -> None:
        self._stack = stack
        self._files = files
        self._prefix = prefix
        self._path = path
        self._file: Counted | None = None
        self._lines = 0

    def write(self, value: Mapping[str, Any]) -> None:
        """Add a line."""
        if self._file is None:
            self._file = Counted(
                self._stack.enter_context(self._files.writing(self._key()))
            )
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        self._file.write(text.encode("utf-8", "backslashreplace") + b"\n")
        self._lines += 1

    def made(self) -> tuple[MadeFile, ...]:
        """Return the file, or nothing where no line was written."""
        if self._file is None:
            return ()
        return (
            MadeFile(
                path=self._path,
                key=self._key(),
                size=self._file.size,
                records=self._lines,
                sha256=self._file.sha256(),
            ),
        )

    def _key(self) -> str:
        return f"{self._prefix}/{self._path}"


class Parts:
    """The output of one batch: ``part-00000-….parquet`` and so on, all of one schema in the end.

    A schema may grow wider while rows come; then a new part begins, and the earlier ones are written once more.
    """

    def __init__(self, files: FileStore, prefix: str, batch: str) -> None:
        self._files = files
        self._prefix = prefix
        # The same promotion done again replaces its files.
        self._mark = uuid.uuid5(_NAMESPACE, batch)
        self._part: _Part | None = None
        self._made: list[tuple[MadeFile, pa.Schema]] = []
        self._schema: pa.Schema | None = None
        self._without_fields = 0

    def write(self, columns: pa.RecordBatch) -> None:
        """Add rows; those of another schema than the last ones begin a part."""
        if not columns.schema.names:  # Parquet counts no rows without columns
            self._without_fields += len(columns)
            return
        if self._part is not None and self._part.schema != columns.schema:
            self.close()
        self._schema = columns.schema
        if self._part is None:
            name = f"part-{len(self._made):05}-{self._mark}-c000.zstd.parquet"
            self._part = _Part(self._files, self._prefix, name, columns.schema)
        self._part.write(columns)
        if self._part.size() >= LARGEST_PART:
            self.close()

    def close(self) -> None:
        """End the part that is being written."""
        if self._part is not None:
            self._made.append((self._part.close(), self._part.schema))
            self._part = None

    def abandon(self) -> None:
        """Leave nothing behind."""
        if self._part is not None:
            self._part.abandon()
            self._part = None
        for file, _schema in self._made:
            self._files.remove(file.key)
        self._made = []

    def finish(self) -> tuple[MadeFile, ...]:
        """Return all parts, those of an earlier schema written as ones of the last."""
        import pyarrow as pa

        schema = self._schema
        if schema is not None and self._without_fields:
            columns = [pa.nulls(self._without_fields, field.type) for field in schema]
            self.write(pa.RecordBatch.from_arrays(columns, schema=schema))
        self.close()
        return tuple(
            file if schema is None or made == schema else self._rewrite(file, schema)
            for file, made in self._made
        )

    def _rewrite(self, file: MadeFile, schema: pa.Schema) -> MadeFile:
        import pyarrow as pa
        import pyarrow.parquet as pq

        part = _Part(self._files, self._prefix, file.path, schema)
        try:
            with self._files.open(file.key) as source:
                for batch in pq.ParquetFile(source).iter_batches():
                    rows = widen_column(batch.to_struct_array(), pa.struct(schema))
                    part.write(pa.RecordBatch.from_struct_array(rows))
            return part.close()
        except BaseException:
            part.abandon()
            raise


class _Part:
    """One file of Parquet being written."""

    def __init__(
        self, files: FileStore, prefix: str, name: str, schema: pa.Schema
    ) -> None:
        import pyarrow.parquet as pq

        self.schema = schema
        self._name = name
        self._key = f"{prefix}/{name}"
        self._records = 0
        self._pending: list[pa.RecordBatch] = []
        self._pending_size = 0
        self._stack = ExitStack()
        self._file = Counted(self._stack.enter_context(files.writing(self._key)))
        self._writer: pq.ParquetWriter = pq.ParquetWriter(
            self._file, schema, compression=_COMPRESSION
        )

    def write(self, columns: pa.RecordBatch) -> None:
        """Add rows; few ones wait for others, so that row groups are not many."""
        self._pending.append(columns)
        self._pending_size += columns.nbytes + _OF_BATCH
        self._records += len(columns)
        if self._pending_size >= _ROW_GROUP:
            self._flush()

    def size(self) -> int:
        """Return the bytes written so far."""
        return self._file.size

    def close(self) -> MadeFile:
        """End the file; from now on it is there."""
        try:
            self._flush()
            self._writer.close()
        except BaseException:
            self.abandon()
            raise
        self._stack.close()
        return MadeFile(
            path=self._name,
            key=self._key,
            size=self._file.size,
            records=self._records,
            sha256=self._file.sha256(),
        )

    def _flush(self) -> None:
        import pyarrow as pa

        if self._pending:
            rows = pa.Table.from_batches(self._pending, self.schema)
            self._writer.write_table(rows, row_group_size=len(rows))
        self._pending, self._pending_size = [], 0

    def abandon(self) -> None:
        """Give the file up: it never appears."""
        self._file.give_up()
        with suppress(OSError):
            self._writer.close()
        give_up(self._stack)


class _Abandoned(Exception):
    """Ends the writing of a file that shall not appear."""


def give_up(stack: ExitStack) -> None:
    """Leave the files that a stack is writing, so that they never appear."""
    error = _Abandoned()
    stack.__exit__(type(error), error, None)
