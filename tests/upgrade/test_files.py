"""Exports, settings, profiles and pulled specifications that an earlier version wrote are still understood."""

from __future__ import annotations

import json
import shutil
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests
from upgrade.machine import CLIENTS, FLOW_SERVICE, Caller

from headwater.create import Journal

if TYPE_CHECKING:
    from upgrade.machine import Machine

MASK = "******"
ELSEWHERE = ("--settings", "serve.toml", "--store", "imported.db")


def _without_masks(value: Any) -> Any:
    """Return an answer without the masks that stand for secrets, which an export leaves out."""
    if isinstance(value, dict):
        return {
            name: _without_masks(part) for name, part in value.items() if part != MASK
        }
    if isinstance(value, list):
        return [_without_masks(part) for part in value]
    return value


def test_an_export_is_imported_with_everything_but_the_secrets(
    machine: Machine, written: Path
) -> None:
    imported = machine.told("local", "import", "export.jsonl", *ELSEWHERE)
    assert (
        sum(imported["objects"].values())
        == len((written / "export.jsonl").read_text().splitlines()) - 2
    )
    with machine.serving("--store", "imported.db") as root:
        for part in json.loads((written / "answers.json").read_text(encoding="utf-8")):
            [client] = [
                one
                for one in CLIENTS.values()
                if one["organization"] == part["organization"]
            ]
            caller = Caller.of(root, client, part["sandbox"])
            now = {
                read["path"]: caller.read_as_written(read["path"], read["accept"])
                for read in part["read"]
            }
            assert now == {
                read["path"]: _without_masks(read["answer"]) for read in part["read"]
            }


def test_an_import_names_the_connections_that_need_their_credentials_again(
    machine: Machine, written: Path
) -> None:
    imported = machine.told("local", "import", "export.jsonl", *ELSEWHERE)
    lines = [
        json.loads(line) for line in (written / "export.jsonl").read_text().splitlines()
    ]
    assert imported["withoutCredentials"] == [
        line["id"] for line in lines if line.get("secrets")
    ]
    assert imported["withoutCredentials"]


def test_an_export_of_a_later_version_is_refused_whole(machine: Machine) -> None:
    export = machine.folder / "export.jsonl"
    head, _newline, rest = export.read_text().partition("\n")
    later = json.loads(head)["version"] + 1
    export.write_text(json.dumps(json.loads(head) | {"version": later}) + "\n" + rest)
    code, told = machine.refusal("local", "import", "export.jsonl", *ELSEWHERE)
    assert code == 2
    assert f"was written by a newer version (format {later}, known {later - 1})" in told
    assert not any(machine.told("local", "info", *ELSEWHERE)["objects"].values())


def test_a_settings_file_with_every_key_is_taken(machine: Machine) -> None:
    info = machine.told("local", "info", "--settings", "serve.toml")
    assert info["store"] == str(machine.folder / "local.db")
    assert info["key"] == str(machine.folder / "local.db.key")
    with machine.serving() as root:
        labs = CLIENTS["globex"] | {"organization": "GLOBEX.LABS@AdobeOrg"}
        assert (
            Caller.of(root, labs, "stage").get(f"{FLOW_SERVICE}/connections")["items"]
            == []
        )
        assert requests.get(
            f"{root}/health", headers={"Host": "flow.example.com"}, timeout=30
        ).ok
        headers = Caller.of(root, CLIENTS["desk"], "prod").headers
        del headers["x-sandbox-name"]
        answer = requests.get(
            f"{root}{FLOW_SERVICE}/connections", headers=headers, timeout=30
        )
        assert answer.json()["type"].endswith("FLOW-2105-400"), "it is strict"


def test_profiles_mean_what_they_meant(machine: Machine, written: Path) -> None:
    document = tomllib.loads((written / "config.toml").read_text(encoding="utf-8"))
    listed = {one["name"]: one for one in machine.told("profiles", "list")}
    assert listed.keys() == {*document["profiles"], "local"}
    assert [name for name, one in listed.items() if one["default"]] == [
        document["default"]
    ]
    for name, values in document["profiles"].items():
        if "ca_bundle" in values:
            values["ca_bundle"] = str(machine.folder / values["ca_bundle"])
        shown = machine.told("profiles", "show", name)
        assert shown["missing"] == []
        assert values.items() <= shown["values"].items()


def test_a_config_file_is_edited_and_keeps_what_people_wrote(machine: Machine) -> None:
    config = machine.folder / "config.toml"
    before = config.read_text()
    machine.headwater("profiles", "use", "team")
    assert config.read_text() == before.replace('default = "dev"', 'default = "team"')


def test_references_of_a_profile_lead_where_they_led(machine: Machine) -> None:
    config = machine.folder / "config.toml"
    with machine.serving() as root:
        config.write_text(config.read_text().replace("http://127.0.0.1:8700", root))
        for profile, count in (("team", 6), ("globex", 1)):
            assert (
                len(machine.told("connections", "list", "--profile", profile)) == count
            )


def test_pulled_specifications_are_listed_and_shown(machine: Machine) -> None:
    specs = machine.told("specs", "list", "--profile", "team")
    [crm] = [spec for spec in specs["specs"] if spec["name"] == "acme-crm"]
    assert specs["orgId"] == "ACME@AdobeOrg"
    assert (
        machine.told("specs", "show", "acme-crm", "--profile", "team")["id"]
        == crm["id"]
    )
    shown = machine.told("show", "acme-crm", "--profile", "team")
    assert shown["authSpec"][0]["spec"]["properties"]["apiKey"] == {
        "type": "string",
        "format": "password",
    }
    [listed] = [
        one
        for one in machine.told("list", "--profile", "team")
        if one["slug"] == "acme-crm"
    ]
    assert listed["connectionSpec"] == {"id": crm["id"], "version": "1.0"}


def test_credentials_are_held_against_a_pulled_specification(machine: Machine) -> None:
    given = json.dumps({"host": "crm.example", "apiKey": "not-a-real-crm-key"})
    options = ("--profile", "team", "-c", "-")
    assert machine.told("validate", "acme-crm", *options, stdin=given)["valid"]
    payload = machine.told(
        "payload", "acme-crm", "--name", "CRM", *options, stdin=given
    )
    assert payload["auth"] == {
        "specName": "Key",
        "params": {"host": "crm.example", "apiKey": MASK},
    }


def test_a_journal_of_the_first_format_is_read_and_continued(tmp_path: Path) -> None:
    shutil.copytree(Path(__file__).parent / "journal-1", tmp_path / "journal")
    journal = Journal(tmp_path / "journal")
    by_name = {entry.target.name: entry for entry in journal.entries()}
    assert (by_name["Desk"].outcome, by_name["Desk"].id) == (
        "created",
        "69f188b6-af07-4587-8061-e94d34637b41",
    )
    assert by_name["Büro"].is_open
    with journal.turn(by_name["Büro"].target) as turn:
        assert turn.earlier == by_name["Büro"]
        turn.end("found", "one")
    assert journal.find(by_name["Büro"].key).id == "one"
