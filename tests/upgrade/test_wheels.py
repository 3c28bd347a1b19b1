"""Connectors that others have built against an earlier version work beside this one, as their wheels are."""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from upgrade.machine import Machine

CREDENTIALS = {
    "acme-desk": {"host": "acme.desk.example", "apiKey": "not-a-real-desk-key"},
    "acme-shop": {"host": "shop.example", "apiKey": "not-a-real-shop-key"},
    "acme-ledger": {"host": "ledger.example", "key": "not-a-real-ledger-key"},
}
BUILT = {
    "acme-desk": "headwater-acme-desk 1.0.0",
    "acme-shop": "headwater-acme-shop 0.1.0",
    "acme-ledger": "headwater-acme-ledger 1.0.0",
}
CONFORMANCE = """
from headwater.testing import ConnectorConformance


class TestThem(ConnectorConformance):
    slugs = ("acme-desk", "acme-shop", "acme-ledger")
"""


def _tested(machine: Machine, *arguments: str) -> str:
    """Run pytest in a process of its own, and return what it says of tests that all must pass."""
    command = (
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "no:cacheprovider",
        "-ra",
        *arguments,
    )
    done = machine.run(*command)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_they_are_listed_with_their_distributions(machine: Machine) -> None:
    listed = {one["slug"]: one["distribution"] for one in machine.told("list")}
    assert BUILT.items() <= listed.items()


@pytest.mark.parametrize("slug", CREDENTIALS)
def test_one_validates_and_makes_a_connection(machine: Machine, slug: str) -> None:
    given = CREDENTIALS[slug]
    local = ("--profile", "local", "--name", "Desk", "-c", "-")
    created = machine.told("create", slug, *local, stdin=json.dumps(given))
    assert created["created"]
    [secret] = given.keys() - {"host"}
    read = machine.told("connections", "get", created["id"], "--profile", "local")
    assert read["auth"]["params"] == given | {secret: "******"}


def test_a_reader_reads(machine: Machine) -> None:
    options = ("-c", "-")
    given = json.dumps(CREDENTIALS["acme-ledger"])
    assert (
        machine.told("check", "acme-ledger", *options, stdin=given)["user"] == "reader"
    )
    assert [
        table["path"]
        for table in machine.told("tables", "acme-ledger", *options, stdin=given)
    ] == ["entries"]
    described = machine.told("columns", "acme-ledger", "entries", *options, stdin=given)
    assert [column["name"] for column in described["columns"]] == ["id", "amount"]
    shown = machine.told(
        "preview", "acme-ledger", "entries", "-n", "1", *options, stdin=given
    )
    assert shown == [{"id": "e1", "amount": 12.5}]


def test_a_refused_key_is_told_as_one(machine: Machine) -> None:
    (machine.folder / "wrong.json").write_text(
        json.dumps({"host": "ledger.example", "key": "not-the-key"})
    )
    code, told = machine.refusal("check", "acme-ledger", "-c", "wrong.json")
    assert code == 4
    assert "the ledger does not accept the key" in told


def test_the_tests_that_were_generated_with_one_pass_and_are_told_what_has_moved(
    machine: Machine,
) -> None:
    told = _tested(machine, "acme-shop/tests")
    assert re.search(r"^=+ 13 passed, 2 warnings in ", told, re.MULTILINE)
    assert "headwater.runner.prepare has moved to headwater.create.prepare" in told


def test_all_of_them_pass_the_conformance_suite(machine: Machine) -> None:
    (machine.folder / "test_conformance.py").write_text(CONFORMANCE)
    told = _tested(machine, "test_conformance.py")
    assert re.search(r"^=+ \d+ passed, 1 skipped in ", told, re.MULTILINE)
