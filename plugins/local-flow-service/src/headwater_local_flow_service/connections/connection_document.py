"""A base connection as its caller describes it: read once, its credentials checked, its secrets told from the rest."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import attrs

from headwater.credentials import validation
from headwater.credentials.spelling import OwnSpelling, spell_own
from headwater.errors import InvalidInput
from headwater.foreign import raise_bare
from headwater.models import dotted
from headwater_local_flow_service.errors import FlowError
from headwater_local_flow_service.kernel import bodies
from headwater_local_flow_service.store import marks as marking

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from headwater.connectors.connector import Connector
    from headwater.models import AuthenticationSpec, Problem
    from headwater_local_flow_service.store.marks import Marks


_MOST_SAID = 20  # problems of one request
_LONGEST_NAME = 100  # characters of a field's name
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}")


@attrs.frozen(kw_only=True)
class Auth:
    """The ``auth`` of a connection: credentials, and every authentication specification of the name they go by.

    Several clouds may share a name; credentials that fit one of the specifications are right. `params` are as the
    specification spells them, and `respelled` the fields that came in another spelling it takes. `marks` are the paths
    of the secrets: by any of the specifications, and those that were secret in this connection before.
    """

    spec_name: str
    specs: list[AuthenticationSpec] = attrs.field(repr=False)
    params: dict[str, Any] = attrs.field(repr=False)
    marks: Marks = ()
    respelled: tuple[str, ...] = ()

    def mask(self) -> dict[str, Any]:
        """Return what may be read: every secret replaced by a mask."""
        params = marking.mask(self.params, self.marks)
        return {"specName": self.spec_name, "params": params}


@attrs.frozen(kw_only=True)
class ConnectionDocument:
    """What a caller says of a base connection; `auth` is None where it says nothing of credentials."""

    fields: dict[str, Any] = attrs.field(repr=False)
    auth: Auth | None

    @property
    def marks(self) -> Marks:
        """The paths of the secrets."""
        return () if self.auth is None else self.auth.marks

    def mask(self) -> dict[str, Any]:
        """Return what may be read: every secret replaced by a mask."""
        if self.auth is None:
            return self.fields
        return self.fields | {"auth": self.auth.mask()}


def read(
    document: Mapping[str, Any], connector: Connector, marks: Marks = ()
) -> ConnectionDocument:
    """Read a document whose secrets are in clear; `marks` are those of its row before. Raises `FlowError`."""
    fields = bodies.normalize(document, "auth")
    bodies.check_naming(fields)
    if "auth" not in fields:
        return ConnectionDocument(fields=fields, auth=None)
    return ConnectionDocument(fields=fields, auth=_read_auth(fields, connector, marks))


def check_credentials(
    auth: Auth | None,
    connector: Connector,
    *,
    draft: bool = False,
    left_out: Collection[str] = (),
    refuse_unknown: bool = False,
) -> str:
    """Validate credentials against the specifications of their name. Raises `FlowError`.

    What arrives over HTTP is literal: a string like ``env:NAME`` is the secret itself and is never looked up. In a
    draft, credentials and fields of them may be missing, and so may those `left_out` by an export.

    Returns what to warn of: fields in another spelling, and those that a connector's own specification does not list,
    which are refused only where `refuse_unknown` says so; the platform's specifications let others be.
    """
    if auth is None:
        if connector.authentication and not draft:
            raise FlowError("CONNECTOR-1304-400", "the mandatory field auth is missing")
        return ""
    by_spec = _find_problems(auth, draft=draft, left_out=left_out)
    judged = [_judge(problems, auth, refuse_unknown) for problems in by_spec]
    nearest = min(judged, key=lambda one: (len(one.refused), len(one.passed)))
    if nearest.refused:
        raise _refuse([*nearest.refused, *nearest.passed])
    return _warn(auth.respelled, [problem.field for problem in nearest.passed])


@attrs.frozen
class _Judgement:
    """What one specification says against credentials: what they are refused for, and what is only warned of."""

    refused: list[Problem]
    passed: list[Problem]


def _judge(problems: list[Problem], auth: Auth, refuse_unknown: bool) -> _Judgement:
    judgement = _Judgement([], [])
    for problem in problems:
        passes = not refuse_unknown and is_passed_over(problem, auth.specs)
        (judgement.passed if passes else judgement.refused).append(problem)
    return judgement


def is_passed_over(problem: Problem, specs: Sequence[AuthenticationSpec]) -> bool:
    """Say whether a problem is only that a connector lists no such field; one from outside is kept to the letter."""
    return problem.rule == "unknown" and all(spec.raw is None for spec in specs)


def _warn(respelled: Sequence[str], unknown: Sequence[str]) -> str:
    """Return a line of ASCII for a header; a name that came with the request is told only if it is a plain one."""
    texts = []
    if respelled:
        texts.append(f"{_list_names(respelled)} stored as the specification spells it")
    if unknown:
        texts.append(f"{_list_names(unknown)} not in the specification, kept as secret")
    return "; ".join(texts)


def _list_names(names: Sequence[str]) -> str:
    plain = [f"auth.params.{name}" for name in names if _PLAIN_NAME.fullmatch(name)]
    named = plain[:_MOST_SAID]
    if len(named) < len(names):
        named.append(f"{len(names) - len(named)} more")
    return ", ".join(named)


def specs_named(connector: Connector, name: Any) -> list[AuthenticationSpec]:
    """Return the connector's authentication specifications of a name; several clouds may share it."""
    return [spec for spec in connector.authentication if spec.spec_name == name]


