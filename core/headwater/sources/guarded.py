"""A plugin's reader behind the seam: answers are type-checked, exceptions leave cleaned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self, TypeVar

from headwater.errors import BrokenPlugin, InvalidInput
from headwater.foreign import foreign, raise_bare
from headwater.sources import answers
from headwater.sources.cleaned import AnswerCleaner
from headwater.sources.contract import Check, Columns, Preview, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Container

    from headwater.models import Distribution
    from headwater.secret import Secret
    from headwater.sources.contract import SourceReader

T = TypeVar("T")

MOST_ROWS = 1000  # of one preview


class GuardedReader:
    """A `SourceReader` as core hands it out. Raises `SourceError`, or `BrokenPlugin` for whatever else comes out.

    What it hands out is cleaned of the secrets it was opened with.
    """

    def __init__(
        self,
        reader: SourceReader,
        slug: str,
        distribution: Distribution,
        secrets: tuple[Secret, ...],
        known: Container[str] = (),
    ) -> None:
        self._reader = reader
        self._slug = slug
        self._distribution = distribution
        self._secrets = secrets
        self._clean = AnswerCleaner(secrets, known)

    def __enter__(self) -> Self:
        self._call("opening", self._reader.__enter__)
        return self

    def __exit__(self, *_exception: object) -> None:
        self._call("closing", lambda: self._reader.__exit__(None, None, None))

    def check(self) -> Check:
        """Return what the source says of itself and of us."""
        check = self._ask("check", self._reader.check, Check, answers.check_facts)
        return self._clean.check(check)

    def tables(self) -> tuple[Table, ...]:
        """Return every table that can be read, sorted by name."""
        tables = self._call(
            "tables", lambda: answers.check_tables(self._reader.tables())
        )
        return self._clean.tables(tables)

    def columns(self, table: str) -> Columns:
        """Return the columns of a table."""
        name = _require_name(table)
        columns = self._ask(
            "columns",
            lambda: self._reader.columns(name),
            Columns,
            answers.check_columns,
        )
        return self._clean.columns(columns)

    def preview(self, table: str, n: int = 10) -> Preview:
        """Return at most `n` rows of a table, 1 to 1000; each holds JSON values under the columns of the preview."""
        if isinstance(n, bool) or not isinstance(n, int) or not 1 <= n <= MOST_ROWS:
            raise InvalidInput(f"a preview has 1 to {MOST_ROWS} rows")
        name = _require_name(table)
        preview = self._ask(
            "preview",
            lambda: self._reader.preview(name, n),
            Preview,
            lambda preview: answers.check_preview(preview, n),
        )
        return self._clean.preview(preview)

    def _ask(
        self,
        what: str,
        method: Callable[[], T],
        kind: type[T],
        check: Callable[[T], T],
    ) -> T:
        """Return what a method answers, if it is of this kind and fit to be shown."""

        def ask() -> T:
            answer = method()
            if not isinstance(answer, kind):
                rule = f"{what} must return headwater.sources.{kind.__name__}"
                raise self._violation(rule)
            return check(answer)

        return self._call(what, ask)

    def _call(self, what: str, method: Callable[[], T]) -> T:
        with foreign(
            f"connector {self._slug}: {what}", self._distribution, self._secrets
        ):
            try:
                return method()
            except answers.Unfit as unfit:
                raise_bare(self._violation(f"{what}: {unfit}"))

    def _violation(self, rule: str) -> BrokenPlugin:
        return BrokenPlugin(
            f"connector {self._slug} of {self._distribution}: {rule}",
            distribution=str(self._distribution),
            remedy=f"report it to the authors of {self._distribution.name}",
        )


def _require_name(table: str) -> str:
    """Return the name of a table. Raises `InvalidInput` for what no table can be called."""
    if not isinstance(table, str):
        raise InvalidInput("the table must be given by its name, a string")
    if not table.strip() or "\0" in table:
        raise InvalidInput(
            "the table's name is empty or contains a character no name can contain"
        )
    return table
