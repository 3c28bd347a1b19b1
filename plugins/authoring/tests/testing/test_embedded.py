"""The embedded service for tests is fresh, strict, and deaf to what the environment configures."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from headwater import create_connection
from headwater.errors import Rejected
from headwater_authoring.testing import embedded_service

if TYPE_CHECKING:
    from pathlib import Path

ORACLE = {
    "host": "acme.custhelp.com",
    "username": "integration",
    "password": "correct-horse",
}


def test_two_services_share_nothing_and_the_environment_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADWATER_URL", "https://platform.example")
    monkeypatch.setenv("HEADWATER_LOCAL_KEY", "not a key")
    before = dict(os.environ)
    with (
        embedded_service(tmp_path / "one") as one,
        embedded_service(tmp_path / "two") as two,
    ):
        create_connection(
            "oracle-service-cloud", name="Desk", credentials=ORACLE, service=one
        )
        assert [found.name for found in one.connections.list()] == ["Desk"]
        assert list(two.connections.list()) == []
    assert dict(os.environ) == before
    assert (tmp_path / "one" / "local.db").exists()


def test_it_is_strict(tmp_path: Path) -> None:
    body = {"auth": {"specName": "Basic Authentication", "params": ORACLE}}
    body["connectionSpec"] = {"id": "ba5126ec-c9ac-11eb-b8bc-0242ac130003"}
    with (
        embedded_service(tmp_path) as service,
        pytest.raises(Rejected, match=r"connectionSpec\.version is missing"),
    ):
        service.connections.create({"name": "Desk", **body})
