"""An inlet behind a port: its refusals are its own there too, and its id is not in the log."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import requests
from streams import http_api
from talking import BASE, HEADERS

if TYPE_CHECKING:
    from pathlib import Path


def test_a_message_that_is_too_large_is_refused_by_the_front_as_by_the_inlet(
    served: Any, tmp_path: Path
) -> None:
    with (
        served(tmp_path, "--access-log") as (_process, url),
        requests.Session() as session,
    ):
        session.trust_env = False
        path = f"{url}{BASE.removeprefix('http+local://embedded')}/connections"
        made = session.post(path, json=http_api(), headers=HEADERS).json()["id"]
        [item] = session.get(f"{path}/{made}", headers=HEADERS).json()["items"]
        params = item["auth"]["params"]
        assert params["inletUrl"] == f"{url}/collection/{params['inletId']}"
        answer = session.post(params["inletUrl"], json={"a": "x" * 1_100_000})
        small = session.post(params["inletUrl"], json={})
    assert answer.status_code == answer.json()["status"] == 413
    assert answer.json()["title"] == "Payload Too Large"
    assert small.status_code == 400
    lines = (tmp_path / "stderr").read_text().splitlines()
    paths = [json.loads(line)["path"] for line in lines if '"path"' in line]
    begun = f"/collection/{params['inletId'][:8]}..."
    assert paths.count(begun) == 2
    assert params["inletId"] not in "".join(lines)
