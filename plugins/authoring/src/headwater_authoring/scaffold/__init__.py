"""A new connector's distribution, built from one template folder; what `headwater new` writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headwater.lazy import lazily

if TYPE_CHECKING:
    from headwater_authoring.scaffold.folder import files, write
    from headwater_authoring.scaffold.plan import CATEGORIES, Plan, plan_connector

_HOME = {
    "CATEGORIES": "plan",
    "Plan": "plan",
    "files": "folder",
    "plan_connector": "plan",
    "write": "folder",
}

__all__ = ["CATEGORIES", "Plan", "files", "plan_connector", "write"]

__getattr__ = lazily(__name__, _HOME)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
