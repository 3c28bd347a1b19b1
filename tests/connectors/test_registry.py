"""Discovery by metadata, import on use, and errors that name the distributions."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

import pytest

import headwater
from headwater.connectors.registry import Registry
from headwater.errors import BrokenPlugin, ConnectorClash, UnknownConnector

if TYPE_CHECKING:
    from pathlib import Path

GOOD = """
from headwater import AuthenticationSpec, ConnectionSpec, Field, hookimpl

@hookimpl
def connection_spec():
    spec_id = "11111111-2222-4333-8444-555555555555"
    return ConnectionSpec(id=spec_id, name="Acme", category="crm", lifecycle_note="{note}")

@hookimpl
def credential_schemas():
    return [AuthenticationSpec("Basic Authentication", [Field("user")])]
"""


def _named(platform_name: str, beginning: str = "11111111") -> str:
    """Return the source of a connector that the platform calls so."""
    named = GOOD.replace(
        'category="crm"', f'category="crm", platform_name="{platform_name}"'
    )
    return named.replace("11111111", beginning)


def _install(
    root: Path,
    distribution: str,
    source: str,
    group: str = "headwater.connectors",
    slug: str = "acme",
) -> None:
    """Lay a distribution out as pip would: a module and its metadata."""
    module = distribution.replace("-", "_")
    (root / f"{module}.py").write_text(source)
    info = root / f"{module}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n"
    )
    (info / "entry_points.txt").write_text(f"[{group}]\n{slug} = {module}\n")


def _registry(root: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    monkeypatch.syspath_prepend(str(root))
    return Registry.installed()


def test_the_seed_connectors_are_available_sorted() -> None:
    slugs = headwater.available()
    assert list(slugs) == sorted(slugs)
    assert {"oracle-service-cloud", "salesforce-service-cloud"} <= set(slugs)


def test_listing_slugs_imports_no_plugin_and_neither_requests_nor_jsonschema() -> None:
    program = (
        "import sys, headwater; headwater.available()\n"
        "print([n for n in sys.modules if n.startswith('headwater_') or n in ('requests', 'jsonschema')])"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"


def test_loading_one_connector_imports_only_that_one() -> None:
    program = (
        "import sys, headwater; headwater.load('oracle-service-cloud')\n"
        "print(sorted(name for name in sys.modules if name.startswith('headwater_')))"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "['headwater_oracle_service_cloud']"


def test_an_unknown_slug_offers_the_nearest() -> None:
    with pytest.raises(UnknownConnector) as caught:
        headwater.load("salesforce-servce-cloud")
    assert caught.value.remedy == "did you mean salesforce-service-cloud?"


def test_the_platforms_name_leads_to_the_connector() -> None:
    for name in ("google-big-query", " Google-Big-Query "):
        assert headwater.load(name) is headwater.load("bigquery")


def test_a_slug_comes_before_the_platforms_name_of_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _install(tmp_path, "first", _named("shared"), slug="acme")
    _install(tmp_path, "second", _named("acme", "2" * 8), slug="other")
    registry = _registry(tmp_path, monkeypatch)
    assert registry.load("acme").distribution.name == "first"


def test_the_platforms_name_of_several_connectors_is_refused_with_their_slugs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _install(tmp_path, "first", _named("shared"), slug="acme")
    _install(tmp_path, "second", _named("shared", "2" * 8), slug="other")
    with pytest.raises(UnknownConnector, match="several connectors: acme, other") as e:
        _registry(tmp_path, monkeypatch).load("shared")
    assert "by its slug" in e.value.remedy


def test_no_name_at_all_finds_no_connector_without_a_name_on_the_platform() -> None:
    with pytest.raises(UnknownConnector, match="no connector named"):
        headwater.load(" ")


def test_a_slug_near_nothing_points_to_the_list() -> None:
    with pytest.raises(UnknownConnector, match="headwater list"):
        headwater.load("qqqq")


def test_a_connector_is_found_by_its_specification_id() -> None:
    found = headwater.find("BA5126EC-C9AC-11EB-B8BC-0242AC130003")
    assert (found.connector.slug, found.misprint) == ("oracle-service-cloud", False)


def test_a_connector_is_found_by_the_id_its_tutorial_misprints() -> None:
    found = headwater.find("b66ab34-8619-49cb-96d1-39b37ede86ea")
    assert (found.connector.slug, found.misprint) == ("salesforce-service-cloud", True)
    assert found.connector.spec.id == "cb66ab34-8619-49cb-96d1-39b37ede86ea"


def test_an_id_that_two_connectors_claim_is_an_error_naming_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = GOOD.format(note="").replace(
        "11111111-2222-4333-8444-555555555555", "ba5126ec-c9ac-11eb-b8bc-0242ac130003"
    )
    _install(tmp_path, "acme-copy", source)
    registry = _registry(tmp_path, monkeypatch)
    with pytest.raises(
        ConnectorClash, match=r"acme of acme-copy 1\.0, oracle-service-cloud of"
    ):
        registry.find("ba5126ec-c9ac-11eb-b8bc-0242ac130003")


def test_an_unknown_id_is_an_unknown_connector() -> None:
    with pytest.raises(UnknownConnector, match="specification id"):
        headwater.find("00000000-0000-4000-8000-000000000000")


def test_two_distributions_with_one_slug_are_an_error_naming_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _install(tmp_path, "acme-one", GOOD.format(note="one"))
    _install(tmp_path, "acme-two", GOOD.format(note="two"))
    registry = _registry(tmp_path, monkeypatch)
    with pytest.raises(ConnectorClash, match=r"acme-one 1\.0, acme-two 1\.0"):
        registry.load("acme")
    assert registry.load("oracle-service-cloud").slug == "oracle-service-cloud"


def test_one_distribution_seen_twice_on_the_path_is_no_clash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _install(tmp_path, "acme-one", GOOD.format(note="one"))
    monkeypatch.syspath_prepend(str(tmp_path))
    [entry] = entry_points(group="headwater.connectors", name="acme")
    assert Registry([entry, entry]).load("acme").slug == "acme"


def test_a_plugin_that_fails_to_import_is_named_and_the_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _install(tmp_path, "acme-broken", "import no_such_module_anywhere\n")
    registry = _registry(tmp_path, monkeypatch)
    with pytest.raises(
        BrokenPlugin, match=r"acme-broken 1\.0 failed: ModuleNotFoundError"
    ) as caught:
        registry.load("acme")
    assert caught.value.__context__ is None
    working, failures = registry.all()
    assert "oracle-service-cloud" in [connector.slug for connector in working]
    assert [failure.kind for failure in failures] == ["broken-plugin"]
    assert (
        registry.find("ba5126ec-c9ac-11eb-b8bc-0242ac130003").connector.slug
        == "oracle-service-cloud"
    )


def test_a_connector_takes_the_place_of_a_catalogue_entry_of_the_same_slug(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _install(
        tmp_path,
        "acme-catalogue",
        GOOD.format(note="catalogue"),
        group="headwater.catalog",
    )
    _install(tmp_path, "acme-real", GOOD.format(note="real"))
    connector = _registry(tmp_path, monkeypatch).load("acme")
    assert (connector.distribution.name, connector.spec.lifecycle_note) == (
        "acme-real",
        "real",
    )


def test_a_catalogue_entry_answers_where_no_connector_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _install(
        tmp_path,
        "acme-catalogue",
        GOOD.format(note="catalogue"),
        group="headwater.catalog",
    )
    assert (
        _registry(tmp_path, monkeypatch).load("acme").distribution.name
        == "acme-catalogue"
    )


def test_a_connector_is_loaded_once() -> None:
    registry = Registry.installed()
    assert registry.load("oracle-service-cloud") is registry.load(
        "oracle-service-cloud"
    )
