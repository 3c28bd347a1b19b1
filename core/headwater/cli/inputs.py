"""Credentials from the file, ``--set``, the environment and prompts."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from headwater import documents
from headwater.cli.prompts import ask
from headwater.create.authentication import choose_credentials
from headwater.credentials import validation
from headwater.credentials.conversion import convert
from headwater.credentials.given import CredentialsInput, variable_name
from headwater.credentials.required import put
from headwater.credentials.unknown import is_secret_name
from headwater.errors import InvalidInput
from headwater.foreign import raise_bare, without_frames
from headwater.models import Field, dotted, holds_secrets, iter_fields
from headwater.secret import seal_strings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headwater.cli.state import State
    from headwater.connectors.connector import Connector
    from headwater.credentials.given import GivenCredentials
    from headwater.models import FieldPath

_DEEPEST = 20
_STANDARD_INPUT = "-"


def gather(
    state: State,
    connector: Connector,
    *,
    file: str | None,
    sets: Sequence[str],
    auth: str | None,
    cloud: str | None = None,
    allow_unknown: bool = False,
) -> GivenCredentials:
    """Collect the credentials for a connector and choose the authentication specification they are meant for.

    `cloud` is the profile's; without it, what can be known of it offline.
    Raises `InvalidInput`. What does not fit the specification is left to validation, which reports everything.
    """
    document = _read_document(file)
    # Which of them are secret is known only once a specification is chosen, and that can fail.
    state.remember(seal_strings(document.values))
    given = CredentialsInput(
        values=document.values,
        origin=document.name,
        assignments=_parse_assignments(sets, connector, allow_unknown=allow_unknown),
        environ=os.environ,
        base=document.folder,
        auth=auth,
        cloud=state.overrides.get("cloud"),
        home_cloud=cloud or state.cloud(),
        allow_unknown=allow_unknown,
    )
    credentials = choose_credentials(connector, given)
    if file != _STANDARD_INPUT and sys.stdin.isatty():
        credentials = _ask_for_missing(credentials)
    state.remember(validation.seal(credentials.auth, credentials.values))
    return credentials


def describe_origins(credentials: GivenCredentials) -> str:
    """Say in one line which authentication specification was taken, and where the fields came from."""
    by_place: dict[str, list[str]] = {}
    for name, place in credentials.origins.items():
        by_place.setdefault(place, []).append(name)
    parts = [f"{', '.join(names)} from {place}" for place, names in by_place.items()]
    return f"{credentials.auth.label}: {'; '.join(parts) or 'no fields given'}"


@attrs.frozen
class _Document:
    """What a credentials file holds; relative ``file:`` references start at its folder."""

    name: str
    values: dict[str, Any] = attrs.field(factory=dict, repr=False)
    folder: Path = attrs.field(factory=Path)


@without_frames
def _read_document(file: str | None) -> _Document:
    if file is None:
        return _Document("")
    if file == _STANDARD_INPUT:
        return _read_standard_input()
    path = Path(file)
    try:
        values = documents.load(path)
    except FileNotFoundError:
        raise_bare(
            InvalidInput(
                f"there is no file {path}",
                remedy="check the path; - reads standard input",
            )
        )
    return _Document(file, _require_fields(values, file), path.absolute().parent)


def _read_standard_input() -> _Document:
    name = "standard input"
    text = documents.decode(sys.stdin.buffer.read(documents.LARGEST + 1), name)
    return _Document(name, _require_fields(documents.parse(text, name), name))


def _require_fields(document: Any, name: str) -> dict[str, Any]:
    if document is None:
        raise InvalidInput(
            f"{name} is empty",
            remedy="`headwater show` lists the fields it should give",
        )
    if not isinstance(document, dict):
        raise InvalidInput(f"{name} must hold one object of fields and values")
    if _is_too_deep(document):
        raise InvalidInput(
            f"{name} is nested too deep", remedy="give one object of fields and values"
        )
    return document


def _is_too_deep(value: Any, depth: int = 0) -> bool:
    """Say whether a value is nested deeper than any credential, and than the recursion that handles it."""
    if depth > _DEEPEST:
        return True
    if isinstance(value, dict):
        value = list(value.values())
    if not isinstance(value, list):
        return False
    return any(_is_too_deep(item, depth + 1) for item in value)


def _parse_assignments(
    sets: Sequence[str], connector: Connector, *, allow_unknown: bool
) -> dict[str, str]:
    known = {
        dotted(path): (path, field)
        for spec in connector.authentication
        for path, field in iter_fields(spec)
    }
    assignments: dict[str, str] = {}
    for assignment in sets:
        name, sign, text = assignment.partition("=")
        if not sign or not name:
            raise InvalidInput("--set takes FIELD=VALUE")
        if name in known:
            _check_settable(connector.slug, *known[name])
        elif allow_unknown and is_secret_name(name):
            unlisted = Field(name, required=False, secret=True)
            _check_settable(connector.slug, (name,), unlisted)
        assignments[name] = text
    return assignments


def _check_settable(slug: str, path: FieldPath, field: Field) -> None:
    """Raise `InvalidInput` for a field that a command line cannot give: a secret, an object of some, or one inside."""
    name = dotted(path)
    if field.secret:
        # The environment is only asked for what is required.
        is_asked = field.required or field.required_if is not None
        variable = f", or set {variable_name(slug, *path)}" if is_asked else ""
        raise InvalidInput(
            f"--set cannot give {name}: it is a secret, and others can read command lines",
            remedy=f"write it into the credentials file as env:NAME or file:PATH{variable}",
        )
    if holds_secrets(field):
        raise InvalidInput(
            f"--set cannot give {name}: there are secrets in it, and others can read command lines",
            remedy="write the object into the credentials file, its secrets as env:NAME or file:PATH",
        )
    if len(path) > 1:
        raise InvalidInput(
            f"--set cannot give {name}, which stands inside an object",
            remedy=f"write it into the credentials file, or set {variable_name(slug, *path)}",
        )


def _ask_for_missing(credentials: GivenCredentials) -> GivenCredentials:
    """Ask for one field after the other; an answer can make another field required."""
    while credentials.missing and not credentials.other_fit:
        path, field = credentials.missing[0]
        name = dotted(path)
        value = convert(ask(name, field), field)
        credentials = attrs.evolve(
            credentials,
            values=put(credentials.values, path, value),
            origins={**credentials.origins, name: "prompt"},
        )
    return credentials
