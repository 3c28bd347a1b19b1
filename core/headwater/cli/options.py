"""Options that several commands share; each writes into the run's `State`."""

from __future__ import annotations

import logging
import math
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from headwater.cli.state import State

    Decorated = TypeVar("Decorated", bound=Callable[..., Any])


_ASKING = "Whose ca_bundle and pulled specifications count; see `headwater specs`."


class Seconds(click.FloatRange):
    """A duration within bounds; ``nan`` compares with neither of them and is refused."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Any:
        number = super().convert(value, param, ctx)
        if math.isnan(number):
            self.fail("nan is not a duration", param, ctx)
        return number


def common(function: Decorated) -> Decorated:
    """Add ``--json``, ``--verbose`` and ``--debug``."""
    for option in (
        _flag(
            "--debug",
            help="Show the cleaned traceback of a bug.",
            store=lambda state: setattr(state, "debug", True),
        ),
        _flag(
            "-v", "--verbose", help="Log every request to standard error.", store=_log
        ),
        _flag(
            "--json",
            help="Print JSON for programs.",
            store=lambda state: setattr(state, "json", True),
        ),
    ):
        function = option(function)
    return function


def sending(function: Decorated) -> Decorated:
    """Add the options that say where to send, and how."""
    for option in (
        _override(
            "--read-timeout",
            type=float,
            metavar="SECONDS",
            help="How long to wait for an answer.",
        ),
        _override(
            "--connect-timeout",
            type=float,
            metavar="SECONDS",
            help="How long to wait for a connection.",
        ),
        _override("--proxy", metavar="URL", help="Send through this proxy."),
        _ca_bundle(),
        _override(
            "--sandbox",
            metavar="NAME",
            help="Use this sandbox instead of the profile's.",
        ),
        of_profile("Where to send; local is built in."),
    ):
        function = option(function)
    return function


def asking(function: Decorated) -> Decorated:
    """Add what matters of a profile where only a source is asked: whom to trust, and whose specifications count."""
    for option in (_ca_bundle(), of_profile(_ASKING)):
        function = option(function)
    return function


def of_profile(
    help: str = "Whose pulled specifications count as well; see `headwater specs`.",
) -> Callable[[Decorated], Decorated]:
    """Add ``--profile``, for commands that send nothing as well."""
    return click.option(
        "--profile", metavar="NAME", expose_value=False, callback=_profile, help=help
    )


def new_connection(function: Decorated) -> Decorated:
    """Add what describes a connection that is to be created: slug, its id, name, description, credentials."""
    function = credential_input(unknown_fields(function))
    function = click.option(
        "--spec-id",
        metavar="UUID",
        help="Connection specification id, for a connector without a verified one.",
    )(function)
    function = click.option("--description", help="What the connection is for.")(
        function
    )
    function = click.option(
        "--name",
        required=True,
        help="Name of the connection; it must identify the connection.",
    )(function)
    return slug_argument(function)


def unknown_fields(function: Decorated) -> Decorated:
    """Add ``--allow-unknown``."""
    return click.option(
        "--allow-unknown",
        is_flag=True,
        help="Take fields that the specification does not list, as they are given.",
    )(function)


def credential_input(function: Decorated) -> Decorated:
    """Add the options that give credentials."""
    for option in (
        _override(
            "--cloud",
            type=click.Choice(["azure", "aws"]),
            help="Cloud of the organization, for choosing.",
        ),
        click.option(
            "--auth",
            metavar="NAME",
            help="Authentication specification; chosen by the fields without it.",
        ),
        click.option(
            "--set",
            "sets",
            metavar="FIELD=VALUE",
            multiple=True,
            help="Set a non-secret field.",
        ),
        click.option(
            "-c",
            "--credentials",
            "file",
            metavar="FILE",
            help="Credentials in JSON or TOML; - is stdin.",
        ),
    ):
        function = option(function)
    return function


def slug_argument(function: Decorated) -> Decorated:
    """Add the connector's slug, which completes without importing a plugin."""
    return click.argument("slug", shell_complete=_slugs)(function)


def _flag(
    *names: str, help: str, store: Callable[[State], object]
) -> Callable[[Decorated], Decorated]:
    def callback(
        context: click.Context, _parameter: click.Parameter, value: bool
    ) -> None:
        if value:
            store(context.obj)

    return click.option(
        *names,
        is_flag=True,
        expose_value=False,
        is_eager=True,
        callback=callback,
        help=help,
    )


def _ca_bundle() -> Callable[[Decorated], Decorated]:
    return _override(
        "--ca-bundle",
        metavar="FILE",
        help="Certificate authorities to trust instead of the usual ones.",
    )


def _override(name: str, **details: Any) -> Callable[[Decorated], Decorated]:
    def callback(
        context: click.Context, parameter: click.Parameter, value: Any
    ) -> None:
        context.obj.overrides[parameter.name] = value

    return click.option(name, expose_value=False, callback=callback, **details)


def _profile(
    context: click.Context, _parameter: click.Parameter, value: str | None
) -> None:
    context.obj.profile_name = value


def _log(_state: State) -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(name)s: %(message)s"))
    logger = logging.getLogger("headwater")
    logger.handlers = [handler]
    logger.setLevel(logging.INFO)


def _slugs(
    context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[str]:
    from headwater.cli.state import State

    state = State()  # of its own: while completing, nothing may be told
    state.json = True
    state.profile_name = context.params.get("profile")
    return [
        slug for slug in state.registry().available() if slug.startswith(incomplete)
    ]
