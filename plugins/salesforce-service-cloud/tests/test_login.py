"""Both logins against a small Salesforce: what is sent, how often, and where the session may lead."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest
from fake_salesforce import ORGANIZATION, USER, USER_ID, FakeSalesforce, serving
from salesforce_world import (
    SECRETS,
    SLUG,
    TOKEN,
    at_once,
    basic,
    oauth,
    opened,
    read,
    shown,
    unhurried,
)

import headwater
from headwater import errors
from headwater.create import runner
from headwater.sources import Check, Reach
from headwater_salesforce_service_cloud import soap

if TYPE_CHECKING:
    from collections.abc import Callable

LOGINS = pytest.mark.parametrize("by", [oauth, basic])


@LOGINS
def test_opening_sends_nothing(by: Callable[..., dict[str, Any]]) -> None:
    with opened(by=by) as (_reader, fake):
        assert fake.requests == []


@LOGINS
def test_a_check_costs_three_requests_and_two_where_somebody_has_logged_in(
    by: Callable[..., dict[str, Any]],
) -> None:
    with opened(by=by) as (reader, fake):
        reader.check()
        assert len(fake.requests) == 3
        reader.check()
        assert len(fake.requests) == 4  # the list of versions does not change
        assert len(fake.logins) == 1


@LOGINS
def test_a_version_that_is_given_spares_the_list_of_versions(
    by: Callable[..., dict[str, Any]],
) -> None:
    with opened(by=by, apiVersion="58.0") as (reader, fake):
        check = reader.check()
        assert [each["PATH_INFO"] for each in fake.requests[1:]] == [
            "/services/data/v58.0/"
        ]
    assert (check.version, check.versions) == ("v58.0", ())


def test_a_check_needs_no_more_than_the_api_of_a_minimal_integration_user() -> None:
    with opened() as (reader, fake):
        assert reader.check().permissions == ("API Enabled",)
        assert not any("limits" in each["PATH_INFO"] for each in fake.requests)


def test_a_check_says_which_limits_it_does_not_ask_for_and_why() -> None:
    with opened() as (reader, _fake):
        [note] = reader.check().notes
    assert "Bulk API" in note
    assert "View Setup and Configuration" in note


def test_client_credentials_are_checked_by_the_identity_they_run_as() -> None:
    with opened() as (reader, fake):
        check = reader.check()
    assert (check.user, check.organization, check.version) == (
        USER_ID,
        ORGANIZATION,
        "v66.0",
    )
    assert check.versions == ("31.0", "58.0", "64.0", "66.0")
    assert fake.logins == ["/services/oauth2/token"]


def test_soap_login_is_checked_by_names_and_its_retirement_is_told() -> None:
    with opened(by=basic) as (reader, _fake):
        check = reader.check()
    assert (check.user, check.organization) == (USER, "Acme & Co")
    assert "retires with Summer '27" in check.notes[0]
    assert "OAuth2 Client Credential" in check.notes[0]


@pytest.mark.parametrize(
    ("given", "login", "data"),
    [
        ("", "64.0", "v66.0"),
        ("66.0", "64.0", "v66.0"),
        ("64.0", "64.0", "v64.0"),
        ("31.0", "31.0", "v31.0"),
    ],
)
def test_soap_login_never_uses_a_version_that_lacks_it(
    given: str, login: str, data: str
) -> None:
    changes: dict[str, Any] = {"apiVersion": given} if given else {}
    with opened(by=basic, **changes) as (reader, fake):
        assert reader.check().version == data
    assert fake.logins == [f"/services/Soap/u/{login}"]


def test_a_version_the_organization_does_not_offer_is_told_with_those_it_does() -> None:
    with opened(apiVersion="59.0") as (reader, _fake):
        for ask in (
            reader.check,
            reader.tables,
            lambda: reader.columns("Case"),
            lambda: reader.preview("Case", 1),
        ):
            with pytest.raises(errors.SourceNotFound, match=r"59\.0") as raised:
                ask()
            assert "31.0 to 66.0" in raised.value.remedy


def test_an_object_that_is_missing_is_not_mistaken_for_a_version() -> None:
    with (
        opened(apiVersion="58.0") as (reader, _fake),
        pytest.raises(errors.SourceNotFound, match="no such object"),
    ):
        reader.columns("Nothing__c")


def test_what_is_left_of_requests_is_live_from_the_header() -> None:
    with opened() as (reader, _fake):
        [limit] = reader.check().limits
    assert (limit.name, limit.left, limit.most) == ("API requests", 14_981, 15_000)


@pytest.mark.parametrize(
    "header", ["", "api-usage=x/y", "per-app-api-usage=17/250(appName=x)"]
)
def test_a_header_without_the_organizations_usage_is_no_limit(header: str) -> None:
    with opened() as (reader, fake):
        fake.extra = {"Sforce-Limit-Info": header}
        assert reader.check().limits == ()


def test_an_allowance_that_is_overdrawn_has_nothing_left() -> None:
    with opened() as (reader, fake):
        fake.extra = {"Sforce-Limit-Info": "api-usage=15018/15000"}
        assert reader.check().limits[0].left == 0


@pytest.mark.parametrize(
    ("by", "changes"),
    [
        (oauth, {"clientSecret": "wrong-secret"}),
        (oauth, {"clientId": "wrong-client"}),
        (basic, {"password": "wrong-password"}),
        (basic, {"securityToken": "wrong-token"}),
        (basic, {"username": "wrong@acme.example"}),
    ],
)
def test_wrong_credentials_are_sent_once_whatever_is_asked(
    by: Any, changes: dict[str, Any]
) -> None:
    with opened(by=by, **changes) as (reader, fake):
        for ask in (
            reader.check,
            reader.tables,
            lambda: reader.preview("Case", 1),
            reader.check,
        ):
            with pytest.raises(
                errors.CredentialsRefused, match="refuses these credentials"
            ) as raised:
                ask()
            assert raised.value.remedy
            assert not any(
                secret in shown(raised.value)
                for secret in (*SECRETS, *changes.values())
            )
        assert fake.refused == len(fake.requests) == 1


def test_wrong_credentials_are_sent_once_by_many_threads() -> None:
    with opened(clientSecret="wrong-secret") as (reader, fake):
        outcomes = at_once(*[reader.check] * 4)
        assert {type(outcome) for outcome in outcomes} == {errors.CredentialsRefused}
        assert fake.refused == len(fake.requests) == 1


@pytest.mark.parametrize("fault", ["oauth 400 brand_new_refusal", "401-html", "401"])
def test_a_refusal_that_is_not_documented_is_not_tried_twice_either(fault: str) -> None:
    with opened([fault]) as (reader, fake):
        for _time in range(2):
            with pytest.raises((errors.CredentialsRefused, errors.SourceBug)):
                reader.check()
        assert len(fake.logins) == 1


@LOGINS
@pytest.mark.parametrize(
    "fault", ["reset", "hang-up", "truncated", "429", "500", "503-html"]
)
def test_a_login_is_never_repeated_by_itself(
    by: Callable[..., dict[str, Any]], fault: str
) -> None:
    with opened([fault], by=by) as (reader, fake):
        with pytest.raises(errors.SourceError):
            reader.check()
        assert len(fake.logins) == 1
        # a question asked again is a new question
        assert isinstance(reader.check(), Check)


def test_an_organization_that_takes_no_soap_login_points_to_client_credentials() -> (
    None
):
    with opened(by=basic) as (reader, fake):
        fake.soap = False
        with pytest.raises(errors.SourceNotPermitted) as raised:
            reader.check()
    assert "OAuth2 Client Credential" in raised.value.remedy


def test_a_password_that_has_expired_is_refused_and_not_sent_again() -> None:
    with opened(by=basic) as (reader, fake):
        fake.expired = "true"
        for said in ("has expired", "not sent again"):
            with pytest.raises(errors.CredentialsRefused, match=said):
                reader.check()
        assert len(fake.requests) == 1


def test_an_expired_session_is_renewed_within_one_question() -> None:
    with opened() as (reader, fake):
        reader.check()
        fake.expire()
        assert reader.tables()[0].name == "Archive__b"
        assert len(fake.logins) == 2


def test_a_session_that_expires_between_two_pages_loses_no_row() -> None:
    with opened(page=1) as (reader, _fake):
        whole = reader.preview("Case", 3)
    # login, versions, describe, first page, then the expiry in the place of the second
    with opened([None] * 4 + ["401"], page=1) as (reader, fake):
        assert reader.preview("Case", 3) == whole
        assert len(fake.logins) == 2


def test_many_threads_renew_an_expired_session_by_one_login() -> None:
    with opened() as (reader, fake):
        right = reader.check()
        fake.expire()
        outcomes = at_once(*[reader.check] * 4)
        assert all(
            isinstance(outcome, Check) and outcome.user == right.user
            for outcome in outcomes
        )
        assert len(fake.logins) == 2


def test_a_session_that_is_refused_twice_is_given_up() -> None:
    with opened([None] * 2 + ["401", None, "401"]) as (reader, fake):
        with pytest.raises(
            errors.CredentialsRefused, match="INVALID_SESSION_ID"
        ) as raised:
            reader.tables()
        assert len(fake.logins) == 2
    assert "sessions are not bound" in raised.value.remedy


@LOGINS
@pytest.mark.parametrize(
    "instance",
    [
        "https://elsewhere.example",
        "https://salesforce.com.elsewhere.example",
        "https://notsalesforce.com",
        "http://acme.my.salesforce.com",
        "https://user:word@acme.my.salesforce.com",
        "https://[",
        "https://acme.my.salesforce.com:x",
        "file:///etc/passwd",
    ],
)
def test_a_session_is_taken_nowhere_but_to_salesforce(
    by: Callable[..., dict[str, Any]], instance: str
) -> None:
    with opened(by=by) as (reader, fake):
        fake.instance = instance
        with pytest.raises(errors.SourceUnavailable, match="not one of Salesforce's"):
            reader.check()
        assert len(fake.requests) == 1


@LOGINS
def test_an_instance_the_service_may_not_reach_is_not_reached(
    by: Callable[..., dict[str, Any]],
) -> None:
    fake = FakeSalesforce()
    fake.instance = "https://acme.my.salesforce.com"
    with serving(fake) as served:
        connector = headwater.load(SLUG)
        given: dict[str, Any] = {
            "credentials": by(served.url),
            "reach": Reach(frozenset()),
        }
        with (
            runner.open_source(connector, **given) as reader,
            pytest.raises(errors.SourceNotPermitted) as raised,
        ):
            reader.check()
    assert "--reach-sources" in raised.value.remedy


@pytest.mark.parametrize(
    "url",
    [
        "http://acme.my.salesforce.com",
        "acme.my.salesforce.com",
        "ftp://acme.my.salesforce.com",
        "https://",
        "https://[",
        "https://acme.my.salesforce.com:x",
        "https://user:word@acme.my.salesforce.com",
    ],
)
@LOGINS
def test_an_address_that_cannot_be_used_is_refused_before_anything_is_sent(
    by: Callable[..., dict[str, Any]], url: str
) -> None:
    with pytest.raises(errors.InvalidInput):
        read(by(url))


@pytest.mark.parametrize("host", ["login.salesforce.com", "test.salesforce.com"])
def test_client_credentials_need_the_organizations_own_address(host: str) -> None:
    with pytest.raises(errors.InvalidInput, match="organization's own"):
        read(oauth(f"https://{host}"))
    with read(basic(f"https://{host}")) as reader:
        assert reader is not None


@pytest.mark.parametrize("version", ["60", "v60.0", "latest", "60.1", "-1.0", "6000.0"])
def test_an_api_version_that_is_none_is_refused_before_anything_is_sent(
    version: str,
) -> None:
    with pytest.raises(errors.InvalidInput, match="apiVersion"):
        read(oauth("https://acme.my.salesforce.com", apiVersion=version))


@pytest.mark.parametrize(
    "raw",
    [
        b'<!DOCTYPE x [<!ENTITY a "b">]><Envelope>&a;</Envelope>',
        '<!DOCTYPE x [<!ENTITY a "b">]><Envelope>&a;</Envelope>'.encode("utf-16"),
        b"<html/>",
        b"",
        b"<Envelope>",
        b'<?xml version="1.0" encoding="klingon"?><Envelope/>',
    ],
)
def test_a_document_that_declares_or_is_no_envelope_is_not_read(raw: bytes) -> None:
    assert soap.read_answer(raw) is None


@LOGINS
def test_no_secret_and_no_session_is_logged_or_shown(
    by: Callable[..., dict[str, Any]], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    # the token is let through, then versions, a reset, an expiry and its login, a page of HTML for the limits
    with opened([None, None, "reset", "401", None, "html"], by=by) as (reader, fake):
        with pytest.raises(errors.SourceUnavailable) as raised:
            reader.check()
        assert len(fake.logins) == 2
        told = f"{reader!r} {vars(reader)!r} {shown(raised.value)} {caplog.text}"
    assert caplog.records
    assert not any(
        secret in told for secret in (*SECRETS, TOKEN, "correct-horse", "staple")
    )


def test_pauses_are_those_of_the_client() -> None:
    pauses: list[float] = []
    with serving(FakeSalesforce([None, "503-html"])) as served, unhurried() as defaults:
        defaults["pause"] = pauses.append
        with read(oauth(served.url)) as reader:
            reader.check()
    assert len(pauses) == 1
