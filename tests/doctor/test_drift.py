"""Connectors held against a tenant's specifications: what is the same, what has drifted, what cannot be said."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest
from tenants import KEY, PRIVATE, connector, spec

from headwater import AuthenticationSpec, Field
from headwater.connectors import registry
from headwater.connectors.rendering import render
from headwater.credentials import validation
from headwater.doctor.drift import judge
from headwater.doctor.listed import judge_connectors
from headwater.doctor.schemas import compare
from headwater.flowservice.models import remote_spec

if TYPE_CHECKING:
    from collections.abc import Callable

    from headwater.doctor.results import Verdict

    Change = Callable[[dict[str, Any]], object]

OTHER = "11111111-2222-4333-8444-555555555555"


def _judged(change: Change = lambda raw: None, **facts: Any) -> Verdict:
    """Judge a connector against its own specification, changed."""
    one = connector(**facts)
    raw = copy.deepcopy(render(one))
    change(raw)
    return judge(one, [remote_spec(raw)], cloud="azure")


def _schema(raw: dict[str, Any]) -> dict[str, Any]:
    schema: dict[str, Any] = raw["authSpec"][0]["spec"]
    return schema


@pytest.mark.parametrize("cloud", ["azure", "aws"])
def test_every_connector_is_the_same_as_the_specification_made_of_it(
    cloud: str,
) -> None:
    working = [one for one in registry.installed().all()[0] if one.spec.id]
    specs = [remote_spec(render(one)) for one in working]
    verdicts = [judge(one, specs, cloud=cloud) for one in working]
    assert len(verdicts) > 60
    assert [
        (one.slug, one.findings, one.notes)
        for one in verdicts
        if one.verdict != "same" or one.notes
    ] == []


@pytest.mark.parametrize(
    ("change", "kind", "message"),
    [
        (
            lambda raw: raw.update(version="2.0"),
            "version",
            "of version 2.0 there, not 1.0",
        ),
        (
            lambda raw: raw["attributes"].update(connectorName="Zendesk"),
            "name",
            "called Zendesk there, not Acme Desk",
        ),
        (
            lambda raw: raw["authSpec"].append({"name": "OAuth2", "spec": {}}),
            "auth-added",
            "OAuth2: is listed",
        ),
        (
            lambda raw: raw["authSpec"].clear(),
            "auth-removed",
            "Key: is not listed by the tenant any more",
        ),
        (
            lambda raw: _schema(raw)["properties"].update(region={"type": "string"}),
            "field-added",
            "Key: field region is new (optional)",
        ),
        (
            lambda raw: _schema(raw)["properties"].pop("port"),
            "field-removed",
            "Key: field port is gone",
        ),
        (
            lambda raw: _schema(raw)["required"].append("port"),
            "required",
            "field port is required now",
        ),
        (
            lambda raw: _schema(raw)["required"].remove("host"),
            "not-required",
            "field host is optional now",
        ),
        (
            lambda raw: _schema(raw)["properties"]["host"].update(format="password"),
            "secret",
            "field host is a secret now",
        ),
        (
            lambda raw: _schema(raw)["properties"]["apiKey"].pop("format"),
            "not-secret",
            "field apiKey is not a secret any more",
        ),
        (
            lambda raw: _schema(raw)["properties"]["port"].update(type="string"),
            "type",
            "field port is of type string now, not integer",
        ),
    ],
)
def test_each_kind_of_drift_is_found_and_told(
    change: Change, kind: str, message: str
) -> None:
    verdict = _judged(change)
    assert (verdict.verdict, [finding.kind for finding in verdict.findings]) == (
        "drifted",
        [kind],
    )
    assert message in str(verdict.findings[0])
    assert verdict.remedy == "update acme, or report it to its authors"


def test_a_new_field_says_whether_it_is_required_and_secret() -> None:
    def add(raw: dict[str, Any]) -> None:
        _schema(raw)["properties"]["token"] = {"type": "string", "format": "password"}
        _schema(raw)["required"].append("token")

    [finding] = _judged(add).findings
    assert finding.message == "field token is new (required, secret)"


@pytest.mark.parametrize(
    "change",
    [
        lambda raw: raw.update(name="platform-acme"),
        lambda raw: raw.update(name="ACME_DESK"),
        lambda raw: raw["attributes"].update(connectorName="acme  desk"),
        lambda raw: raw["authSpec"][0].update(type="KeyBased"),
        lambda raw: raw.update(version=""),
        lambda raw: raw.update(id=PRIVATE.upper()),
        lambda raw: _schema(raw)["properties"]["host"].pop("type"),
        lambda raw: _schema(raw)["properties"]["port"].update(type=["integer", "null"]),
        lambda raw: _schema(raw)["properties"]["host"].update(
            description="Another text."
        ),
    ],
)
def test_what_the_platform_writes_in_its_own_way_is_no_drift(change: Change) -> None:
    assert _judged(change).verdict == "same"


def test_a_machine_name_alone_is_not_compared_and_that_is_told() -> None:
    verdict = _judged(lambda raw: raw.update(name="platform-acme", attributes={}))
    assert (verdict.verdict, verdict.machine_name) == ("same", "platform-acme")
    assert verdict.notes == (
        "name not compared: the tenant gives only the machine name platform-acme",
    )


def test_the_machine_name_that_is_known_is_recognized_and_another_one_is_a_note() -> (
    None
):
    def other(raw: dict[str, Any]) -> None:
        raw.update(name="acme-newer", attributes={})

    same = _judged(lambda raw: raw.update(attributes={}), platform_name="acme-old")
    assert (same.verdict, same.machine_name, same.notes) == ("same", "acme-old", ())
    changed = _judged(other, platform_name="acme-old")
    assert changed.verdict == "same"
    assert changed.notes == ("the machine name is acme-newer there, and acme-old here",)


def test_a_connector_without_id_is_offered_the_one_of_its_name_on_the_platform() -> (
    None
):
    one = connector(id=None, no_id_reason="x", platform_name="Vendor Desk")
    verdict = judge(one, [spec("vendor-desk", attributes={})], cloud="azure")
    assert verdict.suggested == (PRIVATE,)


def test_sources_of_the_user_interface_are_judged_where_named_or_listed() -> None:
    def judged(*specs: Any, chosen: Any = None) -> list[str]:
        verdicts = judge_connectors(
            registry.installed(), specs, cloud="azure", chosen=chosen
        )
        return [verdict.slug for verdict in verdicts]

    assert "braze" not in judged()
    assert "braze" in judged(spec("braze", attributes={}))
    assert judged(chosen=[registry.load("braze")]) == ["braze"]


@pytest.mark.parametrize(
    "damage",
    [
        "none",
        {"name": "Key"},
        {"name": "Key", "spec": {"properties": []}},
        {"name": "Key", "spec": {"properties": {"": {}}}},
        {"name": "Key", "spec": {"required": True}},
        {"name": "Key", "spec": {"required": [1]}},
        {"spec": {}},
    ],
)
def test_a_damaged_specification_is_told_and_the_others_are_compared(
    damage: Any,
) -> None:
    verdict = _judged(lambda raw: raw["authSpec"].append(damage))
    assert verdict.findings == ()
    assert verdict.notes == (
        "not compared: 1 of the tenant's authentication specifications cannot be read",
    )


def test_an_auth_spec_that_is_no_list_is_told() -> None:
    assert (
        "cannot be read"
        in _judged(lambda raw: raw.update(authSpec={"name": "Key"})).notes[0]
    )


def test_an_absent_connector_names_the_likely_reasons() -> None:
    verdict = judge(connector(), [spec("zendesk", OTHER, attributes={})], cloud="azure")
    assert (verdict.verdict, verdict.findings) == ("absent", ())
    assert "licence" in verdict.remedy


def test_the_same_name_under_another_id_is_drift_of_the_id() -> None:
    verdict = judge(connector(), [spec(id=OTHER)], cloud="azure")
    assert (verdict.verdict, [finding.kind for finding in verdict.findings]) == (
        "drifted",
        ["id"],
    )
    assert f"acme-desk under the id {OTHER}" in verdict.findings[0].message


def test_the_same_name_under_the_id_of_another_connector_is_not() -> None:
    assert (
        judge(connector(), [spec(id=OTHER)], cloud="azure", owned={OTHER}).verdict
        == "absent"
    )


def test_a_tenant_that_lists_what_is_known_as_a_misprint_is_told_so() -> None:
    verdict = judge(connector(misprinted_ids=(OTHER,)), [spec(id=OTHER)], cloud="azure")
    assert verdict.findings[0].message.endswith("known here as a misprint")


def test_a_connector_without_id_is_offered_the_one_of_its_name() -> None:
    verdict = judge(
        connector(id=None, no_id_reason="two ids are printed"), [spec()], cloud="azure"
    )
    assert (verdict.verdict, verdict.suggested) == ("unverified", (PRIVATE,))
    assert PRIVATE in verdict.message
    assert "headwater specs pull" in verdict.remedy


def test_how_the_fields_of_the_one_of_its_name_differ_is_told_as_well() -> None:
    own = AuthenticationSpec("Key", [Field("host"), Field("apiKey", secret=True)])
    verdict = judge(
        connector(auth=(own,), id=None, no_id_reason="two ids are printed"),
        [spec()],
        cloud="azure",
    )
    assert (verdict.verdict, [finding.kind for finding in verdict.findings]) == (
        "unverified",
        ["field-added"],
    )


def test_of_several_ids_one_has_to_be_chosen() -> None:
    specs = [spec(), spec(id=OTHER)]
    verdict = judge(
        connector(id=None, no_id_reason="two ids are printed"), specs, cloud="azure"
    )
    assert verdict.suggested == (PRIVATE, OTHER)
    assert verdict.remedy == "choose one and give it with --spec-id"


def test_a_connector_without_id_and_without_a_namesake_has_nothing_to_offer() -> None:
    specs = [spec("zendesk", OTHER, attributes={})]
    verdict = judge(
        connector(id=None, no_id_reason="none is printed"), specs, cloud="azure"
    )
    assert (verdict.verdict, verdict.suggested) == ("unverified", ())


def test_a_source_of_the_user_interface_says_so_and_names_its_page() -> None:
    only = connector(
        auth=(),
        id=None,
        no_id_reason="not documented",
        base_connection=False,
        ui_only=True,
        documentation="help/acme.md",
    )
    verdict = judge(only, [], cloud="azure")
    assert (verdict.verdict, verdict.remedy) == ("unverified", "follow help/acme.md")
    assert "in the platform's user interface only" in verdict.message


def _listed(*specs: AuthenticationSpec) -> list[AuthenticationSpec]:
    return [validation.from_auth_spec(validation.auth_spec(one)) for one in specs]


AZURE = AuthenticationSpec("Basic", [Field("host"), Field("user")], cloud="azure")
AWS = AuthenticationSpec("Basic", [Field("host"), Field("role")], cloud="aws")


@pytest.mark.parametrize(("cloud", "listed"), [("azure", AZURE), ("aws", AWS)])
def test_a_tenant_lists_only_the_specification_of_its_cloud(
    cloud: str, listed: AuthenticationSpec
) -> None:
    findings, notes = compare((AZURE, AWS), _listed(listed), cloud)
    assert (findings, notes) == ([], [])


def test_the_specification_of_the_other_cloud_is_missed_by_nobody() -> None:
    findings, notes = compare((KEY, AWS), _listed(KEY), "azure")
    assert (findings, notes) == ([], [])


def test_drift_is_told_of_the_specification_of_the_tenants_cloud() -> None:
    changed = AuthenticationSpec("Basic", [Field("host"), Field("account")])
    findings, _notes = compare((AZURE, AWS), _listed(changed), "aws")
    assert {finding.auth for finding in findings} == {"Basic (aws)"}


def test_the_likeness_of_another_clouds_specification_hides_no_drift() -> None:
    findings, _notes = compare((AZURE, AWS), _listed(AWS), "azure")
    assert {(finding.auth, finding.kind, finding.field) for finding in findings} == {
        ("Basic (azure)", "field-removed", "user"),
        ("Basic (azure)", "field-added", "role"),
    }


def test_a_variant_the_tenant_does_not_tell_apart_is_a_note() -> None:
    one = AuthenticationSpec("Hub", [Field("a")], variant="namespace")
    two = AuthenticationSpec("Hub", [Field("b")], variant="hub")
    findings, notes = compare((one, two), _listed(two), "azure")
    assert (findings, notes) == (
        [],
        ["Hub (namespace): the tenant lists no variant of its own for it"],
    )


def test_a_second_specification_of_the_same_name_is_new() -> None:
    findings, _notes = compare((KEY,), _listed(KEY, KEY), "azure")
    assert [finding.kind for finding in findings] == ["auth-added"]


def test_differences_inside_objects_are_named_by_their_path() -> None:
    def account(*properties: Field) -> AuthenticationSpec:
        return AuthenticationSpec(
            "Account", [Field("account", "object", properties=properties)]
        )

    ours = account(Field("email"), Field("key"), Field("old"))
    theirs = account(
        Field("email", required=False),
        Field("key", secret=True),
        Field("inner", "object", properties=[Field("token", secret=True)]),
    )
    findings, _notes = compare((ours,), _listed(theirs), "azure")
    assert {(finding.field, finding.kind) for finding in findings} == {
        ("account.email", "not-required"),
        ("account.key", "secret"),
        ("account.old", "field-removed"),
        ("account.inner", "field-added"),
    }
