"""A new connector is checked before anything is written, fits together, and never overwrites a file."""

from __future__ import annotations

import ast
import configparser
import importlib.util
import re
import tomllib
from pathlib import Path, PurePosixPath
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

import headwater_local_flow_service
from headwater.connectors import registry
from headwater.connectors.connector import Connector
from headwater.errors import InvalidInput, NotCreatable
from headwater.models import Distribution
from headwater_authoring import scaffold

UUID = "0c3f4d0a-9a53-4f5c-8e2b-6b1c2e640c3f"
BIGQUERY = "3c9b37f8-13a6-43d8-bad3-b863b941fedd"


def _loaded(plan: scaffold.Plan, folder: Path) -> Connector:
    """Write a distribution and load its module as the registry does."""
    scaffold.write(plan, folder)
    path = folder / "src" / plan.package / "__init__.py"
    spec = importlib.util.spec_from_file_location(plan.package, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return Connector(plan.slug, module, Distribution(plan.distribution, "0.1.0"))


def _read(plan: scaffold.Plan) -> configparser.RawConfigParser:
    found = configparser.RawConfigParser()
    found.read_string(scaffold.files(plan)[PurePosixPath("setup.cfg")])
    return found


def test_a_distribution_is_complete() -> None:
    made = scaffold.files(scaffold.plan_connector("acme-desk"))
    assert [str(path) for path in made] == [
        ".github/workflows/test.yml",
        ".gitignore",
        "README.md",
        "pyproject.toml",
        "setup.cfg",
        "src/headwater_acme_desk/__init__.py",
        "src/headwater_acme_desk/py.typed",
        "tests/test_conformance.py",
        "tests/test_credentials.py",
    ]
    assert [str(path) for path, text in made.items() if "%" in text] == []
    assert (
        "python-version: ${{ matrix.python }}\n"
        in made[PurePosixPath(".github/workflows/test.yml")]
    )
    assert tomllib.loads(made[PurePosixPath("pyproject.toml")])["build-system"][
        "build-backend"
    ]


def test_it_needs_this_version_of_headwater_at_most() -> None:
    settings = configparser.RawConfigParser()
    settings.read(Path(__file__).parents[3] / "setup.cfg")
    wanted = _read(scaffold.plan_connector("acme-desk"))["options"][
        "install_requires"
    ].strip()
    assert wanted == f"headwater>={settings['metadata']['version'].rpartition('.')[0]}"


def test_without_an_id_it_says_so_and_where_to_find_one(tmp_path: Path) -> None:
    connector = _loaded(scaffold.plan_connector("acme-desk"), tmp_path)
    assert (connector.spec.id, connector.spec.name) == (None, "Acme Desk")
    assert connector.spec.no_id_reason
    readme = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert "Still to do: the connection specification id" in readme
    assert "$ headwater specs pull" in readme
    assert "GET /connectionSpecs" in readme


def test_with_an_id_nothing_is_left_to_do(tmp_path: Path) -> None:
    plan = scaffold.plan_connector(
        "acme-desk", name="Acme — Desk", category="crm", spec_id=UUID.upper()
    )
    spec = _loaded(plan, tmp_path).spec
    assert (spec.id, spec.name, spec.category, spec.no_id_reason) == (
        UUID,
        "Acme — Desk",
        "crm",
        "",
    )
    assert "Still to do" not in (tmp_path / "README.md").read_text(encoding="utf-8")


def test_a_source_of_the_catalogue_lends_its_name_category_and_id() -> None:
    plan = scaffold.plan_connector("bigquery")
    assert (plan.name, plan.category, plan.spec_id) == (
        "Google BigQuery",
        "databases",
        BIGQUERY,
    )
    assert plan.replaces.startswith("headwater-adobe-catalog ")
    assert (
        scaffold.plan_connector("bigquery", spec_id=BIGQUERY, name="Mine").name
        == "Mine"
    )
    assert scaffold.plan_connector("capillary").spec_id is None


@pytest.mark.parametrize(
    "slug", ["kinesis", "eventhub", "paypal", "oracle-eloqua", "hubspot", "sftp"]
)
def test_a_source_of_the_catalogue_lends_its_further_facts(
    slug: str, tmp_path: Path
) -> None:
    assert (
        _loaded(scaffold.plan_connector(slug), tmp_path).spec
        == registry.load(slug).spec
    )


def test_a_source_without_base_connection_is_refused_with_where_to_start() -> None:
    with pytest.raises(
        NotCreatable,
        match=r"has no base connection; LAVA builds.* Start with a source connection",
    ):
        scaffold.plan_connector("lava")


def test_the_package_names_module_and_distribution() -> None:
    plan = scaffold.plan_connector("acme-desk", package="acme_connectors")
    settings = _read(plan)
    assert settings["metadata"]["name"] == plan.distribution == "acme-connectors"
    assert settings["options.entry_points"]["headwater.connectors"].split() == [
        "acme-desk",
        "=",
        "acme_connectors",
    ]
    assert PurePosixPath("src/acme_connectors/py.typed") in scaffold.files(plan)


@pytest.mark.parametrize(
    ("slug", "offered"),
    [("Acme Desk", "acme-desk"), ("acme_desk", "acme-desk"), ("-a-", "a"), ("a--b", "a-b"), ("", "acme-desk"),
     ("é", "acme-desk"), ("acme\n", "acme"), ("../x", "x"), ("a" * 61, "a" * 60)],
)  # fmt: skip
def test_a_slug_that_cannot_be_typed_is_refused_with_one_that_can(
    slug: str, offered: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        scaffold.plan_connector(slug)
    assert caught.value.remedy == f"for instance {offered}"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"name": " "}, "a name is one line"),
        ({"name": 'The "Desk"'}, "without double quotes"),
        ({"name": "a\nb"}, "a name is one line"),
        ({"category": "crn"}, "did you mean crm?"),
        ({"category": "CRM"}, "did you mean crm?"),
        ({"category": ""}, "known: adobe-applications, advertising"),
        ({"package": "Acme"}, "a package is lower-case"),
        ({"package": "acme-desk"}, "a package is lower-case"),
        ({"package": "class"}, "not a keyword of Python"),
        ({"package": "json"}, "a package json"),
        ({"package": "headwater"}, "a package headwater"),
        (
            {"package": headwater_local_flow_service.__name__},
            "name another with --package",
        ),
        ({"spec_id": "3c9b37f8"}, "is a UUID"),
        (
            {"spec_id": "b66ab34-8619-49cb-96d1-39b37ede86ea"},
            "the right one, cb66ab34-8619-49cb-96d1-39b37ede86ea",
        ),
        ({"spec_id": BIGQUERY}, "this id is that of Google BigQuery"),
    ],
)
def test_what_cannot_be_used_is_refused_by_its_rule(
    options: dict[str, Any], told: str
) -> None:
    with pytest.raises(InvalidInput, match=re.escape(told)):
        scaffold.plan_connector("acme-desk", **options)


