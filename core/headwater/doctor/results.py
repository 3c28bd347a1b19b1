"""What the doctor finds, as values: results of checks, and verdicts on connectors."""

from __future__ import annotations

from typing import Any

import attrs

from headwater.models import as_tuple

OK, WARNING, FAILED, SKIPPED = "ok", "warning", "failed", "skipped"
SAME, DRIFTED, ABSENT, UNVERIFIED = "same", "drifted", "absent", "unverified"


@attrs.frozen
class CheckResult:
    """One thing that was looked at: its `mark` is one of ok, warning, failed, skipped; `remedy` says what to do."""

    mark: str
    subject: str
    message: str
    remedy: str = ""

    def as_dict(self) -> dict[str, str]:
        """Return the check for JSON output."""
        return _without_empty(attrs.asdict(self))


@attrs.frozen(kw_only=True)
class Finding:
    """One difference between a connector and the tenant.

    `kind` is one of version, name, id, auth-added, auth-removed, field-added, field-removed, required, not-required,
    secret, not-secret, type. `auth` and `field` say where.
    """

    kind: str
    message: str
    auth: str = ""
    field: str = ""

    def as_dict(self) -> dict[str, str]:
        """Return the finding for JSON output."""
        return _without_empty(attrs.asdict(self))

    def __str__(self) -> str:
        return f"{self.auth}: {self.message}" if self.auth else self.message


@attrs.frozen(kw_only=True)
class Verdict:
    """What the tenant says of one connector: `verdict` is one of same, drifted, absent, unverified.

    `findings` are the differences, `notes` what could not be compared, `suggested` the tenant's ids for a connector
    that has none. `machine_name` is the specification's name there.
    """

    slug: str
    verdict: str
    id: str | None
    message: str
    remedy: str = ""
    machine_name: str = ""
    findings: tuple[Finding, ...] = attrs.field(default=(), converter=as_tuple)
    notes: tuple[str, ...] = ()
    suggested: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return the verdict for JSON output."""
        return {
            "slug": self.slug,
            "verdict": self.verdict,
            "id": self.id,
            "machineName": self.machine_name,
            "message": self.message,
            "remedy": self.remedy,
            "findings": [finding.as_dict() for finding in self.findings],
            "notes": list(self.notes),
            "suggestedIds": list(self.suggested),
        }


def _without_empty(facts: dict[str, str]) -> dict[str, str]:
    return {name: fact for name, fact in facts.items() if fact}
