"""Without a name, the first specification that accepts exactly the given fields is the one meant."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

import headwater
from headwater import AuthenticationSpec, ConnectionSpec, Connector, Field, hookimpl
from headwater.create.authentication import choose, choose_credentials
from headwater.credentials.advice import advise
from headwater.credentials.given import CredentialsInput, GivenCredentials
from headwater.errors import InvalidCredentials, InvalidInput
from headwater.models import Distribution

BASIC = {"username": "u", "password": "p", "securityToken": "t"}
OAUTH = {"environmentUrl": "https://x.example", "clientId": "c", "clientSecret": "s"}


def _chosen(given: dict[str, Any], **options: Any) -> str:
    return choose(headwater.load("salesforce-service-cloud"), given, **options).label


def _two_clouds() -> Connector:
    class TwoClouds:
        @hookimpl
        def connection_spec(self) -> ConnectionSpec:
            return ConnectionSpec(
                id=None, no_id_reason="for a test", name="Acme", category="crm"
            )

        @hookimpl
        def credential_schemas(self) -> list[AuthenticationSpec]:
            return [
                AuthenticationSpec("Basic", [Field("a"), Field("b")], cloud="azure"),
                AuthenticationSpec("Basic", [Field("a")], cloud="aws"),
                AuthenticationSpec("Key", [Field("k")], cloud="aws"),
            ]

    return Connector("acme", TwoClouds(), Distribution("acme", "1"))


@pytest.mark.parametrize(
    ("given", "label"),
    [
        (OAUTH, "OAuth2 Client Credential"),
        (BASIC, "Basic Authentication"),
        ({**BASIC, "environmentUrl": "https://x.example"}, "Basic Authentication"),
        ({}, "OAuth2 Client Credential"),
        ({"environmentUrl": "https://x.example"}, "OAuth2 Client Credential"),
        ({"username": "u"}, "Basic Authentication"),
        ({"username": "u", "passwrd": "p"}, "Basic Authentication"),
    ],
)
def test_the_given_fields_decide(given: dict[str, Any], label: str) -> None:
    assert _chosen(given) == label


def test_a_name_decides_even_where_another_would_fit() -> None:
    assert _chosen(OAUTH, auth="Basic Authentication") == "Basic Authentication"


def test_an_unknown_name_offers_the_nearest() -> None:
    with pytest.raises(InvalidInput, match="did you mean Basic Authentication"):
        _chosen(BASIC, auth="Basic Auth")


def test_what_the_environment_adds_counts() -> None:
    prefix = "HEADWATER_CRED_SALESFORCE_SERVICE_CLOUD"
    environ = {f"{prefix}__{name.upper()}": value for name, value in BASIC.items()}
    given = CredentialsInput(values={}, environ=environ)
    chosen = choose_credentials(headwater.load("salesforce-service-cloud"), given)
    assert chosen.auth.label == "Basic Authentication"
    assert chosen.values == BASIC


def test_the_cloud_leaves_out_the_others() -> None:
    assert choose(_two_clouds(), {"a": "1"}, cloud="azure").label == "Basic (azure)"
    assert choose(_two_clouds(), {"a": "1"}, cloud="aws").label == "Basic (aws)"
    assert choose(_two_clouds(), {"a": "1", "b": "2"}).label == "Basic (azure)"


def test_a_name_that_exists_only_for_another_cloud_says_so() -> None:
    with pytest.raises(
        InvalidInput, match=r"takes Key on aws only, and the cloud is azure"
    ):
        choose(_two_clouds(), {"k": "1"}, auth="Key", cloud="azure")


def _source(*specs: AuthenticationSpec) -> Connector:
    class Source:
        @hookimpl
        def connection_spec(self) -> ConnectionSpec:
            return ConnectionSpec(
                id=None, no_id_reason="for a test", name="Acme", category="crm"
            )

        @hookimpl
        def credential_schemas(self) -> tuple[AuthenticationSpec, ...]:
            return specs

    return Connector("acme", Source(), Distribution("acme", "1"))


def _given(connector: Connector, **options: Any) -> GivenCredentials:
    given = {"home_cloud": "azure", **options}
    return choose_credentials(connector, CredentialsInput(**given))


# As the catalogue has them: a connection string here, several fields there.
ORACLE = (
    AuthenticationSpec(
        "ConnectionString", [Field("connectionString", secret=True)], cloud="azure"
    ),
    AuthenticationSpec(
        "Basic Authentication",
        [Field("server"), Field("port"), Field("password", secret=True)],
        cloud="aws",
        former_names=("Basic Authentication for Acme",),
    ),
)
AWS_FIELDS = {"server": "s", "port": "1", "password": "p"}


def test_fields_that_fit_the_other_cloud_alone_choose_it_and_it_is_said() -> None:
    chosen = _given(_source(*ORACLE), values=AWS_FIELDS)
    assert chosen.auth.label == "Basic Authentication (aws)"
    assert chosen.choice == (
        "the fields fit Basic Authentication (aws) alone, so it is taken although the cloud is azure"
    )
    [advice] = advise(_source(*ORACLE).spec, chosen)
    assert (advice.rule, advice.message) == ("choice", chosen.choice)


def test_fields_of_the_own_cloud_say_nothing() -> None:
    chosen = _given(_source(*ORACLE), values={"connectionString": "c"})
    assert (chosen.auth.cloud, chosen.choice, chosen.hint) == ("azure", "", "")


@pytest.mark.parametrize(
    ("options", "hint"),
    [
        (
            {"cloud": "azure"},
            "the fields fit Basic Authentication (aws): give --cloud aws for it",
        ),
        (
            {"auth": "ConnectionString"},
            'the fields fit Basic Authentication (aws): give --cloud aws --auth "Basic Authentication" for it',
        ),
        (
            {"auth": "ConnectionString", "home_cloud": "aws", "cloud": "azure"},
            'the fields fit Basic Authentication (aws): give --cloud aws --auth "Basic Authentication" for it',
        ),
    ],
)
def test_what_was_asked_for_is_kept_and_the_option_named(
    options: dict[str, str], hint: str
) -> None:
    kept = _given(_source(*ORACLE), values=AWS_FIELDS, **options)
    assert (kept.auth.label, kept.choice) == ("ConnectionString (azure)", "")
    [problem] = kept.problems
    assert (problem.field, problem.message) == ("(credentials)", hint)
    with pytest.raises(InvalidCredentials) as refusal:
        kept.resolve()
    assert refusal.value.problems == (problem,)


def test_one_that_fits_comes_before_one_that_only_lacks_fields() -> None:
    more = AuthenticationSpec("More", [*ORACLE[1].fields, Field("x")], cloud="aws")
    kept = _given(_source(ORACLE[0], more, ORACLE[1]), values=AWS_FIELDS, cloud="azure")
    assert "the fields fit Basic Authentication (aws)" in kept.other_fit


def test_of_one_cloud_the_name_is_what_to_give() -> None:
    specs = [attrs.evolve(spec, cloud=None) for spec in ORACLE]
    kept = _given(_source(*specs), values=AWS_FIELDS, auth="ConnectionString")
    assert kept.other_fit == (
        'the fields fit Basic Authentication: give --auth "Basic Authentication" for it'
    )


def test_two_others_that_fit_are_not_chosen_between() -> None:
    twin = attrs.evolve(ORACLE[1], spec_name="Other")
    kept = _given(_source(*ORACLE, twin), values=AWS_FIELDS)
    assert (kept.auth.cloud, kept.choice) == ("azure", "")
    assert "give --cloud aws" in kept.other_fit


def test_fields_that_nearly_fit_the_other_cloud_are_told_so() -> None:
    kept = _given(_source(*ORACLE), values={"server": "s", "port": "1"})
    assert kept.auth.cloud == "azure"
    assert kept.hint == (
        "the fields are nearer to Basic Authentication (aws): give --cloud aws for it"
    )
    assert _given(_source(*ORACLE), values={}).hint == ""


def test_a_source_of_the_other_cloud_alone_is_chosen_too() -> None:
    only = _source(ORACLE[1])
    assert _given(only, values=AWS_FIELDS).choice
    with pytest.raises(InvalidInput, match="on aws only, and the cloud is azure"):
        _given(only, values={"server": "s"})


def test_a_label_names_its_cloud() -> None:
    label = "Basic Authentication (aws)"
    assert _given(_source(*ORACLE), values={}, auth=label).auth.label == label


def test_a_former_name_is_answered_with_the_name_of_today() -> None:
    with pytest.raises(
        InvalidInput, match=r"did you mean Basic Authentication\? known"
    ):
        _given(_source(*ORACLE), values={}, auth="Basic Authentication for Acme")


def test_the_cloud_decides_how_a_value_is_spelled() -> None:
    shared = [Field("server")]
    mysql = _source(
        AuthenticationSpec(
            "Basic", [*shared, Field("sslMode", enum=("OFF", "ON"))], cloud="azure"
        ),
        AuthenticationSpec(
            "Basic",
            [*shared, Field("sslMode", "boolean", accepts_type="string")],
            cloud="aws",
        ),
    )
    chosen = _given(mysql, values={"server": "s", "sslMode": "false"})
    assert (chosen.auth.cloud, chosen.own.values["sslMode"]) == ("aws", False)
    assert bool(chosen.choice)
    assert _given(mysql, values={"server": "s", "sslMode": "ON"}).auth.cloud == "azure"


def test_unknown_fields_are_allowed_only_where_nothing_fits_without() -> None:
    connector = _source(*ORACLE)
    exact = _given(connector, values=AWS_FIELDS, allow_unknown=True)
    assert (exact.auth.cloud, exact.unknown) == ("aws", ())
    more = {"connectionString": "c", "limit": 5}
    tolerant = _given(connector, values=more, allow_unknown=True)
    assert (tolerant.auth.label, tolerant.unknown) == (
        "ConnectionString (azure)",
        ("limit",),
    )
    assert (tolerant.problems, tolerant.hint) == ([], "")


def test_of_several_the_one_that_fits_but_for_unknown_fields_is_chosen() -> None:
    specs = [attrs.evolve(spec, cloud=None) for spec in ORACLE]
    for values, label in (
        ({"connectionString": "c", "limit": 5}, "ConnectionString"),
        ({**AWS_FIELDS, "limit": 5}, "Basic Authentication"),
    ):
        tolerant = _given(_source(*specs), values=values, allow_unknown=True)
        assert (tolerant.auth.label, tolerant.unknown) == (label, ("limit",))
        assert tolerant.problems == []


def test_fields_of_the_other_cloud_with_an_unknown_one_are_told_so() -> None:
    more = {**AWS_FIELDS, "limit": 5}
    kept = _given(_source(*ORACLE), values=more, allow_unknown=True)
    assert kept.auth.cloud == "azure"
    assert kept.hint == (
        "the fields are nearer to Basic Authentication (aws): give --cloud aws for it"
    )
