"""docs/connectors, made from the connectors: ``python -m headwater_authoring.connector_pages FOLDER SLUG ...``."""

from __future__ import annotations

import itertools
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import click

from headwater.cli.example import as_toml, values
from headwater.cli.facts import describe_need, format_value, list_facts, list_rules
from headwater.connectors import registry
from headwater.create.authentication import choose
from headwater.errors import InvalidInput
from headwater.models import dotted, iter_fields

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

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
    chosen = []
    unknown = set(names)
    for connector in registry.installed().all()[0]:
        own_names = {connector.slug, connector.distribution.name}
        if not own_names.isdisjoint(names):
            chosen.append(connector)
            unknown -= own_names
    if unknown:
        raise InvalidInput(
            f"neither a connector nor a distribution with one: {', '.join(sorted(unknown))}",
            remedy="run `headwater list` for those that are installed, and `headwater doctor` for those that fail",
        )
    contents = {INDEX: index(chosen)}
    for connector in chosen:
        contents[f"{connector.slug}.md"] = page(connector)
    return contents


def index(connectors: Iterable[Connector]) -> str:
    """Return the page that lists connectors, one row each."""
    rows = []
    for connector in connectors:
        spec = connector.spec
        labels = ", ".join(auth.label for auth in connector.authentication)
        facts = (spec.name, spec.category, spec.ingestion, spec.lifecycle, labels)
        link = f"[`{connector.slug}`]({connector.slug}.md)"
        rows.append((link, *map(_cell, facts)))
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
    if connector.spec.ui_only:
        parts.append(
            "It is set up in the platform's user interface only, as that page of Adobe's documentation describes: "
            "`headwater validate` and `headwater create` refuse, and name the page."
        )
    elif not connector.spec.base_connection:
        parts.append(
            "It has no base connection: `headwater create` refuses, and says where to start."
        )
    if not connector.authentication and not connector.spec.ui_only:
        parts.append("This source takes no credentials.")
    parts += [_authentication(connector, auth) for auth in connector.authentication]
    return "\n\n".join([*parts, MARK]) + "\n"


def write(folder: Path, contents: dict[str, str]) -> None:
    """Write pages into a folder, and take away those it wrote before that are no longer among them."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in contents.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    for path in folder.glob("*.md"):
        if path.name not in contents and _is_ours(path):
            path.unlink()


def _is_ours(path: Path) -> bool:
    return path.read_text(encoding="utf-8").rstrip().endswith(MARK)


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.argument("names", nargs=-1, required=True, metavar="SLUG_OR_DISTRIBUTION...")
def main(folder: Path, names: tuple[str, ...]) -> None:
    """Write a page for each connector, and an index of them."""
    try:
        contents = pages(names)
    except InvalidInput as error:
        raise click.UsageError(str(error)) from error
    write(folder, contents)


def _authentication(connector: Connector, auth: AuthenticationSpec) -> str:
    parts = [f"## {_cell(auth.label)}"]
    if auth.deprecated or auth.note:
        parts.append(_cell(auth.note or "Deprecated."))
    parts.append(
        _table(_FIELDS, [_row(path, field) for path, field in iter_fields(auth)])
    )
    parts.append(f"```toml\n{as_toml(connector.slug, auth)}\n```")
    parts.append(f"```console\n$ {command(connector, auth)}\n```")
    return "\n\n".join(parts)


def _row(path: tuple[str, ...], field: Field) -> tuple[str, ...]:
    default = ""
    if field.default is not None:
        default = _code(field.default)
    return (
        f"`{dotted(path)}`",
        field.type or "any",
        _need(field),
        "yes" if field.secret else "",
        default,
        "; ".join(_list_values(field)),
        _cell(field.description),
    )


def _need(field: Field) -> str:
    """Return "yes" for a required field, and when another one is asked for."""
    need = describe_need(field)
    return _cell({"required": "yes", "optional": ""}.get(need, need))


def _list_values(field: Field) -> Iterator[str]:
    """Yield what a field takes, its example where that is not told by its choices."""
    if field.enum:
        yield ", ".join(map(_code, field.enum))
    elif field.example is not None and not field.secret:
        yield f"such as {_code(field.example)}"
    in_words = attrs.evolve(
        field, enum=(), accepts=(), pattern=None, advised_pattern=None
    )
    yield from map(_cell, list_rules(in_words))
    if field.pattern is not None:
        yield f"matches {_code(field.pattern)}"
    if field.advised_pattern is not None:
        yield f"usually matches {_code(field.advised_pattern)}"
    if field.accepts:
        yield f"also taken: {', '.join(_code(other) for other, _own in field.accepts)}"


def command(connector: Connector, auth: AuthenticationSpec) -> str:
    """Return what to type for a connection with the example's credentials; validate, where none can be created."""
    options = ["-c", f"{connector.slug}.toml", *_options(connector, auth)]
    if not connector.spec.base_connection:
        return shlex.join(["headwater", "validate", connector.slug, *options])
    if not connector.spec.id:
        options += ["--spec-id", "UUID"]
    name = f"My {connector.spec.name}"
    return shlex.join(["headwater", "create", connector.slug, "--name", name, *options])


def _options(connector: Connector, auth: AuthenticationSpec) -> list[str]:
    """Return what has to be said for this authentication specification to be chosen: the fields alone often do."""
    clouds = dict.fromkeys((_USUAL_CLOUD, auth.cloud or _USUAL_CLOUD))
    for name, cloud in itertools.product((None, auth.spec_name, auth.label), clouds):
        if _choose(connector, auth, name, cloud) is not auth:
            continue
        options = []
        if name is not None:
            options += ["--auth", name]
        if cloud != _USUAL_CLOUD:
            options += ["--cloud", cloud]
        return options
    return ["--auth", auth.label]


def _choose(
    connector: Connector, auth: AuthenticationSpec, name: str | None, cloud: str
) -> AuthenticationSpec | None:
    """Return what is chosen for the example's credentials, or None where nothing is there for this cloud."""
    try:
        return choose(connector, values(connector.slug, auth), auth=name, cloud=cloud)
    except InvalidInput:
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
