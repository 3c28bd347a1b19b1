"""The fields of a JSON body: which are the caller's to say, and of which type each must be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headwater_local_flow_service.errors import FlowError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


# What no client sees: which state comes next, and after how many reads; which secrets an export left out.
TURNING = "_turning"
LEFT_OUT = "_leftOut"

# What the service itself writes; sent by a caller, it is passed over.
READ_ONLY = frozenset(
    {
        "id", "createdAt", "updatedAt", "createdBy", "updatedBy", "createdClient", "updatedClient", "sandboxId",
        "sandboxName", "imsOrgId", "version", "etag", "state", "inheritedAttributes", "providerRefId", "typeInfo",
        TURNING, LEFT_OUT,
    }
)  # fmt: skip

# Fields of every body that may be missing.
_NAMING = {"name": "string", "description": "string"}

_TYPES: dict[str, type] = {
    "string": str,
    "object": dict,
    "array": list,
    "boolean": bool,
}


def drop_read_only(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of a body is the caller's to say."""
    return drop_fields(body, READ_ONLY)


def drop_fields(document: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    """Return a document without some of its fields."""
    return {name: value for name, value in document.items() if name not in names}


def normalize(document: Mapping[str, Any], *optional: str) -> dict[str, Any]:
    """Return a document without name, description and the other `optional` fields where they are null.

    Null says the same as leaving the field out, and no reader expects it.
    """
    nulls = [name for name in (*_NAMING, *optional) if document.get(name, "") is None]
    return drop_fields(document, nulls)


def check_naming(document: Mapping[str, Any]) -> None:
    """Check name and description, which may be missing but must be strings. Raises `FlowError`."""
    check_types(document, _NAMING)


def read_field(
    holder: Mapping[str, Any], name: str, json_type: str, *, path: str = ""
) -> Any:
    """Return a field that may be missing (None) but must be of a JSON type. Raises `FlowError`.

    `path` is where the holder stands in its body, without a dot at the end.
    """
    value = holder.get(name)
    if value is not None and not isinstance(value, _TYPES[json_type]):
        raise FlowError(
            "CONNECTOR-1312-400", f"{_place(path, name)} must be of type {json_type}"
        )
    return value


def check_types(
    holder: Mapping[str, Any], json_types: Mapping[str, str], *, path: str = ""
) -> None:
    """Check fields that may be missing but must be of a JSON type, each its own. Raises `FlowError`."""
    for name, json_type in json_types.items():
        read_field(holder, name, json_type, path=path)


def read_array(
    holder: Mapping[str, Any], name: str, element_type: str, *, path: str = ""
) -> list[Any]:
    """Return an array that may be missing (empty), all of its elements of a JSON type. Raises `FlowError`."""
    elements: list[Any] = read_field(holder, name, "array", path=path) or []
    if not all(isinstance(element, _TYPES[element_type]) for element in elements):
        raise FlowError(
            "CONNECTOR-1312-400",
            f"{_place(path, name)} must be an array of {element_type}s",
        )
    return elements


def require_field(
    holder: Mapping[str, Any],
    name: str,
    json_type: str,
    *,
    path: str = "",
    code: str = "CONNECTOR-1304-400",
    allow_empty: bool = False,
    draft: bool = False,
) -> Any:
    """Return a field that must be there and, unless `allow_empty`, hold something. Raises `FlowError` with `code`.

    A `draft` may lack it (None), but what it has must hold something.
    """
    if draft and name not in holder:
        return None
    value = read_field(holder, name, json_type, path=path)
    if value is None:
        raise FlowError(code, f"the mandatory field {_place(path, name)} is missing")
    if not allow_empty and _is_empty(value):
        raise FlowError(code, f"{_place(path, name)} is empty")
    return value


def read_choice(
    holder: Mapping[str, Any],
    name: str,
    allowed: Collection[str],
    *,
    path: str,
    code: str = "CONNECTOR-1312-400",
) -> Any:
    """Return a field that may be missing but must be one of some strings. Raises `FlowError` with `code`."""
    value = read_field(holder, name, "string", path=path)
    if value is not None and value not in allowed:
        raise FlowError(
            code, f"{_place(path, name)} must be one of {', '.join(allowed)}"
        )
    return value


def _is_empty(value: Any) -> bool:
    if isinstance(value, str):
        return not value.strip()
    return value in ({}, [])


def _place(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
