"""The application as a transport of requests, by URL scheme."""

from __future__ import annotations

import os
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest
import requests
from requests.adapters import BaseAdapter

from headwater_local_flow_service import LocalAdapter, Settings, StoreError

URL = "http+local://embedded/data/foundation/flowservice/connections"
HEADERS = {
    "Authorization": "Bearer x",
    "x-api-key": "key",
    "x-gw-ims-org-id": "ACME@AdobeOrg",
}


def test_the_entry_points_lead_to_the_adapter_and_the_command() -> None:
    [adapter] = entry_points(group="headwater.adapters", name="http+local")
    assert adapter.load() is LocalAdapter
    assert isinstance(adapter.load()(), BaseAdapter)
    [command] = entry_points(group="headwater.commands", name="serve")
    assert command.load().name == "serve"


def test_it_opens_the_configured_store_with_the_first_request_and_again_after_closing() -> (
    None
):
    store = Path(os.environ["HEADWATER_LOCAL_STORE"])
    with requests.Session() as session:
        session.mount("http+local://", LocalAdapter())
        assert not store.exists()
        assert session.get(URL, headers=HEADERS).json() == {"items": [], "_links": {}}
        assert store.exists()
        session.close()
        assert session.get(URL, headers=HEADERS).status_code == 200


def test_parameters_and_bodies_arrive_as_over_http(tmp_path: Path, oracle: Any) -> None:
    name = 'a&b="c", é [x] + 100%'
    with requests.Session() as session:
        session.mount(
            "http+local://", LocalAdapter(Settings(store=str(tmp_path / "a.db")))
        )
        made = session.post(URL, json=oracle(name), headers=HEADERS)
        assert made.status_code == 201
        assert made.reason == "Created"
        assert made.elapsed.total_seconds() > 0
        read = session.get(f"{URL}/{made.json()['id']}", headers=HEADERS)
        assert read.json()["items"][0]["name"] == name
        assert session.get(
            URL, params={"property": "description!=x"}, headers=HEADERS
        ).json()["items"]
        stream = session.post(
            URL,
            data=iter([b'{"name"', b":1}"]),
            headers=HEADERS | {"Content-Type": "application/json"},
        )
        assert stream.json()["type"].endswith("FLOW-1413-400") or stream.json()[
            "type"
        ].endswith("CONNECTOR-1312-400")
        assert (
            next(session.get(URL, headers=HEADERS, stream=True).iter_content(1)) == b"{"
        )


def test_a_store_that_cannot_open_is_an_error_in_words(tmp_path: Path) -> None:
    with requests.Session() as session:
        session.mount("http+local://", LocalAdapter(Settings(store=str(tmp_path))))
        with pytest.raises(StoreError, match="cannot be opened"):
            session.get(URL, headers=HEADERS)


def test_an_app_of_the_callers_stays_open(service: Any) -> None:
    talker = service()
    talker.session.close()
    assert talker.create()
