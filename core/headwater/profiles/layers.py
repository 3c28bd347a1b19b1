"""Which layer says where to send. Flags come before the environment, the environment before the config file.

Credentials and URL always come from one layer: a token is never sent to an address that somebody else configured.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from headwater.errors import InvalidInput, NotConfigured
from headwater.profiles.config import Config
from headwater.profiles.profile import CLOUDS, KEYS, SECRETS, Profile, checked_cloud, missing_values
from headwater.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from headwater.flowservice import FlowService

LOCAL = "local"
LOCAL_VALUES: Mapping[str, Any] = {
    "url": "http+local://embedded",
    "org_id": "local@AdobeOrg",
    "sandbox": "prod",
    "api_key": "local",
    "access_token": Secret("local"),
}

VARIABLES: Mapping[str, str] = {
    "url": "HEADWATER_URL",
    "ims_url": "HEADWATER_IMS_URL",
    "org_id": "HEADWATER_ORG_ID",
    "sandbox": "HEADWATER_SANDBOX",
    "api_key": "HEADWATER_API_KEY",
    "client_id": "HEADWATER_CLIENT_ID",
    "client_secret": "HEADWATER_CLIENT_SECRET",
    "access_token": "HEADWATER_ACCESS_TOKEN",
    "cloud": "HEADWATER_CLOUD",
}
# Where requests go and what opens the door there: these are never mixed from two layers.
ENDPOINT = ("url", "ims_url", "client_id", "client_secret", "access_token")


def resolve(
    name: str | None = None,
    *,
    overrides: Mapping[str, Any] | None = None,
    environ: Mapping[str, str] | None = None,
    path: Path | None = None,
) -> Profile:
    """Return the profile to use: the one named (argument, then ``HEADWATER_PROFILE``), else what is configured.

    Without a name, endpoint variables make a profile of the environment alone; without them the config file's default
    counts; with neither a config file nor any platform variable, it is the embedded service. `overrides` are flags;
    None among them means not given. Raises `NotConfigured` and `InvalidInput`.
    """
    environ = os.environ if environ is None else environ
    flags = {key: value for key, value in (overrides or {}).items() if value is not None}
    variables = {key: environ[variable] for key, variable in VARIABLES.items() if environ.get(variable)}
    config = Config.read(path, environ)
    chosen = name or environ.get("HEADWATER_PROFILE") or None
    profile = _chosen(chosen, config, variables) if chosen else _unnamed(config, variables)
    return _overridden(profile, flags)


def cloud(name: str | None = None, *, environ: Mapping[str, str] | None = None, path: Path | None = None) -> str:
    """Return the cloud for offline work: half a configuration is enough, and none at all means ``azure``.

    Raises `InvalidInput` where the cloud that is named is none.
    """
    environ = os.environ if environ is None else environ
    if environ.get(VARIABLES["cloud"]):
        return checked_cloud(environ[VARIABLES["cloud"]])
    try:
        config = Config.read(path, environ)
        chosen = name or environ.get("HEADWATER_PROFILE") or config.default
        values = config.profiles.get(chosen or "", {})
    except InvalidInput:
        values = {}
    return checked_cloud(values.get("cloud", CLOUDS[0]))


def connect(name: str | None = None, **overrides: Any) -> FlowService:
    """Return a client for the profile to use; see `resolve` for which one that is, and for the errors."""
    from headwater.flowservice import FlowService

    return FlowService(resolve(name, overrides=overrides).endpoint())


def _chosen(name: str, config: Config, variables: Mapping[str, str]) -> Profile:
    mixed = [VARIABLES[key] for key in ENDPOINT if key in variables]
    if mixed:
        raise NotConfigured(
            f"both profile {name} and {', '.join(mixed)} say where to send or as whom",
            remedy=f"unset {' and '.join(mixed)}, or choose no profile: "
            "credentials and URL must come from the same place",
        )
    rest = {key: value for key, value in variables.items() if key not in ENDPOINT}
    if name == LOCAL:
        return _built_in(rest)
    return _with_variables(config.profile(name), rest)


def _unnamed(config: Config, variables: Mapping[str, str]) -> Profile:
    if any(key in variables for key in ENDPOINT):
        return _of_environment(variables, config)
    if config.exists:
        return _with_variables(config.default_profile(), variables)
    if variables:
        return _of_environment(variables, config)
    return _built_in({})


def _of_environment(variables: Mapping[str, str], config: Config) -> Profile:
    values = {key: Secret(value) if key in SECRETS else value for key, value in variables.items()}
    missing = [VARIABLES[key] for key in missing_values(values)]
    if missing:
        aside = ""
        if config.exists:
            aside = "; the environment is never completed from a profile, whose credentials belong to its own URL"
        raise NotConfigured(
            f"the environment configures Headwater in part: {', '.join(missing)} missing{aside}",
            missing,
            remedy="set them too (HEADWATER_ACCESS_TOKEN with HEADWATER_API_KEY will do for a client and its secret), "
            "or unset all HEADWATER_ variables, or choose a profile",
        )
    return Profile(
        name="environment",
        origin="environment",
        values=values,
        sources={key: f"environment variable {VARIABLES[key]}" for key in values},
    )


def _built_in(variables: Mapping[str, str]) -> Profile:
    base = Profile(name=LOCAL, origin="embedded", values=LOCAL_VALUES, sources=dict.fromkeys(LOCAL_VALUES, "built in"))
    return _with_variables(base, variables)


def _with_variables(profile: Profile, variables: Mapping[str, str]) -> Profile:
    return _changed(profile, variables, {key: f"environment variable {VARIABLES[key]}" for key in variables})


def _overridden(profile: Profile, flags: Mapping[str, Any]) -> Profile:
    unknown = sorted(set(flags) - set(KEYS) | set(flags) & set(ENDPOINT))
    if unknown:
        raise NotConfigured(f"not a setting that can be overridden: {', '.join(unknown)}")
    return _changed(profile, flags, {key: f"--{key.replace('_', '-')}" for key in flags})


def _changed(profile: Profile, values: Mapping[str, Any], sources: Mapping[str, str]) -> Profile:
    return Profile(
        name=profile.name,
        origin=profile.origin,
        values={**profile.values, **values},
        sources={**profile.sources, **sources},
        base=profile.base,
    )
