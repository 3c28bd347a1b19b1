"""Which layer says where to send: flags, environment, config file, embedded service, and never two of them mixed."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import headwater
from headwater import profiles
from headwater.errors import InvalidInput, NotConfigured, UnresolvedReference
from headwater.flowservice import Endpoint
from headwater.profiles.layers import ENDPOINT, VARIABLES
from headwater.profiles.profile import KEYS
from headwater.secret import Secret

CANARY = "canary-4f1d9c7be2a8"
NOT_ENDPOINT = [key for key in VARIABLES if key not in ENDPOINT]

DEV = """
[profiles.dev]
url = "https://dev.example.com"
org_id = "DEV@AdobeOrg"
sandbox = "dev-sandbox"
client_id = "dev-client"
client_secret = "file:dev.secret"
"""
PROD = DEV.replace("dev", "prod").replace("DEV", "PROD") + 'cloud = "aws"\n'
ENVIRONMENT = {
    "HEADWATER_ORG_ID": "ENV@AdobeOrg",
    "HEADWATER_SANDBOX": "env-sandbox",
    "HEADWATER_CLIENT_ID": "env-client",
    "HEADWATER_CLIENT_SECRET": CANARY,
}


def _file(folder: Path, text: str) -> Path:
    path = folder / "config.toml"
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    for name in ("dev", "prod"):
        (folder / f"{name}.secret").write_text(f"{name}-secret\n", encoding="utf-8")
    return path


def _refused(**arguments: Any) -> NotConfigured:
    with pytest.raises(NotConfigured) as caught:
        profiles.resolve(**arguments)
    assert CANARY not in f"{caught.value} {caught.value!r} {caught.value.data()}"
    return caught.value


# With nothing, and with local


def test_without_a_file_and_without_variables_the_embedded_service_answers(
    tmp_path: Path,
) -> None:
    profile = profiles.resolve(
        environ={"HEADWATER_LOCAL_STORE": "elsewhere", "PATH": "/bin"},
        path=tmp_path / "none",
    )
    assert (profile.name, profile.origin, profile.embedded, profile.cloud) == (
        "local",
        "embedded",
        True,
        "azure",
    )
    assert profile.endpoint() == Endpoint(
        url="http+local://embedded",
        org_id="local@AdobeOrg",
        sandbox="prod",
        api_key="local",
        access_token=Secret("embedded-service-asks-for-none"),
        ims_url="http+local://embedded",
    )


@pytest.mark.parametrize("key", NOT_ENDPOINT)
def test_any_platform_variable_alone_is_half_a_configuration_that_lists_what_is_missing(
    tmp_path: Path, key: str
) -> None:
    error = _refused(environ={VARIABLES[key]: "azure"}, path=tmp_path / "none")
    needed = {
        "HEADWATER_ORG_ID",
        "HEADWATER_SANDBOX",
        "HEADWATER_CLIENT_ID",
        "HEADWATER_CLIENT_SECRET",
    }
    assert set(error.missing) == needed - {VARIABLES[key]}
    assert all(name in str(error) for name in error.missing)


def test_an_empty_variable_counts_as_not_set(tmp_path: Path) -> None:
    empty = dict.fromkeys(
        [*VARIABLES.values(), "HEADWATER_PROFILE", "HEADWATER_CONFIG"], ""
    )
    assert profiles.resolve(environ=empty, path=tmp_path / "none").embedded


@pytest.mark.parametrize("content", ["", "# nothing yet\n", "[profiles]\n"])
def test_a_file_without_profiles_counts_as_a_configuration(
    tmp_path: Path, content: str
) -> None:
    error = _refused(environ={}, path=_file(tmp_path, content))
    assert "headwater profiles add" in error.remedy
    assert "--profile local" in error.remedy


@pytest.mark.parametrize(
    "content", [DEV, "not [ toml", "[profiles.dev]\nclient_secret = 'literal text'\n"]
)
def test_local_works_whatever_else_is_configured_and_takes_no_credentials_from_it(
    tmp_path: Path, content: str
) -> None:
    everything = {variable: "aws" for key, variable in VARIABLES.items()}
    endpoint = profiles.resolve(
        "local", environ=everything, path=_file(tmp_path, content)
    ).endpoint()
    assert (endpoint.url, endpoint.api_key, endpoint.access_token) == (
        "http+local://embedded",
        "local",
        Secret("embedded-service-asks-for-none"),
    )
    assert (endpoint.client_id, endpoint.client_secret) == (None, None)
    assert (endpoint.org_id, endpoint.sandbox) == ("aws", "aws")


# With a file


def test_the_only_profile_is_used_and_its_secret_is_looked_up_beside_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _file(tmp_path, DEV)
    monkeypatch.chdir("/")
    profile = profiles.resolve(environ={}, path=path)
    assert (profile.name, profile.origin, profile.embedded) == ("dev", "config", False)
    assert profile.endpoint() == Endpoint(
        url="https://dev.example.com",
        org_id="DEV@AdobeOrg",
        sandbox="dev-sandbox",
        api_key="dev-client",
        client_id="dev-client",
        client_secret=Secret("dev-secret"),
    )


def test_of_several_profiles_the_default_is_used_and_without_one_they_are_listed(
    tmp_path: Path,
) -> None:
    assert (
        profiles.resolve(
            environ={}, path=_file(tmp_path, 'default = "prod"\n' + DEV + PROD)
        ).name
        == "prod"
    )
    error = _refused(environ={}, path=_file(tmp_path, DEV + PROD))
    assert "dev, prod" in error.message
    assert "--profile" in error.remedy


def test_a_default_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    error = _refused(
        environ={}, path=_file(tmp_path, 'default = "prdo"\n' + DEV + PROD)
    )
    assert (error.message.split(" in ")[0], error.remedy) == (
        "there is no profile named prdo",
        "did you mean prod?",
    )


def test_local_is_no_default_of_a_file(tmp_path: Path) -> None:
    assert (
        "--profile local"
        in _refused(
            environ={}, path=_file(tmp_path, 'default = "local"\n' + DEV)
        ).remedy
    )


def test_the_argument_wins_over_the_variable_and_the_variable_over_the_default(
    tmp_path: Path,
) -> None:
    path = _file(tmp_path, 'default = "dev"\n' + DEV + PROD)
    assert (
        profiles.resolve(environ={"HEADWATER_PROFILE": "prod"}, path=path).name
        == "prod"
    )
    assert (
        profiles.resolve("dev", environ={"HEADWATER_PROFILE": "prod"}, path=path).name
        == "dev"
    )


@pytest.mark.parametrize(("given", "near"), [("dve", "dev"), ("loca", "local")])
def test_an_unknown_profile_offers_the_nearest(
    tmp_path: Path, given: str, near: str
) -> None:
    assert (
        _refused(name=given, environ={}, path=_file(tmp_path, DEV)).remedy
        == f"did you mean {near}?"
    )


def test_the_environment_overrides_what_is_no_credential(tmp_path: Path) -> None:
    environ = {VARIABLES[key]: "aws" for key in NOT_ENDPOINT}
    profile = profiles.resolve(environ=environ, path=_file(tmp_path, DEV))
    endpoint = profile.endpoint()
    assert profile.cloud == "aws"
    assert (endpoint.org_id, endpoint.sandbox, endpoint.api_key) == (
        "aws",
        "aws",
        "aws",
    )
    assert (endpoint.url, endpoint.client_id) == (
        "https://dev.example.com",
        "dev-client",
    )
    assert profile.sources["sandbox"] == "environment variable HEADWATER_SANDBOX"
    assert profile.sources["url"] == str(tmp_path / "config.toml")


@pytest.mark.parametrize("key", ENDPOINT)
@pytest.mark.parametrize("by_variable", [False, True])
def test_a_chosen_profile_together_with_an_endpoint_variable_is_refused_naming_both(
    tmp_path: Path, key: str, by_variable: bool
) -> None:
    environ = {
        VARIABLES[key]: CANARY,
        **({"HEADWATER_PROFILE": "dev"} if by_variable else {}),
    }
    error = _refused(
        name=None if by_variable else "dev", environ=environ, path=_file(tmp_path, DEV)
    )
    assert "profile dev" in error.message
    assert VARIABLES[key] in error.message
    assert f"unset {VARIABLES[key]}" in error.remedy


def test_a_remote_profile_has_no_default_sandbox(tmp_path: Path) -> None:
    path = _file(tmp_path, DEV.replace('sandbox = "dev-sandbox"\n', ""))
    with pytest.raises(NotConfigured, match="profile dev lacks sandbox") as caught:
        profiles.resolve(environ={}, path=path).endpoint()
    assert caught.value.missing == ("sandbox",)
    assert (
        profiles.resolve(environ={}, path=path, overrides={"sandbox": "flag"})
        .endpoint()
        .sandbox
        == "flag"
    )


def test_everything_a_profile_lacks_is_listed_at_once(tmp_path: Path) -> None:
    with pytest.raises(NotConfigured) as caught:
        profiles.resolve(
            environ={}, path=_file(tmp_path, "[profiles.dev]\n")
        ).endpoint()
    assert caught.value.missing == ("org_id", "sandbox", "client_id", "client_secret")


def test_a_reference_that_leads_nowhere_says_where_it_was_looked_for(
    tmp_path: Path,
) -> None:
    path = _file(tmp_path, DEV)
    (tmp_path / "dev.secret").unlink()
    with pytest.raises(UnresolvedReference) as caught:
        profiles.resolve(environ={}, path=path).endpoint()
    assert caught.value.tried == (f"file {tmp_path / 'dev.secret'}",)


# With the environment


def test_a_complete_environment_is_a_layer_of_its_own(tmp_path: Path) -> None:
    profile = profiles.resolve(environ=ENVIRONMENT, path=_file(tmp_path, DEV + PROD))
    assert (profile.origin, profile.embedded) == ("environment", False)
    assert profile.endpoint() == Endpoint(
        url="https://platform.adobe.io",
        org_id="ENV@AdobeOrg",
        sandbox="env-sandbox",
        api_key="env-client",
        client_id="env-client",
        client_secret=Secret(CANARY),
    )
    assert CANARY not in f"{profile!r} {profile.shown()}"


def test_a_complete_environment_needs_no_usable_file(tmp_path: Path) -> None:
    assert (
        profiles.resolve(environ=ENVIRONMENT, path=_file(tmp_path, "not [ toml")).origin
        == "environment"
    )


def test_a_secret_of_the_environment_is_never_taken_for_a_reference(
    tmp_path: Path,
) -> None:
    environ = {**ENVIRONMENT, "HEADWATER_CLIENT_SECRET": "file:dev.secret"}
    endpoint = profiles.resolve(environ=environ, path=_file(tmp_path, DEV)).endpoint()
    assert endpoint.client_secret == Secret("file:dev.secret")


def test_a_token_needs_an_api_key_and_no_client(tmp_path: Path) -> None:
    environ = {
        "HEADWATER_ACCESS_TOKEN": CANARY,
        "HEADWATER_ORG_ID": "o@AdobeOrg",
        "HEADWATER_SANDBOX": "dev",
    }
    assert _refused(environ=environ, path=tmp_path / "none").missing == (
        "HEADWATER_API_KEY",
    )
    endpoint = profiles.resolve(
        environ={**environ, "HEADWATER_API_KEY": "key"}, path=tmp_path / "none"
    ).endpoint()
    assert (endpoint.access_token, endpoint.api_key) == (Secret(CANARY), "key")


@pytest.mark.parametrize("key", ENDPOINT)
def test_half_an_environment_is_never_completed_from_the_default_profile(
    tmp_path: Path, key: str
) -> None:
    error = _refused(
        environ={VARIABLES[key]: CANARY},
        path=_file(tmp_path, 'default = "dev"\n' + DEV),
    )
    assert {"HEADWATER_ORG_ID", "HEADWATER_SANDBOX"} < set(error.missing)
    assert "never combined with those of a profile" in error.message
    assert VARIABLES[key] in error.remedy


# Overrides


def test_flags_win_over_the_environment_and_none_is_not_given(tmp_path: Path) -> None:
    flags = {
        "sandbox": "flag",
        "cloud": "aws",
        "proxy": None,
        "connect_timeout": 1.5,
        "read_timeout": 2,
    }
    profile = profiles.resolve(
        environ=ENVIRONMENT, path=tmp_path / "none", overrides=flags
    )
    endpoint = profile.endpoint()
    assert (endpoint.sandbox, profile.cloud, endpoint.proxy) == ("flag", "aws", None)
    assert (endpoint.connect_timeout, endpoint.read_timeout) == (1.5, 2)
    assert profile.sources["connect_timeout"] == "--connect-timeout"


@pytest.mark.parametrize("key", [*ENDPOINT, "sandox"])
def test_no_flag_says_where_to_send_or_as_whom(tmp_path: Path, key: str) -> None:
    assert (
        key
        in _refused(environ={}, path=tmp_path / "none", overrides={key: CANARY}).message
    )


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf")])
@pytest.mark.parametrize("key", ["connect_timeout", "read_timeout"])
def test_a_timeout_is_a_finite_number_above_nought(
    tmp_path: Path, key: str, seconds: float
) -> None:
    with pytest.raises(InvalidInput, match=key):
        profiles.resolve(
            environ={}, path=tmp_path / "none", overrides={key: seconds}
        ).endpoint()


def test_an_unknown_cloud_is_refused_saying_where_it_stands(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="HEADWATER_CLOUD"):
        profiles.resolve(
            environ={**ENVIRONMENT, "HEADWATER_CLOUD": "gcp"}, path=tmp_path / "none"
        )
    with pytest.raises(
        InvalidInput, match=r"azure or aws; correct it in .*config\.toml"
    ):
        profiles.resolve(environ={}, path=_file(tmp_path, DEV + 'cloud = "gcp"\n'))


# The cloud for offline work


@pytest.mark.parametrize(
    ("content", "name", "environ", "expected"),
    [
        (None, None, {}, "azure"),
        (PROD, None, {}, "aws"),
        (DEV + PROD, None, {}, "azure"),
        ('default = "prod"\n' + DEV + PROD, None, {}, "aws"),
        ('default = "prod"\n' + DEV + PROD, "dev", {}, "azure"),
        (DEV + PROD, None, {"HEADWATER_PROFILE": "prod"}, "aws"),
        (DEV + PROD, "prod", {"HEADWATER_CLOUD": "azure"}, "azure"),
        (None, None, {"HEADWATER_CLOUD": "aws"}, "aws"),
        (PROD, None, {"HEADWATER_URL": "https://x.example.com"}, "azure"),
        (PROD, "prod", {"HEADWATER_URL": "https://x.example.com"}, "aws"),
        (PROD, "local", {}, "azure"),
        (PROD, "unknown", {}, "azure"),
        ("not [ toml", None, {}, "azure"),
        ("[profiles.dev]\ncloud = 'aws'\n", None, {}, "aws"),
    ],
)
def test_the_cloud_is_known_with_half_a_configuration(
    tmp_path: Path,
    content: str | None,
    name: str | None,
    environ: dict[str, str],
    expected: str,
) -> None:
    path = tmp_path / "none" if content is None else _file(tmp_path, content)
    assert profiles.cloud(name, environ=environ, path=path) == expected


def test_an_unknown_cloud_is_no_half_configuration(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="azure or aws"):
        profiles.cloud(environ={"HEADWATER_CLOUD": "gcp"}, path=tmp_path / "none")


# Never mixed

# Each value says which layer it is from, up to the first hyphen of a text or the host of a URL.
_NAMES = st.sampled_from([None, "dev", "prod", "local"])


def _said_by(layer: str) -> dict[str, str]:
    return {
        "url": f"https://{layer}-url.example.com",
        "ims_url": f"https://{layer}-ims.example.com",
        "org_id": f"{layer}-org",
        "sandbox": f"{layer}-sandbox",
        "api_key": f"{layer}-key",
        "client_id": f"{layer}-client",
        "client_secret": f"{layer}-client_secret-{CANARY}",
        "access_token": f"{layer}-access_token-{CANARY}",
    }


def _profile_text(name: str, keys: set[str]) -> str:
    values = {
        **_said_by(name),
        **{key: f"file:{name}-{key}" for key in ("client_secret", "access_token")},
    }
    return f"[profiles.{name}]\n" + "".join(
        f'{key} = "{values[key]}"\n' for key in sorted(keys & set(values))
    )


def _layers(endpoint: Endpoint) -> set[str]:
    """Return the layers that say where this endpoint is and what opens its door; built-in addresses are of no layer."""
    secrets = [
        secret.reveal()
        for secret in (endpoint.client_secret, endpoint.access_token)
        if secret is not None
    ]
    values = [
        endpoint.url.partition("://")[2],
        endpoint.ims_url.partition("://")[2],
        endpoint.client_id,
        *secrets,
    ]
    layers = {value.partition("-")[0] for value in values if value is not None}
    return {"local" if layer == "embedded" else layer for layer in layers} - {
        "platform.adobe.io",
        "ims",
    }


_ANY = st.sets(st.sampled_from(sorted(_said_by(""))))
_COMPLETE = _ANY.map(
    lambda keys: keys | {"org_id", "sandbox", "client_id", "client_secret"}
)
_HARMLESS = st.sets(st.sampled_from(sorted({*NOT_ENDPOINT} - {"cloud"})))


def test_a_service_on_this_machine_gives_its_own_tokens_unless_told_otherwise(
    tmp_path: Path,
) -> None:
    client = {
        "CLIENT_ID": "c",
        "CLIENT_SECRET": "correct-horse",
        "ORG_ID": "a@AdobeOrg",
        "SANDBOX": "prod",
    }
    environ = {f"HEADWATER_{name}": value for name, value in client.items()}

    def ims(**urls: str) -> str:
        return (
            profiles.resolve(environ={**environ, **urls}, path=tmp_path / "none")
            .endpoint()
            .ims_url
        )

    assert ims(HEADWATER_URL="http://127.0.0.1:8700") == "http://127.0.0.1:8700"
    assert (
        ims(
            HEADWATER_URL="http://127.0.0.1:8700",
            HEADWATER_IMS_URL="https://ims.example",
        )
        == "https://ims.example"
    )
    assert ims() == "https://ims-na1.adobelogin.com"


@settings(max_examples=400, deadline=None)
@given(
    in_environment=_HARMLESS | _COMPLETE | _ANY,
    in_profiles=st.none()
    | st.dictionaries(st.sampled_from(["dev", "prod"]), _COMPLETE | _ANY),
    default=st.sampled_from([None, "dev", "prod"]),
    name=_NAMES,
    variable=_NAMES,
)
def test_url_and_credentials_are_never_of_two_layers(
    in_environment: set[str],
    in_profiles: dict[str, set[str]] | None,
    default: str | None,
    name: str | None,
    variable: str | None,
) -> None:
    """Values tell which layer they are from; a refusal is always allowed here, other tests say when it is due."""
    environ = {VARIABLES[key]: _said_by("env")[key] for key in in_environment}
    environ |= {"HEADWATER_PROFILE": variable} if variable else {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "config.toml"
        if in_profiles is not None:
            for layer in ("dev", "prod"):
                for key in ("client_secret", "access_token"):
                    (path.parent / f"{layer}-{key}").write_text(
                        _said_by(layer)[key], encoding="utf-8"
                    )
            head = f'default = "{default}"\n' if default else ""
            path.write_text(
                head + "".join(_profile_text(*each) for each in in_profiles.items()),
                encoding="utf-8",
            )
        endpoint, shown = _endpoint_of(name, environ, path)
    assert CANARY not in shown
    if endpoint is not None:
        assert _layers(endpoint) == {
            _layer_that_counts(in_environment, in_profiles, default, name or variable)
        }


def _endpoint_of(
    name: str | None, environ: dict[str, str], path: Path
) -> tuple[Endpoint | None, str]:
    """Return the endpoint, or None where it is refused, with everything that can be seen of it."""
    try:
        profile = profiles.resolve(name, environ=environ, path=path)
        return profile.endpoint(), f"{profile!r} {profile.shown()}"
    except InvalidInput as error:
        return None, f"{error} {error!r} {error.data()} {error.__context__!r}"


def _layer_that_counts(
    in_environment: set[str],
    in_profiles: dict[str, set[str]] | None,
    default: str | None,
    chosen: str | None,
) -> str | None:
    """Say in five lines what the rules come to where nothing is refused."""
    if chosen:
        return (
            chosen if chosen == "local" or not in_environment & set(ENDPOINT) else None
        )
    if in_environment & set(ENDPOINT):
        return "env"
    return "local" if in_profiles is None else default or next(iter(in_profiles))


# Around it


def test_connect_gives_a_client_for_the_profile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in {
        **ENVIRONMENT,
        "HEADWATER_URL": "http://127.0.0.1:8700",
    }.items():
        monkeypatch.setenv(name, value)
    with headwater.connect(sandbox="flag", read_timeout=5) as service:
        assert isinstance(service, headwater.FlowService)
    with pytest.raises(NotConfigured, match="profile dev and HEADWATER_URL"):
        headwater.connect("dev")


def test_resolving_imports_neither_requests_nor_platformdirs_where_it_needs_none() -> (
    None
):
    code = (
        "import sys, pathlib; from headwater import profiles;"
        "profiles.resolve(environ={}, path=pathlib.Path('no-such-file')).endpoint();"
        "print([name for name in ('requests', 'tomlkit', 'jsonschema', 'platformdirs') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_the_guide_names_every_variable_and_every_key() -> None:
    page = (Path(__file__).parents[2] / "docs" / "profiles.md").read_text(
        encoding="utf-8"
    )
    names = [
        *VARIABLES.values(),
        "HEADWATER_PROFILE",
        "HEADWATER_CONFIG",
        "HEADWATER_LOCAL_STORE",
        *KEYS,
    ]
    assert [name for name in names if f"`{name}`" not in page] == []


def test_the_guide_s_example_is_a_usable_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (Path(__file__).parents[2] / "docs" / "profiles.md").read_text(
        encoding="utf-8"
    )
    path = _file(tmp_path, page.split("```toml\n")[1].split("```")[0])
    monkeypatch.setenv("AEP_SECRET", CANARY)
    assert profiles.resolve(environ={}, path=path).endpoint().client_secret == Secret(
        CANARY
    )


# The certificate authorities for asking a source


@pytest.mark.parametrize(
    ("text", "name", "environ", "expected"),
    [
        ("[profiles.dev]\nca_bundle = 'ours.pem'\n", None, {}, "ours.pem"),
        ("[profiles.dev]\nca_bundle = '/ours.pem'\n", "dev", {}, "/ours.pem"),
        ("[profiles.dev]\nca_bundle = 'ours.pem'\n", "prod", {}, None),
        ("[profiles.dev]\nca_bundle = 'ours.pem'\n", "local", {}, None),
        (
            "[profiles.dev]\nca_bundle = 'ours.pem'\n",
            None,
            {"HEADWATER_URL": "https://elsewhere.example"},
            None,
        ),
        ("[profiles.dev]\n", None, {}, None),
        ("not TOML", None, {}, None),
        (None, None, {}, None),
    ],
)
def test_the_authorities_of_a_profile_are_known_with_half_a_configuration(
    tmp_path: Path,
    text: str | None,
    name: str | None,
    environ: dict[str, str],
    expected: str | None,
) -> None:
    path = tmp_path / "config.toml" if text is None else _file(tmp_path, text)
    found = profiles.ca_bundle(name, environ=environ, path=path)
    assert found == (expected and str(tmp_path / expected))
