"""Which of a connector's authentication specifications the given credentials are meant for."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from headwater.credentials import references, validation
from headwater.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from headwater.connectors.connector import Connector
    from headwater.models import AuthenticationSpec

    Fill = Callable[[AuthenticationSpec, Mapping[str, Any]], Mapping[str, Any]]


def choose(
    connector: Connector,
    given: Mapping[str, Any],
    *,
    auth: str | None = None,
    cloud: str | None = None,
    fill: Fill | None = None,
) -> AuthenticationSpec:
    """Return the first specification, in the connector's order, that accepts exactly the given fields.

    `cloud` leaves out those of another cloud, `auth` those of another name (spec name or label). A deprecated one is
    taken only if no other fits. `fill` may complete the values for a candidate, as from the environment. Where none
    accepts the values, the nearest is returned, so that validation can say what is wrong: one that only lacks fields
    first, then the one that knows most of them, then the one with the fewest problems.

    Raises `InvalidInput` for a name the connector does not have, a cloud it does not support, or where a tenant's
    schemas leave open which values are secret.
    """
    found = sorted(
        _candidates(connector, auth, cloud), key=lambda spec: spec.deprecated
    )
    candidates = [spec for spec in found if not spec.unusable]
    if not candidates:
        validation.check_usable(found[0])
    ranked = []
    for position, spec in enumerate(candidates):
        values = fill(spec, given) if fill is not None else given
        problems = validation.validate(
            spec, values, pending=references.pending(spec, values)
        )
        if not problems:
            return spec
        only_lacking = all(problem.rule == "required" for problem in problems)
        unknown = sum(problem.rule == "unknown" for problem in problems)
        ranked.append(
            (
                not only_lacking,
                spec.deprecated if only_lacking else False,
                unknown,
                len(problems),
                position,
            )
        )
    return candidates[min(ranked)[-1]]


def named(connector: Connector, auth: str | None) -> list[AuthenticationSpec]:
    """Return the specifications of a name (spec name or label), all without one. Raises `InvalidInput` for no such."""
    found = [
        spec
        for spec in connector.authentication
        if auth is None or auth in (spec.spec_name, spec.label)
    ]
    if not found:
        raise _unknown(connector, auth)
    return found


def _candidates(
    connector: Connector, auth: str | None, cloud: str | None
) -> list[AuthenticationSpec]:
    found = named(connector, auth)
    here = [spec for spec in found if cloud is None or spec.cloud in (None, cloud)]
    if not here:
        clouds = ", ".join(sorted({spec.cloud for spec in found if spec.cloud}))
        raise InvalidInput(
            f"connector {connector.slug} has no such authentication specification for the cloud {cloud}",
            remedy=f"it exists for: {clouds}; the profile names its cloud (HEADWATER_CLOUD)",
        )
    return here


def _unknown(connector: Connector, auth: str | None) -> InvalidInput:
    names = list(dict.fromkeys(spec.spec_name for spec in connector.authentication))
    if not names:
        return InvalidInput(
            f"{connector.spec.name} takes no credentials",
            remedy=connector.spec.lifecycle_note or "leave them out",
        )
    near = difflib.get_close_matches(auth or "", names, n=1, cutoff=0.5)
    guess = f"did you mean {near[0]}? " if near else ""
    return InvalidInput(
        f"connector {connector.slug} has no authentication specification named {auth}",
        remedy=f"{guess}known: {', '.join(names)}",
    )
