"""Reading a source directly: what a connector's `SourceReader` offers, and the HTTP client it may build on.

Public names resolve when first used, so that a connector module that is merely listed loads no HTTP library.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from headwater.lazy import lazily

if TYPE_CHECKING:
    from headwater.http.hosts import is_loopback
    from headwater.sources.contract import (
        Check,
        Column,
        Columns,
        LeftOut,
        Limit,
        Preview,
        SourceCredentials,
        SourceReader,
        Table,
    )
    from headwater.sources.http import HttpAnswer, SourceHttp
    from headwater.sources.reach import Reach

_HOME = {
    "Check": "contract",
    "Column": "contract",
    "Columns": "contract",
    "HttpAnswer": "http",
    "LeftOut": "contract",
    "Limit": "contract",
    "Preview": "contract",
    "Reach": "reach",
    "SourceCredentials": "contract",
    "SourceHttp": "http",
    "SourceReader": "contract",
    "Table": "contract",
    "is_loopback": "reach",
}

__all__ = [
    "Check",
    "Column",
    "Columns",
    "HttpAnswer",
    "LeftOut",
    "Limit",
    "Preview",
    "Reach",
    "SourceCredentials",
    "SourceHttp",
    "SourceReader",
    "Table",
    "is_loopback",
]


__getattr__ = lazily(__name__, _HOME)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
