"""What each failure of a small Salesforce ends in: its class, its remedy, and nothing of what was sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from fake_salesforce import FakeSalesforce, serving
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

if TYPE_CHECKING:
    from collections.abc import Callable


class LoginsOnly(FakeSalesforce):
    """A Salesforce that accepts logins and fails at everything else."""

    def __init__(self, fault: str) -> None:
        super().__init__()
        self._fault = fault

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> list[bytes]:
        self._faults = iter(
            [None if environ["REQUEST_METHOD"] == "POST" else self._fault]
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
        ("rest 400 MALFORMED_QUERY", errors.SourceBug, "report"),
        ("rest 400 INVALID_FIELD", errors.SourceBug, "report"),
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
