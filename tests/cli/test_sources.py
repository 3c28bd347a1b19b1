"""The commands that ask a source, against a small Oracle Service Cloud behind a real port."""

from __future__ import annotations

import json

import pytest
from cli.terminal import created, failure, result, run
from fake_oracle import PASSWORD, USER, FakeOracle, Serving

ORACLE = "oracle-service-cloud"


def _given(serving: Serving, password: str = PASSWORD) -> str:
    return json.dumps({"host": serving.url, "username": USER, "password": password})


def test_check_says_who_we_are_at_the_source() -> None:
    with Serving(FakeOracle()) as serving:
        checked = result("check", ORACLE, "-c", "-", stdin=_given(serving))
        told = run("check", ORACLE, "-c", "-", stdin=_given(serving))
    assert (checked["connector"], checked["user"], checked["version"]) == (
        ORACLE,
        USER,
        "v1.4",
    )
    assert told.stdout.endswith("the source accepts these credentials\n")
    assert PASSWORD not in told.stdout + told.stderr


def test_check_with_a_wrong_password_says_so_and_sends_it_once() -> None:
    fake = FakeOracle()
    with Serving(fake) as serving:
        code, error = failure(
            "check", ORACLE, "-c", "-", stdin=_given(serving, "wrong-password")
        )
    assert (code, error["kind"], fake.refused) == (4, "source-credentials", 1)
    assert error["remedy"]


def test_check_with_invalid_credentials_asks_nobody() -> None:
    fake = FakeOracle()
    with Serving(fake) as serving:
        code, error = failure(
            "check", ORACLE, "-c", "-", stdin=json.dumps({"host": serving.url})
        )
    assert (code, error["kind"], fake.requests) == (2, "invalid-credentials", [])


def test_a_connector_that_does_not_read_its_source_says_so_before_asking_for_credentials() -> (
    None
):
    for command in (
        ["check", "servicenow"],
        ["tables", "servicenow"],
        ["preview", "servicenow", "t"],
    ):
        code, error = failure(*command)
        assert (code, error["kind"]) == (2, "not-readable")


def test_columns_have_the_shape_a_source_connection_takes() -> None:
    with Serving(FakeOracle()) as serving:
        found = result("columns", ORACLE, "incidents", "-c", "-", stdin=_given(serving))
    assert found["columns"][2] == {
        "name": "CreatedTime",
        "type": "string",
        "meta:xdmType": "date-time",
        "xdm": {"type": "string", "format": "date-time"},
    }
    assert [field["name"] for field in found["leftOut"]] == [
        "Threads",
        "FileAttachments",
    ]


def test_a_preview_is_json_where_the_output_is_no_terminal() -> None:
    with Serving(FakeOracle()) as serving:
        done = run(
            "preview", ORACLE, "incidents", "-n", "2", "-c", "-", stdin=_given(serving)
        )
    assert [row["ID"] for row in json.loads(done.stdout)] == [1, 2]
    assert "Threads is left out" in done.stderr


def test_create_check_creates_nothing_where_the_source_refuses() -> None:
    with Serving(FakeOracle()) as serving:
        given = _given(serving, "wrong-password")
        code, error = failure(
            "create", ORACLE, "--name", "Desk", "--check", "-c", "-", stdin=given
        )
        assert (code, error["kind"]) == (4, "source-credentials")
        assert result("connections", "list") == []
        made = result(
            "create",
            ORACLE,
            "--name",
            "Desk",
            "--check",
            "-c",
            "-",
            stdin=_given(serving),
        )
    assert "the source accepts these credentials (user integration)" in made["notices"]
    assert made["created"]


def test_connections_are_tested_through_the_service() -> None:
    with Serving(FakeOracle()) as serving:
        works = created("works", host=serving.url)["id"]
        fails = created("fails", host=serving.url, password="wrong-password")["id"]
        assert result("connections", "test", works)["result"] is True
        refused = run("connections", "test", fails, "--json")
    assert (refused.returncode, json.loads(refused.stdout)["result"]) == (3, False)


