"""What the tenant lists: held against what was pulled before, and against the connectors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headwater import tenant
from headwater.doctor.drift import judge
from headwater.doctor.results import OK, WARNING, CheckResult
from headwater.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headwater.connectors.connector import Connector
    from headwater.connectors.registry import Registry
    from headwater.doctor.results import Verdict
    from headwater.flowservice import RemoteSpec
    from headwater.profiles import Profile
    from headwater.tenant import Pulled

_SUBJECT = "specifications"


def compare_with_pulled(
    profile: Profile, specs: Sequence[RemoteSpec]
) -> list[CheckResult]:
    """Say how many specifications there are, and whether those that were pulled are still the same."""
    results = [CheckResult(OK, _SUBJECT, f"{len(specs)} listed by the tenant")]
    asked = tenant.Tenant.of(profile)
    if asked is None:
        return results
    try:
        pulled = tenant.read(asked)
    except InvalidInput as error:
        return [*results, CheckResult(WARNING, _SUBJECT, error.message, error.remedy)]
    if pulled is not None:
        results.append(_compare(pulled, specs))
    return results


def judge_connectors(
    registry: Registry,
    specs: Sequence[RemoteSpec],
    *,
    cloud: str,
    chosen: Sequence[Connector] | None = None,
) -> list[Verdict]:
    """Judge the chosen connectors, or all of the registry. An id that came from a tenant is no proof, and not used.

    Sources of the user interface that the tenant does not list either are left out unless they are chosen: there is
    nothing to compare.
    """
    working, _failures = registry.all()
    connectors = working
    if chosen is not None:
        without_tenant = {connector.slug: connector for connector in working}
        connectors = [
            without_tenant.get(connector.slug, connector) for connector in chosen
        ]
    owned = {connector.spec.id for connector in working if connector.spec.id}
    verdicts = [
        (connector, judge(connector, specs, cloud=cloud, owned=owned))
        for connector in connectors
    ]
    return [
        verdict
        for connector, verdict in verdicts
        if chosen is not None or verdict.suggested or not connector.spec.ui_only
    ]


def _compare(pulled: Pulled, specs: Sequence[RemoteSpec]) -> CheckResult:
    kept = {spec.id: spec.raw for spec in pulled.specs}
    now = {spec.id: spec.raw for spec in specs}
    changed = [id for id in kept.keys() | now.keys() if kept.get(id) != now.get(id)]
    if not changed:
        return CheckResult(
            OK, _SUBJECT, f"those kept {pulled.label} are still the same"
        )
    return CheckResult(
        WARNING,
        _SUBJECT,
        f"{len(changed)} of those kept {pulled.label} have changed since",
        "run `headwater specs pull`",
    )
