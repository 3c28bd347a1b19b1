"""``headwater local``: the store of the embedded service on this machine, looked at, copied and emptied."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import attrs
import click

from headwater.cli.group import Commands
from headwater.cli.options import common
from headwater.cli.output import emit, say, table
from headwater.foreign import raise_bare

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from headwater.cli.state import State
    from headwater_local_flow_service.store.store import Store

    Decorated = TypeVar("Decorated", bound=Callable[..., Any])


@click.group("local", cls=Commands)
def command() -> None:
    """Look at, export, import and empty the embedded service's store."""


def _choosing(function: Decorated) -> Decorated:
    for option in (
        click.option(
            "--settings",
            "file",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="As serve has it.",
        ),
        click.option(
            "--store",
            metavar="PATH|URL",
            help="As serve has it. [default: HEADWATER_LOCAL_STORE]",
        ),
    ):
        function = option(function)
    return function


def _renewing(function: Decorated) -> Decorated:
    option = click.option(
        "--new",
        is_flag=True,
        help="Make an empty store where only its key is left of one.",
    )
    return option(function)


@command.command("init", short_help="Make the store and its key.")
@_renewing
@_choosing
@common
@click.pass_obj
def init(state: State, /, *, new: bool, store: str | None, file: Path | None) -> None:
    """Make the store and its key where there is neither; a store that is there stays as it is.

    Nobody needs to: both are made on first use. Where only the key is left, the store was moved or lost, or its disk is
    not mounted, and nothing is made in its place until --new says so.
    """
    from headwater_local_flow_service.store import schema

    settings = _settings(store, file, new=new)
    with _open_store(settings, make=True) as opened:
        key = str(schema.key_path(settings) or "HEADWATER_LOCAL_KEY")
        facts = {"store": opened.label, "key": key}
    emit(facts, table([*facts.items()]), as_json=state.json)


@command.command("info", short_help="Say where the store is and what is in it.")
@_choosing
@common
@click.pass_obj
def info(state: State, /, *, store: str | None, file: Path | None) -> None:
    """Say where the store is, where its key and the files of data sets are, and how much of each kind there is."""
    from headwater_local_flow_service.archive import resetting
    from headwater_local_flow_service.store import schema, tables

    settings = _settings(store, file)
    with _open_store(settings) as opened:
        objects = resetting.counts(opened)
        key = schema.key_path(settings)
        facts = {
            "store": opened.label,
            "schema": tables.VERSION,
            "key": str(key or "HEADWATER_LOCAL_KEY"),
        }
        lake = resetting.read_lake(opened, settings)
    held = attrs.asdict(lake)
    rows = [
        *facts.items(),
        ("lake", lake.location or "none: the setting lake names one"),
        ("batches", f"{lake.batches} ({lake.files} files, {lake.bytes} bytes)"),
        *((type, count) for type, count in objects.items() if count),
    ]
    emit(facts | {"objects": objects, "lake": held}, table(rows), as_json=state.json)


@command.command(
    "export", short_help="Write everything in the store but its secrets to a file."
)
@click.argument("target", metavar="FILE")
@_choosing
@common
@click.pass_obj
def export(
    state: State, /, *, target: str, store: str | None, file: Path | None
) -> None:
    """Write everything in the store but its secrets to FILE, one JSON object a line; - is standard output.

    The service may run meanwhile: the export is the store at one moment. A file is replaced when all of it is written.
    Batches and the files of data sets are not part of it.
    """
    from headwater_local_flow_service.archive import exporting, files, resetting

    settings = _settings(store, file)
    with _open_store(settings) as opened:
        # the first and the last line
        count = files.write(target, exporting.lines(opened)) - 2
        batches = resetting.read_lake(opened, settings).batches
    if batches:
        state.notice(f"{batches} batches, and their files, are not part of an export")
    if target == "-":
        say(f"{count} objects exported, their secrets left out")
        return
    text = f"{count} objects exported to {target}, their secrets left out"
    facts = {"file": target, "objects": count, "notices": state.notices}
    emit(facts, text, as_json=state.json)


@command.command(
    "import", short_help="Store what an export holds, whole or not at all."
)
@click.argument("source", metavar="FILE")
@_renewing
@_choosing
@common
@click.pass_obj
def import_(
    state: State,
    /,
    *,
    source: str,
    new: bool,
    store: str | None,
    file: Path | None,
) -> None:
    """Store what an export in FILE holds, whole or not at all; - is standard input.

    Ids, etags and dates stay. Credentials are not in an export: the connections that had some must be given them again,
    and their test says no until then.
    """
    from headwater_local_flow_service.archive import files, importing

    settings = _settings(store, file, new=new)
    with (
        _open_store(settings, make=True) as opened,
        files.reading(source, longest=importing.longest_line(settings)) as lines_of,
    ):
        lines, name = lines_of
        context = importing.context_of(opened, settings)
        found = importing.run(context, lines, name)
    waiting = found.without_credentials
    if waiting:
        verb = "connections need their" if len(waiting) > 1 else "connection needs its"
        state.notice(
            f"{len(waiting)} {verb} credentials again: headwater connections update ID -c FILE"
        )
    count = sum(found.objects.values())
    facts = {
        "objects": found.objects,
        "withoutCredentials": waiting,
        "notices": state.notices,
    }
    text = "\n".join(
        [
            f"{count} objects imported",
            *(f"  {id}  without credentials" for id in waiting[:_SHOWN]),
        ]
    )
    emit(facts, text, as_json=state.json)


