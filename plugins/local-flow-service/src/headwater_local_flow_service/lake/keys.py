"""Under which keys the files of a batch lie: made of ids only, never of what a client calls a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headwater_local_flow_service.kernel.audit import sandbox_id
from headwater_local_flow_service.lake.ids import new_ulid
from headwater_local_flow_service.lake.place import FOLDER

if TYPE_CHECKING:
    from headwater_local_flow_service.store.store import Scope


def folder_of(scope: Scope, batch: str) -> str:
    """Return the folder that everything of a batch lies in."""
    return f"{FOLDER}/{sandbox_id(scope)}/{batch}"


def new_input(scope: Scope, batch: str) -> str:
    """Return a key for a file that is put into a batch; none is used twice."""
    return f"{folder_of(scope, batch)}/input/{new_ulid()}"


def attempt_folder(scope: Scope, batch: str, attempt: str) -> str:
    """Return the folder for what one attempt to promote a batch makes."""
    return f"{folder_of(scope, batch)}/{attempt}"
