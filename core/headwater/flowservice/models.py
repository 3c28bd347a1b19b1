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


@attrs.frozen(kw_only=True)
class FlowSpec:
    """A flow specification: `source_spec_ids` and `target_spec_ids` are the connection specifications it may join."""

    id: str
    name: str
    version: str
    source_spec_ids: tuple[str, ...]
    target_spec_ids: tuple[str, ...]
    raw: JsonObject = attrs.field(repr=False, hash=False)


@attrs.frozen(kw_only=True)
class SourceConnection:
    """What a dataflow reads: a table or files of a base connection, described by `params`."""

    id: str
    name: str
    base_id: str
    spec_id: str
    params: Mapping[str, Any] = attrs.field(repr=False, hash=False)
    state: str
    etag: str
    raw: JsonObject = attrs.field(repr=False, hash=False)


@attrs.frozen(kw_only=True)
class TargetConnection:
    """Where a dataflow writes: the dataset of `data_set_id`, whose schema is `schema_id`."""

    id: str
    name: str
    spec_id: str
    data_set_id: str
    schema_id: str
    state: str
    etag: str
    raw: JsonObject = attrs.field(repr=False, hash=False)


@attrs.frozen(kw_only=True)
class Flow:
    """A dataflow: one source connection, one target connection, and when it runs. `schedule` is as it was sent."""

    id: str
    name: str
    flow_spec_id: str
    source_ids: tuple[str, ...]
    target_ids: tuple[str, ...]
    schedule: Mapping[str, Any] = attrs.field(repr=False, hash=False)
    state: str
    etag: str
    raw: JsonObject = attrs.field(repr=False, hash=False)


@attrs.frozen(kw_only=True)
class Run:
    """One run of a dataflow; `status` is the service's own word, such as scheduled, inProgress, success or failed.

    Values are not a closed set. A run that left a few rows out can be a success and carry errors all the same.
    """

    id: str
    flow_id: str
    status: str
    etag: str
    created_at: int | None  # epoch milliseconds
    raw: JsonObject = attrs.field(repr=False, hash=False)


def is_item(value: Any) -> bool:
    """Say whether a JSON value can be one of the service's objects: an object with an id."""
    if not isinstance(value, dict):
        return False
    id = value.get("id")
    return isinstance(id, str) and id != ""


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
    return RemoteSpec(
        id=raw["id"], name=_text(raw, "name"), version=_text(raw, "version"), raw=raw
    )


def flow_spec(raw: JsonObject) -> FlowSpec:
    """Read a flow specification."""
    return FlowSpec(
        id=raw["id"],
        name=_text(raw, "name"),
        version=_text(raw, "version"),
        source_spec_ids=_texts(raw, "sourceConnectionSpecIds"),
        target_spec_ids=_texts(raw, "targetConnectionSpecIds"),
        raw=raw,
    )


def source_connection(raw: JsonObject) -> SourceConnection:
    """Read a source connection."""
    return SourceConnection(
        id=raw["id"],
        name=_text(raw, "name"),
        base_id=_text(raw, "baseConnectionId"),
        spec_id=_text(_object(raw, "connectionSpec"), "id"),
        params=_object(raw, "params"),
        state=_text(raw, "state"),
        etag=etag_of(raw),
        raw=raw,
    )


def target_connection(raw: JsonObject) -> TargetConnection:
    """Read a target connection; documentation spells two of its fields in two ways."""
    schema, params = _object(_object(raw, "data"), "schema"), _object(raw, "params")
    return TargetConnection(
        id=raw["id"],
        name=_text(raw, "name"),
        spec_id=_text(_object(raw, "connectionSpec"), "id"),
        data_set_id=_text(params, "dataSetId") or _text(params, "datasetId"),
        schema_id=_text(schema, "id") or _text(schema, "schemaId"),
        state=_text(raw, "state"),
        etag=etag_of(raw),
        raw=raw,
    )


def flow(raw: JsonObject) -> Flow:
    """Read a dataflow."""
    return Flow(
        id=raw["id"],
        name=_text(raw, "name"),
        flow_spec_id=_text(_object(raw, "flowSpec"), "id"),
        source_ids=_texts(raw, "sourceConnectionIds"),
        target_ids=_texts(raw, "targetConnectionIds"),
        schedule=_object(raw, "scheduleParams"),
        state=_text(raw, "state"),
        etag=etag_of(raw),
        raw=raw,
    )


def run(raw: JsonObject) -> Run:
    """Read a run."""
    return Run(
        id=raw["id"],
        flow_id=_text(raw, "flowId"),
        status=_text(_object(_object(raw, "metrics"), "statusSummary"), "status"),
        etag=etag_of(raw),
        created_at=_moment(raw, "createdAt"),
        raw=raw,
    )


def etag_of(raw: JsonObject) -> str:
    """Return the etag, under either of the two spellings in circulation."""
    return _text(raw, "etag") or _text(raw, "eTag")


def _text(raw: Mapping[str, Any], name: str) -> str:
    value = raw.get(name)
    if isinstance(value, str):
        return value
    return ""


def _texts(raw: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = raw.get(name)
    if not isinstance(value, list):
        return ()
    return tuple(item for item in value if isinstance(item, str))


def _object(raw: Mapping[str, Any], name: str) -> JsonObject:
    value = raw.get(name)
    if isinstance(value, dict):
        return value
    return {}


def _moment(raw: Mapping[str, Any], name: str) -> int | None:
    value = raw.get(name)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value
