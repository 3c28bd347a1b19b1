"""The figures of `script/measure`: each can be nothing and each can be something, and the goals are judged."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from measuring.figures import measure_houses
from measuring.houses import find_houses
from measuring.lists import LISTS
from measuring.structure import main

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from measuring.report import Figures

    Checkout = Callable[..., Path]

CALM = {
    "__init__.py": "from headwater.ground import load\n",
    "ground.py": 'def load(path):\n    """Load it."""\n    text = open(path)\n    print(text)\n    return text\n',
}


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """Write a checkout whose core has the given files, and return its root."""

    def write(files: dict[str, str], *, package: str = "core/headwater") -> Path:
        for name, text in files.items():
            path = tmp_path / package / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return tmp_path

    return write


def figures(root: Path, house: str = "core") -> Figures:
    return measure_houses(find_houses(root))[house]


def listed(root: Path, name: str) -> list[str]:
    return list(LISTS[name](find_houses(root)["core"]))


def test_calm_code_has_nothing_to_report(checkout: Checkout) -> None:
    calm = figures(checkout(CALM))

    assert (calm["module_circles"], calm["room_circles"]) == (0, 0)
    assert (
        calm["ternaries_per_1000"],
        calm["comprehensions_per_1000"],
        calm["participles"],
    ) == (0, 0, 0)
    assert (calm["branches_per_line"], calm["decisions_per_line"]) == (1 / 4, 0)
    assert (
        calm["functions"],
        calm["function_median"],
        calm["function_p90"],
        calm["function_max"],
    ) == (1, 4, 4, 4)


def test_rooms_floors_and_arrows_are_counted(checkout: Checkout) -> None:
    root = checkout(
        {
            **CALM,
            "shop/__init__.py": "",
            "shop/counter.py": "import headwater.ground\nfrom headwater.shop import till\n",
            "shop/till.py": "",
            "shop/tests/test_till.py": "from headwater import ground\n",
        }
    )

    found = figures(root)

    assert (found["modules"], found["loose_modules"], found["rooms"]) == (5, 1, 3)
    assert (found["room_arrows"], found["module_arrows"], found["floors"]) == (2, 3, 2)
    assert listed(root, "loose") == ["core/headwater/ground.py"]


@pytest.mark.parametrize(
    "back",
    [
        "from headwater.first import start\n",
        "from .first import start\n",
        "from . import first\n",
        "import headwater.first as other\n",
        "def go():\n    from headwater.first import start\n",
        "if TYPE_CHECKING:\n    from headwater.first import start\n",
    ],
)
def test_an_import_back_is_a_circle_however_it_is_written(
    checkout: Checkout, back: str
) -> None:
    root = checkout(
        {
            "__init__.py": "",
            "first.py": "from headwater.second import go\n",
            "second.py": back,
        }
    )

    found = figures(root)

    assert (found["module_circles"], found["room_circles"]) == (1, 1)
    assert "circle of 2 modules: headwater.first, headwater.second" in listed(
        root, "circles"
    )
    assert "    core/headwater/first.py:1 headwater.second: go" in listed(
        root, "circles"
    )


def test_rooms_can_stand_in_a_circle_while_their_modules_do_not(
    checkout: Checkout,
) -> None:
    root = checkout(
        {
            "__init__.py": "",
            "one/a.py": "from headwater.two import a\n",
            "one/b.py": "",
            "two/a.py": "",
            "two/b.py": "from ..one import b\n",
        }
    )

    found = figures(root)

    assert (found["module_circles"], found["room_circles"], found["floors"]) == (
        0,
        1,
        1,
    )


def test_a_circle_between_houses_shows_in_the_total_alone(checkout: Checkout) -> None:
    checkout({"__init__.py": "", "a.py": "import headwater_new.b\n"})
    root = checkout(
        {"__init__.py": "", "b.py": "import headwater.a\n"},
        package="plugins/new/src/headwater_new",
    )

    assert figures(root)["module_circles"] == 0
    assert figures(root, "new")["module_circles"] == 0
    assert figures(root, "total")["module_circles"] == 1


@pytest.mark.parametrize(
    ("statement", "branches"),
    [
        ("x = 1", 1),
        ("if x: pass\n    elif y: pass\n    else: pass", 3),
        ("for x in y: pass", 2),
        ("while x: pass", 2),
        ("try: pass\n    except KeyError: pass\n    except ValueError: pass", 3),
        ("assert x", 2),
        ("x = 1 if y else 2", 2),
        ("x = a and b and c or d", 4),
        ("x = [a for b in c for a in b if a if b]", 5),
        ("match x:\n        case 1: pass\n        case _: pass", 3),
        ("with x: pass", 1),
    ],
)
def test_branches_are_the_ways_through_a_function(
    checkout: Checkout, statement: str, branches: int
) -> None:
    root = checkout({"__init__.py": f"def go():\n    {statement}\n"})
    lines = statement.count("\n") + 2

    assert figures(root)["branches_per_line"] == branches / lines
    assert listed(root, "branches")[0].startswith(
        f"core/headwater/__init__.py:1 go  {lines} lines  {branches} branches"
    )


def test_ternaries_and_comprehensions_are_counted_by_lines_of_the_file(
    checkout: Checkout,
) -> None:
    root = checkout(
        {
            "__init__.py": "x = 1 if y else 2\n\n\ndef go():\n    return [{a for a in b} for b in c]\n"
        }
    )

    assert figures(root)["ternaries_per_1000"] == 1000 / 5
    assert figures(root)["comprehensions_per_1000"] == 2000 / 5
    assert listed(root, "ternaries") == [
        "core/headwater/__init__.py:1 (module)  1 ternaries in lines 1"
    ]
    assert listed(root, "comprehensions") == [
        "core/headwater/__init__.py:4 go  2 comprehensions in lines 5, 5"
    ]


@pytest.mark.parametrize("name", ["checked", "_settled_credentials", "found", "_told"])
def test_a_function_named_by_a_participle_is_found(
    checkout: Checkout, name: str
) -> None:
    root = checkout(
        {"__init__.py": f"def {name}():\n    pass\n\n\ndef go():\n    pass\n"}
    )

    assert figures(root)["participles"] == 50
    assert listed(root, "participles") == [f"core/headwater/__init__.py:1 {name}"]


@pytest.mark.parametrize(
    "name", ["check", "is_checked", "read", "feed", "embed", "__used__"]
)
def test_a_verb_is_no_participle(checkout: Checkout, name: str) -> None:
    assert (
        figures(checkout({"__init__.py": f"def {name}():\n    pass\n"}))["participles"]
        == 0
    )


@pytest.mark.parametrize(
    "decorator", ["property", "functools.cached_property", "name.setter"]
)
def test_a_property_may_be_called_by_a_participle(
    checkout: Checkout, decorator: str
) -> None:
    root = checkout(
        {
            "__init__.py": f"class A:\n    @{decorator}\n    def checked(self):\n        pass\n"
        }
    )

    assert figures(root)["participles"] == 0


def test_goals_are_judged_only_when_asked(
    checkout: Checkout, capsys: pytest.CaptureFixture[str]
) -> None:
    root = str(checkout({"__init__.py": "def checked(a):\n    return 1 if a else 2\n"}))

    assert main([root]) == 0
    assert "1.000*" in capsys.readouterr().out
    assert main([root, "--check"]) == 1
    assert capsys.readouterr().err.splitlines() == [
        "branches per function line: 1.000 misses the goal ≤ 0.32",
        "ternaries per 1,000 lines: 500.0 misses the goal ≤ 11",
        "participles, % of names: 100.0 misses the goal ≤ 2",
    ]


def test_calm_code_meets_every_goal(
    checkout: Checkout, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(checkout(CALM)), "--check"]) == 0
    assert capsys.readouterr().err == "every goal is met\n"


def test_two_checkouts_are_set_side_by_side(
    checkout: Checkout, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = tmp_path / "before"
    checkout({"__init__.py": "", "loose.py": ""}, package="before/core/headwater")
    after = checkout({"__init__.py": ""})
    checkout({"__init__.py": ""}, package="plugins/new/src/headwater_new")

    assert main([str(after), "--against", str(before)]) == 0
    table = {
        line[:34].rstrip(): line[34:].split("  ")
        for line in capsys.readouterr().out.splitlines()
    }
    assert [cell.strip() for cell in table["loose modules"] if cell.strip()] == [
        "1 → 0",
        "- → 0",
        "1 → 0",
    ]

    assert main([str(after), "--against", str(before), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (
        document["before"]["core"]["loose_modules"],
        document["after"]["core"]["loose_modules"],
    ) == (1, 0)


def test_what_is_no_checkout_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main([str(tmp_path)])
    assert "neither a checkout nor a package" in capsys.readouterr().err
