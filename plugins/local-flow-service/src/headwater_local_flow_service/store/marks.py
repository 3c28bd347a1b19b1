"""Which values of a connection's credentials are secret: paths in depth, kept with the row, acted on by the row alone.

A specification can be changed or removed after it has been used, so it says what is secret only when a value comes in.
From then on the marks of the row count: what has been sealed is never opened by data.
"""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any, TypeAlias

from headwater.models import holds_secrets
from headwater.secret import MASK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from headwater.models import AuthenticationSpec, Field, FieldPath

Marks: TypeAlias = "tuple[FieldPath, ...]"

_ABSENT = object()


def find(specs: Sequence[AuthenticationSpec], params: Mapping[str, Any]) -> Marks:
    """Return the paths of what is secret among the given values by any of these specifications.

    Secret is, besides, what none of them lists, and all where a schema from outside hides what it marks.
    """
    if any(spec.unusable for spec in specs):
        return tuple((name,) for name in params)
    fields = itertools.chain.from_iterable(spec.fields for spec in specs)
    return tuple(_find(list(fields), params, ()))


def find_strings(params: Mapping[str, Any]) -> Marks:
    """Return the paths of every string, for values whose specification is gone; an array with one is secret whole."""
    return tuple(_find_strings(params, ()))


def join(*many: Marks) -> Marks:
    """Return the marks of several together, each once."""
    return tuple(dict.fromkeys(itertools.chain.from_iterable(many)))


def select_present(params: Mapping[str, Any], marks: Marks) -> Marks:
    """Return the marks at which a value stands."""
    return tuple(path for path in marks if read(params, path, _ABSENT) is not _ABSENT)


def read(params: Mapping[str, Any], path: FieldPath, default: Any = None) -> Any:
    """Return the value at a path, or the default."""
    value: Any = params
    for name in path:
        if not isinstance(value, dict) or name not in value:
            return default
        value = value[name]
    return value


def covers(marks: Marks, path: FieldPath) -> bool:
    """Say whether a path, or an object above it, is marked."""
    return any(path[: len(mark)] == mark for mark in marks)


def mask(params: Mapping[str, Any], marks: Marks) -> dict[str, Any]:
    """Return the values with a mask in the place of every marked one."""
    return change(params, marks, lambda _value: MASK)


def change(
    params: Mapping[str, Any], marks: Marks, replace: Callable[[Any], Any]
) -> dict[str, Any]:
    """Return the values with what `replace` makes of each marked one; what was given stays as it is."""
    changed = dict(params)
    for path in marks:
        _change(changed, path, replace)
    return changed


def drop(params: Mapping[str, Any], marks: Marks) -> dict[str, Any]:
    """Return the values without those that are marked."""
    kept = dict(params)
    for *above, name in select_present(params, marks):
        holder = _copy_way(kept, above)
        if holder is not None:
            holder.pop(name, None)
    return kept


def dump(marks: Marks) -> str | None:
    """Return the marks as a row's column holds them."""
    if not marks:
        return None
    return json.dumps(marks, separators=(",", ":"))


def load(text: str | None) -> Marks:
    """Return the marks of a row's column."""
    if not text:
        return ()
    return tuple(tuple(path) for path in json.loads(text))


def name_of(path: FieldPath) -> str:
    """Return a path as one string: a name as it is, a path in depth as a JSON pointer."""
    if len(path) == 1 and not path[0].startswith("/"):
        return path[0]
    escaped = (name.replace("~", "~0").replace("/", "~1") for name in path)
    return "".join(f"/{name}" for name in escaped)


def path_of(name: str) -> FieldPath:
    """Return the path that `name_of` made a string of."""
    if not name.startswith("/"):
        return (name,)
    parts = name[1:].split("/")
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in parts)


def _find(
    fields: list[Field], values: Mapping[str, Any], above: FieldPath
) -> Iterator[FieldPath]:
    for name, value in values.items():
        path = (*above, name)
        listed = [field for field in fields if field.name == name]
        inner = [below for field in listed for below in field.properties]
        if not listed or any(field.secret for field in listed):
            yield path
        elif inner and isinstance(value, dict):
            yield from _find(inner, value, path)
        elif any(map(holds_secrets, inner)):
            yield path  # not the object that was expected: perhaps the secret itself


def _find_strings(value: Any, path: FieldPath) -> Iterator[FieldPath]:
    if isinstance(value, dict):
        for name, below in value.items():
            yield from _find_strings(below, (*path, name))
    elif isinstance(value, (str, list)):
        yield path


def _change(
    params: dict[str, Any], path: FieldPath, replace: Callable[[Any], Any]
) -> None:
    *above, name = path
    if read(params, path, _ABSENT) is _ABSENT:
        return
    holder = _copy_way(params, above)
    if holder is not None:
        holder[name] = replace(holder[name])


def _copy_way(params: dict[str, Any], above: Iterable[str]) -> dict[str, Any] | None:
    """Return the object that a path leads to, copied with those on the way; None where the way has gone meanwhile."""
    holder = params
    for name in above:
        below = holder.get(name)
        if not isinstance(below, dict):
            return None
        holder[name] = holder = dict(below)
    return holder
