"""What a refusal may look like: the shapes of the reference's section 1.7, and none besides."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import requests

_TYPE = re.compile(
    r"https://ns\.adobe\.com/aep/errors/(FLOW|CONNECTOR|HEADWATER)-\d{4}-(\d{3})"
)
_GATEWAY = re.compile(r"\d{6}")


def refused(answer: requests.Response) -> str:
    """Return the letter of a refusal's shape. Asserts that it is whole, and that no server error is among them."""
    assert 400 <= answer.status_code < 500, (answer.status_code, answer.text)
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["x-request-id"]
    body = answer.json()
    if "error_code" in body:
        return _gateway(answer, body)
    if "detail" in body:
        return _problem(answer, body)
    return _flow_service(answer, body)


def _gateway(answer: requests.Response, body: dict[str, Any]) -> str:
    assert body.keys() == {"error_code", "message"}
    assert _GATEWAY.fullmatch(body["error_code"])
    assert body["error_code"].startswith(str(answer.status_code))
    assert body["message"]
    return "A"


def _flow_service(answer: requests.Response, body: dict[str, Any]) -> str:
    assert body.keys() == {
        "type",
        "title",
        "status",
        "report",
        "errorMessage",
        "errorDetails",
    }
    found = _TYPE.fullmatch(body["type"])
    assert found
    assert int(found[2]) == body["status"] == answer.status_code
    assert body["title"]
    report = body["report"]
    assert (
        report["detailed-message"] == body["errorMessage"] == body["errorDetails"] != ""
    )
    assert report["request-id"] == answer.headers["x-request-id"]
    assert report.keys() <= {"detailed-message", "request-id", "id", "type"}
    return "B"


def _problem(answer: requests.Response, body: dict[str, Any]) -> str:
    assert body.keys() == {"type", "status", "title", "detail"}
    assert body["status"] == answer.status_code
    assert body["title"]
    assert body["detail"]
    return "D"
