"""What people should know of credentials that can be sent: warnings, never refusals, and never with a value."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import attrs

from headwater.credentials import evaluation, references
from headwater.credentials.request_budget import OverBudgetError
from headwater.credentials.required import is_required
from headwater.models import dotted, iter_fields

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from headwater.credentials.given import GivenCredentials
    from headwater.models import ConnectionSpec, Field, FieldPath

_BLANK = re.compile(r"\s")
_PORT = re.compile(r":[0-9]+$")


@attrs.frozen
class Advice:
    """One thing to know about credentials: its `field` (a path with dots; "" for all of them), a `rule`, a `message`.

    Rules: `deprecated`, `beta`, `choice`, `recommended`, `reference`, `form`, `pattern`, `spelling`, `unknown`.
    """

    field: str
    rule: str
    message: str

    def __str__(self) -> str:
        return f"{self.field}: {self.message}" if self.field else self.message

    def as_dict(self) -> dict[str, str]:
        """Return the advice for JSON output."""
        return {"field": self.field, "rule": self.rule, "message": self.message}


def advise(spec: ConnectionSpec, credentials: GivenCredentials) -> list[Advice]:
    """Return everything there is to say of a source and of the credentials given for it, in a fixed order."""
    auth = credentials.auth
    advice = list(_advise_lifecycle(spec, credentials))
    if credentials.choice:
        advice.append(Advice("", "choice", credentials.choice))
    advice += [
        Advice(name, "spelling", _name_spelling(credentials, name))
        for name in credentials.own.changed
    ]
    advice += [
        Advice(
            name, "unknown", "is not a field of the specification; it is sent as given"
        )
        for name in credentials.unknown
    ]
    advice += _advise_fields(auth.fields, credentials.own.values, ())
    return advice


def _advise_lifecycle(
    spec: ConnectionSpec, credentials: GivenCredentials
) -> Iterator[Advice]:
    """Tell of a source that is beta or deprecated, and of a deprecated authentication."""
    auth = credentials.auth
    if spec.lifecycle != "ga":
        fact = _add_note(f"{spec.name} is {spec.lifecycle}", spec.lifecycle_note)
        yield Advice("", spec.lifecycle, fact)
    if auth.deprecated:
        fact = _add_note(f"{auth.label} is deprecated", auth.note)
        yield Advice("", "deprecated", fact)


def _add_note(fact: str, note: str) -> str:
    return f"{fact}: {note}" if note else fact


def _name_spelling(credentials: GivenCredentials, name: str) -> str:
    fields = {dotted(path): field for path, field in iter_fields(credentials.auth)}
    return f"is sent as the specification spells it (of type {fields[name].type})"


def _advise_fields(
    fields: Sequence[Field], values: Mapping[str, Any], above: FieldPath
) -> Iterator[Advice]:
    for field in fields:
        path = (*above, field.name)
        if field.name not in values:
            if field.recommended and not is_required(field, fields, values):
                yield _recommend(field, path)
            continue
        value = values[field.name]
        if field.properties and isinstance(value, dict):
            yield from _advise_fields(field.properties, value, path)
        elif isinstance(value, str):
            yield from _advise_text(field, dotted(path), value)


def _recommend(field: Field, path: FieldPath) -> Advice:
    meaning = f" ({field.description})" if field.description else ""
    return Advice(
        dotted(path), "recommended", f"is recommended, and not given{meaning}"
    )


def _advise_text(field: Field, name: str, text: str) -> Iterator[Advice]:
    if field.secret:
        if not references.is_reference(text):
            yield from _advise_pattern(field, name, text)
        return
    if references.is_well_formed(text):
        yield Advice(
            name,
            "reference",
            "looks like a reference and is no secret: only secrets are looked up, so it is sent as it is",
        )
        return
    yield from _advise_pattern(field, name, text)
    flaw = find_form_flaw(field, text)
    if flaw:
        yield Advice(name, "form", flaw)


def _advise_pattern(field: Field, name: str, text: str) -> Iterator[Advice]:
    if field.advised_pattern is None:
        return
    try:
        is_matched = evaluation.matches(field.advised_pattern, text)
    except OverBudgetError:
        return
    if not is_matched:
        yield Advice(
            name, "pattern", f"does not match the usual pattern {field.advised_pattern}"
        )


def find_form_flaw(field: Field, text: str) -> str:
    """Say how a text differs from what a field's form says it is, or return an empty string."""
    return _FORM_FLAWS[field.form](text)


def _find_no_flaw(_text: str) -> str:
    return ""


def _find_host_flaw(text: str) -> str:
    """Say what makes a text more than the name or address of a host."""
    flaw = _find_place_flaw(text)
    if not flaw and text.count(":") < 2 and _PORT.search(text):
        flaw = "leave out the port"
    return f"is the name of a host alone: {flaw}" if flaw else ""


def _find_host_port_flaw(text: str) -> str:
    flaw = _find_place_flaw(text)
    return f"is the name of a host, with its port at most: {flaw}" if flaw else ""


def _find_place_flaw(text: str) -> str:
    if _BLANK.search(text):
        return "there are blanks in it"
    if "://" in text:
        return "leave out the scheme, and what follows the host"
    if any(mark in text for mark in "/?#\\"):
        return "leave out the path"
    if "@" in text:
        return "leave out the user"
    return ""


def _find_url_flaw(text: str) -> str:
    """Say what keeps a text from being the whole URL of a place on the web."""
    if _BLANK.search(text):
        return "is a URL, and there are blanks in it"
    try:
        parts = urlsplit(text)
        host = parts.hostname
    except ValueError:
        return "is not the URL of a place on the web"
    if parts.scheme not in ("http", "https") or not host:
        return "is a whole URL, which begins with https://"
    if "@" in parts.netloc:
        return "is a URL with a user in it, which is sent and shown as it is"
    return ""


_FORM_FLAWS = {
    None: _find_no_flaw,
    "host": _find_host_flaw,
    "host_port": _find_host_port_flaw,
    "url": _find_url_flaw,
}
