"""What a base connection may consist of: its credentials checked, and the secrets told from the rest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import attrs

from headwater.credentials import validation
from headwater.errors import InvalidInput
from headwater.secret import MASK
from headwater_local_flow_service.errors import FlowError
from headwater_local_flow_service.kernel import bodies, bounded

if TYPE_CHECKING:
    from headwater.connectors.connector import Connector
    from headwater.models import AuthenticationSpec, Problem
    from headwater_local_flow_service.specs.references import SpecReference


@attrs.frozen
class Checked:
    """A document fit to be stored: complete, with its secrets in clear, and what the caller should be told."""

    document: dict[str, Any] = attrs.field(repr=False)
    secret_names: frozenset[str]
    warning: str = ""


def checked(
    body: dict[str, Any], found: SpecReference, *, draft: bool = False
) -> Checked:
    """Check a document of ``POST /connections``; a draft may lack what is mandatory. Raises `FlowError`."""
    document = bodies.drop_read_only(body)
    bodies.check_texts(document)
    document["connectionSpec"] = found.reference
    if document.get("auth") is None:
        document.pop("auth", None)
    names = settle_auth(document, found.connector, draft=draft)
    return Checked(document, names, found.warning)


def settle_auth(
    document: dict[str, Any], connector: Connector, *, draft: bool = False
) -> frozenset[str]:
    """Check ``auth`` against the connector, drop what does not belong there, and return the names of the secrets."""
    auth = document.get("auth")
    if auth is None:
        if connector.authentication and not draft:
            raise FlowError("CONNECTOR-1304-400", "the mandatory field auth is missing")
        return frozenset()
    if not isinstance(auth, dict):
        raise FlowError("CONNECTOR-1312-400", "auth must be of type object")
    candidates = _named(auth.get("specName"), connector)
    params = auth.get("params")
    if params is None:
        params = {}
    if not isinstance(params, dict):
        raise FlowError("CONNECTOR-1312-400", "auth.params must be of type object")
    check_params(candidates, params, draft=draft)
    document["auth"] = {"specName": auth["specName"], "params": params}
    return secret_names(candidates, params)


def secret_names(
    candidates: list[AuthenticationSpec], params: Mapping[str, Any] | None = None
) -> frozenset[str]:
    """Return every field that is secret in any of the specifications of one name.

    A specification that came from outside may hide secrets below its fields, or take fields it does not list: then
    every one of `params` that could be one counts as secret.
    """
    names = frozenset[str]().union(*(spec.secret_names for spec in candidates))
    if not any(hides_secrets(spec) for spec in candidates):
        listed = {field.name for spec in candidates for field in spec.fields}
        return names | (frozenset(params or ()) - listed)
    return names | frozenset(params or ())


def hides_secrets(spec: AuthenticationSpec) -> bool:
    """Say whether a schema from outside may mark secrets elsewhere than on its own properties."""
    if spec.raw is None:
        return False
    marks, referring = _marks(spec.raw)
    return referring or marks != len(spec.secret_names)


def _marks(schema: Any) -> tuple[int, bool]:
    """Count the places a schema marks as secret, and say whether it refers to others."""
    found, referring, level = 0, False, [schema]
    while level:
        value = level.pop()
        if isinstance(value, Mapping):
            found += value.get("format") == "password"
            referring = referring or "$ref" in value
            level += value.values()
        elif isinstance(value, list):
            level += value
    return found, referring


def check_params(
    candidates: list[AuthenticationSpec], params: dict[str, Any], *, draft: bool = False
) -> None:
    """Hold credentials against the specifications of one name; one that accepts them is enough. Raises `FlowError`.

    What arrives over HTTP is literal: a text like ``env:NAME`` is the secret itself and is never looked up. In a draft,
    fields may be missing.
    """
    found: list[list[Problem]] = []
    broken = ""
    try:
        found = [_problems(spec, params, draft=draft) for spec in candidates]
    except InvalidInput as error:
        broken = error.message
    if broken:
        raise FlowError("CONNECTOR-1301-400", broken)
    problems = min(found, key=len)
    if problems:
        missing = any(problem.rule == "required" for problem in problems)
        text = "; ".join(
            f"auth.params.{problem.field} {problem.message}" for problem in problems
        )
        raise FlowError("CONNECTOR-1304-400" if missing else "CONNECTOR-1312-400", text)


def _problems(
    spec: AuthenticationSpec, params: dict[str, Any], *, draft: bool
) -> list[Problem]:
    problems = validation.validate(
        spec, params, validator=bounded.validator_class() if spec.raw else None
    )
    return [
        problem for problem in problems if not (draft and problem.rule == "required")
    ]


def named(connector: Connector, name: Any) -> list[AuthenticationSpec]:
    """Return the connector's authentication specifications of this name; several clouds may share it."""
    return [spec for spec in connector.authentication if spec.spec_name == name]


def masked(document: dict[str, Any], names: frozenset[str]) -> dict[str, Any]:
    """Return the document as it may be read: every secret replaced by a mask."""
    if "auth" not in document:
        return document
    auth = document["auth"]
    params = {
        name: MASK if name in names else value for name, value in auth["params"].items()
    }
    return document | {"auth": auth | {"params": params}}


def _named(name: Any, connector: Connector) -> list[AuthenticationSpec]:
    candidates = named(connector, name)
    if not candidates:
        known = (
            ", ".join(
                dict.fromkeys(spec.spec_name for spec in connector.authentication)
            )
            or "none"
        )
        raise FlowError(
            "FLOW-1415-400",
            f"auth.specName is not an authentication specification of {connector.spec.name}; known: {known}",
        )
    return candidates
