"""Every public function refuses an argument of a wrong type by its name, instead of failing somewhere inside."""

from __future__ import annotations

import importlib
import inspect
from typing import TYPE_CHECKING, Any

import pytest

import headwater
from headwater import create, tenant
from headwater.errors import HeadwaterError, InvalidInput
from headwater.sources import Reach

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PACKAGES = (
    "headwater",
    "headwater.connectors",
    "headwater.create",
    "headwater.flowservice",
    "headwater.profiles",
    "headwater.sources",
    "headwater.tenant",
)
# Called by readers, whose own mistakes are a `BrokenPlugin`.
OF_PLUGINS = ("iter_fields", "map_secrets")
SLUG = "oracle-service-cloud"
CREDENTIALS = {"host": "a.example", "username": "u", "password": "correct-horse"}


class _Odd:
    """What nobody gives."""


WRONG: dict[str, Any] = {
    "None": None,
    "a number": 5,
    "a fraction": 0.5,
    "nan": float("nan"),
    "a truth": True,
    "bytes": b"text",
    "a list": [1],
    "a tuple": (1, "a"),
    "a set": {"a"},
    "a mapping": {5: "x"},
    "an object": _Odd(),
    "a class": _Odd,
    "a function": len,
    "text": "no such thing",
    "no text": "",
}


def _functions() -> dict[str, Callable[..., Any]]:
    found: dict[str, Callable[..., Any]] = {}
    for package in PACKAGES:
        module = importlib.import_module(package)
        for name in module.__all__:
            value = getattr(module, name)
            if inspect.isfunction(value) and name not in OF_PLUGINS:
                found[f"{value.__module__}.{value.__name__}"] = value
    return found


FUNCTIONS = _functions()
ARGUMENTS = [
    (name, parameter.name)
    for name, function in FUNCTIONS.items()
    for parameter in inspect.signature(function).parameters.values()
    if parameter.kind is not inspect.Parameter.VAR_KEYWORD
]


@pytest.fixture
def fitting(tmp_path: Path) -> dict[str, Any]:
    """Return an argument of the right type for every name of a parameter."""
    connector = headwater.load(SLUG)
    service = headwater.connect()
    return {
        "connector": connector,
        "name": "Desk",
        "credentials": CREDENTIALS,
        "given": CREDENTIALS,
        "service": service,
        "prepared": create.prepare(connector, name="Desk", credentials=CREDENTIALS),
        "auth": connector.authentication[0],
        "cloud": "azure",
        "description": None,
        "if_exists": "reuse",
        "settle": 1.0,
        "base": tmp_path,
        "spec_id": connector.spec.id,
        "slug": SLUG,
        "reach": Reach([]),
        "host": "a.example",
        "tenant": tenant.Tenant("https://a.example", "A@AdobeOrg"),
        "profile": "local",
        "registry": importlib.import_module("headwater.connectors").installed(),
        "overrides": {},
        "environ": {},
        "path": tmp_path / "config.toml",
    }


def _call(function: Callable[..., Any], fitting: dict[str, Any], **given: Any) -> None:
    arguments = {}
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.default is inspect.Parameter.empty and name in fitting:
            arguments[name] = fitting[name]
    function(**{**arguments, **given})


def _complaint(
    function: Callable[..., Any], fitting: dict[str, Any], given: dict[str, Any]
) -> str:
    try:
        _call(function, fitting, **given)
    except HeadwaterError as error:
        return error.message
    return ""


def test_the_walk_finds_what_people_call() -> None:
    names = {name.rpartition(".")[2] for name in FUNCTIONS}
    assert names >= {
        "choose",
        "cloud",
        "connect",
        "create_connection",
        "ensure",
        "find",
        "forget",
        "load",
        "open_source",
        "prepare",
        "problems",
        "pull",
        "read",
        "resolve",
    }


@pytest.mark.parametrize(("function", "argument"), ARGUMENTS, ids=" ".join)
def test_a_wrong_argument_is_refused_by_its_name(
    function: str, argument: str, fitting: dict[str, Any]
) -> None:
    good = fitting.get(argument)
    for what, wrong in WRONG.items():
        told = _complaint(FUNCTIONS[function], fitting, {argument: wrong})
        if isinstance(wrong, (_Odd, bytes)) and good is not None:
            assert argument in told, what


@pytest.mark.parametrize(
    ("function", "given", "told"),
    [
        ("create_connection", {"name": None}, "name must be a string, not None"),
        ("create_connection", {"credentials": [1]}, "credentials must be a mapping of names to values, not a list"),
        ("create_connection", {"credentials": {5: "x"}}, "credentials must have strings for keys, and has an int"),
        ("create_connection", {"auth": 5}, "auth must be a string or None, not an int"),
        ("create_connection", {"cloud": 5}, "cloud must be a string or None, not an int"),
        ("create_connection", {"service": 5}, "service must be a FlowService, not an int"),
        ("create_connection", {"connector": 5}, "connector must be a Connector or the slug of one, not an int"),
        ("prepare", {"description": 5}, "description must be a string or None, not an int"),
        ("prepare", {"spec_id": 5}, "spec_id must be a string, not an int"),
        ("open_source", {"reach": ["a"]}, "reach must be a Reach, not a list"),
        ("problems", {"auth": "Basic"}, "auth must be an AuthenticationSpec, not a str"),
        ("choose", {"connector": SLUG}, "connector must be a Connector, not a str"),
        ("load", {"slug": 5}, "slug must be a string, not an int"),
        ("connect", {"name": 5}, "name must be a string or None, not an int"),
    ],
)  # fmt: skip
def test_the_message_says_what_it_must_be(
    function: str, given: dict[str, Any], told: str, fitting: dict[str, Any]
) -> None:
    [found] = [
        each for name, each in FUNCTIONS.items() if name.endswith(f".{function}")
    ]
    with pytest.raises(InvalidInput) as raised:
        _call(found, fitting, **given)
    assert told in raised.value.message


SETTINGS = (
    "org_id",
    "sandbox",
    "cloud",
    "proxy",
    "ca_bundle",
    "read_timeout",
    "connect_timeout",
    "nothing",
)


@pytest.mark.parametrize("setting", SETTINGS)
def test_settings_of_wrong_types_are_refused(setting: str) -> None:
    for wrong in WRONG.values():
        try:
            headwater.connect(**{setting: wrong})
        except HeadwaterError:
            continue
