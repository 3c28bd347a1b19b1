"""The thin runner: validate the credentials, build the payload, ensure that the connection exists exactly once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headwater.connectors.registry import load
from headwater.connectors.spec_ids import with_spec_id
from headwater.create.authentication import choose
from headwater.create.exactly_once import Created, Prepared, ensure
from headwater.credentials import references
from headwater.credentials import validation as rules
from headwater.errors import InvalidInput, NotCreatable
from headwater.models import PayloadRequest
from headwater.sources.contract import SourceCredentials
from headwater.sources.reach import ANYWHERE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from headwater.connectors.connector import Connector
    from headwater.flowservice import FlowService
    from headwater.models import AuthenticationSpec, Problem
    from headwater.sources import Reach
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
) -> Prepared:
    """Validate credentials, look references up and build the body of ``POST /connections``. Sends nothing.

    `credentials` maps field names to JSON values; a secret may be a `Secret`, the text itself, or a reference
    (``env:``, ``file:``, ``keyring:``). Relative ``file:`` references start at `base`; without `look_up` references
    stay as they are, which is enough for a body that is only shown. `spec_id` is the connection specification id, for a
    connector that has no verified one.

    Raises `UnknownConnector`, `NotCreatable`, `InvalidCredentials` with every problem, `UnresolvedReference`, or
    `BrokenPlugin`.
    """
    connector = load(connector) if isinstance(connector, str) else connector
    if spec_id is not None:
        connector = with_spec_id(connector, spec_id)
    check_creatable(connector)
    if not name.strip():
        raise InvalidInput(
            "the connection's name is empty",
            remedy="give it a name; connections are told apart by it",
        )
    if auth is None or isinstance(auth, str):
        auth = choose(connector, credentials, auth=auth, cloud=cloud)
    params = settled_credentials(auth, credentials, base=base, look_up=look_up)
    request = PayloadRequest(
        name=name,
        description=description,
        spec=connector.spec,
        auth=auth,
        params=params,
    )
    return Prepared(
        connector=connector,
        auth=auth,
        name=name,
        payload=connector.build_payload(request),
    )


def problems(auth: AuthenticationSpec, credentials: Mapping[str, Any]) -> list[Problem]:
    """Return everything that can be known to be wrong offline; references are judged by their form alone.

    Raises `InvalidInput` for a tenant's schema that cannot be used or evaluated.
    """
    rules.check_usable(auth)
    pending = references.pending(auth, credentials)
    return rules.validate(auth, credentials, pending=pending) + references.malformed(
        auth, credentials
    )


def settled_credentials(
    auth: AuthenticationSpec,
    credentials: Mapping[str, Any],
    *,
    base: Path | None = None,
    look_up: bool = True,
) -> dict[str, Any]:
    """Return validated ``auth.params``: checked as given, references looked up, then checked once more.

    Raises `InvalidCredentials` or `UnresolvedReference`.
    """
    rules.demand_none(auth, problems(auth, credentials))
    if not look_up:
        return rules.sealed(auth, credentials)
    params = references.resolved(auth, credentials, base=base)
    rules.demand_none(auth, rules.validate(auth, params))
    return params


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
    base: Path | None = None,
    spec_id: str | None = None,
) -> Created:
    """Create a base connection exactly once: `prepare`, then `ensure`, with the errors of both."""
    prepared = prepare(
        connector,
        name=name,
        credentials=credentials,
        auth=auth,
        cloud=cloud,
        description=description,
        base=base,
        spec_id=spec_id,
    )
    return ensure(service, prepared, if_exists=if_exists, settle=settle)


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
    connector = load(connector) if isinstance(connector, str) else connector
    connector.check_readable()
    if auth is None or isinstance(auth, str):
        auth = choose(connector, credentials, auth=auth, cloud=cloud)
    params = settled_credentials(auth, credentials, base=base)
    return connector.open_source(
        SourceCredentials(auth=auth, params=params, reach=reach)
    )


def check_creatable(connector: Connector) -> None:
    """Raise `NotCreatable` with the reason where the source has no base connection, or no verified id."""
    connector.check_base_connection()
    spec = connector.spec
    if spec.id is None:
        raise NotCreatable(
            f"the connection specification id of {spec.name} is not verified: {spec.no_id_reason}",
            remedy="take it from your tenant with `headwater specs pull`, or give it with --spec-id",
        )
