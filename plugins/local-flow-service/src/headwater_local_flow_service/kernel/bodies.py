"""What every body may consist of: what the service writes itself left out, texts checked, specifications found."""

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

_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "object": dict,
    "array": list,
    "boolean": bool,
}


def own(body: dict[str, Any]) -> dict[str, Any]:
    """Return what of a body is the caller's to say."""
    return {name: value for name, value in body.items() if name not in READ_ONLY}


def check_texts(document: dict[str, Any]) -> None:
    """Check name and description, which may be missing but must be texts. Raises `FlowError`."""
    for name in ("name", "description"):
        if document.get(name) is None:
            document.pop(name, None)
        typed(document, name, "string")


def typed(holder: Mapping[str, Any], name: str, kind: str, *, path: str = "") -> Any:
    """Return a field that may be missing (None) but must be of a JSON type. Raises `FlowError`."""
    value = holder.get(name)
    if value is not None and not isinstance(value, _TYPES[kind]):
        raise FlowError(
            "CONNECTOR-1312-400", f"{_at(path, name)} must be of type {kind}"
        )
    return value


def required(
    holder: Mapping[str, Any],
    name: str,
    kind: str,
    *,
    path: str = "",
    code: str = "CONNECTOR-1304-400",
) -> Any:
    """Return a field that must be there, with something in it. Raises `FlowError` with `code` where it is not."""
    value = typed(holder, name, kind, path=path)
    if value is None:
        raise FlowError(code, f"the mandatory field {_at(path, name)} is missing")
    if value in ("", {}, []) or (isinstance(value, str) and not value.strip()):
        raise FlowError(code, f"{_at(path, name)} is empty")
    return value


def one_of(
    holder: Mapping[str, Any],
    name: str,
    allowed: Collection[str],
    *,
    path: str,
    code: str = "",
) -> Any:
    """Return a field that may be missing but must be one of some texts. Raises `FlowError`."""
    value = typed(holder, name, "string", path=path)
    if value is not None and value not in allowed:
        raise FlowError(
            code or "CONNECTOR-1312-400",
            f"{_at(path, name)} is one of {', '.join(allowed)}",
        )
    return value


def _at(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
