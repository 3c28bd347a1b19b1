"""File and command line together: what counts, what is added up, and what is refused before anything starts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.errors import HeadwaterError, InvalidInput
from headwater_local_flow_service import Strictness
from headwater_local_flow_service.serving import clients, options, settingsfile

SILENT = {
    "host": None,
    "port": None,
    "workers": None,
    "metrics_port": None,
    "store": None,
    "access_log": False,
}

WHOLE = """
host = "127.0.0.1"
port = 9000
workers = 3
access_log = true
metrics_port = 9001
store = "data/local.db"
key_file = "/etc/headwater/key"
strict = true
sandboxes = ["stage"]
hosts = ["Flow.Example"]
reach_sources = ["desk.example"]
sample_data = true
proxies = ["127.0.0.1"]
largest_body = 2048
deepest_body = 8
source_timeout = 20.5
busy_timeout = 1.5
statement_timeout = 7.5
token_lifetime = 60
public_url = "https://flow.example"
inlet_interval = 2.5
lake = "data/lake"
landing_zone = "zone"
landing_zone_token_lifetime = 3600

[landing_zone_options]
account_name = "acme"
account_key = "env:DESK_SECRET"

[lake_options]
region = "eu-west-1"
secret_access_key = "env:DESK_SECRET"

[strictness]
delete_status = 202
past_start_time = "accept"

