"""Creating a base connection exactly once: choose the authentication, validate, resolve, build, send, prove.

Public names resolve when first used, so that ``import headwater`` loads neither requests nor jsonschema.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from headwater.lazy import lazily

if TYPE_CHECKING:
    from headwater.create.authentication import choose
    from headwater.create.exactly_once import ensure
    from headwater.create.journal import (
        NO_JOURNAL,
        Entry,
        Journal,
        Target,
        default_journal,
    )
    from headwater.create.runner import (
        check_creatable,
        create_connection,
        open_source,
        prepare,
        problems,
    )
    from headwater.create.values import Created, Prepared

_HOME = {
    "NO_JOURNAL": "journal",
    "Created": "values",
    "Entry": "journal",
    "Journal": "journal",
    "Prepared": "values",
    "Target": "journal",
    "check_creatable": "runner",
    "choose": "authentication",
    "create_connection": "runner",
    "default_journal": "journal",
    "ensure": "exactly_once",
    "open_source": "runner",
    "prepare": "runner",
    "problems": "runner",
}

__all__ = [
    "NO_JOURNAL",
    "Created",
    "Entry",
    "Journal",
    "Prepared",
    "Target",
    "check_creatable",
    "choose",
    "create_connection",
    "default_journal",
    "ensure",
    "open_source",
    "prepare",
    "problems",
]


__getattr__ = lazily(__name__, _HOME)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
