"""``headwater doctor``: what is wrong, and what to do about it."""

from __future__ import annotations

import contextlib
from collections import Counter
from typing import TYPE_CHECKING

import attrs
import click

from headwater.cli.options import common, sending
from headwater.cli.output import emit

if TYPE_CHECKING:
    from collections.abc import Iterable

    from headwater.cli.state import State
    from headwater.connectors.connector import Connector
    from headwater.doctor.results import Check, Verdict
    from headwater.errors import HeadwaterError

_WIDTH = len("unverified")


@click.command("doctor")
@click.argument("slugs", metavar="[SLUG]...", nargs=-1)
@click.option(
    "--offline", is_flag=True, help="Look at the installation only, and send nothing."
)
@click.option(
    "--fail-on-absent",
    is_flag=True,
    help="Exit with 3 for a connector whose id the tenant does not list.",
)
@sending
@common
@click.pass_obj
def command(
    state: State, /, *, slugs: tuple[str, ...], offline: bool, fail_on_absent: bool
) -> int:
    """Check installation, profile, and connectors against the tenant.

    Compares what connectors ship with the connection specifications of the profile's tenant, all of them or those
    named. Exits with 0 if nothing has drifted and every check passed, with 3 otherwise, and with the code of the error
    where the tenant could not be asked. A connector the tenant does not list fails only with --fail-on-absent: no
    tenant has a licence for every source.
    """
    from headwater.cli.failures import exit_code
    from headwater.errors import InvalidInput

    if offline and (slugs or fail_on_absent):
        raise InvalidInput(
            "--offline looks at the installation only",
            remedy="leave SLUG and --fail-on-absent out, or --offline",
        )
    connectors = _chosen(state, slugs) if slugs else None
    report = _Report(state)
    report.add("installation", _installation())
    failure = None if offline else _ask(state, report, connectors)
    fine = report.finish(fail_on_absent=fail_on_absent)
    if failure is not None:
        return exit_code(failure)
    return 0 if fine else 3


def _chosen(state: State, slugs: Iterable[str]) -> list[Connector]:
    """Load the named connectors; an unknown one ends it all, a broken one is told of with the installation."""
    from headwater.errors import PluginError

    found = []
    for slug in slugs:
        with contextlib.suppress(PluginError):
            found.append(state.registry().load(slug))
    return found


def _installation() -> list[Check]:
    from headwater.cli.group import COMMANDS
    from headwater.cli.plugin_commands import load
    from headwater.doctor.installation import examined

    return examined(load, COMMANDS)


def _ask(
    state: State, report: _Report, connectors: list[Connector] | None
) -> HeadwaterError | None:
    """Look at the profile and then at what its tenant lists; return the error that ended it early, or None."""
    from headwater.connectors.registry import installed
    from headwater.doctor.listed import counted, verdicts
    from headwater.doctor.profile import examined
    from headwater.doctor.results import FAILED, OK, Check
    from headwater.errors import HeadwaterError

    subject = "profile"
    try:
        profile = state.profile()
        with state.service(profile) as service:
            report.add(
                "profile",
                [
                    Check(
                        OK,
                        subject,
                        f"{profile.name} ({profile.origin}), cloud {profile.cloud}",
                    )
                ],
            )
            checks, failure = examined(service)
            report.add("profile", checks)
            if failure is not None:
                return failure
            subject = "specifications"
            specs = service.connection_specs.list()
            report.add("profile", counted(profile, specs))
            report.judge(
                verdicts(installed(), specs, cloud=profile.cloud, chosen=connectors)
            )
    except HeadwaterError as error:
        report.add("profile", [Check(FAILED, subject, error.message, error.remedy)])
        return error
    return None


@attrs.define
class _Report:
    """What was found so far; for people, each line is printed as soon as it is known."""

    state: State
    checks: dict[str, list[Check]] = attrs.field(
        factory=lambda: {"installation": [], "profile": []}
    )
    verdicts: list[Verdict] = attrs.field(factory=list)

    def add(self, part: str, checks: Iterable[Check]) -> None:
        for check in checks:
            self.checks[part].append(check)
            self._line(check.mark, f"{check.subject}: {check.message}", check.remedy)

    def judge(self, verdicts: Iterable[Verdict]) -> None:
        for verdict in verdicts:
            self.verdicts.append(verdict)
            self._line(
                verdict.verdict, f"{verdict.slug}: {verdict.message}", verdict.remedy
            )
            for detail in (*verdict.findings, *verdict.notes):
                self._line("", f"  {detail}")

    def finish(self, *, fail_on_absent: bool) -> bool:
        """Print the end, and say whether all is fine."""
        from headwater.doctor.results import ABSENT, DRIFTED, FAILED

        counts = Counter(verdict.verdict for verdict in self.verdicts)
        failed = any(
            check.mark == FAILED for part in self.checks.values() for check in part
        )
        fine = not (failed or counts[DRIFTED] or (fail_on_absent and counts[ABSENT]))
        listed = {
            name: [check.as_dict() for check in part]
            for name, part in self.checks.items()
        }
        judged = [verdict.as_dict() for verdict in self.verdicts]
        told = ", ".join(
            f"{count} {verdict}" for verdict, count in counts.items() if count
        )
        text = f"{'fine' if fine else 'not fine'}{f': {told}' if told else ''}"
        counted = {verdict: count for verdict, count in counts.items() if count}
        emit(
            {"fine": fine, "counts": counted, **listed, "connectors": judged},
            text,
            as_json=self.state.json,
        )
        return fine

    def _line(self, mark: str, text: str, remedy: str = "") -> None:
        if not self.state.json:
            emit(
                None,
                f"{mark:{_WIDTH}}  {text}{f'; {remedy}' if remedy else ''}",
                as_json=False,
            )