[[clients]]
id = "desk"
secret = "env:DESK_SECRET"
former_secret = "env:FORMER_SECRET"
organizations = ["ACME@AdobeOrg"]
"""


@pytest.fixture(autouse=True)
def _secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESK_SECRET", "open-sesame")
    monkeypatch.setenv("FORMER_SECRET", "open-barley")


def _file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "serve.toml"
    path.write_text(text)
    return path


def test_a_file_says_everything(tmp_path: Path) -> None:
    listening, settings = options.read(_file(tmp_path, WHOLE), SILENT)
    assert listening == options.Listening(
        port=9000, workers=3, access_log=True, metrics_port=9001
    )
    # counted from the file, not from where it is run
    assert settings.store == str(tmp_path / "data" / "local.db")
    assert settings.key_file == Path("/etc/headwater/key")
    assert settings.strictness == Strictness.strict(
        delete_status=202, past_start_time="accept"
    )
    assert settings.sandboxes == ("prod", "dev", "stage")
    assert settings.hosts == ("127.0.0.1", "localhost", "::1", "flow.example")
    assert settings.reach_sources == ("desk.example",)
    assert settings.sample_data
    assert (settings.largest_body, settings.deepest_body) == (2048, 8)
    assert (settings.busy_timeout, settings.token_lifetime) == (1.5, 60)
    assert settings.source_timeout == 20.5
    assert settings.statement_timeout == 7.5
    [client] = settings.clients
    assert (client.id, client.secret.reveal(), client.organizations) == (
        "desk",
        "open-sesame",
        ("ACME@AdobeOrg",),
    )
    assert client.former_secret is not None
    assert client.former_secret.reveal() == "open-barley"
    assert settings.proxies == ("127.0.0.1",)
    assert settings.public_url == "https://flow.example"
    assert settings.inlet_interval == 2.5
    assert settings.lake == str(tmp_path / "data" / "lake")
    assert settings.lake_options == {
        "region": "eu-west-1",
        "secret_access_key": "open-sesame",
    }
    assert settings.landing_zone == str(tmp_path / "zone")
    assert settings.landing_zone_token_lifetime == 3600
    assert settings.landing_zone_options == {
        "account_name": "acme",
        "account_key": "open-sesame",
    }


def test_every_key_of_a_file_is_in_the_example(tmp_path: Path) -> None:
    assert set(settingsfile.read(_file(tmp_path, WHOLE))) == set(settingsfile.KEYS)


def test_the_command_line_counts_and_adds_to_lists(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(clients.SECRET_VARIABLE, "another")
    told = {
        "port": 0,
        "workers": 1,
        "store": "/x.db",
        "sandboxes": ("more",),
        "clients": ("second=B@AdobeOrg",),
    }
    told["switches"] = ("delete_status=204",)
    listening, settings = options.read(_file(tmp_path, WHOLE), {**SILENT, **told})
    assert (listening.port, listening.workers, listening.access_log) == (0, 1, True)
    assert settings.store == "/x.db"
    assert settings.sandboxes == ("prod", "dev", "stage", "more")
    assert [client.id for client in settings.clients] == ["desk", "second"]
    assert settings.strictness.delete_status == 204


def test_hosts_of_sources_come_from_the_environment_where_nobody_names_any(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HEADWATER_LOCAL_REACH_SOURCES", "one.example")
    assert options.read(None, SILENT)[1].reach_sources == ("one.example",)
    assert options.read(None, {**SILENT, "reached": ("two.example",)})[
        1
    ].reach_sources == ("two.example",)


def test_without_a_file_everything_is_as_it_always_was() -> None:
    listening, settings = options.read(None, SILENT)
    assert listening == options.Listening()
    assert settings.strictness == Strictness()
    assert (
        options.read(None, {**SILENT, "strict": True})[1].strictness
        == Strictness.strict()
    )


@pytest.mark.parametrize(
    ("text", "match", "remedy"),
    [
        ("wokers = 2", "wokers is not a setting", "did you mean workers?"),
        ("zzz = 2", "zzz is not a setting", "known: host"),
        ('workers = "2"', "workers must be a number from 1 to 64", "workers"),
        ("workers = true", "workers must be", "workers"),
        ("port = 70000", "port must be", "port"),
        ('sandboxes = "stage"', "sandboxes must be a list of strings", "sandboxes"),
        ("strictness = 1", "strictness must be a table", "strictness"),
        (
            "[strictness]\nlegacy_error = true",
            "there is no switch legacy_error",
            "did you mean legacy_errors?",
        ),
        (
            "[strictness]\ndelete_status = 200",
            "delete_status must be one of 204, 202",
            "delete_status",
        ),
        (
            '[[clients]]\nid = "a"\nsecret = "canary-secret"',
            "must be a reference",
            "env:NAME",
        ),
        (
            '[[clients]]\nid = "a"\nsecret = "literal:canary-secret"',
            "must be a reference",
            "env:NAME",
        ),
        ('[[clients]]\nsecret = "env:DESK_SECRET"', "a client has no id", "id"),
        (
            '[[clients]]\nid = "a"\nsecrets = "canary-secret"',
            "secrets",
            "id, secret and organizations",
        ),
        (
            '[[clients]]\nid = "a"\norganizations = "ACME@AdobeOrg"',
            "list of strings",
            "",
        ),
        ('[[clients]]\nid = "a"', "not its secret", clients.SECRET_VARIABLE),
        (
            '[[clients]]\nid = "a"\nsecret = "env:PATH"',
            "no organizations",
            "name each organization",
        ),
        (
            '[landing_zone_options]\naccount_key = "canary-secret"',
            "landing_zone_options.account_key must be a reference",
            "env:NAME",
        ),
        (
            "[landing_zone_options]\nendpoint = 1",
            "landing_zone_options.endpoint must be a string",
            "quotes",
        ),
        ("landing_zone_token_lifetime = 1", "from 60 to 31536000", "lifetime"),
        ('host = "0.0.0.0"', "no client is configured", "--client"),
        ("port = = 3 # canary-secret", "is not TOML", ""),
    ],
)
def test_what_cannot_be_is_refused_by_its_name(
    tmp_path: Path, text: str, match: str, remedy: str
) -> None:
    with pytest.raises(InvalidInput, match=match) as raised:
        options.read(_file(tmp_path, text), SILENT)
    assert remedy in raised.value.remedy
    assert (
        "canary" not in f"{raised.value!r} {raised.value} {raised.value.__context__!r}"
    )


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="does not exist"):
        options.read(tmp_path / "missing.toml", SILENT)


def test_a_secret_file_counts_from_the_settings_file(tmp_path: Path) -> None:
    (tmp_path / "desk.secret").write_text("from-a-file\n")
    text = '[[clients]]\nid = "desk"\nsecret = "file:desk.secret"\norganizations = ["ACME@AdobeOrg"]\n'
    [client] = options.read(_file(tmp_path, text), SILENT)[1].clients
    assert client.secret.reveal() == "from-a-file"


def test_working_on_the_store_asks_for_no_client_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DESK_SECRET")
    settings = options.store_settings(_file(tmp_path, WHOLE), None)
    assert settings.store == str(tmp_path / "data" / "local.db")
    assert options.store_settings(_file(tmp_path, WHOLE), "/x.db").store == "/x.db"


@given(
    key=st.sampled_from(sorted(settingsfile.KEYS)),
    value=st.sampled_from(["''", "-1", "[]", "{}", "1e999", "nan"]),
)
def test_any_value_is_taken_or_refused_in_words(
    tmp_path_factory: Any, key: str, value: str
) -> None:
    path = _file(tmp_path_factory.mktemp("settings"), f"{key} = {value}\n")
    refused = ""
    try:
        options.read(path, SILENT)
    except HeadwaterError as error:
        refused = str(error)
    assert key in refused or value in ("[]", "{}")


def test_a_secret_given_twice_is_a_secret_and_the_former_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given = ("desk=env:DESK_SECRET", "desk=env:FORMER_SECRET")
    told = {**SILENT, "clients": ("desk=A@AdobeOrg",), "secrets": given}
    [client] = options.read(None, told)[1].clients
    assert [secret.reveal() for secret in client.secrets] == [
        "open-sesame",
        "open-barley",
    ]
    with pytest.raises(InvalidInput, match="more than twice"):
        options.read(None, told | {"secrets": (*given, *given)})