def test_another_id_than_the_catalogues_verified_one_is_refused() -> None:
    with pytest.raises(
        InvalidInput, match="has a verified connection specification id"
    ):
        scaffold.plan_connector("bigquery", spec_id=UUID)


def test_a_slug_that_would_clash_is_refused_with_its_owner() -> None:
    with pytest.raises(
        InvalidInput, match="is there already, from headwater-oracle-service-cloud"
    ):
        scaffold.plan_connector("oracle-service-cloud")


def test_every_category_of_an_installed_connector_is_known() -> None:
    assert {one.spec.category for one in registry.installed().all()[0]} <= {
        *scaffold.CATEGORIES
    }
    assert list(scaffold.CATEGORIES) == sorted(scaffold.CATEGORIES)


def test_a_folder_with_anything_in_it_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(InvalidInput, match="nothing is overwritten"):
        scaffold.write(scaffold.plan_connector("acme-desk"), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_an_empty_folder_and_one_that_is_not_there_are_filled(tmp_path: Path) -> None:
    plan = scaffold.plan_connector("acme-desk")
    for folder in (tmp_path / "empty", tmp_path / "deep" / "down"):
        (tmp_path / "empty").mkdir(exist_ok=True)
        made = scaffold.write(plan, folder)
        assert {
            path.relative_to(folder).as_posix()
            for path in folder.rglob("*")
            if path.is_file()
        } == {*map(str, made)}


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InvalidInput, match="cannot be written"):
        scaffold.write(scaffold.plan_connector("acme-desk"), tmp_path / "file" / "desk")
    with pytest.raises(InvalidInput, match="cannot be written"):
        scaffold.write(scaffold.plan_connector("acme-desk"), tmp_path / "file")


