"""What each failure of a small Salesforce ends in: its class, its remedy, and nothing of what was sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from fake_salesforce import BODIES, FakeSalesforce, serving
from salesforce_world import (
    SECRETS,
    TOKEN,
    basic,
    oauth,
    opened,
    read,
    shown,
    unhurried,
)

from headwater import errors
from headwater.sources import HttpAnswer
from headwater_salesforce_service_cloud import meanings, soap

if TYPE_CHECKING:
    from collections.abc import Callable


class LoginsOnly(FakeSalesforce):
    """A Salesforce that accepts logins and fails at everything else."""

    def __init__(self, fault: str) -> None:
        super().__init__()
        self.fault = fault

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> list[bytes]:
        self._faults = iter(
            [None if environ["REQUEST_METHOD"] == "POST" else self.fault]
        )
        return super().__call__(environ, start_response)


@pytest.mark.parametrize(
    ("fault", "kind", "remedy"),
    [
        (
            "oauth 400 invalid_client_id",
            errors.CredentialsRefused,
            "clientId and clientSecret",
        ),
        (
            "oauth 401 invalid_client",
            errors.CredentialsRefused,
            "clientId and clientSecret",
        ),
        ("oauth 400 invalid_grant", errors.CredentialsRefused, "scope api"),
        ("oauth 400 invalid_grant", errors.CredentialsRefused, "My Domain"),
        (
            "oauth 400 invalid_client_credentials",
            errors.CredentialsRefused,
            "clientSecret",
        ),
        ("oauth 400 invalid_app_access", errors.SourceNotPermitted, "app's policies"),
        (
            "oauth 400 OAUTH_APP_ACCESS_DENIED",
            errors.SourceNotPermitted,
            "app's policies",
        ),
        ("oauth 400 invalid_scope", errors.SourceNotPermitted, "scope api"),
        ("oauth 400 server_error", errors.SourceUnavailable, "later"),
        ("oauth 400 temporarily_unavailable", errors.SourceUnavailable, "later"),
        ("oauth 400 unknown_error", errors.SourceUnavailable, "later"),
        ("oauth 400 inactive_user", errors.CredentialsRefused, "active user"),
        ("oauth 400 inactive_org", errors.CredentialsRefused, "environmentUrl"),
        ("oauth 400 unsupported_grant_type", errors.SourceNotPermitted, "My Domain"),
        ("oauth 400 rate_limit_exceeded", errors.SourceThrottled, "wait"),
        ("oauth 400 brand_new_refusal", errors.SourceBug, "report"),
        ("401-html", errors.CredentialsRefused, "clientId"),
        ("403-html", errors.SourceNotPermitted, "API Enabled"),
        ("404-html", errors.SourceNotFound, "environmentUrl"),
        ("429-long", errors.SourceThrottled, "wait"),
        ("503-html", errors.SourceUnavailable, "later"),
        ("redirect", errors.SourceUnavailable, "address"),
        ("html", errors.SourceUnavailable, "environmentUrl"),
        ("garbage", errors.SourceUnavailable, "environmentUrl"),
        ("empty", errors.SourceUnavailable, "environmentUrl"),
        ("wrong-shape", errors.SourceUnavailable, "environmentUrl"),
    ],
)
def test_every_failure_of_a_token_has_its_class_and_its_remedy(
    fault: str, kind: type[errors.SourceError], remedy: str
) -> None:
    with (
        opened([fault]) as (reader, _fake),
        pytest.raises(errors.SourceError) as raised,
    ):
        reader.check()
    assert type(raised.value) is kind
    assert remedy in raised.value.remedy
    assert not any(secret in shown(raised.value) for secret in SECRETS)


@pytest.mark.parametrize(
    ("fault", "kind", "remedy"),
    [
        ("soap INVALID_LOGIN", errors.CredentialsRefused, "securityToken"),
        (
            "soap LOGIN_MUST_USE_SECURITY_TOKEN",
            errors.CredentialsRefused,
            "securityToken",
        ),
        ("soap PASSWORD_LOCKOUT", errors.CredentialsRefused, "unlocking"),
        ("soap LOGIN_CHALLENGE_ISSUED", errors.CredentialsRefused, "IP range"),
        ("soap LOGIN_CHALLENGE_PENDING", errors.CredentialsRefused, "IP range"),
        (
            "soap INVALID_OPERATION_WITH_EXPIRED_PASSWORD",
            errors.CredentialsRefused,
            "new security token",
        ),
        ("soap UNKNOWN_EXCEPTION", errors.SourceUnavailable, "later"),
        ("soap API_DISABLED_FOR_ORG", errors.SourceNotPermitted, "API access"),
        ("soap API_CURRENTLY_DISABLED", errors.SourceNotPermitted, "API access"),
        (
            "soap UNSUPPORTED_API_VERSION",
            errors.SourceNotPermitted,
            "OAuth2 Client Credential",
        ),
        (
            "soap INVALID_OPERATION",
            errors.SourceNotPermitted,
            "OAuth2 Client Credential",
        ),
        ("soap LOGIN_DURING_RESTRICTED_DOMAIN", errors.SourceNotPermitted, "IP range"),
        ("soap LOGIN_DURING_RESTRICTED_TIME", errors.SourceNotPermitted, "login hours"),
        ("soap ORG_LOCKED", errors.SourceNotPermitted, "unlocking"),
        ("soap TRIAL_EXPIRED", errors.SourceNotPermitted, "licence"),
        ("soap REQUEST_LIMIT_EXCEEDED", errors.SourceThrottled, "wait"),
        ("soap ORG_IN_MAINTENANCE", errors.SourceUnavailable, "later"),
        ("soap SERVER_UNAVAILABLE", errors.SourceUnavailable, "later"),
        ("soap BRAND_NEW_REFUSAL", errors.SourceBug, "report"),
        ("404-html", errors.SourceNotFound, "environmentUrl"),
        ("503-html", errors.SourceUnavailable, "later"),
        ("html", errors.SourceUnavailable, "environmentUrl"),
        ("garbage", errors.SourceUnavailable, "environmentUrl"),
        ("empty", errors.SourceUnavailable, "environmentUrl"),
        ("wrong-shape", errors.SourceUnavailable, "environmentUrl"),
    ],
)
def test_every_fault_of_a_soap_login_has_its_class_and_its_remedy(
    fault: str, kind: type[errors.SourceError], remedy: str
) -> None:
    with (
        opened([fault], by=basic) as (reader, _fake),
        pytest.raises(errors.SourceError) as raised,
    ):
        reader.check()
    assert type(raised.value) is kind
    assert remedy in raised.value.remedy
    assert not any(secret in shown(raised.value) for secret in SECRETS)


@pytest.mark.parametrize(
    ("fault", "kind", "remedy"),
    [
        ("401", errors.CredentialsRefused, "sessions are not bound"),
        ("401-html", errors.CredentialsRefused, "clientId"),
        ("rest 403 REQUEST_LIMIT_EXCEEDED", errors.SourceThrottled, "wait"),
        ("rest 503 REQUEST_LIMIT_EXCEEDED", errors.SourceThrottled, "wait"),
        ("429", errors.SourceThrottled, "wait"),
        ("429-long", errors.SourceThrottled, "wait"),
        ("rest 403 API_DISABLED_FOR_ORG", errors.SourceNotPermitted, "API Enabled"),
        ("rest 403 API_CURRENTLY_DISABLED", errors.SourceNotPermitted, "API Enabled"),
        ("rest 403 INSUFFICIENT_ACCESS", errors.SourceNotPermitted, "API Enabled"),
        (
            "rest 403 FUNCTIONALITY_NOT_ENABLED",
            errors.SourceNotPermitted,
            "API Enabled",
        ),
        ("rest 400 API_ERROR", errors.SourceNotPermitted, "View All Data"),
        (
            "rest 400 TXN_SECURITY_METERING_ERROR",
            errors.SourceNotPermitted,
            "Exempt from Transaction Security",
        ),
        ("403-html", errors.SourceNotPermitted, "API Enabled"),
        ("rest 404 NOT_FOUND", errors.SourceNotFound, "headwater tables"),
        ("rest 400 INVALID_TYPE", errors.SourceNotFound, "headwater tables"),
        ("404-html", errors.SourceNotFound, "environmentUrl"),
        ("rest 410 UNSUPPORTED_API_VERSION", errors.SourceNotFound, "apiVersion"),
        ("410-html", errors.SourceNotFound, "apiVersion"),
        ("rest 400 QUERY_TIMEOUT", errors.SourceUnavailable, "fewer rows"),
        ("rest 400 INVALID_QUERY_LOCATOR", errors.SourceUnavailable, "again"),
        ("rest 503 SERVER_UNAVAILABLE", errors.SourceUnavailable, "later"),
        ("500", errors.SourceUnavailable, "later"),
        ("406", errors.SourceUnavailable, "later"),
        ("503-html", errors.SourceUnavailable, "later"),
        ("reset", errors.SourceUnavailable, "again"),
        ("hang-up", errors.SourceUnavailable, "again"),
        ("truncated", errors.SourceUnavailable, "again"),
        ("redirect", errors.SourceUnavailable, "address"),
        ("html", errors.SourceUnavailable, "environmentUrl"),
        ("garbage", errors.SourceUnavailable, "environmentUrl"),
        ("empty", errors.SourceUnavailable, "environmentUrl"),
        ("wrong-shape", errors.SourceUnavailable, "environmentUrl"),
        ("rest 400 INVALIDENTITY", errors.SourceNotPermitted, "another object"),
        ("rest 400 MALFORMED_QUERY", errors.SourceNotPermitted, "objects it belongs"),
        (
            "rest 400 INVALID_TYPE_FOR_OPERATION",
            errors.SourceNotPermitted,
            "objects it belongs",
        ),
        (
            "rest 400 BIG_OBJECT_UNSUPPORTED_OPERATION",
            errors.SourceNotPermitted,
            "objects it belongs",
        ),
        *(
            (f"rest 400 {code}", errors.SourceNotPermitted, "external data source")
            for code in (
                "EXTERNAL_OBJECT_EXCEPTION",
                "EXTERNAL_OBJECT_AUTHENTICATION_EXCEPTION",
                "EXTERNAL_OBJECT_CONNECTION_EXCEPTION",
                "EXTERNAL_OBJECT_UNSUPPORTED_EXCEPTION",
            )
        ),
        ("rest 500 EXTERNAL_OBJECT_EXCEPTION", errors.SourceNotPermitted, "external"),
        ("rest 400 INVALID_FIELD", errors.SourceNotFound, "headwater columns"),
        ("rest 400 QUERY_TOO_COMPLICATED", errors.SourceNotPermitted, "fewer columns"),
        ("rest 400 OPERATION_TOO_LARGE", errors.SourceNotPermitted, "View All Data"),
        ("rest 400 LIMIT_EXCEEDED", errors.SourceThrottled, "wait"),
        ("rest 403 LIMIT_EXCEEDED", errors.SourceThrottled, "wait"),
        ("rest 400 REQUEST_RUNNING_TOO_LONG", errors.SourceUnavailable, "fewer rows"),
        ("rest 503 REQUEST_RUNNING_TOO_LONG", errors.SourceUnavailable, "later"),
        ("rest 400 UNKNOWN_EXCEPTION", errors.SourceUnavailable, "later"),
        (
            "rest 403 INVALID_OPERATION_WITH_EXPIRED_PASSWORD",
            errors.CredentialsRefused,
            "new one in Salesforce",
        ),
        ("html 414", errors.SourceBug, "report"),
        ("html 431", errors.SourceBug, "report"),
        ("rest 400 BRAND_NEW_REFUSAL", errors.SourceBug, "report"),
    ],
)
def test_every_failure_of_a_read_has_its_class_and_its_remedy(
    fault: str, kind: type[errors.SourceError], remedy: str
) -> None:
    # Whatever is read, the failure is there to stay; only logins get through.
    fake = LoginsOnly(fault)
    with serving(fake) as served, unhurried(), read(oauth(served.url)) as reader:
        for ask in (
            reader.check,
            reader.tables,
            lambda: reader.columns("Case"),
            lambda: reader.preview("Case", 1),
        ):
            with pytest.raises(errors.SourceError) as raised:
                ask()
            assert type(raised.value) is kind
            assert remedy in raised.value.remedy
            assert not any(
                secret in shown(raised.value) for secret in (*SECRETS, TOKEN)
            )
        assert fake.refused == 0


@pytest.mark.parametrize(
    "fault", ["406", "429", "500", "503-html", "reset", "hang-up", "truncated"]
)
def test_a_failure_that_may_pass_is_repeated_once_somebody_is_logged_in(
    fault: str,
) -> None:
    with opened([None, fault, fault, None, fault]) as (reader, fake):
        assert reader.check().user
        assert len(fake.logins) == 1


@pytest.mark.parametrize(
    "fault", ["rest 403 REQUEST_LIMIT_EXCEEDED", "rest 503 REQUEST_LIMIT_EXCEEDED"]
)
def test_used_up_requests_are_not_asked_for_again(fault: str) -> None:
    with (
        opened([None, None, fault]) as (reader, fake),
        pytest.raises(errors.SourceThrottled),
    ):
        reader.check()
    assert len(fake.requests) == 3


def test_throttling_says_how_long_where_the_source_does() -> None:
    with (
        opened([None, "429-long"]) as (reader, _fake),
        pytest.raises(errors.SourceThrottled) as raised,
    ):
        reader.check()
    assert raised.value.retry_after == 3600


@pytest.mark.parametrize("body", BODIES)
def test_a_refusal_of_any_shape_and_status_is_an_error_with_a_remedy(body: str) -> None:
    fake = LoginsOnly("")
    with serving(fake) as served, unhurried():
        for status in (400, 401, 403, 404, 406, 420, 500, 502, 503):
            fake.fault = f"{body} {status}"
            with read(oauth(served.url)) as reader:
                for ask in (
                    reader.check,
                    reader.tables,
                    lambda: reader.columns("Case"),
                    lambda: reader.preview("Case", 1),
                ):
                    _assert_refused(ask)


def _assert_refused(ask: Callable[[], object]) -> None:
    with pytest.raises(errors.SourceError) as raised:
        ask()
    assert raised.value.remedy
    assert not any(
        text in shown(raised.value) for text in ("went wrong", "setting things")
    )


@pytest.mark.parametrize("by", [oauth, basic])
@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("status", [400, 401, 403, 500, 503])
def test_a_login_refused_in_any_shape_is_an_error_with_a_remedy_and_sent_once(
    by: Callable[..., dict[str, Any]], body: str, status: int
) -> None:
    with opened([f"{body} {status}"], by=by) as (reader, fake):
        with pytest.raises(errors.SourceError) as raised:
            reader.check()
        assert raised.value.remedy
        assert len(fake.logins) == 1


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (
            b"<Errors><Error><errorCode>REQUEST_LIMIT_EXCEEDED</errorCode></Error></Errors>",
            "REQUEST_LIMIT_EXCEEDED",
        ),
        (
            b'<e xmlns="http://www.force.com/2009/06/asyncapi/dataload">'
            b"<exceptionCode>InvalidSessionId</exceptionCode></e>",
            "InvalidSessionId",
        ),
        (b'<!DOCTYPE e [<!ENTITY a "b">]><e><errorCode>&a;</errorCode></e>', ""),
        (b"<e><errorCode>" + b"<x>" * 9, ""),
        (b"<e/>", ""),
    ],
)
def test_the_code_of_an_error_in_xml_is_read(raw: bytes, code: str) -> None:
    assert soap.read_error_code(raw) == code
    answer = HttpAnswer(status=400, headers={}, body=raw)
    assert meanings.codes(answer) == [code] * bool(code)


@pytest.mark.parametrize("table", [meanings.LOGIN, meanings.DATA])
def test_every_code_that_is_known_has_its_class_what_it_means_and_a_remedy(
    table: dict[str, meanings.Meaning],
) -> None:
    for code in table:
        error = meanings.find_error(code, table)
        assert error is not None
        assert type(error) is not errors.SourceBug
        assert error.remedy
        assert f"({code})" in str(error)


def test_a_challenge_is_not_provoked_a_second_time() -> None:
    """Each sends its user a message."""
    with opened(["soap LOGIN_CHALLENGE_ISSUED"], by=basic) as (reader, fake):
        for _time in range(2):
            with pytest.raises(errors.CredentialsRefused):
                reader.check()
        assert len(fake.logins) == 1
