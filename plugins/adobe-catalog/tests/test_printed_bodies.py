"""The bodies of ``POST /connections`` that Adobe's pages print: which pass, what is told of them, which are refused.

``printed_bodies.json`` has a row for each: the `page`, and which of its bodies is meant (`printed`; a *dump* is an
answer of the platform itself on a page of 2020). Values of the sources are invented, secrets above all. `sent` is what
goes out in another spelling than printed, `told` the advice (field and rule), `problems` what is wrong by field,
`refused` the remedy where the authentication is not known, `unlisted` the fields that no specification has, and
`doubtful` for whom an id is printed that the platform does not know.
"""

from __future__ import annotations

import importlib.metadata
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from headwater.connectors.registry import CATALOG, Registry
from headwater.create import runner
from headwater.create.authentication import choose_credentials
from headwater.credentials.advice import advise
from headwater.credentials.given import CredentialsInput
from headwater.errors import InvalidInput, Rejected
from headwater.secret import reveal_all
from headwater.testing import embedded_service

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headwater import FlowService

ROWS = json.loads(Path(__file__).with_name("printed_bodies.json").read_text("utf-8"))
REGISTRY = Registry((), importlib.metadata.entry_points(group=CATALOG))


def _rows(*, having: str = "") -> list[Any]:
    """Return the rows with this member; those without any that tells of a refusal, where none is named."""
    refusals = {"problems", "refused", "doubtful"}
    return [
        pytest.param(row, id=f"{row['source']}: {row['printed']}")
        for row in ROWS
        if (having in row if having else not refusals & row.keys())
    ]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlowService]:
    """Return the embedded service, one for all bodies."""
    with embedded_service(tmp_path_factory.mktemp("service")) as service:
        yield service


def _body(row: dict[str, Any]) -> dict[str, Any]:
    """Return a body as it is printed."""
    spec = REGISTRY.load(row["source"]).spec
    return {
        "name": f"{row['source']}, {row['printed']}",
        "auth": {"specName": row["auth"], "params": row["params"]},
        "connectionSpec": {
            "id": row.get("connectionSpec", spec.id),
            "version": spec.version,
        },
        **spec.extra_payload,
    }


def _given(row: dict[str, Any]) -> CredentialsInput:
    return CredentialsInput(
        values=row["params"], auth=row["auth"], cloud=row.get("cloud")
    )


def test_each_row_names_a_page_of_adobes_documentation() -> None:
    for row in ROWS:
        assert row["page"].startswith("help/sources/tutorials/api/create/")
        assert row["page"].endswith(".md")


@pytest.mark.parametrize("row", _rows())
def test_a_body_that_is_right_is_created(
    service: FlowService, row: dict[str, Any]
) -> None:
    created = runner.create_connection(
        row["source"],
        name=f"{row['source']}: {row['printed']}",
        credentials=row["params"],
        auth=row["auth"],
        cloud=row.get("cloud"),
        service=service,
        settle=0,
    )
    assert created.created
    connection = service.connections.get(created.id)
    assert connection.auth_name == row["auth"]


@pytest.mark.parametrize("row", _rows())
def test_a_body_that_is_right_is_sent_as_the_specification_spells_it(
    row: dict[str, Any],
) -> None:
    prepared = runner.prepare(
        row["source"],
        name="Any",
        credentials=row["params"],
        auth=row["auth"],
        cloud=row.get("cloud"),
    )
    body: dict[str, Any] = reveal_all(prepared.payload)
    wanted = row["params"] | row.get("sent", {})
    assert body["auth"] == {"specName": row["auth"], "params": wanted}
    for name, value in row.get("sent", {}).items():
        assert type(body["auth"]["params"][name]) is type(value)


@pytest.mark.parametrize("row", _rows())
def test_a_body_that_is_right_is_told_what_there_is_to_know_once(
    row: dict[str, Any],
) -> None:
    connector = REGISTRY.load(row["source"])
    credentials = choose_credentials(connector, _given(row))
    advice = advise(connector.spec, credentials)
    told = [f"{one.field}: {one.rule}" for one in advice]
    assert told == row.get("told", [])
    assert "invented" not in " ".join(map(str, advice))


@pytest.mark.parametrize("row", _rows())
def test_a_body_that_is_right_is_taken_by_the_embedded_service_as_printed(
    service: FlowService, row: dict[str, Any]
) -> None:
    created = service.connections.create(_body(row))
    assert service.connections.get(created.id).auth_name == row["auth"]


@pytest.mark.parametrize("row", _rows(having="problems"))
def test_a_body_that_is_wrong_is_refused_by_field(
    service: FlowService, row: dict[str, Any]
) -> None:
    connector = REGISTRY.load(row["source"])
    problems = choose_credentials(connector, _given(row)).problems
    assert {problem.field: problem.message for problem in problems} == row["problems"]


@pytest.mark.parametrize("row", _rows(having="unlisted"))
def test_a_field_that_no_page_has_is_sent_on_request_and_told(
    service: FlowService, row: dict[str, Any]
) -> None:
    connector = REGISTRY.load(row["source"])
    given = attrs.evolve(_given(row), allow_unknown=True)
    credentials = choose_credentials(connector, given)
    assert credentials.problems == []
    told = {one.field for one in advise(connector.spec, credentials) if one.field}
    assert told == set(row["unlisted"])
    with pytest.raises(Rejected, match="is not a field; did you mean subdomain"):
        service.connections.create(_body(row))  # it is strict, unlike the platform


@pytest.mark.parametrize(
    "row", [row for row in _rows() if "AWS" in row.values[0]["printed"]]
)
def test_a_body_for_the_other_cloud_chooses_it_or_names_the_option(
    row: dict[str, Any],
) -> None:
    connector = REGISTRY.load(row["source"])
    unnamed = CredentialsInput(values=row["params"], home_cloud="azure")
    credentials = choose_credentials(connector, unnamed)
    assert (credentials.auth.cloud, credentials.misfits) == ("aws", ())
    try:
        named = choose_credentials(connector, attrs.evolve(unnamed, auth=row["auth"]))
    except InvalidInput as error:
        told = error.remedy
    else:
        told = named.other_fit
    assert "--cloud" in told


@pytest.mark.parametrize("row", _rows(having="refused"))
def test_a_former_name_is_answered_with_that_of_today(
    service: FlowService, row: dict[str, Any]
) -> None:
    connector = REGISTRY.load(row["source"])
    with pytest.raises(InvalidInput) as caught:
        choose_credentials(connector, _given(row))
    assert row["refused"] in caught.value.remedy
    with pytest.raises(Rejected) as refused:
        service.connections.create(_body(row))
    today = row["refused"].removeprefix("did you mean ").removesuffix("?")
    assert f"what older documentation calls so is {today}" in str(refused.value)


@pytest.mark.parametrize("row", _rows(having="doubtful"))
def test_an_id_that_only_pages_know_is_answered_with_that(
    service: FlowService, row: dict[str, Any]
) -> None:
    with pytest.raises(Rejected, match="the platform does not know it") as refused:
        service.connections.create(_body(row))
    with pytest.raises(Rejected, match="the platform does not know it") as unknown:
        service.connection_specs.get(row["connectionSpec"])
    for error in (refused, unknown):
        assert all(f"({slug})" in str(error.value) for slug in row["doubtful"])
