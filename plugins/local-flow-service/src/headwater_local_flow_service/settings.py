"""Everything the embedded service can be told, as one frozen value."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

import attrs

from headwater.errors import InvalidInput
from headwater.models import as_tuple
from headwater.secret import Secret
from headwater_local_flow_service.strictness import Strictness

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

__all__ = [
    "Client",
    "Settings",
    "Strictness",
    "default_store",
]

DISTRIBUTION = "headwater-local-flow-service"

ORGANIZATION = re.compile(r"[A-Za-z0-9_.-]{1,128}@AdobeOrg")
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")
EMBEDDED_HOST = "embedded"

SANDBOX = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
# A name or an address, as the host of a URL is compared.
_SOURCE = re.compile(r"[^\s/:@?#]+|[0-9A-Fa-f:]+")

_ADDRESS = re.compile(r"https?://[A-Za-z0-9._\[\]:-]+")


def _unique(given: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(given))


@attrs.frozen(kw_only=True)
class Client:
    """A client that may ask for tokens, and act for these `organizations`; at least one.

    While its secret is being changed, the `former_secret` is good as well. A token is good as long as its secret is.
    """

    id: str = attrs.field(validator=attrs.validators.min_len(1))
    secret: Secret
    organizations: tuple[str, ...] = attrs.field(converter=_unique)
    former_secret: Secret | None = None

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """The secrets that are good."""
        if self.former_secret is None:
            return (self.secret,)
        return (self.secret, self.former_secret)

    def __attrs_post_init__(self) -> None:
        if not all(self.secrets):
            raise InvalidInput("a client's secret is empty")
        if not self.organizations:
            raise InvalidInput(
                "a client has no organizations",
                remedy="name each organization it may act for",
            )
        if not all(
            ORGANIZATION.fullmatch(organization) for organization in self.organizations
        ):
            raise InvalidInput("a client's organization must look like NAME@AdobeOrg")


@attrs.frozen(kw_only=True)
class Settings:
    """How one embedded service behaves.

    `store` is a path (SQLite) or an SQLAlchemy URL. `key` is 32 bytes in base64; without it the key is kept in
    `key_file`, by default beside the store. A key without a store tells of a lost one, and an empty one is made in its
    place only if `new`; with `store_id`, only the store of this id is opened, and none is made. `hosts` are the names a
    request's Host header may carry. With `clients`, only tokens of the service's own IMS endpoint are accepted.
    """

    store: str
    key: Secret | None = None
    key_file: Path | None = None
    new: bool = False
    store_id: str | None = None
    hosts: tuple[str, ...] = attrs.field(
        default=(*LOOPBACK_NAMES, EMBEDDED_HOST), converter=_unique
    )
    sandboxes: tuple[str, ...] = attrs.field(default=("prod", "dev"), converter=_unique)
    clients: tuple[Client, ...] = attrs.field(default=(), converter=as_tuple)
    strictness: Strictness = attrs.field(factory=Strictness)
    largest_body: int = 1_048_576  # bytes
    deepest_body: int = 32  # nested arrays and objects
    # Addresses whose X-Forwarded-For is believed.
    proxies: tuple[str, ...] = attrs.field(default=(), converter=_unique)
    # Where clients reach the service, as in https://flow.acme.example, where that is not where requests say they came.
    public_url: str | None = None
    # Hosts; this machine is reached besides where there are no clients.
    reach_sources: tuple[str, ...] = attrs.field(default=(), converter=_unique)
    # Whether sources that cannot be asked are answered for by samples.
    sample_data: bool = False
    # Where files of data sets, and those of the landing zones, are kept: see `files.opening`. A folder beside a store
    # that is a file, by default; options may hold secrets.
    lake: str | None = None
    lake_options: Mapping[str, str] = attrs.field(factory=dict, repr=False)
    landing_zone: str | None = None
    landing_zone_options: Mapping[str, str] = attrs.field(factory=dict, repr=False)
    landing_zone_token_lifetime: int = 604_800  # seconds
    inlet_interval: float = 5.0  # seconds that messages wait for others of their batch
    busy_timeout: float = 5.0  # seconds to wait for another writer
    statement_timeout: float = 5.0  # seconds that one statement may take
    token_lifetime: int = 86_399  # seconds
    source_timeout: float = (
        45.0  # seconds for one question to a source; clients wait 60
    )

    def __attrs_post_init__(self) -> None:
        if not all(SANDBOX.fullmatch(name) for name in self.sandboxes):
            raise InvalidInput(
                "a sandbox name is made of lower-case letters, digits and dashes"
            )
        if not all(_SOURCE.fullmatch(host) for host in self.reach_sources):
            raise InvalidInput(
                "reach_sources contains an invalid host name",
                remedy="name hosts like acme.custhelp.com, without https:// and port",
            )
        if self.public_url is not None and not _ADDRESS.fullmatch(self.public_url):
            raise InvalidInput(
                "public_url must be scheme and host, without a path",
                remedy="write it like https://flow.acme.example",
            )
        ids = [client.id for client in self.clients]
        if len(set(ids)) != len(ids):
            raise InvalidInput("two clients have the same id")

    @property
    def default_sandbox(self) -> str:
        """The sandbox of a request that names none."""
        return "prod"

    @classmethod
    def from_environ(
        cls, environ: Mapping[str, str] = os.environ, **given: Any
    ) -> Settings:
        """Return settings with store and key from ``HEADWATER_LOCAL_STORE`` and ``HEADWATER_LOCAL_KEY``.

        ``HEADWATER_LOCAL_LAKE`` says where the files of data sets lie, ``HEADWATER_LOCAL_STRICT=1`` takes the
        platform's side of every switch; ``HEADWATER_LOCAL_REACH_SOURCES`` names hosts with commas between;
        ``HEADWATER_LOCAL_SAMPLE_DATA=1`` answers for other sources by samples.
        """
        hosts = environ.get("HEADWATER_LOCAL_REACH_SOURCES", "").split(",")
        defaults: dict[str, Any] = {
            "store": default_store(environ),
            "reach_sources": filter(None, hosts),
        }
        if environ.get("HEADWATER_LOCAL_LAKE"):
            defaults["lake"] = environ["HEADWATER_LOCAL_LAKE"]
        if environ.get("HEADWATER_LOCAL_KEY"):
            defaults["key"] = Secret(environ["HEADWATER_LOCAL_KEY"])
        if environ.get("HEADWATER_LOCAL_SAMPLE_DATA") == "1":
            defaults["sample_data"] = True
        if environ.get("HEADWATER_LOCAL_STRICT") == "1":
            defaults["strictness"] = Strictness.strict()
        return cls(**defaults | given)


def default_store(environ: Mapping[str, str] = os.environ) -> str:
    """Return ``HEADWATER_LOCAL_STORE``, or the database in the user's data directory."""
    import platformdirs

    return environ.get("HEADWATER_LOCAL_STORE") or str(
        platformdirs.user_data_path("headwater") / "local.db"
    )
