"""Exploring a landing zone: what lies in its folders, and what a file in it is like."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, Protocol

import attrs

from headwater.errors import InvalidInput
from headwater.foreign import raise_bare
from headwater_local_flow_service.errors import FlowError
from headwater_local_flow_service.files.file_store import FilesUnavailable
from headwater_local_flow_service.files.opening import EXTRA
from headwater_local_flow_service.landing.zone import CONTAINER

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import BinaryIO

    from headwater_files import FileProperties, Place

OBJECT_TYPES: Final = ("root", "folder", "file")


@attrs.frozen(kw_only=True)
class FileQuestion:
    """What is asked of files: `options` are ``fileType`` and the like, which `determine` asks to be found out."""

    object_type: str
    object: str = ""
    preview: bool = False
    determine: bool = False
    options: Mapping[str, str] = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class Explored:
    """An answer, and how many entries of a folder it leaves out."""

    answer: Any
    left_out: int = 0


class FilePlace(Protocol):
    """A container of files: every path begins with its name."""

    @property
    def container(self) -> str:
        """Its name."""
        ...

    @property
    def files(self) -> Place:
        """What lies in it."""
        ...


def explore(zone: FilePlace, question: FileQuestion) -> Explored:
    """Return what a root or a folder holds, or what a file is like. Raises `FlowError`."""
    # What reads files is imported when one is asked about: every command with the embedded service passes by here.
    from headwater_files import read_folder

    with translate_unavailable():
        if question.object_type == "file":
            return Explored(answer=_explore_file(zone, question))
        folder = ""
        if question.object_type == "folder":
            folder = _find_key(zone, question.object)
        found = read_folder(zone.files, folder)
        if folder and not found.entries:
            raise _missing()
        above = f"{zone.container}/"
        items = [entry.as_item(above) for entry in found.entries]
        return Explored(answer=items, left_out=found.left_out)


@contextmanager
def translate_unavailable() -> Iterator[None]:
    """Turn what keeps a place for files from being used into the platform's code for a landing zone's failure."""
    try:
        yield
    except FilesUnavailable as error:
        raise_bare(FlowError("CONNECTOR-1700-500", str(error)))


def _explore_file(zone: FilePlace, question: FileQuestion) -> dict[str, Any]:
    from headwater_files import ParquetMissing, describe

    if not question.determine and "fileType" not in question.options:
        raise FlowError(
            "CONNECTOR-1359-400",
            "fileType is missing; name it, or ask with determineProperties=true",
        )
    key = _find_key(zone, question.object)
    if not key:
        raise _missing()
    try:
        with zone.files.open(key) as file:
            properties = _read_properties(file, question)
            with _refusing("CONNECTOR-1312-400"):
                description = describe(file, properties)
    except FileNotFoundError:
        raise_bare(_missing())
    except ParquetMissing:
        raise_bare(FlowError("HEADWATER-1501-501", f"Parquet is read with {EXTRA}"))
    return {
        "properties": properties.as_dict(),
        **description.as_dict(preview=question.preview),
    }


def _read_properties(file: BinaryIO, question: FileQuestion) -> FileProperties:
    from headwater_files import FileProperties, find_properties

    if question.determine:
        with _refusing("CONNECTOR-1375-400"):
            return find_properties(file)
    options = question.options
    given = {
        "file_type": options.get("fileType"),
        "compression": options.get("compressionType"),
        "delimiter": options.get("columnDelimiter"),
        "encoding": options.get("encoding"),
    }
    with _refusing("CONNECTOR-1312-400"):
        return FileProperties(
            **{name: value for name, value in given.items() if value is not None}
        )


@contextmanager
def _refusing(code: str) -> Iterator[None]:
    """Turn what cannot be read as asked into a refusal."""
    from headwater_files import ParquetMissing

    try:
        yield
    except ParquetMissing:
        raise
    except InvalidInput as error:
        raise_bare(FlowError(code, str(error)))


def _find_key(zone: FilePlace, path: str) -> str:
    """Return the key of a path that begins with the container, empty for the container itself. Raises `FlowError`."""
    container, _slash, key = path.strip("/").partition("/")
    if path == "root" or (container in (zone.container, CONTAINER) and not key):
        return ""
    parts = key.split("/")
    # Such names cannot be given to files, so nothing can lie there.
    if any(part in ("", ".", "..") or "\0" in part for part in parts):
        raise _missing()
    if container not in (zone.container, CONTAINER):
        raise FlowError(
            "CONNECTOR-1003-404",
            "object is not in the landing zone: its paths begin with the name of the container",
        )
    return key


def _missing() -> FlowError:
    return FlowError("CONNECTOR-1003-404", "object is not in the landing zone")
