"""Random valid credentials are stored and read back whole, secrets masked; what has no base connection is refused."""

from __future__ import annotations

import importlib.metadata
import os
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headwater.connectors.registry import CATALOG, Registry
from headwater.create import runner
from headwater.errors import NotCreatable
from headwater.secret import MASK
from headwater.testing import credentials_for, embedded_service
from headwater_adobe_catalog import slugs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hypothesis.strategies import SearchStrategy

    from headwater import FlowService

EXAMPLES = 40 if os.environ.get("HEADWATER_TEST_FULL") else 25
REGISTRY = Registry((), importlib.metadata.entry_points(group=CATALOG))
ALL = [REGISTRY.load(slug) for slug in slugs()]
CREATABLE = [one for one in ALL if one.spec.id is not None and one.spec.base_connection]
UI_ONLY = [one for one in ALL if one.spec.ui_only]
NOT_VERIFIED = [one for one in ALL if one.spec.id is None and one not in UI_ONLY]
NO_BASE = [one for one in ALL if not one.spec.base_connection and one not in UI_ONLY]
# What the service writes into the credentials that it answers with.
WRITTEN = {
    "http": {"inletId", "inletUrl", "name", "sourceId", "authenticationRequired"}
}
CASES = [
    (connector, auth, credentials_for(auth))
    for connector in CREATABLE
    for auth in connector.authentication
]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlowService]:
    """Return the embedded service, one for all examples."""
    with embedded_service(tmp_path_factory.mktemp("service")) as service:
        yield service


def test_every_source_is_created_or_refused() -> None:
    assert len(CREATABLE) + len(NOT_VERIFIED) + len(NO_BASE) + len(UI_ONLY) == len(ALL)
    assert all(connector.authentication for connector in CREATABLE)


@pytest.mark.parametrize(
    ("connector", "auth", "credentials"),
    CASES,
    ids=[f"{one.slug}: {auth.label}" for one, auth, _credentials in CASES],
)
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture
    ],  # the one of the project's conftest
)
@given(data=st.data())
def test_random_credentials_are_read_back(
    service: FlowService,
    connector: Any,
    auth: Any,
    credentials: SearchStrategy[dict[str, Any]],
    data: st.DataObject,
) -> None:
    values = data.draw(credentials)
    name = f"round trip {uuid.uuid4()}"
    created = runner.create_connection(
        connector, name=name, credentials=values, auth=auth, service=service, settle=0
    )
    found = service.connections.get(created.id)
    assert created.created
    assert (found.name, found.spec_id, found.auth_name) == (
        name,
        connector.spec.id,
        auth.spec_name,
    )
    written = set(found.params) - set(values)
    assert written <= WRITTEN.get(connector.slug, set())
    assert {field: found.params[field] for field in values} == {
        field: MASK if field in auth.secret_names else value
        for field, value in values.items()
    }
    # The next create looks through those there are.
    service.connections.delete(created.id)


@pytest.mark.parametrize(
    "connector", NOT_VERIFIED, ids=lambda connector: connector.slug
)
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_random_credentials_for_a_source_without_verified_id_are_refused(
    connector: Any, data: st.DataObject
) -> None:
    auth = data.draw(st.sampled_from(connector.authentication))
    with pytest.raises(NotCreatable) as caught:
        runner.prepare(
            connector,
            name="Any",
            credentials=data.draw(credentials_for(auth)),
            auth=auth,
        )
    assert connector.spec.no_id_reason in caught.value.message


@pytest.mark.parametrize("connector", NO_BASE, ids=lambda connector: connector.slug)
def test_a_source_without_base_connection_is_refused_and_says_where_to_start(
    connector: Any,
) -> None:
    for auth in connector.authentication or (None,):
        with pytest.raises(NotCreatable, match="has no base connection") as caught:
            runner.prepare(connector, name="Any", credentials={}, auth=auth)
        assert (
            connector.spec.lifecycle_note.casefold() == caught.value.remedy.casefold()
        )
