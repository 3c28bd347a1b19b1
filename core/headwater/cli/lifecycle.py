"""What people should know of a source or an authentication specification that is going away."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from headwater.connector import Connector
    from headwater.models import AuthenticationSpec


def lifecycle_notices(connector: Connector, auth: AuthenticationSpec) -> list[str]:
    """Return a line for a source that is beta or deprecated, and one for a deprecated authentication."""
    spec = connector.spec
    found = []
    if spec.lifecycle != "ga":
        found.append(f"{spec.name} is {spec.lifecycle}" + (f": {spec.lifecycle_note}" if spec.lifecycle_note else ""))
    if auth.deprecated:
        found.append(f"{auth.label} is deprecated" + (f": {auth.note}" if auth.note else ""))
    return found
