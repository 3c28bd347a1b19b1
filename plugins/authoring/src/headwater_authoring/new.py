"""``headwater new``: a connector of one's own, ready to install and to test."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from headwater.cli.options import common
from headwater.cli.output import emit, join_lines

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import PurePosixPath

    from headwater.cli.state import State
    from headwater_authoring.scaffold import Plan


@click.command("new")
@click.argument("slug")
@click.option(
    "--name", help="Name of the source for people. [default: made from the slug]"
)
@click.option(
    "--category", metavar="NAME", help="The platform's category. [default: protocols]"
)
@click.option(
    "--spec-id",
    metavar="UUID",
    help="Connection specification id, from your tenant; can be added later.",
)
@click.option(
    "--package",
    metavar="NAME",
    help="Python package. [default: headwater_ and the slug]",
)
@click.option(
    "--into",
    metavar="DIR",
    help="Folder to make, or an empty one. [default: the distribution's name]",
)
@common
@click.pass_obj
def command(state: State, /, *, slug: str, into: str | None, **given: Any) -> None:
    """Start a connector: a distribution that installs and passes its tests.

    SLUG is what users will type, such as acme-desk. The slug of a catalogue source is taken with its name, category and
    id; the new connector takes that one's place where it is installed. No file is ever overwritten.
    """
    from headwater_authoring.scaffold import plan_connector, write

    plan = plan_connector(slug, **given)
    folder = Path(into) if into is not None else Path(plan.distribution)
    written = write(plan, folder)
    _tell(state, plan, given["category"])
    steps = [
        f"cd {_quote(folder)}",
        "python -m pip install --editable '.[test]'",
        "python -m pytest",
    ]
    emit(
        _result(plan, folder, written, steps),
        _page(plan, folder, written, steps),
        as_json=state.json,
    )


def _quote(folder: Path) -> str:
    """Return a folder as a shell takes it, and `cd` does not take for an option."""
    name = str(folder)
    return shlex.quote(f"./{name}" if name.startswith("-") else name)


def _tell(state: State, plan: Plan, category: str | None) -> None:
    if plan.replaces:
        state.notice(
            f"{plan.slug} will take the place of the one of {plan.replaces}, where it is installed"
        )
    elif category is None:
        state.notice(
            f"its category is {plan.category} for now; --category names another"
        )
    if plan.spec_id is None:
        state.notice(
            "it has no connection specification id yet, so it validates and creates nothing; its README says how"
        )


def _result(
    plan: Plan, folder: Path, written: Sequence[PurePosixPath], steps: Sequence[str]
) -> dict[str, Any]:
    return {
        "slug": plan.slug,
        "name": plan.name,
        "category": plan.category,
        "connectionSpec": {"id": plan.spec_id},
        "distribution": plan.distribution,
        "package": plan.package,
        "replaces": plan.replaces or None,
        "folder": str(folder),
        "files": [str(path) for path in written],
        "next": list(steps),
    }


def _page(
    plan: Plan, folder: Path, written: Sequence[PurePosixPath], steps: Sequence[str]
) -> str:
    heading = f"{plan.name} ({plan.slug}), {len(written)} files in {folder}:"
    files = [f"  {path}" for path in written]
    following = [f"  {step}" for step in steps]
    return join_lines([heading, *files, "next:", *following])
