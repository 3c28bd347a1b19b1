"""``/explore`` and ``/configs``: what is asked, checked in full before anybody is bothered with it.

The rules: docs/flow-service-operations.md#exploring.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any, Final

import attrs

from headwater_local_flow_service.connections import asking, pql
from headwater_local_flow_service.errors import FlowError, not_found
from headwater_local_flow_service.gateway.gateway import caller_of
from headwater_local_flow_service.gateway.incoming import parameters
from headwater_local_flow_service.kernel import bodies, handlers
from headwater_local_flow_service.specs import data_formats, spec_parts, stored_specs
from headwater_local_flow_service.specs.fixed_connection_specs import LANDING_ZONE

if TYPE_CHECKING:
    from collections.abc import Mapping

    import falcon

    from headwater.connectors.connector import Connector
    from headwater_local_flow_service.connections.connections import Connections
    from headwater_local_flow_service.kernel.service_context import ServiceContext

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
    file_options: Mapping[str, str]


class ExploreConnection:
    """``/connections/{id}/explore``: the source's tables, and a table's columns and first rows."""

    def __init__(self, kind: Connections) -> None:
        self._kind = kind

    def on_get(self, req: falcon.Request, resp: falcon.Response, id: str) -> None:
        """Return an array for a root, an object for a table; the source itself is asked, through its connector."""
        question = asked(req)
        kind, scope = self._kind, caller_of(req).scope
        with kind.context.store.reading() as rows:
            record = handlers.found(kind, rows, scope, id)
            connector = stored_specs.connector(
                rows, kind.context.catalog(), scope, record.spec_id
            )
        check_answerable(question, connector)
        if question.object_type == "root":
            resp.media = asking.root(kind, record)
        else:
            resp.media = asking.table(
                kind, record, question.object, preview=question.preview
            )


class ExploreSpec:
    """``/connectionSpecs/{id}/explore``: for sources without a base connection, of which the landing zone is here."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context

    def on_get(self, req: falcon.Request, resp: falcon.Response, id: str) -> None:
        """Return what lies in the landing zone, which is nothing: nothing puts files there."""
        question = asked(req)
        scope, catalog = caller_of(req).scope, self._context.catalog()
        with self._context.store.reading() as rows:
            if stored_specs.connection_spec(rows, catalog, scope, id) is None:
                raise not_found(id, "connectionSpecs")
            connector = stored_specs.connector(rows, catalog, scope, id)
        if connector is not None and connector.spec.base_connection:
            text = "this source is explored through a base connection: /connections/{id}/explore"
            raise FlowError("CONNECTOR-1372-400", text)
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


def asked(req: falcon.Request) -> Question:
    """Read the parameters of an exploration. Raises `FlowError` with the code for what is wrong."""
    given = {
        name: values[-1]
        for name, values in parameters(req, PARAMETERS, spelled=_spelled).items()
    }
    for name, value in given.items():
        if not value.strip():
            code = (
                "CONNECTOR-1358-400" if name == "objectType" else "CONNECTOR-1334-400"
            )
            raise FlowError(code, f"the query parameter {name} is empty")
    object_type = given.get("objectType", "").lower()
    if object_type not in OBJECT_TYPES:
        raise FlowError(
            "CONNECTOR-1358-400", f"objectType is one of {', '.join(OBJECT_TYPES)}"
        )
    if object_type != "root" and "object" not in given:
        raise FlowError(
            "CONNECTOR-1337-400", f"object is missing for the objectType {object_type}"
        )
    return Question(
        object_type=object_type,
        object=given.get("object", ""),
        preview=_flag(given, "preview"),
        filtered=_filtered(given),
        file_options=_file_options(given),
    )


def check_answerable(question: Question, connector: Connector | None) -> None:
    """Refuse what the source cannot be asked. Raises `FlowError`."""
    if connector is None:
        raise FlowError(
            "CONNECTOR-1336-400",
            "the connector of this connection is not installed any more",
        )
    known = spec_parts.explored(connector)
    if question.object_type not in known:
        text = f"{connector.spec.name} is explored by {', '.join(known) or 'nothing'}, not by {question.object_type}"
        raise FlowError("CONNECTOR-1336-400", text)
    if question.filtered:
        if not spec_parts.filters_at_source(connector):
            raise FlowError(
                "CONNECTOR-1353-400",
                f"{connector.spec.name} does not filter at the source",
            )
        raise FlowError(
            "CONNECTOR-1354-400",
            "the embedded service passes no filters on to a source",
        )
    if question.object_type in ("folder", "file"):
        raise FlowError(
            "CONNECTOR-1336-400",
            "the embedded service looks into tables, not into files",
        )


def _spelled(name: str) -> str:
    return _SPELLINGS.get(name.replace("_", "").lower(), name)


def _flag(given: Mapping[str, str], name: str) -> bool:
    text = given.get(name, "false").lower()
    if text not in ("true", "false"):
        raise FlowError("CONNECTOR-1312-400", f"{name} is true or false")
    return text == "true"


def _file_options(given: Mapping[str, str]) -> dict[str, str]:
    options = {name: given[name] for name in _FILE_OPTIONS if name in given}
    if _flag(given, "determineProperties") and options:
        raise FlowError(
            "CONNECTOR-1374-400",
            f"determineProperties goes with none of {', '.join(_FILE_OPTIONS)}",
        )
    if "fileType" in options:
        options["fileType"] = options["fileType"].lower()
    bodies.read_choice(options, "fileType", data_formats.FILES, path="")
    data_formats.check_properties(options, "")
    if (
        options.get("fileType", "delimited") != "delimited"
        and {"columnDelimiter", "encoding"} & options.keys()
    ):
        raise FlowError(
            "CONNECTOR-1312-400",
            "columnDelimiter and encoding are for the fileType delimited",
        )
    return options


def _filtered(given: Mapping[str, str]) -> bool:
    if "filters" not in given:
        return False
    decoded: Any = None
    failure = ""
    try:
        raw = given["filters"].replace(
            " ", "+"
        )  # a plus sign decodes to a blank in a query string
        text = base64.b64decode(
            raw + "=" * (-len(raw) % 4),
            altchars=b"-_" if set(raw) & set("-_") else None,
            validate=True,
        )
        decoded = json.loads(text)
    except RecursionError:
        failure = "CONNECTOR-1349-400"
    except UnicodeDecodeError:
        failure = "CONNECTOR-1389-400"
    except json.JSONDecodeError:
        failure = "CONNECTOR-1335-400"
    except ValueError:
        failure = "CONNECTOR-1389-400"
    if failure:
        raise FlowError(failure, "filters must be a JSON object in Base64")
    pql.check(decoded)
    return True
