"""docs/connectors, made from the connectors: ``python -m headwater_authoring.connector_pages FOLDER SLUG ...``."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from headwater.cli.example import as_toml, values
from headwater.cli.facts import format_value, list_facts
from headwater.connectors import registry
from headwater.create.authentication import choose
from headwater.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from headwater.connectors.connector import Connector
    from headwater.models import AuthenticationSpec, Field

INDEX = "README.md"
MARK = "<!-- made from the connectors by headwater_authoring.connector_pages -->"

_INDEX_HEAD = """# Connectors

What each connector takes, made from the connectors themselves by `python -m headwater_authoring.connector_pages`.
`headwater show` says the same for those that are installed where you are; `headwater new` starts one of your own.

"""
_FIELDS = ("field", "type", "required", "secret", "default", "values", "meaning")
_USUAL_CLOUD = "azure"  # what a profile has that names none


def pages(names: Collection[str]) -> dict[str, str]:
    """Return the pages of connectors by file name, the index among them.

    `names` are slugs or distributions, so that whatever else is installed stays out. Raises `InvalidInput` for a name
    that no working connector has.
    """
    everything, _failures = registry.installed().all()
    chosen = [one for one in everything if {one.slug, one.distribution.name} & {*names}]
    known = {name for one in chosen for name in (one.slug, one.distribution.name)}
    if unknown := sorted({*names} - known):
        raise InvalidInput(
            f"neither a connector nor a distribution with one: {', '.join(unknown)}",
            remedy="run `headwater list` for those that are installed, and `headwater doctor` for those that fail",
        )
    return {INDEX: index(chosen), **{f"{one.slug}.md": page(one) for one in chosen}}


def index(connectors: Iterable[Connector]) -> str:
    """Return the page that lists connectors, one row each."""
    rows = [
        (
            f"[`{one.slug}`]({one.slug}.md)",
            *map(
                _cell,
                (
                    one.spec.name,
                    one.spec.category,
                    one.spec.ingestion,
                    one.spec.lifecycle,
                ),
            ),
            _cell(", ".join(auth.label for auth in one.authentication)),
        )
        for one in connectors
    ]
    header = (
        "slug",
        "name",
        "category",
        "ingestion",
        "lifecycle",
        "authentication specifications",
    )
    return f"{_INDEX_HEAD}{_table(header, rows)}\n\n{MARK}\n"


def page(connector: Connector) -> str:
    """Return the page of one connector."""
    known = [*list_facts(connector), ("distribution", connector.distribution.name)]
    parts = [
        f"# {_cell(connector.spec.name)}",
        _table(("", ""), [(name, _cell(fact)) for name, fact in known]),
    ]
    if connector.readable:
        parts.append(
            "Reads its source: `headwater check`, `tables`, `columns` and `preview` take it."
        )
    if not connector.spec.base_connection:
        parts.append(
            "It has no base connection: `headwater create` refuses, and says where to start."
        )
    if not connector.authentication:
        parts.append("This source takes no credentials.")
    parts += [_authentication(connector, auth) for auth in connector.authentication]
    return "\n\n".join([*parts, MARK]) + "\n"


def write(folder: Path, made: dict[str, str]) -> None:
    """Write pages into a folder, and take away those it made before that are no longer among them."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in made.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    for path in folder.glob("*.md"):
        if path.name not in made and path.read_text(encoding="utf-8").rstrip().endswith(
            MARK
        ):
            path.unlink()


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.argument("names", nargs=-1, required=True, metavar="SLUG_OR_DISTRIBUTION...")
def main(folder: Path, names: tuple[str, ...]) -> None:
    """Write a page for each connector, and an index of them."""
    try:
        made = pages(names)
    except InvalidInput as error:
        raise click.UsageError(str(error)) from error
    write(folder, made)


def _authentication(connector: Connector, auth: AuthenticationSpec) -> str:
    parts = [f"## {_cell(auth.label)}"]
    if auth.deprecated or auth.note:
        parts.append(_cell(auth.note or "Deprecated."))
    parts.append(_table(_FIELDS, [_row(field) for field in auth.fields]))
    parts.append(f"```toml\n{as_toml(connector.slug, auth)}\n```")
    parts.append(f"```console\n$ {command(connector, auth)}\n```")
    return "\n\n".join(parts)


def _row(field: Field) -> tuple[str, ...]:
    shown = field.enum or (
        () if field.secret or field.example is None else (field.example,)
    )
    return (
        f"`{field.name}`",
        field.type or "any",
        "yes" if field.required else "",
        "yes" if field.secret else "",
        "" if field.default is None else _code(field.default),
        ("" if field.enum or not shown else "such as ") + ", ".join(map(_code, shown)),
        _cell(field.description),
    )


def command(connector: Connector, auth: AuthenticationSpec) -> str:
    """Return what to type for a connection with the example's credentials; validate, where none can be created."""
    given = ["-c", f"{connector.slug}.toml", *_options(connector, auth)]
    if not connector.spec.base_connection:
        return shlex.join(["headwater", "validate", connector.slug, *given])
    given += [] if connector.spec.id else ["--spec-id", "UUID"]
    return shlex.join(
        [
            "headwater",
            "create",
            connector.slug,
            "--name",
            f"My {connector.spec.name}",
            *given,
        ]
    )


def _options(connector: Connector, auth: AuthenticationSpec) -> list[str]:
    """Return what has to be said for this authentication specification to be taken: the fields alone often do."""
    given = values(connector.slug, auth)
    for named in (None, auth.spec_name, auth.label):
        for cloud in dict.fromkeys((_USUAL_CLOUD, auth.cloud or _USUAL_CLOUD)):
            if _taken(connector, given, named, cloud) is auth:
                return [
                    *(["--auth", named] if named else []),
                    *([] if cloud == _USUAL_CLOUD else ["--cloud", cloud]),
                ]
    return ["--auth", auth.label]


def _taken(
    connector: Connector, given: dict[str, object], named: str | None, cloud: str
) -> AuthenticationSpec | None:
    try:
        return choose(connector, given, auth=named, cloud=cloud)
    except InvalidInput:  # nothing for this cloud
        return None


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(text: str) -> str:
    """Return text as Markdown that shows it: one line, and nothing in it that ends a cell or begins a tag."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


def _code(value: object) -> str:
    return f"`{format_value(value).replace('|', chr(92) + '|')}`"


if __name__ == "__main__":
    main()
