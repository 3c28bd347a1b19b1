"""Arguments of Python callers: one of a wrong type is refused by its name, before anything is done with it.

Type checkers say the same, but not everybody runs one, and a notebook runs none.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Mapping
from typing import Any, ParamSpec, TypeVar

from headwater.errors import InvalidInput
from headwater.secret import Unshown

P = ParamSpec("P")
T = TypeVar("T")

_DEEPEST = 20  # levels; what contains itself has no end


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
    flaw = _find_key_flaw(name, value)
    if flaw is not None:
        raise flaw


def takes_fields(
    name: str, position: int
) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Hand a function its argument of that name (or at that position) as a mapping that prints no value.

    A wrong one is refused from here, where nothing of it is left in a local variable: it can hold secrets, and callers
    look into frames. Raises `InvalidInput` for anything but a mapping with strings for keys, at every depth.
    """

    def decorate(function: Callable[P, T]) -> Callable[P, T]:
        @functools.wraps(function)
        def call(*args: P.args, **options: P.kwargs) -> T:
            given: list[Any] = list(args)
            named = Unshown(options)
            # Nothing is left here to be seen.
            args, options = (), {}  # type: ignore[assignment]
            flaw = _find_flaw(name, *_find_place(name, position, given, named))
            if flaw is not None:
                given, named = [], Unshown()
                raise flaw
            return function(*given, **named)

        return call

    return decorate


def _find_place(
    name: str, position: int, given: list[Any], named: Unshown
) -> tuple[Any, Any]:
    """Return where an argument stands: in which of the two, and at which place."""
    if name not in named and len(given) > position:
        return given, position
    return named, name


def _find_flaw(name: str, holder: Any, place: Any) -> InvalidInput | None:
    """Return what is wrong with the fields at a place, or None, having put them there as a mapping that prints none."""
    try:
        value = holder[place]
    except KeyError:  # the function itself says that it is missing
        return None
    if not isinstance(value, Mapping):
        return InvalidInput(
            f"{name} must be a mapping of names to values, not {_describe(value)}"
        )
    holder[place] = Unshown(value)
    waiting: list[tuple[Any, int]] = [(value, 1)]
    while waiting:
        part, depth = waiting.pop()
        if depth > _DEEPEST:
            return InvalidInput(f"{name} is nested too deep")
        if isinstance(part, Mapping):
            flaw = _find_key_flaw(name, part)
            if flaw is not None:
                return flaw
            waiting += [(inner, depth + 1) for inner in part.values()]
        elif isinstance(part, (list, tuple)):
            waiting += [(inner, depth + 1) for inner in part]
    return None


def _find_key_flaw(name: str, fields: Mapping[Any, Any]) -> InvalidInput | None:
    for key in fields:
        if not isinstance(key, str):
            return InvalidInput(
                f"{name} must have strings for keys, and has {_describe(key)} among them",
                remedy="name each value by its field",
            )
    return None


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
