"""What a reader hands out, without the secrets it was opened with: sources repeat them in notes, labels and rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from headwater.cleaning import Cleaner

if TYPE_CHECKING:
    from collections.abc import Container, Iterable

    from headwater.secret import Secret
    from headwater.sources.contract import Check, Columns, Preview, Table

_OF_CHECK = ("user", "organization", "version", "versions", "permissions", "notes")


class AnswerCleaner:
    """Cleans answers. Names of tables and columns stay, since they are asked for by them.

    `known` are the credentials that are not secret: a user who is called like the password is told as it is.
    """

    def __init__(self, secrets: Iterable[Secret], known: Container[str]) -> None:
        self._cleaner = Cleaner(secrets)
        self._known = known

    def check(self, check: Check) -> Check:
        """Return what a source says of itself and of us."""
        told = {name: getattr(check, name) for name in _OF_CHECK}
        return attrs.evolve(check, **self._clean(told))

    def tables(self, tables: Iterable[Table]) -> tuple[Table, ...]:
        """Return tables with their labels and notes cleaned."""
        tables = tuple(tables)
        told = self._clean([(table.label, table.note) for table in tables])
        return tuple(
            attrs.evolve(table, label=label, note=note)
            for table, (label, note) in zip(tables, told, strict=True)
        )

    def columns(self, columns: Columns) -> Columns:
        """Return columns with the notes and the reasons of those left out cleaned."""
        told = [[field.reason for field in columns.left_out], list(columns.notes)]
        reasons, notes = cleaned = self._clean(told)
        if cleaned == told:
            return columns
        left_out = [
            attrs.evolve(field, reason=reason)
            for field, reason in zip(columns.left_out, reasons, strict=True)
        ]
        return attrs.evolve(columns, left_out=left_out, notes=notes)

    def preview(self, preview: Preview) -> Preview:
        """Return rows with the strings in them cleaned."""
        rows = self._clean(preview.rows)
        return attrs.evolve(preview, columns=self.columns(preview.columns), rows=rows)

    def _clean(self, value: Any) -> Any:
        return self._cleaner.clean_values(value, known=self._known)
