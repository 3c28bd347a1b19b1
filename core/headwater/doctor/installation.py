"""Whether the installation is sound: plugins that are broken, that clash, or that take one another's place."""

from __future__ import annotations

import functools
import importlib.metadata
import platform
from collections import Counter
from typing import TYPE_CHECKING

from headwater.connectors.registry import CATALOG, CONNECTORS, Registry
from headwater.doctor.results import FAILED, OK, Check
from headwater.errors import HeadwaterError
from headwater.flowservice import adapters
from headwater.models import distribution_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from importlib.metadata import EntryPoint, EntryPoints

    from headwater.connectors.connector import Connector

COMMANDS = "headwater.commands"

_KINDS = {
    CONNECTORS: "connector",
    CATALOG: "catalogue connector",
    COMMANDS: "command",
    adapters.GROUP: "adapter",
}


def examined(
    load_command: Callable[[str, list[EntryPoint]], object],
    own_commands: Collection[str],
    groups: Mapping[str, EntryPoints] | None = None,
) -> list[Check]:
    """Return the checks of the running environment, or of the given entry points by group; loads every plugin.

    `load_command` loads a command of plugins, and `own_commands` are those no plugin can take the place of.
    """
    groups = (
        {name: importlib.metadata.entry_points(group=name) for name in _KINDS}
        if groups is None
        else groups
    )
    connectors, catalog = groups[CONNECTORS], groups[CATALOG]
    working, failures = Registry(connectors, catalog).all()
    return [
        _core(),
        *_distributions(groups),
        *_overridden(connectors, catalog),
        *(
            Check(FAILED, "connector", failure.message, failure.remedy)
            for failure in failures
        ),
        *_same_id(working),
        *_commands(groups[COMMANDS], load_command, own_commands),
        *_adapters(groups[adapters.GROUP]),
    ]


def _core() -> Check:
    version = importlib.metadata.version
    parts = [
        f"{name} {version(name)}"
        for name in ("headwater", "pluggy", "requests", "click")
    ]
    return Check(OK, "core", ", ".join([*parts, f"Python {platform.python_version()}"]))


def _distributions(groups: Mapping[str, EntryPoints]) -> Iterator[Check]:
    """Yield a line for each distribution: its version, and how much of what it brings."""
    brought: dict[str, Counter[str]] = {}
    for group, entries in groups.items():
        for entry in entries:
            brought.setdefault(str(distribution_of(entry)), Counter())[group] += 1
    for distribution, counts in sorted(brought.items()):
        parts = [
            f"{count} {_KINDS[group]}{'s' if count > 1 else ''}"
            for group, count in counts.items()
        ]
        yield Check(OK, "plugin", f"{distribution}: {', '.join(parts)}")


def _overridden(connectors: EntryPoints, catalog: EntryPoints) -> Iterator[Check]:
    for slug in sorted(connectors.names & catalog.names):
        winner, loser = (
            " and ".join(
                sorted(
                    {str(distribution_of(entry)) for entry in group.select(name=slug)}
                )
            )
            for group in (connectors, catalog)
        )
        yield Check(
            OK, "connector", f"{slug} of {winner} takes the place of that of {loser}"
        )


def _same_id(working: list[Connector]) -> Iterator[Check]:
    counts = Counter(one.spec.id for one in working if one.spec.id)
    for spec_id in [spec_id for spec_id, count in counts.items() if count > 1]:
        owners = ", ".join(
            f"{one.slug} of {one.distribution}"
            for one in working
            if one.spec.id == spec_id
        )
        yield Check(
            FAILED,
            "connector",
            f"several have the id {spec_id}: {owners}",
            "uninstall all but one, or name the slug",
        )


def _commands(
    entries: EntryPoints,
    load: Callable[[str, list[EntryPoint]], object],
    own: Collection[str],
) -> Iterator[Check]:
    for name in sorted(entries.names):
        named = [*entries.select(name=name)]
        owners = " and ".join(sorted({str(distribution_of(entry)) for entry in named}))
        if name in own:
            message = f"{name} of {owners} is left out: a plugin cannot replace one of Headwater's"
            yield Check(
                FAILED, "command", message, "report it to its authors, or uninstall it"
            )
            continue
        yield _tried(
            "command", f"{name} of {owners}", functools.partial(load, name, named)
        )


def _adapters(entries: EntryPoints) -> Iterator[Check]:
    for scheme in sorted(entries.names):
        owners = " and ".join(
            sorted(
                {str(distribution_of(entry)) for entry in entries.select(name=scheme)}
            )
        )
        yield _tried(
            "adapter",
            f"{scheme} of {owners}",
            functools.partial(adapters.adapter_for, scheme),
        )


def _tried(subject: str, what: str, attempt: Callable[[], object]) -> Check:
    try:
        attempt()
    except HeadwaterError as error:
        return Check(
            FAILED,
            subject,
            error.message,
            error.remedy or "report it to its authors, or uninstall it",
        )
    return Check(OK, subject, f"{what} loads")
