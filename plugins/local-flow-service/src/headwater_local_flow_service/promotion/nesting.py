"""Lists and maps of Arrow taken apart, also where they are slices of longer ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa


def is_list(type: pa.DataType) -> bool:
    """Say whether a type is one of lists."""
    import pyarrow as pa

    return bool(
        pa.types.is_list(type)
        or pa.types.is_large_list(type)
        or pa.types.is_fixed_size_list(type)
    )


def offsets_of(array: pa.Array) -> pa.Array:
    """Return where each list or map begins among the items of this array alone, and at last where they end."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_fixed_size_list(array.type):
        lengths = pc.fill_null(pc.list_value_length(array), 0).cast(pa.int32())
        return pa.concat_arrays([pa.array([0], pa.int32()), pc.cumulative_sum(lengths)])
    return pc.subtract(array.offsets, array.offsets[0]).cast(pa.int32())


def items_of(array: pa.Array) -> pa.Array:
    """Return the items of lists that `offsets_of` counts."""
    import pyarrow as pa

    if pa.types.is_fixed_size_list(array.type):
        return array.flatten()
    return _within(array, array.values)


def keys_of(array: pa.Array) -> pa.Array:
    """Return the keys of maps that `offsets_of` counts."""
    return _within(array, array.keys)


def values_of(array: pa.Array) -> pa.Array:
    """Return the values of maps that `offsets_of` counts."""
    return _within(array, array.items)


def list_entries(array: pa.Array) -> pa.Array:
    """Return maps as lists of objects with ``key`` and ``value``."""
    import pyarrow as pa

    names = ["key", "value"]
    entries = pa.StructArray.from_arrays([keys_of(array), values_of(array)], names)
    return pa.ListArray.from_arrays(offsets_of(array), entries, mask=array.is_null())


def _within(array: pa.Array, items: pa.Array) -> pa.Array:
    first, last = array.offsets[0].as_py(), array.offsets[-1].as_py()
    return items.slice(first, last - first)
