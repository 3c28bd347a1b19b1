"""``/explore`` and ``/configs``: what is asked, checked in full before the source is.

The rules: docs/flow-service-operations.md#exploring.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any, Final

import attrs

from headwater.foreign import raise_bare
from headwater_local_flow_service.connections import asking, pql
from headwater_local_flow_service.errors import FlowError, not_found
from headwater_local_flow_service.gateway.gateway import caller_of
from headwater_local_flow_service.gateway.incoming import parameters
from headwater_local_flow_service.kernel import bodies, lifecycle
from headwater_local_flow_service.specs import (
    data_formats,
    source_connectors,
    spec_parts,
    stored_specs,
)
from headwater_local_flow_service.specs.fixed_connection_specs import LANDING_ZONE

if TYPE_CHECKING:
    from collections.abc import Mapping

    import falcon

    from headwater.connectors.connector import Connector
    from headwater_local_flow_service.connections.connections import Connections
    from headwater_local_flow_service.kernel.service_context import ServiceContext
    from headwater_local_flow_service.store.store import Scope

PARAMETERS: Final = (
    "objectType", "object", "fileType", "compressionType", "columnDelimiter", "encoding", "preview", "filters",
    "determineProperties",
)  # fmt: skip
OBJECT_TYPES: Final = ("root", "table", "file", "folder", "rest")

_FILE_OPTIONS = ("fileType", "compressionType", "columnDelimiter", "encoding")
_SPELLINGS = {name.lower(): name for name in PARAMETERS}


@attrs.frozen(kw_only=True)
class Question:
    """What an exploration asks for, its parameters checked."""

    object_type: str
    object: str
    preview: bool
    filtered: bool


class ExploreConnection:
    """``/connections/{id}/explore``: the source's tables, and a table's columns and first rows."""

    def __init__(self, kind: Connections) -> None:
        self._kind = kind

    def on_get(self, req: falcon.Request, resp: falcon.Response, id: str) -> None:
        """Return an array for a root, an object for a table; the source itself is asked, through its connector."""
        question = read_question(req)
        record = lifecycle.read_record(self._kind, caller_of(req).scope, id)
        connector = self._kind.find_connector(record)
        if connector is None:
            raise FlowError(
                "CONNECTOR-1336-400",
                "the connector of this connection is not installed any more",
            )
        check_answerable(question, connector)
        with asking.refusals(record.id):
            account = self._kind.open_account(record, connector)
            resp.media = _ask(account, question)


class ExploreSpec:
    """``/connectionSpecs/{id}/explore``: for sources without a base connection, of which the landing zone is here."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context

    def on_get(self, req: falcon.Request, resp: falcon.Response, id: str) -> None:
        """Return what lies in the landing zone, which is nothing: nothing puts files there."""
        question = read_question(req)
        self._check_explored(caller_of(req).scope, id)
        if id != LANDING_ZONE or question.object_type not in ("root", "folder", "file"):
            raise FlowError(
                "CONNECTOR-1336-400",
                "nothing is explored by this connection specification here",
            )
        if question.object_type != "root":
            raise FlowError(
                "CONNECTOR-1003-404",
                "object is not in the landing zone, which is empty",
            )
        resp.media = []

    def _check_explored(self, scope: Scope, id: str) -> None:
        """Refuse an id that is not known, and one whose source is explored through a base connection."""
        catalog = self._context.catalog()
        with self._context.store.reading() as rows:
            connector = source_connectors.find_connector(rows, catalog, scope, id)
            if connector is None:
                spec = stored_specs.find_connection_spec(rows, catalog, scope, id)
                if spec is None:
                    raise not_found(id, "connectionSpecs")
                return
        if connector.spec.base_connection:
            text = "this source is explored through a base connection: /connections/{id}/explore"
            raise FlowError("CONNECTOR-1372-400", text)


