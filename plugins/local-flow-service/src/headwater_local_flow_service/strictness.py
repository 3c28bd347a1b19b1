"""The switches: which side the service takes where the platform's documentation contradicts itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs

from headwater.errors import InvalidInput
from headwater.foreign import raise_bare
from headwater_local_flow_service.suggestions import suggest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

RUN_ENVELOPES: Final = ("items", "object", "full")
PAST_START_TIMES: Final = ("accept", "reject")
DELETE_STATUSES: Final = (204, 202)
LONGEST_TRANSITION: Final = 1000  # reads


def _choice(*allowed: Any) -> Any:
    def check(
        _instance: Strictness, attribute: attrs.Attribute[Any], value: Any
    ) -> None:
        # In Python, True equals 1: the types must agree as well.
        if any(type(value) is type(choice) and value == choice for choice in allowed):
            return
        known = ", ".join(map(_spell, allowed))
        raise InvalidInput(
            f"the switch {attribute.name} must be one of {known}",
            remedy=f"correct {attribute.name}",
        )

    return check


def _spell(choice: Any) -> str:
    """Write a choice as TOML and the command line have it."""
    if isinstance(choice, bool):
        return str(choice).lower()
    return str(choice)


def _reads(_instance: Strictness, attribute: attrs.Attribute[Any], value: Any) -> None:
    if type(value) is not int or not 0 <= value <= LONGEST_TRANSITION:
        raise InvalidInput(
            f"the switch {attribute.name} must be a number of reads, 0 to {LONGEST_TRANSITION}",
            remedy=f"correct {attribute.name}",
        )


def _flag() -> Any:
    return attrs.field(default=False, validator=_choice(True, False))


@attrs.frozen(kw_only=True)
class Strictness:
    """One switch for each contradiction; left alone, every switch is on the tolerant side.

    `strict` turns those that refuse. The last four change the form of answers, and no form is stricter than another:
    they are set one by one.
    """

    # FLOW-2105-400 instead of the sandbox prod
    require_sandbox_header: bool = _flag()
    # 422 instead of version 1.0
    require_spec_version: bool = _flag()
    # FLOW-1404-412 for an etag sent without its quotes
    require_if_match_quotes: bool = _flag()
    # FLOW-1413-400 instead of storing the right id with a warning
    refuse_misprinted_ids: bool = _flag()
    # FLOW-1451-400 instead of passing a query parameter over with a warning
    refuse_unknown_parameters: bool = _flag()
    # the code of the rule instead of reading what tutorials write otherwise: capitals, \t, a version as a number
    refuse_loose_spellings: bool = _flag()
    # FLOW-1436-400 for a subOp beside an operation that takes none
    refuse_sub_operations: bool = _flag()
    # FLOW-1426-400 for a specification that a user stores
    refuse_spec_writes: bool = _flag()
    # every rule on the params of an on-demand run, instead of the harmless ones
    on_demand_strict: bool = _flag()
    # CONNECTOR-1312-400 for a destination that is patched without all secrets; with clients always
    demand_secrets_anew: bool = _flag()
    # CONNECTOR-1312-400 for a credential that the connector's specification does not list, instead of a warning
    refuse_unknown_fields: bool = _flag()
    # CONNECTOR-1360, or not
    past_start_time: str = attrs.field(
        default="accept", validator=_choice(*PAST_START_TIMES)
    )

    # of the answer to POST /runs
    run_create_envelope: str = attrs.field(
        default="items", validator=_choice(*RUN_ENVELOPES)
    )
    # how many reads still see a transitional state
    async_states: int = attrs.field(default=0, validator=_reads)
    # refusals in the older shape: errorMessage and errorDetails only
    legacy_errors: bool = _flag()
    # of a DELETE that was done
    delete_status: int = attrs.field(default=204, validator=_choice(*DELETE_STATUSES))

    @classmethod
    def strict(cls, **forms: Any) -> Strictness:
        """Return the platform's side of every switch that refuses; `forms` are switches to set besides."""
        return cls(**{**_REFUSING, **forms})


_REFUSING: Final[Mapping[str, Any]] = {
    "require_sandbox_header": True,
    "require_spec_version": True,
    "require_if_match_quotes": True,
    "refuse_misprinted_ids": True,
    "refuse_unknown_parameters": True,
    "refuse_loose_spellings": True,
    "refuse_sub_operations": True,
    "refuse_spec_writes": True,
    "on_demand_strict": True,
    "demand_secrets_anew": True,
    "refuse_unknown_fields": True,
    "past_start_time": "reject",
}

NAMES: Final = tuple(field.name for field in attrs.fields(Strictness))


def build(
    switches: Mapping[str, Any], *, where: str, strict: bool = False
) -> Strictness:
    """Return the switches of a file or a command line. Raises `InvalidInput` naming the switch that cannot be."""
    known = f"known: {', '.join(NAMES)}"
    for name in switches:
        if name not in NAMES:
            remedy = suggest(name, NAMES, otherwise=known)
            raise InvalidInput(f"{where}: there is no switch {name}", remedy=remedy)
    try:
        if strict:
            return Strictness.strict(**switches)
        return Strictness(**switches)
    except InvalidInput as error:
        raise_bare(InvalidInput(f"{where}: {error.message}", remedy=error.remedy))


def parse(switches: Iterable[str]) -> dict[str, Any]:
    """Return switches given as NAME or NAME=VALUE, as on a command line. A name alone means true."""
    values: dict[str, Any] = {}
    for switch in switches:
        name, equals, value = switch.partition("=")
        if not equals:
            value = "true"
        values[name.strip().replace("-", "_")] = _parse_value(value.strip())
    return values


def _parse_value(text: str) -> Any:
    if text.isdecimal() and len(text) < 6:
        return int(text)
    return {"true": True, "false": False}.get(text.lower(), text)
