"""``headwater specs`` and what it makes possible: a source only the tenant knows, validated and created by name."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from cli.terminal import failure, result, run
from tenants import KEY, PRIVATE, connector, served

from headwater.connectors import registry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECRET = "correct-horse-battery"
GIVEN = json.dumps({"host": "desk.example.com", "apiKey": SECRET})


@pytest.fixture
def tenant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Return the URL of a service that knows one source more than the plugins, and has pulled nothing yet."""
    oracle = registry.load("oracle-service-cloud")
    pathfactory = registry.load("pathfactory")
    theirs = connector(
        "pathfactory",
        pathfactory.authentication,
        id="22222222-2222-4333-8444-555555555555",
    )
    with served(tmp_path, [oracle, connector(), theirs], monkeypatch) as url:
        yield url


def test_pull_names_what_no_plugin_knows(tenant: str) -> None:
    done = run("specs", "pull")
    assert done.returncode == 0
    assert (
        " connection specifications of ACME@AdobeOrg kept (profile environment)\n"
        in done.stdout
    )
    assert done.stdout.endswith("known from the tenant only: acme-desk\n")
    told = result("specs", "pull")
    assert (told["new"], told["url"], told["orgId"]) == (
        ["acme-desk"],
        tenant,
        "ACME@AdobeOrg",
    )
    assert told["count"] == len(result("specs", "list")["specs"])


def test_pulling_the_embedded_service_finds_nothing_new() -> None:
    done = run("specs", "pull")
    assert (
        "nothing new: for each source among them there is an installed connector"
        in done.stdout
    )
    assert "using the embedded Flow Service" in done.stderr


def test_a_pulled_source_is_validated_and_created_by_its_name_and_marked(
    tenant: str,
) -> None:
    assert failure("show", "acme-desk")[0] == 2
    result("specs", "pull")
    [listed] = [each for each in result("list") if each["slug"] == "acme-desk"]
    assert listed["distribution"].startswith("tenant specifications (pulled 20")
    assert listed["distribution"].endswith(" from environment)")
    assert "tenant  acme-desk" in run("list").stdout
    assert "tenant specifications (pulled " in run("show", "acme-desk").stdout
    wrong = run("validate", "acme-desk", "-c", "-", stdin='{"host": 1}')
    assert wrong.returncode == 2
    assert "apiKey: is missing" in wrong.stdout
    assert "acme-desk comes from the tenant specifications" in wrong.stderr
    done = run("create", "acme-desk", "--name", "Desk", "-c", "-", stdin=GIVEN)
    assert done.returncode == 0, done.stderr
    assert "created (acme-desk, profile environment)" in done.stdout
    assert "acme-desk comes from the tenant specifications" in done.stderr
    assert SECRET not in done.stdout + done.stderr
    [connection] = result("connections", "list", "--connector", "acme-desk")
    assert connection["connectionSpec"]["id"] == PRIVATE
    assert "acme-desk" in run("connections", "list").stdout


def test_a_source_without_verified_id_takes_the_tenants_and_says_so(
    tenant: str,
) -> None:
    refused = failure("create", "pathfactory", "--name", "P", "-c", "-", stdin="{}")
    assert (refused[0], refused[1]["kind"]) == (2, "not-creatable")
    result("specs", "pull")
    example = json.dumps({name: value.replace("env:", "literal:") if isinstance(value, str) else value
                          for name, value in result("show", "pathfactory", "--example").items()})  # fmt: skip
    done = run("create", "pathfactory", "--name", "P", "-c", "-", stdin=example)
    assert done.returncode == 0, done.stderr
    assert (
        "pathfactory: the id 22222222-2222-4333-8444-555555555555 comes from the tenant's specification"
        in done.stderr
    )
    assert "id from" in run("show", "pathfactory").stdout


