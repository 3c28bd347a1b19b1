"""``headwater doctor``: what is wrong, and what to do about it."""

from __future__ import annotations

import contextlib
import itertools
from collections import Counter
from typing import TYPE_CHECKING, Any

import attrs
import click

from headwater.cli.options import common, sending
from headwater.cli.output import emit, join_lines

if TYPE_CHECKING:
    from collections.abc import Iterable

    from headwater.cli.state import State
    from headwater.connectors.connector import Connector
    from headwater.doctor.results import CheckResult, Verdict
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
    connectors = _load(state, slugs) if slugs else None
    report = _Report(state, fail_on_absent=fail_on_absent)
    report.add("installation", _examine_installation())
    failure = None if offline else _ask(state, report, connectors)
    report.finish()
    if failure is not None:
        return exit_code(failure)
    return 0 if report.fine else 3


def _load(state: State, slugs: Iterable[str]) -> list[Connector]:
    """Load the named connectors; an unknown one ends it all, a broken one is told of with the installation."""
    from headwater.errors import PluginError

    connectors = []
    for slug in slugs:
        with contextlib.suppress(PluginError):
            connectors.append(state.registry().load(slug))
    return connectors


def _examine_installation() -> list[CheckResult]:
    from headwater.cli.group import COMMANDS
    from headwater.cli.plugin_commands import load
    from headwater.doctor.installation import examine_installation

    return examine_installation(load, COMMANDS)


def _ask(
    state: State, report: _Report, connectors: list[Connector] | None
) -> HeadwaterError | None:
    """Look at the profile and then at what its tenant lists; return the error that ended it early, or None."""
    from headwater.connectors.registry import installed
    from headwater.doctor.listed import compare_with_pulled, judge_connectors
    from headwater.doctor.profile import examine_profile
    from headwater.doctor.results import FAILED, OK, CheckResult
    from headwater.errors import HeadwaterError

    subject = "profile"
    try:
        profile = state.profile()
        with state.service(profile) as service:
            what = f"{profile.name} ({profile.origin}), cloud {profile.cloud}"
            report.add("profile", [CheckResult(OK, subject, what)])
            results, failure = examine_profile(service)
            report.add("profile", results)
            if failure is not None:
                return failure
            subject = "specifications"
            specs = service.connection_specs.list()
            report.add("profile", compare_with_pulled(profile, specs))
            report.judge(
                judge_connectors(
                    installed(), specs, cloud=profile.cloud, chosen=connectors
                )
            )
    except HeadwaterError as error:
        result = CheckResult(FAILED, subject, error.message, error.remedy)
        report.add("profile", [result])
        return error
    return None


@attrs.define
class _Report:
    """What was found so far; for people, each line is printed as soon as it is known."""

    state: State
    fail_on_absent: bool
    checks: dict[str, list[CheckResult]] = attrs.field(
        factory=lambda: {"installation": [], "profile": []}
    )
    verdicts: list[Verdict] = attrs.field(factory=list)

    def add(self, part: str, results: Iterable[CheckResult]) -> None:
        for result in results:
            self.checks[part].append(result)
            self._print(
                result.mark, f"{result.subject}: {result.message}", result.remedy
            )

    def judge(self, verdicts: Iterable[Verdict]) -> None:
        for verdict in verdicts:
            self.verdicts.append(verdict)
            self._print(
                verdict.verdict, f"{verdict.slug}: {verdict.message}", verdict.remedy
            )
            for detail in (*verdict.findings, *verdict.notes):
                self._print("", f"  {detail}")

    @property
    def counts(self) -> Counter[str]:
        """How many connectors there are of each verdict."""
        return Counter(verdict.verdict for verdict in self.verdicts)

    @property
    def fine(self) -> bool:
        """Whether no check failed and no connector has drifted; nor is absent, where that counts."""
        from headwater.doctor.results import ABSENT, DRIFTED, FAILED

        results = itertools.chain.from_iterable(self.checks.values())
        if any(result.mark == FAILED for result in results):
            return False
        if self.fail_on_absent and self.counts[ABSENT]:
            return False
        return not self.counts[DRIFTED]

    def finish(self) -> None:
        """Print the end: whether all is fine, and how many connectors there are of each verdict."""
        text = "fine" if self.fine else "not fine"
        if self.counts:
            numbers = [f"{count} {verdict}" for verdict, count in self.counts.items()]
            text = f"{text}: {', '.join(numbers)}"
        document: dict[str, Any] = {"fine": self.fine, "counts": dict(self.counts)}
        for part, results in self.checks.items():
            document[part] = [result.as_dict() for result in results]
        document["connectors"] = [verdict.as_dict() for verdict in self.verdicts]
        emit(document, text, as_json=self.state.json)

    def _print(self, mark: str, text: str, remedy: str = "") -> None:
        if self.state.json:
            return
        if remedy:
            text = f"{text}; {remedy}"
        emit(None, join_lines([f"{mark:{_WIDTH}}  {text}"]), as_json=False)
