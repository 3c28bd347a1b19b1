"""A valid example is accepted, and whatever spoils one field of it is refused by that field's name."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from headwater.create import runner
from headwater.credentials import validation
from headwater.credentials.given import GivenCredentials
from headwater.models import dotted, iter_fields
from headwater_authoring.testing.canaries import Lookout
from headwater_authoring.testing.corruptions import change, corruptions, find_value
from headwater_authoring.testing.examples import examples
from headwater_authoring.testing.failures import demand, hidden
from headwater_authoring.testing.second_opinion import is_among

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headwater.models import Field
    from headwater_authoring.testing.corruptions import Corruption
    from headwater_authoring.testing.examples import Example
    from headwater_authoring.testing.subject import Subject

__tracebackhide__ = hidden

_OVERRIDE = "or give values for it in examples of the test class"


def check_examples_accepted(subject: Subject) -> None:
    """Each authentication specification accepts an example, and its other spellings, and its label chooses it."""
    for example in examples(subject):
        label = example.auth.label
        problems = runner.problems(example.auth, example.values)
        listing = "; ".join(
            f"{problem.field} {problem.message}" for problem in problems
        )
        demand(
            not problems,
            f"{label} refuses its own example: {listing}",
            f"correct example, default, enumeration or type of that field, {_OVERRIDE}",
        )
        chosen = runner.choose(subject.connector, example.values, auth=label)
        demand(
            chosen == example.auth,
            f"choosing {label} by its label leads to another authentication specification",
            "tell them apart by cloud or variant",
        )
        _check_spellings(example)


def _check_spellings(example: Example) -> None:
    """Give each field in each other spelling that it accepts, and find its own in what would be sent."""
    for path, field in iter_fields(example.auth):
        for other, own in _list_spellings(field, find_value(example.values, path)):
            values = change(example.values, path, other)
            given = GivenCredentials(auth=example.auth, values=values)
            sent = find_value(given.own.values, path)
            demand(
                not given.problems and is_among(sent, [own]),
                f"another spelling that {dotted(path)} of {example.auth.label} accepts is not taken",
                "a specification with a schema of its own (raw) takes no other spelling; else correct accepts",
            )


def _list_spellings(field: Field, value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield other spellings of a field's values and what is sent for each."""
    yield from field.accepts
    if field.accepts_type == "string":
        yield json.dumps(value), value
    elif field.accepts_type is not None:
        other = {"integer": 7, "number": 7.5, "boolean": True}[field.accepts_type]
        own = json.dumps(other)
        if field.takes(own):
            yield other, own


def check_corruptions_refused(subject: Subject) -> None:
    """Missing, unknown, of the wrong type, outside the enumeration, empty, a mask: each is refused by name."""
    for example in examples(subject):
        for corruption in corruptions(example):
            _check_refused(example, corruption)


def _check_refused(example: Example, corruption: Corruption) -> None:
    problems = validation.validate(example.auth, corruption.values)
    demand(
        problems,
        f"{example.auth.label} accepts credentials whose {corruption}",
        "a schema of your own must list required fields, types and enumerations, and refuse additionalProperties",
    )
    named = {problem.field for problem in problems}
    demand(
        any(f"{name}.".startswith(f"{corruption.field}.") for name in named),
        f"{example.auth.label} refuses credentials whose {corruption}, but names {', '.join(sorted(named))}",
        "give the field a rule of its own in the schema",
    )
    lookout = Lookout(corruption.canaries)
    told = "\n".join(f"{problem!r} {problem.message}" for problem in problems)
    demand(
        not lookout.sees(told),
        f"{example.auth.label} repeats the value when {corruption}",
        "keep values out of enumerations and patterns of the schema",
    )
