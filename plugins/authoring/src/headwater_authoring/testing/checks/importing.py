"""Importing the connector's module costs next to nothing and changes nothing: ``headwater list`` imports them all."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from headwater_authoring.testing.failures import demand, hidden
from headwater_authoring.testing.importing import ALLOWED, footprint, own_packages

if TYPE_CHECKING:
    from headwater_authoring.testing.subject import Subject

__tracebackhide__ = hidden


def check_import(subject: Subject) -> None:
    """A fresh interpreter loads the connector and asks its fact hooks; it looks the same before and after."""
    left = footprint(subject)
    name = subject.entry.module
    demand(
        not left.failure,
        f"importing {name} alone, and asking its fact hooks, fails with {left.failure}",
        "make it import in a fresh interpreter: python -c 'import ...'",
    )
    heavy = sorted(
        set(left.modules) - ALLOWED - own_packages(subject) - sys.stdlib_module_names
    )
    demand(
        not heavy,
        f"importing {name} loads {', '.join(heavy)}",
        "a connector's module loads headwater, attrs and the standard library alone; import the rest where it is used",
    )
    demand(
        not left.printed,
        f"importing {name} prints something",
        "print nothing; log where it must be said",
    )
    demand(
        not left.events,
        f"importing {name} reaches out of the process: {', '.join(left.events)}",
        "do it in the hook that needs it; open_source may connect, the fact hooks may not",
    )
    demand(
        not left.changes,
        f"importing {name} changes {', '.join(left.changes)}",
        "leave the process as it is; that is its owner's to configure",
    )
