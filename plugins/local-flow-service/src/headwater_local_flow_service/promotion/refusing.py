"""What ends the promotion of a whole batch."""

from __future__ import annotations


class BatchRefused(Exception):
    """A batch that fails as a whole, whatever share of bad rows it tolerates: a code, and a sentence without values."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(f"{code}: {description}")
        self.code = code
        self.description = description
