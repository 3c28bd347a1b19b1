"""The thin runner: validate the credentials, build the payload, ensure that the connection exists exactly once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headwater.arguments import (
    require_kind,
    require_optional_text,
    require_text,
    takes_fields,
)
from headwater.connectors.connector import Connector
from headwater.connectors.registry import load
from headwater.connectors.spec_ids import with_spec_id
from headwater.create.authentication import choose, choose_credentials
from headwater.create.exactly_once import ensure
from headwater.create.values import Created, Prepared
from headwater.credentials.given import CredentialsInput, GivenCredentials
from headwater.errors import InvalidInput
from headwater.models import PayloadRequest
from headwater.sources.contract import SourceCredentials
from headwater.sources.reach import ANYWHERE, Reach

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from headwater.create.journal import Keeper
    from headwater.flowservice import FlowService
    from headwater.models import AuthenticationSpec, Problem
    from headwater.sources.guarded import GuardedReader

__all__ = [
    "Created",
    "Prepared",
    "check_creatable",
    "choose",
    "create_connection",
    "ensure",
    "open_source",
    "prepare",
    "problems",
]


@takes_fields("credentials", 1)
def prepare(
    connector: Connector | str,
    *,
    name: str,
    credentials: Mapping[str, Any],
    auth: AuthenticationSpec | str | None = None,
    cloud: str | None = None,
    description: str | None = None,
    base: Path | None = None,
    look_up: bool = True,
    spec_id: str | None = None,
    allow_unknown: bool = False,
) -> Prepared:
    """Validate credentials, look references up and build the body of ``POST /connections``. Sends nothing.

    `credentials` maps field names to JSON values; a secret may be a `Secret`, the string itself, or a reference
    (``env:``, ``file:``, ``keyring:``). Relative ``file:`` references start at `base`; without `look_up` references
    stay as they are, which is enough for a body that is only shown. `spec_id` is the connection specification id, for a
    connector that has no verified one. With `allow_unknown`, fields that the specification does not list are sent too.

    Raises `UnknownConnector`, `NotCreatable`, `InvalidCredentials` with every problem, `UnresolvedReference`, or
    `BrokenPlugin`.
    """
    given = CredentialsInput(
        values=credentials,
        auth=auth,
        cloud=cloud,
        base=base,
        allow_unknown=allow_unknown,
    )
    creatable = _load_creatable(connector, spec_id)
    return prepare_given(
        creatable,
        choose_credentials(creatable, given),
        name=name,
        description=description,
        look_up=look_up,
    )


def prepare_given(
    connector: Connector,
    credentials: GivenCredentials,
    *,
    name: str,
    description: str | None = None,
    look_up: bool = True,
) -> Prepared:
    """Build the body for a connector that is known to be creatable, with chosen credentials; see `prepare`."""
    require_text("name", name)
    require_optional_text("description", description)
    if not name.strip():
        raise InvalidInput(
            "the connection's name is empty",
            remedy="give it a name; connections are told apart by it",
        )
    params = credentials.resolve() if look_up else credentials.seal()
    request = PayloadRequest(
        name=name,
        description=description,
        spec=connector.spec,
        auth=credentials.auth,
        params=params,
    )
    return Prepared(
        connector=connector,
        auth=credentials.auth,
        name=name,
        params=params,
        payload=connector.build_payload(request),
    )


@takes_fields("credentials", 1)
def problems(auth: AuthenticationSpec, credentials: Mapping[str, Any]) -> list[Problem]:
    """Return everything that can be known to be wrong offline; references are judged by their form alone.

    Raises `InvalidInput` for a tenant's schema that cannot be used or evaluated.
    """
    return GivenCredentials(auth=auth, values=credentials).problems


@takes_fields("credentials", 1)
def resolve_credentials(
    auth: AuthenticationSpec,
    credentials: Mapping[str, Any],
    *,
    base: Path | None = None,
) -> dict[str, Any]:
    """Return validated ``auth.params`` for one authentication specification; see `GivenCredentials.resolve`."""
    return GivenCredentials(auth=auth, values=credentials, base=base).resolve()


@takes_fields("credentials", 1)
def create_connection(
    connector: Connector | str,
    *,
    name: str,
    credentials: Mapping[str, Any],
    service: FlowService,
    auth: AuthenticationSpec | str | None = None,
    cloud: str | None = None,
    description: str | None = None,
    if_exists: str = "fail",
    settle: float = 60.0,
    confirm: bool = False,
    journal: Keeper | None = None,
    base: Path | None = None,
    spec_id: str | None = None,
    allow_unknown: bool = False,
) -> Created:
    """Create a base connection exactly once: `prepare`, then `ensure`, with the errors of both."""
    given = CredentialsInput(
        values=credentials,
        auth=auth,
        cloud=cloud,
        base=base,
        allow_unknown=allow_unknown,
    )
    creatable = _load_creatable(connector, spec_id)
    prepared = prepare_given(
        creatable,
        choose_credentials(creatable, given),
        name=name,
        description=description,
    )
    return ensure(
        service,
        prepared,
        if_exists=if_exists,
        settle=settle,
        confirm=confirm,
        journal=journal,
    )


@takes_fields("credentials", 1)
def open_source(
    connector: Connector | str,
    *,
    credentials: Mapping[str, Any],
    auth: AuthenticationSpec | str | None = None,
    cloud: str | None = None,
    base: Path | None = None,
    reach: Reach = ANYWHERE,
) -> GuardedReader:
    """Return a reader for direct access to the source, a context manager; sends nothing yet.

    Credentials are given, validated and looked up as for `prepare`. Raises `NotReadable` where the connector cannot
    read its source, and what `prepare` raises for credentials.
    """
    given = CredentialsInput(values=credentials, auth=auth, cloud=cloud, base=base)
    require_kind("reach", reach, Reach, "a Reach")
    readable = _load(connector)
    readable.check_readable()
    chosen = choose_credentials(readable, given)
    return readable.open_source(
        SourceCredentials(auth=chosen.auth, params=chosen.resolve(), reach=reach)
    )


def check_creatable(connector: Connector) -> None:
    """Raise `NotCreatable` with the reason where the source has no base connection, or no verified id."""
    require_kind("connector", connector, Connector, "a Connector")
    connector.check_creatable()


def _load_creatable(connector: Connector | str, spec_id: str | None) -> Connector:
    """Return a connector under the id given for it, if any; see `with_spec_id` for the errors, and `NotCreatable`."""
    connector = _load(connector)
    if spec_id is not None:
        connector = with_spec_id(connector, spec_id)
    connector.check_creatable()
    return connector


def _load(connector: Connector | str) -> Connector:
    if isinstance(connector, str):
        return load(connector)
    require_kind("connector", connector, Connector, "a Connector or the slug of one")
    return connector
