"""The pages in docs/connectors are what the connectors say today, and what they tell people to type works."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from headwater import AuthenticationSpec, Field, cli
from headwater.connectors import registry
from headwater.connectors.connector import Connector
from headwater.errors import InvalidInput
from headwater.models import ConnectionSpec, Distribution
from headwater_authoring import connector_pages

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "docs" / "connectors"
OURS = (
    "headwater-adobe-catalog",
    "headwater-oracle-service-cloud",
    "headwater-salesforce-service-cloud",
)
UUID = "0c3f4d0a-9a53-4f5c-8e2b-6b1c2e640c3f"


def _connectors() -> list[Connector]:
    return [
        one for one in registry.installed().all()[0] if one.distribution.name in OURS
    ]


def test_they_are_what_the_generator_makes_of_the_connectors_of_this_checkout() -> None:
    made = connector_pages.pages(OURS)
    checked_in = {
        path.name: path.read_text(encoding="utf-8") for path in FOLDER.iterdir()
    }
    stale = sorted(
        name
        for name in made.keys() | checked_in.keys()
        if made.get(name) != checked_in.get(name)
    )
    assert stale == [], (
        f"run .venv/bin/python -m headwater_authoring.connector_pages docs/connectors {' '.join(OURS)}"
    )


def test_every_connector_of_this_checkout_has_a_page_and_a_row() -> None:
    folders = {
        path.parent.name
        for path in ROOT.glob("plugins/*/setup.cfg")
        if "connectors =" in path.read_text()
    }
    assert {f"headwater-{folder}" for folder in folders} <= {*OURS}
    index = (FOLDER / connector_pages.INDEX).read_text(encoding="utf-8")
    linked = re.findall(r"^\| \[`(.+)`\]\((.+)\.md\) \|", index, re.MULTILINE)
    assert linked == [(one.slug, one.slug) for one in _connectors()]
    assert (FOLDER / "../add-a-source.md").is_file()
    assert len(linked) == len(list(FOLDER.iterdir())) - 1


@pytest.mark.parametrize("slug", [one.slug for one in _connectors()])
def test_its_examples_with_their_commands_are_taken_for_what_they_are_examples_of(
    slug: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = (FOLDER / f"{slug}.md").read_text(encoding="utf-8")
    sections = re.findall(
        r"^## (.+?)$.*?```toml\n(.*?)```.*?^\$ headwater (.*?)$",
        text,
        re.MULTILINE | re.DOTALL,
    )
    assert [label for label, *_rest in sections] == [
        one.label for one in registry.load(slug).authentication
    ]
    file = tmp_path / f"{slug}.toml"
    for number, (label, example, command) in enumerate(sections):
        file.write_text(example, encoding="utf-8")
        monkeypatch.setenv("HEADWATER_LOCAL_STORE", str(tmp_path / f"{number}.db"))
        for variable in re.findall(r'"env:(.*?)"', example):
            monkeypatch.setenv(variable, "correct-horse-battery")
        typed = shlex.split(command.replace(file.name, str(file)).replace("UUID", UUID))
        # no service knows an id that is made up, so this one is not sent
        if UUID in typed:
            typed[0] = "payload"
        assert cli.run(typed) == 0
        told = "".join(capsys.readouterr())
        assert f"{label}: " in told or f'"specName": "{label}"' in told


def test_what_would_break_a_table_is_shown_as_it_is() -> None:
    class Odd:
        from headwater import hookimpl

        @hookimpl
        def connection_spec(self) -> ConnectionSpec:
            return ConnectionSpec(
                id=UUID, name="<b>Odd</b>", category="crm", lifecycle_note="a|b\nc"
            )

        @hookimpl
        def credential_schemas(self) -> list[AuthenticationSpec]:
            return [
                AuthenticationSpec(
                    "Key", [Field("key", enum=("a|b",), description="one | two <i>")]
                )
            ]

    text = connector_pages.page(Connector("odd", Odd(), Distribution("odd", "1.0")))
    assert "# &lt;b>Odd&lt;/b>" in text
    assert "| note | a\\|b c |" in text
    assert "| `key` | string | yes |  |  | `a\\|b` | one \\| two &lt;i> |" in text


def test_an_example_of_a_secret_is_not_on_its_page() -> None:
    secret = [
        (one.slug, str(field.example))
        for one in _connectors()
        for auth in one.authentication
        for field in auth.fields
        if field.secret and field.example is not None
    ]
    assert secret
    assert [
        slug
        for slug, example in secret
        if example in (FOLDER / f"{slug}.md").read_text(encoding="utf-8")
    ] == []


def test_one_slug_makes_one_page_and_an_unknown_name_none(tmp_path: Path) -> None:
    made = CliRunner().invoke(connector_pages.main, [str(tmp_path), "bigquery"])
    assert made.exit_code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "README.md",
        "bigquery.md",
    ]
    with pytest.raises(
        InvalidInput, match="neither a connector nor a distribution with one: bigqery"
    ):
        connector_pages.pages(["bigquery", "bigqery"])
    assert (
        CliRunner().invoke(connector_pages.main, [str(tmp_path), "bigqery"]).exit_code
        == 2
    )


def test_writing_takes_away_its_own_pages_and_no_others(tmp_path: Path) -> None:
    connector_pages.write(tmp_path, connector_pages.pages(["bigquery", "mysql"]))
    (tmp_path / "mine.md").write_text("mine")
    connector_pages.write(tmp_path, connector_pages.pages(["bigquery"]))
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "README.md",
        "bigquery.md",
        "mine.md",
    ]
