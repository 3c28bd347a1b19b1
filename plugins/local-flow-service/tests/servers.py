"""PostgreSQL of a test's own, to be stopped and frozen, and a line to it that stops forwarding."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_POSTGRES = "postgres"


def _tool(name: str) -> str:
    """Return the path of one of the server's programs. Skips where they are not installed."""
    found = shutil.which(name)
    places = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    if found is None and not places:
        pytest.skip(f"{name} of PostgreSQL is not installed")
    return found or str(places[-1])


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


@attrs.frozen
class Server:
    """A cluster on a port of its own; it syncs what it commits."""

    folder: Path
    port: int

    @property
    def url(self) -> str:
        return self.url_at(self.port)

    def url_at(self, port: int) -> str:
        return f"postgresql://{_POSTGRES}@127.0.0.1:{port}/{_POSTGRES}"

    def start(self) -> None:
        options = f"-c port={self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=''"
        self._control("start", "-o", options)

    def stop(self) -> None:
        """Stop at once, as a power cut would."""
        self._control("stop", "-m", "immediate")

    def freeze(self) -> None:
        """Stop every process of the server where it is: its sockets stay open, and nobody answers."""
        for process in self._processes():
            os.kill(process, signal.SIGSTOP)

    def thaw(self) -> None:
        for process in self._processes():
            os.kill(process, signal.SIGCONT)

    def _processes(self) -> list[int]:
        """Return the ids of the server and of its children."""
        leader = int((self.folder / "data" / "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{leader}/task/{leader}/children").read_text().split()
        return [leader, *map(int, children)]

    def _control(self, *arguments: str) -> None:
        log = str(self.folder / "log")
        command = [_tool("pg_ctl"), "-D", str(self.folder / "data"), "-w", "-l", log]
        _run([*command, *arguments])


def _run(command: list[str]) -> None:
    user = _POSTGRES if os.geteuid() == 0 else None
    subprocess.run(
        command, check=True, timeout=60, user=user, stdout=subprocess.DEVNULL
    )


@contextlib.contextmanager
def server() -> Iterator[Server]:
    """Make a cluster, run it, and take it away. Skips where PostgreSQL is not installed."""
    initdb = _tool("initdb")
    folder = Path(tempfile.mkdtemp(prefix="headwater-postgresql-"))
    if os.geteuid() == 0:
        owner = pwd.getpwnam(_POSTGRES)
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    made = Server(folder, free_port())
    try:
        _run([initdb, "-D", str(folder / "data"), "-U", _POSTGRES, "-A", "trust"])
        made.start()
        try:
            yield made
        finally:
            with contextlib.suppress(OSError):
                made.thaw()
            with contextlib.suppress(subprocess.SubprocessError):
                made.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Line:
    """A TCP proxy on this machine. Frozen, it takes connections and bytes, and hands nothing on."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._flowing = threading.Event()
        self._flowing.set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._start(self._accept)

    def freeze(self) -> None:
        self._flowing.clear()

    def thaw(self) -> None:
        self._flowing.set()

    def close(self) -> None:
        self._flowing.set()
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                here, _address = self._listener.accept()
                self._start(self._connect, here)

    def _connect(self, here: socket.socket) -> None:
        self._flowing.wait()
        with (
            here,
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", self._target)) as there,
        ):
            back = self._start(self._hand_on, here, there)
            self._hand_on(there, here)
            back.join()

    def _hand_on(self, giver: socket.socket, taker: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := giver.recv(65_536):
                self._flowing.wait()
                taker.sendall(data)
        for end in (giver, taker):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _start(
        self, run: Callable[..., None], *arguments: socket.socket
    ) -> threading.Thread:
        started = threading.Thread(target=run, args=arguments, daemon=True)
        started.start()
        return started
