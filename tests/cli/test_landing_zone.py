"""``headwater landing-zone`` against the embedded platform: files put in, listed and previewed; secrets hidden."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from cli.terminal import failure, result, run

from headwater.errors import InvalidInput, Rejected
from headwater.flowservice import FlowService

if TYPE_CHECKING:
    from pathlib import Path

    from headwater_local_flow_service.testing import LocalFlowService

CONTAINER = "dlz-user-container"


@pytest.fixture(name="orders")
def _orders(tmp_path: Path) -> Path:
    path = tmp_path / "orders.csv"
    path.write_text("id;name\n1;Fjørd\n", encoding="utf-8")
    return path


def test_the_container_is_shown() -> None:
    assert result("landing-zone", "show") == {
        "containerName": CONTAINER,
        "containerTTL": "7",
    }


def test_credentials_are_hidden_unless_revealed() -> None:
    hidden = run("landing-zone", "credentials", "--json")
    shown = json.loads(hidden.stdout)
    revealed = result("landing-zone", "credentials", "--reveal")

    token = revealed["SASToken"]
    assert shown["SASToken"] == shown["SASUri"] == "******"
    assert shown["expiryDate"] == revealed["expiryDate"]
    assert token not in hidden.stdout + hidden.stderr
    assert revealed["SASUri"].endswith(f"/{CONTAINER}?{token}")


def test_a_refresh_makes_other_credentials() -> None:
    before = result("landing-zone", "credentials", "--reveal")
    after = result("landing-zone", "refresh", "--reveal")

    assert after["SASToken"] != before["SASToken"]
    assert result("landing-zone", "credentials", "--reveal") == after


def test_a_file_is_put_listed_and_previewed(orders: Path) -> None:
    done = result("landing-zone", "upload", str(orders), "--as", "2024/a b.csv")
    assert done == {"path": f"{CONTAINER}/2024/a b.csv"}

    [folder] = result("landing-zone", "list")
    assert folder["path"] == f"{CONTAINER}/2024/"
    [file] = result("landing-zone", "list", folder["path"])
    assert file["path"] == done["path"]
    found = result("landing-zone", "preview", file["path"])
    assert found["properties"]["columnDelimiter"] == ";"
    assert found["data"] == [{"id": "1", "name": "Fjørd"}]
    page = run("landing-zone", "preview", file["path"]).stdout
    assert "Fjørd" in page


def test_a_path_may_be_given_without_the_container(orders: Path) -> None:
    result("landing-zone", "upload", str(orders), "--as", "2024/orders.csv")

    within = result("landing-zone", "list", "2024")
    assert within == result("landing-zone", "list", f"{CONTAINER}/2024")
    for path in ("2024/orders.csv", "/2024/orders.csv"):
        assert result("landing-zone", "preview", path)["data"]


def test_a_file_keeps_its_name_unless_another_is_given(orders: Path) -> None:
    orders.write_bytes(b"")

    assert result("landing-zone", "upload", str(orders)) == {
        "path": f"{CONTAINER}/orders.csv"
    }


def test_a_name_that_the_store_refuses_is_told_in_a_sentence(orders: Path) -> None:
    _code, error = failure("landing-zone", "upload", str(orders), "--as", "CON")

    assert "InvalidResourceName" in str(error)
    assert "file's name" in str(error)


def test_the_other_container_has_credentials_of_its_own() -> None:
    mine, exports = (
        result("landing-zone", "credentials", "--reveal", *more)
        for more in ((), ("--destination",))
    )
    assert mine["SASUri"] != exports["SASUri"]


def test_the_client_reaches_a_served_platform_and_its_store(
    flow_service: LocalFlowService, orders: Path
) -> None:
    with (
        flow_service.connect(flow_service.serve()) as service,
        orders.open("rb") as file,
    ):
        assert isinstance(service, FlowService)
        service.landing_zone.upload(file, "orders.csv")
        container = service.landing_zone.get()["containerName"]
        assert container == CONTAINER


def test_a_refused_upload_shows_no_token(
    flow_service: LocalFlowService, orders: Path
) -> None:
    zone = flow_service.client.landing_zone
    token = zone.credentials()["SASToken"].reveal()
    with orders.open("rb") as file, pytest.raises(Rejected) as refusal:
        zone.upload(file, "COM1")

    assert refusal.value.status == 400
    assert token not in repr(refusal.value) + json.dumps(refusal.value.data())


def test_a_type_that_is_none_is_refused_before_anything_is_sent(
    flow_service: LocalFlowService,
) -> None:
    with pytest.raises(InvalidInput, match="user_drop_zone, dlz_destination"):
        flow_service.client.landing_zone.get("zone")
