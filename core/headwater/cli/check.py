"""``headwater check``: whether a source accepts credentials, before they are handed over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from headwater.cli.options import common, credential_input, sending
from headwater.cli.output import emit, join_lines
from headwater.errors import NotAuthenticated, ServiceError

if TYPE_CHECKING:
    from headwater.cli.state import State
    from headwater.flowservice import Connection, FlowService

_VERDICTS = {True: "works", False: "does not work", None: "not tested"}


@click.command("check")
@click.argument("slug", required=False)
@click.option(
    "--all",
    "everything",
    is_flag=True,
    help="Let the service test every base connection of the profile.",
)
@credential_input
@sending
@common
@click.pass_obj
def command(
    state: State, /, *, slug: str | None, everything: bool, **given: Any
) -> int:
    """Prove credentials against the source, or test every connection.

    Says who we are at the source and what is left of its allowances, in at most three requests. A refused password is
    not sent again. With --all, Flow Service tests each base connection of the sandbox; exits with 3 if one does not
    work.
    """
    from headwater.errors import InvalidInput

    if everything == (slug is not None):
        raise InvalidInput(
            "name one connector, or give --all",
            remedy="run `headwater list` for the connectors",
        )
    if everything:
        if any((given["file"], given["sets"], given["auth"])):
            raise InvalidInput(
                "--all takes no credentials: the service tests those it has stored"
            )
        return _test_all(state)
    return _check(state, str(slug), **given)


def _check(state: State, slug: str, **given: Any) -> int:
    from headwater.cli import source

    with source.open_reader(state, state.registry().load(slug), **given) as reader:
        check = reader.check()
    for note in check.notes:
        state.notice(note)
    emit(
        {**check.as_dict(), "connector": slug},
        source.check_text(check),
        as_json=state.json,
    )
    return 0


def _test_all(state: State) -> int:
    with state.service(state.profile()) as service:
        results = test_connections(state, service)
    failing = [result for result in results if result["result"] is not True]
    text = f"{len(results)} tested, {len(failing)} not working"
    emit(results, text, as_json=state.json)
    return 3 if failing else 0


def test_connections(state: State, service: FlowService) -> list[dict[str, Any]]:
    """Return one result for each connection, printing a line as soon as it is known.

    A connection the service cannot test is one that does not work; a service that does not answer at all ends the run.
    """
    slugs = state.slugs_by_id()
    results = []
    for connection in service.connections.list():
        result = _test(service, connection)
        result["connector"] = slugs.get(connection.spec_id, connection.spec_id)
        results.append(result)
        if not state.json:
            emit(None, _line(result), as_json=False)
    return results


def _test(service: FlowService, connection: Connection) -> dict[str, Any]:
    result: dict[str, Any] = {
        "id": connection.id,
        "name": connection.name,
        "result": None,
    }
    try:
        result["result"] = service.connections.test(connection.id)
    except NotAuthenticated:
        raise
    except ServiceError as error:
        result["error"] = error.data()
    return result


def _line(result: dict[str, Any]) -> str:
    verdict = _VERDICTS[result["result"]]
    line = f"{result['id']}  {verdict:13}  {result['connector']}  {result['name']}"
    if "error" in result:
        line += f": {result['error']['message']}"
    return join_lines([line])
