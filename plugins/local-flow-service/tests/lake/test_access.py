"""Data Access: files of batches listed and read, whole and by ranges, and what is told about rows that failed."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

GOOD = [{"id": "a", "n": 1}, {"id": "b", "n": 2}]
BAD = {"id": "c", "n": "no number"}


def _href(entry: dict[str, Any]) -> str:
    href: str = entry["_links"]["self"]["href"]
    return href


def test_a_file_is_found_by_following_links_and_read_by_pyarrow(desk: Any) -> None:
    from pyarrow import parquet

    batch = desk.fill(GOOD)["id"]
    listed = desk.talker.get(f"{desk.exports}/batches/{batch}/files").json()
    [file] = listed["data"]
    assert listed["_page"] == {"limit": 100, "count": 1}
    assert (file["records"], file["isValid"]) == ("2", True)
    [entry] = desk.talker.get(_href(file)).json()["data"]
    assert entry["length"] == file["size"]
    content = desk.talker.get(_href(entry))
    assert content.headers["Content-Type"] == "application/parquet"
    assert content.headers["Content-Length"] == entry["length"]
    assert parquet.read_table(io.BytesIO(content.content)).to_pylist() == GOOD


@pytest.mark.parametrize(
    ("asked", "first", "end"),
    [
        ("bytes=0-3", 0, 4),
        ("bytes=4-", 4, None),
        ("bytes=-4", -4, None),
        ("bytes=0-999999", 0, None),
    ],
)
def test_a_range_is_answered_with_these_bytes(
    desk: Any, asked: str, first: int, end: int | None
) -> None:
    url = _content_url(desk)
    whole = desk.talker.get(url).content
    part = desk.talker.get(url, headers={"Range": asked})
    assert part.status_code == 206
    assert part.content == whole[first:end]
    start = first % len(whole)
    last = start + len(part.content) - 1
    assert part.headers["Content-Range"] == f"bytes {start}-{last}/{len(whole)}"
    assert part.headers["Content-Length"] == str(len(part.content))


def _content_url(desk: Any) -> str:
    batch = desk.fill(GOOD)["id"]
    [file] = desk.talker.get(f"{desk.exports}/batches/{batch}/files").json()["data"]
    return _href(desk.talker.get(_href(file)).json()["data"][0])


def test_odd_ranges_are_answered_whole_or_refused(desk: Any, told: Any) -> None:
    url = _content_url(desk)
    size = len(desk.talker.get(url).content)
    for asked in ("bytes=0-1,3-4", "lines=1-2", "bytes=-", "bytes=9-1"):
        answer = desk.talker.get(url, headers={"Range": asked})
        assert (answer.status_code, len(answer.content)) == (200, size)
    for asked in (f"bytes={size}-", "bytes=-0"):
        refused = desk.talker.get(url, headers={"Range": asked})
        assert refused.status_code == 416
        assert refused.headers["Content-Range"] == f"bytes */{size}"
        assert told(refused)


def test_head_tells_size_and_type(desk: Any) -> None:
    url = _content_url(desk)
    head, whole = desk.talker.send("HEAD", url), desk.talker.get(url)
    assert head.status_code == 200
    assert head.content == b""
    for name in ("Content-Length", "Content-Type", "Accept-Ranges"):
        assert head.headers[name] == whole.headers[name]
    assert head.headers["Accept-Ranges"] == "bytes"


def test_rows_that_failed_are_told_with_the_batch_and_its_reports(desk: Any) -> None:
    batch = desk.fill(
        [*GOOD, BAD], enableErrorDiagnostics=True, partialIngestionPercentage=50
    )
    assert batch["status"] == "success"
    assert (batch["recordCount"], batch["failedRecordCount"]) == (2, 1)
    assert batch["errors"]
    url = f"{desk.exports}/batches/{batch['id']}/meta"
    folders = desk.talker.get(url).json()["data"]
    assert {"row_errors", "input_files"} <= {entry["name"] for entry in folders}
    [report] = desk.talker.get(url, params={"path": "row_errors"}).json()["data"]
    [line] = desk.talker.get(_href(report)).text.splitlines()
    assert json.loads(line)["id"] == "c"
    assert json.loads(line)["_errors"]
    plain = desk.talker.get(f"{url}?path=row_errors/{report['name']}")
    assert plain.text == desk.talker.get(_href(report)).text


def test_a_failed_batch_shows_its_rows(desk: Any) -> None:
    batch = desk.fill([*GOOD, BAD])
    assert batch["status"] == "failed"
    assert desk.rows() == []
    location = batch["failedBatchLocation"]
    listed = desk.talker.get(f"{desk.root}{location}").json()
    assert listed["_page"]["count"] == len(listed["data"]) > 0
    texts = [desk.talker.get(_href(entry)).text for entry in listed["data"]]
    assert any("_validationErrors" in text for text in texts)


def test_an_unknown_path_is_not_found(desk: Any, told: Any) -> None:
    batch = desk.fill(GOOD)["id"]
    for path in ("nothing", "../a", "row_errors/none.json"):
        for kind in ("meta", "failed"):
            url = f"{desk.exports}/batches/{batch}/{kind}"
            answer = desk.talker.get(url, params={"path": path})
            assert (answer.status_code, bool(told(answer))) == (404, True)
    [file] = desk.talker.get(f"{desk.exports}/batches/{batch}/files").json()["data"]
    assert desk.talker.get(_href(file), params={"path": "b"}).status_code == 404
    assert desk.talker.get(f"{desk.exports}/files/none").status_code == 404
    assert desk.talker.get(f"{desk.exports}/datasets/none/preview").status_code == 404


def test_pages_go_on_by_their_links(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from headwater_local_flow_service.promotion import promoting
    from headwater_local_flow_service.promotion.job import MadeFile, Promoted

    def promote(job: Any, files: Any) -> Promoted:
        made = []
        for number in range(5):
            key = f"{job.output_prefix}/part-{number}.parquet"
            with files.writing(key) as file:
                file.write(b"x")
            path = f"part-{number}.parquet"
            made.append(MadeFile(path=path, key=key, size=1, records=1))
        return Promoted(succeeded=True, outputs=tuple(made))

    monkeypatch.setattr(promoting, "promote", promote)
    batch = desk.fill(GOOD)["id"]
    url: str | None = f"{desk.exports}/batches/{batch}/files?limit=2"
    seen = []
    while url is not None:
        page = desk.talker.get(url).json()
        assert page["_page"] == {"limit": 2, "count": 5}
        seen += [file["dataSetFileId"] for file in page["data"]]
        url = page["_links"].get("next", {}).get("href")
    assert len(set(seen)) == len(seen) == 5


def test_links_name_the_host_that_was_asked(desk: Any) -> None:
    batch = desk.fill(GOOD)["id"]
    answer = desk.talker.get(f"{desk.exports}/batches/{batch}/files").json()
    assert _href(answer["data"][0]).startswith(f"{desk.exports}/files/")


def test_a_file_that_is_gone_from_its_place_is_not_found(
    desk: Any, place: Any, told: Any
) -> None:
    url = _content_url(desk)
    for path in place.rglob("*.parquet"):
        path.unlink()
    answer = desk.talker.get(url)
    assert (answer.status_code, bool(told(answer))) == (404, True)
    preview = desk.talker.get(f"{desk.exports}/datasets/{desk.data_set}/preview")
    assert preview.status_code == 404
