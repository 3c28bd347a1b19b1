"""Calls the operations of a generated client, told by JSON lines; runs in that client's environment, not in ours.

Reads ``{"operation", "id", "query", "body", "headers"}`` on standard input; answers ``{"status", "parsed", "error"}``.
"""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
import re
import sys
import types
import typing
from typing import Any


def main(url: str, caller: dict[str, str]) -> None:
    """Answer each line."""
    import client  # type: ignore[import-not-found]

    operations = _operations()
    service = client.Client(base_url=url, timeout=60)
    for line in sys.stdin:
        asked = json.loads(line)
        told = _call(operations[_snake(asked["operation"])], service, asked, caller)
        print(json.dumps(told), flush=True)


def _operations() -> dict[str, Any]:
    """Return the module of each operation by its name."""
    api = importlib.import_module("client.api")
    found = {}
    for module in pkgutil.walk_packages(api.__path__, "client.api."):
        if not module.ispkg:
            found[module.name.rpartition(".")[2]] = importlib.import_module(module.name)
    return found


def _call(
    module: Any, service: Any, asked: dict[str, Any], caller: dict[str, str]
) -> dict[str, Any]:
    given = {**asked["query"], **asked["headers"], **caller}
    by_name = {_snake(name): value for name, value in given.items()}
    function = module.sync_detailed
    hints = typing.get_type_hints(function)
    arguments: dict[str, Any] = {}
    for name in inspect.signature(function).parameters:
        if name == "client":
            arguments[name] = service
        elif name == "body" and asked["body"] is not None:
            arguments[name] = _convert(hints[name], asked["body"])
        elif name in by_name:
            arguments[name] = _convert(hints[name], by_name[name])
        elif name == "sub_op":
            # The file demands it, so that every generated client sends one.
            arguments[name] = _first(hints[name])
        elif _is_path_parameter(function, name):
            arguments[name] = asked["id"]
    try:
        answer = function(**arguments)
    except Exception as error:
        return {"status": None, "parsed": None, "error": repr(error)[:300]}
    return {
        "status": answer.status_code.value,
        "parsed": type(answer.parsed).__name__,
        "error": None,
    }


def _is_path_parameter(function: Any, name: str) -> bool:
    """Say whether a parameter is positional: those of the path are, and nothing else."""
    parameter = inspect.signature(function).parameters[name]
    return parameter.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD


def _convert(hint: Any, value: Any) -> Any:
    """Return a JSON value as the generated type that a parameter wants."""
    for kind in _alternatives(hint):
        if typing.get_origin(kind) is list:
            if isinstance(value, list):
                return [_convert(typing.get_args(kind)[0], each) for each in value]
        elif hasattr(kind, "from_dict"):
            if isinstance(value, dict):
                return kind.from_dict(value)
        elif kind is int and isinstance(value, str) and value.isdigit():
            return int(value)
        elif (
            isinstance(kind, type) and kind not in (str, int) and isinstance(value, str)
        ):
            try:
                return kind(value)
            except (TypeError, ValueError):
                continue
    return value


def _first(hint: Any) -> Any:
    """Return a value of an enumeration, or of a list of them, or a word where anything will do."""
    for kind in _alternatives(hint):
        if typing.get_origin(kind) is list:
            return [_first(typing.get_args(kind)[0])]
        if hasattr(kind, "__members__"):
            return next(iter(kind))
    return "anything"


def _alternatives(hint: Any) -> tuple[Any, ...]:
    """Return the types that a parameter may have."""
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return typing.get_args(hint)
    return (hint,)


def _snake(name: str) -> str:
    """Return a name as the generator spells it."""
    words = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name)
    return re.sub(r"[^A-Za-z0-9]+", "_", words).lower()


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]))
