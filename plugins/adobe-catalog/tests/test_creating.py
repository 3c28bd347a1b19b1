"""Ids are found, misprints too; what cannot be created refuses with its reason, before anything is sent."""

from __future__ import annotations

import importlib.metadata
from typing import TYPE_CHECKING, Any

import pytest

from headwater.connectors.registry import CATALOG, Registry
from headwater.connectors.spec_ids import with_spec_id
from headwater.create import runner
from headwater.create.authentication import choose
from headwater.credentials.spelling import spell_own
from headwater.errors import InvalidInput, NotCreatable, UnknownConnector
from headwater.secret import reveal_all
from headwater_adobe_catalog import provenance, slugs, source_of

if TYPE_CHECKING:
    from headwater.models import Field

UI_ONLY = [slug for slug in slugs() if source_of(slug).connection_spec().ui_only]
NOT_VERIFIED = [
    slug
    for slug in slugs()
    if source_of(slug).connection_spec().id is None and slug not in UI_ONLY
]
NO_BASE = [
    slug
    for slug in slugs()
    if not source_of(slug).connection_spec().base_connection and slug not in UI_ONLY
]
MISPRINTS = {
    printed: slug
    for slug in slugs()
    for printed in source_of(slug).connection_spec().misprinted_ids
}
DOUBTFUL: dict[str, list[str]] = {}
for known in slugs():
    for doubtful in source_of(known).connection_spec().doubtful_ids:
        DOUBTFUL.setdefault(doubtful, []).append(known)


@pytest.fixture(scope="module")
def registry() -> Registry:
    """Return a registry that no plugin of the group headwater.connectors overrides."""
    return Registry((), importlib.metadata.entry_points(group=CATALOG))


def test_every_source_with_an_id_is_found_by_it(registry: Registry) -> None:
    for slug in set(slugs()) - {*NOT_VERIFIED, *UI_ONLY}:
        found = registry.find(str(source_of(slug).connection_spec().id))
        assert (found.connector.slug, found.misprint) == (slug, False)


@pytest.mark.parametrize("printed", MISPRINTS)
def test_a_misprint_finds_its_source_and_says_so(
    registry: Registry, printed: str
) -> None:
    found = registry.find(printed)
    assert (found.connector.slug, found.misprint) == (MISPRINTS[printed], True)
    assert found.connector.spec.id != printed


@pytest.mark.parametrize("slug", NOT_VERIFIED)
def test_a_source_without_a_verified_id_refuses_with_the_reason(
    registry: Registry, slug: str
) -> None:
    connector = registry.load(slug)
    with pytest.raises(NotCreatable) as caught:
        runner.prepare(
            connector,
            name="Any",
            credentials=_credentials(connector.authentication[0].fields),
        )
    assert connector.spec.no_id_reason in caught.value.message
    assert provenance(slug)["unverified_id"] not in str(caught.value)


@pytest.mark.parametrize("slug", NO_BASE)
def test_a_source_without_base_connection_refuses_and_says_where_to_start(
    registry: Registry, slug: str
) -> None:
    connector = registry.load(slug)
    with pytest.raises(NotCreatable, match="has no base connection") as caught:
        runner.prepare(connector, name="Any", credentials={})
    assert "start with a source connection" in caught.value.remedy.lower()
    assert connector.spec.documentation in caught.value.remedy


@pytest.mark.parametrize("slug", UI_ONLY)
def test_a_source_of_the_user_interface_refuses_with_its_page_as_remedy(
    registry: Registry, slug: str
) -> None:
    connector = registry.load(slug)
    with pytest.raises(NotCreatable, match="user interface only") as caught:
        runner.prepare(connector, name="Any", credentials={})
    assert caught.value.remedy == f"follow {connector.spec.documentation}"
    assert "\n" not in str(caught.value)
    with pytest.raises(NotCreatable, match="user interface only"):
        choose(connector, {})


@pytest.mark.parametrize("printed", DOUBTFUL)
def test_a_doubtful_id_finds_nothing_and_says_for_whom_it_is_printed(
    registry: Registry, printed: str
) -> None:
    with pytest.raises(UnknownConnector, match="the platform does not know") as caught:
        registry.find(printed)
    assert all(f"({slug})" in caught.value.message for slug in DOUBTFUL[printed])
    assert "headwater specs pull" in caught.value.remedy
    for spec_id in (printed, printed.upper()):
        with pytest.raises(InvalidInput, match="the platform does not know"):
            with_spec_id(registry.load(DOUBTFUL[printed][0]), spec_id)


def test_every_other_source_builds_a_body_for_each_authentication(
    registry: Registry,
) -> None:
    for slug in set(slugs()) - {*NOT_VERIFIED, *NO_BASE, *UI_ONLY}:
        connector = registry.load(slug)
        for auth in connector.authentication:
            values = _credentials(auth.fields)
            sent = spell_own(auth, values).values
            prepared = runner.prepare(
                connector, name="Any", credentials=values, auth=auth.label
            )
            body: dict[str, Any] = reveal_all(prepared.payload)
            assert prepared.auth == auth, f"{slug}: {auth.label}"
            assert body["auth"] == {"specName": auth.spec_name, "params": sent}
            assert body["connectionSpec"] == {
                "id": connector.spec.id,
                "version": connector.spec.version,
            }
            assert body.items() >= dict(connector.spec.extra_payload).items()


def _credentials(fields: tuple[Field, ...]) -> dict[str, Any]:
    """Return a value for each field: its example or default, one of its enum, or something of its type."""
    return {field.name: _value(field) for field in fields}


def _value(field: Field) -> Any:
    if field.enum:
        return field.enum[0]
    if field.example is not None and not field.secret:
        return field.example
    return {"integer": 1, "boolean": True}.get(field.type or "string", "text")
