"""A tenant's ``authSpec`` as authentication specifications. A tenant's schema may be damaged in any way."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import attrs

from headwater.credentials.validation import from_auth_spec

if TYPE_CHECKING:
    from headwater.flowservice import RemoteSpec
    from headwater.models import AuthenticationSpec


def authentication_of(spec: RemoteSpec) -> tuple[AuthenticationSpec, ...]:
    """Return the authentication specifications that can be read; of several of one name, all but the first are marked.

    Validation goes by the schema as it came, so nothing of it is lost; one that is no schema of an object is left out.
    """
    elements = spec.raw.get("authSpec")
    found: list[AuthenticationSpec] = []
    seen: Counter[str] = Counter()
    for element in elements if isinstance(elements, list) else ():
        if not is_readable(element):
            continue
        auth = from_auth_spec(element)
        seen[auth.spec_name] += 1
        number = seen[auth.spec_name]
        found.append(auth if number == 1 else attrs.evolve(auth, variant=str(number)))
    return tuple(found)


def is_readable(element: Any) -> bool:
    """Say whether an element of ``authSpec`` has a name, and a schema that lists its properties by name."""
    if (
        not isinstance(element, dict)
        or not isinstance(element.get("name"), str)
        or not element["name"]
    ):
        return False
    schema = element.get("spec")
    if not isinstance(schema, dict):
        return False
    properties, required = schema.get("properties", {}), schema.get("required", [])
    listed = isinstance(required, list) and all(
        isinstance(name, str) for name in required
    )
    return isinstance(properties, dict) and all(properties) and listed
