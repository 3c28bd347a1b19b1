"""From a resolved schema to the types of columns: XDM types as types of Parquet, and what a schema leaves open.

A field that the schema does not describe is *open*: its type is inferred from the values that come.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import attrs

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa

STRING: Final = "string"
NUMBER: Final = "number"
BOOLEAN: Final = "boolean"
LONG: Final = "long"
INTEGER: Final = "int"
SHORT: Final = "short"
BYTE: Final = "byte"
DATE: Final = "date"
DATE_TIME: Final = "date-time"
OBJECT: Final = "object"
MAP: Final = "map"
ARRAY: Final = "array"
OPEN: Final = "open"
TEXT: Final = "text"  # an open field whose values differ in kind: strings, and JSON

# The magnitude that a long may have: what every JSON reader holds exactly.
LARGEST_LONG: Final = 2**53
RANGES: Final[Mapping[str, tuple[int, int]]] = {
    BYTE: (-(2**7), 2**7 - 1),
    SHORT: (-(2**15), 2**15 - 1),
    INTEGER: (-(2**31), 2**31 - 1),
    LONG: (-LARGEST_LONG, LARGEST_LONG),
}
_XDM_TYPES: Final[Mapping[str, str]] = {
    "byte": BYTE,
    "short": SHORT,
    "int": INTEGER,
    "integer": INTEGER,
    "long": LONG,
}


@attrs.frozen
class Shape:
    """What one field of a row is.

    `fields` are those of an object, `item` the shape of an array's items or a map's values. A `closed` object has no
    field but these. What is `inferred` comes from values and not from a schema, and grows wider with what comes later.
    """

    kind: str
    fields: Mapping[str, Shape] = attrs.field(factory=dict)
    item: Shape | None = None
    closed: bool = False
    inferred: bool = False

    @cached_property
    def has_open(self) -> bool:
        """Whether anything in it is to be inferred."""
        if self.inferred or self.kind == OPEN:
            return True
        if self.kind == OBJECT and not self.closed:
            return True
        inner = [*self.fields.values(), *([self.item] if self.item else [])]
        return any(shape.has_open for shape in inner)

    @cached_property
    def size(self) -> int:
        """How many fields it has, at all depths."""
        inner = self.item.size if self.item else 0
        return (
            len(self.fields) + sum(shape.size for shape in self.fields.values()) + inner
        )

    def arrow_type(self) -> pa.DataType | None:
        """Return the type of the column in Parquet; None where nothing is known, so that there is no column."""
        import pyarrow as pa

        if self.kind == OBJECT:
            fields = self.arrow_fields()
            return pa.struct(fields) if fields else None
        if self.kind in (ARRAY, MAP):
            item = self.item.arrow_type() if self.item is not None else None
            if item is None and self.inferred:
                return None
            # The column is known to be there, if not of what.
            item = item or pa.string()
            return pa.list_(item) if self.kind == ARRAY else pa.map_(pa.string(), item)
        return _plain_types().get(self.kind)

    def arrow_fields(self) -> list[pa.Field]:
        """Return the columns of an object, without those of which nothing is known."""
        import pyarrow as pa

        types = {name: shape.arrow_type() for name, shape in self.fields.items()}
        return [
            pa.field(name, type) for name, type in types.items() if type is not None
        ]


def _plain_types() -> Mapping[str, pa.DataType]:
    import pyarrow as pa

    return {
        STRING: pa.string(),
        TEXT: pa.string(),
        NUMBER: pa.float64(),
        BOOLEAN: pa.bool_(),
        LONG: pa.int64(),
        INTEGER: pa.int32(),
        SHORT: pa.int16(),
        BYTE: pa.int8(),
        DATE: pa.date32(),
        DATE_TIME: pa.timestamp("ms", tz="UTC"),
    }


def read_shape(schema: Any) -> Shape:
    """Return the shape that a resolved schema describes; what it does not describe, or not in a form known, is open."""
    if not isinstance(schema, dict):
        return Shape(OPEN)
    kind = type_of(schema)
    if kind == "object":
        return _read_object(schema)
    if kind == "array":
        return Shape(ARRAY, item=read_shape(schema.get("items")))
    return Shape(_read_plain(schema, kind))


def _read_plain(schema: Mapping[str, Any], kind: str | None) -> str:
    if kind == "string":
        format = schema.get("format")
        return format if format in (DATE, DATE_TIME) else STRING
    if kind == "integer":
        return _read_integer(schema)
    return kind if kind in (NUMBER, BOOLEAN) else OPEN


def type_of(schema: Mapping[str, Any]) -> str | None:
    """Return the one JSON type that a schema names beside ``null``; None where there are none or several."""
    types = schema.get("type")
    if isinstance(types, str):
        types = [types]
    if types is None and isinstance(schema.get("properties"), dict):
        return "object"
    if not isinstance(types, list):
        return None
    named = [type for type in types if type != "null"]
    return named[0] if len(named) == 1 and isinstance(named[0], str) else None


def _read_object(schema: Mapping[str, Any]) -> Shape:
    properties = schema.get("properties")
    values = schema.get("additionalProperties")
    if isinstance(properties, dict) and properties:
        fields = {name: read_shape(field) for name, field in properties.items()}
        return Shape(OBJECT, fields=fields, closed=values is False)
    if isinstance(values, dict) and values:
        return Shape(MAP, item=read_shape(values))
    return Shape(OBJECT, closed=values is False)


def _read_integer(schema: Mapping[str, Any]) -> str:
    """Return the narrowest type that ``meta:xdmType`` or the bounds of an integer name; a long by default."""
    named = _XDM_TYPES.get(str(schema.get("meta:xdmType")))
    if named is not None:
        return named
    least, most = schema.get("minimum"), schema.get("maximum")
    for kind in (BYTE, SHORT, INTEGER):
        if (least, most) == RANGES[kind]:
            return kind
    return LONG
