"""Fields are typed, agree with themselves, and those that hold secrets say so."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from headwater.credentials.advice import find_form_flaw
from headwater.models import dotted, holds_secrets, iter_fields
from headwater_authoring.testing.failures import demand, hidden
from headwater_authoring.testing.second_opinion import fits_type, is_among

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headwater.models import AuthenticationSpec, Field
    from headwater_authoring.testing.subject import Subject

__tracebackhide__ = hidden

# Names that hardly ever hold anything but a secret. `accessTokenUrl`, `accessKeyId` and `sasKeyName` do not.
_SECRET = re.compile(
    r".*(password|passwd|pwd|passphrase|secret|token|credentials?|connection_?string|sas_?ur[il]|key_?file|"
    r"(api|access|account|encryption|principal|private|sas|secret|shared|signing)_?key)(_?(contents?|data|text|value))?",
    re.IGNORECASE,
)


_FLAGS = ("required", "secret", "recommended", "multiline", "destination")


def check_fields(subject: Subject) -> None:
    """Each field's enumeration, default and example fit its type, and what is named like a secret is marked as one."""
    for auth in subject.connector.authentication:
        _check_types(auth)
        for path, field in iter_fields(auth):
            where = f"field {dotted(path)} of {auth.label}"
            _check_field_types(where, field)
            _check_values(where, field)
            _check_advice(where, field)
            _check_secret(where, field, subject)


def _check_types(auth: AuthenticationSpec) -> None:
    wrong = _wrong_types(auth, {"spec_name": str, "note": str, "deprecated": bool})
    demand(
        not wrong and auth.spec_name.strip(),
        f"attributes of an authentication specification have the wrong type, or it has no name: {', '.join(wrong)}",
        "spec_name and note are strings, deprecated is a bool",
    )
    demand(
        all(
            isinstance(field.name, str) and field.name == field.name.strip() != ""
            for _path, field in iter_fields(auth)
        ),
        f"a field of {auth.label} has a name that is not a string, or is blank at an end",
        "write the name as it stands in auth.params",
    )


def _check_field_types(where: str, field: Field) -> None:
    wrong = _wrong_types(field, dict.fromkeys(_FLAGS, bool) | {"description": str})
    demand(
        not wrong,
        f"{where}: attributes have the wrong type: {', '.join(wrong)}",
        f"{', '.join(_FLAGS)} are bool, description is a string",
    )


def _wrong_types(value: object, kinds: Mapping[str, type]) -> list[str]:
    return [
        name
        for name, kind in kinds.items()
        if not isinstance(getattr(value, name), kind)
    ]


def _check_values(where: str, field: Field) -> None:
    for position, value in enumerate(field.enum):
        demand(
            not is_among(value, field.enum[:position]),
            f"{where}: its enumeration lists a value twice",
            "list each value once",
        )
        _check_type(where, field, "enumeration", value)
    for name, value in (("default", field.default), ("example", field.example)):
        _check_type(where, field, name, value)
        demand(
            value is None or not field.enum or is_among(value, field.enum),
            f"{where}: its {name} is not in its enumeration",
            f"correct the {name} or the enumeration",
        )


def _check_advice(where: str, field: Field) -> None:
    """Refuse an example that is warned about when somebody follows it, and a pattern without an example."""
    example = field.example
    if field.secret or not isinstance(example, str):
        demand(
            field.secret or field.pattern is None or field.default is not None,
            f"{where}: it has a pattern and no example",
            "give an example that matches the pattern",
        )
        return
    demand(
        field.advised_pattern is None or re.search(field.advised_pattern, example),
        f"{where}: its example does not match its advised pattern",
        "correct the example or the advised pattern",
    )
    demand(
        not find_form_flaw(field, example),
        f"{where}: its example is not of its form ({field.form})",
        "correct the example or the form",
    )


def _check_type(where: str, field: Field, name: str, value: Any) -> None:
    demand(
        value is None or fits_type(value, field.type),
        f"{where}: its {name} is not of type {field.type}",
        f"correct the {name} or the type",
    )


def _check_secret(where: str, field: Field, subject: Subject) -> None:
    demand(
        holds_secrets(field)
        or field.name in subject.public_fields
        or not _SECRET.fullmatch(field.name),
        f"{where} is named like a secret and is not marked as one, so it would be shown",
        "mark it with secret=True, or name it in public_fields of the test class if it is not",
    )
