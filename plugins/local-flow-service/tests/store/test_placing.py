"""Where store and key lie: for their owner only, whoever left them open, and on disk together with their names."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

import disks
import pytest
from click.testing import CliRunner

from headwater import documents
from headwater.cli.group import root
from headwater.cli.state import State
from headwater.secret import Secret
from headwater_local_flow_service import Settings, StoreBusy, StoreError
from headwater_local_flow_service.archive import files
from headwater_local_flow_service.store import register
from headwater_local_flow_service.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable

ME, SOMEBODY = 4_242, 4_343


def _open(path: Path, **given: Any) -> str:
    store = Store(Settings(store=str(path), **given))
    store.close()
    return store.id


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("name", ["a.db", "a.db.key"])
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o666, 0o777])
def test_rights_of_others_on_our_own_files_are_taken_back_and_said(
    tmp_path: Path, name: str, mode: int, caplog: pytest.LogCaptureFixture
) -> None:
    _open(tmp_path / "a.db")
    (tmp_path / name).chmod(mode)
    _open(tmp_path / "a.db")
    assert _mode(tmp_path / name) == 0o600
    assert f"{tmp_path / name} could be read or written by others" in caplog.text
    caplog.clear()
    _open(tmp_path / "a.db")
    assert caplog.text == ""


@pytest.mark.parametrize("name", ["a.db", "a.db.key"])
@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
@pytest.mark.parametrize(
    "case",
    [
        (ME, 0o600, ""),
        (SOMEBODY, 0o600, "belongs to another user"),
        (SOMEBODY, 0o666, "belongs to another user"),
        (0, 0o440, ""),
        (0, 0o640, ""),
        (0, 0o444, "can be read or written by others"),
        (0, 0o660, "can be read or written by others"),
    ],
)
def test_a_file_of_somebody_else_is_refused_but_for_what_root_hands_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, case: Any
) -> None:
    owner, mode, refusal = case
    _open(tmp_path / "a.db")
    os.chown(tmp_path / name, owner, -1)
    (tmp_path / name).chmod(mode)
    monkeypatch.setattr("os.geteuid", lambda: ME)
    if not refusal:
        _open(tmp_path / "a.db")
        return
    with pytest.raises(StoreError, match=refusal) as raised:
        _open(tmp_path / "a.db")
    assert str(tmp_path / name) in str(raised.value)
    assert raised.value.remedy
    assert _mode(tmp_path / name) == mode


def test_log_and_index_are_private_as_well(tmp_path: Path) -> None:
    store = Store(Settings(store=str(tmp_path / "a.db")))
    try:
        for end in ("-wal", "-shm"):
            (tmp_path / f"a.db{end}").chmod(0o644)
        _open(tmp_path / "a.db")
        for end in ("-wal", "-shm"):
            assert _mode(tmp_path / f"a.db{end}") == 0o600
    finally:
        store.close()


def test_a_folder_that_everybody_may_write_to_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "open"
    _open(folder / "a.db")
    folder.chmod(0o777)
    with pytest.raises(StoreError, match="everybody may write to") as raised:
        _open(folder / "a.db")
    assert f"chmod o-w {folder}" in raised.value.remedy
    folder.chmod(0o1777)  # as /tmp, where nobody replaces another's file
    _open(folder / "a.db")
    folder.chmod(0o755)  # as service managers make it
    _open(folder / "a.db")


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Path, set[str]]]:
    """Return what is put on disk from now on: each folder, with the names that were in it then."""
    seen: list[tuple[Path, set[str]]] = []
    real = os.fsync

    def note(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            path = Path(f"/proc/self/fd/{descriptor}").resolve()
            seen.append((path, {entry.name for entry in path.iterdir()}))
        real(descriptor)

    monkeypatch.setattr("os.fsync", note)
    return seen


def _key(folder: Path) -> None:
    _open(folder / "x", key_file=folder / "key")


def _export(folder: Path) -> None:
    files.write(str(folder / "export"), [b"line\n"])


def _document(folder: Path) -> None:
    documents.replace(folder / "document", "text")


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="looks into /proc")
@pytest.mark.parametrize(
    ("place", "name"),
    [
        (lambda folder: _open(folder / "store"), "store"),
        (_key, "key"),
        (_export, "export"),
        (_document, "document"),
    ],
)
def test_a_name_is_put_on_disk_once_it_is_there(
    tmp_path: Path, synced: Any, place: Callable[[Path], None], name: str
) -> None:
    place(tmp_path)
    assert [names for path, names in synced if path == tmp_path and name in names]


def test_new_folders_are_put_on_disk_with_those_above_them(
    tmp_path: Path, synced: Any
) -> None:
    _open(tmp_path / "one" / "two" / "a.db")
    for folder, name in ((tmp_path, "one"), (tmp_path / "one", "two")):
        assert [names for path, names in synced if path == folder and name in names]
        assert _mode(folder / name) == 0o700


def test_a_key_that_lies_elsewhere_remembers_its_stores_and_misses_a_lost_one(
    tmp_path: Path,
) -> None:
    key = tmp_path / "keys" / "key"
    first = _open(tmp_path / "a.db", key_file=key)
    second = _open(tmp_path / "b.db", key_file=key)
    assert first != second
    assert register.is_known(key, str(tmp_path / "a.db"))
    assert _mode(register.path_of(key)) == 0o600
    for path in tmp_path.glob("a.db*"):
        path.unlink()
    with pytest.raises(StoreError, match="moved or lost"):
        _open(tmp_path / "a.db", key_file=key)
    assert _open(tmp_path / "b.db", key_file=key) == second
    assert _open(tmp_path / "a.db", key_file=key, new=True) != first


def test_another_store_in_the_place_of_one_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    key = tmp_path / "key"
    _open(tmp_path / "a.db", key_file=key)
    _open(tmp_path / "b.db", key_file=key)
    (tmp_path / "b.db").replace(tmp_path / "a.db")
    _open(tmp_path / "a.db", key_file=key)
    assert "is another store than the one that was there before" in caplog.text
    caplog.clear()
    _open(tmp_path / "a.db", key_file=key)
    assert caplog.text == ""


def test_a_register_that_cannot_be_kept_stops_nobody(tmp_path: Path) -> None:
    key = tmp_path / "key"
    register.path_of(key).mkdir()
    first = _open(tmp_path / "a.db", key_file=key)
    assert _open(tmp_path / "a.db", key_file=key) == first
    register.path_of(key).rmdir()
    register.path_of(key).write_bytes(b"\xff nonsense\n\n")
    assert _open(tmp_path / "a.db", key_file=key) == first


def test_a_first_start_on_a_full_disk_leaves_nothing_that_stops_the_second(
    tmp_path: Path,
) -> None:
    with disks.mounted(tmp_path / "disk") as disk:
        filling = disks.fill(disk)
        with pytest.raises((StoreError, StoreBusy)) as raised:
            _open(disk / "a.db")
        assert raised.value.remedy
        assert not (disk / "a.db.key").exists()
        filling.unlink()
        _open(disk / "a.db")


def test_what_uses_the_embedded_service_says_that_its_store_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody who only lists his connections learns what is missing, and what to do; nothing is made."""
    _open(tmp_path / "local.db")
    for path in tmp_path.glob("local.db*"):
        if path.suffix not in (".key", ".stores"):
            path.unlink()
    monkeypatch.setenv("HEADWATER_LOCAL_STORE", str(tmp_path / "local.db"))
    for command in (
        ("connections", "list"),
        ("local", "info"),
        ("serve", "--port", "0"),
    ):
        done = CliRunner().invoke(root, [*command], obj=State())
        assert isinstance(done.exception, StoreError), (command, done.output)
        assert "the store was moved or lost" in str(done.exception)
        assert "headwater local init --new" in done.exception.remedy
    assert not (tmp_path / "local.db").exists()
    assert (
        CliRunner().invoke(root, ["local", "init", "--new"], obj=State()).exit_code == 0
    )
    assert CliRunner().invoke(root, ["connections", "list"], obj=State()).exit_code == 0


def test_a_lost_store_is_missed_with_a_key_from_the_environment_as_well(
    tmp_path: Path,
) -> None:
    key = Secret("A" * 43)
    _open(tmp_path / "a.db", key=key)
    for path in tmp_path.glob("a.db*"):
        if path.suffix != ".stores":
            path.unlink()
    with pytest.raises(StoreError, match="moved or lost"):
        _open(tmp_path / "a.db", key=key)
    _open(tmp_path / "a.db", key=key, new=True)
    _open(tmp_path / "a.db", key=key)
