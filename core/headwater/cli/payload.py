"""``headwater payload``: exactly what ``create`` would send, to look at or to send by other means."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from headwater.cli.options import common, new_connection, sending
from headwater.cli.output import emit, in_json

if TYPE_CHECKING:
    from headwater.cli.state import State
    from headwater.profiles import Profile

PATH = "/data/foundation/flowservice/connections"
SERVED = (
    "http://127.0.0.1:8700"  # where `headwater serve` listens unless told otherwise
)


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
    from headwater.cli.origin import creatable
    from headwater.secret import mask, reveal_all

    connector = creatable(state, slug, spec_id)
    credentials = gather(state, connector, **given)
    prepared = credentials.prepared(name, description, look_up=reveal)
    state.remember(prepared.payload)
    body = in_json((reveal_all if reveal else mask)(prepared.payload))
    if form == "json":
        click.echo(body)
        return
    url, headers = _request(state, reveal=reveal)
    if state.json:
        emit(
            {
                "method": "POST",
                "url": url,
                "headers": headers,
                "body": json.loads(body),
            },
            "",
            as_json=True,
        )
        return
    click.echo(
        _curl(url, headers, body) if form == "curl" else _http(url, headers, body)
    )


def _request(state: State, *, reveal: bool) -> tuple[str, dict[str, str]]:
    profile = state.profile()
    root = profile.url
    if profile.embedded:
        root = SERVED
        state.notice(
            f"the embedded service has no address of its own; {SERVED} is where `headwater serve` listens"
        )
    values = profile.values
    headers = {
        "Authorization": f"Bearer {_token(profile, reveal=reveal)}",
        "x-api-key": str(
            values.get("api_key") or values.get("client_id") or "{API_KEY}"
        ),
        "x-gw-ims-org-id": str(values.get("org_id", "{ORG_ID}")),
        "x-sandbox-name": str(values.get("sandbox", "{SANDBOX_NAME}")),
        "Content-Type": "application/json",
    }
    return root.rstrip("/") + PATH, headers


def _token(profile: Profile, *, reveal: bool) -> str:
    from headwater.secret import MASK

    if not reveal:
        return MASK
    token = profile.endpoint().access_token
    return (
        token.reveal() if token is not None else "{ACCESS_TOKEN}"
    )  # fetched from IMS when something is sent


def _curl(url: str, headers: dict[str, str], body: str) -> str:
    parts = [f"curl -X POST {shlex.quote(url)}"]
    parts += [
        f"-H {shlex.quote(f'{name}: {value}')}" for name, value in headers.items()
    ]
    return " \\\n  ".join([*parts, f"--data-binary {shlex.quote(body)}"])


def _http(url: str, headers: dict[str, str], body: str) -> str:
    parts = urlsplit(url)
    lines = [f"POST {parts.path} HTTP/1.1", f"Host: {parts.netloc}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, f"Content-Length: {len(body.encode())}", "", body])
