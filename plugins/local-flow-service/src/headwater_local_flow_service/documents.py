"""What a connection may consist of: the caller's document checked, completed, and its secrets told from the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from headwater import credentials
from headwater.errors import InvalidInput
from headwater.secret import MASK
from headwater_local_flow_service.errors import FlowError

if TYPE_CHECKING:
    from headwater.connector import Connector
    from headwater.models import AuthenticationSpec, Problem
    from headwater_local_flow_service.catalog import Catalog
    from headwater_local_flow_service.settings import Strictness

# What the service itself writes; sent by a caller, it is passed over.
READ_ONLY = frozenset(
    {
        "id", "createdAt", "updatedAt", "createdBy", "updatedBy", "createdClient", "updatedClient", "sandboxId",
        "sandboxName", "imsOrgId", "version", "etag", "state",
    }
)  # fmt: skip


@attrs.frozen
class Checked:
    """A document fit to be stored: complete, with its secrets in clear, and what the caller should be told."""

    document: dict[str, Any] = attrs.field(repr=False)
    secret_names: frozenset[str]
    warning: str = ""


def checked(body: dict[str, Any], catalog: Catalog, strictness: Strictness) -> Checked:
    """Check a document of ``POST /connections``. Raises `FlowError` with the code for what is wrong."""
    document = {name: value for name, value in body.items() if name not in READ_ONLY}
    check_texts(document)
    connector, warning = _connector(document.get("connectionSpec"), catalog, strictness)
    document["connectionSpec"] = _reference(document["connectionSpec"], connector, strictness)
    if document.get("auth") is None:
        document.pop("auth", None)
    names = settle_auth(document, connector)
    return Checked(document, names, warning)


def check_texts(document: dict[str, Any]) -> None:
    """Check name and description, which may be missing but must be texts. Raises `FlowError`."""
    for name in ("name", "description"):
        if document.get(name) is None:
            document.pop(name, None)
        elif not isinstance(document[name], str):
            raise FlowError("CONNECTOR-1312-400", f"{name} must be of type string")


def settle_auth(document: dict[str, Any], connector: Connector) -> frozenset[str]:
    """Check ``auth`` against the connector, drop what does not belong there, and return the names of the secrets."""
    auth = document.get("auth")
    if auth is None:
        if connector.authentication:
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
    check_params(candidates, params)
    document["auth"] = {"specName": auth["specName"], "params": params}
    return secret_names(candidates)


def secret_names(candidates: list[AuthenticationSpec]) -> frozenset[str]:
    """Return every field that is secret in any of the specifications of one name."""
    return frozenset[str]().union(*(spec.secret_names for spec in candidates))


def check_params(candidates: list[AuthenticationSpec], params: dict[str, Any]) -> None:
    """Hold credentials against the specifications of one name; one that accepts them is enough. Raises `FlowError`.

    What arrives over HTTP is literal: a text like ``env:NAME`` is the secret itself and is never looked up.
    """
    found: list[list[Problem]] = []
    broken = ""
    try:
        found = [credentials.validate(spec, params) for spec in candidates]
    except InvalidInput as error:
        broken = error.message
    if broken:
        raise FlowError("CONNECTOR-1301-400", broken)
    problems = min(found, key=len)
    if problems:
        missing = any(problem.rule == "required" for problem in problems)
        text = "; ".join(f"auth.params.{problem.field} {problem.message}" for problem in problems)
        raise FlowError("CONNECTOR-1304-400" if missing else "CONNECTOR-1312-400", text)


def named(connector: Connector, name: Any) -> list[AuthenticationSpec]:
    """Return the connector's authentication specifications of this name; several clouds may share it."""
    return [spec for spec in connector.authentication if spec.spec_name == name]


def masked(document: dict[str, Any], names: frozenset[str]) -> dict[str, Any]:
    """Return the document as it may be read: every secret replaced by a mask."""
    if "auth" not in document:
        return document
    auth = document["auth"]
    params = {name: MASK if name in names else value for name, value in auth["params"].items()}
    return document | {"auth": auth | {"params": params}}


def _named(name: Any, connector: Connector) -> list[AuthenticationSpec]:
    candidates = named(connector, name)
    if not candidates:
        known = ", ".join(dict.fromkeys(spec.spec_name for spec in connector.authentication)) or "none"
        raise FlowError(
            "FLOW-1415-400",
            f"auth.specName is not an authentication specification of {connector.spec.name}; known: {known}",
        )
    return candidates


def _connector(reference: Any, catalog: Catalog, strictness: Strictness) -> tuple[Connector, str]:
    """Find the connector a ``connectionSpec`` names; the second value is a warning where its id was misprinted."""
    wanted = reference.get("id") if isinstance(reference, dict) else None
    if not isinstance(wanted, str):
        raise FlowError("FLOW-1413-400", "connectionSpec.id is missing or not a text")
    wanted = wanted.strip().lower()
    if wanted in catalog.by_id:
        return catalog.by_id[wanted], ""
    meant = catalog.by_misprint.get(wanted)
    if meant is None or strictness.refuse_misprinted_ids:
        raise FlowError(
            "FLOW-1413-400", f"connectionSpec.id is not a known connection specification{catalog.hint(wanted)}"
        )
    return meant, f"connectionSpec.id is a known misprint; stored {meant.spec.id} ({meant.spec.name}) instead"


def _reference(reference: dict[str, Any], connector: Connector, strictness: Strictness) -> dict[str, Any]:
    version = reference.get("version")
    if version is None and strictness.require_spec_version:
        raise FlowError("HEADWATER-1422-422", "connectionSpec.version is missing")
    if version is not None and not isinstance(version, str):
        raise FlowError("CONNECTOR-1312-400", "connectionSpec.version must be of type string")
    return {"id": connector.spec.id, "version": "1.0" if version is None else version}
