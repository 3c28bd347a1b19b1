"""Which of a connector's authentication specifications the given credentials are meant for."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

import attrs

from headwater.arguments import require_kind, takes_fields
from headwater.connectors.connector import Connector
from headwater.credentials.given import CredentialsInput
from headwater.credentials.validation import check_usable
from headwater.errors import InvalidInput
from headwater.models import AuthenticationSpec

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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
    taken only if no other fits. Where none accepts the values, `home_cloud` was all that was asked for, and exactly one
    specification of another cloud accepts them, that is taken, with the `choice` said. Else the nearest is taken, so
    that validation can say what is wrong: one that only lacks fields first, then the one that knows most of them, then
    the one with the fewest problems; its `hint` names what to ask for where one that was left out is nearer.

    Raises `InvalidInput` for a name the connector does not have, a cloud it does not support, or where a tenant's
    schemas leave open which values are secret.
    """
    require_kind("connector", connector, Connector, "a Connector")
    if isinstance(given.auth, AuthenticationSpec):
        return given.complete(given.auth, connector.slug)
    strict = attrs.evolve(given, allow_unknown=False)
    named = specs_named(connector, given.auth)
    asked = [spec for spec in named if spec.cloud in (None, _asked_cloud(given, spec))]
    rejected = []
    for auth in _list_usable(asked):
        credentials = strict.complete(auth, connector.slug)
        if not credentials.misfits:
            return credentials
        rejected.append(credentials)
    left_out = [
        strict.complete(spec, connector.slug)
        for spec in connector.authentication
        if spec not in asked and not spec.unusable
    ]
    chosen = _choose_left_out(given, left_out)
    if chosen is not None:
        return chosen
    if not rejected:
        raise _wrong_cloud(connector, given, named)
    if given.allow_unknown:
        rejected = [
            given.complete(credentials.auth, connector.slug) for credentials in rejected
        ]
    nearest = min(rejected, key=_measure_distance)
    return _point_elsewhere(given, nearest, left_out)


def _asked_cloud(given: CredentialsInput, spec: AuthenticationSpec) -> str | None:
    """Return the cloud that a specification must be for, where it is for one; its own where nobody named another."""
    if given.cloud is not None:
        return given.cloud
    if given.home_cloud is None or given.auth == spec.label != spec.spec_name:
        return spec.cloud
    return given.home_cloud


def _choose_left_out(
    given: CredentialsInput, left_out: list[GivenCredentials]
) -> GivenCredentials | None:
    """Return the only credentials that fit, where the caller has not asked for others by name or cloud."""
    fitting = [credentials for credentials in left_out if not credentials.misfits]
    if given.auth is not None or given.cloud is not None or len(fitting) != 1:
        return None
    [chosen] = fitting
    return attrs.evolve(
        chosen,
        choice=f"the fields fit {chosen.auth.label} alone, so it is taken although the cloud is {given.home_cloud}",
    )


def _point_elsewhere(
    given: CredentialsInput,
    nearest: GivenCredentials,
    left_out: Sequence[GivenCredentials],
) -> GivenCredentials:
    """Say how to ask for a specification that was left out, where the values are nearer to it than to what is taken."""
    if not nearest.misfits or not left_out:
        return nearest
    fitting = [credentials for credentials in left_out if not credentials.misfits]
    best = min(fitting or left_out, key=_measure_distance)
    if best.misfits and _measure_distance(best)[:4] >= _measure_distance(nearest)[:4]:
        return nearest
    options = []
    if best.auth.cloud not in (None, given.cloud or given.home_cloud):
        options.append(f"--cloud {best.auth.cloud}")
    if given.auth not in (None, best.auth.spec_name) or not options:
        options.append(f'--auth "{best.auth.spec_name}"')
    asking = f"{best.auth.label}: give {' '.join(options)} for it"
    if best.misfits:
        return attrs.evolve(nearest, hint=f"the fields are nearer to {asking}")
    return attrs.evolve(nearest, other_fit=f"the fields fit {asking}")


def specs_named(connector: Connector, name: str | None) -> list[AuthenticationSpec]:
    """Return the specifications of a name (spec name or label), all without one.

    Raises `InvalidInput` where there are none, and `NotCreatable` for a source of the user interface alone.
    """
    connector.check_programmable()
    specs = [
        spec
        for spec in connector.authentication
        if name in (None, spec.spec_name, spec.label)
    ]
    if not specs:
        raise _no_such_spec(connector, name)
    return specs


def _list_usable(specs: Sequence[AuthenticationSpec]) -> list[AuthenticationSpec]:
    """Return the specifications to try, deprecated ones last. Raises `InvalidInput` where all are unusable."""
    in_order = sorted(specs, key=lambda spec: spec.deprecated)
    usable = [spec for spec in in_order if not spec.unusable]
    if in_order and not usable:
        check_usable(in_order[0])
    return usable


def _wrong_cloud(
    connector: Connector, given: CredentialsInput, specs: Sequence[AuthenticationSpec]
) -> InvalidInput:
    clouds = ", ".join(sorted({spec.cloud for spec in specs if spec.cloud}))
    return InvalidInput(
        f"connector {connector.slug} takes {given.auth or 'credentials'} on {clouds} only,"
        f" and the cloud is {given.cloud or given.home_cloud}",
        remedy="if that is not your organization's cloud, name it with --cloud, HEADWATER_CLOUD or in the profile",
    )


def _measure_distance(
    credentials: GivenCredentials,
) -> tuple[bool, bool, bool, int, int]:
    """Say how far credentials are from fitting; of two that are equally far, the first is meant.

    A field that is not listed counts where it is sent on request, too.
    """
    rules = [problem.rule for problem in credentials.misfits]
    unlisted = rules.count("unknown") + len(credentials.unknown)
    only_lacks_fields = set(rules) == {"required"} and not unlisted
    return (
        bool(rules),
        not only_lacks_fields,
        only_lacks_fields and credentials.auth.deprecated,
        unlisted,
        len(rules),
    )


def _no_such_spec(connector: Connector, name: str | None) -> InvalidInput:
    """Say which names there are; older documentation may have used another one for the same."""
    known = list(dict.fromkeys(spec.spec_name for spec in connector.authentication))
    if not known:
        return InvalidInput(
            f"{connector.spec.name} takes no credentials",
            remedy=connector.spec.lifecycle_note or "leave them out",
        )
    remedy = f"known: {', '.join(known)}"
    near = [
        spec.spec_name for spec in connector.authentication if name in spec.former_names
    ] or difflib.get_close_matches(name or "", known, n=1, cutoff=0.5)
    if near:
        remedy = f"did you mean {near[0]}? {remedy}"
    return InvalidInput(
        f"connector {connector.slug} has no authentication specification named {name}",
        remedy=remedy,
    )
