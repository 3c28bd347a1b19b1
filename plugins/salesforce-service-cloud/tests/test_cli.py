"""The commands that ask a source, against a small Salesforce behind a real port."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from cli.terminal import failure, result, run
from fake_salesforce import USER, FakeSalesforce, serving
from salesforce_world import SECRETS, SLUG, TOKEN, basic, oauth
from wire.embedded import embedded
from wire.rig import Rig

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COMMANDS = {
    "check": ["check", SLUG],
    "tables": ["tables", SLUG],
    "columns": ["columns", SLUG, "Case"],
    "preview": ["preview", SLUG, "Case", "-n", "2"],
}
EVERY_COMMAND = pytest.mark.parametrize("command", COMMANDS)


@EVERY_COMMAND
def test_a_source_that_answers_ends_in_0(command: str) -> None:
    with serving(FakeSalesforce()) as served:
        done = run(*COMMANDS[command], "-c", "-", stdin=json.dumps(oauth(served.url)))
    assert done.returncode == 0, done.stderr
    assert not any(secret in done.stdout + done.stderr for secret in (*SECRETS, TOKEN))


@EVERY_COMMAND
@pytest.mark.parametrize(
    ("faults", "code", "kind"),
    [
        (["oauth 400 invalid_grant"], 4, "source-credentials"),
        ([None, None] + ["rest 403 API_DISABLED_FOR_ORG"] * 2, 4, "source-permission"),
        ([None, None, "rest 403 REQUEST_LIMIT_EXCEEDED"], 6, "source-throttled"),
        ([None, "429-long"], 6, "source-throttled"),
        (["503-html"], 6, "source-unavailable"),
        ([None, None, "html"], 6, "source-unavailable"),
        ([None, None, "rest 404 NOT_FOUND"], 3, "source-not-found"),
        ([None, None, "rest 400 BRAND_NEW_REFUSAL"], 1, "source-bug"),
    ],
)
def test_a_failure_ends_in_the_code_of_its_class(
    command: str, faults: list[str | None], code: int, kind: str
) -> None:
    with serving(FakeSalesforce(faults)) as served:
        found, error = failure(
            *COMMANDS[command], "-c", "-", stdin=json.dumps(oauth(served.url))
        )
    assert (found, error["kind"]) == (code, kind)
    assert error["remedy"]
    assert not any(secret in json.dumps(error) for secret in (*SECRETS, TOKEN))


@EVERY_COMMAND
def test_a_wrong_secret_ends_in_4_and_is_sent_once(command: str) -> None:
    fake = FakeSalesforce()
    with serving(fake) as served:
        given = json.dumps(oauth(served.url, clientSecret="wrong-secret"))
        done = run(*COMMANDS[command], "-c", "-", stdin=given)
    assert (done.returncode, fake.refused, len(fake.requests)) == (4, 1, 1)
    assert "check clientId and clientSecret" in done.stderr
    assert "wrong-secret" not in done.stdout + done.stderr


@EVERY_COMMAND
def test_credentials_that_cannot_be_right_end_in_2_and_ask_nobody(command: str) -> None:
    fake = FakeSalesforce()
    with serving(fake) as served:
        incomplete = json.dumps({"environmentUrl": served.url, "clientId": "c"})
        assert failure(*COMMANDS[command], "-c", "-", stdin=incomplete)[0] == 2
        assert (
            failure(
                *COMMANDS[command],
                "-c",
                "-",
                stdin=json.dumps(oauth("http://acme.example")),
            )[0]
            == 2
        )
    assert fake.requests == []


def test_check_tells_the_limits_and_the_retirement_of_soap_login() -> None:
    with serving(FakeSalesforce()) as served:
        told = run("check", SLUG, "-c", "-", stdin=json.dumps(basic(served.url)))
        checked = result("check", SLUG, "-c", "-", stdin=json.dumps(basic(served.url)))
    assert "left of API requests" in told.stdout
    assert "14981 of 15000" in told.stdout
    assert "View Setup and Configuration" in told.stderr
    assert told.stdout.endswith("the source accepts these credentials\n")
    assert "retires with Summer '27" in told.stderr
    assert (checked["user"], checked["version"]) == (USER, "v66.0")
    assert "retires with Summer '27" in checked["notes"][0]


def test_columns_can_be_pasted_into_a_source_connection() -> None:
    with serving(FakeSalesforce()) as served:
        found = result(
            "columns", SLUG, "Case", "-c", "-", stdin=json.dumps(oauth(served.url))
        )
    assert found["columns"][0] == {
        "name": "Id",
        "type": "string",
        "xdm": {"type": "string"},
    }
    assert [field["name"] for field in found["leftOut"]] == ["Picture", "Novelty__c"]


def test_a_preview_is_json_where_the_output_is_no_terminal_and_says_what_it_leaves_out() -> (
    None
):
    with serving(FakeSalesforce()) as served:
        done = run(
            "preview",
            SLUG,
            "Case",
            "-n",
            "2",
            "-c",
            "-",
            stdin=json.dumps(oauth(served.url)),
        )
    assert [row["CaseNumber"] for row in json.loads(done.stdout)] == [
        "00001026",
        "00001027",
    ]
    assert "Picture is left out: binary content" in done.stderr


def test_an_object_that_wants_a_filter_ends_in_4() -> None:
    with serving(FakeSalesforce()) as served:
        given = json.dumps(oauth(served.url))
        code, error = failure(
            "preview", SLUG, "ContentDocumentLink", "-c", "-", stdin=given
        )
    assert (code, error["kind"]) == (4, "source-permission")


def test_create_check_creates_nothing_where_salesforce_refuses() -> None:
    with serving(FakeSalesforce()) as served:
        create = ["create", SLUG, "--name", "Desk", "--check", "-c", "-"]
        code, error = failure(
            *create, stdin=json.dumps(oauth(served.url, clientSecret="wrong-secret"))
        )
        assert (code, error["kind"]) == (4, "source-credentials")
        assert result("connections", "list") == []
        assert result(*create, stdin=json.dumps(oauth(served.url)))["created"]


@pytest.fixture
def private() -> Iterator[Rig]:
    """Yield a Salesforce whose certificate a certificate authority of its own has signed."""
    fake = FakeSalesforce()
    with Rig(embedded(fake), tls=True) as rig:
        fake.instance = rig.url
        yield rig


@pytest.fixture
def profile(private: Rig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the name of a profile that trusts that authority; it needs nothing else, for the platform is not asked."""
    config = tmp_path / "trusting.toml"
    config.write_text(f'[profiles.site]\nca_bundle = "{private.ca_bundle}"\n')
    monkeypatch.setenv("HEADWATER_CONFIG", str(config))
    for variable in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(variable, raising=False)
    return "site"


