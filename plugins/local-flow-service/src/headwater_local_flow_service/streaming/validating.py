"""Messages held against the schema of their data set, as it is now."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Final

import attrs

from headwater_local_flow_service.inlets import problems
from headwater_local_flow_service.inlets.problems import InletError
from headwater_local_flow_service.neighbours import lookup, resolution
from headwater_local_flow_service.streaming import casting

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headwater_local_flow_service.promotion.messages import MessageRules
    from headwater_local_flow_service.promotion.rules import Violation
    from headwater_local_flow_service.store.store import Scope, Store
    from headwater_local_flow_service.streaming.openings import Opening
    from headwater_local_flow_service.streaming.routing import Route

NO_ENTITY: Final = "Payload body is missing xdmEntity"
MAPPED: Final = (
    "_mapped"  # what a kept message says besides, where a mapping made its entity
)
_MOST_KEPT: Final = 64  # compiled schemas; the one that was not used for longest goes


@attrs.frozen
class DataSetRules:
    """The schema of a data set with every reference resolved, and the rules that messages are held against."""

    schema: Mapping[str, Any] = attrs.field(repr=False)
    rules: MessageRules

    def read_entity(self, message: Mapping[str, Any]) -> Any:
        """Return the entity of a message; one that was mapped in the types of the schema."""
        entity = message["body"].get("xdmEntity")
        return casting.cast(entity, self.schema) if message.get(MAPPED) else entity


class Validator:
    """Compiles schemas, each once as long as it stays as it is."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept: OrderedDict[str, DataSetRules] = OrderedDict()
        self._lock = threading.Lock()

    def read_rules(self, scope: Scope, data_set: str) -> DataSetRules | None:
        """Return the rules of a data set; None where it is gone, or its schema. Raises `NeighbourError`."""
        with self._store.reading() as rows:
            found = lookup.data_set(rows, scope, data_set)
            schema = None
            if found is not None:
                id = found["schemaRef"]["id"]
                schema = resolution.resolve_schema(rows, scope, id)
        return None if schema is None else self._compile(schema)

    def check(self, opening: Opening, route: Route, message: Mapping[str, Any]) -> None:
        """Refuse a message that breaks its schema. Raises `InletError`, `NeighbourError`."""
        rules = self.read_rules(route.scope, route.data_set)
        if rules is None:
            raise _refusal(opening, [{"message": "the schema of the data set is gone"}])
        if not has_entity(message):
            raise _refusal(opening, [{"message": NO_ENTITY}])
        violations = rules.rules.find_violations(rules.read_entity(message))
        if violations:
            raise _refusal(opening, [as_cause(violations)])

    def _compile(self, schema: Mapping[str, Any]) -> DataSetRules:
        # It brings a compiled library, which takes a while to load.
        from headwater_local_flow_service.promotion import messages

        key = json.dumps(schema, sort_keys=True)
        with self._lock:
            rules = self._kept.get(key)
        if rules is None:
            rules = DataSetRules(schema, messages.compile_message_rules(schema))
        with self._lock:
            self._kept[key] = rules
            self._kept.move_to_end(key)
            while len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
        return rules


def has_entity(message: Mapping[str, Any]) -> bool:
    """Say whether a message holds what is to be stored."""
    return message["body"].get("xdmEntity") is not None


def as_cause(violations: list[Violation]) -> dict[str, Any]:
    """Return violations as one object: the only one, or several below a sentence that counts them."""
    if len(violations) == 1:
        return violations[0].as_json()
    return {
        "schemaLocation": "#",
        "pointerToViolation": "#",
        "causingExceptions": [violation.as_json() for violation in violations],
        "message": f"{len(violations)} schema violations found",
    }


def _refusal(opening: Opening, violations: list[dict[str, Any]]) -> InletError:
    inlet = opening.inlet
    text = problems.describe(inlet.id, inlet.scope.org, problems.INVALID)
    return InletError(400, text, violations=violations)
