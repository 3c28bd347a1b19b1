"""Credentials from the file, ``--set``, the environment and prompts, and where each field came from."""

from __future__ import annotations

import math
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import click

from headwater import documents
from headwater.create import runner
from headwater.create.authentication import choose
from headwater.credentials import references, validation
from headwater.errors import InvalidInput
from headwater.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from headwater.cli.state import State
    from headwater.connectors.connector import Connector
    from headwater.create.exactly_once import Prepared
    from headwater.models import AuthenticationSpec, Field

_DEEPEST = 20
_INTEGER = re.compile(r"[+-]?[0-9]+")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_LONGEST_NUMBER = 100  # characters; a longer text is no port, count or size
_BOOLEANS = {
    "true": True,
    "yes": True,
    "1": True,
    "false": False,
    "no": False,
    "0": False,
}


@attrs.frozen(kw_only=True)
class Given:
    """The credentials of one command: `sources` names where each field came from, `base` where file: paths start."""

    connector: Connector
    auth: AuthenticationSpec
    values: Mapping[str, Any] = attrs.field(repr=False)
    sources: Mapping[str, str]
    base: Path

    def prepared(
        self, name: str, description: str | None, *, look_up: bool = True
    ) -> Prepared:
        """Validate and build the request; see `headwater.runner.prepare` for the errors."""
        return runner.prepare(
            self.connector,
            name=name,
            credentials=self.values,
            auth=self.auth,
            description=description,
            base=self.base,
            look_up=look_up,
        )

    def told(self) -> str:
        """Say in one line which authentication specification was taken, and where the fields came from."""
        by_place: dict[str, list[str]] = {}
        for name, source in self.sources.items():
            by_place.setdefault(source, []).append(name)
        places = "; ".join(
            f"{', '.join(names)} from {place}" for place, names in by_place.items()
        )
        return f"{self.auth.label}: {places or 'no fields given'}"


def gather(
    state: State,
    connector: Connector,
    *,
    file: str | None,
    sets: Sequence[str],
    auth: str | None,
    cloud: str | None = None,
) -> Given:
    """Collect the credentials for a connector and choose the authentication specification they are meant for.

    Raises `InvalidInput`. What does not fit the specification is left to validation, which reports everything.
    """
    written, base = _read(file)
    state.secrets += [
        Secret(value) for value in written.values() if isinstance(value, str) and value
    ]
    texts = _assignments(sets, connector)
    collected = _Collected(connector.slug, written, file or "", texts)
    spec = choose(
        connector,
        written,
        auth=auth,
        cloud=cloud or state.cloud(),
        fill=collected.values,
    )
    values, sources = collected.both(spec)
    if file != "-" and sys.stdin.isatty():
        _prompt(spec, values, sources)
    state.secrets += [
        Secret(values[name])
        for name in spec.secret_names
        if isinstance(values.get(name), str)
    ]
    return Given(
        connector=connector, auth=spec, values=values, sources=sources, base=base
    )


def problems(given: Given, *, look_up: bool = False) -> list[Any]:
    """Return what is wrong with the credentials; with `look_up`, references are resolved and judged as well."""
    found = runner.problems(given.auth, given.values)
    if found or not look_up:
        return found
    return validation.validate(
        given.auth, references.resolved(given.auth, given.values, base=given.base)
    )


def variable(slug: str, field: str) -> str:
    """Return the environment variable that can give a required field."""
    return f"HEADWATER_CRED_{slug.upper().replace('-', '_')}__{field.upper()}"