@EVERY_COMMAND
def test_the_certificate_authorities_of_a_profile_count_for_the_source(
    command: str, private: Rig, profile: str
) -> None:
    given = json.dumps(oauth(private.url))
    for chosen in ([], ["--profile", profile]):
        done = run(*COMMANDS[command], *chosen, "-c", "-", stdin=given)
        assert done.returncode == 0, done.stderr


@EVERY_COMMAND
@pytest.mark.usefixtures("profile")
def test_a_source_nobody_vouches_for_is_told_with_what_to_name(
    command: str, private: Rig
) -> None:
    given = json.dumps(oauth(private.url))
    untrusting = [*COMMANDS[command], "--profile", "local"]
    code, error = failure(*untrusting, "-c", "-", stdin=given)
    assert (code, error["kind"]) == (6, "source-unavailable")
    assert "ca_bundle" in error["remedy"]
    assert "REQUESTS_CA_BUNDLE" in error["remedy"]
    bundle = ["--ca-bundle", str(private.ca_bundle)]
    done = run(*untrusting, *bundle, "-c", "-", stdin=given)
    assert done.returncode == 0, done.stderr


def test_authorities_that_cannot_be_read_end_in_2(private: Rig) -> None:
    given = json.dumps(oauth(private.url))
    code, error = failure(
        *COMMANDS["tables"], "--ca-bundle", "missing.pem", "-c", "-", stdin=given
    )
    assert (code, error["message"]) == (2, "ca_bundle cannot be read")


@pytest.mark.usefixtures("profile")
def test_create_check_trusts_what_it_is_told_to(private: Rig) -> None:
    create = ["create", SLUG, "--name", "Desk", "--check", "--profile", "local"]
    given = json.dumps(oauth(private.url))
    assert failure(*create, "-c", "-", stdin=given)[0] == 6
    bundle = ["--ca-bundle", str(private.ca_bundle)]
    assert result(*create, *bundle, "-c", "-", stdin=given)["created"]


def test_columns_tell_of_field_level_security_beside_the_result() -> None:
    with serving(FakeSalesforce()) as served:
        given = json.dumps(oauth(served.url))
        done = run("columns", SLUG, "Case", "-c", "-", stdin=given)
        found = result("columns", SLUG, "Case", "-c", "-", stdin=given)
    assert done.stderr.count("field-level security") == 1
    assert "field-level security" in found["notes"][0]
