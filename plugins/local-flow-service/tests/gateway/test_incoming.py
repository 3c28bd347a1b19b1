"""Bodies of every kind are answered by the service, never by a failure of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable

Open = Any
JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", "FLOW-1405-400"),
        (b"  \n", "FLOW-1405-400"),
        (b"null", "FLOW-1405-400"),
        (b"{}", "FLOW-1405-400"),
        (b"[]", "CONNECTOR-1000-400"),
        (b'"text"', "CONNECTOR-1000-400"),
        (b"{", "CONNECTOR-1000-400"),
        (b"\xff\xfe", "CONNECTOR-1000-400"),
        (b'{"name": NaN}', "CONNECTOR-1000-400"),
        (b'{"name": 1e999}', "CONNECTOR-1000-400"),
        (b'{"name": ' + b"9" * 5000 + b"}", "CONNECTOR-1000-400"),
        (b'{"name": "\\u0000"}', "CONNECTOR-1000-400"),
        (b'{"name": "\\ud800"}', "CONNECTOR-1000-400"),
        (b'{"\\ud800": 1}', "CONNECTOR-1000-400"),
        (b"[" * 100_000, "CONNECTOR-1000-400"),
        (b'{"a":' * 40 + b"1" + b"}" * 40, "CONNECTOR-1000-400"),
        (b" " * 1_048_577, "HEADWATER-1413-413"),
    ],
)
def test_a_wrong_body_has_its_own_code(
    service: Open, code: Callable[..., str], body: bytes, expected: str
) -> None:
    assert code(service().post("/connections", data=body, headers=JSON)) == expected


@pytest.mark.parametrize(
    "kind", ["", "text/plain", "application/x-www-form-urlencoded", "application/jsonp"]
)
def test_a_body_needs_its_content_type(service: Open, oracle: Any, kind: str) -> None:
    answer = service().post(
        "/connections",
        data=json.dumps(oracle()).encode(),
        headers={"Content-Type": kind},
    )
    assert answer.status_code == 400
    assert answer.json()["title"] == "BadRequestError"
    assert set(answer.json()) == {"type", "status", "title", "detail"}


@pytest.mark.parametrize(
    "kind",
    [
        "application/json; charset=utf-8",
        "Application/JSON",
        "application/json-patch+json",
    ],
)
def test_json_is_json_under_every_name(service: Open, oracle: Any, kind: str) -> None:
    answer = service().post(
        "/connections", data=json.dumps(oracle()), headers={"Content-Type": kind}
    )
    assert answer.status_code == 201


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)
    ),
    max_leaves=8,
)
FIELDS = st.sampled_from(
    ["name", "description", "auth", "connectionSpec", "state", "extra"]
)
AUTHS = st.fixed_dictionaries(
    {},
    optional={"specName": st.just("Basic Authentication") | VALUES, "params": VALUES},
)
SPECS = st.fixed_dictionaries(
    {},
    optional={
        "id": st.just("ba5126ec-c9ac-11eb-b8bc-0242ac130003") | VALUES,
        "version": VALUES,
    },
)
BODIES = VALUES | st.fixed_dictionaries(
    {"connectionSpec": SPECS, "auth": AUTHS}, optional={"name": VALUES}
)


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(body=BODIES)
def test_no_body_breaks_a_create(service: Open, body: Any) -> None:
    talker = _only(service)
    answer = talker.post("/connections", data=json.dumps(body).encode(), headers=JSON)
    assert answer.status_code < 500, answer.text
    assert answer.status_code == 201 or answer.json()["errorMessage"]


PATHS = st.lists(
    st.sampled_from(
        ["name", "auth", "params", "password", "x", "-", "0", "~", "~1", ""]
    ),
    max_size=4,
)
OPERATIONS = VALUES | st.fixed_dictionaries(
    {
        "op": st.sampled_from(["add", "REPLACE", "remove", "move"]) | VALUES,
        "path": PATHS.map(lambda parts: "".join(f"/{part}" for part in parts)) | VALUES,
    },
    optional={"value": VALUES},
)


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(body=st.lists(OPERATIONS, max_size=3) | OPERATIONS)
def test_no_patch_breaks_the_service(service: Open, body: Any) -> None:
    talker = _only(service)
    made = talker.create(labels=["a"], x={"x": 1})
    answer = talker.send(
        "PATCH",
        f"/connections/{made['id']}",
        headers=JSON | {"If-Match": made["etag"]},
        data=json.dumps(body).encode(),
    )
    assert answer.status_code < 500, answer.text
    talker.read(made["id"])


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    params=st.lists(
        st.tuples(
            st.sampled_from(
                ["property", "orderby", "limit", "count", "continuationToken"]
            ),
            st.text(),
        ),
        max_size=3,
    )
)
def test_no_query_breaks_a_list(service: Open, params: list[tuple[str, str]]) -> None:
    assert _only(service).get("/connections", params=params).status_code < 500


def _only(service: Open, _opened: dict[int, Any] = {}) -> Any:  # noqa: B006 - one service for all examples of a test
    if id(service) not in _opened:
        _opened.clear()
        _opened[id(service)] = service()
    return _opened[id(service)]
