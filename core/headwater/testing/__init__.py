"""The import name of the authoring kit, which is a distribution of its own: `headwater-authoring`.

``headwater.testing`` and its submodules *are* the modules of ``headwater_authoring.testing``: importing either name
gives the same module objects, so that a class or a patched name is the same from both sides.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from importlib.abc import Loader, MetaPathFinder
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

_ALIAS = "headwater.testing"
_HOME = "headwater_authoring.testing"


class _AliasLoader(Loader):
    """Hands out a module that another name has imported already."""

    def __init__(self, home: str) -> None:
        self._home = home
        self._spec: ModuleSpec | None = None

    def create_module(self, _spec: ModuleSpec) -> ModuleType:
        module = importlib.import_module(self._home)
        self._spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = (
            self._spec
        )  # the import system has just put the alias's own in its place


class _AliasFinder(MetaPathFinder):
    """Finds ``headwater.testing.X`` where ``headwater_authoring.testing.X`` is."""

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


def _home() -> ModuleType:
    try:
        return importlib.import_module(_HOME)
    except ModuleNotFoundError as error:
        if error.name not in ("headwater_authoring", _HOME):
            raise
    raise ModuleNotFoundError(
        "headwater.testing comes with the distribution headwater-authoring, which is not installed; "
        "run `python -m pip install headwater-authoring`",
        name=_ALIAS,
    )


sys.modules[_ALIAS] = _home()
sys.meta_path.insert(0, _AliasFinder())
