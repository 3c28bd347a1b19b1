"""Runs alone, in a fresh interpreter: imports the authoring kit by both of its names, and tells how they differ."""

from __future__ import annotations

import importlib
import importlib.util
import json
import sys
import threading
import time
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

ALIAS = "headwater.testing"
HOME = "headwater_authoring.testing"
THREADS = 8
STEP = 0.005  # seconds from the start of one thread to that of the next


class SlowFinder(MetaPathFinder):
    """Finds nothing, and takes its time, so that other threads come by while modules are being imported."""

    def find_spec(
        self,
        name: str,
        _path: Sequence[str] | None = None,
        _target: ModuleType | None = None,
    ) -> None:
        if name.startswith(HOME):
            time.sleep(4 * STEP)


def submodules() -> list[str]:
    """Return what follows the package's name in the name of each of its modules, itself first; import none."""
    spec = importlib.util.find_spec(HOME.partition(".")[0])
    assert spec is not None
    assert spec.submodule_search_locations is not None
    folder = Path(spec.submodule_search_locations[0], "testing")
    return sorted(submodule(path, folder) for path in folder.rglob("*.py"))


def submodule(path: Path, folder: Path) -> str:
    """Return the end of a module's name, a dot in front: the part that says where in the package's folder it is."""
    parts = path.relative_to(folder).with_suffix("").parts
    return ".".join(("", *parts)).removesuffix(".__init__")


def import_all(*packages: str) -> None:
    """Import every module of one package, then every module of the next."""
    for package in packages:
        for submodule in submodules():
            importlib.import_module(package + submodule)


def import_in_threads() -> None:
    """Import by both names in many threads, each while the others are at it; take a name out of the package in each."""
    sys.meta_path.insert(0, SlowFinder())
    errors: list[BaseException] = []

    def run(packages: tuple[str, ...]) -> None:
        try:
            from headwater.testing import Subject  # noqa: F401 - what another thread is just importing

            import_all(*packages)
        except BaseException as error:
            errors.append(error)

    threads = [
        threading.Thread(target=run, args=[order])
        for order in ((ALIAS, HOME), (HOME, ALIAS)) * (THREADS // 2)
    ]
    for thread in threads:
        thread.start()
        time.sleep(STEP)
    for thread in threads:
        thread.join()
    for error in errors:
        raise error


def differences() -> list[str]:
    """Name every module that is not one and the same by both names, or has been changed by having two."""
    found = []
    for submodule in submodules():
        alias, home = sys.modules[ALIAS + submodule], sys.modules[HOME + submodule]
        name = HOME + submodule
        if alias is not home:
            found.append(f"{name}: two modules")
        if home.__name__ != name or home.__spec__ is None or home.__spec__.name != name:
            found.append(f"{name}: another name")
        if importlib.reload(alias) is not home:
            found.append(f"{name}: another one after reloading")
        package, _dot, attribute = (ALIAS + submodule).rpartition(".")
        if getattr(sys.modules[package], attribute) is not home:
            found.append(f"{name}: another one as an attribute of its package")
    return found


def main(order: str) -> None:
    """Import in an order (``alias``, ``home`` or ``threads`` first) and report."""
    if order == "threads":
        import_in_threads()
    else:
        import_all(*((ALIAS, HOME) if order == "alias" else (HOME, ALIAS)))
    report = {
        "modules": len(submodules()),
        "from": [str(sys.modules[name].__file__) for name in ("headwater", HOME)],
        "differences": differences(),
    }
    sys.stdout.write(json.dumps(report))


if __name__ == "__main__":
    main(sys.argv[1])
