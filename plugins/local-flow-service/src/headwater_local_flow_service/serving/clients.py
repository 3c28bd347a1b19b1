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

_MOST_SECRETS = 2  # the one that is given out, and the former one

SECRET_VARIABLE = "HEADWATER_SERVE_CLIENT_SECRET"  # noqa: S105 - the name of a variable, not a secret


def from_options(given: Sequence[str], secrets: Sequence[str]) -> list[Client]:
    """Return the clients of ``--client ID=ORG[,ORG]`` and ``--client-secret ID=REFERENCE``. Raises `InvalidInput`."""
    secret_references: dict[str, list[str]] = {}
    for id, reference in map(_split_pair, secrets):
        secret_references.setdefault(id, []).append(reference)
    _check_number(secret_references)
    split = [client.partition("=") for client in given]
    if secret_references.keys() - {id for id, _equals, _names in split}:
        raise InvalidInput("--client-secret names a client that no --client names")
    clients = []
    for id, _equals, names in split:
        given_for = secret_references.get(id, [])
        client = Client(
            id=id,
            secret=_resolve(next(iter(given_for), None)),
            former_secret=_resolve_former(given_for),
            organizations=filter(None, names.split(",")),
        )
        clients.append(client)
    return clients


def _check_number(given: Mapping[str, Sequence[str]]) -> None:
    if any(len(many) > _MOST_SECRETS for many in given.values()):
        raise InvalidInput(
            "--client-secret is given more than twice for a client",
            remedy="give its secret, and the former one while it is being changed",
        )


def _resolve_former(given: Sequence[str]) -> Secret | None:
    """Return the former secret of a client, where two references are given."""
    if len(given) < _MOST_SECRETS:
        return None
    return _resolve(given[1])


def from_tables(
    tables: Sequence[Mapping[str, Any]], where: str, base: Path | None = None
) -> list[Client]:
    """Return the clients of ``[[clients]]``; `where` names the file, `base` its folder. Raises `InvalidInput`."""
    return [_client(table, where, base) for table in tables]


def _client(table: Mapping[str, Any], where: str, base: Path | None) -> Client:
    unknown = table.keys() - {"id", "secret", "former_secret", "organizations"}
    if unknown:
        raise InvalidInput(
            f"{where}: a client has a key that is not known: {min(unknown)}",
            remedy="a client has id, secret and organizations, and may have former_secret",
        )
    # All of it is read before the secret is looked up.
    id = _read_id(table.get("id"), where)
    organizations = _read_organizations(table.get("organizations", []), where)
    reference = _read_reference(table.get("secret"), where)
    former = _read_reference(table.get("former_secret"), where)
    return Client(
        id=id,
        secret=_resolve(reference, base),
        former_secret=None if former is None else _resolve(former, base),
        organizations=organizations,
    )


def _read_id(id: Any, where: str) -> str:
    if not isinstance(id, str) or not id:
        raise InvalidInput(
            f"{where}: a client has no id", remedy="give each of the [[clients]] an id"
        )
    return id


def _read_organizations(names: Any, where: str) -> list[str]:
    if isinstance(names, list) and all(isinstance(name, str) for name in names):
        return list(names)
    raise InvalidInput(
        f"{where}: the organizations of a client must be a list of strings"
    )


def _read_reference(reference: Any, where: str) -> str | None:
    if reference is None:
        return None
    if not isinstance(reference, str) or not references.is_reference(reference):
        raise InvalidInput(
            f"{where}: the secret of a client must be a reference",
            remedy="give env:NAME, file:PATH or keyring:SERVICE/USER; a secret itself does not belong into the file",
        )
    return reference


def _split_pair(text: str) -> tuple[str, str]:
    id, equals, reference = text.partition("=")
    if not (id and equals) or not references.is_reference(reference):
        raise InvalidInput(
            "--client-secret takes ID=REFERENCE, where the reference is env:NAME, file:PATH or keyring:SERVICE/USER",
            remedy="a secret itself does not belong on a command line, where other programs can read it",
        )
    return id, reference


def _resolve(reference: str | None, base: Path | None = None) -> Secret:
    if reference is None:
        reference = f"env:{SECRET_VARIABLE}"
        if SECRET_VARIABLE not in os.environ:
            raise InvalidInput(
                "a client is configured, but not its secret",
                remedy=f"set {SECRET_VARIABLE}, or give --client-secret",
            )
    return references.resolve(reference, "the client secret", base=base)
