"""A plugin's reader behind the seam: answers are type-checked, exceptions leave cleaned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, TypeVar

from headwater.errors import BrokenPlugin, InvalidInput
from headwater.foreign import foreign
from headwater.sources.contract import Check, Columns, Preview, Table

if TYPE_CHECKING:
    from collections.abc import Callable

    from headwater.models import Distribution
    from headwater.secret import Secret
    from headwater.sources.contract import SourceReader

T = TypeVar("T")

MOST_ROWS = 1000  # of one preview


class GuardedReader:
    """A `SourceReader` as core hands it out. Raises `SourceError`, or `BrokenPlugin` for whatever else comes out."""

    def __init__(
        self,
        reader: SourceReader,
        slug: str,
        distribution: Distribution,
        secrets: tuple[Secret, ...],
    ) -> None:
        self._reader = reader
        self._slug = slug
        self._distribution = distribution
        self._secrets = secrets

    def __enter__(self) -> Self:
        self._call("opening", self._reader.__enter__)
        return self

    def __exit__(self, *_exception: object) -> None:
        self._call("closing", lambda: self._reader.__exit__(None, None, None))

    def check(self) -> Check:
        """Return what the source says of itself and of us."""
        check = self._call("check", self._reader.check)
        return self._require_type("check", check, Check)

    def tables(self) -> tuple[Table, ...]:
        """Return every table that can be read, sorted by name."""
        tables = self._call("tables", lambda: tuple(self._reader.tables()))
        for table in tables:
            self._require_type("tables", table, Table)
        return tuple(sorted(tables, key=lambda table: table.name))

    def columns(self, table: str) -> Columns:
        """Return the columns of a table."""
        name = _require_name(table)
        columns = self._call("columns", lambda: self._reader.columns(name))
        return self._require_type("columns", columns, Columns)

    def preview(self, table: str, n: int = 10) -> Preview:
        """Return at most `n` rows of a table, 1 to 1000."""
        if isinstance(n, bool) or not 1 <= n <= MOST_ROWS:
            raise InvalidInput(f"a preview has 1 to {MOST_ROWS} rows")
        name = _require_name(table)
        answer = self._call("preview", lambda: self._reader.preview(name, n))
        preview = self._require_type("preview", answer, Preview)
        return Preview(preview.columns, preview.rows[:n])

    def _call(self, what: str, method: Callable[[], T]) -> T:
        with foreign(
            f"connector {self._slug}: {what}", self._distribution, self._secrets
        ):
            return method()

    def _require_type(self, what: str, value: Any, kind: type[T]) -> T:
        if isinstance(value, kind):
            return value
        raise BrokenPlugin(
            f"connector {self._slug} of {self._distribution}: {what} must return headwater.sources.{kind.__name__}",
            distribution=str(self._distribution),
            remedy=f"report it to the authors of {self._distribution.name}",
        )


def _require_name(table: str) -> str:
    """Return the name of a table. Raises `InvalidInput` for what no table can be called."""
    if not table.strip() or "\0" in table:
        raise InvalidInput(
            "the table's name is empty or contains a character no name can contain"
        )
    return table
