"""Transport adapters of plugins, for URLs of the form ``http+NAME://``: entry-point group ``headwater.adapters``."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from requests.adapters import BaseAdapter

from headwater.errors import BrokenPlugin, InvalidInput, NotConfigured, PluginError
from headwater.foreign import foreign
from headwater.models import Distribution

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "headwater.adapters"
LOCAL = "http+local"


def adapter_for(scheme: str) -> BaseAdapter:
    """Return the adapter a plugin registered for the scheme.

    Only ``http+NAME`` is ever looked up: a plugin that could serve ``https`` would get the platform's whole traffic,
    credentials included. Raises `NotConfigured` when there is none, `PluginError` when there are two, `BrokenPlugin`
    when it fails.
    """
    if not scheme.startswith("http+"):
        raise InvalidInput(f"the scheme {scheme} is never served by a plugin")
    entry = _find_entry(scheme)
    distribution = _distribution(entry)
    with foreign(f"the adapter for {scheme}", distribution):
        adapter = entry.load()()
    if not isinstance(adapter, BaseAdapter):
        raise BrokenPlugin(
            f"the adapter for {scheme} of {distribution} is not a requests adapter",
            distribution=str(distribution),
            remedy=f"report it to the authors of {distribution.name}",
        )
    return adapter


def _find_entry(scheme: str) -> EntryPoint:
    """Find the one entry point, counting a distribution that is seen twice on ``sys.path`` once."""
    entries = {
        _distribution(entry).name.lower(): entry
        for entry in entry_points(group=GROUP, name=scheme)
    }
    if not entries:
        raise _missing(scheme)
    if len(entries) > 1:
        raise PluginError(
            f"two distributions serve the scheme {scheme}: {', '.join(sorted(entries))}",
            remedy="uninstall one of them",
        )
    return next(iter(entries.values()))


def _missing(scheme: str) -> NotConfigured:
    if scheme == LOCAL:
        return NotConfigured(
            "the embedded Flow Service is not installed: distribution headwater-local-flow-service",
            remedy="in a checkout of Headwater: python -m pip install . ./plugins/local-flow-service",
        )
    return NotConfigured(
        f"no installed distribution serves the scheme {scheme}",
        remedy=f"see the group {GROUP}",
    )


def _distribution(entry: EntryPoint) -> Distribution:
    if entry.dist is None:
        return Distribution("(unknown distribution)", "")
    return Distribution(entry.dist.name, entry.dist.version)
