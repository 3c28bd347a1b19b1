"""The authentication specifications a connector ships, held against those the tenant lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headwater.doctor.results import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from headwater.models import AuthenticationSpec, Field


def compared(
    ours: Sequence[AuthenticationSpec], theirs: Sequence[AuthenticationSpec], cloud: str
) -> tuple[list[Finding], list[str]]:
    """Return the differences, and what could not be compared.

    A tenant lists a specification by its name alone, and only those of its own cloud; ours may share a name for two
    clouds or variants. So those of one name are paired by what they have in common.
    """
    findings: list[Finding] = []
    notes: list[str] = []
    for name in dict.fromkeys(spec.spec_name for spec in (*ours, *theirs)):
        mine = [spec for spec in ours if spec.spec_name == name]
        listed = [spec for spec in theirs if spec.spec_name == name]
        pairs = _paired(mine, listed, cloud)
        for own, there in pairs:
            findings += differences(own, there)
        left = [
            spec
            for spec in mine
            if spec not in [own for own, _there in pairs]
            and spec.cloud in (None, cloud)
        ]
        if listed:
            findings += [_added(name)] * (len(listed) - len(pairs))
            notes += [
                f"{spec.label}: the tenant lists no variant of its own for it"
                for spec in left
            ]
        elif left:
            message = "is not listed by the tenant any more"
            findings.append(Finding(kind="auth-removed", auth=name, message=message))
    return findings, notes


def differences(ours: AuthenticationSpec, theirs: AuthenticationSpec) -> list[Finding]:
    """Return in which fields one specification differs: added, removed, required, secret, type."""
    found: list[tuple[str, str, str]] = []
    for name in dict.fromkeys(field.name for field in (*ours.fields, *theirs.fields)):
        own, there = ours.field(name), theirs.field(name)
        if own is None and there is not None:
            found.append(
                ("field-added", name, f"field {name} is new ({_traits(there)})")
            )
        elif there is None:
            found.append(("field-removed", name, f"field {name} is gone"))
        elif own is not None:
            found += [(kind, name, message) for kind, message in _changes(own, there)]
    return [
        Finding(kind=kind, auth=ours.label, field=name, message=message)
        for kind, name, message in found
    ]


def _changes(own: Field, there: Field) -> Iterator[tuple[str, str]]:
    if own.required != there.required:
        yield (
            ("required", f"field {own.name} is required now")
            if there.required
            else (
                "not-required",
                f"field {own.name} is optional now",
            )
        )
    if own.secret != there.secret:
        yield (
            ("secret", f"field {own.name} is a secret now")
            if there.secret
            else (
                "not-secret",
                f"field {own.name} is no secret any more",
            )
        )
    if own.type and there.type and own.type != there.type:
        yield "type", f"field {own.name} is of type {there.type} now, not {own.type}"


def _paired(
    ours: Sequence[AuthenticationSpec], theirs: Sequence[AuthenticationSpec], cloud: str
) -> list[tuple[AuthenticationSpec, AuthenticationSpec]]:
    """Pair as many as there are: those of the tenant's cloud first, for a tenant lists no others, the most alike."""
    costs = sorted(
        (own.cloud not in (None, cloud), len(differences(own, there)), mine, listed)
        for mine, own in enumerate(ours)
        for listed, there in enumerate(theirs)
    )
    found: dict[int, int] = {}
    for _elsewhere, _differing, mine, listed in costs:
        if mine not in found and listed not in found.values():
            found[mine] = listed
    return [(ours[mine], theirs[listed]) for mine, listed in sorted(found.items())]


def _added(name: str) -> Finding:
    return Finding(
        kind="auth-added",
        auth=name,
        message="is listed by the tenant, and unknown here",
    )


def _traits(field: Field) -> str:
    return ("required" if field.required else "optional") + (
        ", secret" if field.secret else ""
    )
