"""What an exploration asks for: its query parameters, checked in full before any source is asked.

The rules: docs/flow-service-operations.md#exploring.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any, Final

import attrs

from headwater.foreign import raise_bare
from headwater_local_flow_service.connections import pql
from headwater_local_flow_service.errors import FlowError
from headwater_local_flow_service.gateway.incoming import parameters
from headwater_local_flow_service.kernel import bodies
from headwater_local_flow_service.specs import data_formats, loose_spellings

if TYPE_CHECKING:
    from collections.abc import Mapping

    import falcon

PARAMETERS: Final = (
    "objectType", "object", "fileType", "compressionType", "columnDelimiter", "encoding", "preview", "filters",
    "determineProperties", "sourceParams",
)  # fmt: skip
OBJECT_TYPES: Final = ("root", "table", "file", "folder", "rest")

_FILE_OPTIONS: Final = ("fileType", "compressionType", "columnDelimiter", "encoding")
_SPELLINGS: Final = {
    **{name.lower(): name for name in PARAMETERS},
    "iletype": "fileType",  # a page of the tutorials drops a letter
}
_FLAGS: Final = ("true", "false")


@attrs.frozen(kw_only=True)
class FileOptions:
    """How a file is written, as far as the question says it; `determine` asks to find it out."""

    type: str | None = None
    compression: str | None = None
    delimiter: str | None = None
    encoding: str | None = None
    determine: bool = False


@attrs.frozen(kw_only=True)
class Question:
    """What an exploration asks for, its parameters checked.

    `source_params` are what a REST API is asked with, None where nothing is said of them.
    """

    object_type: str
    object: str
    preview: bool
    filtered: bool
    file: FileOptions = FileOptions()
    source_params: Mapping[str, Any] | None = None


def read_question(
    req: falcon.Request, *, strict: bool, object_type: str = ""
) -> Question:
    """Read the parameters of an exploration. Raises `FlowError` with the code for what is wrong.

    Unless `strict`, values may be written as the tutorials do, and `object_type` goes for one that is not given.
    """
    query = {
        name: values[-1]
        for name, values in parameters(req, PARAMETERS, spelled=_parameter_name).items()
    }
    _check_filled(query)
    if not strict:
        query = _straighten(query)
    if strict:
        object_type = ""
    object_type = query.get("objectType", object_type).lower()
    if object_type not in OBJECT_TYPES:
        raise FlowError(
            "CONNECTOR-1358-400", f"objectType must be one of {', '.join(OBJECT_TYPES)}"
        )
    if object_type != "root" and "object" not in query:
        raise FlowError(
            "CONNECTOR-1337-400", f"object is missing for the objectType {object_type}"
        )
    preview = _read_flag(query, "preview")
    if "filters" in query:
        pql.check(_decode(query["filters"], "filters"))
    return Question(
        object_type=object_type,
        object=query.get("object", ""),
        preview=preview,
        filtered="filters" in query,
        file=_read_file_options(query),
        source_params=_read_source_params(query),
    )


def _parameter_name(written: str) -> str:
    return _SPELLINGS.get(written.replace("_", "").lower(), written)


def _check_filled(query: Mapping[str, str]) -> None:
    for name, value in query.items():
        # a tab and a blank are delimiters
        if value.strip() or (name == "columnDelimiter" and value):
            continue
        code = "CONNECTOR-1358-400" if name == "objectType" else "CONNECTOR-1334-400"
        raise FlowError(code, f"the query parameter {name} is empty")


def _straighten(query: Mapping[str, str]) -> dict[str, str]:
    """Return the parameters as the checks expect them, where they are written as in a tutorial."""
    straight = loose_spellings.straighten_properties(query)
    for name, choices in (
        ("objectType", OBJECT_TYPES),
        ("preview", _FLAGS),
        ("determineProperties", _FLAGS),
    ):
        if name in straight:
            straight[name] = loose_spellings.choose(straight[name], choices)
    return straight


def _read_flag(query: Mapping[str, str], name: str) -> bool:
    text = query.get(name, "false").lower()
    if text not in _FLAGS:
        raise FlowError("CONNECTOR-1312-400", f"{name} must be true or false")
    return text == "true"


def _read_file_options(query: Mapping[str, str]) -> FileOptions:
    options = {name: query[name] for name in _FILE_OPTIONS if name in query}
    determine = _read_flag(query, "determineProperties")
    if determine and options:
        raise FlowError(
            "CONNECTOR-1374-400",
            f"determineProperties excludes {', '.join(_FILE_OPTIONS)}",
        )
    if "fileType" in options:
        options["fileType"] = options["fileType"].lower()
    bodies.read_choice(options, "fileType", data_formats.FILES, path="")
    data_formats.check_properties(options, "")
    delimited = options.get("fileType", "delimited") == "delimited"
    if not delimited and options.keys() & {"columnDelimiter", "encoding"}:
        raise FlowError(
            "CONNECTOR-1312-400",
            "columnDelimiter and encoding are for the fileType delimited",
        )
    return FileOptions(
        type=options.get("fileType"),
        compression=options.get("compressionType"),
        delimiter=options.get("columnDelimiter"),
        encoding=options.get("encoding"),
        determine=determine,
    )


def _read_source_params(query: Mapping[str, str]) -> dict[str, Any] | None:
    text = query.get("sourceParams")
    if text is None:
        return None
    params = _decode(text, "sourceParams")
    if not isinstance(params, dict):
        raise _undecodable("CONNECTOR-1312-400", "sourceParams")
    return params


def _decode(text: str, name: str) -> Any:
    """Return the JSON value in Base64, of either alphabet, with or without padding. Raises `FlowError`."""
    raw = text.strip().replace(" ", "+")  # a plus sign decodes to a blank in a query
    padded = raw.rstrip("=") + "=" * (-len(raw.rstrip("=")) % 4)
    alphabet = b"-_" if set(raw) & set("-_") else b"+/"
    try:
        return json.loads(base64.b64decode(padded, altchars=alphabet, validate=True))
    except RecursionError:
        raise_bare(_undecodable("CONNECTOR-1349-400", name))
    except json.JSONDecodeError:
        raise_bare(_undecodable("CONNECTOR-1335-400", name))
    except ValueError:  # neither Base64 nor UTF-8
        raise_bare(_undecodable("CONNECTOR-1389-400", name))


def _undecodable(code: str, name: str) -> FlowError:
    return FlowError(code, f"{name} must be a JSON object in Base64")
