"""Runs alone, in a fresh interpreter: loads connectors and tells what that did to the process.

Standard library only, and nothing of Headwater before the connectors ask for it. Started by `importing`.
"""

from __future__ import annotations

import importlib
import json
import logging
import os
import sys
import threading
import warnings
from typing import Any

REPORT = "\nheadwater-probe:"

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_FORBIDDEN = (
    "socket.", "subprocess.", "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "os.startfile", "os.system",
    "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.link", "os.symlink", "os.truncate", "os.chmod", "os.chown",
    "os.kill", "shutil.", "tempfile.", "urllib.", "http.client.", "smtplib.", "ftplib.", "sqlite3.connect",
    "webbrowser.",
)  # fmt: skip


class Observer:
    """Notes audit events that no import should cause, while it is `on`."""

    def __init__(self) -> None:
        self.events: set[str] = set()
        self.on = False

    def __call__(self, event: str, args: tuple[Any, ...]) -> None:
        """Take an audit event. Names are noted, never arguments: they could hold anything."""
        if not self.on:
            return
        if event == "open":
            flags = args[2] if len(args) > 2 else 0
            if isinstance(flags, int) and flags & _WRITING:
                self.events.add("a file opened for writing")
        elif event.startswith(_FORBIDDEN):
            self.events.add(event)


def state() -> dict[str, Any]:
    """Return what an import must leave as it is."""
    handlers = [*logging.root.handlers]
    for logger in logging.root.manager.loggerDict.values():
        if isinstance(logger, logging.Logger):
            handlers += logger.handlers
    return {
        "environment variables": dict(os.environ),
        "the working directory": os.getcwd(),  # noqa: PTH109 - pathlib is not to be loaded here
        "sys.path": list(sys.path),
        "the handlers of logging": [
            repr(handler)
            for handler in handlers
            if not isinstance(handler, logging.NullHandler)
        ],
        "the level of logging": [logging.root.level, logging.root.manager.disable],
        "the filters of warnings": [repr(entry) for entry in warnings.filters],
        "the threads": threading.active_count(),
        "sys.excepthook": repr(sys.excepthook),
    }


def load(values: list[str]) -> None:
    """Load entry-point values (``module:attribute``) and ask both fact hooks, as listing the connectors does."""
    for value in values:
        module, _colon, attribute = value.partition(":")
        plugin = importlib.import_module(module)
        for name in filter(None, attribute.split(".")):
            plugin = getattr(plugin, name)
        plugin.connection_spec()
        plugin.credential_schemas()


def main(values: list[str]) -> None:
    """Load the connectors and print the report behind everything that they printed."""
    observer = Observer()
    sys.addaudithook(observer)
    modules = set(sys.modules)
    before = state()
    failure = ""
    observer.on = True
    try:
        load(values)
    except BaseException as error:  # SystemExit too
        failure = type(error).__name__
    observer.on = False
    after = state()
    report = {
        "failure": failure,
        "modules": sorted(set(sys.modules) - modules),
        "events": sorted(observer.events),
        "changes": [name for name in before if before[name] != after[name]],
    }
    sys.stdout.flush()
    sys.stdout.write(REPORT + json.dumps(report))


if __name__ == "__main__":
    given = json.loads(sys.stdin.read())
    sys.path[:] = given["path"]
    main(given["values"])
