"""The template folder, filled in and written: file names and texts alike hold `%{placeholders}`."""

from __future__ import annotations

import json
import string
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from headwater import documents
from headwater.cli.characters import escape_line
from headwater.errors import InvalidInput
from headwater.foreign import raise_bare

if TYPE_CHECKING:
    from headwater_authoring.scaffold.plan import Plan

_TEMPLATE = Path(__file__).parent / "template"
_SUFFIX = ".template"  # keeps Python, linters and git from taking the templates for what they are going to be

_KNOWN = '        id="{}",'
_NOT_KNOWN = """\
        # Of your tenant, with `headwater specs pull` and `headwater specs list`; then take out no_id_reason.
        id=None,
        no_id_reason="nobody has looked it up in a tenant yet","""

_KNOWN_NOTE = """\
The connection specification is `{}`. `headwater doctor {}` compares it, and the
fields, with what your tenant lists."""
_NOT_KNOWN_NOTE = """\
**Still to do: the connection specification id.** The connector validates credentials without it, but `create` refuses
and says why. Take it from your tenant, not from a tutorial (some misprint it), and write it into `connection_spec()`
in the place of `None` and `no_id_reason`:

```
$ headwater specs pull
$ headwater specs list
```

`GET /connectionSpecs` has it too, as `items[].id`. For a single connection, `headwater create ... --spec-id UUID` will
do."""


class _Text(string.Template):
    """Text with `%{name}`: `$` belongs to shells and workflows, `{{ }}` to workflows, `@` to Python."""

    delimiter = "%"


def files(plan: Plan) -> dict[PurePosixPath, str]:
    """Return what the distribution of a new connector consists of: text by path, sorted."""
    values = _placeholders(plan)
    contents = {}
    for path in sorted(_TEMPLATE.rglob(f"*{_SUFFIX}")):
        name = path.relative_to(_TEMPLATE).as_posix().removesuffix(_SUFFIX)
        text = _Text(path.read_text(encoding="utf-8")).substitute(values)
        contents[PurePosixPath(_Text(name).substitute(values))] = text
    return contents


def write(plan: Plan, folder: Path) -> list[PurePosixPath]:
    """Write the distribution into a folder, which is made, and return the paths within it.

    Raises `InvalidInput` where the folder has anything in it, or cannot be written. No file is ever overwritten.
    """
    contents = files(plan)
    try:
        _check_empty(folder)
        for path, text in contents.items():
            _write_new(folder / path, text)
    except OSError as error:
        raise_bare(
            _not_writable(f"{folder} cannot be written: {documents.describe(error)}")
        )
    except InvalidInput:
        raise
    except ValueError:  # a null character, or what no file system can encode
        raise_bare(_not_writable("the folder has a name that no folder can have"))
    return list(contents)


def _not_writable(why: str) -> InvalidInput:
    return InvalidInput(why, remedy="name another folder with --into")


def _write_new(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("x", encoding="utf-8", newline="\n") as file:
        file.write(text)


def _check_empty(folder: Path) -> None:
    if folder.is_dir() and any(folder.iterdir()):
        raise InvalidInput(
            f"{folder} has files in it, and nothing is overwritten",
            remedy="name another folder with --into",
        )


def _placeholders(plan: Plan) -> Mapping[str, str]:
    identifier, note = _NOT_KNOWN, _NOT_KNOWN_NOTE
    if plan.spec_id:
        identifier = _KNOWN.format(plan.spec_id)
        note = _KNOWN_NOTE.format(plan.spec_id, plan.slug)
    facts = [f"\n        {name}={_python(fact)}," for name, fact in plan.facts.items()]
    return {
        "slug": plan.slug,
        "name": plan.name,
        "name_literal": _python(plan.name),
        "category_literal": _python(plan.category),
        "package": plan.package,
        "distribution": plan.distribution,
        "class_name": plan.class_name,
        "variable": plan.slug.upper().replace("-", "_"),
        "facts": "".join(facts),
        "identifier": identifier,
        "identifier_note": note,
    }


def _python(value: Any) -> str:
    """Write a fact as Python with double quotes."""
    if isinstance(value, Mapping):
        members = [f"{_python(key)}: {_python(item)}" for key, item in value.items()]
        return f"{{{', '.join(members)}}}"
    if isinstance(value, tuple):
        return f"({', '.join(map(_python, value))},)"
    if isinstance(value, str):
        return escape_line(json.dumps(value, ensure_ascii=False))
    return repr(value)
