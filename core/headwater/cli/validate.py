"""``headwater validate``: every problem with some credentials, offline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from headwater.cli.options import (
    common,
    credential_input,
    of_profile,
    slug_argument,
    unknown_fields,
)
from headwater.cli.output import emit, join_lines

if TYPE_CHECKING:
    from headwater.cli.state import State
    from headwater.connectors.connector import Connector
    from headwater.credentials.given import GivenCredentials
    from headwater.models import Problem


@click.command("validate")
@slug_argument
@credential_input
@unknown_fields
@click.option(
    "--resolve",
    is_flag=True,
    help="Look secret references up as well, and validate what they lead to.",
)
@of_profile()
@common
@click.pass_obj
def command(state: State, /, *, slug: str, resolve: bool, **given: Any) -> int:
    """Check credentials against a connector, offline.

    Reports every problem by field and rule, and exits with 2 if there is one. Warnings, such as of a recommended field
    that is missing, change nothing. Secret references (env:, file:,
    keyring:) are left alone unless --resolve is given. Where none is left to look up, a connector that reads its
    source is asked as well whether it could, such as with an address of the wrong form; nothing is sent.
    """
    from headwater.cli.inputs import describe_origins, gather
    from headwater.cli.origin import tell_advice, tell_origin

    connector = state.registry().load(slug)
    tell_origin(state, connector)
    credentials = gather(state, connector, **given)
    warnings = tell_advice(state, connector, credentials)
    problems = credentials.problems
    if resolve and not problems:
        problems = credentials.find_problems_behind_references()
    if not problems and (resolve or not credentials.pending):
        problems = _ask_reader(connector, credentials)
    result = {
        "valid": not problems,
        "problems": [problem.as_dict() for problem in problems],
        "warnings": warnings,
        "hint": credentials.hint,
        "auth": credentials.auth.spec_name,
        "cloud": credentials.auth.cloud,
        "variant": credentials.auth.variant,
        "sources": dict(credentials.origins),
    }
    lines = [
        describe_origins(credentials),
        *(f"  {problem.field}: {problem.message}" for problem in problems),
        _verdict(len(problems)),
        *filter(None, [credentials.hint]),
    ]
    emit(result, join_lines(lines), as_json=state.json)
    return 2 if problems else 0


def _ask_reader(connector: Connector, credentials: GivenCredentials) -> list[Problem]:
    """Return what a reader refuses when it is opened, which sends nothing: what no schema says of an address."""
    from headwater.errors import InvalidInput
    from headwater.models import Problem
    from headwater.sources import SourceCredentials

    if not connector.readable:
        return []
    given = SourceCredentials(auth=credentials.auth, params=credentials.resolve())
    try:
        with connector.open_source(given):
            return []
    except InvalidInput as error:
        return [Problem(_find_field(error.message, credentials), "reader", str(error))]


def _find_field(message: str, credentials: GivenCredentials) -> str:
    """Return the field that a message begins with, as those of readers do."""
    word = message.partition(" ")[0]
    return word if word in credentials.values else "(credentials)"


def _verdict(count: int) -> str:
    if not count:
        return "valid"
    noun = "problem" if count == 1 else "problems"
    return f"not valid: {count} {noun}"
