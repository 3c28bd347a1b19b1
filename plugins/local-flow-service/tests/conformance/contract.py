"""The OpenAPI file as data: its operations, and what each of their answers may look like."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import attrs
import jsonpatch
import jsonschema
import pytest
import yaml

ROOT = Path(__file__).parents[4]
FILE = ROOT.parent / "shared" / "reference" / "flow-service-openapi.yaml"

_CALLER = ("Authorization", "x-api-key", "x-gw-ims-org-id", "x-sandbox-name")
_METHODS = ("get", "post", "put", "patch", "delete")
# what an answer is read for; the file itself requires nothing
_TELLING = (
    "items",
    "id",
    "etag",
    "result",
)
_TYPES = {str: "string", bool: "boolean", int: "integer"}


@attrs.frozen
class Operation:
    """One operation: its id and path as the file spells them, and its answer when all went well.

    `schema` is that of the answer, `body` that of the request; None where there is none. References are written out.
    """

    id: str
    method: str
    path: str
    status: int
    schema: dict[str, Any] | None = attrs.field(repr=False)
    body: dict[str, Any] | None = attrs.field(repr=False)
    # those that do not say who asks
    parameters: tuple[dict[str, Any], ...] = attrs.field(repr=False)

    @property
    def parameter(self) -> str:
        """The name of the parameter in the path, or nothing."""
        return self.path.partition("{")[2].partition("}")[0]

    @property
    def asks(self) -> bool:
        """Whether there is more to say than who asks for which object."""
        return self.body is not None or any(
            one["in"] == "query" for one in self.parameters
        )

    @property
    def required(self) -> list[dict[str, Any]]:
        """The parameters besides the path's that a request must have; only the file demands `subOp`.

        See docs/flow-service-operations.md#names-of-operations.
        """
        wanted = (
            one
            for one in self.parameters
            if one["in"] != "path" and one["name"] != "subOp"
        )
        return [one for one in wanted if one.get("required")]

    def departed(self, patch: list[dict[str, Any]]) -> dict[str, Any]:
        """Return the answer's schema with a JSON Patch applied."""
        found: dict[str, Any] = jsonpatch.apply_patch(self.schema, patch)
        return found


def problems(schema: dict[str, Any], answer: Any) -> list[str]:
    """Return what is wrong with an answer, most telling first; empty when it is as declared."""
    validator = jsonschema.Draft7Validator(schema)
    return [
        f"{error.json_path}: {error.message}" for error in validator.iter_errors(answer)
    ]


def loosened(schema: Any) -> Any:
    """Return what the file itself says of an answer: any field may be missing, and others may be there."""
    if isinstance(schema, list):
        return [loosened(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        name: loosened(part)
        for name, part in schema.items()
        if not (name == "additionalProperties" and part is False)
        and not (name == "required" and isinstance(part, list))
    }


@functools.cache
def document() -> dict[str, Any]:
    """Return the whole file. Skips the module that asks where the file is absent."""
    if not FILE.exists():
        pytest.skip(
            "the OpenAPI file is not beside this checkout", allow_module_level=True
        )
    found: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return found


@functools.cache
def operations() -> dict[str, Operation]:
    """Return every operation of the file by its id, in the order of the file."""
    found = {}
    for path, methods in document()["paths"].items():
        for method in _METHODS:
            if method in methods:
                operation = _operation(method.upper(), path, methods[method])
                found[operation.id] = operation
    return found


def _operation(method: str, path: str, facts: dict[str, Any]) -> Operation:
    status, answer = _success(facts["responses"])
    body = (
        facts.get("requestBody", {})
        .get("content", {})
        .get("application/json", {})
        .get("schema")
    )
    parameters = tuple(one for one in facts["parameters"] if one["name"] not in _CALLER)
    written = body and _written_out(body)
    return Operation(
        facts["operationId"], method, path, status, _schema(answer), written, parameters
    )


def _success(responses: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    [status] = [status for status in responses if status.startswith("2")]
    return int(status), responses[status]


def _schema(answer: dict[str, Any]) -> dict[str, Any] | None:
    content = (answer.get("content") or {}).get("application/json")
    if content is None:
        return None
    if "schema" not in content:  # an example stands for it
        kinds = {
            name: {"type": _TYPES[type(value)]}
            for name, value in content["example"].items()
        }
        return _tight({"type": "object", "properties": kinds})
    schema = _tight(_written_out(content["schema"]))
    if schema["type"] == "array":
        schema["items"] = _tight(schema["items"])
    elif "items" in schema["properties"]:
        schema["properties"]["items"]["items"] = _tight(
            schema["properties"]["items"]["items"]
        )
    return schema


def _written_out(schema: Any) -> Any:
    """Put what references point at in their place: a deviation of one answer is then none of another's."""
    if isinstance(schema, list):
        return [_written_out(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if isinstance(schema.get("$ref"), str):
        return _written_out(
            document()["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        )
    return {name: _written_out(part) for name, part in schema.items()}


def _tight(schema: dict[str, Any]) -> dict[str, Any]:
    """Close an object and have it hold what it is read for: as the file stands, an empty object is any answer."""
    if schema.get("type") != "object":
        return schema
    telling = [name for name in _TELLING if name in schema["properties"]]
    return {**schema, "additionalProperties": False, "required": telling}
