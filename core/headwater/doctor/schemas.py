"""The authentication specifications a connector ships, held against those the tenant lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headwater.doctor.results import Finding
from headwater.models import dotted, iter_fields

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from headwater.models import AuthenticationSpec, Field


# By what the tenant says now: the kind of the finding, and the end of its message.
_REQUIRED = {
    True: ("required", "is required now"),
    False: ("not-required", "is optional now"),
}
_SECRET = {
    True: ("secret", "is a secret now"),
    False: ("not-secret", "is not a secret any more"),
}


def compare(
    ours: Sequence[AuthenticationSpec], theirs: Sequence[AuthenticationSpec], cloud: str
) -> tuple[list[Finding], list[str]]:
    """Return the differences, and what could not be compared.

    A tenant lists a specification by its name alone, and only those of its own cloud; ours may share a name for two
    clouds or variants. So those of one name are paired by what they have in common.
    """
    findings: list[Finding] = []
    notes: list[str] = []
    for name in dict.fromkeys(spec.spec_name for spec in (*ours, *theirs)):
        own = [spec for spec in ours if spec.spec_name == name]
        listed = [spec for spec in theirs if spec.spec_name == name]
        pairs = _pair(own, listed, cloud)
        unpaired = [*own]
        for mine, there in pairs:
            findings += find_differences(mine, there)
            unpaired.remove(mine)
        missing = [spec for spec in unpaired if spec.cloud in (None, cloud)]
        findings += [_auth_added(name)] * (len(listed) - len(pairs))
        if listed:
            notes += map(_describe_missing_variant, missing)
        elif missing:
            findings.append(_auth_removed(name))
    return findings, notes


def find_differences(
    ours: AuthenticationSpec, theirs: AuthenticationSpec
) -> list[Finding]:
    """Return in which fields, in depth, one specification differs: added, removed, required, secret, type."""
    findings = []
    own, there = dict(iter_fields(ours)), dict(iter_fields(theirs))
    for path in dict.fromkeys((*own, *there)):
        above = path[:-1]
        if above and (above not in own or above not in there):
            continue  # the object is new or gone as a whole
        for kind, message in _compare_field(own.get(path), there.get(path)):
            name = dotted(path)
            findings.append(
                Finding(
                    kind=kind,
                    auth=ours.label,
                    field=name,
                    message=f"field {name} {message}",
                )
            )
    return findings


def _compare_field(own: Field | None, there: Field | None) -> Iterator[tuple[str, str]]:
    """Yield the kind of each difference, and what to say of the field."""
    if there is None:
        yield "field-removed", "is gone"
        return
    if own is None:
        yield "field-added", f"is new ({_describe_traits(there)})"
        return
    if own.required != there.required:
        yield _REQUIRED[there.required]
    if own.secret != there.secret:
        yield _SECRET[there.secret]
    if own.type and there.type and own.type != there.type:
        yield "type", f"is of type {there.type} now, not {own.type}"


def _pair(
    ours: Sequence[AuthenticationSpec], theirs: Sequence[AuthenticationSpec], cloud: str
) -> list[tuple[AuthenticationSpec, AuthenticationSpec]]:
    """Pair as many as there are: those of the tenant's cloud first, for a tenant lists no others, the most alike."""
    costs = []
    for mine, own in enumerate(ours):
        elsewhere = own.cloud not in (None, cloud)
        for listed, there in enumerate(theirs):
            number = len(find_differences(own, there))
            costs.append((elsewhere, number, mine, listed))
    partners: dict[int, int] = {}
    for _elsewhere, _number, mine, listed in sorted(costs):
        if mine not in partners and listed not in partners.values():
            partners[mine] = listed
    return [(ours[mine], theirs[listed]) for mine, listed in sorted(partners.items())]


def _auth_added(name: str) -> Finding:
    return Finding(
        kind="auth-added",
        auth=name,
        message="is listed by the tenant, and unknown here",
    )


def _auth_removed(name: str) -> Finding:
    return Finding(
        kind="auth-removed",
        auth=name,
        message="is not listed by the tenant any more",
    )


def _describe_missing_variant(spec: AuthenticationSpec) -> str:
    return f"{spec.label}: the tenant lists no variant of its own for it"


def _describe_traits(field: Field) -> str:
    traits = "required" if field.required else "optional"
    return f"{traits}, secret" if field.secret else traits
