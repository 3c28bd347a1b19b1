"""One connector held against the tenant's connection specifications."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from headwater.doctor.results import ABSENT, DRIFTED, SAME, UNVERIFIED, Finding, Verdict
from headwater.doctor.schemas import compare
from headwater.tenant.authspecs import authentication_of, is_readable
from headwater.tenant.names import display_name, fold, is_named_like, names_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from headwater.connectors.connector import Connector
    from headwater.flowservice import RemoteSpec

_LICENCE = "a licence may be missing, or the source is retired there; ask whoever administers the tenant"


def judge(
    connector: Connector,
    specs: Sequence[RemoteSpec],
    *,
    cloud: str,
    owned: Collection[str] = (),
) -> Verdict:
    """Say what the tenant's specifications say of a connector; `owned` are the ids of the installed connectors."""
    for spec in specs:
        if spec.id.lower() == connector.spec.id:
            return _compare(connector, spec, cloud)
    fitting = [spec for spec in specs if _suits(spec, connector, owned)]
    if connector.spec.id is None:
        return _offer_ids(connector, fitting, cloud)
    if fitting:
        return _tell_other_id(connector, fitting[0])
    return Verdict(
        slug=connector.slug,
        verdict=ABSENT,
        id=connector.spec.id,
        message="the tenant does not list its id",
        remedy=_LICENCE,
    )


def _compare(connector: Connector, spec: RemoteSpec, cloud: str) -> Verdict:
    differing, unclear = compare(
        connector.authentication, authentication_of(spec), cloud
    )
    findings = [
        *_compare_version(connector, spec),
        *_compare_name(connector, spec),
        *differing,
    ]
    verdict = Verdict(
        slug=connector.slug,
        verdict=SAME,
        id=connector.spec.id,
        message="as the tenant lists it",
        machine_name=spec.name,
        notes=(*_list_not_compared(connector, spec), *unclear),
    )
    if not findings:
        return verdict
    plural = "s" if len(findings) > 1 else ""
    return attrs.evolve(
        verdict,
        verdict=DRIFTED,
        message=f"{len(findings)} difference{plural} to what the tenant lists",
        remedy=_update(connector),
        findings=findings,
    )


def _compare_version(connector: Connector, spec: RemoteSpec) -> list[Finding]:
    if not spec.version or spec.version == connector.spec.version:
        return []
    message = f"the connection specification is of version {spec.version} there, not {connector.spec.version}"
    return [Finding(kind="version", message=message)]


def _compare_name(connector: Connector, spec: RemoteSpec) -> list[Finding]:
    """Compare display names only: a machine name is the platform's own, and another one changes nothing for users."""
    shown = display_name(spec)
    if not shown or fold(shown) in names_of(connector):
        return []
    message = f"it is called {shown} there, not {connector.spec.name}"
    return [Finding(kind="name", message=message)]


def _list_not_compared(connector: Connector, spec: RemoteSpec) -> list[str]:
    notes = [*_tell_machine_name(connector, spec)]
    elements = spec.raw.get("authSpec") or []
    if not isinstance(elements, list):
        elements = [elements]
    readable = len([*filter(is_readable, elements)])
    if readable < len(elements):
        notes.append(
            f"not compared: {len(elements) - readable} of the tenant's authentication specifications cannot be read"
        )
    return notes


def _tell_machine_name(connector: Connector, spec: RemoteSpec) -> Iterator[str]:
    known = connector.spec.platform_name
    if is_named_like(spec, connector):
        return
    if known:
        yield f"the machine name is {spec.name} there, and {known} here"
    elif not display_name(spec):
        yield f"name not compared: the tenant gives only the machine name {spec.name}"


def _offer_ids(
    connector: Connector, fitting: Sequence[RemoteSpec], cloud: str
) -> Verdict:
    """Offer the tenant's ids of this name; where there is only one, say how its fields differ, too."""
    verdict = Verdict(
        slug=connector.slug,
        verdict=UNVERIFIED,
        id=None,
        message="no verified id, and the tenant lists no source of this name",
        suggested=tuple(spec.id for spec in fitting),
    )
    if not fitting and connector.spec.ui_only:
        return attrs.evolve(
            verdict,
            message="set up in the platform's user interface only, and the tenant lists no source of this name",
            remedy=f"follow {connector.spec.documentation}",
        )
    if not fitting:
        return verdict
    named = ", ".join(f"{spec.id} ({spec.name})" for spec in fitting)
    verdict = attrs.evolve(
        verdict, message=f"no verified id; the tenant lists this name as {named}"
    )
    if len(fitting) > 1:
        return attrs.evolve(verdict, remedy="choose one and give it with --spec-id")
    findings, notes = compare(
        connector.authentication, authentication_of(fitting[0]), cloud
    )
    return attrs.evolve(
        verdict,
        remedy="run `headwater specs pull`, and create takes it; or give it with --spec-id",
        machine_name=fitting[0].name,
        findings=findings,
        notes=tuple(notes),
    )


def _tell_other_id(connector: Connector, spec: RemoteSpec) -> Verdict:
    message = f"the tenant lists {spec.name} under the id {spec.id}"
    if spec.id.lower() in connector.spec.misprinted_ids:
        message += ", known here as a misprint"
    return Verdict(
        slug=connector.slug,
        verdict=DRIFTED,
        id=connector.spec.id,
        message="another id there",
        remedy=_update(connector),
        machine_name=spec.name,
        findings=[Finding(kind="id", message=message)],
    )


def _suits(spec: RemoteSpec, connector: Connector, owned: Collection[str]) -> bool:
    """Say whether a specification has the connector's name, and no other connector's id."""
    return spec.id.lower() not in owned and is_named_like(spec, connector)


def _update(connector: Connector) -> str:
    if connector.from_tenant:
        return "run `headwater specs pull` again"
    return f"update {connector.distribution.name}, or report it to its authors"