def test_check_all_tests_every_connection_and_names_those_it_could_not() -> None:
    with Serving(FakeOracle()) as serving:
        works = created("works", host=serving.url)["id"]
        fails = created("fails", host=serving.url, password="wrong-password")["id"]
        away = created("away", host="acme.custhelp.com")["id"]
        done = run("check", "--all", "--json")
        told = run("check", "--all")
    verdicts = {each["id"]: each["result"] for each in json.loads(done.stdout)}
    assert verdicts == {works: True, fails: False, away: None}
    assert [
        each["error"]["code"] for each in json.loads(done.stdout) if "error" in each
    ] == ["CONNECTOR-1002-403"]
    assert done.returncode == told.returncode == 3
    assert told.stdout.endswith("3 tested, 2 not working\n")


def test_check_all_of_an_empty_sandbox_is_fine() -> None:
    assert result("check", "--all") == []


@pytest.mark.parametrize(
    "arguments", [[], [ORACLE, "--all"], ["--all", "--set", "host=x"]]
)
def test_check_takes_one_connector_or_all(arguments: list[str]) -> None:
    assert failure("check", *arguments)[0] == 2


def test_connections_are_explored_through_the_service() -> None:
    with Serving(FakeOracle()) as serving:
        connection = created("desk", host=serving.url)["id"]
        tables = result("connections", "explore", connection)
        assert "incidents" in [table["path"] for table in tables]
        columns = result("connections", "explore", connection, "incidents")["schema"][
            "columns"
        ]
        told = run(
            "connections", "explore", connection, "incidents", "--preview"
        ).stdout
    assert columns[0]["name"] == "ID"
    assert "COLUMN" in told
    assert "080917-000001" in told


def test_exploring_an_unknown_table_is_refused_with_its_code() -> None:
    with Serving(FakeOracle()) as serving:
        connection = created("desk", host=serving.url)["id"]
        code, error = failure("connections", "explore", connection, "nothing")
    assert (code, error["code"]) == (3, "CONNECTOR-1330-400")


def test_a_preview_through_the_service_needs_its_table() -> None:
    assert (
        failure(
            "connections",
            "explore",
            "69f188b6-af07-4587-8061-e94d34637b41",
            "--preview",
        )[0]
        == 2
    )


def test_samples_of_the_embedded_service_are_told_as_such(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HEADWATER_LOCAL_SAMPLE_DATA", "1")
    connection = created("desk", host="desk.example")["id"]
    for command in (
        ("explore", connection),
        ("explore", connection, "customers", "--preview"),
        ("test", connection),
    ):
        done = run("connections", *command)
        assert done.returncode == 0, done.stderr
        assert "sample data" in done.stderr
    assert result("connections", "explore", connection)[0]["sampleData"] is True


def test_files_and_rest_sources_are_explored_by_their_type(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HEADWATER_LOCAL_SAMPLE_DATA", "1")
    given = {"host": "drop.example", "userName": "acme", "password": "literal:invented"}
    drop = result(
        "create", "sftp", "--name", "drop", "-c", "-", stdin=json.dumps(given)
    )["id"]
    root = result("connections", "explore", drop)
    assert "samples/customers.csv" in [item["path"] for item in root]
    folder = result("connections", "explore", drop, "samples/2026", "--type", "folder")
    assert "samples/2026/orders.parquet" in [item["path"] for item in folder]
    file = result(
        "connections", "explore", drop, "samples/2026/campaigns.tsv", "--type", "file", "--preview"
    )  # fmt: skip
    assert file["properties"]["columnDelimiter"] == "\t"
    assert file["data"]

    given = {"subdomain": "acme", "accessToken": "literal:invented"}
    tickets = result(
        "create", "zendesk", "--name", "tickets", "-c", "-", stdin=json.dumps(given)
    )["id"]
    document = result("connections", "explore", tickets, "--type", "rest", "--preview")
    assert document["format"] == "hierarchical"
    assert document["data"]
    asked = ("--type", "rest", "--source-param", "since=2026-01-01")
    assert "data" not in result("connections", "explore", tickets, *asked)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--preview",), "missing"),
        (("--type", "file"), "missing"),
        (("x", "--source-param", "a=b"), "REST"),
        (("--type", "rest", "--source-param", "a"), "NAME=VALUE"),
    ],
)
def test_options_of_an_exploration_that_do_not_go_together_are_refused(
    arguments: tuple[str, ...], told: str
) -> None:
    code, error = failure("connections", "explore", "some-id", *arguments)
    assert code == 2
    assert told in str(error)
    assert error["remedy"]
