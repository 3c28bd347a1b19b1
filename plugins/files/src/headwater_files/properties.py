"""How a file is written: its type, compression, delimiter and encoding, in Flow Service's words."""

from __future__ import annotations

from typing import Any, ClassVar, Final

import attrs

from headwater.errors import InvalidInput

FILE_TYPES: Final = ("delimited", "json", "parquet")
COMPRESSIONS: Final = ("bzip2", "gzip", "deflate", "zipDeflate", "tarGzip", "tar")
ENCODINGS: Final = ("UTF-8", "ISO-8859-1")
DELIMITER: Final = ","
ENCODING: Final = "UTF-8"


class UnreadableFile(InvalidInput):
    """The file is not what it is said to be, or is damaged; the message never quotes from it."""

    kind: ClassVar[str] = "unreadable-file"


class ParquetMissing(InvalidInput):
    """The file is Parquet, and the package that reads it is not installed."""

    kind: ClassVar[str] = "parquet-missing"


def _check_choice(*choices: str) -> Any:
    def check(_properties: Any, attribute: attrs.Attribute[Any], value: str) -> None:
        if value not in choices:
            known = ", ".join(filter(None, choices))
            raise InvalidInput(f"{attribute.name} must be one of {known}")

    return check


def _check_delimiter(
    _properties: Any, _attribute: attrs.Attribute[Any], value: str
) -> None:
    if len(value) != 1 or value in '"\r\n':
        raise InvalidInput(
            "delimiter must be one character, and neither a quote nor a line break"
        )


@attrs.frozen(kw_only=True)
class FileProperties:
    """How to read a file. `delimiter` and `encoding` are for delimited files, `compression` for those and JSON.

    Raises `InvalidInput` naming the property that cannot be.
    """

    file_type: str = attrs.field(validator=_check_choice(*FILE_TYPES))
    compression: str = attrs.field(
        default="", validator=_check_choice("", *COMPRESSIONS)
    )
    delimiter: str = attrs.field(default=DELIMITER, validator=_check_delimiter)
    encoding: str = attrs.field(default=ENCODING, validator=_check_choice(*ENCODINGS))

    def as_dict(self) -> dict[str, str]:
        """Return the properties as ``/explore`` names them, those that say something."""
        facts = {"fileType": self.file_type, "compressionType": self.compression}
        if self.file_type == "delimited":
            facts["columnDelimiter"] = self.delimiter
            if self.encoding != ENCODING:
                facts["encoding"] = self.encoding
        return {name: fact for name, fact in facts.items() if fact}
