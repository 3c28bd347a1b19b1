"""The processes of a served service, as Linux lists them."""

from __future__ import annotations

from pathlib import Path


def workers_of(pid: int) -> list[int]:
    """Return the ids of the worker processes of a service, the process that was started."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [
        int(id)
        for id in children
        # Python starts a helper of its own beside them.
        if b"resource_tracker" not in Path(f"/proc/{id}/cmdline").read_bytes()
    ]
