"""Connections tested through their connector, against a small Oracle Service Cloud behind a real port."""

from __future__ import annotations

import contextlib
import decimal
import math
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pytest
from fake_oracle import PASSWORD, USER, FakeOracle, Serving

from headwater import errors
from headwater.credentials import validation
from headwater.secret import Secret
from headwater.sources import Column, Columns, Preview
from headwater_local_flow_service.connections import asking
from headwater_local_flow_service.errors import FlowError
from headwater_local_flow_service.store.vault import Vault
from headwater_oracle_service_cloud.reader import OracleReader

if TYPE_CHECKING:
    from collections.abc import Iterator

ORACLE = "ba5126ec-c9ac-11eb-b8bc-0242ac130003"


@contextlib.contextmanager
def connected(
    service: Any, faults: Any = (), *, password: str = PASSWORD, **given: Any
) -> Iterator[Any]:
    """Yield somebody who talks to the service, the connection's id, and the source."""
    fake = FakeOracle(faults)
    with Serving(fake) as serving:
        talker = service(**given)
        auth = {
            "specName": "Basic Authentication",
            "params": _params(serving.url, password),
        }
        yield talker, talker.create(auth=auth)["id"], fake


def _params(host: str, password: str) -> dict[str, str]:
    return {"host": host, "username": USER, "password": password}


@pytest.mark.parametrize(
    ("password", "verdict"), [(PASSWORD, True), ("wrong-password", False)]
)
def test_the_test_is_the_sources_own_verdict(
    service: Any, password: str, verdict: bool
) -> None:
    with connected(service, password=password) as (talker, id, fake):
        assert talker.get(f"/connections/{id}/test").json() == {"result": verdict}
        assert fake.refused == (0 if verdict else 1)


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("no-api", "CONNECTOR-1002-403"),
        ("429-long", "CONNECTOR-1006-408"),
        ("503-html", "CONNECTOR-1006-408"),
        ("reset", "CONNECTOR-1006-408"),
        ("html", "CONNECTOR-1006-408"),
    ],
)
def test_a_source_that_cannot_answer_is_an_error_and_no_verdict(
    service: Any, code: Any, fault: str, expected: str
) -> None:
    with connected(service, [fault] * 9) as (talker, id, _fake):
        answer = talker.get(f"/connections/{id}/test")
    assert code(answer) == expected
    assert PASSWORD not in answer.text


def test_throttling_says_how_long_to_wait(service: Any) -> None:
    with connected(service, ["429-long"]) as (talker, id, _fake):
        assert talker.get(f"/connections/{id}/test").headers["Retry-After"] == "3601"


@pytest.mark.parametrize("host", ["acme.custhelp.com", "169.254.169.254", "10.0.0.1"])
def test_only_named_hosts_are_reached_beyond_this_machine(
    service: Any, code: Any, host: str
) -> None:
    talker = service()
    auth = {"specName": "Basic Authentication", "params": _params(host, PASSWORD)}
    answer = talker.get(f"/connections/{talker.create(auth=auth)['id']}/test")
    assert code(answer) == "CONNECTOR-1002-403"
    assert "--reach-sources" in answer.json()["errorMessage"]


def test_metadata_addresses_are_never_reached(service: Any, code: Any) -> None:
    talker = service(reach_sources=("169.254.169.254",))
    auth = {
        "specName": "Basic Authentication",
        "params": _params("169.254.169.254", PASSWORD),
    }
    answer = talker.get(f"/connections/{talker.create(auth=auth)['id']}/test")
    assert code(answer) == "CONNECTOR-1002-403"
    assert "never reached" in answer.json()["errorMessage"]


def test_the_root_lists_the_tables_of_the_source(service: Any) -> None:
    with connected(service) as (talker, id, _fake):
        found = talker.get(f"/connections/{id}/explore?objectType=root").json()
    assert {
        "type": "table",
        "name": "incidents",
        "path": "incidents",
        "canPreview": True,
        "canFetchSchema": True,
    } in found


