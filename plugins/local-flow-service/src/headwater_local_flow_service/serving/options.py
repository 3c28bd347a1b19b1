"""What ``serve`` was told, by its settings file and on the command line, as two frozen values."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from headwater.credentials import references
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


# Options of object stores that hold secrets, by their names.
_SECRET = re.compile(r"secret|password|token|account_key|access_key$", re.IGNORECASE)
_LISTENING = frozenset(field.name for field in attrs.fields(Listening))


def read(path: Path | None, given: Mapping[str, Any]) -> tuple[Listening, Settings]:
    """Return file and command line together: what the command line says counts, its lists are added to the file's.

    `given` are the parameters of `settings_for` and `Listening`, None where the command line is silent. Raises
    `InvalidInput`.
    """
    from_file = _read_file(path)
    from_options = {}
    for name, value in given.items():
        if value is not None and value is not False:
            from_options[name] = value
    listening = Listening(**_select_listening(from_file | from_options))
    settings = settings_for(
        host=listening.host,
        file=from_file,
        path=path,
        **_drop_listening(from_options),
    )
    return listening, settings


def _read_file(path: Path | None) -> dict[str, Any]:
    if path is None:
        return {}
    return settingsfile.read(path)


def _select_listening(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name in _LISTENING}


def _drop_listening(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in _LISTENING}


def settings_for(
    *,
    host: str,
    store: str | None = None,
    new: bool = False,
    strict: bool = False,
    switches: Sequence[str] = (),
    sandboxes: Sequence[str] = (),
    clients: Sequence[str] = (),
    secrets: Sequence[str] = (),
    names: Sequence[str] = (),
    reached: Sequence[str] = (),
    sample_data: bool = False,
    file: Mapping[str, Any] | None = None,
    path: Path | None = None,
) -> Settings:
    """Return the settings of a served application. Raises `InvalidInput`, also for an open door to the network."""
    from_file = dict(file or {})
    configured = _read_clients(from_file, path, clients, secrets)
    is_local = ports.is_loopback(host)
    if not is_local and not configured:
        raise InvalidInput(
            f"{host} is not an address of this machine only, and no client is configured",
            remedy="listen on 127.0.0.1, or name clients with --client",
        )
    hosts = [ports.strip_brackets(host)]
    if is_local:
        hosts += LOOPBACK_NAMES
    hosts += [*from_file.get("hosts", ()), *names]
    plain = _select_plain(from_file, store, path)
    reachable = [*from_file.get("reach_sources", ()), *reached]
    if reachable:  # else the environment's count
        plain["reach_sources"] = reachable
    if sample_data or from_file.get("sample_data"):
        plain["sample_data"] = True
    return Settings.from_environ(
        **plain,
        new=new,
        hosts=[name.lower() for name in hosts],
        sandboxes=["prod", "dev", *from_file.get("sandboxes", ()), *sandboxes],
        clients=configured,
        strictness=_read_strictness(from_file, path, strict, switches),
    )


def store_settings(
    path: Path | None, store: str | None, *, new: bool = False, lake: bool = False
) -> Settings:
    """Return settings for working on the store that ``serve`` with the same file and option uses.

    What reaches the object store of the lake is looked up only for who works on its files too, with `lake`. Raises
    `InvalidInput`.
    """
    from_file = _read_file(path)
    # The files of landing zones are left alone, so that nobody needs to give the key of where they lie.
    from_file.pop("landing_zone_options", None)
    if not lake:
        from_file.pop("lake_options", None)
    plain = _select_plain(from_file, store, path)
    return Settings.from_environ(**plain, new=new)


_PLAIN = (
    "store",
    "lake",
    "landing_zone",
    "landing_zone_token_lifetime",
    "largest_body",
    "deepest_body",
    "busy_timeout",
    "statement_timeout",
    "source_timeout",
    "token_lifetime",
    "proxies",
    "public_url",
    "inlet_interval",
)


_STORE_OPTIONS = ("lake_options", "landing_zone_options")


def _select_plain(
    from_file: Mapping[str, Any], store: str | None, path: Path | None
) -> dict[str, Any]:
    """Return the settings that are taken as they are; `store` is that of the command line. Raises `InvalidInput`."""
    plain = {name: from_file[name] for name in _PLAIN if name in from_file}
    for name in _STORE_OPTIONS:
        if name in from_file:
            plain[name] = _read_store_options(name, from_file[name], path)
    if "key_file" in from_file:
        plain["key_file"] = Path(from_file["key_file"])
    if store:
        plain["store"] = store
    return plain


def _read_store_options(
    key: str, given: Mapping[str, Any], path: Path | None
) -> dict[str, str]:
    """Return the options of an object store, references in the place of secrets looked up. Raises `InvalidInput`."""
    folder = None if path is None else path.absolute().parent
    values = {}
    for name, value in given.items():
        if not isinstance(value, str):
            raise InvalidInput(
                f"the settings file {path}: {key}.{name} must be a string",
                remedy="write numbers and truth values in quotes",
            )
        if references.is_reference(value):
            secret = references.resolve(value, f"{key}.{name}", base=folder)
            values[name] = secret.reveal()
        elif _SECRET.search(name):
            raise InvalidInput(
                f"the settings file {path}: {key}.{name} must be a reference",
                remedy="give env:NAME, file:PATH or keyring:SERVICE/USER; a secret itself has no place in the file",
            )
        else:
            values[name] = value
    return values


def _read_clients(
    from_file: Mapping[str, Any],
    path: Path | None,
    given: Sequence[str],
    secrets: Sequence[str],
) -> list[Client]:
    folder = None
    if path is not None:
        folder = path.absolute().parent
    tables = from_file.get("clients", ())
    in_file = clients.from_tables(tables, f"the settings file {path}", folder)
    return [*in_file, *clients.from_options(given, secrets)]


def _read_strictness(
    from_file: Mapping[str, Any],
    path: Path | None,
    strict: bool,
    switches: Sequence[str],
) -> Strictness:
    in_file = strictness.build(
        from_file.get("strictness", {}),
        where=f"the settings file {path}",
        strict=strict or from_file.get("strict", False),
    )
    given = strictness.parse(switches)
    strictness.build(given, where="--switch")  # says what is wrong, and where
    return attrs.evolve(in_file, **given)
