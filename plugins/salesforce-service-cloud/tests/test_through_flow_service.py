"""Connections tested and explored through the embedded Flow Service, against a small Salesforce."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from fake_salesforce import FakeSalesforce, serving
from salesforce_objects import ADDRESS, CASE, FIELDS
from salesforce_world import SECRETS, SLUG, TOKEN, basic, oauth, unhurried
from wire.embedded import embedded
from wire.rig import Rig

import headwater
from headwater import errors

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import requests

    from headwater_local_flow_service.testing import LocalFlowService

CASES = "explore?objectType=table&object=Case"


@attrs.frozen
class Connected:
    """A connection in a service, and the Salesforce it leads to."""

    service: LocalFlowService
    id: str
    fake: FakeSalesforce

    def get(self, path: str) -> requests.Response:
        """Ask about the connection; whatever the answer is, no secret is in it."""
        answer = self.service.session().get(
            f"{self.service.api}/connections/{self.id}/{path}"
        )
        assert not any(secret in answer.text for secret in (*SECRETS, TOKEN))
        return answer


@contextlib.contextmanager
def connected(
    service: LocalFlowService,
    faults: Iterable[str | None] = (),
    *,
    by: Any = oauth,
    **changes: str,
) -> Iterator[Connected]:
    fake = FakeSalesforce(faults)
    with serving(fake) as served, unhurried():
        given = by(served.url, **changes)
        made = headwater.create_connection(
            SLUG, name="Desk", credentials=given, service=service.client
        )
        yield Connected(service, made.id, fake)


def _code(answer: requests.Response) -> str:
    return str(answer.json()["type"]).removeprefix("https://ns.adobe.com/aep/errors/")


@pytest.mark.parametrize("by", [oauth, basic])
def test_the_test_is_salesforces_own_verdict(
    flow_service: LocalFlowService, by: Any
) -> None:
    with connected(flow_service, by=by) as desk:
        assert desk.get("test").json() == {"result": True}
        assert len(desk.fake.requests) == 3


@pytest.mark.parametrize(
    ("by", "changes"),
    [
        (oauth, {"clientSecret": "wrong-secret"}),
        (basic, {"password": "wrong-password"}),
    ],
)
def test_wrong_credentials_are_a_verdict_and_sent_once_for_each_question(
    flow_service: LocalFlowService, by: Any, changes: dict[str, str]
) -> None:
    with connected(flow_service, by=by, **changes) as desk:
        assert desk.get("test").json() == {"result": False}
        assert desk.fake.refused == 1
        assert _code(desk.get("explore?objectType=root")) == "CONNECTOR-1308-400"
        assert desk.fake.refused == 2


@pytest.mark.parametrize(
    ("faults", "code"),
    [
        ([None, None, "rest 403 API_DISABLED_FOR_ORG"], "CONNECTOR-1002-403"),
        ([None, None, "rest 403 REQUEST_LIMIT_EXCEEDED"], "CONNECTOR-1006-408"),
        (["503-html"], "CONNECTOR-1006-408"),
        (["reset"], "CONNECTOR-1006-408"),
        ([None, None, "html"], "CONNECTOR-1006-408"),
        ([None, None, "rest 400 BRAND_NEW_REFUSAL"], "CONNECTOR-1005-500"),
    ],
)
@pytest.mark.parametrize(
    "path", ["test", "explore?objectType=root", CASES, f"{CASES}&preview=true"]
)
def test_a_source_that_cannot_answer_is_an_error_with_its_code(
    flow_service: LocalFlowService, path: str, faults: list[str | None], code: str
) -> None:
    with connected(flow_service, faults) as desk:
        assert _code(desk.get(path)) == code


def test_an_object_salesforce_does_not_have_is_told_by_its_code(
    flow_service: LocalFlowService,
) -> None:
    with connected(flow_service) as desk:
        answer = desk.get("explore?objectType=table&object=Nothing__c")
    assert _code(answer) == "CONNECTOR-1330-400"


def test_a_throttled_login_is_not_sent_again_by_the_client(
    flow_service: LocalFlowService,
) -> None:
    with connected(flow_service, ["429"] * 9) as desk:
        with pytest.raises(errors.Unavailable):
            desk.service.client.connections.test(desk.id)
        assert len(desk.fake.requests) == 1


def test_throttling_says_how_long_to_wait(flow_service: LocalFlowService) -> None:
    with connected(flow_service, [None, "429-long"]) as desk:
        assert desk.get("test").headers["Retry-After"] == "3601"


def test_the_root_lists_the_objects(flow_service: LocalFlowService) -> None:
    with connected(flow_service) as desk:
        found = desk.get("explore?objectType=root").json()
    assert [item["path"] for item in found] == sorted(FIELDS)
    assert found[1] == {
        "type": "table",
        "name": "Case",
        "path": "Case",
        "canPreview": True,
        "canFetchSchema": True,
    }
    assert [item["path"] for item in found if not item["canPreview"]] == [
        "ContentDocumentLink",
        "UserRecordAccess",
    ]


def test_an_object_is_described_and_previewed_in_the_documented_shape(
    flow_service: LocalFlowService,
) -> None:
    with connected(flow_service) as desk:
        plain = desk.get(CASES).json()
        whole = desk.get(f"{CASES}&preview=true").json()
    assert list(plain) == ["format", "schema"]
    assert plain["format"] == "flat"
    columns = {column["name"]: column for column in plain["schema"]["columns"]}
    assert set(CASE) - set(columns) == {"Picture", "Novelty__c"}
    assert columns["CreatedDate"]["xdm"] == {"type": "string", "format": "date-time"}
    assert set(columns["ShippingAddress"]["xdm"]["properties"]) == set(ADDRESS)
    assert (whole["schema"], len(whole["data"])) == (plain["schema"], 3)
    assert whole["data"][0]["ShippingAddress"] == ADDRESS
    assert whole["data"][0]["CreatedDate"] == "2020-10-22T21:03:23.000Z"


@pytest.mark.parametrize("host", ["acme.my.salesforce.com", "169.254.169.254"])
def test_only_named_hosts_are_reached_beyond_this_machine(
    flow_service: LocalFlowService, host: str
) -> None:
    given = oauth(f"https://{host}")
    made = headwater.create_connection(
        SLUG, name="Desk", credentials=given, service=flow_service.client
    )
    answer = flow_service.session().get(
        f"{flow_service.api}/connections/{made.id}/test"
    )
    assert _code(answer) == "CONNECTOR-1002-403"
    assert "--reach-sources" in answer.json()["errorMessage"]


@pytest.mark.parametrize("path", ["test", CASES, f"{CASES}&preview=true"])
def test_a_service_trusts_the_authorities_of_its_environment(
    flow_service: LocalFlowService, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    fake = FakeSalesforce()
    with Rig(embedded(fake), tls=True) as rig, unhurried():
        fake.instance = rig.url
        made = headwater.create_connection(
            SLUG, name="Desk", credentials=oauth(rig.url), service=flow_service.client
        )
        url = f"{flow_service.api}/connections/{made.id}/{path}"
        monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
        refused = flow_service.session().get(url)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(rig.ca_bundle))
        assert flow_service.session().get(url).status_code == 200
    assert _code(refused) == "CONNECTOR-1006-408"
    assert "REQUESTS_CA_BUNDLE where the service is started" in refused.text
