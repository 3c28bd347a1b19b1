"""Which layer says where to send. Flags come before the environment, the environment before the config file.

Credentials and URL always come from one layer: a token is never sent to an address that somebody else configured.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from headwater.arguments import (
    require_fields,
    require_kind,
    require_optional_text,
    require_text,
)
from headwater.errors import InvalidInput, NotConfigured
from headwater.foreign import without_frames
from headwater.profiles.config import LOCAL, Config, config_path
from headwater.profiles.profile import (
    CLOUDS,
    KEYS,
    SECRETS,
    Profile,
    check_cloud,
    missing_values,
)
from headwater.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headwater.flowservice import FlowService

LOCAL_VALUES: Mapping[str, Any] = {
    "url": "http+local://embedded",
    "org_id": "local@AdobeOrg",
    "sandbox": "prod",
    "api_key": "local",
    "access_token": Secret("embedded-service-asks-for-none"),
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
# What the environment may say of the embedded service: nothing that opens a door elsewhere.
OF_LOCAL = ("org_id", "sandbox", "cloud")


@without_frames
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
    require_optional_text("name", name)
    require_kind("path", path, (Path, type(None)), "a pathlib.Path or None")
    environ = _environment(environ)
    if overrides is not None:
        require_fields("overrides", overrides)
    flags = {
        key: value for key, value in (overrides or {}).items() if value is not None
    }
    _check_flags(flags)
    variables = _variables(environ)
    chosen = name or environ.get("HEADWATER_PROFILE")
    if chosen == LOCAL:
        profile = _local_profile(variables)
    elif chosen:
        profile = _resolve_named(chosen, variables, path or config_path(environ))
    else:
        profile = _resolve_unnamed(variables, path or config_path(environ))
    profile = _override(profile, flags)
    profile.check_cloud()  # before anything else is done
    return profile


@without_frames
def cloud(
    name: str | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    path: Path | None = None,
) -> str:
    """Return the cloud for offline work: what `resolve` would say, but half a configuration is enough.

    None at all means ``azure``, and so does a config file that cannot be used. Raises `InvalidInput` for a name that is
    not one of a cloud.
    """
    require_optional_text("name", name)
    require_kind("path", path, (Path, type(None)), "a pathlib.Path or None")
    environ = _environment(environ)
    variables = _variables(environ)
    if "cloud" in variables:
        check_cloud(variables["cloud"], _source("cloud"))
        return variables["cloud"]
    profile = _find_in_file(name, environ, path)
    if profile is None:
        return CLOUDS[0]
    return profile.cloud


@without_frames
def ca_bundle(
    name: str | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    path: Path | None = None,
) -> str | None:
    """Return the file of certificate authorities that the profile names, for asking a source without the platform.

    Half a configuration is enough, as for `cloud`. None where nothing names one, or the config file cannot be used.
    """
    require_optional_text("name", name)
    require_kind("path", path, (Path, type(None)), "a pathlib.Path or None")
    profile = _find_in_file(name, _environment(environ), path)
    if profile is None:
        return None
    return profile.values.get("ca_bundle")


def _find_in_file(
    name: str | None, environ: Mapping[str, str], path: Path | None
) -> Profile | None:
    """Return what `resolve` would take from the config file; None where that is another, or the file is unusable."""
    chosen = name or environ.get("HEADWATER_PROFILE")
    if not chosen and _endpoint_variables(_variables(environ)):
        return None
    try:
        config = Config.read(path, environ)
        return config.profile(chosen) if chosen else config.default_profile()
    except InvalidInput:
        return None


def _environment(environ: Mapping[str, str] | None) -> Mapping[str, str]:
    if environ is None:
        return os.environ
    require_fields("environ", environ)
    for value in environ.values():
        require_text("each value of environ", value)
    return environ


@without_frames
def connect(name: str | None = None, **overrides: Any) -> FlowService:
    """Return a client for the profile to use; see `resolve` for which one that is, and for the errors."""
    from headwater.flowservice import FlowService

    return FlowService(resolve(name, overrides=overrides).endpoint())


def _variables(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the platform variables by their keys; an empty one counts as not set."""
    return {
        key: environ[variable]
        for key, variable in VARIABLES.items()
        if environ.get(variable)
    }


