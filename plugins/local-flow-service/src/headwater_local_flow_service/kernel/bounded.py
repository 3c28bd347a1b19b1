"""JSON Schemas that a caller stored, evaluated within bounds: a regular expression gets so long, and no longer.

Python's own expressions can take longer than anybody waits, and nothing interrupts them.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_LONGEST: Final = 0.2  # seconds for one string


@functools.cache
def validator_class() -> Any:
    """Return jsonschema's validator of draft-07 with a bounded ``pattern``; it raises `TimeoutError` at the bound."""
    import jsonschema

    extend: Any = jsonschema.validators.extend  # jsonschema does not say its types
    return extend(jsonschema.Draft7Validator, {"pattern": _pattern})


def _pattern(
    validator: Any, pattern: str, instance: Any, _schema: Any
) -> Iterator[Any]:
    import jsonschema
    import regex

    if not validator.is_type(instance, "string"):
        return
    if not regex.search(pattern, instance, timeout=_LONGEST):
        yield jsonschema.ValidationError("does not match")
