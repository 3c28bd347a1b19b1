"""A connection specification id from the caller: only where none is verified, and never a wrong one."""

from __future__ import annotations

from typing import Any

import pytest
from flowservice.wired import CONNECTIONS, ETAG, ID, service
from tenants import PRIVATE, connector

import headwater
from headwater.connectors.spec_ids import with_spec_id
from headwater.create.runner import prepare
from headwater.errors import HeadwaterError, InvalidInput, NotCreatable

ORACLE = "ba5126ec-c9ac-11eb-b8bc-0242ac130003"
MISPRINT = "b66ab34-8619-49cb-96d1-39b37ede86ea"
OTHER = "11111111-2222-4333-8444-555555555555"
GIVEN = {"host": "h", "apiKey": "literal:correct-horse"}


def _without(**facts: Any) -> headwater.Connector:
    return connector(id=None, no_id_reason="two ids are printed", **facts)


def test_a_connector_without_a_verified_id_takes_the_one_given() -> None:
    one = _without()
    found = with_spec_id(one, f" {OTHER.upper()} ")
    assert (found.spec.id, found.id_source, found.spec.no_id_reason) == (
        OTHER,
        "the caller",
        "",
    )
    assert one.spec.id is None


def test_the_payload_names_it() -> None:
    prepared = prepare(_without(), name="Desk", credentials=GIVEN, spec_id=OTHER)
    assert prepared.payload["connectionSpec"]["id"] == OTHER


def test_without_it_the_refusal_says_how_to_give_it() -> None:
    with pytest.raises(NotCreatable) as caught:
        prepare(_without(), name="Desk", credentials=GIVEN)
    assert "--spec-id" in caught.value.remedy
    assert "headwater specs pull" in caught.value.remedy


def test_the_verified_id_may_be_repeated_but_not_changed() -> None:
    one = connector()
    assert with_spec_id(one, PRIVATE) is one
    with pytest.raises(InvalidInput, match="another one was given") as caught:
        with_spec_id(one, OTHER)
    assert "headwater doctor acme-desk" in caught.value.remedy


def test_the_id_that_came_from_a_tenant_gives_way() -> None:
    tenants = _without().with_id(PRIVATE, source="the tenant's specification x")
    assert with_spec_id(tenants, OTHER).spec.id == OTHER


@pytest.mark.parametrize(
    "text",
    ["", "no-uuid", OTHER.replace("-", ""), f"{{{OTHER}}}", OTHER + "0", MISPRINT[:-1]],
)
def test_what_is_no_uuid_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(InvalidInput, match="is a UUID") as caught:
        with_spec_id(_without(), text)
    assert not text or text not in str(caught.value)


def test_a_known_misprint_is_refused_with_the_right_id() -> None:
    with pytest.raises(
        InvalidInput, match="cb66ab34-8619-49cb-96d1-39b37ede86ea"
    ) as caught:
        with_spec_id(headwater.load("salesforce-service-cloud"), MISPRINT)
    assert caught.value.remedy == "leave it out"


def test_a_misprint_of_another_source_is_refused_naming_that() -> None:
    with pytest.raises(InvalidInput, match="that of salesforce-service-cloud"):
        with_spec_id(_without(), MISPRINT)


def test_an_id_of_another_connector_is_refused_naming_that() -> None:
    with pytest.raises(InvalidInput, match="Oracle Service Cloud") as caught:
        with_spec_id(_without(), ORACLE)
    assert "create oracle-service-cloud" in caught.value.remedy


def test_a_source_without_base_connection_is_refused_all_the_same() -> None:
    with pytest.raises(NotCreatable, match="no base connection"):
        prepare(
            _without(base_connection=False),
            name="Desk",
            credentials=GIVEN,
            spec_id=OTHER,
        )


def test_a_connection_is_created_with_it(requests_mock: Any) -> None:
    requests_mock.get(CONNECTIONS, json={"items": []})
    requests_mock.post(CONNECTIONS, status_code=201, json={"id": ID, "etag": ETAG})
    stored = {"id": ID, "etag": ETAG, "name": "Desk", "connectionSpec": {"id": OTHER}}
    requests_mock.get(f"{CONNECTIONS}/{ID}", json={"items": [stored]})
    with service() as (opened, _pauses):
        headwater.create_connection(
            _without(), name="Desk", credentials=GIVEN, service=opened, spec_id=OTHER
        )
    [post] = [each for each in requests_mock.request_history if each.method == "POST"]
    assert post.json()["connectionSpec"]["id"] == OTHER


def test_nothing_is_sent_for_a_bad_one(requests_mock: Any) -> None:
    with service() as (opened, _pauses), pytest.raises(HeadwaterError):
        headwater.create_connection(
            _without(),
            name="Desk",
            credentials=GIVEN,
            service=opened,
            spec_id="no-uuid",
        )
    assert requests_mock.call_count == 0
