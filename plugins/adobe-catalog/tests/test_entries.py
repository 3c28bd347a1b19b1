"""What every entry must keep to, whatever the reference says."""

from __future__ import annotations

import re

import jsonschema
import pytest

from headwater import AuthenticationSpec, Field
from headwater.credentials import validation
from headwater_adobe_catalog import provenance, slugs, source_of

KNOWN = {
    f"{slug}: {auth.label}": auth
    for slug in slugs()
    for auth in source_of(slug).credential_schemas()
}
AUTHENTICATION = [pytest.param(auth, id=name) for name, auth in KNOWN.items()]
PLACEHOLDER = re.compile(r"\{[A-Z_]+\}")
# Words that name a secret inside a connection string, a URL's query or JSON, up to where its value begins.
SECRET_INSIDE = re.compile(
    r"(?:password|passwd|pwd|pass|key|secret|token|sig)\"?\s*[=:]\s*\"?", re.IGNORECASE
)


@pytest.mark.parametrize("auth", AUTHENTICATION)
def test_authentication_renders_to_valid_draft_07(auth: AuthenticationSpec) -> None:
    schema = validation.json_schema(auth)
    assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"
    jsonschema.Draft7Validator.check_schema(schema)
    assert set(schema["properties"]) == {field.name for field in auth.fields}


@pytest.mark.parametrize("auth", AUTHENTICATION)
def test_examples_and_defaults_fit_their_fields(auth: AuthenticationSpec) -> None:
    properties = validation.json_schema(auth)["properties"]
    for field in auth.fields:
        for value in (field.example, field.default):
            if value is not None:
                jsonschema.Draft7Validator(properties[field.name]).validate(value)
        assert field.default is None or not field.enum or field.default in field.enum


@pytest.mark.parametrize("auth", AUTHENTICATION)
def test_descriptions_are_noun_phrases_without_a_full_stop(
    auth: AuthenticationSpec,
) -> None:
    for field in auth.fields:
        assert field.description, field.name
        assert field.description[0].isupper(), field.name
        assert not field.description.endswith("."), field.name
        assert len(field.description) <= 100, field.name


@pytest.mark.parametrize("auth", AUTHENTICATION)
def test_a_secrets_example_holds_placeholders_only(auth: AuthenticationSpec) -> None:
    for field in auth.fields:
        if field.secret and field.example is not None:
            assert _only_placeholders(field), field.name


def test_a_secret_in_an_example_would_be_noticed() -> None:
    for example in (
        "Server={SERVER};PWD=hunter2",
        "https://x/?sig=abc&sp={SP}",
        '{"pass": "abc"}',
        "5c98.....1b46",
    ):
        assert not _only_placeholders(Field("secret", secret=True, example=example)), (
            example
        )


def test_deprecated_authentication_says_since_when_and_what_instead() -> None:
    deprecated = [auth for auth in KNOWN.values() if auth.deprecated]
    assert deprecated
    since = r"(deprecated [A-Z][a-z]+ 20\d\d|in pages until 20\d\d only); use .+"
    for auth in deprecated:
        assert re.fullmatch(since, auth.note), auth.label


def test_two_specifications_of_one_name_have_variants_that_say_what_differs() -> None:
    schemas = source_of("eventhub").credential_schemas()
    same = {
        auth.variant: auth
        for auth in schemas
        if auth.spec_name == "Azure EventHub authentication credentials"
    }
    assert list(same) == ["namespace", "event hub"]
    assert same["namespace"].field("eventHubName") is None
    assert same["event hub"].field("eventHubName") is not None


def test_every_misprint_and_every_unverified_id_is_listed_as_corrected() -> None:
    for slug in slugs():
        spec, known = source_of(slug).connection_spec(), provenance(slug)
        unverified = known.get("unverified_id")
        printed = [
            fact["printed"]
            for fact in known.get("corrected", ())
            if fact["fact"] == "id"
        ]
        assert printed == [
            *spec.misprinted_ids,
            *([unverified] if unverified else []),
        ], slug
        assert spec.id is not None or bool(unverified) is not spec.ui_only, slug


def test_a_doubtful_id_is_one_that_no_other_source_has() -> None:
    specs = {slug: source_of(slug).connection_spec() for slug in slugs()}
    ids = {spec.id for spec in specs.values()}
    doubtful = {id for spec in specs.values() for id in spec.doubtful_ids}
    assert len(doubtful) == 3
    assert not doubtful & ids
    for slug, spec in specs.items():
        assert set(spec.doubtful_ids) <= {provenance(slug).get("unverified_id")}


def test_a_source_of_the_user_interface_names_its_page_and_has_no_credentials() -> None:
    for slug in slugs():
        source = source_of(slug)
        spec = source.connection_spec()
        if not spec.ui_only:
            continue
        assert spec.documentation.startswith("help/sources/"), slug
        assert (spec.id, spec.base_connection) == (None, False), slug
        assert source.credential_schemas() == (), slug


def test_former_names_and_fields_are_none_of_today() -> None:
    for slug in slugs():
        schemas = source_of(slug).credential_schemas()
        names = {auth.spec_name for auth in schemas}
        for auth in schemas:
            assert not names & set(auth.former_names), slug
            for former, _successor in auth.former_fields:
                assert auth.field(former) is None, slug


def test_every_correction_gives_a_reason() -> None:
    for slug in slugs():
        for fact in provenance(slug).get("corrected", ()):
            assert set(fact) <= {"fact", "printed", "reason"}
            assert fact["reason"], slug
            assert not fact["reason"].endswith("."), slug


def test_fields_of_no_documented_type_are_doubtful() -> None:
    for slug in slugs():
        untyped = {
            field.name
            for auth in source_of(slug).credential_schemas()
            for field in auth.fields
            if not field.type
        }
        doubts = " ".join(provenance(slug).get("doubtful", ()))
        assert all(name in doubts for name in untyped), slug


def _only_placeholders(field: Field) -> bool:
    example = str(field.example)
    values = [example[match.end() :] for match in SECRET_INSIDE.finditer(example)]
    return bool(PLACEHOLDER.search(example)) and all(
        PLACEHOLDER.match(value) for value in values
    )
