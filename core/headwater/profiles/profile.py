"""One place to send to, and as whom."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from headwater.credentials import references
from headwater.errors import InvalidInput, NotConfigured
from headwater.foreign import without_frames
from headwater.secret import MASK, Secret

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
    "list_lag": (int, float),
}
SECRETS = ("client_secret", "access_token")

# What may stand before the host of a URL, a name and a password, is shown nowhere.
_URLS = ("url", "ims_url", "proxy")


@attrs.frozen(kw_only=True)
class Profile:
    """Where requests go: `origin` is ``environment``, ``config`` or ``embedded``.

    `values` holds what was configured, by the keys of the config file; a secret is a `Secret` (from the environment) or
    the string of a reference (from the file). `sources` says where each value came from. `base` is where relative
    ``file:`` references start. `notices` is what people should be told beside the result.
    """

    name: str
    origin: str
    values: Mapping[str, Any] = attrs.field(repr=False)
    sources: Mapping[str, str]
    base: Path = attrs.field(factory=Path)
    notices: tuple[str, ...] = ()

    @property
    def embedded(self) -> bool:
        """Whether the embedded Flow Service answers."""
        return self.origin == "embedded"

    @property
    def cloud(self) -> str:
        """The cloud the organization is on: ``azure`` or ``aws``. Raises `InvalidInput` for any other."""
        self.check_cloud()
        return str(self.values.get("cloud", CLOUDS[0]))

    @property
    def url(self) -> str:
        """Root URL of the platform."""
        return str(self.values.get("url", PLATFORM_URL))

    @property
    def missing(self) -> list[str]:
        """What is still needed before anything can be sent."""
        return missing_values(self.values)

    def check_cloud(self) -> None:
        """Raise `InvalidInput` for a cloud that there is not, naming where it came from."""
        check_cloud(self.values.get("cloud", CLOUDS[0]), self.sources.get("cloud", ""))

    @without_frames
    def endpoint(self) -> Endpoint:
        """Return the endpoint, its secret references looked up.

        Raises `NotConfigured` listing everything that is missing, `UnresolvedReference`, or `InvalidInput`.
        """
        from headwater.flowservice.endpoint import Endpoint

        check_complete(self.name, self.values)
        settings: dict[str, Any] = {"url": PLATFORM_URL, **self.values}
        settings.pop("cloud", None)
        for name in (*SECRETS, "proxy"):
            if not references.is_reference(settings.get(name)):
                continue
            secret = references.resolve(settings[name], name, base=self.base)
            settings[name] = secret if name in SECRETS else secret.reveal()
        return Endpoint.from_settings(settings)

    def shown(self) -> dict[str, Any]:
        """Return what would be used, defaults included, for people and programs.

        A secret is its reference, or masked; so are name and password within a URL.
        """
        values = {**self.defaults(), **self.values}
        present = [name for name in KEYS if values.get(name) is not None]
        return {name: _mask_value(name, values[name]) for name in present}

    def defaults(self) -> dict[str, Any]:
        """Return what counts where nothing was configured."""
        from headwater.flowservice.endpoint import Endpoint, default_list_lag

        fields = attrs.fields_dict(Endpoint)
        names = ("ims_url", "connect_timeout", "read_timeout")
        defaults = {name: fields[name].default for name in names} | {
            "url": PLATFORM_URL,
            "cloud": CLOUDS[0],
            "list_lag": default_list_lag(self.url),
        }
        if "access_token" in self.values:
            del defaults["ims_url"]  # nobody is asked for a token
        return defaults | {"api_key": self.values.get("client_id")}


def check_complete(name: str, values: Mapping[str, Any]) -> None:
    """Raise `NotConfigured` naming everything a remote profile still needs."""
    missing = missing_values(values)
    if missing:
        raise NotConfigured(
            f"profile {name} lacks {', '.join(missing)}",
            missing,
            remedy="give each of them: as an option of `headwater profiles add`, or as a key of the profile's table",
        )


def check_usable(values: Mapping[str, Any]) -> None:
    """Raise `InvalidInput` for a value no endpoint would take; references are not looked up."""
    from headwater.flowservice.endpoint import Endpoint

    settings: dict[str, Any] = {"url": PLATFORM_URL, **values}
    for name in ("cloud", *SECRETS):
        settings.pop(name, None)
    if references.is_reference(settings.get("proxy")):
        del settings["proxy"]
    Endpoint.from_settings({**settings, "access_token": Secret("only-for-this-check")})
    check_cloud(values.get("cloud", CLOUDS[0]))


def missing_values(values: Mapping[str, Any]) -> list[str]:
    """Name what a remote profile still needs, a client and its secret or a token with an API key among it."""
    needed = ["org_id", "sandbox"]
    if "access_token" not in values:
        needed += ["client_id", "client_secret"]
    elif "client_id" not in values:  # which is the API key where there is no other
        needed.append("api_key")
    return [name for name in needed if name not in values]


def check_cloud(name: Any, source: str = "") -> None:
    """Raise `InvalidInput` for a cloud that there is not, naming where it came from."""
    if name not in CLOUDS:
        raise InvalidInput(
            "the cloud must be azure or aws",
            remedy=f"correct it in {source}" if source else "",
        )


def _mask_value(name: str, value: Any) -> Any:
    if isinstance(value, Secret):
        return MASK
    if name in _URLS:
        return _hide_user(value)
    return value


def _hide_user(url: str) -> str:
    """Return a URL whose name and password, up to the last ``@``, are a mask; the scheme before them stays."""
    start, at, rest = url.rpartition("@")
    if not at:
        return url
    scheme, slashes, _user = start.partition("//")
    return f"{scheme if slashes else ''}{slashes}{MASK}@{rest}"
