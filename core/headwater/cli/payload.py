"""``headwater payload``: exactly what ``create`` would send, to look at or to send by other means."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from headwater.cli.options import common, new_connection, sending
from headwater.cli.output import emit, in_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headwater.cli.state import State
    from headwater.profiles import Profile

# Where `headwater serve` listens unless told otherwise.
SERVED = "http://127.0.0.1:8700"


@click.command("payload")
@new_connection
@click.option(
    "--format",
    "form",
    type=click.Choice(["json", "curl", "http"]),
    default="json",
    show_default=True,
    help="The body alone, a curl command, or the HTTP request.",
)
@click.option(
    "--reveal", is_flag=True, help="Look references up and show secrets in clear."
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
    form: str,
    reveal: bool,
    **given: Any,
) -> None:
    """Print exactly what create would send.

    Secrets are shown as ****** unless --reveal is given. Nothing is sent, and --format json needs no profile. With
    --json, the other formats become an object of method, url, headers and body.
    """
    from headwater.cli.inputs import gather
    from headwater.cli.origin import load_creatable, tell_advice
    from headwater.create.runner import prepare_given
    from headwater.flowservice import wire
    from headwater.secret import mask, reveal_all

    connector = load_creatable(state, slug, spec_id)
    credentials = gather(state, connector, **given)
    prepared = prepare_given(
        connector, credentials, name=name, description=description, look_up=reveal
    )
    state.remember(prepared.payload)
    tell_advice(state, connector, credentials)
    payload = wire.normalize(prepared.payload)
    shown = reveal_all(payload) if reveal else mask(payload)
    if form == "json":
        click.echo(in_json(shown))
        return
    profile = state.profile()
    url = _connections_url(state, profile)
    headers = _headers(profile, reveal=reveal)
    if state.json:
        request = {"method": "POST", "url": url, "headers": headers, "body": shown}
        emit(request, "", as_json=True)
        return
    write = _FORMS[form]
    click.echo(write(url, headers, wire.encode(shown).decode("ascii")))


def _connections_url(state: State, profile: Profile) -> str:
    from headwater.flowservice.connections import CONNECTIONS
    from headwater.flowservice.transport import BASE

    root = profile.url
    if profile.embedded:
        root = SERVED
        state.notice(
            f"the embedded service has no address of its own; {SERVED} is where `headwater serve` listens"
        )
    return f"{root.rstrip('/')}{BASE}/{CONNECTIONS}"


def _headers(profile: Profile, *, reveal: bool) -> dict[str, str]:
    from headwater.flowservice import wire
    from headwater.flowservice.transport import platform_headers

    values = profile.values
    api_key = values.get("api_key") or values.get("client_id") or "{API_KEY}"
    return {
        "Authorization": f"Bearer {_token(profile, reveal=reveal)}",
        **platform_headers(
            api_key=str(api_key),
            org_id=str(values.get("org_id", "{ORG_ID}")),
            sandbox=str(values.get("sandbox", "{SANDBOX_NAME}")),
        ),
        **wire.HEADERS,
    }


def _token(profile: Profile, *, reveal: bool) -> str:
    from headwater.secret import MASK

    if not reveal:
        return MASK
    token = profile.endpoint().access_token
    if token is None:  # it is fetched from the identity service when something is sent
        return "{ACCESS_TOKEN}"
    return token.reveal()


def _write_curl(url: str, headers: Mapping[str, str], body: str) -> str:
    words = [f"curl -X POST {shlex.quote(url)}"]
    for name, value in headers.items():
        words.append(f"-H {shlex.quote(f'{name}: {value}')}")
    words.append(f"--data-binary {shlex.quote(body)}")
    return " \\\n  ".join(words)


def _write_http(url: str, headers: Mapping[str, str], body: str) -> str:
    parts = urlsplit(url)
    lines = [f"POST {parts.path} HTTP/1.1", f"Host: {parts.netloc}"]
    for name, value in headers.items():
        lines.append(f"{name}: {value}")
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", body])


_FORMS = {"curl": _write_curl, "http": _write_http}
