"""Files put into a batch: whole or in parts, replaced, refused, and never under a name that a client chose."""

from __future__ import annotations

import io
import json
import os
import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
import requests

from headwater_local_flow_service.files.file_store import FilesUnavailable
from headwater_local_flow_service.files.folder import FolderFiles
from headwater_local_flow_service.lake import uploads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

MEBIBYTE = 1 << 20


def test_a_file_is_new_once_and_replaced_from_then_on(desk: Any, stored: Any) -> None:
    batch = desk.create()["id"]
    assert desk.put(batch, "a.json", b'{"id": "old"}\n').status_code == 201
    assert desk.put(batch, "a.json", b'{"id": "new"}\n').status_code == 200
    assert len(stored()) == 1
    desk.act(batch, "COMPLETE")
    assert desk.wait(batch)["metrics"]["inputFileCount"] == 1
    assert [row["id"] for row in desk.rows()] == ["new"]


def test_folders_in_a_path_are_kept(desk: Any) -> None:
    batch = desk.create(enableErrorDiagnostics=True)["id"]
    paths = ["part1=a/part2=b/x.json", "X.json", "x.json", "é/ü ☂.json"]
    for path in paths:
        assert desk.put(batch, quote(path), b'{"id": "a"}\n').status_code == 201
    desk.act(batch, "COMPLETE")
    assert desk.wait(batch)["recordCount"] == 4
    listed = desk.talker.get(
        f"{desk.exports}/batches/{batch}/meta",
        params={"path": "input_files/fileMetaData1.json"},
    )
    assert sorted(line["path"] for line in map(json.loads, listed.text.splitlines())) == sorted(paths)  # fmt: skip


def test_a_file_object_is_streamed(desk: Any, lines: Any) -> None:
    batch = desk.create()["id"]
    content = lines([{"id": "a", "n": 1}])
    assert desk.put(batch, "a.json", io.BytesIO(content)).status_code == 201
    assert desk.put(batch, "b.json", iter([content, content])).status_code == 201
    desk.act(batch, "COMPLETE")
    assert desk.wait(batch)["recordCount"] == 3


