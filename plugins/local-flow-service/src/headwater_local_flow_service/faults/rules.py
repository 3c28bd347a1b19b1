"""The rules of a fault plan: what people write in TOML or JSON, checked, and complained about by rule and field."""

from __future__ import annotations

import contextlib
import difflib
import fnmatch
from typing import TYPE_CHECKING, Any

import attrs

from headwater import documents
from headwater.errors import InvalidInput
from headwater_local_flow_service.faults.kinds import DETAILS, KINDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
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
    low: float, high: float, words: str, *, whole: bool = False
) -> Callable[[Any, Any, Any], None]:
    def check(_rule: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
        kinds = (int,) if whole else (int, float)
        if (
            isinstance(value, bool)
            or not isinstance(value, kinds)
            or not low <= value <= high
        ):
            raise _WrongError(
                attribute.name, words, f"correct {attribute.name}, or leave it out"
            )

    return check


def _optional(
    check: Callable[[Any, Any, Any], None],
) -> Callable[[Any, Any, Any], None]:
    return lambda rule, attribute, value: (
        None if value is None else check(rule, attribute, value)
    )


def _check_fault(_rule: Any, attribute: attrs.Attribute[str], value: Any) -> None:
    if not isinstance(value, str) or value not in KINDS:
        raise _WrongError(
            attribute.name,
            "must be one of the faults there are",
            f"one of: {', '.join(KINDS)}",
        )


def _check_path(_rule: Any, attribute: attrs.Attribute[str], value: Any) -> None:
    if not isinstance(value, str) or not value.startswith(("/", "*")):
        raise _WrongError(
            attribute.name,
            "must be a text that begins with / or *",
            "write it as in /connections or /connections/*",
        )


def _methods(given: Any) -> Any:
    """Return methods in capitals; one may be given without a list, and ``*`` means every one."""
    several = (given,) if isinstance(given, str) else given
    if not isinstance(several, (list, tuple)) or not all(
        isinstance(each, str) for each in several
    ):
        return None
    named = tuple(dict.fromkeys(each.upper() for each in several))
    return () if named == ("*",) else named


def _check_methods(_rule: Any, _attribute: attrs.Attribute[Any], value: Any) -> None:
    if value is None or not set(value) <= set(METHODS):
        raise _WrongError(
            "method",
            "must be a method, or a list of them",
            f"one of: {', '.join(METHODS)}",
        )


def _in_seconds(low: float) -> Callable[[Any, Any, Any], None]:
    return _optional(
        _number(low, LONGEST, f"must be a number of seconds from {low:g} to {LONGEST}")
    )


_COUNT = _number(1, 1_000_000, "must be a whole number of 1 or more", whole=True)


@attrs.frozen(kw_only=True)
class Rule:
    """When a fault strikes: requests of `methods` (all, when empty) to `path`, if every condition given holds.

    `path` is a pattern in which ``*`` stands for anything, for the whole path or for what comes after
    ``/data/foundation/flowservice``. `nth` means only that matching request, counted from 1; `times` how often the rule
    strikes at most; `probability` how likely each strike is. `seconds`, `status` and `retry_after` are the fault's own.
    """

    fault: str = attrs.field(validator=_check_fault)
    methods: tuple[str, ...] = attrs.field(
        default=(), alias="method", converter=_methods, validator=_check_methods
    )
    path: str = attrs.field(default="*", validator=_check_path)
    probability: float = attrs.field(
        default=1.0, validator=_number(0, 1, "must be a number from 0 to 1")
    )
    nth: int | None = attrs.field(default=None, validator=_optional(_COUNT))
    times: int | None = attrs.field(default=None, validator=_optional(_COUNT))
    seconds: float | None = attrs.field(default=None, validator=_in_seconds(0))
    retry_after: int | None = attrs.field(
        default=None,
        validator=_optional(
            _number(0, LONGEST, "must be a whole number of seconds", whole=True)
        ),
    )
    status: int | None = attrs.field(
        default=None,
        validator=_optional(
            _number(500, 599, "must be a status from 500 to 599", whole=True)
        ),
    )

    def __attrs_post_init__(self) -> None:
        for name in DETAILS:
            if getattr(self, name) is not None and name not in self.kind.takes:
                takes = ", ".join(self.kind.takes) or "no details"
                raise _WrongError(
                    name,
                    f"is nothing the fault {self.fault} takes",
                    f"leave it out; it takes {takes}",
                )

    @property
    def kind(self) -> FaultKind:
        """The fault itself."""
        return KINDS[self.fault]

    def detail(self, name: str) -> float:
        """Return a detail of the fault, as given or by default."""
        given = getattr(self, name)
        return float(self.kind.takes[name] if given is None else given)

    def fits(self, method: str, path: str) -> bool:
        """Say whether a request is one of those meant; `path` is decoded."""
        bare = path.rstrip("/") or "/"
        shorter = bare.removeprefix(BASE) or "/"
        meant = any(fnmatch.fnmatchcase(each, self.path) for each in (bare, shorter))
        return meant and (not self.methods or method in self.methods)

    def as_dict(self) -> dict[str, Any]:
        """Return the rule as people write it; what it leaves out is left out."""
        facts = attrs.asdict(
            self,
            filter=lambda attribute, value: (
                value is not None and value != attribute.default
            ),
        )
        methods = facts.pop("methods", ())
        return facts | ({"method": list(methods)} if methods else {})


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
        if isinstance(seed, bool) or not isinstance(seed, int):
            raise InvalidInput(
                f"{name}: seed must be a whole number",
                remedy="give any whole number, or leave it out",
            )
        given = document.get("rules", [])
        if not isinstance(given, (list, tuple)):
            raise InvalidInput(
                f"{name}: rules must be a list",
                remedy="begin each rule with [[rules]] in TOML, or use [...] in JSON",
            )
        return cls(
            rules=tuple(
                _rule(each, f"{name}: rule {number}")
                for number, each in enumerate(given, 1)
            ),
            seed=seed,
        )

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


def _rule(given: Any, where: str) -> Rule:
    if not isinstance(given, dict):
        raise InvalidInput(
            f"{where} must be an object", remedy="give it at least a fault"
        )
    names = [field.alias or field.name for field in attrs.fields(Rule)]
    _check_keys(given, names, where, "a rule")
    if "fault" not in given:
        raise InvalidInput(
            f"{where}: fault is missing", remedy=f"one of: {', '.join(KINDS)}"
        )
    wrong: _WrongError | None = None
    try:
        return Rule(**given)
    except _WrongError as error:
        wrong = error
    raise InvalidInput(f"{where}: {wrong.field} {wrong.must}", remedy=wrong.remedy)


def _check_keys(
    given: Mapping[str, Any], known: Iterable[str], where: str, what: str
) -> None:
    known = list(known)
    for key in given:
        if key not in known:
            near = difflib.get_close_matches(str(key), known, n=1)
            hint = (
                f"did you mean {near[0]}?"
                if near
                else f"{what} takes: {', '.join(known)}"
            )
            raise InvalidInput(f"{where}: {key} is not known", remedy=hint)
