"""The commands against the embedded service: what they print, and what they exit with."""

from __future__ import annotations

import json
import shlex
import socket
import subprocess
import sys
import tomllib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from cli.terminal import HEADWATER, ORACLE, created, failure, interrupt, result, run
from falcon import testing

from headwater.flowservice import wire

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CANARY = str(ORACLE["password"])
GIVEN = json.dumps(ORACLE)
CREATE = ("create", "oracle-service-cloud", "--name", "Desk", "-c", "-")


def test_list_is_what_programs_rely_on() -> None:
    [oracle] = [
        each for each in result("list") if each["slug"] == "oracle-service-cloud"
    ]
    assert oracle == {
        "slug": "oracle-service-cloud",
        "name": "Oracle Service Cloud",
        "platformName": None,
        "category": "customer-success",
        "ingestion": "batch",
        "lifecycle": "deprecated",
        "uiOnly": False,
        "connectionSpec": {
            "id": "ba5126ec-c9ac-11eb-b8bc-0242ac130003",
            "version": "1.0",
        },
        "auth": ["Basic Authentication"],
        "clouds": [],
        "distribution": "headwater-oracle-service-cloud 0.1.0",
    }


def test_show_names_every_field_and_the_deprecation() -> None:
    page = run("show", "salesforce-service-cloud").stdout
    for text in (
        "cb66ab34-8619-49cb-96d1-39b37ede86ea",
        "securityToken",
        "required, secret",
        "deprecated January 2026",
    ):
        assert text in page


def test_show_takes_the_platforms_name_and_tells_it() -> None:
    page = run("show", "google-big-query").stdout
    assert "slug                      bigquery" in page
    assert "name on the platform      google-big-query" in page
    assert result("show", "bigquery")["name"] == "google-big-query"
    assert "name on the platform      not known" in run("show", "zoho").stdout


def test_a_source_of_the_user_interface_says_so_everywhere() -> None:
    page = "help/sources/tutorials/ui/create/data-partners/bombora.md"
    shown = run("show", "bombora").stdout
    assert "in the platform's user interface only" in shown
    assert page in shown
    listed = run("list", "--category", "data-partners").stdout
    assert listed.count("none: in the user interface only") == 6
    [entry] = [one for one in result("list") if one["slug"] == "bombora"]
    assert (entry["uiOnly"], entry["auth"]) == (True, [])
    for command in (
        ("validate", "bombora"),
        ("create", "bombora", "--name", "x"),
        ("payload", "bombora", "--name", "x"),
        ("show", "bombora", "--example"),
    ):
        code, error = failure(*command)
        assert code == 2
        assert error["message"] == (
            "Bombora Intent is set up in the platform's user interface only"
        )
        assert error["remedy"] == f"follow {page}"


def test_an_id_that_only_documentation_knows_is_refused_with_the_remedy() -> None:
    printed = "6360f136-5980-4111-8bdf-15d29eab3b5a"
    for command in (
        ("show", printed),
        ("create", "capillary", "--name", "x", "--spec-id", printed),
    ):
        code, error = failure(*command)
        assert code == 2
        assert "the platform does not know it" in error["message"]
        assert "headwater specs pull" in error["remedy"]


def test_show_leaves_out_what_auth_does_not_name() -> None:
    page = run(
        "show", "salesforce-service-cloud", "--auth", "OAuth2 Client Credential"
    ).stdout
    assert ("clientSecret" in page, "securityToken" in page) == (True, False)
    shown = result(
        "show", "salesforce-service-cloud", "--auth", "OAuth2 Client Credential"
    )
    assert [each["name"] for each in shown["authSpec"]] == ["OAuth2 Client Credential"]
    code, error = failure("show", "salesforce-service-cloud", "--auth", "OAuth2")
    assert (code, "known: OAuth2 Client Credential, Basic" in error["remedy"]) == (
        2,
        True,
    )


def test_show_says_each_thing_once_and_as_a_file_says_it() -> None:
    page = run("show", "http").stdout
    assert "ingestion                 streaming\n" in page
    assert "False" not in page


def test_list_says_what_to_install_where_there_is_nothing() -> None:
    program = (
        "import headwater.cli, headwater.connectors.registry as registry\n"
        "empty = registry.Registry(())\n"
        "registry.Registry.installed = classmethod(lambda kind: empty)\n"
        "headwater.cli.run(['list'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert (
        "no connector is installed; headwater-adobe-catalog has Adobe's sources"
        in done.stderr
    )


