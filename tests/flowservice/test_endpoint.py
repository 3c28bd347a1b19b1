"""What an endpoint accepts, and that a refusal names the field and never its value."""

from __future__ import annotations

from typing import Any

import pytest
from flowservice.wired import endpoint, everything_shown

from headwater.errors import InvalidInput, NotConfigured
from headwater.http.hosts import host_of, is_local, scheme_of
from headwater.secret import Secret


@pytest.mark.parametrize(
    "url",
    [
        "https://platform.adobe.io",
        "https://platform.adobe.io/",
        "https://[2001:db8::1]:8443",
        "http://127.0.0.1:8700",
        "http://127.9.9.9",
        "http://[::1]:8700",
        "http://localhost:8700",
        "http+local://embedded",
    ],
)
def test_https_loopback_and_adapters_are_taken(url: str) -> None:
    assert endpoint(url=url).url == url.rstrip("/")


@pytest.mark.parametrize("field", ["url", "ims_url"])
@pytest.mark.parametrize(
    "url",
    [
        "http://platform.adobe.io",
        "http://128.0.0.1",
        "http://127.0.0.1.example.com",
        "http://localhost.example.com",
        "http://[::ffff:8.8.8.8]",
        "http://127.0.0.1\\@evil.example.com",
        "http://127.0.0.1@evil.example.com",
        "https://canary:canary@platform.adobe.io",
        "https://platform.adobe.io/data/foundation/flowservice",
        "https://platform.adobe.io?canary=1",
        "https://platform.adobe.io#canary",
        "https://platform.adobe.io:99999",
        "https://platform adobe.io",
        "https://platform.adobe.io\n",
        "ftp://canary.example.com",
        "http+://canary",
        "platform.adobe.io",
        "https://",
        "",
        None,
        7,
    ],
)
def test_everything_else_is_refused_without_showing_it(field: str, url: Any) -> None:
    with pytest.raises(InvalidInput) as caught:
        endpoint(**{field: url})

    assert caught.value.message.startswith(field)
    assert "canary" not in everything_shown(caught.value).replace("test_endpoint", "")


@pytest.mark.parametrize(
    "field", ["org_id", "sandbox", "api_key", "access_token", "client_id"]
)
@pytest.mark.parametrize(
    "value",
    [
        "canary\nX: y",
        "canary canary",
        "canäry",
        "canary\r\n",
        "\x00canary",
        "canary\x7f",
    ],
)
def test_what_cannot_travel_in_a_header_is_refused_by_name(
    field: str, value: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        endpoint(**{field: Secret(value) if field == "access_token" else value})

    assert caught.value.message.startswith(field)
    assert value not in everything_shown(caught.value)


@pytest.mark.parametrize(
    "field", ["url", "org_id", "sandbox", "api_key", "access_token", "client_secret"]
)
def test_an_empty_field_is_not_configured(field: str) -> None:
    with pytest.raises(NotConfigured) as caught:
        endpoint(**{field: ""})

    assert caught.value.missing == (field,)


def test_half_of_the_credentials_says_what_is_missing() -> None:
    with pytest.raises(NotConfigured) as caught:
        endpoint(access_token=None, client_id="client-1")

    assert caught.value.missing == ("client_secret",)


@pytest.mark.parametrize("field", ["api_key", "access_token", "client_secret"])
def test_a_mask_is_no_value(field: str) -> None:
    with pytest.raises(InvalidInput, match=f"{field} is a mask"):
        endpoint(**{field: "******"})


@pytest.mark.parametrize("field", ["connect_timeout", "read_timeout"])
@pytest.mark.parametrize("value", [0, -1, float("inf"), float("nan"), True, "5", None])
def test_a_timeout_is_a_positive_number(field: str, value: Any) -> None:
    with pytest.raises(InvalidInput, match=f"{field} must be"):
        endpoint(**{field: value})


@pytest.mark.parametrize(
    "proxy", ["proxy.example.com:3128", "ftp://proxy", "http://a b", "http://x/path", 5]
)
def test_a_proxy_that_is_none_is_refused(proxy: Any) -> None:
    with pytest.raises(InvalidInput, match="proxy must be"):
        endpoint(proxy=proxy)


def test_secrets_and_the_proxy_stay_out_of_the_repr() -> None:
    shown = repr(
        endpoint(
            access_token="canary-1",
            client_id="c",
            client_secret="canary-2",
            proxy="http://u:canary-3@proxy:1",
        )
    )

    assert "canary" not in shown


def test_a_secret_that_is_no_text_at_all_is_refused() -> None:
    with pytest.raises(InvalidInput, match="client_secret"):
        endpoint(client_secret="\udcff-not-unicode")


def test_scheme_host_and_place_are_told_apart() -> None:
    assert (scheme_of("http+local://embedded"), host_of("http://127.0.0.1:8700")) == (
        "http+local",
        "127.0.0.1:8700",
    )
    assert is_local("http+local://embedded")
    assert is_local("https://localhost:8443")
    assert not is_local("https://platform.adobe.io")
