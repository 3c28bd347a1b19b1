"""What describe says of one object: its columns, and whether its records have ids to order and join them by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeGuard

import attrs

from headwater.sources import Columns, LeftOut
from headwater_salesforce_service_cloud import soql, types

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headwater.sources import Column

# Describe leaves such fields out without a word.
HIDDEN_FIELDS = (
    "fields that field-level security hides from this user are not among these, and Salesforce does not say which: "
    "ask the administrator of the organization for read access to one that is missing"
)
_NO_IDS = "its records have no ids, and a query that selects it answers only rows with an empty one"
_BIG_OBJECT = "__b"
_EMPTY_ID = "0" * 15


@attrs.frozen
class Description:
    """The columns of an object; `keyed` says that its records can be ordered and joined by Id."""

    columns: Columns
    keyed: bool

    @property
    def names(self) -> list[str]:
        """The names of the columns, in describe's order."""
        return [column.name for column in self.columns.columns]

    def without_ids(self) -> Description:
        """Return this without Id, for an object whose records turn out to have none."""
        return self._leave_out({"Id": _NO_IDS}, keyed=False)

    def leave_out(self, names: set[str], reason: str) -> Description:
        """Return this without some columns."""
        return self._leave_out(dict.fromkeys(names, reason), keyed=self.keyed)

    def _leave_out(self, reasons: Mapping[str, str], *, keyed: bool) -> Description:
        fields: list[Column | LeftOut] = []
        for column in self.columns.columns:
            reason = reasons.get(column.name)
            fields.append(LeftOut(column.name, reason) if reason else column)
        fields += self.columns.left_out
        return Description(Columns.from_fields(fields), keyed)


def read_description(body: Any) -> Description | None:
    """Return what describe answered, or None where it is something else."""
    fields = body.get("fields") if isinstance(body, dict) else None
    if not fields or not is_list_of_named(fields):
        return None
    keyed = any(map(_is_key, fields))
    description = Description(Columns.from_fields(map(types.column, fields)), keyed)
    if _has_ids(body):
        return description
    return description.without_ids()


def is_list_of_named(value: Any) -> TypeGuard[list[dict[str, Any]]]:
    """Say whether this is a list of objects, each with a name that can stand in a query."""
    return isinstance(value, list) and all(map(_is_named, value))


def is_empty_id(value: Any) -> bool:
    """Say whether this is the id of no record, 15 or 18 characters long, as big objects answer it."""
    return isinstance(value, str) and value.startswith(_EMPTY_ID)


def _is_named(item: Any) -> bool:
    return isinstance(item, dict) and soql.is_name(item.get("name"))


def _is_key(field: Mapping[str, Any]) -> bool:
    is_id = field["name"] == "Id" and field.get("type") == "id"
    return is_id and field.get("sortable") is not False


def _has_ids(description: Mapping[str, Any]) -> bool:
    """Say whether records have ids. Those of big objects have none; a standard one shows it by not being retrieveable.

    Ordinary objects are, down to status values, shares and histories (recorded).
    """
    is_big = str(description.get("name", "")).endswith(_BIG_OBJECT)
    return not is_big and description.get("retrieveable") is not False
