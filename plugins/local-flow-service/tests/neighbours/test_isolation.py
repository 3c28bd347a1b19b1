"""Nothing of a neighbour crosses an organization or a sandbox, and no request makes one fail."""

from __future__ import annotations

import json
import urllib.parse
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headwater_local_flow_service.neighbours import lookup
from headwater_local_flow_service.store.store import Scope

XED = {"Accept": "application/vnd.adobe.xed+json; version=1"}
LIST = {"Accept": "application/vnd.adobe.xed-id+json"}
EMPTY: dict[str, Any] = {
    "title": "T",
    "type": "object",
    "allOf": [{"$ref": "https://ns.adobe.com/xdm/context/profile"}],
}
STRANGERS = [{"x_sandbox_name": "dev"}, {"x_gw_ims_org_id": "OTHER@AdobeOrg"}]


@pytest.mark.parametrize("stranger", STRANGERS, ids=["sandbox", "organization"])
def test_a_stranger_sees_changes_and_uses_nothing(
    service: Any, urls: Any, made_schema: Any, refusal: Any, stranger: dict[str, str]
) -> None:
    talker = service()
    schema = made_schema(talker)
    data_set = (
        talker.post(urls.data_sets, json={"schemaRef": {"id": schema}})
        .json()[0]
        .rpartition("/")[2]
    )
    body = {"xdmSchema": schema, "mappings": [{"source": "a", "destination": "b"}]}
    mapping = talker.post(urls.mapping_sets, json=body).json()["id"]
    other = talker.like(**stranger)
    path = f"{urls.schemas}/{urllib.parse.quote(schema, safe='')}"
    assert refusal(other.get(path, headers=XED)) == "XDM-1010-404"
    assert refusal(other.send("PUT", path, json=EMPTY)) == "XDM-1010-404"
    assert refusal(other.send("DELETE", path)) == "XDM-1010-404"
    assert refusal(other.get(f"{urls.data_sets}/{data_set}")) == "HEADWATER-1404-404"
    assert refusal(other.get(f"{urls.mapping_sets}/{mapping}")) == "HEADWATER-1404-404"
    own = body | {"xdmSchema": made_schema(other)}
    assert (
        refusal(other.send("PUT", f"{urls.mapping_sets}/{mapping}", json=own))
        == "HEADWATER-1404-404"
    )
    assert (
        refusal(other.post(urls.data_sets, json={"schemaRef": {"id": schema}}))
        == "HEADWATER-1400-400"
    )
    assert refusal(other.post(urls.mapping_sets, json=body)) == "HEADWATER-1400-400"
    assert other.get(urls.data_sets).json() == {}
    assert (
        other.get(urls.mapping_sets, params={"limit": 9, "start": 0}).json()["data"]
        == []
    )
    listed = other.get(urls.schemas, headers=LIST).json()["results"]
    assert schema not in [item["$id"] for item in listed]
    assert talker.get(path, headers=XED).json()["version"] == "1.0"


def test_the_lookups_of_other_rooms_respect_the_scope(
    service: Any, urls: Any, made_schema: Any
) -> None:
    talker = service()
    schema = made_schema(talker)
    data_set = (
        talker.post(urls.data_sets, json={"schemaRef": {"id": schema}})
        .json()[0]
        .rpartition("/")[2]
    )
    body = {"xdmSchema": schema, "mappings": []}
    mapping = talker.post(urls.mapping_sets, json=body).json()["id"]
    talker.send("PUT", f"{urls.mapping_sets}/{mapping}", json=body)
    home = Scope(org="ACME@AdobeOrg", sandbox="prod")
    with talker.app.store.reading() as rows:
        assert (lookup.schema(rows, home, schema) or {})["$id"] == schema
        assert (lookup.data_set(rows, home, data_set) or {})["schemaRef"][
            "id"
        ] == schema
        found = lookup.mapping_set(rows, home, mapping) or {}
        assert (found["version"], found["xdmSchema"]) == (1, schema)
        assert found["outputSchema"]["schemaRef"]["id"] == schema
        assert lookup.mapping_set(rows, home, f"{mapping}@0") is None
        assert lookup.data_set(rows, home, "\0") is None
        for abroad in (
            Scope(org="OTHER@AdobeOrg", sandbox="prod"),
            Scope(org="ACME@AdobeOrg", sandbox="dev"),
        ):
            assert lookup.schema(rows, abroad, schema) is None
            assert lookup.data_set(rows, abroad, data_set) is None
            assert lookup.mapping_set(rows, abroad, mapping) is None


