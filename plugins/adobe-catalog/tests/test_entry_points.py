"""One entry point for each source, resolved lazily, through a registry of this distribution alone."""

from __future__ import annotations

import configparser
import importlib.metadata
import subprocess
import sys
from pathlib import Path

import pytest

import headwater_adobe_catalog
from headwater.connectors.registry import CATALOG, Registry
from headwater_adobe_catalog import Source, attribute, slugs, source_of

ROOT = Path(__file__).parents[1]


def _registry() -> Registry:
    """Return a registry that no plugin of the group headwater.connectors overrides."""
    return Registry((), importlib.metadata.entry_points(group=CATALOG))


def _configured() -> dict[str, str]:
    parser = configparser.ConfigParser(delimiters=("=",))
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    lines = parser["options.entry_points"][CATALOG].strip().splitlines()
    return dict(line.split(" = ") for line in lines)


def test_setup_cfg_has_one_sorted_entry_point_for_each_source() -> None:
    assert list(_configured()) == sorted(slugs())
    assert list(slugs()) == sorted(slugs())
    assert _configured() == {
        slug: f"headwater_adobe_catalog:{attribute(slug)}" for slug in slugs()
    }


def test_each_entry_point_is_the_source_of_its_slug() -> None:
    for slug, value in _configured().items():
        source = getattr(headwater_adobe_catalog, value.partition(":")[2])
        assert isinstance(source, Source)
        assert source is source_of(slug)
        assert source.slug == slug


def test_every_source_loads_through_a_registry() -> None:
    working, failures = _registry().all()
    assert failures == []
    assert set(slugs()) <= {connector.slug for connector in working}
    ours = [
        connector
        for connector in working
        if connector.distribution.name == "headwater-adobe-catalog"
    ]
    assert [connector.slug for connector in ours] == list(slugs())


def test_names_that_are_no_identifiers_get_one() -> None:
    assert [attribute(slug) for slug in ("s3", "google-ads", "3m", "import")] == [
        "s3",
        "google_ads",
        "source_3m",
        "source_import",
    ]


def test_an_unknown_attribute_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'no_such_source'"):
        _ = headwater_adobe_catalog.no_such_source


def test_importing_reads_no_data_and_nothing_heavy() -> None:
    script = """if True:
        import sys
        import headwater_adobe_catalog as catalog

        heavy = {"requests", "jsonschema", "sqlalchemy", "cryptography", "click"}
        print(catalog._entries.cache_info().currsize)
        catalog.google_ads.credential_schemas()
        print(catalog._entries.cache_info().currsize, heavy & set(sys.modules))
    """
    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert ran.stdout.split() == ["0", "1", "set()"]
