"""One place to send to, and as whom."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from headwater import references
from headwater.errors import InvalidInput, NotConfigured
from headwater.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headwater.flowservice import Endpoint

PLATFORM_URL = "https://platform.adobe.io"
CLOUDS = ("azure", "aws")

# What a profile holds, in the order people read it: key of the config file -> type. All are optional here.
KEYS: Mapping[str, type | tuple[type, ...]] = {
    "url": str,
    "ims_url": str,
    "org_id": str,
    "sandbox": str,
    "api_key": str,
    "client_id": str,
    "client_secret": str,
    "access_token": str,
    "cloud": str,
    "ca_bundle": str,
    "proxy": str,
    "connect_timeout": (int, float),
    "read_timeout": (int, float),
}
SECRETS = ("client_secret", "access_token")


@attrs.frozen(kw_only=True)
class Profile:
    """Where requests go: `origin` is ``environment``, ``config`` or ``embedded``.

    `values` holds what was configured, by the keys of the config file; a secret is a `Secret` (from the environment) or
    the text of a reference (from the file). `sources` says where each value came from. `base` is where relative
    ``file:`` references start.
    """

    name: str
    origin: str
    values: Mapping[str, Any] = attrs.field(repr=False)
    sources: Mapping[str, str]
    base: Path = attrs.field(factory=Path)

    @property
    def embedded(self) -> bool:
        """Whether the embedded Flow Service answers."""
        return self.origin == "embedded"

    @property
    def cloud(self) -> str:
        """The cloud the organization is on: ``azure`` or ``aws``."""
        return checked_cloud(self.values.get("cloud", "azure"))

    @property
    def url(self) -> str:
        """Root URL of the platform."""
        return str(self.values.get("url", PLATFORM_URL))

    def endpoint(self) -> Endpoint:
        """Return the endpoint, its secret references looked up.

        Raises `NotConfigured` listing everything that is missing, `UnresolvedReference`, or `InvalidInput`.
        """
        from headwater.flowservice import Endpoint

        check_complete(self.name, self.values)
        values = {name: value for name, value in self.values.items() if name != "cloud"}
        for name in SECRETS:
            if isinstance(values.get(name), str):
                values[name] = references.resolve(values[name], name, base=self.base)
        values.setdefault("api_key", values.get("client_id"))
        return Endpoint(**{"url": PLATFORM_URL, **values})

    def shown(self) -> dict[str, Any]:
        """Return the values for people and programs: secrets as their reference, or masked."""
        return {
            name: str(self.values[name]) if isinstance(self.values[name], Secret) else self.values[name]
            for name in KEYS
            if name in self.values
        }


def check_complete(name: str, values: Mapping[str, Any]) -> None:
    """Raise `NotConfigured` naming everything a remote profile still needs."""
    missing = missing_values(values)
    if missing:
        raise NotConfigured(
            f"profile {name} lacks {', '.join(missing)}",
            missing,
            remedy=f"add them with `headwater profiles add {name} --force`, or set their variables",
        )


def check_usable(values: Mapping[str, Any]) -> None:
    """Raise `InvalidInput` for a value no endpoint would take; secrets are not looked up."""
    from headwater.flowservice import Endpoint

    settings = {name: value for name, value in values.items() if name not in ("cloud", *SECRETS)}
    settings.setdefault("api_key", values.get("client_id"))
    Endpoint(**{"url": PLATFORM_URL, **settings, "access_token": Secret("only-for-this-check")})
    checked_cloud(values.get("cloud", CLOUDS[0]))


def missing_values(values: Mapping[str, Any]) -> list[str]:
    """Name what a remote profile still needs, a client and its secret or a token with an API key among it."""
    missing = [name for name in ("org_id", "sandbox") if name not in values]
    if "access_token" in values:
        return missing + ([] if {"api_key", "client_id"} & set(values) else ["api_key"])
    return missing + [name for name in ("client_id", "client_secret") if name not in values]


def checked_cloud(name: Any) -> str:
    """Return the cloud's name if it is one. Raises `InvalidInput`."""
    if name not in CLOUDS:
        raise InvalidInput("the cloud must be azure or aws", remedy="check cloud in the profile, or HEADWATER_CLOUD")
    return str(name)
