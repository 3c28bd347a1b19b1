"""Frozen values for what Flow Service answers: the names of the wire become Python's here and nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import attrs

if TYPE_CHECKING:
    from collections.abc import Mapping

JsonObject: TypeAlias = dict[str, Any]


@attrs.frozen
class Reference:
    """What a write answers: the object's id and its etag, quotes included.

    `warning` is what the service said in a ``Warning`` header, or empty.
    """

    id: str
    etag: str
    warning: str = ""


@attrs.frozen(kw_only=True)
class Connection:
    """A base connection as the service shows it; secrets in `params` come masked, or not at all.

    `created_at` and `updated_at` are epoch milliseconds. `raw` is the JSON object as it came.
    """

    id: str
    name: str
    description: str
    spec_id: str
    spec_version: str
    auth_name: str
    params: Mapping[str, Any] = attrs.field(repr=False, hash=False)
    state: str
    etag: str
    created_at: int | None
    updated_at: int | None
    sandbox: str
    raw: JsonObject = attrs.field(repr=False, hash=False)


@attrs.frozen(kw_only=True)
class RemoteSpec:
    """A connection specification as the tenant lists it; `raw` is the JSON object as it came, ``authSpec`` included."""

    id: str
    name: str
    version: str
    raw: JsonObject = attrs.field(repr=False, hash=False)


def is_item(value: Any) -> bool:
    """Say whether a JSON value can be one of the service's objects: an object with an id."""
    return isinstance(value, dict) and isinstance(value.get("id"), str) and bool(value["id"])


def connection(raw: JsonObject) -> Connection:
    """Read a connection; whatever is missing or of another type than documented is empty."""
    spec = _object(raw, "connectionSpec")
    auth = _object(raw, "auth")
    return Connection(
        id=raw["id"],
        name=_text(raw, "name"),
        description=_text(raw, "description"),
        spec_id=_text(spec, "id"),
        spec_version=_text(spec, "version"),
        auth_name=_text(auth, "specName"),
        params=_object(auth, "params"),
        state=_text(raw, "state"),
        etag=etag_of(raw),
        created_at=_moment(raw, "createdAt"),
        updated_at=_moment(raw, "updatedAt"),
        sandbox=_text(raw, "sandboxName"),
        raw=raw,
    )


def remote_spec(raw: JsonObject) -> RemoteSpec:
    """Read a connection specification."""
    return RemoteSpec(id=raw["id"], name=_text(raw, "name"), version=_text(raw, "version"), raw=raw)


def etag_of(raw: JsonObject) -> str:
    """Return the etag, under either of the two spellings in circulation."""
    return _text(raw, "etag") or _text(raw, "eTag")


def _text(raw: Mapping[str, Any], name: str) -> str:
    value = raw.get(name)
    return value if isinstance(value, str) else ""


def _object(raw: Mapping[str, Any], name: str) -> JsonObject:
    value = raw.get(name)
    return value if isinstance(value, dict) else {}


def _moment(raw: Mapping[str, Any], name: str) -> int | None:
    value = raw.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
