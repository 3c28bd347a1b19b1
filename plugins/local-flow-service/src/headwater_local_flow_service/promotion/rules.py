"""The rules of a schema for one row or message, compiled; and what a row breaks, in the platform's words.

Messages are built from the rules, the places and the kinds of what was found; they never hold values of rows.
"""

from __future__ import annotations

import json
import math
import re
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Final

import attrs

from headwater_local_flow_service.promotion import shapes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from jsonschema_rs import Draft7Validator, ValidationError

DATE_TIME_PATTERNS: Final = (
    "yyyy-MM-dd'T'HH:mm:ss[.S to .SSSSSSSSS] with Z or ±HH:mm at the end"
)
_DATE_TIME: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:Z|[+-][0-9]{2}:[0-9]{2})",
)
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# Milliseconds since 1970 of the years that a date-time can name.
FIRST_MS: Final = -62135596800000
LAST_MS: Final = 253402300799999
_LARGEST_DOUBLE: Final = 1.7976931348623157e308
_COUNTS: Final = ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties")  # fmt: skip
_LIMITS: Final = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")  # fmt: skip
_TYPES: Final = ("string", "number", "integer", "boolean", "object", "array")
_NAMES: Final = {
    "string": "String",
    "number": "Number",
    "integer": "Integer",
    "boolean": "Boolean",
    "object": "JSONObject",
    "array": "JSONArray",
    "null": "Null",
}


@attrs.frozen
class Violation:
    """One rule that a row breaks: the keyword of JSON Schema, a sentence, and where it stands in row and schema.

    `pointer` and `location` are ``#`` or ``#/`` and names with slashes between, as in a JSON Pointer's fragment.
    """

    keyword: str
    message: str
    pointer: str
    location: str

    def as_json(self) -> dict[str, Any]:
        """Return the violation in the platform's form."""
        return {
            "schemaLocation": self.location,
            "pointerToViolation": self.pointer,
            "causingExceptions": [],
            "keyword": self.keyword,
            "message": self.message,
        }


@attrs.frozen
class Rules:
    """The compiled rules of one schema; making them costs milliseconds, asking them microseconds."""

    _validator: Draft7Validator
    _nullable: bool

    def accepts(self, row: Any) -> bool:
        """Say whether a row breaks no rule."""
        try:
            return self._validator.is_valid(row)
        except (ValueError, RecursionError):
            return False  # what no JSON can hold, and what is too deep

    def find_violations(self, row: Any, most: int) -> list[Violation]:
        """Return up to `most` of the rules that a row breaks, in the order of the schema."""
        found: list[Violation] = []
        try:
            for error in self._validator.iter_errors(row):
                found.extend(_read_violations(error, nullable=self._nullable))
                if len(found) >= most:
                    break
        except (ValueError, RecursionError):
            found.append(
                Violation("type", "the value cannot be read as JSON", "#", "#")
            )
        return found[:most]


def compile_rules(
    schema: Mapping[str, Any], *, nullable: bool, epoch: bool, typed_dates: bool = False
) -> Rules:
    """Compile a resolved schema; what is not well-formed in it is no rule.

    With `nullable`, a field that is not required may be null, as in the rows of a batch; with `epoch`, a date-time may
    also be written in milliseconds since 1970. With `typed_dates` dates are already known to be such, and not strings.
    """
    from jsonschema_rs import Draft7Validator, RegexOptions

    builder = _Builder(nullable=nullable, epoch=epoch, typed_dates=typed_dates)
    # The engine for patterns takes time in proportion to the text; what only a backtracking one can read is no rule.
    return Rules(
        Draft7Validator(
            builder.build(schema, required=True),
            formats={shapes.DATE: is_date, shapes.DATE_TIME: is_date_time},
            validate_formats=True,
            pattern_options=RegexOptions(),
        ),
        nullable,
    )


def read_required(schema: Mapping[str, Any]) -> list[str]:
    """Return the names that a schema requires, each once."""
    names = schema.get("required")
    if not isinstance(names, list):
        return []
    return list(dict.fromkeys(name for name in names if isinstance(name, str)))


