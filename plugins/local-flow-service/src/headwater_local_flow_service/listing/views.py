"""Which fields of a collection's items the store can filter and sort by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Table


@attrs.frozen(kw_only=True)
class View:
    """A table, and how the fields of its items map to its columns.

    `spec` is the field that names a specification: ``connectionSpec`` or ``flowSpec``. `links` are the fields that hold
    ids of other objects, as filters spell them: ``baseConnectionId``, ``sourceConnectionIds[]``. `aliases` are short
    names for fields of the items: filters that name them look at the fields.
    """

    table: Table
    spec: str
    links: tuple[str, ...] = ()
    aliases: Mapping[str, str] = attrs.field(factory=dict, hash=False)

    @property
    def columns(self) -> dict[str, str]:
        """Fields that are compared as strings, with their columns."""
        return {
            "id": "id",
            "name": "name",
            f"{self.spec}.id": "spec_id",
            "state": "state",
        }

    @property
    def sortable(self) -> dict[str, str]:
        """Fields that ``orderby`` knows, with their columns."""
        dates = {"createdAt": "created_at", "updatedAt": "updated_at"}
        return dict(sorted({**self.columns, **dates}.items()))
