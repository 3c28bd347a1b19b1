"""What the parent process hands to its workers: settings with their secrets, through memory or a pipe.

Never through the environment: every process of the same user can read that of another, and children inherit it. granian
forks its workers, or starts them anew and pickles what they are to run into a pipe; `loader` is what goes there.
"""

from __future__ import annotations

import ctypes
import importlib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from headwater.secret import Secret
from headwater_local_flow_service.settings import Client, Settings, Strictness

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@attrs.frozen(kw_only=True)
class Handover:
    """What a worker must know; granian calls it in the worker with the name of what the worker runs."""

    settings: Settings
    access_log: bool
    parent: int  # process id

    def __call__(self, target: str) -> Any:
        """Keep this for the process it is called in, and return what the target makes of it."""
        _held.append(self)
        module, _colon, name = target.partition(":")
        return getattr(importlib.import_module(module), name)()

    def __reduce__(self) -> tuple[Callable[..., Handover], tuple[str]]:
        """Write everything out, secrets too: this is pickled for the pipe to a worker and for nothing else."""
        return _rebuild, (json.dumps(attrs.asdict(self, value_serializer=_plain)),)


_held: list[Handover] = []


def hand_over(settings: Settings, *, access_log: bool = False) -> None:
    """Keep the settings for the workers, and wipe their secrets out of the environment that workers inherit."""
    _held.append(Handover(settings=settings, access_log=access_log, parent=os.getpid()))
    _wipe_environment(settings)


def loader() -> Handover:
    """Return what granian is to load its target with."""
    return _held[-1]


def take_over() -> Settings:
    """Return the settings that the parent process has handed over."""
    return _held[-1].settings


def wants_access_log() -> bool:
    """Say whether the parent process wants an access log."""
    return _held[-1].access_log


def parent() -> int:
    """Return the id of the process that handed the settings over."""
    return _held[-1].parent


def _wipe_environment(settings: Settings) -> None:
    secret = set(_secrets_of(settings))
    for name, value in list(os.environ.items()):
        if value.strip() in secret:
            _wipe(name)


def _secrets_of(settings: Settings) -> Iterator[str]:
    """Yield the values that no worker needs in its environment; the URL of a store may have a password in it."""
    if settings.key is not None:
        yield settings.key.reveal().strip()
    for client in settings.clients:
        for secret in client.secrets:
            yield secret.reveal().strip()
    if "://" in settings.store:
        yield settings.store
    for name, value in (
        *settings.lake_options.items(),
        *settings.landing_zone_options.items(),
    ):
        # Others may well be the value of a variable that has nothing to do with it.
        if "key" in name or "token" in name:
            yield value.strip()


def _wipe(name: str) -> None:
    """Remove a variable, and overwrite its value: a forked process shows the memory that it was started with."""
    getenv = ctypes.CDLL(None).getenv
    getenv.restype = ctypes.c_void_p
    place = getenv(os.fsencode(name))
    if place:
        ctypes.memset(place, 0, len(ctypes.string_at(place)))
    del os.environ[name]


def _rebuild(text: str) -> Handover:
    facts = json.loads(text)
    settings = facts["settings"]
    if settings["key"]:
        settings["key"] = Secret(settings["key"])
    if settings["key_file"]:
        settings["key_file"] = Path(settings["key_file"])
    settings["clients"] = [_rebuild_client(client) for client in settings["clients"]]
    settings["strictness"] = Strictness(**settings["strictness"])
    return Handover(**facts | {"settings": Settings(**settings)})


def _rebuild_client(facts: dict[str, Any]) -> Client:
    secrets = {
        name: Secret(facts[name])
        for name in ("secret", "former_secret")
        if facts[name] is not None
    }
    return Client(**facts | secrets)


def _plain(_instance: Any, _attribute: Any, value: Any) -> Any:
    if isinstance(value, Secret):
        return value.reveal()
    if isinstance(value, Path):
        return str(value)
    return value
