"""Public names of a package that resolve when first used, so that importing the package costs next to nothing."""

from __future__ import annotations

import importlib
import sys
import warnings
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def lazily(package: str, homes: Mapping[str, str]) -> Callable[[str], Any]:
    """Return a module ``__getattr__`` for a package; `homes` maps public names to the submodules that define them."""

    def resolve(name: str) -> Any:
        home = homes.get(name)
        if home is None:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(importlib.import_module(f"{package}.{home}"), name)
        setattr(sys.modules[package], name, value)  # found without us from now on
        return value

    return resolve


def forward_moved(
    old: str, new: str, renamed: Mapping[str, str] | None = None
) -> Callable[[str], Any]:
    """Return a module ``__getattr__`` for a module that was moved: it forwards public names, with a warning.

    `renamed` maps the names that are called otherwise now.
    """

    def forward(name: str) -> Any:
        current = (renamed or {}).get(name, name)
        home = importlib.import_module(new)
        if name.startswith("_") or not hasattr(home, current):
            raise AttributeError(f"module {old!r} has no attribute {name!r}")
        warnings.warn(
            f"{old}.{name} has moved to {new}.{current}",
            DeprecationWarning,
            stacklevel=2,
        )
        return getattr(home, current)

    return forward


def forward_renamed(module: str, names: Mapping[str, str]) -> Callable[[str], Any]:
    """Return a module ``__getattr__`` for names that the module has replaced: it forwards them, with a warning."""

    def forward(name: str) -> Any:
        new = names.get(name)
        if new is None:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        warnings.warn(
            f"{module}.{name} is now called {module}.{new}",
            DeprecationWarning,
            stacklevel=2,
        )
        return getattr(sys.modules[module], new)

    return forward
