"""``headwater create``: a base connection, exactly once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from headwater.cli.options import Seconds, common, new_connection, sending
from headwater.cli.output import emit, say

if TYPE_CHECKING:
    from headwater.cli.state import State
    from headwater.create.exactly_once import Created, Prepared
    from headwater.credentials.given import GivenCredentials
    from headwater.profiles import Profile


@click.command("create")
@new_connection
@click.option(
    "--if-exists",
    type=click.Choice(["fail", "reuse"]),
    default="fail",
    show_default=True,
    help="What to do with a connection of this name: refuse, or adopt it if its non-secret fields are the same.",
)
@click.option(
    "--settle",
    type=Seconds(0, 3600),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="How long to look for the connection after an unknown outcome.",
)
@click.option(
    "--check",
    "proven",
    is_flag=True,
    help="Prove the credentials against the source first.",
)
@sending
@common
@click.pass_obj
def command(
    state: State,
    /,
    *,
    slug: str,
    spec_id: str | None,
    name: str,
    description: str | None,
    if_exists: str,
    settle: float,
    proven: bool,
    **given: Any,
) -> None:
    """Create a base connection, exactly once.

    Validates offline, looks the name up, sends once, and never sends blindly again: see docs/exactly-once.md.
    """
    from headwater.cli.inputs import gather
    from headwater.cli.origin import lifecycle_notices, load_creatable
    from headwater.create.runner import ensure, prepare_given

    connector = load_creatable(state, slug, spec_id)
    if proven:
        connector.check_readable()
    profile = state.profile()
    credentials = gather(state, connector, **given, cloud=profile.cloud)
    prepared = prepare_given(connector, credentials, name=name, description=description)
    state.remember(prepared.payload)
    for notice in lifecycle_notices(connector, credentials.auth):
        state.notice(notice)
    if proven:
        _prove(state, prepared)
    try:
        with state.service(profile) as service:
            created = ensure(
                service,
                prepared,
                if_exists=if_exists,
                settle=settle,
                progress=state.notice,
            )
    except KeyboardInterrupt:
        state.notice(
            "the connection may have been created: run the same command again with --if-exists reuse"
        )
        raise
    _report(state, created, credentials, profile)


def _prove(state: State, prepared: Prepared) -> None:
    """Ask the source whether it accepts the credentials; where it does not, nothing is created."""
    from headwater.sources.contract import SourceCredentials

    credentials = SourceCredentials(auth=prepared.auth, params=prepared.params)
    with prepared.connector.open_source(credentials) as reader:
        check = reader.check()
    user = f" (user {check.user})" if check.user else ""
    state.notice(f"the source accepts these credentials{user}")
    for note in check.notes:
        state.notice(note)


def _report(
    state: State, created: Created, credentials: GivenCredentials, profile: Profile
) -> None:
    from headwater.cli.inputs import describe_origins

    if created.duplicates:
        state.notice(
            f"others of the same name were created meanwhile: {', '.join(created.duplicates)}"
        )
    if created.warning:
        state.notice(f"the service says: {created.warning}")
    result = {
        "id": created.id,
        "etag": created.etag,
        "connector": created.connector,
        "created": created.created,
        "auth": credentials.auth.spec_name,
        "profile": profile.name,
        "duplicates": list(created.duplicates),
        "notices": state.notices,
        "sources": dict(credentials.origins),
    }
    if not state.json:
        say(describe_origins(credentials))
    verb = "created" if created.created else "exists already, adopted"
    emit(
        result,
        f"{created.id}  {verb} ({created.connector}, profile {profile.name})",
        as_json=state.json,
    )