def test_show_json_is_the_connection_specification_with_its_auth_spec() -> None:
    shown = result("show", "oracle-service-cloud")
    assert shown["id"] == "ba5126ec-c9ac-11eb-b8bc-0242ac130003"
    assert (
        shown["authSpec"][0]["spec"]["properties"]["password"]["format"] == "password"
    )


def test_show_finds_a_connector_by_a_misprinted_id_and_says_so() -> None:
    done = run("show", "b66ab34-8619-49cb-96d1-39b37ede86ea")
    assert done.stdout.startswith("Salesforce Service Cloud")
    assert "misprints this id; the right one is cb66ab34" in done.stderr


def test_an_unknown_slug_offers_the_nearest() -> None:
    assert failure("show", "oracle-servce-cloud") == (
        2,
        {
            "kind": "unknown-connector",
            "message": "no connector named oracle-servce-cloud is installed",
            "remedy": "did you mean oracle-service-cloud?",
        },
    )


def test_validate_reports_every_problem_and_exits_with_2() -> None:
    done = run(
        "validate",
        "oracle-service-cloud",
        "-c",
        "-",
        "--json",
        stdin='{"hots": "x", "password": ""}',
    )
    told = json.loads(done.stdout)
    assert (done.returncode, told["valid"]) == (2, False)
    assert [(each["field"], each["rule"]) for each in told["problems"]] == [
        ("host", "required"),
        ("username", "required"),
        ("password", "notEmpty"),
        ("hots", "unknown"),
    ]


def test_an_unknown_authentication_name_offers_the_nearest() -> None:
    _code, error = failure(
        "validate", "oracle-service-cloud", "-c", "-", "--auth", "Basic", stdin=GIVEN
    )
    assert "Basic Authentication" in error["remedy"]


def test_payload_hides_secrets_unless_they_are_asked_for() -> None:
    arguments = ("payload", "oracle-service-cloud", "--name", "Desk", "-c", "-")
    assert (
        json.loads(run(*arguments, stdin=GIVEN).stdout)["auth"]["params"]["password"]
        == "******"
    )
    assert (
        json.loads(run(*arguments, "--reveal", stdin=GIVEN).stdout)["auth"]["params"]
        == ORACLE
    )


def test_payload_does_not_look_references_up_to_hide_them() -> None:
    given = json.dumps({**ORACLE, "password": "env:NOT_SET_ANYWHERE"})
    arguments = ("payload", "oracle-service-cloud", "--name", "Desk", "-c", "-")
    assert run(*arguments, stdin=given).returncode == 0
    assert (
        failure(*arguments, "--reveal", stdin=given)[1]["kind"]
        == "unresolved-reference"
    )


def test_payload_as_curl_is_a_command_a_shell_reads_back() -> None:
    given = json.dumps({**ORACLE, "username": 'it\'s $HOME `x` "q"'})
    printed = run(
        "payload",
        "oracle-service-cloud",
        "--name",
        "D'esk",
        "-c",
        "-",
        "--format",
        "curl",
        stdin=given,
    ).stdout
    words = shlex.split(printed.replace("\\\n", ""))
    assert words[:4] == [
        "curl",
        "-X",
        "POST",
        "http://127.0.0.1:8700/data/foundation/flowservice/connections",
    ]
    assert "Authorization: Bearer ******" in words
    body = json.loads(words[words.index("--data-binary") + 1])
    assert (body["name"], body["auth"]["params"]["username"]) == (
        "D'esk",
        'it\'s $HOME `x` "q"',
    )


def test_payload_as_http_announces_the_length_of_its_body() -> None:
    arguments = (
        "payload",
        "oracle-service-cloud",
        "--name",
        "Dësk",
        "-c",
        "-",
        "--format",
        "http",
    )
    head, _blank, body = (
        run(*arguments, stdin=GIVEN).stdout.rstrip("\n").partition("\n\n")
    )
    assert head.startswith("POST /data/foundation/flowservice/connections HTTP/1.1")
    assert f"Content-Length: {len(body.encode())}" in head


@pytest.mark.parametrize("form", ["curl", "http"])
def test_payload_reveals_the_very_body_that_is_sent(form: str) -> None:
    arguments = ("payload", "oracle-service-cloud", "--name", "Dësk", "-c", "-")
    whole = json.loads(run(*arguments, "--reveal", stdin=GIVEN).stdout)
    printed = run(*arguments, "--reveal", "--format", form, stdin=GIVEN).stdout
    assert wire.encode(wire.normalize(whole)).decode() in printed


