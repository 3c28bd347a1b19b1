"""The body that a batch is created with: which fields it may have, and what they may say."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from headwater_local_flow_service.neighbours import asked
from headwater_local_flow_service.neighbours.refusals import invalid
from headwater_local_flow_service.promotion.job import Format
from headwater_local_flow_service.store.tables import INDEXED_NAME

if TYPE_CHECKING:
    from collections.abc import Mapping

FORMATS: Final = ("parquet", "json", "csv")
CHARSETS: Final = ("UTF-8", "ISO-8859-1", "US-ASCII")

_TEXTS: Final = ("delimiter", "quote", "escape", "charset", "nullMarker")
_OF_CSV: Final = (*_TEXTS, "header")
_TRUTHS: Final = {"true": True, "false": False}
_MOST_PREDECESSORS: Final = 1000
# `$id` as one page has it, `${id}` as another does.
_MARKED: Final = re.compile(r"\$\{(.*)\}|\$?(.*)", re.DOTALL)


def build_document(body: Mapping[str, Any]) -> dict[str, Any]:
    """Check the body of a create; return it as it is stored. Raises `NeighbourError`."""
    document: dict[str, Any] = {
        "datasetId": asked.require_field(body, "datasetId", "string"),
        "inputFormat": read_format(asked.read_field(body, "inputFormat", "object")),
        "tags": _read_tags(asked.read_field(body, "tags", "object") or {}),
    }
    external = asked.read_field(body, "externalId", "string")
    if external is not None:
        document["externalId"] = _check_external(external)
    replay = asked.read_field(body, "replay", "object")
    if replay is not None:
        document["replay"] = _read_replay(replay)
    diagnostics = asked.read_field(body, "enableErrorDiagnostics", "boolean")
    if diagnostics is not None:
        document["enableErrorDiagnostics"] = diagnostics
    share = body.get("partialIngestionPercentage")
    if share is not None:
        document["partialIngestionPercentage"] = _check_share(
            share, "partialIngestionPercentage"
        )
    return document


def format_of(document: Mapping[str, Any]) -> Format:
    """Return how the files of a batch are written."""
    given = document["inputFormat"]
    fields = {
        "is_multi_line_json": given.get("isMultiLineJson"),
        "delimiter": given.get("delimiter"),
        "quote": given.get("quote"),
        "escape": given.get("escape"),
        "charset": given.get("charset"),
        "null_marker": given.get("nullMarker"),
    }
    told = {name: value for name, value in fields.items() if value is not None}
    return Format(name=given["format"], **told)


def wants_diagnostics(document: Mapping[str, Any]) -> bool:
    """Say whether rows that fail are to be told one by one: by body or tags; partial ingestion implies it."""
    tags = document.get("tags", {})
    said = document.get("enableErrorDiagnostics", _bare(tags, "enableErrorDiagnostics"))
    return said in (True, "true") or tolerated_share(document) > 0


def tolerated_share(document: Mapping[str, Any]) -> float:
    """Return the share of rows, in per cent, that may fail."""
    share = document.get("partialIngestionPercentage")
    if share is None:
        share = _bare(document.get("tags", {}), "partialIngestionPercent")
    try:
        return float(share or 0)
    except (TypeError, ValueError):
        return 0


def _bare(tags: Mapping[str, Any], name: str) -> Any:
    """Return what a tag of the platform's own says: the value itself, or the one element of an array."""
    value = tags.get(f"acp_{name}")
    if isinstance(value, list):
        return value[0] if len(value) == 1 else None
    return value


def read_format(given: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the input format with its default; a name is compared without regard to case. Raises `NeighbourError`."""
    given = {"format": FORMATS[0]} if given is None else given
    name = asked.require_field(given, "format", "string", path="inputFormat").lower()
    if name not in FORMATS:
        raise invalid(f"inputFormat.format must be one of {', '.join(FORMATS)}")
    built: dict[str, Any] = {"format": name}
    flag = _read_truth(given, "isMultiLineJson")
    if flag and name != "json":
        raise invalid("inputFormat.isMultiLineJson is for the format json only")
    if name == "json":
        built["isMultiLineJson"] = flag or False
    if name == "csv":
        built |= _read_csv(given)
    elif any(given.get(option) is not None for option in _OF_CSV):
        raise invalid(f"inputFormat: {', '.join(_OF_CSV)} are for the format csv only")
    return built


def _read_csv(given: Mapping[str, Any]) -> dict[str, Any]:
    built: dict[str, Any] = {}
    for name in _TEXTS:
        value = asked.read_field(given, name, "string", path="inputFormat")
        if value is not None:
            built[name] = value
    for name in ("delimiter", "quote", "escape"):
        if len(built.get(name, " ")) != 1:
            raise invalid(f"inputFormat.{name} must be one character")
    if built.get("charset", CHARSETS[0]) not in CHARSETS:
        raise invalid(f"inputFormat.charset must be one of {', '.join(CHARSETS)}")
    if _read_truth(given, "header") is False:
        raise invalid(
            "inputFormat.header must be true: the names in the first row say which column is which field"
        )
    return built


def _read_truth(given: Mapping[str, Any], name: str) -> bool | None:
    """Return a truth value, which one description writes as a string. Raises `NeighbourError`."""
    value = given.get(name)
    if isinstance(value, str):
        value = _TRUTHS.get(value.lower(), value)
    if value is not None and not isinstance(value, bool):
        raise invalid(f"inputFormat.{name} must be true or false")
    return value


def _read_tags(tags: dict[str, Any]) -> dict[str, Any]:
    """Return the tags: arrays of strings, and bare values where the platform's own are written so."""
    for name, value in tags.items():
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            continue
        if not name.startswith("acp_") or isinstance(value, (list, dict)):
            raise invalid("each of the tags must be a list of strings")
    if "acp_partialIngestionPercent" in tags:
        share = _bare(tags, "partialIngestionPercent")
        _check_share(share, "tags.acp_partialIngestionPercent")
    return tags


def _check_share(share: Any, name: str) -> Any:
    try:
        number = float(share)
    except (TypeError, ValueError):
        number = -1.0
    if isinstance(share, bool) or not 0 <= number <= 100:
        raise invalid(f"{name} must be a number from 0 to 100")
    return share


def _check_external(external: str) -> str:
    if not 0 < len(external) <= INDEXED_NAME:
        raise invalid(f"externalId must have 1 to {INDEXED_NAME} characters")
    return external


def _read_replay(replay: Mapping[str, Any]) -> dict[str, Any]:
    built: dict[str, Any] = {}
    for name in ("predecessors", "predecessorsByExternalId"):
        ids = asked.read_field(replay, name, "array", path="replay")
        if ids is None:
            continue
        if len(ids) > _MOST_PREDECESSORS or not all(isinstance(id, str) for id in ids):
            raise invalid(
                f"replay.{name} must be an array of at most {_MOST_PREDECESSORS} strings"
            )
        built[name] = [_strip_mark(id) for id in ids]
    if not any(built.values()):
        raise invalid(
            "replay must name predecessors or predecessorsByExternalId that the batch replaces"
        )
    reason = asked.read_field(replay, "reason", "string", path="replay")
    return built | {"reason": reason or "replace"}


def _strip_mark(id: str) -> str:
    match = _MARKED.fullmatch(id)
    assert match is not None
    return match[1] if match[1] is not None else match[2]
