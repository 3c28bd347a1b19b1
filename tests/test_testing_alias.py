"""``headwater.testing`` and ``headwater_authoring.testing`` are the same modules, to Python and to type checkers."""

from __future__ import annotations

import ast
import importlib
import json
import pickle
import subprocess
import sys
from pathlib import Path
from typing import assert_type
from unittest import mock

import alias_probe
import pytest

import headwater
import headwater.testing
import headwater_authoring.testing
from headwater_authoring.testing.canaries import Lookout

STUBS = Path(str(headwater.__file__)).parent / "testing"
HOME = Path(str(headwater_authoring.testing.__file__)).parent
MODULES = {
    path.relative_to(HOME): alias_probe.HOME + alias_probe.submodule(path, HOME)
    for path in HOME.rglob("*.py")
}


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run this interpreter anew, with every warning an error."""
    command = [sys.executable, "-W", "error", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("first", ["alias", "home", "threads"])
def test_each_module_is_one_by_both_names(first: str) -> None:
    run = _run(str(Path(alias_probe.__file__)), first)
    assert run.returncode == 0, run.stderr
    report = json.loads(run.stdout)
    assert report["modules"] == len(MODULES)
    assert report["differences"] == []


def test_a_name_that_is_patched_by_one_name_is_patched_by_the_other() -> None:
    with mock.patch("headwater.testing.canaries.canary") as patched:
        assert (
            importlib.import_module("headwater_authoring.testing.canaries").canary
            is patched
        )


def test_objects_are_pickled_by_the_name_of_the_home_and_read_by_either() -> None:
    class_at = "c{}.canaries\nLookout\n."
    pickled = pickle.dumps(Lookout, protocol=0).decode()
    assert "headwater_authoring.testing.canaries" in pickled
    for name in ("headwater.testing", "headwater_authoring.testing"):
        assert pickle.loads(class_at.format(name).encode()) is Lookout


def test_a_module_that_does_not_exist_is_missing_by_the_name_that_was_asked_for() -> (
    None
):
    with pytest.raises(ModuleNotFoundError) as caught:
        importlib.import_module("headwater.testing.nothing")
    assert caught.value.name == "headwater.testing.nothing"


@pytest.mark.parametrize("name", ["headwater.testing", "headwater.testing.subject"])
def test_without_the_distribution_it_is_named_with_the_command_that_installs_it(
    name: str,
) -> None:
    program = f"import sys; sys.modules['headwater_authoring'] = None; import {name}"
    run = _run("-c", program)
    assert run.returncode == 1
    assert run.stderr.splitlines()[-1] == (
        "ModuleNotFoundError: headwater.testing comes with the distribution headwater-authoring, "
        "which is not installed; run `python -m pip install headwater-authoring`"
    )
    assert "During handling" not in run.stderr


def test_what_is_missing_within_it_is_told_as_it_is() -> None:
    program = "import sys; sys.modules['attrs'] = sys.modules['attr'] = None; import headwater.testing.subject"
    run = _run("-c", program)
    assert run.returncode == 1
    assert "headwater-authoring" not in run.stderr
    assert "attr" in run.stderr.splitlines()[-1]


def test_each_module_has_a_stub_that_names_it_and_no_stub_is_left_over() -> None:
    stubs = {
        path.relative_to(STUBS).with_suffix(".py"): path.read_text(encoding="utf-8")
        for path in STUBS.rglob("*.pyi")
    }
    assert stubs == {path: f"from {name} import *\n" for path, name in MODULES.items()}


def test_type_checkers_take_both_names_for_the_same() -> None:
    # Types are compared by mypy, which reads the tests as well; while they run, only the names are looked up.
    from headwater.testing import ConformanceFailure, canaries

    assert_type(canaries.Lookout([canaries.canary("seed")]), Lookout)
    assert_type(headwater.testing.slugs_of("headwater-authoring"), tuple[str, ...])
    failure: headwater_authoring.testing.ConformanceFailure
    failure = ConformanceFailure("what is wrong", "what to do")
    assert isinstance(failure, headwater_authoring.testing.ConformanceFailure)


def test_checks_do_not_depend_on_how_pytest_rewrites_assertions() -> None:
    # They raise ConformanceFailure, which says what is wrong and what to do. Under `python -O` they still do.
    asserting = [
        name
        for path, name in MODULES.items()
        for node in ast.walk(ast.parse((HOME / path).read_text(encoding="utf-8")))
        if isinstance(node, ast.Assert)
    ]
    assert asserting == []
