"""Which parameters decide where the secrets of a connection are sent.

The list of words is part of the documentation: docs/flow-service-operations.md#a-changed-destination.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from headwater.models import iter_fields
from headwater_local_flow_service.store import marks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from headwater.models import AuthenticationSpec, FieldPath
    from headwater_local_flow_service.store.marks import Marks

# A parameter with any of these words in its name leads somewhere: ``environmentUrl``, ``service_endpoint``.
WORDS: Final = frozenset(
    {
        "account", "address", "bootstrap", "broker", "brokers", "connection", "domain", "dsn", "endpoint",
        "environment", "gateway", "host", "hostname", "hosts", "instance", "namespace", "override", "port", "proxy",
        "server", "servers", "site", "subdomain", "tenant", "uri", "url",
    }
)  # fmt: skip

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_ABSENT = object()


def find_changed(
    specs: Sequence[AuthenticationSpec],
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    secret: Marks,
) -> str:
    """Return the name of a destination that differs, or an empty string; secrets are none.

    For a specification that an organization stored, whatever is not a secret and holds a string is one: nobody has said
    what it means. So is what a connector's specification does not list, though it is kept as a secret.
    """
    is_foreign = any(spec.raw is not None for spec in specs)
    marked = {
        path for spec in specs for path, field in iter_fields(spec) if field.destination
    }
    for path in dict.fromkeys([*_leaves(before), *_leaves(after)]):
        values = [marks.read(params, path, _ABSENT) for params in (before, after)]
        if values[0] == values[1]:
            continue
        if not is_foreign and values[1] is not _ABSENT and not _is_listed(specs, path):
            return ".".join(path)
        if marks.covers(secret, path):
            continue
        if path in marked or _leads_by_name(path):
            return ".".join(path)
        if is_foreign and not all(map(_is_plain, values)):
            return ".".join(path)
    return ""


def _is_listed(specs: Sequence[AuthenticationSpec], path: FieldPath) -> bool:
    """Say whether any of the specifications lists a path, or the field without properties of its own that it is in."""
    fields = [listed for spec in specs for listed in iter_fields(spec)]
    return any(
        path[: len(listed)] == listed and not field.properties
        for listed, field in fields
    )


def _leads_by_name(path: FieldPath) -> bool:
    *above, name = path
    inner = _words([name]) & WORDS
    # A service account is an object with a key; only what stands in it leads somewhere.
    return bool(inner or _words(above) & (WORDS - {"account"}))


def _words(names: Iterable[str]) -> set[str]:
    return {word.lower() for name in names for word in _WORD.findall(name)}


def _is_plain(value: Any) -> bool:
    """Say whether a value cannot name a place."""
    return value is _ABSENT or value is None or isinstance(value, (bool, int, float))


def _leaves(value: Any, path: FieldPath = ()) -> Iterator[FieldPath]:
    """Yield the paths of what stands in objects, arrays as a whole."""
    if not isinstance(value, dict) or not value:
        if path:
            yield path
        return
    for name, below in value.items():
        yield from _leaves(below, (*path, name))
