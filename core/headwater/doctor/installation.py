"""Whether the installation is sound: plugins that are broken, that clash, or that take one another's place."""

from __future__ import annotations

import functools
import importlib.metadata
import platform
from collections import Counter
from typing import TYPE_CHECKING

from headwater.connectors.registry import CATALOG, CONNECTORS, Registry
from headwater.doctor.results import FAILED, OK, CheckResult
from headwater.errors import HeadwaterError
from headwater.flowservice import adapters
from headwater.models import distribution_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
    from importlib.metadata import EntryPoint, EntryPoints

    from headwater.connectors.connector import Connector
    from headwater.errors import PluginError

COMMANDS = "headwater.commands"

_REMEDY = "report it to its authors, or uninstall it"

_KINDS = {
    CONNECTORS: "connector",
    CATALOG: "catalogue connector",
    COMMANDS: "command",
    adapters.GROUP: "adapter",
}


def examine_installation(
    load_command: Callable[[str, list[EntryPoint]], object],
    own_commands: Collection[str],
    groups: Mapping[str, EntryPoints] | None = None,
) -> list[CheckResult]:
    """Return the checks of the running environment, or of the given entry points by group; loads every plugin.

    `load_command` loads a command of plugins, and `own_commands` are those no plugin can take the place of.
    """
    if groups is None:
        groups = {name: importlib.metadata.entry_points(group=name) for name in _KINDS}
    connectors, catalog = groups[CONNECTORS], groups[CATALOG]
    working, failures = Registry(connectors, catalog).all()
    return [
        _core(),
        *_distributions(groups),
        *_replacements(connectors, catalog),
        *map(_load_failure, failures),
        *_ids_in_common(working),
        *_commands(groups[COMMANDS], load_command, own_commands),
        *_adapters(groups[adapters.GROUP]),
    ]


def _core() -> CheckResult:
    version = importlib.metadata.version
    names = ("headwater", "pluggy", "requests", "click")
    parts = [f"{name} {version(name)}" for name in names]
    parts.append(f"Python {platform.python_version()}")
    return CheckResult(OK, "core", ", ".join(parts))


def _distributions(groups: Mapping[str, EntryPoints]) -> Iterator[CheckResult]:
    """Yield a line for each distribution: its version, and how much of what it brings."""
    brought: dict[str, Counter[str]] = {}
    for group, entries in groups.items():
        for entry in entries:
            brought.setdefault(str(distribution_of(entry)), Counter())[group] += 1
    for distribution, counts in sorted(brought.items()):
        parts = []
        for group, count in counts.items():
            plural = "s" if count > 1 else ""
            parts.append(f"{count} {_KINDS[group]}{plural}")
        yield CheckResult(OK, "plugin", f"{distribution}: {', '.join(parts)}")


def _replacements(
    connectors: EntryPoints, catalog: EntryPoints
) -> Iterator[CheckResult]:
    for slug in sorted(connectors.names & catalog.names):
        winner = _owners(connectors.select(name=slug))
        loser = _owners(catalog.select(name=slug))
        yield CheckResult(
            OK, "connector", f"{slug} of {winner} takes the place of that of {loser}"
        )


def _load_failure(failure: PluginError) -> CheckResult:
    return CheckResult(FAILED, "connector", failure.message, failure.remedy)


def _ids_in_common(working: list[Connector]) -> Iterator[CheckResult]:
    by_id: dict[str, list[str]] = {}
    for connector in working:
        if connector.spec.id:
            owner = f"{connector.slug} of {connector.distribution}"
            by_id.setdefault(connector.spec.id, []).append(owner)
    for spec_id, owners in by_id.items():
        if len(owners) > 1:
            yield CheckResult(
                FAILED,
                "connector",
                f"several have the id {spec_id}: {', '.join(owners)}",
                "uninstall all but one, or name the slug",
            )


def _commands(
    entries: EntryPoints,
    load: Callable[[str, list[EntryPoint]], object],
    own: Collection[str],
) -> Iterator[CheckResult]:
    for name in sorted(entries.names):
        named = [*entries.select(name=name)]
        what = f"{name} of {_owners(named)}"
        if name in own:
            yield CheckResult(
                FAILED,
                "command",
                f"{what} is left out: a plugin cannot replace one of Headwater's",
                _REMEDY,
            )
        else:
            yield _try("command", what, functools.partial(load, name, named))


def _adapters(entries: EntryPoints) -> Iterator[CheckResult]:
    for scheme in sorted(entries.names):
        what = f"{scheme} of {_owners(entries.select(name=scheme))}"
        yield _try("adapter", what, functools.partial(adapters.adapter_for, scheme))


def _owners(entries: Iterable[EntryPoint]) -> str:
    return " and ".join(sorted({str(distribution_of(entry)) for entry in entries}))


def _try(subject: str, what: str, attempt: Callable[[], object]) -> CheckResult:
    try:
        attempt()
    except HeadwaterError as error:
        return CheckResult(FAILED, subject, error.message, error.remedy or _REMEDY)
    return CheckResult(OK, subject, f"{what} loads")
