"""Which of a connector's authentication specifications the given credentials are meant for."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from headwater.arguments import require_kind, takes_fields
from headwater.connectors.connector import Connector
from headwater.credentials.given import CredentialsInput
from headwater.credentials.validation import check_usable
from headwater.errors import InvalidInput
from headwater.models import AuthenticationSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headwater.credentials.given import GivenCredentials


@takes_fields("given", 1)
def choose(
    connector: Connector,
    given: Mapping[str, Any],
    *,
    auth: str | None = None,
    cloud: str | None = None,
) -> AuthenticationSpec:
    """Return the specification that values are meant for; see `choose_credentials` for the rules and the errors."""
    credentials = CredentialsInput(values=given, auth=auth, cloud=cloud)
    return choose_credentials(connector, credentials).auth


def choose_credentials(
    connector: Connector, given: CredentialsInput
) -> GivenCredentials:
    """Return the credentials for the first specification, in the connector's order, that accepts exactly their fields.

    `cloud` leaves out those of another cloud, `auth` those of another name (spec name or label). A deprecated one is
    taken only if no other fits. Where none accepts the values, the nearest is taken, so that validation can say what
    is wrong: one that only lacks fields first, then the one that knows most of them, then the one with the fewest
    problems.

    Raises `InvalidInput` for a name the connector does not have, a cloud it does not support, or where a tenant's
    schemas leave open which values are secret.
    """
    require_kind("connector", connector, Connector, "a Connector")
    if isinstance(given.auth, AuthenticationSpec):
        return given.complete(given.auth, connector.slug)
    rejected = []
    for auth in _list_candidates(connector, given.auth, given.cloud):
        credentials = given.complete(auth, connector.slug)
        if not credentials.misfits:
            return credentials
        rejected.append(credentials)
    return min(rejected, key=_measure_distance)


def specs_named(connector: Connector, name: str | None) -> list[AuthenticationSpec]:
    """Return the specifications of a name (spec name or label), all without one.

    Raises `InvalidInput` where there are none.
    """
    specs = [
        spec
        for spec in connector.authentication
        if name in (None, spec.spec_name, spec.label)
    ]
    if not specs:
        raise _no_such_spec(connector, name)
    return specs


def _list_candidates(
    connector: Connector, name: str | None, cloud: str | None
) -> list[AuthenticationSpec]:
    """Return the specifications to try, those that are not deprecated first."""
    specs = specs_named(connector, name)
    of_cloud = [spec for spec in specs if cloud is None or spec.cloud in (None, cloud)]
    if not of_cloud:
        clouds = ", ".join(sorted({spec.cloud for spec in specs if spec.cloud}))
        raise InvalidInput(
            f"connector {connector.slug} takes {name or 'credentials'} on {clouds} only, and the cloud is {cloud}",
            remedy="if that is not your organization's cloud, name it with --cloud, HEADWATER_CLOUD or in the profile",
        )
    in_order = sorted(of_cloud, key=lambda spec: spec.deprecated)
    usable = [spec for spec in in_order if not spec.unusable]
    if not usable:
        check_usable(in_order[0])
    return usable


def _measure_distance(credentials: GivenCredentials) -> tuple[bool, bool, int, int]:
    """Say how far credentials are from fitting; of two that are equally far, the first is meant."""
    rules = [problem.rule for problem in credentials.misfits]
    only_lacks_fields = set(rules) == {"required"}
    return (
        not only_lacks_fields,
        only_lacks_fields and credentials.auth.deprecated,
        rules.count("unknown"),
        len(rules),
    )


def _no_such_spec(connector: Connector, name: str | None) -> InvalidInput:
    known = list(dict.fromkeys(spec.spec_name for spec in connector.authentication))
    if not known:
        return InvalidInput(
            f"{connector.spec.name} takes no credentials",
            remedy=connector.spec.lifecycle_note or "leave them out",
        )
    remedy = f"known: {', '.join(known)}"
    near = difflib.get_close_matches(name or "", known, n=1, cutoff=0.5)
    if near:
        remedy = f"did you mean {near[0]}? {remedy}"
    return InvalidInput(
        f"connector {connector.slug} has no authentication specification named {name}",
        remedy=remedy,
    )
