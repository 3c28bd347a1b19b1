"""What a connector's reader offers, and the frozen values it answers with.

Reading rows in bulk (``partitions`` and ``read(partition)`` in Arrow batches) is to join this protocol later; nothing
here stands in its way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, Self, TypeAlias, runtime_checkable

import attrs

from headwater.models import as_tuple
from headwater.sources.reach import ANYWHERE, Reach

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from headwater.models import AuthenticationSpec

Row: TypeAlias = dict[str, Any]


@attrs.frozen(kw_only=True)
class SourceCredentials:
    """What `open_source` gets: validated credentials with secrets as `Secret`, and where a reader may connect to."""

    auth: AuthenticationSpec
    params: Mapping[str, Any] = attrs.field(repr=False)
    reach: Reach = ANYWHERE


@attrs.frozen(kw_only=True)
class Limit:
    """An allowance of the source: how many of `most` are left, in whatever unit `name` says."""

    name: str
    left: int
    most: int


@attrs.frozen(kw_only=True)
class Check:
    """What a source says of itself and of us: who we are there, what we may do, and how much is left of what."""

    user: str = ""
    organization: str = ""
    version: str = ""  # of the interface that is used
    # that the source offers
    versions: tuple[str, ...] = attrs.field(default=(), converter=as_tuple)
    permissions: tuple[str, ...] = attrs.field(default=(), converter=as_tuple)
    limits: tuple[Limit, ...] = attrs.field(default=(), converter=as_tuple)
    # what a person should know, such as retirements
    notes: tuple[str, ...] = attrs.field(default=(), converter=as_tuple)

    def as_dict(self) -> dict[str, Any]:
        """Return the check for JSON output."""
        facts: dict[str, Any] = attrs.asdict(self)
        return facts


@attrs.frozen(kw_only=True)
class Table:
    """A table or object of the source; `name` is the path the other methods take."""

    name: str
    label: str = ""
    can_preview: bool = True
    note: str = ""  # why it cannot be previewed, or what else is special

    def as_item(self) -> dict[str, Any]:
        """Return the table as ``/explore`` lists it."""
        return {
            "type": "table",
            "name": self.label or self.name,
            "path": self.name,
            "canPreview": self.can_preview,
            "canFetchSchema": True,
        }


@attrs.frozen(kw_only=True)
class Column:
    """A column in Flow Service's shape: `type` is JSON's, `format` and `meta_type` tell dates from other strings.

    `properties` describe the parts of a column whose type is ``object``.
    """

    name: str
    type: str
    format: str = ""
    meta_type: str = ""
    properties: tuple[Column, ...] = attrs.field(default=(), converter=as_tuple)

    def as_dict(self) -> dict[str, Any]:
        """Return the column as ``schema.columns`` and a source connection's ``params.columns`` hold it."""
        meta = {"meta:xdmType": self.meta_type} if self.meta_type else {}
        return {"name": self.name, "type": self.type, **meta, "xdm": self._xdm()}

    def _xdm(self) -> dict[str, Any]:
        xdm: dict[str, Any] = {"type": self.type}
        if self.format:
            xdm["format"] = self.format
        if self.properties:
            xdm["properties"] = {part.name: part._xdm() for part in self.properties}
        return xdm


@attrs.frozen
class LeftOut:
    """A field of the source that is not among the columns, and why."""

    name: str
    reason: str


@attrs.frozen
class Columns:
    """The columns of a table, and every field that is not among them.

    `notes` say what else whoever reads them must know: that fields may be hidden, or that types are not certain.
    """

    columns: tuple[Column, ...] = attrs.field(converter=as_tuple)
    left_out: tuple[LeftOut, ...] = attrs.field(default=(), converter=as_tuple)
    notes: tuple[str, ...] = attrs.field(default=(), converter=as_tuple, kw_only=True)

    @classmethod
    def from_fields(
        cls, fields: Iterable[Column | LeftOut], notes: Iterable[str] = ()
    ) -> Columns:
        """Return the fields of a table as its columns, in order, and those left out."""
        columns = []
        left_out = []
        for field in fields:
            if isinstance(field, LeftOut):
                left_out.append(field)
            else:
                columns.append(field)
        return cls(columns, left_out, notes=notes)


@attrs.frozen
class Preview:
    """The first rows of a table: JSON values by column name. The rows are in the source's own order."""

    columns: Columns
    rows: tuple[Row, ...] = attrs.field(converter=as_tuple, repr=False)


@runtime_checkable
class SourceReader(Protocol):
    """Direct access to one source with one set of credentials; a context manager that lets go of its connections.

    Opening one sends nothing. Every method raises a `headwater.errors.SourceError`: credentials, permission, not found,
    throttled, unavailable or bug. A refused password is never sent a second time: sources lock their users out.
    """

    def __enter__(self) -> Self:
        """Return the reader."""

    def __exit__(self, *exception: object) -> None:
        """Let go of the source."""

    def check(self) -> Check:
        """Say who we are and what is left of the allowances, in at most three requests."""

    def tables(self) -> Sequence[Table]:
        """Return every table that can be read, sorted by name."""

    def columns(self, table: str) -> Columns:
        """Return the columns of a table. Raises `SourceNotFound`."""

    def preview(self, table: str, n: int) -> Preview:
        """Return at most `n` rows of a table. Raises `SourceNotFound`."""