def test_create_answers_what_programs_rely_on() -> None:
    told = created()
    assert {
        name: told[name]
        for name in ("connector", "created", "profile", "auth", "duplicates")
    } == {
        "connector": "oracle-service-cloud",
        "created": True,
        "profile": "local",
        "auth": "Basic Authentication",
        "duplicates": [],
    }
    assert any("embedded" in notice for notice in told["notices"])
    assert any("deprecated" in notice for notice in told["notices"])


def test_create_twice_exits_with_5_and_reuse_adopts() -> None:
    first = created()
    code, error = failure(*CREATE, stdin=GIVEN)
    assert (code, error["kind"], error["ids"]) == (
        5,
        "connection-exists",
        [first["id"]],
    )
    again = result(*CREATE, "--if-exists", "reuse", stdin=GIVEN)
    assert (again["id"], again["created"]) == (first["id"], False)


def test_create_with_invalid_credentials_sends_nothing() -> None:
    code, error = failure(*CREATE, stdin='{"host": "x"}')
    assert (code, error["kind"]) == (2, "invalid-credentials")
    assert [each["field"] for each in error["problems"]] == ["username", "password"]
    assert result("connections", "list") == []


def test_a_connection_is_read_changed_and_deleted() -> None:
    connection = created()["id"]
    assert (
        result("connections", "get", connection)["auth"]["params"]["password"]
        == "******"
    )
    changed = json.dumps({**ORACLE, "host": "other.example"})
    told = result(
        "connections",
        "update",
        connection,
        "--name",
        "New",
        "--description",
        "d",
        "-c",
        "-",
        stdin=changed,
    )
    assert told["id"] == connection
    read = result("connections", "get", connection)
    assert (read["name"], read["description"], read["auth"]["params"]["host"]) == (
        "New",
        "d",
        "other.example",
    )
    assert read["etag"] == told["etag"]
    assert result("connections", "delete", connection, "--yes") == {
        "id": connection,
        "deleted": True,
    }
    assert failure("connections", "get", connection)[0] == 3


def test_update_takes_complete_credentials_and_refuses_a_mask() -> None:
    connection = created()["id"]
    code, error = failure(
        "connections", "update", connection, "-c", "-", stdin='{"host": "x"}'
    )
    assert (code, error["kind"]) == (2, "invalid-credentials")
    masked = json.dumps({**ORACLE, "password": "******"})
    assert failure("connections", "update", connection, "-c", "-", stdin=masked)[0] == 2


def test_update_with_nothing_to_change_is_an_input_error() -> None:
    assert (
        failure("connections", "update", created()["id"])[1]["message"]
        == "nothing to change"
    )


def test_update_can_change_the_authentication_specification() -> None:
    oauth = json.dumps(
        {"environmentUrl": "https://x.example", "clientId": "c", "clientSecret": CANARY}
    )
    basic = json.dumps({"username": "u", "password": CANARY, "securityToken": "t0ken"})
    slug = "salesforce-service-cloud"
    connection = result("create", slug, "--name", "S", "-c", "-", stdin=basic)["id"]
    result(
        "connections",
        "update",
        connection,
        "-c",
        "-",
        "--auth",
        "OAuth2 Client Credential",
        stdin=oauth,
    )
    read = result("connections", "get", connection)
    assert read["auth"] == {
        "specName": "OAuth2 Client Credential",
        "params": {
            "environmentUrl": "https://x.example",
            "clientId": "c",
            "clientSecret": "******",
        },
    }


def test_update_refuses_an_empty_name() -> None:
    code, error = failure("connections", "update", created()["id"], "--name", " ")
    assert (code, error["message"]) == (2, "the new name is empty")


def test_a_connection_whose_connector_is_gone_fails_its_test_with_a_word_on_why(
    tmp_path: Path,
) -> None:
    from headwater_local_flow_service.app import build_app
    from headwater_local_flow_service.settings import Settings

    connection = created()["id"]
    # the same store, with no connector installed
    app = build_app(Settings.from_environ(), connectors=())
    try:
        client = testing.TestClient(app, headers={"Host": "embedded"})
        headers = {
            "Authorization": "Bearer t",
            "x-api-key": "k",
            "x-gw-ims-org-id": "local@AdobeOrg",
        }
        path = f"/data/foundation/flowservice/connections/{connection}/test"
        assert client.simulate_get(path, headers=headers).json == {"result": False}
    finally:
        app.close()


def test_a_source_without_base_connection_says_where_to_start() -> None:
    code, error = failure("create", "data-landing-zone", "--name", "Zone")
    assert (code, error["kind"]) == (2, "not-creatable")
    assert error["remedy"]