def test_another_profile_sees_nothing_of_it(
    tenant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    result("specs", "pull")
    monkeypatch.setenv("HEADWATER_ORG_ID", "OTHER@AdobeOrg")
    assert (
        failure("validate", "acme-desk", "-c", "-", stdin="{}")[1]["kind"]
        == "unknown-connector"
    )
    assert failure("specs", "list")[1]["remedy"] == "run `headwater specs pull`"


def test_what_is_kept_works_without_the_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served(tmp_path, [connector()], monkeypatch):
        result("specs", "pull")
    assert result("validate", "acme-desk", "-c", "-", stdin=GIVEN)["valid"] is True
    assert json.loads(run("payload", "acme-desk", "--name", "D", "-c", "-", stdin=GIVEN).stdout)["auth"] == {
        "specName": "Key", "params": {"host": "desk.example.com", "apiKey": "******"},
    }  # fmt: skip


def test_list_says_which_connector_answers_for_each(tenant: str) -> None:
    result("specs", "pull")
    entries = {each["name"]: each for each in result("specs", "list")["specs"]}
    answers = {
        name: (each["connector"], each["from"]) for name, each in entries.items()
    }
    assert (
        answers.items()
        >= {
            "acme-desk": ("acme-desk", "tenant"),
            "oracle-service-cloud": (
                "oracle-service-cloud",
                "headwater-oracle-service-cloud",
            ),
            "pathfactory": ("pathfactory", "headwater-adobe-catalog"),
        }.items()
    )
    assert run("specs", "list").stdout.splitlines()[0].split() == [
        "ID",
        "NAME",
        "VERSION",
        "CONNECTOR",
        "FROM",
    ]


@pytest.mark.parametrize("wanted", [PRIVATE, PRIVATE.upper(), "acme-desk"])
def test_show_prints_a_specification_as_the_tenant_gave_it(
    tenant: str, wanted: str
) -> None:
    result("specs", "pull")
    shown = json.loads(run("specs", "show", wanted).stdout)
    assert (shown["id"], [each["name"] for each in shown["authSpec"]]) == (
        PRIVATE,
        [KEY.spec_name],
    )


def test_show_of_something_else_points_to_the_list(tenant: str) -> None:
    result("specs", "pull")
    assert failure("specs", "show", "nothing") == (
        2,
        {
            "kind": "unknown-connector",
            "message": "none of the pulled specifications has this id, name or slug",
            "remedy": "run `headwater specs list`",
            "notices": _notices("specs", "show", "nothing"),
        },
    )


def _notices(*arguments: str) -> Any:
    return failure(*arguments)[1]["notices"]


def test_forgetting_takes_the_source_away(tenant: str) -> None:
    result("specs", "pull")
    assert result("specs", "forget")["forgotten"] is True
    assert result("specs", "forget")["forgotten"] is False
    assert failure("show", "acme-desk")[1]["kind"] == "unknown-connector"


def test_a_damaged_file_is_told_and_takes_only_the_tenants_away(
    tenant: str, tmp_path: Path
) -> None:
    result("specs", "pull")
    [path] = (tmp_path / "headwater-specs").iterdir()
    path.write_text("{")
    done = run("list")
    assert done.returncode == 0
    assert "oracle-service-cloud" in done.stdout
    assert f"without the tenant's specifications: {path}" in done.stderr
    assert failure("specs", "list")[0] == 2


def test_half_a_configuration_does_not_hide_the_installed_connectors(
    tenant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    result("specs", "pull")
    monkeypatch.delenv("HEADWATER_SANDBOX")
    done = run("list")
    assert (
        done.returncode,
        "acme-desk" in done.stdout,
        "oracle-service-cloud" in done.stdout,
    ) == (0, False, True)
    assert (
        "without the tenant's specifications: the environment configures Headwater in part"
        in done.stderr
    )


def test_a_profile_that_is_named_and_does_not_exist_is_an_error() -> None:
    assert failure(
        "validate", "oracle-service-cloud", "--profile", "nope", "-c", "-", stdin="{}"
    )[1]["kind"] == ("not-configured")


def test_slugs_of_the_tenant_are_completed(
    tenant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    result("specs", "pull")
    monkeypatch.setenv("_HEADWATER_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", "headwater show acme")
    monkeypatch.setenv("COMP_CWORD", "2")
    done = run()
    assert (done.stdout, done.stderr) == ("plain,acme-desk\n", "")


def test_spec_id_is_for_connectors_without_one(tenant: str) -> None:
    code, error = failure(
        "create",
        "oracle-service-cloud",
        "--spec-id",
        PRIVATE,
        "--name",
        "D",
        "-c",
        "-",
        stdin="{}",
    )
    assert (code, error["message"]) == (
        2, "connector oracle-service-cloud has a verified connection specification id, and another one was given",
    )  # fmt: skip
    done = run(
        "payload",
        "sugarcrm-events",
        "--spec-id",
        PRIVATE,
        "--name",
        "D",
        "-c",
        "-",
        stdin=_sugar(),
    )
    assert json.loads(done.stdout)["connectionSpec"]["id"] == PRIVATE
    assert f"the id {PRIVATE} comes from the caller" in done.stderr


def _sugar() -> str:
    return json.dumps(result("show", "sugarcrm-events", "--example"))
