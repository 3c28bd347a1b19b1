"""The schema of the first release: the facts about the store, and base connections."""

from __future__ import annotations

revision = "1"
down_revision = None


def upgrade() -> None:
    """Do nothing: a store of this version was made whole."""
