"""What is sent to an inlet is checked, answered in the words of the platform, and kept."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from dataflows import CONTENT_TYPE, PLATFORM, new_data_set
from streams import ORG, Stream

from headwater.secret import Secret
from headwater_local_flow_service import Client
from headwater_local_flow_service.store.inlet_rows import InletRows
from headwater_local_flow_service.store.store import Scope
from headwater_local_flow_service.streaming import backlog

if TYPE_CHECKING:
    from pathlib import Path

    import requests
    from talking import Talker

INLET = "http://ns.adobe.com/adobecloud/problem/data-collection-service/inlet"
XACTION = re.compile(r"\d{13}:\d+:\d+")
SCOPE = Scope(org=ORG, sandbox="prod")
LATER = 3600.0  # seconds: nothing is put into batches while these tests run
CLIENT = Client(id="sender", secret=Secret("open-sesame"), organizations=[ORG])
FOREIGN = Client(id="other", secret=Secret("open-barley"), organizations=["X@AdobeOrg"])


@pytest.fixture
def talker(service: Any, tmp_path: Path) -> Talker:
    opened: Talker = service(lake=str(tmp_path / "lake"), inlet_interval=LATER)
    return opened


@pytest.fixture
def stream(talker: Talker) -> Stream:
    return Stream(talker)


def _kept(talker: Talker, flow: str) -> list[dict[str, Any]]:
    with talker.app.store.reading() as rows:
        found = InletRows(rows).stream(SCOPE, flow, 1000)
        return [json.loads(message.text) for message in found]


def _reasons(answer: requests.Response) -> tuple[str, list[str]]:
    """Return the sentence of a refused message and our reasons, once its shape is checked."""
    body = answer.json()
    assert answer.status_code == body["status"] == 400
    assert (body["type"], body["title"]) == (INLET, "Invalid XDM Message Format")
    start, _end, text = body["report"]["message"].rpartition("] ")
    assert re.fullmatch(r"inletId: \[[0-9a-f]{64}\] imsOrgId: \[ACME@AdobeOrg", start)
    causes = body["report"].get("cause", {}).get("_streamingValidation", [])
    return text, [cause["message"] for cause in causes]


def test_a_message_is_kept_whole_before_it_is_answered(
    talker: Talker, stream: Stream
) -> None:
    message = stream.message({"_id": "1"})
    answer = stream.send(message)
    assert answer.status_code == 200
    body = answer.json()
    assert body["inletId"] == stream.params["inletId"]
    assert XACTION.fullmatch(body["xactionId"])
    assert body["xactionId"].startswith(f"{body['receivedTimeMs']}:")
    assert body["syncValidation"] == {"skipped": True}
    assert _kept(talker, stream.flow) == [message]


def test_what_a_sender_may_leave_out_is_filled_in(
    talker: Talker, stream: Stream
) -> None:
    left_out = {"imsOrgId": None, "flowId": None, "source": None}
    assert stream.send(stream.message({"_id": "1"}, header=left_out)).ok
    [kept] = _kept(talker, stream.flow)
    assert kept["header"]["imsOrgId"] == ORG
    assert kept["header"]["flowId"] == stream.flow
    assert kept["header"]["source"] == {"name": "desk events"}


@pytest.mark.parametrize("place", ["headers", "params"])
def test_the_request_may_name_the_dataflow(stream: Stream, place: str) -> None:
    left_out = {"flowId": None, "datasetId": None}
    message = stream.message({"_id": "1"}, header=left_out)
    named: dict[str, Any] = {place: {"x-adobe-flow-id": stream.flow}}
    assert stream.send(message, **named).status_code == 200
    assert _reasons(stream.send(message)) == (
        "Message is invalid",
        ["no dataflow is named: send x-adobe-flow-id"],
    )


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (5, "a message is a JSON object"),
        ({}, "a message has the objects header and body"),
        ({"header": {}}, "a message has the objects header and body"),
        ({"header": {}, "body": {}}, "header.schemaRef.id is missing"),
    ],
)
def test_what_is_no_xdm_message_is_refused(
    stream: Stream, message: Any, reason: str
) -> None:
    assert _reasons(stream.send(message)) == (
        "Message has unknown xdm format",
        [reason],
    )


@pytest.mark.parametrize("part", ["header", "meta"])
def test_both_references_to_the_schema_are_needed_and_must_agree(
    stream: Stream, part: str
) -> None:
    missing: dict[str, Any] = {part: {"schemaRef": None}}
    text, [reason] = _reasons(stream.send(stream.message({"_id": "1"}, **missing)))
    assert text == "Message has unknown xdm format"
    assert reason.endswith("schemaRef.id is missing")
    other = {"id": "https://ns.adobe.com/acme/schemas/1", "contentType": CONTENT_TYPE}
    foreign: dict[str, Any] = {part: {"schemaRef": other}}
    text, [reason] = _reasons(stream.send(stream.message({"_id": "1"}, **foreign)))
    assert text == "Message is invalid"
    assert "must both name the schema of the data set" in reason


def test_another_organization_in_the_header_is_refused(stream: Stream) -> None:
    message = stream.message({"_id": "1"}, header={"imsOrgId": "OTHER@AdobeOrg"})
    text, reasons = _reasons(stream.send(message))
    assert text == "Message has an absent or wrong ims org in the header"
    assert reasons == []


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ({"datasetId": "0"}, "header.datasetId is not the data set of the dataflow"),
        ({"flowId": "0" * 8}, "the dataflow is not one that this inlet feeds"),
        (
            {"flowId": None, "datasetId": "0" * 24},
            "no dataflow that is enabled leads from this inlet to header.datasetId",
        ),
        ({"flowId": 5}, "header.flowId must be of type string"),
        ({"source": "x"}, "header.source must be of type object"),
        (
            {"operations": {"data": "merge"}},
            "header.operations is for Profile, which the embedded service has not",
        ),
    ],
)
def test_a_message_that_belongs_nowhere_is_refused(
    stream: Stream, header: dict[str, Any], reason: str
) -> None:
    answer = stream.send(stream.message({"_id": "1"}, header=header))
    assert _reasons(answer) == ("Message is invalid", [reason])


def test_a_dataflow_of_another_inlet_takes_nothing_here(
    talker: Talker, stream: Stream
) -> None:
    other = Stream(talker)
    _text, [reason] = _reasons(stream.send(other.message({"_id": "1"})))
    assert reason == "the dataflow is not one that this inlet feeds"
    assert _kept(talker, other.flow) == []


def test_a_dataflow_that_is_disabled_takes_nothing(stream: Stream) -> None:
    path = f"/flows/{stream.flow}/action?op=disable"
    assert stream.talker.post(path).status_code == 200
    _text, [reason] = _reasons(stream.send(stream.message({"_id": "1"})))
    assert reason == "the dataflow is not enabled"


def test_two_dataflows_of_one_inlet_must_be_told_apart(stream: Stream) -> None:
    stream.new_flow(stream.data_set)
    message = stream.message({"_id": "1"}, header={"flowId": None})
    _text, [reason] = _reasons(stream.send(message))
    assert reason.startswith("several dataflows take messages of this inlet")


def test_what_is_wrong_with_another_dataflow_of_an_inlet_stops_no_message(
    stream: Stream,
) -> None:
    function = [{"source": "trim(id)", "destination": "_id"}]
    stream.new_flow(new_data_set(stream.talker, stream.schema), function)
    gone = new_data_set(stream.talker, stream.schema)
    stream.new_flow(gone)
    url = f"{PLATFORM}/catalog/dataSets/{gone}"
    assert stream.talker.send("DELETE", url).status_code == 200
    message = stream.message({"_id": "1"}, header={"flowId": None})
    assert stream.send(message).status_code == 200


@pytest.mark.parametrize("id", ["0" * 64, "nothing", "%00", "A" * 64])
def test_an_inlet_that_is_not_there(talker: Talker, id: str) -> None:
    url = f"http+local://embedded/collection/{id}"
    answer = talker.session.post(url, json={})
    assert answer.status_code == 404
    assert answer.json()["title"] == "Inlet Not Found"


def test_half_of_an_id_right_is_all_wrong(talker: Talker, stream: Stream) -> None:
    id = stream.params["inletId"]
    wrong = id[:63] + ("1" if id[-1] == "0" else "0")
    url = stream.params["inletUrl"].replace(id, wrong)
    answer = talker.session.post(url, json=stream.message({"_id": "1"}))
    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("type", "word"),
    [
        ("application/x-jackson-smile", "application/x-jackson-smile"),
        ("text/plain", "Content-Type: application/json"),
        ("", "Content-Type: application/json"),
    ],
)
def test_only_json_is_read(stream: Stream, type: str, word: str) -> None:
    answer = stream.talker.session.post(
        stream.params["inletUrl"], data=b"{}", headers={"Content-Type": type}
    )
    assert answer.status_code == answer.json()["status"] == 415
    assert word in answer.json()["report"]["message"]


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"\xff", b"NaN", b'{"a": 1e999}', b"[" * 200_000, b'{"a":"\\u0000"}'],
    ids=str,
)
def test_what_is_no_json_is_refused(stream: Stream, body: bytes) -> None:
    answer = stream.talker.session.post(
        stream.params["inletUrl"],
        data=body,
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code == answer.json()["status"] == 400
    assert answer.json()["type"] == INLET


def test_a_message_is_too_deep_or_too_large(stream: Stream) -> None:
    deep: Any = 1
    for _level in range(40):
        deep = {"a": deep}
    assert stream.send(stream.message({"_id": deep})).status_code == 400
    answer = stream.send(stream.message({"_id": "x" * 1_048_576}))
    assert answer.status_code == answer.json()["status"] == 413
    assert answer.json()["title"] == "Payload Too Large"
    assert stream.send(stream.message({"_id": "x" * 1_040_000})).status_code == 200


def test_of_a_name_that_comes_twice_the_last_counts(
    talker: Talker, stream: Stream
) -> None:
    text = json.dumps(stream.message({"_id": "1"}))
    twice = text.replace('{"_id": "1"}', '{"_id": "1", "_id": "2"}')
    answer = talker.session.post(
        stream.params["inletUrl"],
        data=twice,
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code == 200
    [kept] = _kept(talker, stream.flow)
    assert kept["body"]["xdmEntity"] == {"_id": "2"}


def test_several_messages_are_answered_one_by_one_in_order(
    talker: Talker, stream: Stream
) -> None:
    good, other = stream.message({"_id": "1"}), stream.message({"_id": "2"})
    answer = stream.send_several([good, {"x": 1}, other])
    assert answer.status_code == 207
    body = answer.json()
    assert list(body) == ["inletId", "batchId", "receivedTimeMs", "responses"]
    first, wrong, last = body["responses"]
    assert first == {"xactionId": f"{body['batchId']}:0"}
    assert last == {"xactionId": f"{body['batchId']}:2"}
    assert wrong["statusCode"] == 400
    assert "Message has unknown xdm format" in wrong["message"]
    assert _kept(talker, stream.flow) == [good, other]


def test_several_messages_that_are_none(stream: Stream) -> None:
    assert stream.send_several([]).json()["responses"] == []
    _text, [reason] = _reasons(stream.send_several("x"))
    assert reason == "messages must be an array"


def test_ten_thousand_messages_at_once(talker: Talker) -> None:
    stream = Stream(talker, raw=True, mappings=[{"source": "i", "destination": "_id"}])
    named = {"x-adobe-flow-id": stream.flow}
    messages = [{"i": str(number)} for number in range(10_000)]
    answer = stream.send_several(messages, params=named)
    assert answer.status_code == 207
    assert all("xactionId" in response for response in answer.json()["responses"])
    with talker.app.store.reading() as rows:
        assert InletRows(rows).measure(SCOPE, stream.flow)[0] == 10_000


def test_synchronous_validation_tells_what_a_message_breaks(
    talker: Talker, stream: Stream
) -> None:
    message = stream.message({"_id": 5, "age": "x"})
    answer = stream.send(message, params={"syncValidation": "true"})
    text, [reason] = _reasons(answer)
    assert (text, reason) == ("Message is invalid", "2 schema violations found")
    [cause] = answer.json()["report"]["cause"]["_streamingValidation"]
    assert [found["keyword"] for found in cause["causingExceptions"]] == ["type"] * 2
    assert cause["causingExceptions"][0]["message"] == (
        "expected type: String, found: Long"
    )
    assert _kept(talker, stream.flow) == []


def test_synchronous_validation_keeps_what_fits(talker: Talker, stream: Stream) -> None:
    message = stream.message({"_id": "5", "age": 5})
    answer = stream.send(message, params={"syncValidation": "true"})
    assert answer.status_code == 200
    assert "syncValidation" not in answer.json()
    assert _kept(talker, stream.flow) == [message]


def test_synchronous_validation_misses_the_entity(stream: Stream) -> None:
    answer = stream.send(stream.message(), params={"syncValidation": "true"})
    assert _reasons(answer) == (
        "Message is invalid",
        ["Payload body is missing xdmEntity"],
    )


def test_raw_data_is_mapped(talker: Talker) -> None:
    mappings = [
        {"sourceAttribute": "user.id", "destinationXdmPath": "_id"},
        {"sourceType": "EXPRESSION", "source": "'desk'", "destination": "person.name"},
    ]
    stream = Stream(talker, raw=True, mappings=mappings)
    named = {"x-adobe-flow-id": stream.flow}
    assert stream.send({"user": {"id": "7"}}, params=named).status_code == 200
    [kept] = _kept(talker, stream.flow)
    assert kept["body"]["xdmEntity"] == {"_id": "7", "person": {"name": "desk"}}
    assert kept["header"]["datasetId"] == stream.data_set


def test_a_function_in_a_mapping_is_refused_by_its_name(talker: Talker) -> None:
    mappings = [{"source": "concat(a, b)", "destination": "_id"}]
    stream = Stream(talker, raw=True, mappings=mappings)
    answer = stream.send({"a": "1"}, params={"x-adobe-flow-id": stream.flow})
    _text, [reason] = _reasons(answer)
    assert reason == (
        "the mapping needs the function concat for _id; only paths and literals are mapped here"
    )


def test_raw_data_needs_a_mapping_and_a_dataflow(talker: Talker) -> None:
    stream = Stream(talker, raw=True)
    named = {"x-adobe-flow-id": stream.flow}
    _text, [reason] = _reasons(stream.send({"a": 1}, params=named))
    assert reason == "raw data needs a dataflow with a Mapping"
    _text, [reason] = _reasons(stream.send({"a": 1}))
    assert reason == "no dataflow is named: send x-adobe-flow-id"


def test_an_inlet_that_asks_for_a_token(service: Any, tmp_path: Path) -> None:
    talker = service(lake=str(tmp_path / "lake"), clients=[CLIENT, FOREIGN])
    sender, foreign = talker.admitted(CLIENT), talker.admitted(FOREIGN)
    stream = Stream(sender, authenticationRequired=True)
    message = stream.message({"_id": "1"})
    answer = stream.send(message)
    assert (answer.status_code, answer.json()) == (
        401,
        {
            "type": "https://ns.adobe.com/adobecloud/problem/data-collection-service-authorization",
            "status": "401",
            "title": "Authorization",
            "report": {"message": "[id] Ims service token is empty"},
        },
    )
    for token in ("Bearer forged", foreign.headers["Authorization"]):
        answer = stream.send(message, headers={"Authorization": token})
        assert (answer.status_code, answer.json()["status"]) == (403, "403")
    good = {"Authorization": sender.headers["Authorization"]}
    assert stream.send(message, headers=good).status_code == 200


def test_an_inlet_asks_for_no_token_by_itself(service: Any, tmp_path: Path) -> None:
    talker = service(lake=str(tmp_path / "lake"), clients=[CLIENT])
    stream = Stream(talker.admitted(CLIENT))
    assert stream.send(stream.message({"_id": "1"})).status_code == 200


def test_a_backlog_is_bounded(
    talker: Talker, stream: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backlog, "MOST_WAITING", 2)
    message = stream.message({"_id": "1"})
    assert stream.send_several([message, message]).status_code == 207
    for answer in (stream.send(message), stream.send_several([message])):
        assert answer.status_code == answer.json()["status"] == 503
        assert answer.headers["Retry-After"] == "5"
    assert len(_kept(talker, stream.flow)) == 2
    other = Stream(talker)  # which is not held up
    assert other.send(other.message({"_id": "1"})).status_code == 200


def test_an_inlet_needs_a_place_for_files(
    talker: Talker, stream: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, message = stream.params["inletUrl"], stream.message({"_id": "1"})
    monkeypatch.setattr(talker.app.lake, "_files", None)
    answer = talker.session.post(url, json=message)
    assert answer.status_code == answer.json()["status"] == 501
    assert "no place for files" in answer.json()["report"]["message"]


def test_nothing_of_a_message_is_logged(
    stream: Stream, caplog: pytest.LogCaptureFixture
) -> None:
    secret = "correct-horse-battery"
    stream.send(stream.message({"_id": secret}))
    stream.send({"header": {secret: secret}, "body": {}})
    stream.send(stream.message({secret: 1}), params={"syncValidation": "true"})
    assert secret not in caplog.text


def test_nobody_reaches_the_dataflows_of_another_organization(
    talker: Talker, stream: Stream
) -> None:
    other = Stream(talker.like(x_gw_ims_org_id="OTHER@AdobeOrg"))
    for header in (
        {"flowId": other.flow},
        {"flowId": None, "datasetId": other.data_set},
        {"datasetId": other.data_set},
    ):
        answer = stream.send(stream.message({"_id": "1"}, header=header))
        assert answer.status_code == 400
    foreign = other.message({"_id": "1"}, header={"imsOrgId": None})
    assert stream.send(foreign).status_code == 400
    assert _kept(talker, other.flow) == _kept(talker, stream.flow) == []
