"""The clients a served application knows: from the command line or the settings file, their secrets by reference."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from headwater.credentials import references
from headwater.errors import InvalidInput
from headwater_local_flow_service.settings import Client

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from headwater.secret import Secret

SECRET_VARIABLE = "HEADWATER_SERVE_CLIENT_SECRET"  # noqa: S105 - the name of a variable, not a secret


def from_options(given: Sequence[str], secrets: Sequence[str]) -> list[Client]:
    """Return the clients of ``--client ID=ORG[,ORG]`` and ``--client-secret ID=REFERENCE``. Raises `InvalidInput`."""
    known = dict(_pair(text) for text in secrets)
    parsed = [text.partition("=") for text in given]
    if known.keys() - {id for id, _equals, _organizations in parsed}:
        raise InvalidInput("--client-secret names a client that no --client names")
    return [
        Client(
            id=id,
            secret=_secret(known.get(id)),
            organizations=[org for org in organizations.split(",") if org],
        )
        for id, _equals, organizations in parsed
    ]


def from_tables(
    tables: Sequence[Mapping[str, Any]], where: str, base: Path | None = None
) -> list[Client]:
    """Return the clients of ``[[clients]]``; `where` names the file, `base` its folder. Raises `InvalidInput`."""
    return [_client(table, where, base) for table in tables]


def _client(table: Mapping[str, Any], where: str, base: Path | None) -> Client:
    unknown = table.keys() - {"id", "secret", "organizations"}
    if unknown:
        raise InvalidInput(
            f"{where}: a client has a key that is not known: {min(unknown)}",
            remedy="a client has id, secret and organizations",
        )
    id, secret, organizations = (
        table.get("id"),
        table.get("secret"),
        table.get("organizations", []),
    )
    if not isinstance(id, str) or not id:
        raise InvalidInput(
            f"{where}: a client has no id", remedy="give each of the [[clients]] an id"
        )
    if not isinstance(organizations, list) or not all(
        isinstance(name, str) for name in organizations
    ):
        raise InvalidInput(
            f"{where}: the organizations of a client must be a list of texts"
        )
    if secret is not None and (
        not isinstance(secret, str) or not references.is_reference(secret)
    ):
        raise InvalidInput(
            f"{where}: the secret of a client must be a reference",
            remedy="give env:NAME, file:PATH or keyring:SERVICE/USER; the file is no place for a secret",
        )
    return Client(id=id, secret=_secret(secret, base), organizations=organizations)


def _pair(text: str) -> tuple[str, str]:
    id, equals, reference = text.partition("=")
    if not (id and equals) or not references.is_reference(reference):
        raise InvalidInput(
            "--client-secret takes ID=REFERENCE, where the reference is env:NAME, file:PATH or keyring:SERVICE/USER",
            remedy="a secret itself does not belong on a command line, where other programs can read it",
        )
    return id, reference


def _secret(reference: str | None, base: Path | None = None) -> Secret:
    if reference is None and SECRET_VARIABLE not in os.environ:
        raise InvalidInput(
            "a client is configured, but not its secret",
            remedy=f"set {SECRET_VARIABLE}, or give --client-secret",
        )
    return references.resolve(
        reference or f"env:{SECRET_VARIABLE}", "the client secret", base=base
    )
