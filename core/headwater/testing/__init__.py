"""The import name of the authoring kit, which is a distribution of its own: `headwater-authoring`.

``headwater.testing`` and its submodules *are* the modules of ``headwater_authoring.testing``: importing either name
gives the same module objects, so that a class or a patched name is the same from both sides.

This module puts the other one in its own place in ``sys.modules``, and a finder that does the same for submodules in
front of all others. Type checkers read the ``.pyi`` files beside it instead, one for each module.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from importlib.abc import Loader, MetaPathFinder
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

_ALIAS = "headwater.testing"
_HOME = "headwater_authoring.testing"


class _AliasFinder(MetaPathFinder):
    """Finds ``headwater.testing.X`` where there is a ``headwater_authoring.testing.X``."""

    def find_spec(
        self,
        name: str,
        _path: Sequence[str] | None = None,
        _target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        if not name.startswith(f"{_ALIAS}."):
            return None
        home = _HOME + name.removeprefix(_ALIAS)
        if importlib.util.find_spec(home) is None:
            return None
        return importlib.util.spec_from_loader(name, _AliasLoader(home))


class _AliasLoader(Loader):
    """Hands out a module under a second name, and leaves it as it was."""

    def __init__(self, home: str) -> None:
        self._home = home
        self._spec: ModuleSpec | None = None

    def create_module(self, _spec: ModuleSpec) -> ModuleType:
        module = importlib.import_module(self._home)
        self._spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        # It has run already. The import system has just replaced its spec, by which it would be reloaded.
        module.__spec__ = self._spec


def _import_home() -> ModuleType:
    try:
        return importlib.import_module(_HOME)
    except ModuleNotFoundError as error:
        if error.name not in ("headwater_authoring", _HOME):
            raise
        raise ModuleNotFoundError(
            f"{_ALIAS} comes with the distribution headwater-authoring, which is not installed; "
            "run `python -m pip install headwater-authoring`",
            name=_ALIAS,
        ) from None


def __getattr__(name: str) -> Any:
    # A thread that waited while another one imported this module still holds this one.
    return getattr(sys.modules[_ALIAS], name)


sys.modules[_ALIAS] = _import_home()
sys.meta_path.insert(0, _AliasFinder())