def _read_auth(fields: Mapping[str, Any], connector: Connector, marks: Marks) -> Auth:
    auth = bodies.read_field(fields, "auth", "object")
    name = auth.get("specName")
    specs = specs_named(connector, name)
    if not specs:
        names = dict.fromkeys(spec.spec_name for spec in connector.authentication)
        known = ", ".join(names) or "none"
        today = [
            one.spec_name
            for one in connector.authentication
            if name in one.former_names
        ]
        if today:
            known = f"{known}; what older documentation calls so is {today[0]}"
        raise FlowError(
            "FLOW-1415-400",
            f"auth.specName is not an authentication specification of {connector.spec.name}; known: {known}",
        )
    params = bodies.read_field(auth, "params", "object", path="auth") or {}
    own = _spell_own(specs, params)
    found = marking.join(marks, marking.find(specs, own.values))
    return Auth(
        spec_name=name,
        specs=specs,
        params=own.values,
        marks=found,
        respelled=own.changed,
    )


def _spell_own(
    specs: Sequence[AuthenticationSpec], params: Mapping[str, Any]
) -> OwnSpelling:
    """Return credentials as the specification spells them that they break least."""
    spelled = [spell_own(spec, params) for spec in specs]
    if not any(one.changed for one in spelled):
        return OwnSpelling(dict(params))
    counts = [
        len(validation.validate(spec, one.values))
        for spec, one in zip(specs, spelled, strict=True)
    ]
    return spelled[counts.index(min(counts))]


def _find_problems(
    auth: Auth, *, draft: bool, left_out: Collection[str]
) -> list[list[Problem]]:
    """Return what is wrong by each specification of the name. Raises `FlowError`."""
    tolerated = {"required"} if draft else set()
    try:
        by_spec = [_validate(spec, auth.params, tolerated) for spec in auth.specs]
    except InvalidInput as error:  # a stored specification that cannot be evaluated
        raise_bare(FlowError("CONNECTOR-1301-400", error.message))
    if left_out:
        by_spec = [_drop_excused(problems, auth, left_out) for problems in by_spec]
    return by_spec


def _drop_excused(
    problems: list[Problem], auth: Auth, left_out: Collection[str]
) -> list[Problem]:
    return [one for one in problems if not _is_excused(one, auth, left_out)]


def _is_excused(problem: Problem, auth: Auth, left_out: Collection[str]) -> bool:
    """Say whether a problem may come of what is left out: the field itself, or a rule on several fields together."""
    if problem.rule == "required":
        return problem.field in {dotted(marking.path_of(name)) for name in left_out}
    return problem.field.partition(".")[0] not in auth.params


def _validate(
    spec: AuthenticationSpec, params: Mapping[str, Any], tolerated: set[str]
) -> list[Problem]:
    problems = validation.validate(spec, params)
    return [problem for problem in problems if problem.rule not in tolerated]


def _refuse(problems: list[Problem]) -> FlowError:
    said = [
        f"auth.params.{problem.field[:_LONGEST_NAME]} {problem.message}"
        for problem in problems[:_MOST_SAID]
    ]
    if len(problems) > _MOST_SAID:
        said.append(f"and {len(problems) - _MOST_SAID} problems more")
    text = "; ".join(said)
    if any(problem.rule == "required" for problem in problems):
        return FlowError("CONNECTOR-1304-400", text)
    return FlowError("CONNECTOR-1312-400", text)
