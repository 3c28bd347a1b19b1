"""Reading files for Headwater: folders listed; delimited files, JSON and Parquet described and previewed.

One library for every source that consists of files, whatever place they lie in. A file is read from its beginning, and
no further than its description needs.
"""

from __future__ import annotations

from headwater_files.describing import Description, describe
from headwater_files.finding import find_properties
from headwater_files.folders import Entry, Place, read_folder
from headwater_files.properties import (
    COMPRESSIONS,
    ENCODINGS,
    FILE_TYPES,
    FileProperties,
    ParquetMissing,
    UnreadableFile,
)

__all__ = [
    "COMPRESSIONS",
    "ENCODINGS",
    "FILE_TYPES",
    "Description",
    "Entry",
    "FileProperties",
    "ParquetMissing",
    "Place",
    "UnreadableFile",
    "describe",
    "find_properties",
    "read_folder",
]