MAPPED = (
    "xdmSchema",
    "outputSchema",
    "mappings",
    "source",
    "destination",
    "sourceType",
    "identity",
    "status",
)
NAMES = st.sampled_from(
    (
        "title",
        "type",
        "allOf",
        "$ref",
        "name",
        "schemaRef",
        "id",
        "tags",
        "contentType",
        "description",
        *MAPPED,
    )
)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["object", ""])
)
JSON = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(NAMES | st.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=12,
)
FUZZED = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@FUZZED
@given(changes=st.dictionaries(NAMES, JSON, max_size=3), whole=JSON)
def test_any_body_is_stored_or_refused(
    service: Any, urls: Any, made_schema: Any, changes: dict[str, Any], whole: Any
) -> None:
    talker = service()
    schema = made_schema(talker)
    valid = {
        urls.schemas: EMPTY,
        urls.data_sets: {"name": "d", "schemaRef": {"id": schema}},
        urls.mapping_sets: {
            "xdmSchema": schema,
            "mappings": [{"source": "a", "destination": "b"}],
        },
    }
    for url, body in valid.items():
        for sent in (body | changes, whole):
            answer = talker.post(
                url, data=json.dumps(sent), headers={"Content-Type": "application/json"}
            )
            assert answer.status_code in (200, 201, 400, 404), (url, sent, answer.text)
            assert answer.json()


@FUZZED
@given(
    path=st.text(max_size=12),
    query=st.dictionaries(
        st.sampled_from(
            [
                "limit",
                "start",
                "orderby",
                "orderBy",
                "properties",
                "name",
                "version",
                "offset",
            ]
        ),
        st.text(max_size=8) | st.integers().map(str),
        max_size=2,
    ),
    accept=st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=12).map(
        str.strip
    )
    | st.sampled_from([XED["Accept"], LIST["Accept"]]),
)
def test_any_path_query_and_accept_is_answered(
    service: Any, urls: Any, path: str, query: dict[str, str], accept: str
) -> None:
    talker = service()
    name = urllib.parse.quote(path.encode("utf-8", "surrogatepass"), safe="")
    given_query = urllib.parse.urlencode(query, errors="surrogatepass")
    for url in (
        urls.schemas,
        urls.data_sets,
        urls.mapping_sets,
        urls.sandboxes,
        urls.registry,
    ):
        for place in (url, f"{url}/{name}"):
            answer = talker.get(f"{place}?{given_query}", headers={"Accept": accept})
            assert answer.status_code < 500, (place, query, accept, answer.text)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("", "HEADWATER-1400-400"),
        ("null", "HEADWATER-1400-400"),
        ("[]", "HEADWATER-1400-400"),
        ("{", "HEADWATER-1400-400"),
        ("[" * 100_000, "HEADWATER-1400-400"),
        ('{"name": ' + "[" * 50 + "]" * 50 + "}", "HEADWATER-1400-400"),
        ('{"title": "\\u0000"}', "HEADWATER-1400-400"),
        ('{"title": NaN}', "HEADWATER-1400-400"),
        (" " * 1_100_000, "HEADWATER-1413-413"),
    ],
    ids=["empty", "null", "list", "broken", "deep", "nested", "nul", "nan", "large"],
)
def test_an_unreadable_body_is_refused_in_the_neighbours_words(
    service: Any, urls: Any, refusal: Any, body: str, expected: str
) -> None:
    talker = service()
    for url in (urls.schemas, urls.data_sets, urls.mapping_sets):
        assert (
            refusal(
                talker.post(
                    url, data=body, headers={"Content-Type": "application/json"}
                )
            )
            == expected
        )


def test_what_a_neighbour_does_not_offer_is_said(
    service: Any, urls: Any, refusal: Any
) -> None:
    talker = service()
    for url in (
        f"{urls.registry}/global/schemas",
        f"{urls.registry}/tenant/unions",
        f"{urls.data_sets}/a/b",
    ):
        answer = talker.get(url)
        assert refusal(answer) == "HEADWATER-1404-404"
        assert "not offered" in answer.json()["detail"]


def test_neighbours_stand_behind_the_same_gateway(
    service: Any, urls: Any, code: Any
) -> None:
    talker = service()
    for url in (urls.sandboxes, urls.schemas, urls.data_sets, urls.mapping_sets):
        assert code(talker.get(url, headers={"Authorization": ""})) == "403010"
    for url in (urls.schemas, urls.data_sets, urls.mapping_sets):
        assert (
            code(talker.get(url, headers={"x-sandbox-name": "nowhere"}))
            == "FLOW-2100-404"
        )
