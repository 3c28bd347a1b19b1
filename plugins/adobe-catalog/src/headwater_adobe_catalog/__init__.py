"""The sources of Adobe's documentation as data-only connectors: one `Source` for each entry of ``sources.json``.

An entry point names its source as an attribute of this module: ``google-ads`` is ``google_ads``. The attribute is built
when it is first asked for, so that importing the module reads no data.
"""

from __future__ import annotations

import functools
import json
import keyword
from pathlib import Path
from typing import Any

import attrs

from headwater import AuthenticationSpec, ConnectionSpec, Field, hookimpl

DATA = Path(__file__).with_name("sources.json")


@attrs.frozen(eq=False)
class Source:
    """A connector that answers from its entry of the data file.

    `entry` holds what `headwater.ConnectionSpec` and `headwater.AuthenticationSpec` take, by their attribute names, and
    the `provenance` of it all.
    """

    slug: str
    entry: dict[str, Any] = attrs.field(repr=False)

    @hookimpl
    def connection_spec(self) -> ConnectionSpec:
        """Return the connection specification of the entry."""
        documentation = self.entry["provenance"]["documentation"]
        return ConnectionSpec(
            **self.entry["connection_spec"], documentation=documentation
        )

    @hookimpl
    def credential_schemas(self) -> tuple[AuthenticationSpec, ...]:
        """Return the authentication specifications of the entry, preferred first."""
        return tuple(map(_authentication, self.entry["credential_schemas"]))


def slugs() -> tuple[str, ...]:
    """Return the slugs of all sources, sorted."""
    return tuple(_entries())


@functools.cache
def source_of(slug: str) -> Source:
    """Return the connector of a slug, always the same one."""
    return Source(slug, _entries()[slug])


def provenance(slug: str) -> dict[str, Any]:
    """Return where a source's facts come from.

    `documentation` is the path of its page; `source` is the page that lists it, for sources that the first reference
    lacked. Where there is any, `corrected` lists what differs from the page (`fact`, what was `printed`, the `reason`),
    `doubtful` what the page leaves open, and `unverified_id` is the id it prints.
    """
    facts: dict[str, Any] = _entries()[slug]["provenance"]
    return facts


def attribute(slug: str) -> str:
    """Return the attribute name of a slug: a Python identifier, as an entry point needs."""
    name = slug.replace("-", "_")
    if keyword.iskeyword(name) or not name.isidentifier():
        return f"source_{name}"
    return name


@functools.cache
def _entries() -> dict[str, dict[str, Any]]:
    entries: dict[str, dict[str, Any]] = json.loads(DATA.read_text(encoding="utf-8"))
    return entries


@functools.cache
def _by_attribute() -> dict[str, str]:
    return {attribute(slug): slug for slug in _entries()}


def _authentication(facts: dict[str, Any]) -> AuthenticationSpec:
    fields = [Field(**field) for field in facts["fields"]]
    return AuthenticationSpec(**{**facts, "fields": fields})


def __getattr__(name: str) -> Source:
    # Underscore names (``__path__``, ``__wrapped__``) are asked for by import machinery and must not read the data.
    if name.startswith("_") or name not in _by_attribute():
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return source_of(_by_attribute()[name])
