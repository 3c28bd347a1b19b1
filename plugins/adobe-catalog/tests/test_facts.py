"""The data holds what the project's reference holds, but for what it says it corrects."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from headwater_adobe_catalog import provenance, slugs, source_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headwater import AuthenticationSpec, ConnectionSpec, Field

REFERENCE = Path(__file__).parents[3].parent / "shared" / "reference" / "sources.json"


@pytest.fixture(scope="module")
def reference() -> dict[str, dict[str, Any]]:
    """Return the reference's sources by slug."""
    if not REFERENCE.exists():
        pytest.skip(
            "the reference ../shared/reference/sources.json is not beside this checkout"
        )
    return {
        source["slug"]: source
        for source in json.loads(REFERENCE.read_text(encoding="utf-8"))
    }


def test_the_same_sources_are_there(reference: dict[str, dict[str, Any]]) -> None:
    assert set(slugs()) >= set(reference)


def test_sources_that_the_reference_lacks_say_where_they_are_listed(
    reference: dict[str, dict[str, Any]],
) -> None:
    for slug in slugs():
        listed = provenance(slug).get("source", "")
        assert (slug in reference) is (listed == ""), slug
        assert slug in reference or listed.startswith("help/sources/"), slug


def test_connection_specifications_are_the_references(
    reference: dict[str, dict[str, Any]],
) -> None:
    for slug, given in reference.items():
        assert _of_spec(source_of(slug).connection_spec()) == _of_reference(given), slug


def test_ids_that_are_not_verified_are_used_nowhere(
    reference: dict[str, dict[str, Any]],
) -> None:
    unverified = {
        slug: given["unverified"]["id"]
        for slug, given in reference.items()
        if "unverified" in given
    }
    assert len(unverified) == 5
    assert {
        slug: provenance(slug)["unverified_id"] for slug in unverified
    } == unverified
    for slug, identifier in unverified.items():
        spec = source_of(slug).connection_spec()
        assert identifier not in (spec.id, *spec.misprinted_ids)
        assert identifier not in spec.no_id_reason


def test_authentication_differs_only_in_what_is_listed_as_corrected(
    reference: dict[str, dict[str, Any]],
) -> None:
    for slug, given in reference.items():
        schemas = source_of(slug).credential_schemas()
        differing = {
            difference
            for auth, other in zip(schemas, given["auth"], strict=False)
            for difference in _compare(auth, other)
        }
        added = schemas[len(given["auth"]) :]
        differing |= {(auth.label, "null") for auth in added}
        listed = {
            (fact["fact"], json.dumps(fact.get("printed")))
            for fact in provenance(slug).get("corrected", ())
        }
        assert differing == {
            (fact, printed) for fact, printed in listed if fact != "id"
        }, slug


@pytest.mark.parametrize(
    ("slug", "name", "form"),
    [
        ("mysql", "server", "host"),
        ("ibm-db2", "server", "host_port"),
        ("salesforce", "environmentUrl", "url"),
        ("zendesk", "subdomain", "url"),
    ],
)
def test_fields_that_hold_a_host_or_a_url_say_so_where_documentation_does(
    slug: str, name: str, form: str
) -> None:
    forms = {
        field.form
        for auth in source_of(slug).credential_schemas()
        for field in auth.fields
        if field.name == name
    }
    assert forms == {form}


def test_a_host_is_a_host_and_a_url_a_url_in_every_description() -> None:
    # Called a URL there, and printed as the name of a host.
    divided = {"oracle-service-cloud"}
    for slug in set(slugs()) - divided:
        for auth in source_of(slug).credential_schemas():
            for field in auth.fields:
                if "host name or IP address" in field.description:
                    assert field.form == "host", (slug, field.name)
                elif field.description.startswith(("URL ", "Root URL ")):
                    assert field.form == "url" or field.secret, (slug, field.name)


def _of_spec(spec: ConnectionSpec) -> dict[str, Any]:
    return {
        "id": spec.id,
        "version": spec.version,
        "name": spec.name,
        "category": spec.category,
        "ingestion": spec.ingestion,
        "kind": spec.kind,
        "lifecycle": spec.lifecycle,
        "has_note": bool(spec.lifecycle_note),
        "base_connection": spec.base_connection,
        "misprinted_ids": spec.misprinted_ids,
        "extra_payload": spec.extra_payload,
        "documentation": spec.documentation,
    }


def _of_reference(given: dict[str, Any]) -> dict[str, Any]:
    same = ("name", "category", "ingestion", "kind", "lifecycle", "base_connection")
    return {
        **(given["connection_spec"] or {"id": None, "version": "1.0"}),
        **{name: given[name] for name in same},
        "has_note": "lifecycle_note" in given or not given["base_connection"],
        "misprinted_ids": tuple(given.get("misprinted_ids", ())),
        "extra_payload": given.get("extra_payload", {}),
        "documentation": given["docs"],
    }


def _compare(
    auth: AuthenticationSpec, given: dict[str, Any]
) -> Iterator[tuple[str, str]]:
    """Yield each fact that differs and what the reference prints for it; fail where no difference is allowed."""
    assert auth.spec_name == given["spec_name"]
    assert auth.cloud == given.get("cloud")
    assert auth.deprecated == given.get("deprecated", False)
    assert [field.name for field in auth.fields] == [
        param["name"] for param in given["params"]
    ]
    if auth.variant is not None:
        yield f"{auth.label}: variant", "null"
    for field, param in zip(auth.fields, given["params"], strict=True):
        assert _of_field(field) == _of_param(param), f"{auth.label}: {field.name}"
        if field.required != param["required"]:
            assert param["required"], f"{auth.label}: {field.name}"
            yield f"{auth.label}: {field.name}: required", "true"
        if not _identical(field.example, param.get("example")):
            # What was printed for a secret is not repeated.
            yield (
                f"{auth.label}: {field.name}: example",
                json.dumps(param["example"] if _may_repeat(field) else None),
            )


def _of_field(field: Field) -> tuple[Any, ...]:
    return (
        field.type,
        field.secret,
        field.enum,
        repr(field.default),
        bool(field.description),
    )


def _of_param(param: dict[str, Any]) -> tuple[Any, ...]:
    enum, default = tuple(param.get("enum", ())), repr(param.get("default"))
    return param["type"], param["secret"], enum, default, True


def _identical(ours: Any, theirs: Any) -> bool:
    return type(ours) is type(theirs) and bool(ours == theirs)


def _may_repeat(field: Field) -> bool:
    return not field.secret or field.example is not None
