"""A tenant's ``authSpec`` as authentication specifications. A tenant's schema may be damaged in any way."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import attrs

from headwater.credentials.validation import from_auth_spec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headwater.flowservice import RemoteSpec
    from headwater.models import AuthenticationSpec


def authentication_of(spec: RemoteSpec) -> tuple[AuthenticationSpec, ...]:
    """Return the authentication specifications that can be read; of several of one name, all but the first are marked.

    Validation goes by the schema as it came, so nothing of it is lost; what is not the schema of an object is left out.
    """
    elements = spec.raw.get("authSpec")
    if not isinstance(elements, list):
        return ()
    readable: list[AuthenticationSpec] = []
    seen: Counter[str] = Counter()
    for element in filter(is_readable, elements):
        auth = from_auth_spec(element)
        seen[auth.spec_name] += 1
        number = seen[auth.spec_name]
        if number > 1:
            auth = attrs.evolve(auth, variant=str(number))
        readable.append(auth)
    return tuple(readable)


def is_readable(element: Any) -> bool:
    """Say whether an element of ``authSpec`` has a name, and a schema that lists its properties by name."""
    if not isinstance(element, dict):
        return False
    name, schema = element.get("name"), element.get("spec")
    if not isinstance(name, str) or not name:
        return False
    return isinstance(schema, dict) and _lists_properties(schema)


def _lists_properties(schema: Mapping[str, Any]) -> bool:
    properties, required = schema.get("properties", {}), schema.get("required", [])
    if not isinstance(properties, dict) or not isinstance(required, list):
        return False
    return all(properties) and all(isinstance(name, str) for name in required)
