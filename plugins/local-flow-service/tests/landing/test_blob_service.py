"""The service's own Blob endpoint: whom it lets in, which names it takes, and what it refuses."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st
from landing.zones_served import Served, error_code

from headwater_local_flow_service.kernel import clock
from headwater_local_flow_service.landing import blob_listing, names, zone

if TYPE_CHECKING:
    from pathlib import Path

BAD_NAMES = (
    'a"b', "a\\b", "a:b", "a|b", "a<b", "a>b", "a*b", "a?b", "a\nb", "a\x7fb", "CON", "con", "folder/LPT1/a", "COM9",
    "clock$", "a//b", ".hidden", "x" * 256, "ø" * 200,
)  # fmt: skip
GOOD_NAMES = ("a.csv", "!'();@&=+$,%#[].csv", "ø/日本.csv", "CONS", "COM0", "x" * 240)


def _put(landing: Served, name: str, **headers: str) -> requests.Response:
    path, _mark, token = landing.credentials()["SASUri"].partition("?")
    return requests.put(
        f"{path}/{quote(name, safe='/')}?{token}",
        data=b"id\n",
        headers={"x-ms-blob-type": "BlockBlob", **headers},
        timeout=30,
    )


@pytest.mark.parametrize("name", BAD_NAMES)
def test_names_that_the_platform_forbids_are_refused(
    landing: Served, name: str
) -> None:
    answer = _put(landing, name)

    assert answer.status_code == 400
    assert error_code(answer) == "InvalidResourceName"
    assert landing.list() == []


@pytest.mark.parametrize("name", GOOD_NAMES)
def test_names_that_must_be_escaped_are_kept_as_they_are(
    landing: Served, name: str
) -> None:
    assert _put(landing, name).status_code == 201

    answer = landing.file(name, fileType="delimited")
    assert answer.status_code == 200, answer.text


def test_a_slash_at_the_end_is_taken_off(landing: Served) -> None:
    assert _put(landing, "a.csv/").status_code == 201
    assert [item["name"] for item in landing.list()] == ["a.csv"]


@pytest.mark.parametrize(
    "name", ["..%2f..%2fpolicy.json", "%2e%2e/policy.json", "a/%2e%2e/%2e%2e/x"]
)
def test_no_name_leads_out_of_the_container(
    landing: Served, tmp_path: Path, name: str
) -> None:
    uri, _mark, token = landing.credentials()["SASUri"].partition("?")
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.json")}
    session = requests.Session()
    request = requests.Request(
        "PUT", uri, data=b"x", headers={"x-ms-blob-type": "BlockBlob"}
    ).prepare()
    request.url = f"{uri}/{name}?{token}"  # as it stands, past all tidying

    answer = session.send(request, timeout=30)

    assert answer.status_code in (400, 403, 404, 405)
    assert {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*.json")} == before


@settings(deadline=None)
@given(st.text(max_size=300))
def test_any_name_is_taken_or_refused_and_those_taken_are_plain_paths(
    name: str,
) -> None:
    if names.find_fault(name):
        return
    for part in name.split("/"):
        assert part not in ("", ".", "..")
        assert len(os.fsencode(part)) <= 240
        assert part.isprintable() or not any(ord(c) < 32 for c in part)


@pytest.mark.parametrize("part", ["sv", "si", "sr", "sp", "sig"])
def test_a_token_that_is_changed_or_cut_opens_nothing(
    landing: Served, part: str
) -> None:
    path, _mark, token = landing.credentials()["SASUri"].partition("?")
    pairs = dict(pair.split("=") for pair in token.split("&"))
    for changed in (
        {**pairs, part: "x"},
        {k: v for k, v in pairs.items() if k != part},
    ):
        query = "&".join(f"{name}={value}" for name, value in changed.items())
        for method, name in (
            ("PUT", "/a"),
            ("GET", "/a"),
            ("DELETE", "/a"),
            ("GET", ""),
        ):
            answer = requests.request(
                method,
                f"{path}{name}?{query}&restype=container&comp=list",
                data=b"x",
                headers={"x-ms-blob-type": "BlockBlob"},
                timeout=30,
            )
            assert answer.status_code == 403
            assert error_code(answer) == "AuthenticationFailed"
    assert landing.list() == []


@pytest.mark.parametrize(
    ("headers", "query", "code"),
    [
        ({"x-ms-blob-type": "PageBlob"}, "", "InvalidHeaderValue"),
        ({"x-ms-blob-type": "AppendBlob"}, "", "InvalidHeaderValue"),
        ({}, "&comp=appendblock", "OperationNotAllowed"),
        ({}, "&comp=block", "InvalidQueryParameterValue"),
        ({}, "&comp=blocklist", "InvalidBlockList"),
    ],
)
def test_what_is_not_offered_is_refused_in_azures_words(
    landing: Served, headers: dict[str, str], query: str, code: str
) -> None:
    path, _mark, token = landing.credentials()["SASUri"].partition("?")
    answer = requests.put(
        f"{path}/a?{token}{query}",
        data=b"<!DOCTYPE x><BlockList></BlockList>",
        headers=headers,
        timeout=30,
    )

    assert error_code(answer) == code
    assert answer.headers["Content-Type"] == "application/xml"
    assert f"<Code>{code}</Code>" in answer.text


@pytest.mark.parametrize("comp", ["", "comp=block&blockid=YQ==&"])
def test_what_is_to_be_copied_makes_no_empty_file(landing: Served, comp: str) -> None:
    path, _mark, token = landing.credentials()["SASUri"].partition("?")
    answer = requests.put(
        f"{path}/copy.csv?{comp}{token}",
        headers={
            "x-ms-blob-type": "BlockBlob",
            "x-ms-copy-source": f"{path}/a.csv?{token}",
        },
        timeout=30,
    )
    assert answer.status_code == 400
    assert error_code(answer) == "OperationNotAllowed"
    assert landing.list() == []


@pytest.mark.parametrize("prefix", ["../", "a//b", "./", ".hidden/", "x" * 300 + "/"])
def test_nothing_lies_in_folders_that_cannot_be(landing: Served, prefix: str) -> None:
    assert _put(landing, "a/b").status_code == 201
    path, _mark, token = landing.credentials()["SASUri"].partition("?")
    question = {
        "restype": "container",
        "comp": "list",
        "delimiter": "/",
        "prefix": prefix,
    }
    answer = requests.get(f"{path}?{token}", params=question, timeout=30)
    assert answer.status_code == 200
    assert b"<Blobs></Blobs>" in answer.content


def test_a_type_of_blob_must_be_named(landing: Served) -> None:
    path, _mark, token = landing.credentials()["SASUri"].partition("?")
    answer = requests.put(f"{path}/a?{token}", data=b"x", timeout=30)

    assert error_code(answer) == "MissingRequiredHeader"
    assert landing.list() == []


def test_a_file_and_a_folder_cannot_have_one_name(landing: Served) -> None:
    assert _put(landing, "a").status_code == 201
    for name in ("a/b", "a/b/c"):
        answer = _put(landing, name)
        assert error_code(answer) == "InvalidResourceName"
        assert "same name" in answer.text
    assert _put(landing, "d/e").status_code == 201
    assert error_code(_put(landing, "d")) == "InvalidResourceName"


def test_blocks_that_were_never_put_make_no_file(landing: Served) -> None:
    path, _mark, token = landing.credentials()["SASUri"].partition("?")
    answer = requests.put(
        f"{path}/a?{token}&comp=blocklist",
        data=b"<BlockList><Latest>QQ==</Latest></BlockList>",
        timeout=30,
    )

    assert error_code(answer) == "InvalidBlockList"
    assert landing.list() == []


def test_ranges_are_those_of_the_file(landing: Served) -> None:
    _put(landing, "a")
    path, _mark, token = landing.credentials()["SASUri"].partition("?")

    def read(given: str) -> requests.Response:
        headers = {"x-ms-range": given}
        return requests.get(f"{path}/a?{token}", headers=headers, timeout=30)

    part = read("bytes=1-")
    assert (part.status_code, part.content) == (206, b"d\n")
    assert part.headers["Content-Range"] == "bytes 1-2/3"
    assert read("bytes=0-99").content == b"id\n"
    assert error_code(read("bytes=3-")) == "InvalidRange"
    assert error_code(read("bytes=2-1")) == "InvalidRange"
    assert error_code(read("lines=1")) == "InvalidRange"


def test_files_vanish_after_seven_days(
    landing: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _put(landing, "old.csv")
    _put(landing, "folder/old.csv")
    later = clock.now() + zone.LIFETIME_DAYS * 86_400_000
    assert len(landing.list()) == 2

    monkeypatch.setattr(zone, "now", lambda: later)

    assert landing.file("old.csv", fileType="delimited").status_code == 404
    assert landing.list() == []
    assert list((tmp_path).rglob("old.csv")) == []


def test_blocks_of_which_no_file_is_made_vanish_too(
    landing: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, _mark, token = landing.credentials()["SASUri"].partition("?")

    def put(name: str) -> None:
        query = f"{token}&comp=block&blockid=QQ%3D%3D"
        answer = requests.put(f"{path}/{name}?{query}", data=b"x", timeout=30)
        assert answer.status_code == 201

    put("left.bin")
    [blocks] = tmp_path.rglob("blocks")
    assert len([*blocks.rglob("*")]) == 2

    later = clock.now() + zone.LIFETIME_DAYS * 86_400_000 + 1000
    monkeypatch.setattr(zone, "now", lambda: later)
    commit = requests.put(
        f"{path}/other.bin?{token}&comp=blocklist",
        data=b"<BlockList></BlockList>",
        timeout=30,
    )

    assert commit.status_code == 201
    assert [*blocks.rglob("*")] == []


def test_a_folder_of_a_hundred_thousand_files_is_listed_in_bounds(
    landing: Served, tmp_path: Path
) -> None:
    _put(landing, "seed")
    [seed] = tmp_path.rglob("seed")
    folder = seed.parent / "many"
    folder.mkdir()
    number = 100_000 if os.environ.get("HEADWATER_TEST_FULL") else 12_000
    for position in range(number):
        os.link(seed, folder / f"{position:06}.csv") if position < 60_000 else (
            folder / f"{position:06}.csv"
        ).touch()

    answer = landing.explore(objectType="folder", object="dlz-user-container/many/")

    assert len(answer.json()) == 10_000
    assert answer.json()[-1]["name"] == "009999.csv"
    assert f"{number - 10_000} entries" in answer.headers["Warning"]
    uri = landing.credentials()["SASUri"]
    page = requests.get(f"{uri}&restype=container&comp=list&prefix=many/", timeout=60)
    assert page.text.count("<Blob>") == blob_listing.MOST
    assert "<NextMarker></NextMarker>" not in page.text