def test_the_largest_file_is_taken_and_one_byte_more_is_not(
    desk: Any, told: Any, stored: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert uploads.LARGEST_FILE == 256 * MEBIBYTE
    monkeypatch.setattr(uploads, "LARGEST_FILE", MEBIBYTE)
    batch = desk.create()["id"]
    assert desk.put(batch, "a.json", bytes(MEBIBYTE)).status_code == 201
    for content in (bytes(MEBIBYTE + 1), iter([bytes(MEBIBYTE), b"x"])):
        answer = desk.put(batch, "b.json", content)
        assert answer.status_code == 413
        assert "action=INITIALIZE" in told(answer)
    assert len(stored()) == 1


def test_a_body_of_another_type_is_refused(desk: Any, told: Any) -> None:
    batch = desk.create()["id"]
    answer = desk.put(batch, "a", b"x", **{"Content-Type": "multipart/form-data"})
    assert (answer.status_code, "application/octet-stream" in told(answer)) == (415, True)  # fmt: skip


@pytest.mark.parametrize(
    "path",
    ["a//b", "%2e%2e/a", "a/%2e%2e/%2e%2e/b", "a%2F..%2Fb", "./a", "a%00", "a%0Ab", "a%5Cb", "%ff"],
)  # fmt: skip
def test_a_hostile_path_is_refused_and_nothing_is_stored(
    desk: Any, stored: Any, path: str
) -> None:
    batch = desk.create()["id"]
    prepared = requests.Request(
        "PUT",
        desk.url_of(batch, "a"),
        data=b"x",
        headers=desk.talker.headers | {"Content-Type": "application/octet-stream"},
    ).prepare()
    prepared.url = desk.url_of(batch, path)
    assert desk.talker.session.send(prepared).status_code == 400
    assert stored() == []


def test_a_url_of_more_than_two_thousand_characters_is_refused(
    desk: Any, told: Any
) -> None:
    batch = desk.create()["id"]
    assert desk.put(batch, "x" * 1800, b"{}").status_code == 201
    answer = desk.put(batch, "x" * 4000, b"{}")
    assert (answer.status_code, "2000" in told(answer)) == (414, True)


def test_what_is_not_there_is_told(desk: Any, desk_of: Any) -> None:
    batch = desk.create()["id"]
    other = desk_of(desk.talker)
    assert other.put(batch, "a", b"x").status_code == 404
    assert desk.put("01EQ1C48TR4GD4FE7NH2522TCQ", "a", b"x").status_code == 404


def test_a_batch_takes_so_many_files_and_no_more(
    desk: Any, told: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert uploads.MOST_FILES == 1500
    monkeypatch.setattr(uploads, "MOST_FILES", 2)
    batch = desk.create()["id"]
    for path in ("a", "b", "b"):
        assert desk.put(batch, path, b"x").status_code in (200, 201)
    answer = desk.put(batch, "c", b"x")
    assert (answer.status_code, "at most 2 files" in told(answer)) == (400, True)


def test_files_are_for_their_owner_only(desk: Any, place: Path) -> None:
    batch = desk.create()["id"]
    before = os.umask(0)
    try:
        desk.put(batch, "a.json", b"{}")
        desk.put(batch, "b.json", iter([b"{}"]))
    finally:
        os.umask(before)
    for path in place.rglob("*"):
        wanted = 0o700 if path.is_dir() else 0o600
        assert stat.S_IMODE(path.stat().st_mode) == wanted, path


def test_a_large_file_comes_in_parts_in_any_order(
    desk: Any, stored: Any, lines: Any
) -> None:
    batch = desk.create()["id"]
    content = lines([{"id": f"a{n}", "n": n} for n in range(20)])
    url = desk.url_of(batch, "large.json")
    assert desk.talker.post(url, params={"action": "initialize"}).status_code == 201
    half = len(content) // 2
    second = _patch(desk, url, content, half, len(content))
    assert (second.status_code, second.json()) == (
        200,
        {"name": "large.json", "sizeInBytes": len(content) - half},
    )
    assert _patch(desk, url, content, 0, half).status_code == 200
    head = desk.talker.send("HEAD", url)
    assert head.headers["Range"] == f"bytes=0-{len(content) - 1}"
    assert desk.act(batch, "COMPLETE").status_code == 400, "it is not whole yet"
    for _time in range(2):
        done = desk.talker.post(url, params={"action": "COMPLETE"})
        assert (done.status_code, done.json()["sizeInBytes"]) == (200, len(content))
    assert len(stored()) == 1
    desk.act(batch, "COMPLETE")
    assert desk.wait(batch)["recordCount"] == 20


def _patch(desk: Any, url: str, content: bytes, first: int, end: int) -> Any:
    headers = {
        "Content-Type": "application/octet-stream",
        "Content-Range": f"bytes {first}-{end - 1}",
    }
    return desk.talker.send("PATCH", url, data=content[first:end], headers=headers)


@pytest.mark.parametrize("pieces", [[(0, 5), (4, 9)], [(0, 4), (5, 9)], [(1, 9)], []])
def test_parts_that_do_not_make_a_whole_are_refused_at_completion(
    desk: Any, told: Any, pieces: list[tuple[int, int]]
) -> None:
    batch = desk.create()["id"]
    url = desk.url_of(batch, "large.json")
    desk.talker.post(url, params={"action": "INITIALIZE"})
    for first, end in pieces:
        assert _patch(desk, url, b"123456789", first, end).status_code == 200
    answer = desk.talker.post(url, params={"action": "COMPLETE"})
    assert answer.status_code == 400
    assert told(answer)


def test_a_large_file_that_is_begun_again_while_it_is_completed_is_said_to_be(
    desk: Any, told: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = desk.create()["id"]
    url = desk.url_of(batch, "large.json")
    desk.talker.post(url, params={"action": "INITIALIZE"})
    assert _patch(desk, url, b"123456789", 0, 9).status_code == 200
    join = uploads._join

    def join_late(*given: Any) -> None:
        desk.talker.post(url, params={"action": "INITIALIZE"})
        join(*given)

    with monkeypatch.context() as patch:
        patch.setattr(uploads, "_join", join_late)
        answer = desk.talker.post(url, params={"action": "COMPLETE"})
    assert answer.status_code == 400
    assert "INITIALIZE" in told(answer)
    # and the one that was begun goes on
    assert _patch(desk, url, b"{}", 0, 2).status_code == 200
    answer = desk.talker.post(url, params={"action": "COMPLETE"})
    assert answer.status_code in (200, 201)


@pytest.mark.parametrize("moment", ["before it is joined", "after it is joined"])
def test_a_completion_does_not_undo_what_was_sent_while_it_ran(
    desk: Any, told: Any, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    batch = desk.create()["id"]
    url = desk.url_of(batch, "large.json")
    old, new = b'{"id": "old"}\n', b'{"id": "new"}\n' * 2

    def send_again() -> None:
        begun = desk.talker.post(url, params={"action": "INITIALIZE"})
        assert begun.status_code == 201
        assert _patch(desk, url, new, 0, len(new)).status_code == 200

    desk.talker.post(url, params={"action": "INITIALIZE"})
    assert _patch(desk, url, old, 0, len(old)).status_code == 200
    with _meanwhile(monkeypatch, send_again, moment):
        answer = desk.talker.post(url, params={"action": "COMPLETE"})
    assert answer.status_code == 400
    assert "INITIALIZE" in told(answer)
    answer = desk.talker.post(url, params={"action": "COMPLETE"})
    assert (answer.status_code, answer.json()["sizeInBytes"]) == (200, len(new))
    desk.act(batch, "COMPLETE")
    desk.wait(batch)
    assert [row["id"] for row in desk.rows()] == ["new", "new"]


def test_a_completion_does_not_drop_a_part_that_was_sent_again_while_it_ran(
    desk: Any, told: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = desk.create()["id"]
    url = desk.url_of(batch, "large.json")
    desk.talker.post(url, params={"action": "INITIALIZE"})
    assert _patch(desk, url, b'{"id": "old"}\n', 0, 14).status_code == 200

    def send_again() -> None:
        assert _patch(desk, url, b'{"id": "new"}\n', 0, 14).status_code == 200

    with _meanwhile(monkeypatch, send_again, "after it is joined"):
        answer = desk.talker.post(url, params={"action": "COMPLETE"})
    assert answer.status_code == 400
    assert "COMPLETE" in told(answer)
    assert desk.talker.post(url, params={"action": "COMPLETE"}).status_code == 200
    desk.act(batch, "COMPLETE")
    desk.wait(batch)
    assert [row["id"] for row in desk.rows()] == ["new"]


@pytest.mark.parametrize("moment", ["before it is joined", "after it is joined"])
def test_a_file_put_whole_while_the_large_one_is_completed_stays(
    desk: Any, stored: Any, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    batch = desk.create()["id"]
    url = desk.url_of(batch, "large.json")
    desk.talker.post(url, params={"action": "INITIALIZE"})
    assert _patch(desk, url, b'{"id": "old"}\n', 0, 14).status_code == 200

    def put_whole() -> None:
        assert desk.put(batch, "large.json", b'{"id":"new"}\n').status_code == 201

    with _meanwhile(monkeypatch, put_whole, moment):
        answer = desk.talker.post(url, params={"action": "COMPLETE"})
    assert (answer.status_code, answer.json()["sizeInBytes"]) == (200, 13)
    assert len(stored()) == 1
    desk.act(batch, "COMPLETE")
    desk.wait(batch)
    assert [row["id"] for row in desk.rows()] == ["new"]


@pytest.mark.parametrize("moment", ["before it is joined", "after it is joined"])
def test_a_large_file_may_be_completed_twice_at_once(
    desk: Any, stored: Any, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    batch = desk.create()["id"]
    url = desk.url_of(batch, "large.json")
    desk.talker.post(url, params={"action": "INITIALIZE"})
    assert _patch(desk, url, b'{"id": "a"}\n', 0, 12).status_code == 200
    answers = []

    def complete() -> None:
        answers.append(desk.talker.post(url, params={"action": "COMPLETE"}))

    with _meanwhile(monkeypatch, complete, moment):
        complete()
    assert [answer.status_code for answer in answers] == [200, 200]
    assert len(stored()) == 1


@pytest.mark.parametrize("action", ["COMPLETE", "a whole file"])
def test_a_part_that_comes_once_its_file_is_complete_is_refused(
    desk: Any, told: Any, stored: Any, monkeypatch: pytest.MonkeyPatch, action: str
) -> None:
    batch = desk.create()["id"]
    url = desk.url_of(batch, "large.json")
    desk.talker.post(url, params={"action": "INITIALIZE"})
    assert _patch(desk, url, b"123456789", 0, 5).status_code == 200
    add = FolderFiles.add

    def add_late(*given: Any) -> None:
        add(*given)
        patch.setattr(FolderFiles, "add", add)
        if action == "COMPLETE":
            done = desk.talker.post(url, params={"action": "COMPLETE"})
        else:
            done = desk.put(batch, "large.json", b"{}")
        assert done.status_code in {200, 201}

    with monkeypatch.context() as patch:
        patch.setattr(FolderFiles, "add", add_late)
        answer = _patch(desk, url, b"123456789", 5, 9)
    assert answer.status_code == 400
    assert "INITIALIZE" in told(answer)
    assert len(stored()) == 1
    # nor is it a part of what is begun afterwards
    desk.talker.post(url, params={"action": "INITIALIZE"})
    answer = desk.talker.post(url, params={"action": "COMPLETE"})
    assert told(answer) == "no part of the file was sent"


@contextmanager
def _meanwhile(
    monkeypatch: pytest.MonkeyPatch, other: Callable[[], None], moment: str
) -> Iterator[None]:
    """Have another request carried out while a large file is completed, once."""
    join = uploads._join
    others = [other]

    def join_with_another(*given: Any) -> None:
        late = [others.pop()] if others else []
        if late and moment == "before it is joined":
            late.pop()()
        join(*given)
        if late:
            late.pop()()

    with monkeypatch.context() as patch:
        patch.setattr(uploads, "_join", join_with_another)
        yield


def test_a_part_needs_a_beginning_and_a_range_of_its_length(
    desk: Any, told: Any
) -> None:
    batch = desk.create()["id"]
    url = desk.url_of(batch, "large.json")
    assert "INITIALIZE" in told(_patch(desk, url, b"123", 0, 3))
    desk.talker.post(url, params={"action": "INITIALIZE"})
    answer = desk.talker.send(
        "PATCH",
        url,
        data=b"1234",
        headers={
            "Content-Type": "application/octet-stream",
            "Content-Range": "bytes 0-2",
        },
    )
    assert "another length" in told(answer)
    answer = desk.talker.send(
        "PATCH", url, data=b"1", headers={"Content-Type": "application/octet-stream"}
    )
    assert "Content-Range" in told(answer)


def test_beginning_again_forgets_the_parts_before(desk: Any, stored: Any) -> None:
    batch = desk.create()["id"]
    url = desk.url_of(batch, "large.json")
    for _time in range(2):
        desk.talker.post(url, params={"action": "INITIALIZE"})
        assert stored() == []
        _patch(desk, url, b"123", 0, 3)
    assert len(stored()) == 1
    assert desk.put(batch, "large.json", b"whole").status_code == 201
    assert len(stored()) == 1


def test_an_upload_is_previewed(desk: Any) -> None:
    batch = desk.create()["id"]
    url = f"{desk.imports}/batches/{batch}/datasets/{desk.data_set}/preview"
    assert desk.talker.get(url, params={"format": "csv"}).status_code == 404
    desk.put(batch, "a.csv", b"id;n\na;1\n")
    shown = desk.talker.get(url, params={"format": "csv", "delimiter": ";"}).json()
    assert shown["formatParams"]["delimiter"] == ";"
    assert [column["name"] for column in shown["preview"]["columns"]] == ["id", "n"]
    assert shown["preview"]["rows"] == [["a", "1"]]
    assert desk.talker.get(url).status_code == 400
    assert desk.talker.get(url, params={"format": "parquet"}).status_code == 400


def test_a_place_for_files_that_fails_stores_nothing_and_says_when_to_come_again(
    desk: Any, told: Any, stored: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = desk.create()["id"]

    def fail(*_given: Any) -> None:
        raise FilesUnavailable("the folder for files cannot be used (it is gone)")

    with monkeypatch.context() as patch:
        patch.setattr(FolderFiles, "add", fail)
        answer = desk.put(batch, "a.json", b"{}")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "nothing was stored" in told(answer)
    assert stored() == []
    assert desk.put(batch, "a.json", b'{"id": "a"}').status_code == 201


def test_a_file_for_a_batch_that_is_completed_meanwhile_leaves_nothing(
    desk: Any, stored: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = desk.create()["id"]
    add = FolderFiles.add

    def late(files: FolderFiles, source: Path, key: str) -> None:
        add(files, source, key)
        desk.act(batch, "ABORT")

    monkeypatch.setattr(FolderFiles, "add", late)
    assert desk.put(batch, "a.json", b"{}").status_code == 400
    assert stored() == []
