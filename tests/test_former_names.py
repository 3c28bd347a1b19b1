"""Names that moved or were replaced still work for one minor version, and say what to use instead."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest

import headwater.connectors.registry
import headwater.create
import headwater.registry
import headwater.runner
import headwater.secret

MODULES = {
    "headwater.runner": headwater.create,
    "headwater.registry": headwater.connectors.registry,
}


@pytest.mark.parametrize(
    ("old", "name"),
    [
        ("headwater.runner", "prepare"),
        ("headwater.runner", "problems"),
        ("headwater.runner", "create_connection"),
        ("headwater.runner", "open_source"),
        ("headwater.runner", "ensure"),
        ("headwater.runner", "Prepared"),
        ("headwater.registry", "available"),
        ("headwater.registry", "find"),
        ("headwater.registry", "installed"),
        ("headwater.registry", "load"),
    ],
)
def test_a_module_that_moved_hands_on_each_of_its_names(old: str, name: str) -> None:
    new = MODULES[old]
    told = f"{old}.{name} has moved to {new.__name__}.{name}"

    with pytest.warns(DeprecationWarning, match="has moved to") as record:
        value = getattr(importlib.import_module(old), name)

    assert value is getattr(new, name)
    assert [str(warning.message) for warning in record] == [told]
    assert record[0].filename == __file__


@pytest.mark.parametrize("old", MODULES)
def test_a_module_that_moved_knows_no_more_than_the_new_one(old: str) -> None:
    module = importlib.import_module(old)
    assert not hasattr(module, "no_such_name")
    assert not hasattr(module, "_private")


def test_importing_from_a_module_that_moved_warns_where_the_import_stands() -> None:
    with pytest.warns(DeprecationWarning, match="has moved") as record:
        from headwater.runner import prepare

    assert prepare is headwater.create.prepare
    assert record[0].filename == __file__


@pytest.mark.parametrize(
    ("old", "new"),
    [("masked", "mask"), ("revealed", "reveal_all"), ("resealed", "reseal")],
)
def test_a_name_that_was_replaced_is_the_new_one(old: str, new: str) -> None:
    told = f"headwater.secret.{old} is now called headwater.secret.{new}"

    with pytest.warns(DeprecationWarning, match="is now called") as record:
        value = getattr(headwater.secret, old)

    assert value is getattr(headwater.secret, new)
    assert [str(warning.message) for warning in record] == [told]
    assert record[0].filename == __file__


def test_other_names_of_a_module_with_replaced_ones_are_unknown() -> None:
    assert not hasattr(headwater.secret, "no_such_name")


def test_the_page_generator_runs_under_its_former_name_with_a_warning() -> None:
    run = subprocess.run(
        [sys.executable, "-W", "always", "-m", "headwater.cli.pages", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Write a page for each connector" in run.stdout
    assert "DeprecationWarning" in run.stderr
    assert "run `python -m headwater_authoring.connector_pages`" in run.stderr


def test_what_is_called_otherwise_now_is_forwarded_from_the_module_that_moved() -> None:
    with pytest.warns(DeprecationWarning, match="registry.ConnectorMatch"):
        match = headwater.registry.Found
    assert match is headwater.connectors.registry.ConnectorMatch


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("old", MODULES)
def test_a_star_import_from_a_module_that_moved_brings_its_public_names(
    old: str,
) -> None:
    module = importlib.import_module(old)
    assert all(getattr(module, name) for name in module.__all__)
    assert {"headwater.runner": "prepare", "headwater.registry": "load"}[
        old
    ] in module.__all__


def test_a_name_that_never_was_is_missing_from_the_old_module() -> None:
    with pytest.raises(AttributeError, match=r"'headwater\.registry' has no attribute"):
        _ = headwater.registry.nope
