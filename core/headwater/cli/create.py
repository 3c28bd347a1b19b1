"""``headwater create``: a base connection, exactly once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from headwater.cli.options import Seconds, common, new_connection, sending
from headwater.cli.output import emit, join_lines, keep_id, say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headwater.cli.state import State
    from headwater.create.journal import Keeper
    from headwater.create.values import Created, Prepared
    from headwater.credentials.given import GivenCredentials
    from headwater.flowservice import FlowService
    from headwater.profiles import Profile


_NO_JOURNAL = (
    "without a journal of creates, neither a command that runs at the same time"
    " nor one after a lost answer knows of this one"
)
_INTERRUPTED = (
    "the connection may have been created: run the same command again with --if-exists reuse"
    " (`headwater journal list --open` shows what is not known)"
)
_VERBS = {
    True: "created",
    False: "exists already, adopted",
    None: "found, perhaps made by another client",
}


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
    "--confirm",
    is_flag=True,
    help="Wait until lists have caught up, then look for others of the name.",
)
@click.option(
    "--no-journal",
    is_flag=True,
    help="Keep no journal of creates; the promise is weaker then.",
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
    confirm: bool,
    no_journal: bool,
    proven: bool,
    **given: Any,
) -> None:
    """Create a base connection, exactly once.

    Validates offline, looks the name up, sends once, and never sends blindly again: see docs/exactly-once.md.
    """
    from headwater.cli.inputs import gather
    from headwater.cli.interruption import catch_termination
    from headwater.cli.origin import load_creatable, tell_advice
    from headwater.create.runner import ensure, prepare_given

    connector = load_creatable(state, slug, spec_id)
    if proven:
        connector.check_readable()
    profile = state.profile()
    credentials = gather(state, connector, **given, cloud=profile.cloud)
    prepared = prepare_given(connector, credentials, name=name, description=description)
    state.remember(prepared.payload)
    warnings = tell_advice(state, connector, credentials)
    if proven:
        _prove(state, prepared, profile)
    if no_journal:
        state.notice(_NO_JOURNAL)
    service = state.service(profile)
    try:
        with catch_termination(), service:
            created = ensure(
                service,
                prepared,
                if_exists=if_exists,
                settle=settle,
                confirm=confirm,
                journal=_journal(kept=not no_journal),
                progress=state.notice,
            )
    except KeyboardInterrupt:
        if no_journal or _is_open(service, prepared):
            state.notice(_INTERRUPTED)
        raise
    _report(state, created, credentials, profile, warnings)


def _prove(state: State, prepared: Prepared, profile: Profile) -> None:
    """Ask the source whether it accepts the credentials; where it does not, nothing is created."""
    from headwater.sources.contract import SourceCredentials
    from headwater.sources.reach import Reach

    credentials = SourceCredentials(
        auth=prepared.auth,
        params=prepared.params,
        reach=Reach(ca_bundle=profile.values.get("ca_bundle")),
    )
    with prepared.connector.open_source(credentials) as reader:
        check = reader.check()
    user = f" (user {check.user})" if check.user else ""
    state.notice(f"the source accepts these credentials{user}")
    for note in check.notes:
        state.notice(note)


def _report(
    state: State,
    created: Created,
    credentials: GivenCredentials,
    profile: Profile,
    warnings: list[dict[str, str]],
) -> None:
    from headwater.cli.inputs import describe_origins

    for notice in _notices(created):
        state.notice(notice)
    result = {
        "id": created.id,
        "etag": created.etag,
        "connector": created.connector,
        "created": created.created,
        "auth": credentials.auth.spec_name,
        "profile": profile.name,
        "duplicates": list(created.duplicates),
        "uniqueness": created.uniqueness,
        "journal": created.journal,
        "notices": state.notices,
        "warnings": warnings,
        "sources": dict(credentials.origins),
    }
    if not state.json:
        say(describe_origins(credentials))
    verb = _VERBS[created.created]
    with keep_id(created.id):
        emit(
            result,
            join_lines(
                [f"{created.id}  {verb} ({created.connector}, profile {profile.name})"]
            ),
            as_json=state.json,
        )


def _notices(created: Created) -> Iterator[str]:
    """Yield what people should know about the result."""
    if created.duplicates:
        yield f"others of the same name were created meanwhile: {', '.join(created.duplicates)}"
    if created.created is None:
        yield "no answer to this request came, and another client could have made what was found"
    if created.created and created.uniqueness == "unconfirmed":
        yield "that no other machine has created the same meanwhile is not confirmed; --confirm looks again"
    if created.warning:
        yield f"the service says: {created.warning}"


def _is_open(service: FlowService, prepared: Prepared) -> bool:
    """Say whether a create has begun whose outcome is not known."""
    from headwater.create.journal import default_journal
    from headwater.create.wanted import WantedConnection

    return default_journal().is_open(WantedConnection(service, prepared).target.key)


def _journal(*, kept: bool) -> Keeper:
    from headwater.create.journal import NO_JOURNAL, default_journal

    if kept:
        return default_journal()
    return NO_JOURNAL
