"""The reader itself, before the seam drops its frames: no frame that raises holds what logs in or what it got."""

from __future__ import annotations

from typing import Any

import pytest
import requests_mock

from headwater import Secret, load
from headwater.errors import SourceError
from headwater.sources import Reach, SourceCredentials
from headwater_authoring.testing.canaries import Lookout, canary
from headwater_authoring.testing.frames import find_in_frames
from headwater_salesforce_service_cloud.reader import SalesforceReader

SECRET, PASSWORD, TOKEN = canary("secret"), canary("password"), canary("token")
LOOKOUT = Lookout([SECRET, PASSWORD, TOKEN])
URL = "https://acme.my.salesforce.com"
GRANT = {"access_token": TOKEN, "instance_url": URL}
SOAP = (
    '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><result>'
    "<serverUrl>{url}</serverUrl><sessionId>{token}</sessionId>{more}</result></e:Body></e:Envelope>"
)

FAULT = f"<faultcode>x:INVALID_LOGIN</faultcode><faultstring>{PASSWORD}</faultstring>"


def _reader(name: str) -> SalesforceReader:
    params: dict[str, dict[str, Any]] = {
        "OAuth2 Client Credential": {"clientId": "id", "clientSecret": Secret(SECRET)},
        "Basic Authentication": {
            "username": "u",
            "password": Secret(PASSWORD),
            "securityToken": Secret(SECRET),
        },
    }
    given = {"environmentUrl": URL, **params[name]}
    specs = load("salesforce-service-cloud").authentication
    (auth,) = [spec for spec in specs if spec.spec_name == name]
    return SalesforceReader(SourceCredentials(auth=auth, params=given, reach=Reach()))


OAUTH = [
    {"status_code": 400, "json": {"error": "invalid_grant", "x": SECRET}},
    {"status_code": 302, "text": SECRET},
    {"status_code": 500, "text": SECRET},
    {"json": {"access_token": TOKEN}},
    {"json": {**GRANT, "instance_url": "https://evil.example"}},
    {"json": {**GRANT, "access_token": [TOKEN]}},
    {"json": GRANT},  # and then what it is for fails
]
BASIC = [
    {"status_code": 500, "text": PASSWORD},
    {"status_code": 200, "text": PASSWORD},
    {"text": SOAP.format(url="", token=TOKEN, more="")},
    {"text": SOAP.format(url="https://evil.example", token=TOKEN, more="")},
    {"text": SOAP.format(url=URL, token=TOKEN, more="<passwordExpired>true</passwordExpired>")},
    {"text": SOAP.format(url="", token="", more=FAULT)},
    {"text": SOAP.format(url=URL, token=TOKEN, more="")},
]  # fmt: skip
CASES = [("OAuth2 Client Credential", answer) for answer in OAUTH]
CASES += [("Basic Authentication", answer) for answer in BASIC]


@pytest.mark.parametrize(("name", "answer"), CASES)
@pytest.mark.parametrize("after", [{"status_code": 404}, {"status_code": 302}])
def test_no_frame_of_a_failing_login_or_call_holds_a_secret(
    name: str, answer: dict[str, Any], after: dict[str, Any]
) -> None:
    with requests_mock.Mocker() as wire, _reader(name) as reader:
        wire.post(requests_mock.ANY, **answer)
        wire.get(requests_mock.ANY, **after)
        with pytest.raises(SourceError) as caught:
            reader.check()
    assert find_in_frames(caught.value, LOOKOUT, but=(__file__,)) == []
    assert not LOOKOUT.sees(str(caught.value))
