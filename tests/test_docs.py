"""Documentation names what exists, as it exists."""

from __future__ import annotations

import inspect
from pathlib import Path

import attrs
import pytest

from headwater import AuthenticationSpec, ConnectionSpec, Field, PayloadRequest
from headwater.connectors import hooks
from headwater.credentials import budgets

DOCS = Path(__file__).parent.parent / "docs"
HOOKS = [
    name for name, value in vars(hooks).items() if hasattr(value, "headwater_spec")
]


def _page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [name for name in vars(budgets) if name.isupper()])
def test_every_budget_is_documented_with_its_value(name: str) -> None:
    value = getattr(budgets, name)
    [line] = [line for line in _page("limits.md").splitlines() if f"`{name}`" in line]
    assert f"{value:,}".removesuffix(".0") in line


def test_there_are_hooks_to_look_for() -> None:
    assert {"connection_spec", "credential_schemas", "build_payload"} <= set(HOOKS)


@pytest.mark.parametrize("name", HOOKS)
def test_every_hook_is_documented_with_its_arguments_and_since_when(name: str) -> None:
    arguments = ", ".join(inspect.signature(getattr(hooks, name)).parameters)
    page = _page("hooks.md")
    assert f"## `{name}({arguments})`" in page
    assert page.split(f"## `{name}(")[1].split("\n", 2)[2].startswith("Since ")


@pytest.mark.parametrize(
    "model", [ConnectionSpec, AuthenticationSpec, Field, PayloadRequest]
)
def test_every_attribute_of_a_hook_model_is_documented(
    model: type[attrs.AttrsInstance],
) -> None:
    page = _page("hooks.md")
    assert [
        field.name for field in attrs.fields(model) if f"`{field.name}`" not in page
    ] == []


@pytest.mark.parametrize("name", HOOKS)
def test_every_hook_has_a_test(name: str) -> None:
    source = (Path(__file__).parent / "connectors" / "test_connector.py").read_text(
        encoding="utf-8"
    )
    assert any(
        name in line
        for line in source.splitlines()
        if line.startswith("def test_hook_")
    )


def test_every_room_is_drawn() -> None:
    rooms = {
        path.stem for path in (DOCS.parent / "core" / "headwater").glob("*.py")
    } - {"__init__"}
    page = _page("architecture.md")
    assert [room for room in sorted(rooms) if f"`{room}`" not in page] == []
