"""JSON Patch operations, and what a 412 after a lost answer means."""

from __future__ import annotations

from typing import Any

import pytest
import requests
import requests_mock as rm
from flowservice.wired import CANARY, ETAG, ID, ONE, everything_shown, refusal, service

from headwater.errors import ChangedMeanwhile, InvalidInput, NotFound, OutcomeUnknown
from headwater.flowservice import Reference, patches
from headwater.secret import Secret

RENAME = [{"op": "replace", "path": "/name", "value": "y"}]
CREDENTIALS = [
    {
        "op": "replace",
        "path": "/auth/params",
        "value": {"host": "h", "password": Secret(CANARY)},
    }
]


@pytest.mark.parametrize(
    "operations",
    [
        [],
        {},
        "x",
        [5],
        [{}],
        [{"op": "move", "path": "/a", "from": "/b"}],
        [{"op": "add", "path": "a", "value": 1}],
        [{"op": "add", "path": "/a"}],
        [{"op": "replace", "path": "/auth/params/password", "value": "******"}],
        [{"op": "replace", "path": "/auth/params/password", "value": Secret("***")}],
        [{"op": "replace", "path": "/auth/params", "value": {"password": "******"}}],
        [
            {
                "op": "replace",
                "path": "/auth",
                "value": {"params": {"password": "******"}},
            }
        ],
        [{"op": "add", "path": "/a", "value": float("nan")}],
    ],
)
def test_operations_that_cannot_be_sent_are_refused(operations: Any) -> None:
    with rm.Mocker() as mock, service() as (flow, _pauses), pytest.raises(InvalidInput):
        flow.connections.update(ID, operations, etag=ETAG)

    assert mock.call_count == 0


@pytest.mark.parametrize(
    ("item", "operation", "verdict"),
    [
        ({"name": "y"}, {"op": "replace", "path": "/name", "value": "y"}, True),
        ({"name": "x"}, {"op": "replace", "path": "/name", "value": "y"}, False),
        ({}, {"op": "replace", "path": "/name", "value": "y"}, False),
        ({}, {"op": "add", "path": "/name", "value": None}, False),
        ({"name": None}, {"op": "add", "path": "/name", "value": None}, True),
        ({"n": 1}, {"op": "add", "path": "/n", "value": True}, False),
        ({"n": 1}, {"op": "add", "path": "/n", "value": 1.0}, True),
        ({}, {"op": "remove", "path": "/name"}, True),
        ({"name": None}, {"op": "remove", "path": "/name"}, False),
        ({"a": {"b/c": 1}}, {"op": "add", "path": "/a/b~1c", "value": 1}, True),
        (
            {"a": {"x": 1, "y": 2}},
            {"op": "replace", "path": "/a", "value": {"x": 1}},
            False,
        ),
        ({"a": [1, 2]}, {"op": "replace", "path": "/a/1", "value": 2}, True),
        ({"a": [1, 2]}, {"op": "replace", "path": "/a/2", "value": 2}, False),
        ({"a": [1, 2]}, {"op": "replace", "path": "/a", "value": [1]}, False),
        ({"a": [1, 2]}, {"op": "add", "path": "/a/-", "value": 2}, None),
        ({"a": [1, 2]}, {"op": "remove", "path": "/a/0"}, None),
        (
            {"p": {"u": "u", "s": "******"}},
            {"op": "add", "path": "/p", "value": {"u": "u", "s": Secret("s")}},
            None,
        ),
        (
            {"p": {"u": "v", "s": "******"}},
            {"op": "add", "path": "/p", "value": {"u": "u", "s": Secret("s")}},
            False,
        ),
        (
            {"p": {"u": "u"}},
            {"op": "add", "path": "/p", "value": {"u": "u", "s": Secret("s")}},
            None,
        ),
        ({"s": "******"}, {"op": "add", "path": "/s", "value": "plain"}, None),
    ],
)
def test_an_object_shows_an_operation_or_not_or_cannot_tell(
    item: Any, operation: Any, verdict: bool | None
) -> None:
    assert patches.was_applied(item, [operation]) is verdict


def test_an_operation_that_a_later_one_overrides_is_not_looked_for() -> None:
    operations: list[dict[str, Any]] = [
        {"op": "add", "path": "/a/b", "value": 1},
        {"op": "replace", "path": "/a", "value": {"c": 2}},
        {"op": "add", "path": "/ab", "value": 3},
        {"op": "remove", "path": "/ab"},
    ]

    assert patches.was_applied({"a": {"c": 2}}, operations) is True


def _update(operations: Any, current: dict[str, Any], first: Any = None) -> Reference:
    """Send an update whose first answer is lost and whose second is 412, while the object looks like `current`."""
    with rm.Mocker() as mock, service() as (flow, _pauses):
        mock.patch(ONE, [first or {"exc": requests.ReadTimeout}, refusal(412)])
        mock.get(ONE, **current)
        return flow.connections.update(ID, operations, etag=ETAG)


def test_a_412_of_our_own_making_is_success_with_the_current_etag() -> None:
    found = {"json": {"items": [{"id": ID, "name": "y", "etag": '"2"'}]}}

    assert _update(RENAME, found) == Reference(ID, '"2"')
    assert _update(RENAME, found, first={"status_code": 503}) == Reference(ID, '"2"')


def test_a_412_of_somebody_elses_making_is_changed_meanwhile() -> None:
    with pytest.raises(ChangedMeanwhile):
        _update(
            RENAME, {"json": {"items": [{"id": ID, "name": "theirs", "etag": '"2"'}]}}
        )


def test_a_412_after_a_429_is_somebody_elses_for_nothing_was_accepted() -> None:
    with pytest.raises(ChangedMeanwhile):
        _update(
            RENAME,
            {"json": {"items": [{"id": ID, "name": "y"}]}},
            first={"status_code": 429},
        )


def test_a_412_over_secrets_is_an_unknown_outcome() -> None:
    found = {"id": ID, "auth": {"params": {"host": "h", "password": "******"}}}

    with pytest.raises(OutcomeUnknown) as caught:
        _update(CREDENTIALS, {"json": {"items": [found]}})

    assert "repeat the change" in caught.value.remedy
    assert CANARY not in everything_shown(caught.value)


def test_a_412_over_secrets_beside_other_values_is_changed_meanwhile() -> None:
    found = {"id": ID, "auth": {"params": {"host": "theirs", "password": "******"}}}

    with pytest.raises(ChangedMeanwhile):
        _update(CREDENTIALS, {"json": {"items": [found]}})


@pytest.mark.parametrize(
    "current",
    [
        {"status_code": 503},
        {"status_code": 404, "text": "<html>"},
        {"exc": requests.ConnectTimeout},
        {"text": "<html>"},
    ],
)
def test_a_412_whose_object_cannot_be_read_is_an_unknown_outcome(
    current: dict[str, Any],
) -> None:
    with pytest.raises(OutcomeUnknown) as caught:
        _update(RENAME, current)

    assert caught.value.__context__ is None


def test_a_412_whose_object_is_gone_is_not_found() -> None:
    with pytest.raises(NotFound):
        _update(RENAME, refusal(404))