def _endpoint_variables(variables: Mapping[str, str]) -> list[str]:
    return [VARIABLES[key] for key in ENDPOINT if key in variables]


def _source(key: str) -> str:
    return f"environment variable {VARIABLES[key]}"


def _resolve_named(name: str, variables: Mapping[str, str], path: Path) -> Profile:
    mixed = _endpoint_variables(variables)
    if mixed:
        raise NotConfigured(
            f"both profile {name} and {', '.join(mixed)} say where to send or as whom",
            remedy=f"unset {' and '.join(mixed)}, or choose no profile: "
            "credentials and URL must come from the same place",
        )
    return _with_variables(Config.read(path).profile(name), variables)


def _resolve_unnamed(variables: Mapping[str, str], path: Path) -> Profile:
    if _endpoint_variables(variables):
        return _environment_profile(variables, path)
    config = Config.read(path)
    if config.exists:
        return _with_variables(config.default_profile(), variables)
    if variables:
        return _environment_profile(variables, path)
    return _local_profile({})


def _environment_profile(variables: Mapping[str, str], path: Path) -> Profile:
    missing = [VARIABLES[key] for key in missing_values(variables)]
    if missing:
        aside = ""
        if os.path.exists(path):  # noqa: PTH110 - Path.exists raises where the folder may not be read
            aside = "; a URL or a credential of the environment is never combined with those of a profile"
        known = " and ".join(VARIABLES[key] for key in variables)
        raise NotConfigured(
            f"the environment configures Headwater in part: {', '.join(missing)} missing{aside}",
            missing,
            remedy="set them too (HEADWATER_ACCESS_TOKEN with HEADWATER_API_KEY will do for a client and its secret), "
            f"or unset {known}",
        )
    values: dict[str, Any] = dict(variables)
    for key in SECRETS:
        if key in values:
            values[key] = Secret(values[key])
    return Profile(
        name="environment",
        origin="environment",
        values=values,
        sources={key: _source(key) for key in values},
    )


def _local_profile(variables: Mapping[str, str]) -> Profile:
    built_in = Profile(
        name=LOCAL,
        origin="embedded",
        values=LOCAL_VALUES,
        sources=dict.fromkeys(LOCAL_VALUES, "built in"),
    )
    known = {key: value for key, value in variables.items() if key in OF_LOCAL}
    return _with_variables(built_in, known)


def _with_variables(profile: Profile, variables: Mapping[str, str]) -> Profile:
    sources = {key: _source(key) for key in variables}
    return _put_above(profile, variables, sources)


def _check_flags(flags: Mapping[str, Any]) -> None:
    allowed = [key for key in KEYS if key not in ENDPOINT]
    unknown = flags.keys() - allowed
    if unknown:
        raise NotConfigured(
            f"not a setting that can be overridden: {', '.join(sorted(unknown))}",
            remedy=f"these can be: {', '.join(allowed)}",
        )
    for key, value in flags.items():
        if not isinstance(value, os.PathLike):
            wanted = "a string" if KEYS[key] is str else "a number"
            require_kind(key, value, KEYS[key], wanted)


def _override(profile: Profile, flags: Mapping[str, Any]) -> Profile:
    sources = {key: f"--{key.replace('_', '-')}" for key in flags}
    return _put_above(profile, flags, sources)


def _put_above(
    profile: Profile, values: Mapping[str, Any], sources: Mapping[str, str]
) -> Profile:
    return attrs.evolve(
        profile,
        values={**profile.values, **values},
        sources={**profile.sources, **sources},
    )
