"""Sandbox management: the configured sandboxes, as the platform describes them."""

from __future__ import annotations

from typing import Any

import pytest

from headwater_local_flow_service.settings import Strictness


def test_the_list_and_the_root_hold_the_configured_sandboxes(
    service: Any, urls: Any
) -> None:
    talker = service(sandboxes=("prod", "dev", "acme-stage"))
    body = talker.get(urls.sandboxes).json()
    assert [item["name"] for item in body["sandboxes"]] == ["prod", "dev", "acme-stage"]
    assert body["_page"] == {"limit": 100, "count": 3}
    assert (
        talker.get(urls.sandboxes.removesuffix("sandboxes")).json()["sandboxes"]
        == body["sandboxes"]
    )


def test_one_is_described_and_bears_the_id_that_resources_carry(
    service: Any, urls: Any
) -> None:
    talker = service()
    made = talker.create()
    sandbox = talker.get(f"{urls.sandboxes}/prod").json()
    assert sandbox["id"] == talker.read(made["id"])["sandboxId"]
    assert (sandbox["name"], sandbox["title"], sandbox["state"]) == (
        "prod",
        "Prod",
        "active",
    )
    assert (sandbox["type"], sandbox["isDefault"], sandbox["eTag"]) == (
        "production",
        True,
        1,
    )
    other = talker.get(f"{urls.sandboxes}/dev").json()
    assert (other["type"], other["isDefault"]) == ("development", False)


def test_ids_differ_between_organizations(service: Any, urls: Any) -> None:
    talker = service()
    other = talker.like(x_gw_ims_org_id="OTHER@AdobeOrg")
    assert (
        talker.get(f"{urls.sandboxes}/dev").json()["id"]
        != other.get(f"{urls.sandboxes}/dev").json()["id"]
    )


@pytest.mark.parametrize("sandbox", ["", "nowhere", "dev"])
def test_the_sandbox_header_plays_no_part(
    service: Any, urls: Any, sandbox: str
) -> None:
    talker = service(strictness=Strictness.strict()).like(x_sandbox_name=sandbox)
    assert len(talker.get(urls.sandboxes).json()["sandboxes"]) == 2


def test_pages_are_linked(service: Any, urls: Any) -> None:
    talker = service(sandboxes=("prod", "a", "b", "c", "d"))
    names, link = [], "/data/foundation/sandbox-management/sandboxes?limit=2"
    while link:
        body = talker.get(f"http+local://embedded{link}").json()
        names += [item["name"] for item in body["sandboxes"]]
        link = body["_links"].get("next", {}).get("href")
    assert names == ["prod", "a", "b", "c", "d"]
    assert body["_links"]["prev"]["href"].endswith("limit=2&offset=2")


def test_an_unknown_one_is_not_found_and_none_is_made(
    service: Any, urls: Any, refusal: Any, code: Any
) -> None:
    talker = service()
    assert refusal(talker.get(f"{urls.sandboxes}/nowhere")) == "HEADWATER-1404-404"
    assert refusal(talker.get(f"{urls.sandboxes}?limit=x")) == "HEADWATER-1400-400"
    assert (
        code(talker.post(urls.sandboxes, json={"name": "new"})) == "HEADWATER-1405-405"
    )
