"""What ``serve`` was told, by its settings file and on the command line, as two frozen values."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from headwater.errors import InvalidInput
from headwater_local_flow_service import strictness
from headwater_local_flow_service.serving import clients, ports, settingsfile
from headwater_local_flow_service.settings import LOOPBACK_NAMES, Client, Settings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from headwater_local_flow_service.strictness import Strictness


@attrs.frozen(kw_only=True)
class Listening:
    """Where a served application listens, with how many processes, and what it tells about itself."""

    host: str = "127.0.0.1"
    port: int = 8700
    workers: int = 1
    access_log: bool = False
    metrics_port: int | None = None  # on this machine only


def read(path: Path | None, given: Mapping[str, Any]) -> tuple[Listening, Settings]:
    """Return file and command line together: what the command line says counts, its lists are added to the file's.

    `given` are the parameters of `settings_for` and `Listening`, None where the command line is silent. Raises
    `InvalidInput`.
    """
    found = settingsfile.read(path) if path is not None else {}
    told = {
        name: value
        for name, value in given.items()
        if value is not None and value is not False
    }
    names = [field.name for field in attrs.fields(Listening)]
    listening = Listening(
        **{name: value for name, value in (found | told).items() if name in names}
    )
    told["host"] = listening.host
    rest = {
        name: value
        for name, value in told.items()
        if name == "host" or name not in names
    }
    return listening, settings_for(**rest, file=found, path=path)


def settings_for(
    *,
    host: str,
    store: str | None = None,
    strict: bool = False,
    switches: Sequence[str] = (),
    sandboxes: Sequence[str] = (),
    clients: Sequence[str] = (),
    secrets: Sequence[str] = (),
    names: Sequence[str] = (),
    reached: Sequence[str] = (),
    file: Mapping[str, Any] | None = None,
    path: Path | None = None,
) -> Settings:
    """Return the settings of a served application. Raises `InvalidInput`, also for an open door to the network."""
    found = dict(file or {})
    configured = _clients(found, path, clients, secrets)
    local = ports.is_loopback(host)
    if not local and not configured:
        raise InvalidInput(
            f"{host} is not an address of this machine only, and no client is configured",
            remedy="listen on 127.0.0.1, or name clients with --client",
        )
    hosts = [
        ports.bare(host),
        *(LOOPBACK_NAMES if local else ()),
        *found.get("hosts", ()),
        *names,
    ]
    plain = _plain(found, store)
    reachable = [*found.get("reach_sources", ()), *reached]
    if reachable:  # else the environment's count
        plain["reach_sources"] = reachable
    return Settings.from_environ(
        **plain,
        hosts=[name.lower() for name in hosts],
        sandboxes=["prod", "dev", *found.get("sandboxes", ()), *sandboxes],
        clients=configured,
        strictness=_strictness(found, path, strict, switches),
    )


def store_settings(path: Path | None, store: str | None) -> Settings:
    """Return settings for working on the store that ``serve`` with the same file and option uses."""
    found = settingsfile.read(path) if path is not None else {}
    return Settings.from_environ(**_plain(found, store))


def _plain(found: Mapping[str, Any], store: str | None) -> dict[str, Any]:
    """Return the settings that are taken as they are."""
    names = ("store", "largest_body", "deepest_body", "busy_timeout", "token_lifetime")
    plain = {name: found[name] for name in names if name in found}
    if "key_file" in found:
        plain["key_file"] = Path(found["key_file"])
    return plain | ({"store": store} if store else {})


def _clients(
    found: Mapping[str, Any],
    path: Path | None,
    given: Sequence[str],
    secrets: Sequence[str],
) -> list[Client]:
    base = path.absolute().parent if path is not None else None
    in_file = clients.from_tables(
        found.get("clients", ()), f"the settings file {path}", base
    )
    return [*in_file, *clients.from_options(given, secrets)]


def _strictness(
    found: Mapping[str, Any], path: Path | None, strict: bool, switches: Sequence[str]
) -> Strictness:
    where = f"the settings file {path}"
    in_file = strictness.checked(
        found.get("strictness", {}),
        where=where,
        strict=found.get("strict", False) or strict,
    )
    told = strictness.parsed(tuple(switches))
    strictness.checked(told, where="--switch")
    return attrs.evolve(in_file, **told)
