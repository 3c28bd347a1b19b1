"""``headwater new``: what it tells people and programs, and what it refuses."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from cli.terminal import failure, result, run

UUID = "0c3f4d0a-9a53-4f5c-8e2b-6b1c2e640c3f"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_it_lists_the_files_and_the_next_three_commands(tmp_path: Path) -> None:
    done = run(
        "new",
        "acme-desk",
        "--name",
        "Acme Desk",
        "--category",
        "crm",
        "--spec-id",
        UUID,
    )
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0] == "Acme Desk (acme-desk), 9 files in headwater-acme-desk:"
    folder = tmp_path / "headwater-acme-desk"
    assert [folder / line.strip() for line in lines[1:10]] == sorted(
        path for path in folder.rglob("*") if path.is_file()
    )
    assert lines[10:] == [
        "next:",
        "  cd headwater-acme-desk",
        "  python -m pip install --editable '.[test]'",
        "  python -m pytest",
    ]


def test_it_tells_what_is_still_to_do() -> None:
    told = run("new", "acme-desk").stderr
    assert "its category is protocols for now; --category names another" in told
    assert "no connection specification id yet" in told


def test_it_tells_programs_the_same() -> None:
    told = result(
        "new",
        "acme-desk",
        "--into",
        "my desk",
        "--package",
        "acme_desk",
        "--category",
        "crm",
    )
    assert told.pop("files")[2:4] == ["README.md", "pyproject.toml"]
    assert shlex.split(told.pop("next")[0]) == ["cd", "my desk"]
    assert told == {
        "slug": "acme-desk",
        "name": "Acme Desk",
        "category": "crm",
        "connectionSpec": {"id": None},
        "distribution": "acme-desk",
        "package": "acme_desk",
        "replaces": None,
        "folder": "my desk",
    }
    assert Path("my desk/setup.cfg").is_file()


def test_it_says_whose_place_a_connector_will_take() -> None:
    done = run("new", "servicenow")
    assert done.returncode == 0
    assert (
        "servicenow will take the place of the one of headwater-adobe-catalog 0.1.0"
        in done.stderr
    )
    assert "category is" not in done.stderr


def test_it_writes_nothing_where_something_is(tmp_path: Path) -> None:
    run("new", "acme-desk")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    code, error = failure("new", "acme-desk", "--spec-id", UUID)
    assert (code, error["kind"]) == (2, "invalid-input")
    assert error["remedy"] == "name another folder with --into"
    assert {
        path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()
    } == before


@pytest.mark.parametrize(
    "arguments",
    [
        ("Acme Desk",),
        ("acme-desk", "--category", "crn"),
        ("acme-desk", "--spec-id", "b66ab34-8619-49cb-96d1-39b37ede86ea"),
        ("acme-desk", "--package", "json"),
        ("oracle-service-cloud",),
    ],
)
def test_a_refusal_exits_with_2_and_leaves_nothing_behind(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    code, error = failure("new", *arguments)
    assert (code, error["kind"]) == (2, "invalid-input")
    assert error["remedy"]
    assert list(tmp_path.iterdir()) == []
