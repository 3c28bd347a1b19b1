"""Fields are typed, agree with themselves, and those that hold secrets say so."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from headwater_authoring.testing.failures import demand, hidden
from headwater_authoring.testing.second_opinion import fits_type, is_among

if TYPE_CHECKING:
    from headwater.models import AuthenticationSpec, Field
    from headwater_authoring.testing.subject import Subject

__tracebackhide__ = hidden

# Names that hardly ever hold anything but a secret. `accessTokenUrl`, `accessKeyId` and `sasKeyName` are none.
_SECRET = re.compile(
    r".*(password|passwd|pwd|passphrase|secret|token|credentials?|connection_?string|sas_?ur[il]|key_?file|"
    r"(api|access|account|encryption|principal|private|sas|secret|shared|signing)_?key)(_?(contents?|data|text|value))?",
    re.IGNORECASE,
)


def check_fields(subject: Subject) -> None:
    """Each field's enumeration, default and example fit its type, and what is named like a secret is marked as one."""
    for auth in subject.connector.authentication:
        _check_types(auth)
        for field in auth.fields:
            where = f"field {field.name} of {auth.label}"
            _check_field_types(where, field)
            _check_values(where, field)
            _check_secret(where, field, subject)


def _check_types(auth: AuthenticationSpec) -> None:
    texts = [
        name
        for name in ("spec_name", "note")
        if not isinstance(getattr(auth, name), str)
    ]
    wrong = texts + ([] if isinstance(auth.deprecated, bool) else ["deprecated"])
    demand(
        not wrong and auth.spec_name.strip(),
        f"attributes of an authentication specification have the wrong type, or it has no name: {', '.join(wrong)}",
        "spec_name and note are texts, deprecated is a bool",
    )
    demand(
        all(
            isinstance(field.name, str) and field.name == field.name.strip() != ""
            for field in auth.fields
        ),
        f"a field of {auth.label} has a name that is no text, or is blank at an end",
        "write the name as it stands in auth.params",
    )


def _check_field_types(where: str, field: Field) -> None:
    flags = [
        name
        for name in ("required", "secret")
        if not isinstance(getattr(field, name), bool)
    ]
    texts: list[str] = [] if isinstance(field.description, str) else ["description"]
    demand(
        not flags + texts,
        f"{where}: attributes have the wrong type: {', '.join(flags + texts)}",
        "required and secret are bool, description is a text",
    )


def _check_values(where: str, field: Field) -> None:
    demand(
        all(
            not is_among(value, field.enum[:position])
            for position, value in enumerate(field.enum)
        ),
        f"{where}: its enumeration lists a value twice",
        "list each value once",
    )
    given: list[tuple[str, Any]] = [
        ("default", field.default),
        ("example", field.example),
    ]
    for name, value in [*given, *(("enumeration", value) for value in field.enum)]:
        demand(
            value is None or fits_type(value, field.type),
            f"{where}: its {name} is not of type {field.type}",
            f"correct the {name} or the type",
        )
    for name, value in given:
        demand(
            value is None or not field.enum or is_among(value, field.enum),
            f"{where}: its {name} is not in its enumeration",
            f"correct the {name} or the enumeration",
        )


def _check_secret(where: str, field: Field, subject: Subject) -> None:
    demand(
        field.secret
        or field.name in subject.public_fields
        or not _SECRET.fullmatch(field.name),
        f"{where} is named like a secret and is not marked as one, so it would be shown",
        "mark it with secret=True, or name it in public_fields of the test class if it is none",
    )