@attrs.frozen
class _Collected:
    """What is there before anybody is asked: the file, ``--set``, and the environment for required fields."""

    slug: str
    written: Mapping[str, Any]
    file: str
    texts: Mapping[str, str]

    def values(
        self, spec: AuthenticationSpec, _given: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        return self.both(spec)[0]

    def both(self, spec: AuthenticationSpec) -> tuple[dict[str, Any], dict[str, str]]:
        """Return values and sources as they are for one specification, texts converted to its types."""
        values = dict(self.written)
        name = "standard input" if self.file == "-" else self.file
        sources = {
            each: _through(name, spec, each, value)
            for each, value in self.written.items()
        }
        for given, text in self.texts.items():
            values[given] = _converted(text, spec.field(given))
            sources[given] = "--set"
        for field in spec.fields:
            wanted = variable(self.slug, field.name)
            if field.required and field.name not in values and wanted in os.environ:
                values[field.name] = _converted(os.environ[wanted], field)
                sources[field.name] = _through(
                    f"environment variable {wanted}",
                    spec,
                    field.name,
                    values[field.name],
                )
        return values, sources


def _through(place: str, spec: AuthenticationSpec, field: str, value: Any) -> str:
    """Name a place, and where a secret's reference leads on to; a text of another form may be the secret itself."""
    referring = (
        field in spec.secret_names
        and isinstance(value, str)
        and references.is_well_formed(value)
    )
    return f"{place} ({value})" if referring else place


def _read(file: str | None) -> tuple[dict[str, Any], Path]:
    if file is None:
        return {}, Path()
    if file == "-":
        name, base, suffix = "standard input", Path(), ""
        text = documents.decoded(sys.stdin.buffer.read(documents.LARGEST + 1), name)
    else:
        path = Path(file)
        name, base, suffix = file, path.absolute().parent, path.suffix.lower()
        text = _file_text(path)
    if not text.strip():
        raise InvalidInput(
            f"{name} is empty",
            remedy="`headwater show` lists the fields it should give",
        )
    as_json = suffix == ".json" or (
        suffix != ".toml" and text.lstrip()[:1] in ("{", "[")
    )
    found = (
        documents.parsed_json(text, name)
        if as_json
        else documents.parsed_toml(text, name)
    )
    if not isinstance(found, dict):
        raise InvalidInput(f"{name} must hold one object of fields and values")
    if _too_deep(found):
        raise InvalidInput(
            f"{name} is nested too deep", remedy="give one object of fields and values"
        )
    return found, base


def _too_deep(value: Any, depth: int = 0) -> bool:
    """Say whether a value is nested deeper than any credential, and than the recursion that handles it."""
    inner = (
        value.values()
        if isinstance(value, dict)
        else value
        if isinstance(value, list)
        else ()
    )
    return depth > _DEEPEST or any(_too_deep(item, depth + 1) for item in inner)


def _file_text(path: Path) -> str:
    try:
        return documents.read_text(path)
    except FileNotFoundError:
        pass
    raise InvalidInput(
        f"there is no file {path}", remedy="check the path; - reads standard input"
    )


def _assignments(sets: Sequence[str], connector: Connector) -> dict[str, str]:
    secret = {name for spec in connector.authentication for name in spec.secret_names}
    found: dict[str, str] = {}
    for assignment in sets:
        name, sign, text = assignment.partition("=")
        if not sign or not name:
            raise InvalidInput("--set takes FIELD=VALUE")
        if name in secret:
            raise InvalidInput(
                f"--set cannot give {name}: it is a secret, and others can read command lines",
                remedy=f"write it into the credentials file as env:NAME or file:PATH, or set "
                f"{variable(connector.slug, name)}",
            )
        found[name] = text
    return found


def _prompt(
    spec: AuthenticationSpec, values: dict[str, Any], sources: dict[str, str]
) -> None:
    for field in spec.fields:
        if field.required and field.name not in values:
            meaning = f" ({field.description})" if field.description else ""
            text = click.prompt(
                f"{field.name}{meaning}", hide_input=field.secret, err=True, type=str
            )
            values[field.name] = _converted(text, field)
            sources[field.name] = "prompt"


def _converted(text: str, field: Field | None) -> Any:
    """Convert a text to the field's type; a text that is none of it stays a text, and validation says so."""
    kind = field.type if field else "string"
    if kind == "integer" and len(text) < _LONGEST_NUMBER and _INTEGER.fullmatch(text):
        return int(text)
    if (
        kind == "number"
        and len(text) < _LONGEST_NUMBER
        and _NUMBER.fullmatch(text)
        and math.isfinite(float(text))
    ):
        return float(text)
    return _BOOLEANS.get(text.lower(), text) if kind == "boolean" else text
