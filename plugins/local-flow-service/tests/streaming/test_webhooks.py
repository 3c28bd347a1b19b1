"""A webhook's dataflow has the inlet itself, among its options."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from dataflows import CONTENT_TYPE, PLATFORM, new_data_set, target_body
from streams import FIELDS, new_group, new_schema, stored_rows

if TYPE_CHECKING:
    from pathlib import Path

    import requests
    from talking import Talker

GENERIC_STREAMING = "e77fde5a-22a8-11ed-861d-0242ac120002"
URL = re.compile(r"http\+local://embedded/collection/[0-9a-f]{64}")


class Webhook:
    """A dataflow of a webhook partner, into a data set of its own."""

    def __init__(self, talker: Any) -> None:
        self.talker = talker
        schema = new_schema(talker, new_group(talker, FIELDS))
        self.data_set = new_data_set(talker, schema)
        reference = {"id": schema, "contentType": CONTENT_TYPE}
        lines = [{"source": "event.id", "destination": "_id"}]
        mapping = self._made(
            f"{PLATFORM}/conversion/mappingSets",
            {"outputSchema": {"schemaRef": reference}, "mappings": lines},
        )
        source = {
            "name": "webhook",
            "data": {"format": "json"},
            "connectionSpec": {"id": webhook_spec(talker), "version": "1.0"},
        }
        self.body = {
            "name": "webhook events",
            "flowSpec": {"id": GENERIC_STREAMING, "version": "1.0"},
            "sourceConnectionIds": [self._made("/sourceConnections", source)],
            "targetConnectionIds": [
                self._made("/targetConnections", target_body(self.data_set))
            ],
            "transformations": [
                {
                    "name": "Mapping",
                    "params": {"mappingId": mapping, "mappingVersion": 0},
                }
            ],
        }
        self.flow = self._made("/flows", self.body)

    def _made(self, path: str, body: Any) -> str:
        answer = self.talker.post(path, json=body)
        assert answer.status_code in (200, 201), answer.text
        return str(answer.json()["id"])

    def read(self) -> dict[str, Any]:
        item: dict[str, Any]
        [item] = self.talker.get(f"/flows/{self.flow}").json()["items"]
        return item

    @property
    def url(self) -> str:
        return str(self.read()["options"]["inletUrl"])

    def send(self, body: Any, **rest: Any) -> requests.Response:
        answer: requests.Response = self.talker.session.post(
            self.url, json=body, **rest
        )
        return answer


def webhook_spec(talker: Any) -> str:
    """Return the connection specification of a source that GenericStreamingAEP is open for."""
    [spec] = talker.get(f"/flowSpecs/{GENERIC_STREAMING}").json()["items"]
    return str(spec["sourceConnectionSpecIds"][0])


@pytest.fixture
def talker(service: Any, tmp_path: Path) -> Talker:
    opened: Talker = service(lake=str(tmp_path / "lake"), inlet_interval=0)
    return opened


@pytest.fixture
def webhook(talker: Talker) -> Webhook:
    return Webhook(talker)


def test_the_inlet_stands_among_the_options_and_stays(webhook: Webhook) -> None:
    assert URL.fullmatch(webhook.url)
    assert webhook.url == webhook.url
    listed = webhook.talker.get("/flows").json()["items"]
    assert [item["options"]["inletUrl"] for item in listed] == [webhook.url]


@pytest.mark.parametrize("is_named", [True, False])
def test_what_a_partner_posts_comes_into_the_data_set(
    webhook: Webhook, is_named: bool
) -> None:
    params = {"x-adobe-flow-id": webhook.flow} if is_named else {}
    answer = webhook.send({"event": {"id": "7"}}, params=params)
    assert answer.status_code == 200, answer.text
    [row] = stored_rows(webhook.talker, webhook.data_set)
    assert row["_id"] == "7"
    assert webhook.read()["lastRunDetails"]["state"] == "success"


def test_another_dataflow_cannot_be_named(talker: Talker, webhook: Webhook) -> None:
    other = Webhook(talker)
    answer = webhook.send({"event": {}}, params={"x-adobe-flow-id": other.flow})
    assert answer.status_code == 400


def test_what_was_read_can_be_sent_back(webhook: Webhook) -> None:
    before = webhook.read()
    operation = {"op": "add", "path": "/options", "value": before["options"]}
    answer = webhook.talker.send(
        "PATCH",
        f"/flows/{webhook.flow}",
        headers={"If-Match": before["etag"]},
        json=[operation],
    )
    assert answer.status_code == 200, answer.text
    assert webhook.read()["options"] == before["options"]


def test_a_create_passes_the_inlet_of_another_over(webhook: Webhook) -> None:
    options = {"options": {"inletUrl": webhook.url}}
    made = webhook.talker.post("/flows", json=webhook.body | options)
    assert made.status_code == 201, made.text
    [item] = webhook.talker.get(f"/flows/{made.json()['id']}").json()["items"]
    assert URL.fullmatch(item["options"]["inletUrl"])
    assert item["options"]["inletUrl"] != webhook.url


def test_the_inlet_goes_with_its_dataflow(webhook: Webhook) -> None:
    url = webhook.url
    assert webhook.send({"event": {"id": "1"}}).status_code == 200
    assert webhook.talker.send("DELETE", f"/flows/{webhook.flow}").status_code == 204
    answer = webhook.talker.session.post(url, json={"event": {"id": "2"}})
    assert answer.status_code == 404