def read_question(req: falcon.Request) -> Question:
    """Read the parameters of an exploration. Raises `FlowError` with the code for what is wrong."""
    query = {
        name: values[-1]
        for name, values in parameters(req, PARAMETERS, spelled=_parameter_name).items()
    }
    _check_filled(query)
    object_type = query.get("objectType", "").lower()
    if object_type not in OBJECT_TYPES:
        raise FlowError(
            "CONNECTOR-1358-400", f"objectType must be one of {', '.join(OBJECT_TYPES)}"
        )
    if object_type != "root" and "object" not in query:
        raise FlowError(
            "CONNECTOR-1337-400", f"object is missing for the objectType {object_type}"
        )
    preview = _read_flag(query, "preview")
    if "filters" in query:
        pql.check(_decode_filters(query["filters"]))
    _check_file_options(query)
    return Question(
        object_type=object_type,
        object=query.get("object", ""),
        preview=preview,
        filtered="filters" in query,
    )


def check_answerable(question: Question, connector: Connector) -> None:
    """Refuse what the source cannot be asked. Raises `FlowError`."""
    known = spec_parts.object_types(connector)
    if question.object_type not in known:
        text = f"{connector.spec.name} is explored by {', '.join(known) or 'nothing'}, not by {question.object_type}"
        raise FlowError("CONNECTOR-1336-400", text)
    if question.filtered:
        spec_parts.check_filters_at_source(connector)
        raise FlowError(
            "CONNECTOR-1354-400",
            "the embedded service passes no filters on to a source",
        )
    if question.object_type in ("folder", "file"):
        raise FlowError(
            "CONNECTOR-1336-400",
            "the embedded service looks into tables, not into files",
        )
    if not connector.readable:
        raise FlowError(
            "CONNECTOR-1336-400",
            "the connector of this connection cannot read its source directly",
        )


def _ask(account: asking.Account, question: Question) -> Any:
    if question.object_type == "root":
        return asking.list_tables(account)
    return asking.describe_table(account, question.object, preview=question.preview)


def _parameter_name(written: str) -> str:
    return _SPELLINGS.get(written.replace("_", "").lower(), written)


def _check_filled(query: Mapping[str, str]) -> None:
    for name, value in query.items():
        if value.strip():
            continue
        code = "CONNECTOR-1358-400" if name == "objectType" else "CONNECTOR-1334-400"
        raise FlowError(code, f"the query parameter {name} is empty")


def _read_flag(query: Mapping[str, str], name: str) -> bool:
    text = query.get(name, "false").lower()
    if text not in ("true", "false"):
        raise FlowError("CONNECTOR-1312-400", f"{name} must be true or false")
    return text == "true"


def _check_file_options(query: Mapping[str, str]) -> None:
    options = {name: query[name] for name in _FILE_OPTIONS if name in query}
    if _read_flag(query, "determineProperties") and options:
        raise FlowError(
            "CONNECTOR-1374-400",
            f"determineProperties excludes {', '.join(_FILE_OPTIONS)}",
        )
    if "fileType" in options:
        options["fileType"] = options["fileType"].lower()
    bodies.read_choice(options, "fileType", data_formats.FILES, path="")
    data_formats.check_properties(options, "")
    delimited = options.get("fileType", "delimited") == "delimited"
    if not delimited and options.keys() & {"columnDelimiter", "encoding"}:
        raise FlowError(
            "CONNECTOR-1312-400",
            "columnDelimiter and encoding are for the fileType delimited",
        )


def _decode_filters(text: str) -> Any:
    """Return the JSON value in Base64, of either alphabet, with or without padding. Raises `FlowError`."""
    raw = text.replace(" ", "+")  # a plus sign decodes to a blank in a query string
    padded = raw + "=" * (-len(raw) % 4)
    alphabet = b"-_" if set(raw) & set("-_") else b"+/"
    try:
        return json.loads(base64.b64decode(padded, altchars=alphabet, validate=True))
    except RecursionError:
        raise_bare(_undecodable("CONNECTOR-1349-400"))
    except json.JSONDecodeError:
        raise_bare(_undecodable("CONNECTOR-1335-400"))
    except ValueError:  # neither Base64 nor UTF-8
        raise_bare(_undecodable("CONNECTOR-1389-400"))


def _undecodable(code: str) -> FlowError:
    return FlowError(code, "filters must be a JSON object in Base64")
