"""``headwater connections``: the base connections of a profile's sandbox."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from headwater.cli.characters import escape_line
from headwater.cli.group import Commands
from headwater.cli.masking import mask_params
from headwater.cli.options import common, credential_input, sending, unknown_fields
from headwater.cli.output import emit, join_lines, say, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headwater.cli.state import State
    from headwater.flowservice import Connection


_SAMPLE = "sampleData"  # how the embedded service marks what no source has told
_NO_SOURCE = "sample data of the embedded service: the source was not asked"


@click.group("connections", cls=Commands)
def command() -> None:
    """List, read, test, explore, change and delete base connections."""


@command.command("list")
@click.option("--connector", metavar="SLUG", help="Only those of one connector.")
@click.option("--name", help="Only those of this name.")
@sending
@common
@click.pass_obj
def list_(state: State, /, *, connector: str | None, name: str | None) -> None:
    """List the base connections of the sandbox."""
    filters = []
    if connector:
        filters.append(f"connectionSpec.id=={_spec_id(state, connector)}")
    with state.service(state.profile()) as service:
        connections = [*service.connections.list(property=filters)]
    if name is not None:
        connections = [item for item in connections if item.name == name]
    text = "" if state.json else _list_text(state, connections)
    shown = [mask_params(state.registry(), item) for item in connections]
    emit(shown, text, as_json=state.json)


@command.command("get")
@click.argument("connection_id", metavar="ID")
@sending
@common
@click.pass_obj
def get(state: State, /, *, connection_id: str) -> None:
    """Show one base connection; secrets never come back."""
    with state.service(state.profile()) as service:
        connection = service.connections.get(connection_id)
    shown = mask_params(state.registry(), connection)
    params = shown.get("auth", {}).get("params", {}) if connection.params else {}
    spec = f"{connection.spec_id} (version {connection.spec_version})"
    facts = {
        "id": connection.id,
        "name": connection.name,
        "description": connection.description,
        "connection specification": spec,
        "authentication": connection.auth_name,
        **{f"  {name}": value for name, value in params.items()},
        "state": connection.state,
        "sandbox": connection.sandbox,
        "etag": connection.etag,
    }
    emit(
        shown,
        table((name, fact) for name, fact in facts.items() if fact != ""),
        as_json=state.json,
    )


@command.command("test")
@click.argument("connection_id", metavar="ID")
@sending
@common
@click.pass_obj
def test(state: State, /, *, connection_id: str) -> int:
    """Ask the service whether the source accepts the connection's credentials.

    The embedded service asks the source through the connector; where it cannot, it says so. Exits with 3 when the
    answer is no.
    """
    with state.service(state.profile()) as service:
        tested = service.connections.test_result(connection_id)
    works = tested["result"]
    if tested.get(_SAMPLE):
        state.notice(_NO_SOURCE)
    if not works:
        state.notice(
            "see that its connector is installed, then give the credentials anew with `connections update`"
        )
    text = "the service says yes" if works else "the service says no"
    emit(
        {"id": connection_id, "result": works, "notices": state.notices},
        text,
        as_json=state.json,
    )
    return 0 if works else 3


@command.command("explore")
@click.argument("connection_id", metavar="ID")
@click.argument("path", metavar="[OBJECT]", required=False)
@click.option(
    "--type",
    "object_type",
    type=click.Choice(("table", "folder", "file", "rest")),
    help="What OBJECT is: a table unless said, or a folder or file of a source of files; rest, without OBJECT, for a "
    "source that is read by REST.",
)
@click.option(
    "--source-param",
    "source_params",
    multiple=True,
    metavar="NAME=VALUE",
    help="What a source that is read by REST is asked with.",
)
@click.option("--preview", is_flag=True, help="Show the first rows as well.")
@sending
@common
@click.pass_obj
def explore(
    state: State,
    /,
    *,
    connection_id: str,
    path: str | None,
    object_type: str | None,
    source_params: tuple[str, ...],
    preview: bool,
) -> None:
    """Let the service look into the source: its tables or files, or what one of them is like.

    How a file is written is found out by the service.
    """
    from headwater.cli.source import exploration_text

    asked = _exploration(path, object_type, source_params, preview=preview)
    with state.service(state.profile()) as service:
        answer = service.connections.explore(connection_id, **asked)
    parts = answer if isinstance(answer, list) else [answer]
    if any(isinstance(part, dict) and part.get(_SAMPLE) for part in parts):
        state.notice(_NO_SOURCE)
    emit(answer, exploration_text(answer), as_json=state.json)


def _exploration(
    path: str | None,
    object_type: str | None,
    source_params: tuple[str, ...],
    *,
    preview: bool,
) -> dict[str, Any]:
    """Return the arguments of an exploration. Raises `InvalidInput` for options that do not go together."""
    from headwater.errors import InvalidInput

    if source_params and object_type != "rest":
        raise InvalidInput(
            "--source-param is for sources that are read by REST",
            remedy="give --type rest as well",
        )
    if object_type == "rest":
        params = dict(map(_split_param, source_params))
        path = path or "json"
        return {
            "object_type": "rest",
            "object": path,
            "preview": preview,
            "source_params": params,
        }
    if path is None:
        if preview or object_type:
            raise InvalidInput(
                "the object to look into is missing",
                remedy="name it after the connection's id",
            )
        return {"object_type": "root"}
    object_type = object_type or "table"
    return {
        "object_type": object_type,
        "object": path,
        "preview": preview,
        "determine_properties": object_type == "file",
    }


def _split_param(text: str) -> tuple[str, str]:
    from headwater.errors import InvalidInput

    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise InvalidInput(
            "--source-param must be written NAME=VALUE",
            remedy="name the parameter before the equals sign",
        )
    return name.strip(), value


@command.command("update")
@click.argument("connection_id", metavar="ID")
@click.option("--name", help="The new name.")
@click.option("--description", help="The new description.")
@credential_input
@unknown_fields
@sending
@common
@click.pass_obj
def update(
    state: State,
    /,
    *,
    connection_id: str,
    name: str | None,
    description: str | None,
    **given: Any,
) -> None:
    """Change a base connection, unless somebody else did meanwhile.

    -c takes the complete credentials, validated as create does: the platform replaces them as a whole. The connection's
    own authentication specification is kept unless --auth names another.
    """
    from headwater.errors import InvalidInput

    with_credentials = bool(given["file"] or given["sets"])
    if name is not None and not name.strip():
        raise InvalidInput(
            "the new name is empty",
            remedy="give a name; connections are told apart by it",
        )
    if name is None and description is None and not with_credentials:
        raise InvalidInput(
            "nothing to change", remedy="give --name, --description or -c"
        )
    with state.service(state.profile()) as service:
        connection = service.connections.get(connection_id)
        operations = _put_strings(connection, name=name, description=description)
        if with_credentials:
            operations += _put_credentials(state, connection, **given)
        reference = service.connections.update(
            connection_id, operations, etag=connection.etag
        )
    emit(
        {"id": reference.id, "etag": reference.etag},
        join_lines([f"{reference.id}  changed"]),
        as_json=state.json,
    )


@command.command("delete")
@click.argument("connection_id", metavar="ID")
@click.option("--yes", is_flag=True, help="Do not ask.")
@sending
@common
@click.pass_obj
def delete(state: State, /, *, connection_id: str, yes: bool) -> None:
    """Delete a base connection, after asking."""
    with state.service(state.profile()) as service:
        if not yes:
            _confirm(service.connections.get(connection_id))
        service.connections.delete(connection_id)
    emit(
        {"id": connection_id, "deleted": True},
        join_lines([f"{connection_id}  deleted"]),
        as_json=state.json,
    )


def _spec_id(state: State, slug: str) -> str:
    connector = state.registry().load(slug)
    connector.check_creatable()
    return str(connector.spec.id)


def _list_text(state: State, connections: Sequence[Connection]) -> str:
    slugs = state.slugs_by_id()
    rows = []
    for connection in connections:
        slug = slugs.get(connection.spec_id, connection.spec_id)
        rows.append((connection.id, slug, connection.state, connection.name))
    return table(rows, ("ID", "CONNECTOR", "STATE", "NAME"))


def _confirm(connection: Connection) -> None:
    from headwater.errors import InvalidInput

    if not sys.stdin.isatty():
        raise InvalidInput(
            "deleting asks first, and there is no terminal to ask at",
            remedy="give --yes",
        )
    click.confirm(
        f"Delete the connection {escape_line(connection.name) or connection.id}?",
        abort=True,
        err=True,
    )


def _put_strings(connection: Connection, **strings: str | None) -> list[dict[str, Any]]:
    operations = []
    for name, string in strings.items():
        if string is not None:
            operations.append(_put(connection, name, string))
    return operations


def _put_credentials(
    state: State, connection: Connection, **given: Any
) -> list[dict[str, Any]]:
    from headwater.cli.inputs import describe_origins, gather
    from headwater.cli.origin import tell_advice

    connector = state.registry().find(connection.spec_id).connector
    given["auth"] = given["auth"] or connection.auth_name or None
    credentials = gather(state, connector, **given)
    tell_advice(state, connector, credentials)
    params = credentials.resolve()
    state.remember(params)
    if not state.json:
        say(describe_origins(credentials))
    if connection.auth_name == credentials.auth.spec_name:
        return [{"op": "replace", "path": "/auth/params", "value": params}]
    auth = {"specName": credentials.auth.spec_name, "params": params}
    return [_put(connection, "auth", auth)]


def _put(connection: Connection, name: str, value: Any) -> dict[str, Any]:
    """Return the JSON Patch operation that sets one member of a connection, whether or not it has it already."""
    return {
        "op": "replace" if name in connection.raw else "add",
        "path": f"/{name}",
        "value": value,
    }
