"""``headwater serve``: options only; the rest is loaded when the command runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click


@click.command(short_help="Serve the embedded Flow Service on a port.")
@click.option(
    "--settings",
    "file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Read the settings from a TOML file; what is given here as well counts.",
)
@click.option("--host", help="Address to listen on.  [default: 127.0.0.1]")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    help="Port; 0 takes a free one.  [default: 8700]",
)
@click.option(
    "--store",
    metavar="PATH|URL",
    help="SQLite file or postgresql:// URL. [default: HEADWATER_LOCAL_STORE]",
)
@click.option(
    "--new",
    is_flag=True,
    help="Make an empty store where only its key is left of one.",
)
@click.option(
    "--strict",
    is_flag=True,
    help="Refuse whatever the platform refuses, misprinted ids included.",
)
@click.option(
    "--switch",
    "switches",
    multiple=True,
    metavar="NAME[=VALUE]",
    help="Set one switch of the strictness, by its name.",
)
@click.option(
    "--sandbox",
    "sandboxes",
    multiple=True,
    metavar="NAME",
    help="One more sandbox beside prod and dev.",
)
@click.option(
    "--client",
    "clients",
    multiple=True,
    metavar="ID=ORG[,ORG]",
    help="Accept only tokens of this client, and only for these organizations. Its secret is read from "
    "HEADWATER_SERVE_CLIENT_SECRET or from --client-secret.",
)
@click.option(
    "--client-secret",
    "secrets",
    multiple=True,
    metavar="ID=REFERENCE",
    help="Where a client's secret is: env:NAME, file:PATH or keyring:SERVICE/USER. Given again: the former "
    "one, good as well.",
)
@click.option(
    "--allow-host",
    "names",
    multiple=True,
    metavar="NAME",
    help="One more Host name to answer to.",
)
@click.option(
    "--reach-sources",
    "reached",
    multiple=True,
    metavar="HOST",
    help="Host of a source that connections may be tested and explored at; without clients this machine may as well.",
)
@click.option(
    "--sample-data",
    is_flag=True,
    help="Answer tests and explorations of sources that cannot be asked with samples, marked as such.",
)
@click.option(
    "--workers", type=click.IntRange(1, 64), help="Worker processes.  [default: 1]"
)
@click.option(
    "--access-log",
    is_flag=True,
    help="Log each request to stderr, one JSON object a line; with --faults, one plain line.",
)
@click.option(
    "--metrics-port",
    type=click.IntRange(0, 65535),
    help="Show metrics in the Prometheus format on this port of this machine; 0 takes a free one.",
)
@click.option(
    "--faults",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Fail on purpose, as the rules in this TOML or JSON file say. For tests: one process, this machine only.",
)
def serve(file: Path | None, faults: Path | None, **given: Any) -> None:
    """Serve the embedded Flow Service on a port until interrupted.

    It is the service Headwater talks to when nothing else is configured: the same store, the same rules. On this
    machine's own addresses any bearer token is taken unless clients are configured; elsewhere it listens with clients
    only.
    """
    from headwater_local_flow_service.serving import options, serving

    listening, settings = options.read(file, given)
    if faults is None:
        serving.run(settings, listening, tell=_tell)
        return
    from headwater_local_flow_service.faults import serving as failing

    plan = failing.plan_for(faults, host=listening.host, workers=listening.workers)
    host, port, access_log = listening.host, listening.port, listening.access_log
    failing.run(settings, plan, host=host, port=port, access_log=access_log, tell=_tell)


def _tell(line: str) -> None:
    click.echo(line)  # flushes, so that a program reading the pipe sees it at once
