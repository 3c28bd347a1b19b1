"""The parameters of a source connection of Generic REST, as the JSON Schema that its specification carries (draft-07).

Adobe's template for REST APIs knows the same blocks; its own sources fill them in and ask their users for less.
"""

from __future__ import annotations

from typing import Any, Final

_STRING: Final = {"type": "string", "minLength": 1}
_NAMES: Final = {"type": "array", "items": {"type": "string"}}
_COUNT: Final = {"type": ["integer", "string"]}  # pages write numbers both ways

_CONTENT: Final = {
    "type": "object",
    "properties": {
        "path": {"type": "string", "description": "A JSONPath: $.members"},
        "skipAttributes": _NAMES,
        "keepAttributes": _NAMES,
        "overrideWrapperAttribute": {"type": "string"},
    },
    "required": ["path"],
}

# What each type of paging cannot do without. OFFSET is left open: pages spell its offset in two ways.
_PAGING: Final[dict[str, list[str]]] = {
    "OFFSET": ["limitName", "limitValue"],
    "POINTER": ["pointerPath"],
    "CONTINUATION_TOKEN": [
        "continuationTokenPath",
        "parameterType",
        "parameterName",
    ],
    "PAGE": ["limitName", "limitValue", "pageParamName"],
    "NONE": [],
}
_PAGINATION: Final = {
    "type": "object",
    "properties": {
        "type": {"type": "string", "enum": [*_PAGING]},
        "limitName": _STRING,
        "limitValue": _COUNT,
        "offSetName": _STRING,
        "offsetName": _STRING,
        "pointerPath": _STRING,
        "continuationTokenPath": _STRING,
        "parameterType": {"type": "string", "enum": ["QUERYPARAM", "HEADERPARAM"]},
        "parameterName": _STRING,
        "delayRequestMillis": _COUNT,
        "initialPageIndex": _COUNT,
        "endPageIndex": _COUNT,
        "pageParamName": _STRING,
        "maximumRequest": _COUNT,
    },
    "required": ["type"],
    "allOf": [
        {
            "if": {"properties": {"type": {"const": type}}},
            "then": {"required": required},
        }
        for type, required in _PAGING.items()
        if required
    ],
}

# Named query parameters that hold the window, or a pattern in which {START_TIME} and {END_TIME} stand.
_SCHEDULE: Final = {
    "type": "object",
    "properties": {
        "type": {"type": "string"},
        "scheduleStartParamName": _STRING,
        "scheduleEndParamName": _STRING,
        "scheduleStartParamFormat": _STRING,
        "scheduleEndParamFormat": _STRING,
        "paramFormat": _STRING,
        "incremental": {"type": "string"},
        "backfill": {"type": "string"},
    },
    "if": {
        "properties": {"type": {"const": "ADVANCE"}},
        "required": ["type"],
    },
    "then": {"required": ["paramFormat"]},
}

GENERIC: Final[dict[str, Any]] = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "type": "object",
    "properties": {
        "urlParams": {
            "type": "object",
            "properties": {
                "host": {"type": "string"},
                "path": _STRING,
                "method": {"type": "string", "enum": ["GET", "POST"]},
                "queryParams": {"type": "object"},
            },
            "required": ["path"],
        },
        "headerParams": {"type": "object"},
        "bodyParams": {"type": "object"},
        "contentPath": _CONTENT,
        "explodeEntityPath": _CONTENT,
        "paginationParams": _PAGINATION,
        "scheduleParams": _SCHEDULE,
    },
    "required": ["urlParams", "contentPath", "paginationParams", "scheduleParams"],
}
