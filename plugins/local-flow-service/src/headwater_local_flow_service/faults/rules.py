"""The rules of a fault plan: what people write in TOML or JSON, checked, and complained about by rule and field."""

from __future__ import annotations

import contextlib
import fnmatch
from typing import TYPE_CHECKING, Any

import attrs

from headwater import documents
from headwater.errors import InvalidInput
from headwater.foreign import raise_bare
from headwater_local_flow_service.faults.kinds import DETAILS, KINDS
from headwater_local_flow_service.suggestions import suggest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from headwater_local_flow_service.faults.kinds import FaultKind

BASE = "/data/foundation/flowservice"
METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
LONGEST = 3600  # seconds that anything may be told to take


class _WrongError(Exception):
    """A field that cannot be used: its name, what it must be. Built from rules, never from what was given."""

    def __init__(self, field: str, must: str, remedy: str) -> None:
        super().__init__(field)
        self.field = field
        self.must = must
        self.remedy = remedy


def _number(
    low: float, high: float, must: str, *, whole: bool = False
) -> Callable[[Any, Any, Any], None]:
    """Return a validator for numbers from `low` to `high`; `must` says so in words."""
    types = (int,) if whole else (int, float)

    def check(_rule: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
        is_number = isinstance(value, types) and not isinstance(value, bool)
        if not is_number or not low <= value <= high:
            remedy = f"correct {attribute.name}, or leave it out"
            raise _WrongError(attribute.name, must, remedy)

    return check


def _check_fault(_rule: Any, attribute: attrs.Attribute[str], value: Any) -> None:
    if not isinstance(value, str) or value not in KINDS:
        raise _WrongError(
            attribute.name,
            "must be one of the known faults",
            f"one of: {', '.join(KINDS)}",
        )


def _check_path(_rule: Any, attribute: attrs.Attribute[str], value: Any) -> None:
    if not isinstance(value, str) or not value.startswith(("/", "*")):
        raise _WrongError(
            attribute.name,
            "must be a string that begins with / or *",
            "write it as in /connections or /connections/*",
        )


def _read_methods(value: Any) -> Any:
    """Return methods in capitals, or None where there are none to be read.

    One may be given without a list; ``*``, which means every one, becomes the empty tuple.
    """
    methods = [value] if isinstance(value, str) else value
    if not isinstance(methods, (list, tuple)):
        return None
    if not all(isinstance(method, str) for method in methods):
        return None
    capitals = tuple(dict.fromkeys(method.upper() for method in methods))
    return () if capitals == ("*",) else capitals


def _check_methods(_rule: Any, _attribute: attrs.Attribute[Any], value: Any) -> None:
    if value is None or not set(value) <= set(METHODS):
        raise _WrongError(
            "method",
            "must be a method, or a list of them",
            f"one of: {', '.join(METHODS)}",
        )


_optional = attrs.validators.optional
_COUNT = _number(1, 1_000_000, "must be a whole number of 1 or more", whole=True)
_SECONDS = _number(0, LONGEST, f"must be a number of seconds from 0 to {LONGEST}")
_WHOLE_SECONDS = _number(0, LONGEST, "must be a whole number of seconds", whole=True)
_STATUS = _number(500, 599, "must be a status from 500 to 599", whole=True)
_PROBABILITY = _number(0, 1, "must be a number from 0 to 1")


@attrs.frozen(kw_only=True)
class Rule:
    """When a fault strikes: requests of `methods` (all, when empty) to `path`, if every condition given holds.

    `path` is a pattern in which ``*`` stands for anything, for the whole path or for what comes after
    ``/data/foundation/flowservice``. `nth` means only that matching request, counted from 1; `times` how often the rule
    strikes at most; `probability` how likely each strike is. `seconds`, `status` and `retry_after` are the fault's own.
    """

    fault: str = attrs.field(validator=_check_fault)
    methods: tuple[str, ...] = attrs.field(
        default=(), alias="method", converter=_read_methods, validator=_check_methods
    )
    path: str = attrs.field(default="*", validator=_check_path)
    probability: float = attrs.field(default=1.0, validator=_PROBABILITY)
    nth: int | None = attrs.field(default=None, validator=_optional(_COUNT))
    times: int | None = attrs.field(default=None, validator=_optional(_COUNT))
    seconds: float | None = attrs.field(default=None, validator=_optional(_SECONDS))
    retry_after: int | None = attrs.field(
        default=None, validator=_optional(_WHOLE_SECONDS)
    )
    status: int | None = attrs.field(default=None, validator=_optional(_STATUS))

    def __attrs_post_init__(self) -> None:
        takes = self.kind.takes
        for name in DETAILS:
            if name in takes or getattr(self, name) is None:
                continue
            raise _WrongError(
                name,
                f"is not a detail of the fault {self.fault}",
                f"leave it out; it takes {', '.join(takes) or 'no details'}",
            )

    @property
    def kind(self) -> FaultKind:
        """The fault itself."""
        return KINDS[self.fault]

    def detail(self, name: str) -> float:
        """Return a detail of the fault, as given or by default."""
        value = getattr(self, name)
        if value is None:
            value = self.kind.takes[name]
        return float(value)

    def fits(self, method: str, path: str) -> bool:
        """Say whether a request is one of those meant; `path` is decoded."""
        if self.methods and method not in self.methods:
            return False
        whole = path.rstrip("/") or "/"
        below_base = whole.removeprefix(BASE) or "/"
        return any(fnmatch.fnmatchcase(name, self.path) for name in (whole, below_base))

    def as_dict(self) -> dict[str, Any]:
        """Return the rule as people write it; what it leaves out is left out."""
        facts = attrs.asdict(
            self, filter=lambda attribute, value: value != attribute.default
        )
        methods = facts.pop("methods", ())
        if methods:
            facts["method"] = list(methods)
        return facts


@attrs.frozen(kw_only=True)
class Plan:
    """Rules in the order in which they are asked, and the seed of every chance in them."""

    rules: tuple[Rule, ...] = ()
    seed: int = 0

    @classmethod
    def of(cls, document: Any, name: str = "the fault rules") -> Plan:
        """Check a parsed document. Raises `InvalidInput` naming the rule by its number, and the field."""
        if not isinstance(document, dict):
            raise InvalidInput(
                f"{name} must be an object",
                remedy='as in {"rules": [{"fault": "429"}]}',
            )
        _check_keys(document, ("seed", "rules"), name, name)
        seed = document.get("seed", 0)
        if type(seed) is not int:
            raise InvalidInput(
                f"{name}: seed must be a whole number",
                remedy="give any whole number, or leave it out",
            )
        rules = document.get("rules", [])
        if not isinstance(rules, (list, tuple)):
            raise InvalidInput(
                f"{name}: rules must be a list",
                remedy="begin each rule with [[rules]] in TOML, or use [...] in JSON",
            )
        parsed = (
            _parse_rule(rule, f"{name}: rule {number}")
            for number, rule in enumerate(rules, 1)
        )
        return cls(rules=tuple(parsed), seed=seed)

    @classmethod
    def read(cls, path: Path) -> Plan:
        """Read a file: JSON where its name ends in .json, else TOML. Raises `InvalidInput`."""
        text: str | None = None
        with contextlib.suppress(FileNotFoundError):
            text = documents.read_text(path)
        if text is None:
            raise InvalidInput(
                f"there is no file {path}", remedy="check the path given with --faults"
            )
        parse = (
            documents.parse_json
            if path.suffix.lower() == ".json"
            else documents.parse_toml
        )
        return cls.of(parse(text, str(path)), str(path))


def _parse_rule(document: Any, where: str) -> Rule:
    if not isinstance(document, dict):
        raise InvalidInput(
            f"{where} must be an object", remedy="give it at least a fault"
        )
    names = [field.alias or field.name for field in attrs.fields(Rule)]
    _check_keys(document, names, where, "a rule")
    if "fault" not in document:
        raise InvalidInput(
            f"{where}: fault is missing", remedy=f"one of: {', '.join(KINDS)}"
        )
    try:
        return Rule(**document)
    except _WrongError as error:
        raise_bare(
            InvalidInput(f"{where}: {error.field} {error.must}", remedy=error.remedy)
        )


def _check_keys(
    document: Mapping[str, Any], known: Sequence[str], where: str, what: str
) -> None:
    takes = f"{what} takes: {', '.join(known)}"
    for key in document:
        if key not in known:
            remedy = suggest(str(key), known, otherwise=takes)
            raise InvalidInput(f"{where}: {key} is not known", remedy=remedy)