@command.command("reset", short_help="Delete everything in the store.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@_choosing
@common
@click.pass_obj
def reset(state: State, /, *, yes: bool, store: str | None, file: Path | None) -> None:
    """Delete everything in the store, of all organizations and sandboxes, and the files of data sets, after asking.

    Its key stays.
    """
    from headwater_local_flow_service.archive import resetting
    from headwater_local_flow_service.files.file_store import FilesUnavailable

    settings = _settings(store, file, lake=True)
    with _open_store(settings) as opened:
        if not yes:
            _confirm(opened, sum(resetting.counts(opened).values()))
        gone = resetting.run(opened)
    removed = 0
    try:
        removed = resetting.remove_files(opened.id, settings)
    except FilesUnavailable as error:
        state.notice(f"files of data sets are left over: {error}")
    text = f"{sum(gone.values())} objects deleted from {opened.label}"
    if removed:
        text += f", and {removed} files of data sets"
    facts = {
        "store": opened.label,
        "deleted": gone,
        "files": removed,
        "notices": state.notices,
    }
    emit(facts, text, as_json=state.json)


@command.command("rotate-key", short_help="Seal all credentials with a new key.")
@click.option(
    "--forget",
    is_flag=True,
    help="Take former keys out of the key file, five minutes after the last one was made or later.",
)
@_choosing
@common
@click.pass_obj
def rotate_key(
    state: State, /, *, forget: bool, store: str | None, file: Path | None
) -> int:
    """Make a new key, and seal every stored credential with it. The service may run meanwhile.

    A service takes the new key from the key file with the next request that needs one. The former key can still open,
    until --forget. A rotation that was interrupted goes on where it was when the command is run again. Credentials
    that no key opens are named and left as they are; all others are sealed, and the command fails.
    """
    from headwater_local_flow_service.store import rotation

    settings = _settings(store, file)
    work = rotation.forget if forget else rotation.run
    with _open_store(settings) as opened:
        done = work(opened, settings, _Progress().tell)
        label = opened.label
    facts: dict[str, Any] = {
        "store": label,
        "sealed": done.sealed,
        "resumed": done.resumed,
        "keys": done.keys,
        "forgotten": done.forgotten,
        "closed": done.closed,
    }
    lines = [f"{done.sealed} credentials sealed with the newest key of {label}"]
    if done.forgotten:
        lines[0] += f"; former keys forgotten: {done.forgotten}"
    elif not forget:
        state.notice(
            "the former key can still open: headwater local rotate-key --forget"
        )
    if done.closed:
        state.notice(
            f"{len(done.closed)} credentials do not open with any key of the store: put the key that made them into "
            "the key file as a further line and run again, or give them anew"
        )
    lines += [f"  {id}  does not open" for id in done.closed[:_SHOWN]]
    facts["notices"] = state.notices
    emit(facts, "\n".join(lines), as_json=state.json)
    return _CLOSED if done.closed else 0


class _Progress:
    """Tells once in a while how many rows are done."""

    def __init__(self) -> None:
        self._told = time.monotonic()

    def tell(self, count: int) -> None:
        now = time.monotonic()
        if now - self._told >= _PAUSE:
            self._told = now
            say(f"{count} credentials sealed")


_PAUSE = 1  # second between two words about progress
_CLOSED = 2  # the exit code where credentials do not open, as of a store that does not
_SHOWN = 20  # ids that a text lists; --json lists all


def _settings(
    store: str | None, file: Path | None, *, new: bool = False, lake: bool = False
) -> Any:
    from headwater_local_flow_service.serving import options

    return options.store_settings(file, store, new=new, lake=lake)


@contextmanager
def _open_store(settings: Any, *, make: bool = False) -> Iterator[Store]:
    """Open the store; it is made only if `make` is given. Raises `StoreError` and `StoreBusy`."""
    from headwater_local_flow_service.store import database, schema
    from headwater_local_flow_service.store.store import Store
    from headwater_local_flow_service.store.storeerrors import (
        StoreBusy,
        StoreError,
        StoreFull,
        StoreKeyless,
        StoreUnavailable,
    )

    url = database.url_of(settings.store)
    if not make and database.is_file(url) and not Path(str(url.database)).exists():
        schema.refuse_to_replace(url, settings)
        raise StoreError(
            f"there is no store at {database.label(url)} yet",
            remedy="it is made on first use; name another with --store or HEADWATER_LOCAL_STORE",
        )
    store = Store(settings)
    try:
        yield store
    except StoreFull:
        raise_bare(
            StoreBusy(
                f"there is no room for the store {store.label}",
                remedy="make room on its disk, then run again",
            )
        )
    except StoreKeyless as error:
        raise_bare(StoreError(str(error), remedy="put it back, then run again"))
    except StoreUnavailable:
        raise_bare(
            StoreBusy(
                f"the store {store.label} does not answer",
                remedy="let other programs finish, then run again",
            )
        )
    finally:
        store.close()


def _confirm(store: Store, count: int) -> None:
    from headwater.errors import InvalidInput

    if not sys.stdin.isatty():
        raise InvalidInput(
            "deleting everything asks first, and there is no terminal to ask at",
            remedy="give --yes",
        )
    click.confirm(f"Delete all {count} objects in {store.label}?", abort=True, err=True)
