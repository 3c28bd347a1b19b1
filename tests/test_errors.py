"""The error tree is what its docstring draws, and every error carries data a program can use."""

from __future__ import annotations

import inspect

import pytest

from headwater import errors
from headwater.models import Problem

CLASSES = [
    value
    for _name, value in inspect.getmembers(errors, inspect.isclass)
    if issubclass(value, errors.HeadwaterError)
]


@pytest.mark.parametrize(
    "error_class", CLASSES, ids=lambda error_class: error_class.__name__
)
def test_every_class_is_drawn_in_the_module_docstring(error_class: type) -> None:
    assert error_class.__name__ in (errors.__doc__ or "")


def test_kinds_tell_the_leaves_apart() -> None:
    kinds = [error_class.kind for error_class in CLASSES]
    assert len(set(kinds)) == len(kinds)


def test_the_text_is_message_then_remedy() -> None:
    assert (
        str(errors.InvalidInput("the name is empty", remedy="give one"))
        == "the name is empty; give one"
    )
    assert str(errors.InvalidInput("the name is empty")) == "the name is empty"


def test_data_leaves_out_what_is_not_known() -> None:
    error = errors.Rejected(
        "no", method="POST", path="/connections", status=400, code="FLOW-1413-400"
    )
    assert error.data() == {
        "kind": "rejected",
        "message": "no",
        "method": "POST",
        "path": "/connections",
        "status": 400,
        "code": "FLOW-1413-400",
    }


def test_invalid_credentials_lists_every_problem() -> None:
    error = errors.InvalidCredentials(
        "they do not fit", [Problem("host", "required", "is missing")]
    )
    assert error.data()["problems"] == [
        {"field": "host", "rule": "required", "message": "is missing"}
    ]
    assert "host: is missing" in str(error)


@pytest.mark.parametrize(
    ("error", "builtin"),
    [
        (errors.InvalidInput("x"), ValueError),
        (errors.UnknownConnector("x"), LookupError),
        (errors.Unreachable("x", sent=False), ConnectionError),
        (errors.NotPermitted("x", method="GET", path="/", status=403), PermissionError),
        (errors.NotFound("x", method="GET", path="/", status=404), LookupError),
    ],
)
def test_errors_are_also_the_builtin_that_callers_expect(
    error: Exception, builtin: type[Exception]
) -> None:
    assert isinstance(error, builtin)
    assert str(error) == "x"
