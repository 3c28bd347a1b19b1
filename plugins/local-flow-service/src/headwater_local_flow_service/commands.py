"""``headwater serve``: options only; the rest is loaded when the command runs."""

from __future__ import annotations

from typing import Any

import click


@click.command(short_help="Serve the embedded Flow Service on a port.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", default=8700, show_default=True, type=click.IntRange(0, 65535), help="Port; 0 takes a free one."
)
@click.option("--store", metavar="PATH|URL", help="SQLite file or postgresql:// URL. [default: HEADWATER_LOCAL_STORE]")
@click.option("--strict", is_flag=True, help="Refuse whatever the platform refuses, misprinted ids included.")
@click.option("--sandbox", "sandboxes", multiple=True, metavar="NAME", help="One more sandbox beside prod and dev.")
@click.option(
    "--client",
    "clients",
    multiple=True,
    metavar="ID[=ORG,ORG]",
    help="Accept only tokens of this client, for these organizations. Its secret is read from "
    "HEADWATER_SERVE_CLIENT_SECRET or from --client-secret.",
)
@click.option(
    "--client-secret",
    "secrets",
    multiple=True,
    metavar="ID=REFERENCE",
    help="Where a client's secret is: env:NAME, file:PATH or keyring:SERVICE/USER.",
)
@click.option("--allow-host", "names", multiple=True, metavar="NAME", help="One more Host name to answer to.")
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Worker processes.")
@click.option("--access-log", is_flag=True, help="Log method, path, status and duration of each request.")
def serve(host: str, port: int, workers: int, access_log: bool, **options: Any) -> None:
    """Serve the embedded Flow Service on a port until interrupted.

    It is the service Headwater talks to when nothing else is configured: the same store, the same rules. On this
    machine's own addresses any bearer token is taken unless clients are configured; elsewhere it listens with clients
    only.
    """
    from headwater_local_flow_service import serving

    settings = serving.settings_for(host=host, **options)
    serving.run(settings, host=host, port=port, workers=workers, access_log=access_log, tell=_tell)


def _tell(line: str) -> None:
    click.echo(line)  # flushes, so that a program reading the pipe sees it at once
