"""Tokens that lead to the next page: a JSON value in base64url without padding.

Clients cut a token out of a link at ``=`` and ``&``, so it holds neither.
"""

from __future__ import annotations

import base64
import json
from typing import Any


def encode(value: Any) -> str:
    """Return the token of a JSON value."""
    text = json.dumps(value, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode("ascii").rstrip("=")


def decode(token: str) -> Any:
    """Return the JSON value of a token, or None where a caller has made the token up."""
    padded = token + "=" * (-len(token) % 4)
    try:
        return json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, RecursionError):
        return None