def test_payload_in_other_forms_is_an_object_for_programs() -> None:
    given = (
        "payload",
        "oracle-service-cloud",
        "--name",
        "Desk",
        "-c",
        "-",
        "--format",
        "curl",
    )
    told = result(*given, stdin=GIVEN)
    assert (told["method"], told["headers"]["Authorization"]) == (
        "POST",
        "Bearer ******",
    )
    assert told["body"]["auth"]["params"]["password"] == "******"


def test_an_unwritable_output_is_no_bug() -> None:
    done = subprocess.run(
        f"{HEADWATER} list > /dev/full",
        shell=True,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "the output cannot be written" in done.stderr


def test_a_wrong_key_of_the_local_store_is_told_as_such(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HEADWATER_LOCAL_KEY", "abc")
    code, error = failure("connections", "list")
    assert code == 2
    assert "HEADWATER_LOCAL_KEY" in json.dumps(error)


def test_connections_of_a_connector_without_a_verified_id_cannot_be_listed() -> None:
    code, error = failure("connections", "list", "--connector", "pinterest-ads")
    assert (code, error["kind"]) == (2, "not-creatable")


@pytest.mark.parametrize("seconds", ["nan", "inf", "-1", "soon"])
def test_settle_takes_a_bounded_number_of_seconds(seconds: str) -> None:
    done = run(*CREATE, "--settle", seconds, stdin=GIVEN)
    assert done.returncode == 2
    assert "--settle" in done.stderr
    assert result("connections", "list") == []


def test_delete_without_a_terminal_needs_yes() -> None:
    connection = created()["id"]
    assert failure("connections", "delete", connection)[0] == 2
    assert result("connections", "get", connection)["id"] == connection


def test_connections_are_listed_by_connector_and_name() -> None:
    first, _second = created("One"), created("Two")
    basic = json.dumps({"username": "u", "password": CANARY, "securityToken": "t0ken"})
    result(
        "create", "salesforce-service-cloud", "--name", "One", "-c", "-", stdin=basic
    )
    listed = result(
        "connections", "list", "--connector", "oracle-service-cloud", "--name", "One"
    )
    assert [each["id"] for each in listed] == [first["id"]]
    assert len(result("connections", "list")) == 3
    assert "oracle-service-cloud" in run("connections", "list").stdout


def test_a_wrong_sandbox_is_refused_with_a_remedy() -> None:
    code, error = failure(*CREATE, "--sandbox", "nowhere", stdin=GIVEN)
    assert (code, error["code"]) == (3, "FLOW-2100-404")
    assert "sandbox" in error["remedy"]


def _remote(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    for name, value in {
        "URL": url,
        "ACCESS_TOKEN": "token-0123456789",
        "API_KEY": "k",
        "ORG_ID": "a@AdobeOrg",
    }.items():
        monkeypatch.setenv(f"HEADWATER_{name}", value)
    monkeypatch.setenv("HEADWATER_SANDBOX", "prod")


def test_a_dead_server_exits_with_6(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        _remote(monkeypatch, f"http://127.0.0.1:{unused.getsockname()[1]}")
        code, error = failure(*CREATE, stdin=GIVEN)
    assert (code, error["kind"]) == (6, "unreachable")
    assert "refused" in error["message"]


def test_a_hanging_server_exits_with_6(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as hanging:
        _remote(monkeypatch, f"http://127.0.0.1:{hanging.getsockname()[1]}")
        code, error = failure("connections", "list", "--read-timeout", "0.1")
    assert (code, error["kind"]) == (6, "unreachable")


NOTHING_THERE = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 13\r\n\r\n"
    b'{"items": []}'
)


@contextmanager
def _create_under_way(
    monkeypatch: pytest.MonkeyPatch, *, sent: bool
) -> Iterator[subprocess.Popen[str]]:
    """Run a create against a service that lets the look hang, or, where it is to be `sent`, the create itself."""
    with socket.create_server(("127.0.0.1", 0)) as hanging:
        _remote(monkeypatch, f"http://127.0.0.1:{hanging.getsockname()[1]}")
        command = [HEADWATER, *CREATE[:-1], "/dev/stdin"]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            assert process.stdin is not None
            process.stdin.write(GIVEN)
            process.stdin.close()
            process.stdin = None
            accepted, _address = hanging.accept()
            with accepted:
                accepted.recv(65536)  # the look is on its way
                if sent:
                    accepted.sendall(NOTHING_THERE)
                    assert accepted.recv(65536).startswith(b"POST")
                yield process


def test_interrupting_a_create_says_that_the_outcome_is_unknown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with _create_under_way(monkeypatch, sent=True) as process:
        told = interrupt(process)
    assert process.returncode == 130
    assert "--if-exists reuse" in told
    [entry] = result("journal", "list", "--open")
    assert entry["name"] == "Desk"


def test_terminating_a_create_says_so_too(monkeypatch: pytest.MonkeyPatch) -> None:
    with _create_under_way(monkeypatch, sent=True) as process:
        process.terminate()
        process.wait(timeout=20)
        assert process.stderr is not None
        told = process.stderr.read()
    assert process.returncode == 143
    assert "--if-exists reuse" in told
    assert "Traceback" not in told


def test_interrupting_a_create_before_anything_was_sent_does_not_say_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with _create_under_way(monkeypatch, sent=False) as process:
        told = interrupt(process)
    assert process.returncode == 130
    assert "may have been created" not in told
    assert result("journal", "list") == []


def test_plain_http_to_another_machine_is_refused_before_anything_is_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _remote(monkeypatch, "http://platform.example")
    code, error = failure("connections", "list")
    assert code == 2
    assert "https" in error["message"]


def test_half_a_configuration_lists_what_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HEADWATER_URL", "https://platform.adobe.io")
    code, error = failure("connections", "list")
    assert (code, error["kind"]) == (2, "not-configured")
    assert error["missing"] == [
        "HEADWATER_ORG_ID",
        "HEADWATER_SANDBOX",
        "HEADWATER_CLIENT_ID",
        "HEADWATER_CLIENT_SECRET",
    ]


def test_a_corrupt_store_is_an_error_naming_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = tmp_path / "corrupt.db"
    store.write_bytes(b"this is no database, " * 100)
    monkeypatch.setenv("HEADWATER_LOCAL_STORE", str(store))
    code, error = failure(*CREATE, stdin=GIVEN)
    assert code == 2
    assert str(store) in error["message"]
    assert store.read_bytes() == b"this is no database, " * 100


@pytest.mark.parametrize(
    "extra", [(), ("-v",), ("--debug",), ("--json",), ("-v", "--debug", "--json")]
)
def test_no_output_of_any_command_shows_a_secret(extra: tuple[str, ...]) -> None:
    def told(*arguments: str, stdin: str = GIVEN) -> Any:
        done = run(*arguments, *extra, stdin=stdin)
        assert CANARY not in done.stdout + done.stderr, arguments
        return done

    told(*CREATE)
    told(*CREATE)
    told(*CREATE, "--if-exists", "reuse")
    told(*CREATE, "--sandbox", "nowhere")
    told("validate", "oracle-service-cloud", "-c", "-")
    told("validate", "salesforce-service-cloud", "-c", "-")
    told("validate", "oracle-service-cloud", "-c", "-", stdin=GIVEN[:-1])
    told(
        "payload",
        "oracle-service-cloud",
        "--name",
        "Desk",
        "-c",
        "-",
        "--format",
        "curl",
    )
    told("connections", "list")
    told("connections", "update", "no-such-id", "-c", "-")


def test_list_can_be_narrowed_down() -> None:
    narrowed = result(
        "list",
        "--category",
        "customer-success",
        "--lifecycle",
        "deprecated",
        "--ingestion",
        "batch",
    )
    assert [each["slug"] for each in narrowed] == ["oracle-service-cloud"]
    assert result("list", "--category", "no-such-category") == []
    assert "categories: " in run("list", "--category", "no-such-category").stderr
    for cloud in ("azure", "aws"):
        assert 2 <= len(result("list", "--cloud", cloud)) <= len(result("list"))


def test_the_example_of_every_authentication_specification_is_valid_and_holds_references() -> (
    None
):
    from headwater.cli import example
    from headwater.connectors.registry import installed
    from headwater.create.runner import problems

    connectors, _failures = installed().all()
    for connector in connectors:
        for auth in connector.authentication:
            for values in (
                example.values(connector.slug, auth),
                tomllib.loads(example.as_toml(connector.slug, auth)),
            ):
                assert problems(auth, values) == [], (connector.slug, auth.label)
                assert all(
                    str(values[name]).startswith("env:")
                    for name in auth.secret_names & set(values)
                )


def test_show_prints_an_example_that_validate_takes(tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text(
        run("show", "salesforce-service-cloud", "--example").stdout
    )
    assert (
        run(
            "validate", "salesforce-service-cloud", "-c", str(tmp_path / "c.toml")
        ).returncode
        == 0
    )
    told = result(
        "show",
        "salesforce-service-cloud",
        "--example",
        "--auth",
        "Basic Authentication",
    )
    assert told["securityToken"] == "env:SALESFORCE_SERVICE_CLOUD_SECURITYTOKEN"
