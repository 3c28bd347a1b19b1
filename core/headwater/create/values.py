"""What goes into a create, and what comes out of it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import attrs

from headwater.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headwater.connectors.connector import Connector
    from headwater.models import AuthenticationSpec, Payload

CONFIRMED = "confirmed"
UNCONFIRMED = "unconfirmed"
DUPLICATED = "duplicated"


@attrs.frozen(kw_only=True)
class Prepared:
    """A validated request that waits to be sent: `payload` is its body, secrets in it still `Secret`.

    `params` are the credentials that it was built from: validated, with references looked up unless it is only shown.
    """

    connector: Connector
    auth: AuthenticationSpec
    name: str
    params: Mapping[str, Any] = attrs.field(repr=False)
    payload: Payload


@attrs.frozen(kw_only=True)
class Created:
    """The connection that exists now.

    `created` is True where this call made it, False where an existing one was adopted, and None where it was found
    after an unknown outcome: another client may have made it. `uniqueness` is ``confirmed`` once a look has shown no
    other of the name after the time that lists may lag behind, ``unconfirmed`` before that, and ``duplicated`` where
    `duplicates` holds the ids of others, made by somebody else at the same moment: the platform allows that, so it can
    only be reported. `warning` is what the service said about the request in a ``Warning`` header. `journal` says
    whether the journal of creates was kept.
    """

    id: str
    etag: str
    connector: str
    created: bool | None
    auth: str
    duplicates: tuple[str, ...] = ()
    uniqueness: str = UNCONFIRMED
    warning: str = ""
    journal: bool = True


def _check_policy(
    _rules: CreateRules, _attribute: attrs.Attribute[str], value: Any
) -> None:
    if value not in ("fail", "reuse"):
        raise InvalidInput("if_exists must be fail or reuse")


def _check_duration(
    _rules: CreateRules, attribute: attrs.Attribute[float], value: Any
) -> None:
    """Refuse what cannot be waited for before anything is sent: afterwards it would hide the outcome."""
    if type(value) in (int, float) and math.isfinite(value) and value >= 0:
        return
    raise InvalidInput(f"{attribute.name} must be a number of seconds, 0 or more")


@attrs.frozen(kw_only=True)
class CreateRules:
    """What the caller wants: see `headwater.create.ensure`. Raises `InvalidInput`."""

    if_exists: str = attrs.field(default="fail", validator=_check_policy)
    settle: float = attrs.field(default=60.0, validator=_check_duration)
    confirm: bool = False
