"""Arguments of Python callers: one of a wrong type is refused by its name, before anything is done with it.

Type checkers say the same, but not everybody runs one, and a notebook runs none.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from headwater.errors import InvalidInput
from headwater.secret import Unshown


def require_kind(name: str, value: Any, kinds: Any, wanted: str) -> None:
    """Raise `InvalidInput` for an argument that is of none of these types; `wanted` says in words what it must be."""
    if not isinstance(value, kinds):
        raise InvalidInput(f"{name} must be {wanted}, not {_describe(value)}")


def require_text(name: str, value: Any) -> None:
    """Raise `InvalidInput` for anything but a string."""
    require_kind(name, value, str, "a string")


def require_optional_text(name: str, value: Any) -> None:
    """Raise `InvalidInput` for anything but a string or None."""
    require_kind(name, value, (str, type(None)), "a string or None")


def require_optional_path(name: str, value: Any) -> None:
    """Raise `InvalidInput` for anything but a path, as a string too, or None."""
    require_kind(name, value, (str, os.PathLike, type(None)), "a path or None")


def require_fields(name: str, value: Any) -> None:
    """Raise `InvalidInput` for anything but a mapping whose keys are strings."""
    require_kind(name, value, Mapping, "a mapping of names to values")
    for key in value:
        if not isinstance(key, str):
            raise InvalidInput(
                f"{name} must have strings for keys, and has {_describe(key)} among them",
                remedy="name each value by its field",
            )


def take_fields(name: str, value: Any) -> Unshown:
    """Return a mapping whose keys are strings as one that prints no value. Raises as `require_fields` does."""
    require_fields(name, value)
    return Unshown(value)


def require_service(value: Any) -> None:
    """Raise `InvalidInput` for anything that cannot be a `headwater.FlowService`, the argument `service`."""
    if not hasattr(value, "connection_specs"):
        raise InvalidInput(
            f"service must be a FlowService, not {_describe(value)}",
            remedy="make one with `headwater.connect()`",
        )


def _describe(value: Any) -> str:
    if value is None:
        return "None"
    noun = type(value).__name__
    return f"an {noun}" if noun[:1].lower() in "aeiou" else f"a {noun}"
