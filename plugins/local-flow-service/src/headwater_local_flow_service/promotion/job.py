"""What is promoted, and what comes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    from collections.abc import Mapping


@attrs.frozen(kw_only=True)
class InputFile:
    """A file that was put into a batch: the path it was given, where it lies, and its size in bytes."""

    path: str
    key: str
    size: int


@attrs.frozen(kw_only=True)
class Format:
    """How the files of a batch are written: `name` is ``json``, ``csv`` or ``parquet``; the rest is for one of them."""

    name: str = "parquet"
    is_multi_line_json: bool = False
    delimiter: str = ","
    quote: str = '"'
    escape: str = "\\"
    charset: str = "UTF-8"
    null_marker: str = ""


@attrs.frozen(kw_only=True)
class PromotionJob:
    """One batch to be promoted.

    `schema` is the data set's schema with every reference resolved (`promotion.schemas`). `tolerated` is the share of
    rows, in per cent, that may fail. What is made lies below `output_prefix`.
    """

    batch: str
    schema: Mapping[str, Any]
    format: Format
    inputs: tuple[InputFile, ...]
    tolerated: float = 0
    diagnostics: bool = False
    output_prefix: str


@attrs.frozen(kw_only=True)
class MadeFile:
    """A file that a promotion made: the path it is known by, where it lies, its size in bytes, and its records."""

    path: str
    key: str
    size: int
    records: int | None = None
    sha256: str | None = None


@attrs.frozen(kw_only=True)
class BatchError:
    """What is wrong with a batch: one element of ``errors`` in Catalog; `rows` are numbers of rows."""

    code: str
    description: str
    rows: tuple[int, ...] = ()
    record_count: int | None = None


@attrs.frozen(kw_only=True)
class Promoted:
    """What came of a job.

    `outputs` are the files that data sets are read from; `failed` those of ``/failed``; `reports` those of ``/meta``,
    by paths such as ``row_errors/parsing_errors_0.json``. `metrics` go to Catalog by the platform's names.
    """

    succeeded: bool
    outputs: tuple[MadeFile, ...] = ()
    failed: tuple[MadeFile, ...] = ()
    reports: tuple[MadeFile, ...] = ()
    errors: tuple[BatchError, ...] = ()
    metrics: Mapping[str, int] = attrs.field(factory=dict)
