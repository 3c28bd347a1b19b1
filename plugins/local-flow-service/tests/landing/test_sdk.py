"""Azure's own SDK against the landing zone: in a folder that the service serves, and in Azurite."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from landing.zones_served import Served

blob = pytest.importorskip(
    "azure.storage.blob", reason="azure-storage-blob is not installed"
)


def _client(landing: Served, **options: Any) -> Any:
    uri = landing.credentials()["SASUri"]
    return blob.ContainerClient.from_container_url(uri, retry_total=0, **options)


def test_a_file_dropped_by_its_token_is_listed_and_previewed(anywhere: Served) -> None:
    with _client(anywhere) as client:
        client.upload_blob("orders/data8.csv", b"id,name\n1,one\n", overwrite=True)

    container = anywhere.credentials()["containerName"]
    assert anywhere.list() == [
        {
            "type": "folder",
            "name": "orders",
            "path": f"{container}/orders/",
            "canPreview": False,
            "canFetchSchema": False,
        }
    ]
    [found] = anywhere.list(objectType="folder", object=f"{container}/orders/")
    assert found == {
        "type": "file",
        "name": "data8.csv",
        "path": f"{container}/orders/data8.csv",
        "canPreview": True,
        "canFetchSchema": True,
    }
    answer = anywhere.file("orders/data8.csv", determineProperties="true").json()
    assert answer["properties"] == {"fileType": "delimited", "columnDelimiter": ","}
    assert answer["data"] == [{"id": "1", "name": "one"}]


def test_a_file_is_put_read_replaced_and_deleted(anywhere: Served) -> None:
    with _client(anywhere) as client:
        file = client.get_blob_client("a b/ø&=.csv")
        assert not file.exists()

        file.upload_blob(b"first")
        assert file.exists()
        with pytest.raises(Exception, match="BlobAlreadyExists"):
            file.upload_blob(b"again")
        first = file.get_blob_properties()
        file.upload_blob(b"second one", overwrite=True)

        assert file.download_blob().readall() == b"second one"
        assert file.download_blob(offset=7, length=3).readall() == b"one"
        properties = file.get_blob_properties()
        assert properties.size == 10
        assert properties.etag != first.etag
        assert [found.name for found in client.list_blobs()] == ["a b/ø&=.csv"]
        file.delete_blob()
        assert not file.exists()
        with pytest.raises(Exception, match="BlobNotFound"):
            file.delete_blob()
        assert [*client.list_blobs()] == []


def test_an_empty_file_can_be_put_and_read(anywhere: Served) -> None:
    with _client(anywhere) as client:
        client.upload_blob("empty.csv", b"")
        assert client.download_blob("empty.csv").readall() == b""


def test_a_large_file_goes_in_blocks_and_comes_in_ranges(anywhere: Served) -> None:
    data = os.urandom(300_000)
    options = {"max_single_put_size": 1000, "max_block_size": 40_000}
    ranges = {"max_single_get_size": 100_000, "max_chunk_get_size": 70_000}
    with _client(anywhere, **options, **ranges) as client:
        client.upload_blob("large.bin", data, max_concurrency=3)

        assert client.download_blob("large.bin", max_concurrency=3).readall() == data
        assert client.get_blob_client("large.bin").get_blob_properties().size == 300_000


def test_folders_are_walked_with_a_delimiter(anywhere: Served) -> None:
    with _client(anywhere) as client:
        for name in ("a/1.csv", "a/b/2.csv", "c.csv", "ab.csv"):
            client.upload_blob(name, b"id\n")

        # The SDK hands out the folders of a page before its files.
        assert [item.name for item in client.walk_blobs()] == ["a/", "ab.csv", "c.csv"]
        assert [item.name for item in client.walk_blobs("a/")] == ["a/b/", "a/1.csv"]
        assert [item.name for item in client.list_blobs(name_starts_with="a")] == [
            "a/1.csv",
            "a/b/2.csv",
            "ab.csv",
        ]


def test_a_listing_comes_in_pages(anywhere: Served) -> None:
    names = [f"{number:02}.csv" for number in range(25)]
    with _client(anywhere) as client:
        for name in names:
            client.upload_blob(name, b"id\n")
        pages = client.list_blobs(results_per_page=10).by_page()
        found = [[item.name for item in page] for page in pages]

    assert [len(page) for page in found] == [10, 10, 5]
    assert [name for page in found for name in page] == names


def test_a_body_that_is_not_that_of_its_checksum_is_not_kept(landing: Served) -> None:
    import requests

    path, _mark, token = landing.credentials()["SASUri"].partition("?")
    answer = requests.put(
        f"{path}/a.csv?{token}",
        data=b"id\n",
        headers={
            "x-ms-blob-type": "BlockBlob",
            "Content-MD5": "1B2M2Y8AsgTpgAmY7PhCfg==",
        },
        timeout=30,
    )

    assert answer.headers["x-ms-error-code"] == "Md5Mismatch"
    assert landing.list() == []
