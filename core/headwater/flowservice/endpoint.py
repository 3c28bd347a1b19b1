"""Where to send, and as whom: checked before anything is sent, so that no foreign error ever prints a value of it."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

import attrs
from attrs.validators import optional

from headwater.errors import InvalidInput, NotConfigured
from headwater.http.hosts import (
    ROOT_URL,
    is_adapter_scheme,
    is_local,
    is_loopback,
    scheme_of,
)
from headwater.secret import Secret, has_unpaired_surrogate, is_mask

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

IMS_URL = "https://ims-na1.adobelogin.com"
# Seconds that lists of the platform may lag behind its writes: assumed, for no documentation gives a figure.
LIST_LAG = 60.0

_PROXY = re.compile(
    r"(?:https?|socks5h?)://(?:[!-.0-9;-?A-~]+(?::[!-.0-9:-?A-~]*)?@)?[A-Za-z0-9._\[\]:-]+/?"
)
_VISIBLE = re.compile(r"[!-~]+")


def _strip_slash(url: Any) -> Any:
    if isinstance(url, str):
        return url.rstrip("/")
    return url


def _seal(value: Secret | str | None) -> Secret | None:
    if isinstance(value, str):
        return Secret(value)
    return value


def _check_url(
    _endpoint: Endpoint, attribute: attrs.Attribute[str], value: str
) -> None:
    _check_text(attribute.name, value)
    parts = ROOT_URL.fullmatch(value)
    if parts is None or not _is_port(parts["port"]):
        raise InvalidInput(
            f"{attribute.name} must be a scheme and a host, with a port or without, and nothing else",
            remedy="give the root alone, as in https://platform.adobe.io; the path is added to it",
        )
    if parts["scheme"] == "https" or is_adapter_scheme(parts["scheme"]):
        return
    if parts["scheme"] != "http":
        raise InvalidInput(
            f"{attribute.name} must begin with https://",
            remedy="credentials travel over TLS only",
        )
    if not is_loopback(parts["host"]):
        raise InvalidInput(
            f"{attribute.name} must begin with https://: plain http is for this machine only",
            remedy="use https, or a loopback address such as http://127.0.0.1:8700",
        )


def _is_port(text: str | None) -> bool:
    """Say whether a port can be one, written with its colon; a URL may do without."""
    return text is None or 1 <= int(text[1:]) <= 65535


def _check_header(
    _endpoint: Endpoint, attribute: attrs.Attribute[Any], value: Any
) -> None:
    """Refuse what cannot travel in a header; requests would print the value in its own refusal."""
    _check_text(attribute.name, _open(value))
    if not _VISIBLE.fullmatch(_open(value)):  # kept in no local: this frame can raise
        raise InvalidInput(
            f"{attribute.name} must be printable ASCII without spaces or line breaks",
            remedy=f"look at how {attribute.name} was copied: a line break at its end is easily overlooked",
        )


def _open(value: Any) -> Any:
    return value.reveal() if isinstance(value, Secret) else value


def _check_secret(
    _endpoint: Endpoint, attribute: attrs.Attribute[Any], value: Any
) -> None:
    if not isinstance(value, Secret):
        raise InvalidInput(f"{attribute.name} must be a string")
    _check_text(attribute.name, value.reveal())
    if has_unpaired_surrogate(value.reveal()):
        raise InvalidInput(
            f"{attribute.name} contains an unpaired surrogate (not valid UTF-8)"
        )


def _check_text(name: str, text: Any) -> None:
    """Refuse what is not a string, says nothing, or is a mask in the place of a value."""
    if not isinstance(text, str):
        raise InvalidInput(f"{name} must be a string")
    if not text.strip():
        raise NotConfigured(f"{name} is empty", (name,))
    if is_mask(text):
        raise InvalidInput(
            f"{name} is a mask copied from some output, not a value",
            remedy="give the value itself",
        )


def _is_proxy(value: Any) -> bool:
    return value is None or (isinstance(value, str) and bool(_PROXY.fullmatch(value)))


def _check_seconds(
    _endpoint: Endpoint, attribute: attrs.Attribute[float], value: float
) -> None:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or not math.isfinite(value) or value <= 0:
        raise InvalidInput(
            f"{attribute.name} must be a number of seconds greater than 0"
        )


def default_list_lag(url: str) -> float:
    """Return the seconds that lists may lag where nobody says: none within this process. The URL may be wrong."""
    if isinstance(url, str) and is_adapter_scheme(scheme_of(url)):
        return 0.0
    return LIST_LAG


def _check_duration(
    _endpoint: Endpoint, attribute: attrs.Attribute[float], value: float
) -> None:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or not math.isfinite(value) or value < 0:
        raise InvalidInput(f"{attribute.name} must be a number of seconds, 0 or more")


@attrs.frozen(kw_only=True, init=False)
class Endpoint:
    """One Flow Service as one caller sees it: platform root, organization, sandbox, and how to authenticate.

    Give `access_token`, or `client_id` and `client_secret` (IMS OAuth server-to-server); the token wins where both are
    given. `url` and `ims_url` are https, or http to loopback, or ``http+NAME`` for an adapter inside this process.
    `proxy` is not used towards this machine. Timeouts are seconds, and so is `list_lag`: how long lists of the service
    may lag behind its writes, 60 unless given, 0 for an adapter.

    Raises `NotConfigured` for what is missing and `InvalidInput` for what cannot be used, naming the field.
    """

    url: str = attrs.field(converter=_strip_slash, validator=_check_url)
    org_id: str = attrs.field(validator=_check_header)
    sandbox: str = attrs.field(validator=_check_header)
    api_key: str = attrs.field(validator=_check_header)
    access_token: Secret | None = attrs.field(
        default=None,
        repr=False,
        converter=_seal,
        validator=[optional(_check_secret), optional(_check_header)],
    )
    client_id: str | None = attrs.field(default=None, validator=optional(_check_header))
    client_secret: Secret | None = attrs.field(
        default=None, repr=False, converter=_seal, validator=optional(_check_secret)
    )
    ims_url: str = attrs.field(
        default=IMS_URL, converter=_strip_slash, validator=_check_url
    )
    ca_bundle: str | None = None
    proxy: str | None = attrs.field(default=None, repr=False)
    connect_timeout: float = attrs.field(default=10.0, validator=_check_seconds)
    read_timeout: float = attrs.field(default=60.0, validator=_check_seconds)
    list_lag: float = attrs.field(validator=_check_duration)

    def __init__(
        self,
        *,
        access_token: Secret | str | None = None,
        client_secret: Secret | str | None = None,
        proxy: str | None = None,
        **facts: Any,
    ) -> None:
        # Sealed before anything can raise: the frame of this function stays reachable from an error.
        access_token, client_secret = _seal(access_token), _seal(client_secret)
        if not _is_proxy(proxy):
            del proxy
            raise InvalidInput(
                "proxy must be the URL of a proxy, as in http://proxy.example.com:3128"
            )
        self.__attrs_init__(
            access_token=access_token,
            client_secret=client_secret,
            proxy=proxy,
            **facts,
        )

    @list_lag.default
    def _default_list_lag(self) -> float:
        return default_list_lag(self.url)

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> Endpoint:
        """Return the endpoint of a profile's settings, and fill in what follows from them.

        The API key is the client's id. A service on this machine has a token endpoint of its own: the secret of its
        client is not for Adobe.
        """
        attributes = dict(settings)
        attributes.setdefault("api_key", settings.get("client_id"))
        if is_local(settings["url"]):
            attributes.setdefault("ims_url", settings["url"])
        return cls(**attributes)

    def __attrs_post_init__(self) -> None:
        if self.access_token is not None:
            return
        missing = []
        if self.client_id is None:
            missing.append("client_id")
        if self.client_secret is None:
            missing.append("client_secret")
        if missing:
            raise NotConfigured(
                f"nothing to authenticate with: {' and '.join(missing)} missing",
                missing,
                remedy="give a client id with its client secret, or an access token",
            )