def test_a_table_is_described_and_previewed_in_the_documented_shape(
    service: Any,
) -> None:
    with connected(service) as (talker, id, _fake):
        plain = talker.get(
            f"/connections/{id}/explore?objectType=table&object=incidents"
        ).json()
        whole = talker.get(
            f"/connections/{id}/explore?objectType=table&object=incidents&preview=true"
        ).json()
    assert list(plain) == ["format", "schema"]
    assert plain["format"] == "flat"
    assert plain["schema"]["columns"][0] == {
        "name": "ID",
        "type": "integer",
        "xdm": {"type": "integer"},
    }
    assert (whole["schema"], len(whole["data"]), whole["data"][0]["ID"]) == (
        plain["schema"],
        3,
        1,
    )


@pytest.mark.parametrize(
    "value", [decimal.Decimal(1), math.nan, b"x", "\ud800", {"deep": Secret("x")}]
)
def test_rows_that_are_no_json_are_an_error_that_names_connector_and_column(
    service: Any, code: Any, value: Any
) -> None:
    preview = Preview(Columns([Column(name="ID", type="integer")]), [{"ID": value}])
    with (
        connected(service) as (talker, id, _fake),
        patch.object(OracleReader, "preview", lambda *_given: preview),
    ):
        answer = talker.get(
            f"/connections/{id}/explore?objectType=table&object=incidents&preview=true"
        )
    assert code(answer) == "CONNECTOR-1005-500"
    told = answer.json()["errorMessage"]
    assert "connector oracle-service-cloud of headwater-oracle" in told
    assert "column ID of row 1 holds" in told


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("401", "CONNECTOR-1308-400"),
        ("not-authorised", "CONNECTOR-1002-403"),
        ("429-long", "CONNECTOR-1006-408"),
        ("truncated", "CONNECTOR-1006-408"),
        ("garbage", "CONNECTOR-1006-408"),
    ],
)
def test_every_failure_of_the_source_has_its_code(
    service: Any, code: Any, fault: str, expected: str
) -> None:
    with connected(service, [fault] * 9) as (talker, id, _fake):
        answer = talker.get(f"/connections/{id}/explore?objectType=root")
    assert code(answer) == expected
    assert PASSWORD not in answer.text


def test_an_unknown_table_is_told_by_its_code(service: Any, code: Any) -> None:
    with connected(service) as (talker, id, _fake):
        answer = talker.get(
            f"/connections/{id}/explore?objectType=table&object=nothing"
        )
    assert code(answer) == "CONNECTOR-1330-400"


def test_a_refused_password_is_sent_once_for_each_question(
    service: Any, code: Any
) -> None:
    with connected(service, password="wrong-password") as (talker, id, fake):
        assert (
            code(talker.get(f"/connections/{id}/explore?objectType=root"))
            == "CONNECTOR-1308-400"
        )
        assert fake.refused == 1


@pytest.mark.parametrize("question", ["test", "explore?objectType=root"])
def test_a_question_opens_and_validates_the_credentials_once(
    service: Any, question: str
) -> None:
    opening = patch.object(Vault, "open", autospec=True, side_effect=Vault.open)
    validating = patch.object(validation, "validate", wraps=validation.validate)
    with (
        connected(service) as (talker, id, _fake),
        opening as opened,
        validating as validated,
    ):
        answer = talker.get(f"/connections/{id}/{question}")
    assert answer.status_code == 200
    assert (opened.call_count, validated.call_count) == (1, 1)


def test_a_refusal_remembers_no_failure_that_could_hold_a_secret() -> None:
    with pytest.raises(FlowError) as raised, asking.refusals("an id"):
        raise errors.SourceUnavailable(PASSWORD)
    assert raised.value.__context__ is None
    assert raised.value.__cause__ is None


def test_a_connector_without_a_reader_answers_with_the_code_and_invents_nothing(
    service: Any, code: Any
) -> None:
    talker = service()
    body = {
        "name": "now",
        "auth": {
            "specName": "Basic Authentication",
            "params": {"endpoint": "e", "username": "u", "password": "p4ssw0rd"},
        },
        "connectionSpec": {
            "id": "eb13cb25-47ab-407f-ba89-c0125281c563",
            "version": "1.0",
        },
    }
    made = talker.post("/connections", json=body).json()
    assert code(talker.get(f"/connections/{made['id']}/test")) == "CONNECTOR-1305-400"
    assert (
        code(talker.get(f"/connections/{made['id']}/explore?objectType=root"))
        == "CONNECTOR-1336-400"
    )
