"""One message held against a schema, as synchronous validation of streaming does it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs

from headwater_local_flow_service.promotion.json_rows import (
    DEEPEST_ROW,
    MOST_FIELDS_OF_ROW,
)
from headwater_local_flow_service.promotion.rules import Rules, Violation, compile_rules

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_VIOLATIONS: Final = 5  # after so many the platform stops


@attrs.frozen
class MessageRules:
    """The rules for messages of one schema. Making them costs milliseconds: keep them while the schema is the same."""

    _rules: Rules

    def find_violations(self, entity: Any) -> list[Violation]:
        """Return at most five rules that an XDM entity breaks, none where it fits; `Violation.as_json` is their body.

        Null is no value of any type here, and a date-time is a string.
        """
        bounds = _check_bounds(entity)
        if bounds is not None:
            return [Violation("type", bounds, "#", "#")]
        if self._rules.accepts(entity):
            return []
        found = self._rules.find_violations(entity, MOST_VIOLATIONS)
        return found or [Violation("type", "the message does not fit the schema", "#", "#")]  # fmt: skip


def compile_message_rules(schema: Mapping[str, Any]) -> MessageRules:
    """Compile the rules that a resolved schema has for messages."""
    return MessageRules(compile_rules(schema, nullable=False, epoch=False))


def _check_bounds(entity: Any) -> str | None:
    """Return what is too much of an entity, level by level, so that no depth of it can end the process."""
    level = [entity]
    fields = 0
    for _depth in range(DEEPEST_ROW + 1):
        if not level:
            return None
        fields += sum(len(value) for value in level if isinstance(value, dict))
        if fields > MOST_FIELDS_OF_ROW:
            return f"the message has more than {MOST_FIELDS_OF_ROW} fields"
        level = [inner for value in level for inner in _inner(value)]
    return f"the message is nested deeper than {DEEPEST_ROW} levels"


def _inner(value: Any) -> list[Any]:
    """Return the objects and arrays right within a value."""
    if isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, list):
        return []
    return [inner for inner in value if isinstance(inner, dict | list)]
