"""A tenant's specifications: pulled once, kept for that tenant only, and made into connectors below the installed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import platformdirs
import pytest
import requests_mock
from flowservice.wired import BASE, endpoint, service
from hypothesis import given
from hypothesis import strategies as st
from tenants import PRIVATE, connector, raw, spec

from headwater.connectors import registry
from headwater.connectors.registry import Registry
from headwater.create import runner
from headwater.credentials import validation
from headwater.errors import InvalidInput, NotCreatable, UnknownConnector
from headwater.tenant import Pulled, Tenant, TenantRegistry, forget, place, pull, read
from headwater.tenant.connectors import is_usable
from headwater.tenant.keeping import path_of
from headwater.tenant.names import slugs_of

ORACLE = "ba5126ec-c9ac-11eb-b8bc-0242ac130003"
OTHER = "11111111-2222-4333-8444-555555555555"
TENANT = Tenant("https://platform.example.com", "ABC123@AdobeOrg")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["name", "spec", "properties", "required", "type", "format", "x", ""]
            ),
            inner,
        )
    ),
    max_leaves=12,
)


def _pulled(*specs: Any, known: dict[str, str] | None = None) -> Pulled:
    return Pulled(
        tenant=TENANT,
        profile="dev",
        pulled_at="2026-10-05T12:00:00Z",
        specs=specs or (spec(),),
        known=known or {},
    )


def _kept(*specs: dict[str, Any]) -> Pulled:
    with requests_mock.Mocker() as server, service(endpoint()) as (opened, _pauses):
        server.get(f"{BASE}/connectionSpecs", json={"items": [*specs]})
        return pull(opened, TENANT, profile="dev", registry=registry.installed())


@pytest.mark.parametrize("given_data_home", [None, "", "data/home"])
def test_the_folder_is_the_one_platformdirs_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, given_data_home: str | None
) -> None:
    monkeypatch.delenv(place.VARIABLE)
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    if given_data_home is not None:
        monkeypatch.setenv(
            "XDG_DATA_HOME", given_data_home and str(tmp_path / given_data_home)
        )
    assert Path(place.folder()) == platformdirs.user_data_path("headwater") / "specs"


def test_listing_imports_nothing_of_the_tenant_while_nothing_was_pulled() -> None:
    program = (
        "import sys; from headwater import cli; cli.run(['list'])\n"
        "names = ('headwater.profiles', 'headwater.tenant.', 'platformdirs', 'hashlib')\n"
        "print([n for n in sys.modules if n.startswith(names) and n != 'headwater.tenant.place'])"
    )
    printed = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout
    assert printed.splitlines()[-1] == "[]"


def test_what_was_pulled_is_read_again_as_it_came() -> None:
    listed = [raw(), raw("google-big-query", OTHER, attributes={})]
    assert [one.raw for one in _kept(*listed).specs] == listed
    again = read(TENANT)
    assert again is not None
    assert [one.raw for one in again.specs] == listed
    assert (again.profile, again.tenant) == ("dev", TENANT)


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX")
def test_only_its_owner_can_read_what_is_kept() -> None:
    _kept(raw())
    assert oct(path_of(TENANT).stat().st_mode & 0o777) == "0o600"


@pytest.mark.parametrize(
    "other",
    [
        Tenant(TENANT.url, "OTHER@AdobeOrg"),
        Tenant("https://platform-stage.adobe.io", TENANT.org_id),
    ],
)
def test_another_tenant_sees_nothing_of_it(other: Tenant) -> None:
    _kept(raw())
    assert read(other) is None


def test_a_file_that_was_copied_to_another_tenants_place_is_refused() -> None:
    _kept(raw())
    other = Tenant(TENANT.url, "OTHER@AdobeOrg")
    path_of(other).write_bytes(path_of(TENANT).read_bytes())
    with pytest.raises(InvalidInput, match="is damaged"):
        read(other)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        "[" * 100_000,
        '{"version": 1}',
        '{"version": "1"}',
        json.dumps(_pulled().document() | {"specs": [{"name": "without id"}]}),
        json.dumps(_pulled().document() | {"known": []}),
        json.dumps(_pulled().document() | {"profile": 1}),
    ],
)
def test_a_damaged_file_is_named_with_what_to_do(text: str) -> None:
    path_of(TENANT).parent.mkdir(parents=True)
    path_of(TENANT).write_text(text)
    with pytest.raises(InvalidInput) as caught:
        read(TENANT)
    assert str(path_of(TENANT)) in caught.value.message
    assert "headwater specs pull" in caught.value.remedy


def test_a_file_of_a_later_version_is_not_guessed_at() -> None:
    path_of(TENANT).parent.mkdir(parents=True)
    path_of(TENANT).write_text(json.dumps(_pulled().document() | {"version": 2}))
    with pytest.raises(InvalidInput, match="newer Headwater"):
        read(TENANT)


def test_a_pull_that_fails_leaves_what_was_kept() -> None:
    _kept(raw())
    before = path_of(TENANT).read_bytes()
    with (
        requests_mock.Mocker() as server,
        service(endpoint(), retries=0) as (opened, _pauses),
    ):
        server.get(f"{BASE}/connectionSpecs", status_code=503)
        with pytest.raises(Exception, match="503"):
            pull(opened, TENANT, profile="dev", registry=registry.installed())
    assert path_of(TENANT).read_bytes() == before


def test_a_folder_that_cannot_be_written_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv(place.VARIABLE, str(tmp_path / "file"))
    with pytest.raises(InvalidInput, match="cannot be kept at") as caught:
        _kept(raw())
    assert place.VARIABLE in caught.value.remedy


def test_forgetting_removes_the_file_and_says_whether_there_was_one() -> None:
    _kept(raw())
    assert (forget(TENANT), forget(TENANT), read(TENANT)) == (True, False, None)


def test_a_source_no_plugin_knows_is_a_connector_that_says_where_it_comes_from() -> (
    None
):
    below = TenantRegistry(registry.installed(), _pulled())
    acme = below.load("acme-desk")
    assert (
        str(acme.distribution)
        == "tenant specifications (pulled 2026-10-05T12:00:00Z from dev)"
    )
    assert (acme.spec.id, acme.spec.name, acme.spec.category) == (
        PRIVATE,
        "Acme Desk",
        "customer-success",
    )
    assert (acme.from_tenant, registry.load("oracle-service-cloud").from_tenant) == (
        True,
        False,
    )
    assert "acme-desk" in below.available()
    assert below.find(PRIVATE).connector is acme


def test_its_credentials_are_held_against_the_schema_as_it_came() -> None:
    acme = TenantRegistry(registry.installed(), _pulled()).load("acme-desk")
    [auth] = acme.authentication
    assert auth.secret_names == {"apiKey"}
    found = validation.validate(auth, {"host": 1, "port": 2})
    assert [(problem.field, problem.rule) for problem in found] == [
        ("host", "type"),
        ("apiKey", "required"),
    ]


def test_a_payload_can_be_built_for_it() -> None:
    acme = TenantRegistry(registry.installed(), _pulled()).load("acme-desk")
    prepared = runner.prepare(
        acme, name="Desk", credentials={"host": "h", "apiKey": "literal:correct-horse"}
    )
    assert prepared.payload["connectionSpec"] == {"id": PRIVATE, "version": "1.0"}
    assert prepared.payload["auth"]["specName"] == "Key"
    assert "correct-horse" not in repr(prepared)


def test_a_streaming_source_sends_its_provider_as_the_catalogue_does() -> None:
    provider = "521eee4d-8cbe-4906-bb48-fb6bd4450033"
    acme = TenantRegistry(
        registry.installed(), _pulled(spec(providerId=provider))
    ).load("acme-desk")
    assert (acme.spec.ingestion, acme.spec.extra_payload) == (
        "streaming",
        {"providerId": provider},
    )


def test_a_source_without_readable_credentials_says_why_it_cannot_be_created() -> None:
    acme = TenantRegistry(
        registry.installed(), _pulled(spec(authSpec=[{"name": "Key", "spec": "none"}]))
    )
    with pytest.raises(NotCreatable, match="no base connection"):
        runner.prepare(acme.load("acme-desk"), name="Desk", credentials={})


@pytest.mark.parametrize("slug", ["acme-oracle", "oracle-service-cloud"])
def test_an_installed_connector_of_the_same_id_wins(slug: str) -> None:
    below = TenantRegistry(
        registry.installed(), _pulled(spec("acme-oracle", ORACLE.upper()))
    )
    assert below.load(slug).distribution.name == "headwater-oracle-service-cloud"
    assert [one.slug for one in below.all()[0] if one.spec.id == ORACLE] == [
        "oracle-service-cloud"
    ]


def test_what_the_pull_knew_of_is_not_listed_twice_even_before_a_plugin_is_imported() -> (
    None
):
    pulled = _kept(raw("acme-oracle", ORACLE), raw())
    extra = set(TenantRegistry(registry.installed(), pulled).available()) - set(
        registry.available()
    )
    assert extra == {"acme-desk"}


def test_a_plugin_that_is_gone_since_the_pull_gives_its_source_back_to_the_tenant() -> (
    None
):
    below = TenantRegistry(
        Registry(()),
        _pulled(spec("acme-oracle", ORACLE), known={ORACLE: "oracle-service-cloud"}),
    )
    assert below.available() == ("acme-oracle",)
    assert below.load("acme-oracle").from_tenant


def test_listing_slugs_imports_no_plugin_with_specifications_kept() -> None:
    _kept(raw())
    program = (
        "import sys; from headwater.cli.state import State\n"
        "from headwater.connectors.registry import installed\n"
        "from headwater.tenant import Tenant, TenantRegistry, read\n"
        f"pulled = read(Tenant({TENANT.url!r}, {TENANT.org_id!r}))\n"
        "assert 'acme-desk' in TenantRegistry(installed(), pulled).available()\n"
        "print([n for n in sys.modules if n.startswith('headwater_')])"
    )
    printed = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout
    assert printed.strip() == "[]"


def test_specifications_of_one_name_all_carry_the_beginning_of_their_ids() -> None:
    below = TenantRegistry(Registry(()), _pulled(spec(), spec("Acme Desk", OTHER)))
    assert below.available() == ("acme-desk-11111111", "acme-desk-7f3d1c52")


def test_a_name_that_an_installed_connector_has_is_told_apart_from_it() -> None:
    below = TenantRegistry(registry.installed(), _pulled(spec("oracle-service-cloud")))
    assert below.load("oracle-service-cloud").spec.id == ORACLE
    assert below.load("oracle-service-cloud-7f3d1c52").spec.id == PRIVATE


def test_an_unknown_slug_offers_the_tenants_as_well() -> None:
    with pytest.raises(UnknownConnector) as caught:
        TenantRegistry(registry.installed(), _pulled()).load("acme-dsek")
    assert caught.value.remedy == "did you mean acme-desk?"


@pytest.mark.parametrize(
    ("changes", "usable"),
    [
        ({}, True),
        ({"attributes": {"isSource": False}}, False),
        ({"attributes": {"isDestination": True}}, False),
        ({"attributes": {}, "targetSpec": {"name": "x"}}, False),
        (
            {
                "attributes": {},
                "targetSpec": {"name": "x"},
                "sourceSpec": {"name": "x"},
            },
            True,
        ),
        ({"attributes": None}, True),
        ({"id": "no-uuid"}, False),
        ({"id": PRIVATE.replace("-", "")}, False),
    ],
)
def test_what_is_no_source_is_no_connector(
    changes: dict[str, Any], usable: bool
) -> None:
    assert is_usable(spec(**changes)) is usable


@pytest.mark.parametrize("machine_name", ["sugarcrm-events", "SugarCRMEvents"])
def test_a_connector_without_a_verified_id_takes_the_only_one_of_its_name_and_says_so(
    machine_name: str,
) -> None:
    without = registry.load("sugarcrm-events")
    found = TenantRegistry(
        registry.installed(), _pulled(spec(machine_name, attributes={}))
    ).load("sugarcrm-events")
    assert (without.spec.id, without.id_source, found.spec.id) == (None, "", PRIVATE)
    assert (
        found.id_source
        == f"the tenant's specification {machine_name} (pulled 2026-10-05T12:00:00Z from dev)"
    )
    assert found.authentication == without.authentication


def test_a_source_of_the_user_interface_gives_way_to_what_the_tenant_lists() -> None:
    below = TenantRegistry(registry.installed(), _pulled(spec("braze", attributes={})))
    assert registry.load("braze").spec.ui_only
    found = below.load("braze")
    assert (found.slug, found.spec.id, found.from_tenant) == ("braze", PRIVATE, True)
    found.check_creatable()
    assert [one.slug for one in below.all()[0] if one.spec.id == PRIVATE] == ["braze"]


def test_a_source_of_the_user_interface_that_the_tenant_does_not_list_stays_so() -> (
    None
):
    found = TenantRegistry(registry.installed(), _pulled(spec())).load("braze")
    assert found.spec.ui_only


def test_the_platforms_name_leads_to_the_installed_connector_below_a_tenant_too() -> (
    None
):
    below = TenantRegistry(registry.installed(), _pulled(spec()))
    assert below.load("google-big-query").slug == "bigquery"
    with pytest.raises(UnknownConnector):
        below.load("no-such-source-at-all")


def test_its_specification_is_not_listed_a_second_time() -> None:
    below = TenantRegistry(
        registry.installed(), _pulled(spec("sugarcrm-events", attributes={}))
    )
    assert [one.slug for one in below.all()[0] if one.spec.id == PRIVATE] == [
        "sugarcrm-events"
    ]


def test_two_specifications_of_its_name_leave_it_without_id() -> None:
    pulled = _pulled(
        spec("sugarcrm-events", attributes={}),
        spec("SugarCRM Events", OTHER, attributes={}),
    )
    assert (
        TenantRegistry(registry.installed(), pulled).load("sugarcrm-events").spec.id
        is None
    )


def test_the_id_of_another_connector_is_never_taken() -> None:
    below = TenantRegistry(
        registry.installed(), _pulled(spec("sugarcrm-events", ORACLE, attributes={}))
    )
    assert below.load("sugarcrm-events").spec.id is None


@given(auth=JSON, attributes=JSON, source=JSON)
def test_no_specification_however_damaged_hides_the_others(
    auth: Any, attributes: Any, source: Any
) -> None:
    damaged = spec(
        "odd", OTHER, authSpec=auth, attributes=attributes, sourceSpec=source
    )
    working, failures = TenantRegistry(Registry(()), _pulled(damaged, spec())).all()
    assert failures == []
    assert "acme-desk" in [one.slug for one in working]


@given(
    names=st.lists(
        st.text(max_size=12) | st.sampled_from(["a b", "A-B", "a_b"]), max_size=6
    ),
    data=st.data(),
)
def test_slugs_are_plain_unique_and_do_not_depend_on_the_order(
    names: list[str], data: st.DataObject
) -> None:
    specs = [
        spec(name, f"{number:08x}-2222-4333-8444-555555555555", attributes={})
        for number, name in enumerate(names)
    ]
    slugs = slugs_of(specs, taken=["a-b"])
    assert len(slugs) == len(specs)
    assert all(
        slug and set(slug) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
        for slug in slugs
    )
    assert "a-b" not in slugs
    shuffled = data.draw(st.permutations(specs))
    assert {
        slug: one.id for slug, one in slugs_of(shuffled, taken=["a-b"]).items()
    } == {slug: one.id for slug, one in slugs.items()}


def test_a_plugin_with_the_tenants_slug_and_id_takes_its_place() -> None:
    own = connector()

    class One(Registry):
        def available(self) -> tuple[str, ...]:
            return ("acme-desk",)

        def load(self, slug: str) -> Any:
            return own

    below = TenantRegistry(One(()), _pulled())
    assert below.load("acme-desk") is own
    assert below.all()[0] == [own]
