"""What the tenant lists: held against what was pulled before, and against the connectors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headwater import tenant
from headwater.doctor.drift import judged
from headwater.doctor.results import OK, WARNING, Check
from headwater.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headwater.connectors.connector import Connector
    from headwater.connectors.registry import Registry
    from headwater.doctor.results import Verdict
    from headwater.flowservice import RemoteSpec
    from headwater.profiles import Profile


def counted(profile: Profile, specs: Sequence[RemoteSpec]) -> list[Check]:
    """Say how many specifications there are, and whether those that were pulled are still the same."""
    found = [Check(OK, "specifications", f"{len(specs)} listed by the tenant")]
    asked = tenant.Tenant.of(profile)
    try:
        pulled = tenant.read(asked) if asked else None
    except InvalidInput as error:
        return [*found, Check(WARNING, "specifications", error.message, error.remedy)]
    if pulled is None:
        return found
    kept, now = (
        {spec.id: spec.raw for spec in group} for group in (pulled.specs, specs)
    )
    changed = sum(kept.get(id) != now.get(id) for id in kept.keys() | now.keys())
    if not changed:
        return [
            *found,
            Check(
                OK, "specifications", f"those kept {pulled.label} are still the same"
            ),
        ]
    message = f"{changed} of those kept {pulled.label} are not the same any more"
    return [
        *found,
        Check(WARNING, "specifications", message, "run `headwater specs pull`"),
    ]


def verdicts(
    registry: Registry,
    specs: Sequence[RemoteSpec],
    *,
    cloud: str,
    chosen: Sequence[Connector] | None = None,
) -> list[Verdict]:
    """Judge the chosen connectors, or all of the registry. An id that came from a tenant is no proof, and not used."""
    working, _failures = registry.all()
    own = {one.slug: one for one in working}
    owned = {one.spec.id for one in working if one.spec.id}
    connectors = (
        working if chosen is None else [own.get(one.slug, one) for one in chosen]
    )
    return [judged(one, specs, cloud=cloud, owned=owned) for one in connectors]
