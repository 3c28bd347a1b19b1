"""Values as tutorials write them, put into the spelling of the specification they are held against.

The rules: docs/flow-service-operations.md#loose-spellings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from headwater_local_flow_service.specs.data_formats import (
    COMPRESSIONS,
    ENCODINGS,
    FILES,
    TABULAR,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

# Parquet in the shape of a schema; pages of 2019 and 2020 write it for whatever is read.
_PARQUET_XDM: Final = "parquet_xdm"
_TABS: Final = ("\\t", "%09")
_LARGEST_VERSION: Final = 1000

_CHOICES: Final = {
    "fileType": FILES,
    "compressionType": COMPRESSIONS,
    "encoding": ENCODINGS,
}


def straighten_data(
    data: Mapping[str, Any], formats: Collection[str]
) -> dict[str, Any]:
    """Return the ``data`` of a source connection with its format and properties spelled as a source of `formats` does.

    What is no spelling of anything known stays as it is, for a check to refuse.
    """
    straight = dict(data)
    if isinstance(data.get("format"), str):
        straight["format"] = _straighten_format(data["format"], formats)
    if isinstance(data.get("properties"), dict):
        straight["properties"] = straighten_properties(data["properties"])
    return straight


def straighten_properties(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is said of files, in a source connection or an exploration, spelled as the checks expect it."""
    straight = dict(properties)
    for name, choices in _CHOICES.items():
        if isinstance(straight.get(name), str):
            straight[name] = choose(straight[name], choices)
    if isinstance(straight.get("columnDelimiter"), str):
        straight["columnDelimiter"] = _straighten_delimiter(straight["columnDelimiter"])
    return straight


def straighten_version(version: Any) -> Any:
    """Return the version of a specification as a string where it is a number: 1 and 1.0 are ``1.0``."""
    if type(version) in (int, float) and 0 < version < _LARGEST_VERSION:
        return str(float(version))
    return version


def choose(text: str, choices: Collection[str]) -> str:
    """Return the one of some choices that a text is, whatever its case, a semicolon behind it or not; else the text."""
    word = text.strip().rstrip(";").rstrip().lower()
    for choice in choices:
        if choice.lower() == word:
            return choice
    return text


def _straighten_format(text: str, formats: Collection[str]) -> str:
    chosen = choose(text, formats)
    if chosen in formats or choose(text, (_PARQUET_XDM,)) != _PARQUET_XDM:
        return chosen
    for meant in (TABULAR, "parquet"):
        if meant in formats:
            return meant
    return text


def _straighten_delimiter(text: str) -> str:
    bare = text[:-1] if len(text) > 1 and text.endswith(";") else text
    return "\t" if bare.lower() in _TABS else bare
