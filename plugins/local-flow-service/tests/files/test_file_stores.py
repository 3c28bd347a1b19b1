"""What every place for files promises, in a folder and in a bucket."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import objectstores
import pytest

from headwater.errors import InvalidInput
from headwater_local_flow_service.files.file_store import FilesUnavailable
from headwater_local_flow_service.files.folder import FolderFiles
from headwater_local_flow_service.files.opening import open_files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from headwater_local_flow_service.files.file_store import FileStore


@pytest.fixture(scope="module")
def object_store() -> Iterator[objectstores.ObjectStore]:
    with objectstores.running() as store:
        yield store


@pytest.fixture(params=["folder", "bucket"])
def files(request: pytest.FixtureRequest, tmp_path: Path) -> FileStore:
    if request.param == "folder":
        return open_files(str(tmp_path / "files"))
    store = request.getfixturevalue("object_store")
    prefix = tmp_path.name
    return open_files(f"s3://{objectstores.BUCKET}/{prefix}", store.options)


def _add(files: FileStore, tmp_path: Path, key: str, content: bytes) -> None:
    source = tmp_path / "source"
    source.write_bytes(content)
    files.add(source, key)
    assert not source.exists()


def _read(files: FileStore, key: str) -> bytes:
    with files.open(key) as file:
        return file.read()


def test_a_file_that_is_moved_in_is_read_from_any_position(
    files: FileStore, tmp_path: Path
) -> None:
    _add(files, tmp_path, "a/b.bin", b"0123456789")
    with files.open("a/b.bin") as file:
        assert file.read(2) == b"01"
        assert file.seek(-3, 2) == 7
        assert file.read() == b"789"
        file.seek(4)
        assert file.tell() == 4
        assert file.read(1) == b"4"


def test_a_file_replaces_one_of_the_same_key(files: FileStore, tmp_path: Path) -> None:
    _add(files, tmp_path, "a", b"one")
    with files.writing("a") as file:
        file.write(b"another")
        assert _read(files, "a") == b"one"
    assert _read(files, "a") == b"another"


def test_a_file_whose_writing_fails_does_not_appear(files: FileStore) -> None:
    def fail() -> None:
        with files.writing("a/b") as file:
            file.write(b"half")
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert files.read_info("a/b") is None
    assert list(files.walk()) == []


def test_files_are_told_and_listed(files: FileStore, tmp_path: Path) -> None:
    for key in ("b/2", "b/1", "a", "b/c/3"):
        _add(files, tmp_path, key, key.encode())
    info = files.read_info("b/1")
    assert info is not None
    assert (info.key, info.size) == ("b/1", 3)
    assert info.modified > 1_600_000_000_000
    assert [each.key for each in files.walk()] == ["a", "b/1", "b/2", "b/c/3"]
    assert [each.key for each in files.walk("b/c")] == ["b/c/3"]
    assert list(files.walk("none")) == []
    root, below = files.read_folder(), files.read_folder("b")
    assert ([each.key for each in root.files], root.folders) == (["a"], ("b",))
    assert [each.key for each in below.files] == ["b/1", "b/2"]
    assert below.folders == ("b/c",)


def test_a_removed_file_is_gone_and_removing_it_again_is_no_error(
    files: FileStore, tmp_path: Path
) -> None:
    _add(files, tmp_path, "a/b/c", b"x")
    for _time in range(2):
        files.remove("a/b/c")
    assert files.read_info("a/b/c") is None
    assert files.read_folder().folders == ()
    with pytest.raises(FileNotFoundError):
        files.open("a/b/c")


@pytest.mark.parametrize(
    "key", ["", "/a", "a/", "a//b", "../a", "a/../../b", ".", "a\0b"]
)
def test_a_key_that_leads_out_is_refused(
    files: FileStore, tmp_path: Path, key: str
) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"x")
    asked: list[Any] = [
        lambda: files.add(source, key),
        lambda: files.open(key),
        lambda: files.read_info(key),
        lambda: files.remove(key),
    ]
    for ask in asked:
        with pytest.raises(ValueError, match="relative path"):
            ask()
    assert source.exists()


def test_a_bucket_that_is_away_is_told_without_its_address(tmp_path: Path) -> None:
    with objectstores.running() as store:
        files = open_files(f"s3://{objectstores.BUCKET}", store.options)
    with pytest.raises(FilesUnavailable) as told:
        files.read_info("a")
    assert store.endpoint not in str(told.value)
    assert "not-a-real-secret" not in repr(told.value) + repr(files)
    source = tmp_path / "source"
    source.write_bytes(b"x")
    with pytest.raises(FilesUnavailable):
        files.add(source, "a")
    assert source.exists()


def test_a_folder_that_is_no_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "files").write_bytes(b"")
    files = open_files(str(tmp_path / "files"))
    source = tmp_path / "source"
    source.write_bytes(b"x")
    with pytest.raises(FilesUnavailable):
        files.add(source, "a/b")


@pytest.mark.parametrize("key", ["x" * 256, "ø" * 200, "a/" * 3000 + "a"])
def test_nothing_lies_under_names_that_are_too_long(tmp_path: Path, key: str) -> None:
    (tmp_path / "files").mkdir()
    files = open_files(str(tmp_path / "files"))
    assert files.read_info(key) is None
    assert files.read_folder(key).files == ()
    with pytest.raises(FileNotFoundError):
        files.open(key)


def test_a_link_that_leads_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"x")
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "own").write_bytes(b"x")
    (tmp_path / "files" / "out").symlink_to(tmp_path)
    (tmp_path / "files" / "file").symlink_to(tmp_path / "secret")
    (tmp_path / "files" / "round").symlink_to(tmp_path / "files" / "round")
    files = open_files(str(tmp_path / "files"))
    for ask in (files.open, files.read_info, files.remove):
        for key in ("out/secret", "file", "round"):
            with pytest.raises(FilesUnavailable, match="leads out of it") as told:
                ask(key)
            assert told.value.remedy
    assert [info.key for info in files.walk()] == ["own"]
    assert files.read_folder().folders == ()


def test_folders_that_vanish_while_they_are_written_to_are_made_again(
    tmp_path: Path,
) -> None:
    files = FolderFiles(tmp_path / "files")
    failures = []

    def work(name: str) -> None:
        source = tmp_path / name
        for _round in range(60):
            try:
                source.write_bytes(b"x")
                files.add(source, f"a/b/{name}")
                with files.writing(f"a/b/{name}-2") as file:
                    file.write(b"x")
                files.remove(f"a/b/{name}")
                files.remove(f"a/b/{name}-2")
            except Exception as error:
                failures.append(error)

    threads = [threading.Thread(target=work, args=(f"t{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


@pytest.mark.parametrize("location", ["ftp://a/b", "s3://", "http://a"])
def test_a_location_of_another_kind_is_refused(location: str) -> None:
    with pytest.raises(InvalidInput, match="s3://bucket/prefix"):
        open_files(location)
