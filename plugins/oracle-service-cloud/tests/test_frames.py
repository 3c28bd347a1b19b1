"""The reader itself, before the seam drops its frames: no frame that raises holds what it sends."""

from __future__ import annotations

from typing import Any

import pytest
import requests_mock

from headwater import Secret, load
from headwater.errors import SourceError
from headwater.sources import Reach, SourceCredentials
from headwater_authoring.testing.canaries import Lookout, canary
from headwater_authoring.testing.frames import find_in_frames
from headwater_oracle_service_cloud.reader import OracleReader

PASSWORD, TOKEN = canary("password"), canary("token")
LOOKOUT = Lookout([PASSWORD, TOKEN])


@pytest.mark.parametrize(
    "answer",
    [
        {"status_code": 401, "json": {"detail": PASSWORD}},
        {"status_code": 302},
        {"status_code": 503, "text": PASSWORD},
        {"status_code": 429},
        {"status_code": 400, "json": {"title": PASSWORD}},
        {"json": {"items": "none"}},
    ],
)
def test_no_frame_of_a_failing_call_holds_a_secret(answer: dict[str, Any]) -> None:
    (auth,) = load("oracle-service-cloud").authentication
    params = {"host": "a.example", "username": "u", "password": Secret(PASSWORD)}
    credentials = SourceCredentials(auth=auth, params=params, reach=Reach())
    chain = {"osvc-crest-api-access-token": TOKEN}
    with requests_mock.Mocker() as wire:
        wire.get(requests_mock.ANY, [{"json": {}, "headers": chain}, answer])
        with (
            OracleReader(credentials, pause=lambda _s: None) as reader,
            pytest.raises(SourceError) as caught,
        ):
            reader.check()
    assert find_in_frames(caught.value, LOOKOUT, but=(__file__,)) == []
    assert not LOOKOUT.sees(str(caught.value))