HOSTILE = (
    "50% off", "%(name)s %s %{slug} %%", "{} {0} {{name}}", "$HOME ${slug} `id`", "-rf", "--help", "# ; [x] = y", "'''",
    "Büro 日本 😀", "e\u0301", "a\u00a0b", "%", "'", "x" * 60, "import os", "<script>", "|a|b|", "name = x", "\u3000a",
)  # fmt: skip
REFUSED = (
    "", " ", "\n", "a\nb", "a\rb", "a\0b", '"', '\"""', "a\\", "\\N{BEL}", "x" * 61, "x" * 300, "a\x1b[31m", "\u202ea",
    "a\u2028b", "\ud800", "a\tb", "\ufeff", "\u200b", "\u3164", "\U000e0041",
)  # fmt: skip


def _constants(plan: scaffold.Plan) -> list[Any]:
    """Compile every Python file of a distribution, and return the constants of its module."""
    made = scaffold.files(plan)
    for path, text in made.items():
        if path.suffix == ".py":
            compile(text, str(path), "exec")
        text.encode("utf-8")
    module = ast.parse(made[PurePosixPath(f"src/{plan.package}/__init__.py")])
    return [node.value for node in ast.walk(module) if isinstance(node, ast.Constant)]


def _check_settings(plan: scaffold.Plan) -> None:
    """Demand that setup.cfg says what it should to readers that know interpolation and to those that do not."""
    text = scaffold.files(plan)[PurePosixPath("setup.cfg")]
    for kind in (configparser.RawConfigParser, configparser.ConfigParser):
        parser = kind()
        parser.read_string(text)
        said = {name: dict(section) for name, section in parser.items()}
        assert said["metadata"]["name"] == plan.distribution
        assert (
            said["metadata"]["description"]
            == f"The {plan.slug} connector for Headwater"
        )
        entries = said["options.entry_points"]["headwater.connectors"]
        assert entries.strip() == f"{plan.slug} = {plan.package}"


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_a_name_like_any_other(name: str) -> None:
    plan = scaffold.plan_connector("acme-desk", name=name)
    assert name.strip() in _constants(plan)
    _check_settings(plan)


@pytest.mark.parametrize("name", REFUSED)
def test_a_name_that_a_line_of_python_cannot_hold_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput, match="a name is one line") as raised:
        scaffold.plan_connector("acme-desk", name=name)
    assert raised.value.remedy == 'for instance --name "Acme Desk"'


@settings(deadline=None)
@given(
    slug=some.from_regex(r"[a-z0-9]{1,8}(-[a-z0-9]{1,8}){0,3}", fullmatch=True),
    name=some.text(max_size=70)
    | some.text(some.sampled_from("%{}$()'\"\\#;=[]- \n\0é"), max_size=70),
)
def test_whatever_is_accepted_fits_together(slug: str, name: str) -> None:
    try:
        plan = scaffold.plan_connector(slug, name=name)
    except InvalidInput:
        return
    assert name.strip() in _constants(plan)
    _check_settings(plan)


_ANYTHING = some.text(some.characters(), max_size=20)


@settings(deadline=None)
@given(
    category=_ANYTHING,
    note=_ANYTHING,
    extra=some.dictionaries(_ANYTHING, _ANYTHING | some.integers(0)),
)
def test_facts_of_a_connector_that_is_replaced_are_written_as_facts(
    category: str, note: str, extra: dict[str, Any]
) -> None:
    plan = scaffold.Plan(
        slug="acme",
        name="Acme",
        category=category,
        package="acme_headwater",
        facts={"lifecycle_note": note, "extra_payload": extra},
    )
    constants = _constants(plan)
    assert {category, note, *extra, *extra.values()} <= {*constants}


def test_a_connector_that_is_replaced_may_be_called_anything(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hostile = registry.load("bigquery").with_id(BIGQUERY, source="a test")
    hostile.spec = attrs.evolve(hostile.spec, name='"""\nimport os  # ')
    monkeypatch.setattr(registry.Registry, "load", lambda *_args: hostile)
    with pytest.raises(InvalidInput, match="a name is one line"):
        scaffold.plan_connector("bigquery")
    assert scaffold.plan_connector("bigquery", name="Mine").name == "Mine"


@pytest.mark.parametrize("folder", ["a\0b", "x" * 300, "\ud800/\0"])
def test_a_folder_that_cannot_be_called_so_is_told(folder: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="name another folder with --into"):
        scaffold.write(scaffold.plan_connector("acme-desk"), tmp_path / folder)