def is_date(text: str) -> bool:
    """Say whether a text is a date of the calendar, written yyyy-MM-dd."""
    if not _DATE.fullmatch(text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def is_date_time(text: str) -> bool:
    """Say whether a text is a time of the calendar in one of the patterns that the platform names."""
    if not _DATE_TIME.fullmatch(text):
        return False
    try:
        # An offset may lead out of the years there are.
        datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return False
    return True


@attrs.frozen
class _Builder:
    """Builds the schema that a validator compiles out of one that people wrote."""

    nullable: bool
    epoch: bool
    typed_dates: bool

    def build(self, schema: Any, *, required: bool) -> dict[str, Any]:
        """Return the rules of a schema, each of them well-formed."""
        if not isinstance(schema, dict):
            return {}
        rules = self._keep_plain(schema) | self._build_type(schema)
        rules |= self._build_object(schema)
        if isinstance(schema.get("items"), dict):
            rules["items"] = self.build(schema["items"], required=True)
        for name in ("allOf", "anyOf", "oneOf"):
            parts = schema.get(name)
            if isinstance(parts, list) and parts:
                rules[name] = [self.build(part, required=required) for part in parts]
        return self._allow_null(rules, required)

    def _keep_plain(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        kept = {name: schema[name] for name in _COUNTS if _is_count(schema.get(name))}
        kept |= {name: schema[name] for name in _LIMITS if _is_number(schema.get(name))}
        if not kept.get("multipleOf", 1) > 0:
            del kept["multipleOf"]
        if isinstance(schema.get("enum"), list) and schema["enum"]:
            kept["enum"] = list(schema["enum"])
        if "const" in schema:
            kept["enum"] = [schema["const"]]
        if schema.get("uniqueItems") is True:
            kept["uniqueItems"] = True
        if _is_pattern(schema.get("pattern")):
            kept["pattern"] = schema["pattern"]
        return kept

    def _build_type(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        shape = shapes.read_shape(schema)
        if shape.kind == shapes.OPEN:
            types = _read_types(schema)
            return {"type": types} if types else {}
        if shape.kind in shapes.RANGES:
            return _build_integer(schema, shape.kind)
        if shape.kind == shapes.NUMBER:
            most = _LARGEST_DOUBLE
            return {
                "type": ["number"],
                "minimum": max(_number_or(schema.get("minimum"), -most), -most),
                "maximum": min(_number_or(schema.get("maximum"), most), most),
            }
        if shape.kind in (shapes.DATE, shapes.DATE_TIME):
            return self._build_date(shape.kind)
        types = [shapes.type_of(schema) or "object"]
        format = schema.get("format")
        if types == ["string"] and isinstance(format, str):
            return {"type": types, "format": format}
        return {"type": types}

    def _build_date(self, kind: str) -> dict[str, Any]:
        if self.typed_dates:
            return {"type": ["integer"]}
        if kind == shapes.DATE_TIME and self.epoch:
            return {
                "type": ["string", "integer"],
                "format": kind,
                "minimum": FIRST_MS,
                "maximum": LAST_MS,
            }
        return {"type": ["string"], "format": kind}

    def _build_object(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        wanted = read_required(schema)
        rules: dict[str, Any] = {"required": wanted}
        properties = schema.get("properties")
        fields = properties if isinstance(properties, dict) else {}
        rules["properties"] = {
            name: self.build(field, required=name in wanted)
            for name, field in fields.items()
        }
        if self.nullable:
            for name in wanted:  # null is as good as missing
                rules["properties"].setdefault(name, {})
                rules["properties"][name].setdefault("type", list(_TYPES))
        others = schema.get("additionalProperties")
        if others is False:
            rules["additionalProperties"] = False
        elif isinstance(others, dict):
            rules["additionalProperties"] = self.build(others, required=False)
        return rules if any(rules.values()) or "additionalProperties" in rules else {}

    def _allow_null(self, rules: dict[str, Any], required: bool) -> dict[str, Any]:
        if required or not self.nullable:
            return rules
        if "type" in rules:
            rules["type"] = [*rules["type"], "null"]
        if "enum" in rules:
            rules["enum"] = [*rules["enum"], None]
        return rules


def _build_integer(schema: Mapping[str, Any], kind: str) -> dict[str, Any]:
    least, most = shapes.RANGES[kind]
    return {
        "type": ["integer"],
        "minimum": max(_number_or(schema.get("minimum"), least), least),
        "maximum": min(_number_or(schema.get("maximum"), most), most),
    }


def _number_or(value: Any, other: float) -> float:
    return value if _is_number(value) else other


def _read_types(schema: Mapping[str, Any]) -> list[str]:
    types = schema.get("type")
    named = types if isinstance(types, list) else [types]
    return [type for type in _TYPES if type in named]


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_number(value: Any) -> bool:
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and math.isfinite(value)
    )


def _is_pattern(value: Any) -> bool:
    from jsonschema_rs import Draft7Validator, RegexOptions

    if not isinstance(value, str):
        return False
    try:
        Draft7Validator({"pattern": value}, pattern_options=RegexOptions())
    except ValueError:
        return False
    return True


def _read_violations(error: ValidationError, *, nullable: bool) -> Iterator[Violation]:
    """Yield what an error of the validator says, one violation for each name where it names several."""
    keyword, kind = error.kind.name, error.kind.as_dict()
    pointer, location = _point(error.instance_path), _point(error.schema_path[:-1])
    if keyword == "additionalProperties":
        for name in kind["unexpected"]:
            yield Violation(
                keyword, f"extraneous key [{name}] is not permitted", pointer, location
            )
        return
    if nullable and keyword == "type" and error.instance is None and _is_field(error.schema_path):  # fmt: skip
        # A required field that is null; for the platform it is missing.
        parent, name = _point(error.instance_path[:-1]), error.instance_path[-1]
        yield Violation(
            "required",
            f"required key [{name}] not found",
            parent,
            _point(error.schema_path[:-3]),
        )
        return
    yield Violation(
        keyword, _describe(keyword, kind, error.instance), pointer, location
    )


def _is_field(schema_path: Sequence[str | int]) -> bool:
    return len(schema_path) > 2 and schema_path[-3] == "properties"


def _point(path: Sequence[str | int]) -> str:
    parts = (str(part).replace("~", "~0").replace("/", "~1") for part in path)
    return "/".join(("#", *parts))


def _describe(keyword: str, kind: Mapping[str, Any], found: Any) -> str:
    describe = _DESCRIPTIONS.get(keyword)
    return describe(kind, found) if describe else f"the rule {keyword} is broken"


def _describe_type(kind: Mapping[str, Any], found: Any) -> str:
    types = [_NAMES.get(type, type) for type in kind["types"] if type != "null"]
    return f"expected type: {' or '.join(types)}, found: {name_kind(found)}"


def name_kind(value: Any) -> str:
    """Return how the platform names the type of a JSON value."""
    if value is None:
        return "Null"
    if isinstance(value, bool):
        return "Boolean"
    if isinstance(value, int):
        return "Long"
    if isinstance(value, float):
        return "Double"
    if isinstance(value, str):
        return "String"
    return "JSONArray" if isinstance(value, list) else "JSONObject"


def _describe_format(kind: Mapping[str, Any], _found: Any) -> str:
    expected = {
        shapes.DATE_TIME: f" Expected {DATE_TIME_PATTERNS}",
        shapes.DATE: " Expected yyyy-MM-dd",
    }
    name = kind["format"]
    return f"value is not a valid {name}.{expected.get(name, '')}"


def _describe_limit(words: str) -> Callable[[Mapping[str, Any], Any], str]:
    return lambda kind, _found: f"value is not {words} {json.dumps(kind['limit'])}"


def _describe_size(words: str) -> Callable[[Mapping[str, Any], Any], str]:
    return lambda kind, found: (
        f"expected {words}: {kind['limit']}, actual: {len(found)}"
    )


_DESCRIPTIONS: Final[Mapping[str, Callable[[Mapping[str, Any], Any], str]]] = {
    "required": lambda kind, _found: f"required key [{kind['property']}] not found",
    "type": _describe_type,
    "format": _describe_format,
    "enum": lambda _kind, _found: "value is not a valid enum value",
    "pattern": lambda kind, _found: f"string does not match pattern {kind['pattern']}",
    "minimum": _describe_limit("greater or equal to"),
    "maximum": _describe_limit("less or equal to"),
    "exclusiveMinimum": _describe_limit("greater than"),
    "exclusiveMaximum": _describe_limit("less than"),
    "multipleOf": lambda kind, _found: (
        f"value is not a multiple of {kind['multiple_of']}"
    ),
    "minLength": _describe_size("minLength"),
    "maxLength": _describe_size("maxLength"),
    "minItems": _describe_size("minimum item count"),
    "maxItems": _describe_size("maximum item count"),
    "minProperties": _describe_size("minimum size"),
    "maxProperties": _describe_size("maximum size"),
    "uniqueItems": lambda _kind, _found: "array items are not unique",
}


def has_rules(schema: Any) -> bool:
    """Say whether a schema has rules beside types, ranges of types, and what the outermost object requires."""
    if not isinstance(schema, dict):
        return False
    bounds = (schema.get("minimum"), schema.get("maximum"))
    if bounds not in _NO_BOUNDS or any(name in schema for name in _RULES):
        return True
    fields = schema.get("properties")
    inner = list(fields.values()) if isinstance(fields, dict) else []
    inner += [schema.get("items"), schema.get("additionalProperties")]
    return any(
        isinstance(field, dict) and (bool(field.get("required")) or has_rules(field))
        for field in inner
    )


_RULES: Final = (
    *_COUNTS, "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "enum", "const", "pattern", "uniqueItems", "allOf",
    "anyOf", "oneOf",
)  # fmt: skip
_NO_BOUNDS: Final = frozenset({(None, None), *shapes.RANGES.values()})
