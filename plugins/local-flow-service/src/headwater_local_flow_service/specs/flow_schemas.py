"""What the fixed flow specifications demand of a dataflow, as the JSON Schemas they carry (draft-07)."""

from __future__ import annotations

from typing import Any

DRAFT = "http://json-schema.org/draft-07/schema#"

_SECONDS = {"type": "integer", "description": "Seconds since 1970, UTC."}
_DELTA_COLUMN = {
    "type": "object",
    "description": "The column whose growing values tell new rows from those already copied.",
    "properties": {
        "name": {"type": "string", "minLength": 1},
        "dateFormat": {"type": "string"},
        "timezone": {"type": "string"},
    },
    "required": ["name"],
}


def _object(
    properties: dict[str, Any], required: list[str] | None = None, **rules: Any
) -> dict[str, Any]:
    return {
        "$schema": DRAFT,
        "type": "object",
        "properties": properties,
        "required": required or [],
        **rules,
    }


COPY = {
    "name": "Copy",
    "spec": _object({"deltaColumn": _DELTA_COLUMN}, ["deltaColumn"]),
}
MAPPING = {
    "name": "Mapping",
    "spec": _object(
        {"mappingId": {"type": "string"}, "mappingVersion": {"type": "string"}},
        ["mappingId"],
    ),
}
ENCRYPTION = {
    "name": "Encryption",
    "spec": _object({"publicKeyId": {"type": "string"}}, ["publicKeyId"]),
}

# Values arrive as numbers or as strings of numbers; they are validated after strings were read as numbers.
SCHEDULE = {
    "name": "PeriodicSchedule",
    "type": "Periodic",
    "spec": _object(
        {
            "startTime": _SECONDS,
            "frequency": {
                "type": "string",
                "enum": ["once", "minute", "hour", "day", "week"],
            },
            "interval": {
                "type": "integer",
                "description": "Units of the frequency between two runs.",
            },
            "backfill": {
                "type": "boolean",
                "default": True,
                "description": "Whether what is already there is copied.",
            },
        },
        ["startTime", "frequency"],
        **{
            "if": {"properties": {"frequency": {"const": "once"}}},
            "then": {
                "allOf": [
                    {"not": {"required": ["interval"]}},
                    {"not": {"required": ["backfill"]}},
                ]
            },
            "else": {
                "required": ["interval"],
                "if": {"properties": {"frequency": {"const": "minute"}}},
                "then": {"properties": {"interval": {"minimum": 15}}},
                "else": {"properties": {"interval": {"minimum": 1}}},
            },
        },
    ),
}

_WINDOW = {
    "startTime": _SECONDS,
    "windowStartTime": _SECONDS,
    "windowEndTime": _SECONDS,
}
TABLE_RUN = {
    "name": "ProviderParams",
    "spec": _object(
        {**_WINDOW, "deltaColumn": _DELTA_COLUMN}, [*_WINDOW, "deltaColumn"]
    ),
}
FILE_RUN = {"name": "ProviderParams", "spec": _object(dict(_WINDOW), [*_WINDOW])}

_DIAGNOSTICS = {
    "errorDiagnosticsEnabled": {"type": "boolean", "default": False},
    "partialIngestionPercent": {"type": "number", "exclusiveMinimum": 0},
}
OPTIONS = {"name": "OptionSpec", "spec": _object(_DIAGNOSTICS)}
WEBHOOK_OPTIONS = {
    "name": "OptionSpec",
    "spec": _object({**_DIAGNOSTICS, "inletUrl": {"type": "string"}}),
}
