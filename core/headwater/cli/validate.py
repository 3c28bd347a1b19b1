"""``headwater validate``: every problem with some credentials, offline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from headwater.cli.options import common, credential_input, of_profile, slug_argument
from headwater.cli.output import emit

if TYPE_CHECKING:
    from headwater.cli.state import State


@click.command("validate")
@slug_argument
@credential_input
@click.option(
    "--resolve",
    is_flag=True,
    help="Look secret references up as well, and judge what they lead to.",
)
@of_profile()
@common
@click.pass_obj
def command(state: State, /, *, slug: str, resolve: bool, **given: Any) -> int:
    """Hold credentials against a connector, offline.

    Reports every problem by field and rule, and exits with 2 if there is one. Secret references (env:, file:,
    keyring:) are left alone unless --resolve is given.
    """
    from headwater.cli.inputs import gather, problems
    from headwater.cli.origin import tell_origin

    connector = state.registry().load(slug)
    tell_origin(state, connector)
    credentials = gather(state, connector, **given)
    found = problems(credentials, look_up=resolve)
    result = {
        "valid": not found,
        "problems": [problem.as_dict() for problem in found],
        "auth": credentials.auth.spec_name,
        "cloud": credentials.auth.cloud,
        "variant": credentials.auth.variant,
        "sources": dict(credentials.sources),
    }
    lines = [
        credentials.told(),
        *(f"  {problem.field}: {problem.message}" for problem in found),
    ]
    lines.append(_verdict(len(found)))
    emit(result, "\n".join(lines), as_json=state.json)
    return 2 if found else 0


def _verdict(count: int) -> str:
    if not count:
        return "valid"
    return f"not valid: {count} problem{'s' if count > 1 else ''}"
