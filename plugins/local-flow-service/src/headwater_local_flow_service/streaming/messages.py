"""What is sent to an inlet, made whole: an XDM message with every header, for exactly one data set.

An XDM message is ``{"header": {schemaRef, imsOrgId, datasetId, flowId, source}, "body": {"xdmMeta", "xdmEntity"}}``.
Raw data becomes one through the mapping of its dataflow.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from headwater_local_flow_service.inlets import problems
from headwater_local_flow_service.neighbours.ids import schema_id
from headwater_local_flow_service.store.inlet_rows import Message
from headwater_local_flow_service.streaming.routing import NoRoute
from headwater_local_flow_service.streaming.validating import MAPPED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headwater_local_flow_service.inlets.problems import InletError
    from headwater_local_flow_service.streaming.openings import Opening
    from headwater_local_flow_service.streaming.routing import Route, Router

_NAMES: Final = ("imsOrgId", "datasetId", "flowId")


class MessageReader:
    """Reads the messages of one request to an inlet. Every method raises `InletError` (400) for what is wrong."""

    def __init__(self, opening: Opening, router: Router, received_at: int) -> None:
        self._opening = opening
        self._router = router
        self._received_at = received_at

    def read(self, sent: Any) -> tuple[Route, dict[str, Any]]:
        """Return where a message goes, and the message as it is stored."""
        if not isinstance(sent, dict):
            raise self._refusal(problems.UNKNOWN_FORMAT, "a message is a JSON object")
        if self._opening.raw:
            return self._read_raw(sent)
        return self._read_xdm(sent)

    def to_store(self, route: Route, message: Mapping[str, Any]) -> Message:
        """Return the row of a message."""
        return Message(
            scope=route.scope,
            flow=route.flow,
            data_set=route.data_set,
            received_at=self._received_at,
            text=json.dumps(message, separators=(",", ":")),
        )

    def _read_raw(self, sent: dict[str, Any]) -> tuple[Route, dict[str, Any]]:
        route = self._find_route(None, None)
        if route.mapping is None:
            raise self._refusal(
                problems.INVALID, "raw data needs a dataflow with a Mapping"
            )
        body = {"xdmEntity": route.mapping.apply(sent)}
        return route, self._complete({}, body, route) | {MAPPED: True}

    def _read_xdm(self, sent: dict[str, Any]) -> tuple[Route, dict[str, Any]]:
        header, body = sent.get("header"), sent.get("body")
        if not isinstance(header, dict) or not isinstance(body, dict):
            raise self._refusal(
                problems.UNKNOWN_FORMAT, "a message has the objects header and body"
            )
        self._check_organization(header)
        self._check_types(header)
        meta = body.get("xdmMeta")
        schemas = (
            self._read_schema(header, "header"),
            self._read_schema(meta if isinstance(meta, dict) else {}, "body.xdmMeta"),
        )
        route = self._find_route(header.get("flowId"), header.get("datasetId"))
        wanted = schema_id(route.schema["id"])
        if any(schema != wanted for schema in schemas):
            raise self._refusal(
                problems.INVALID,
                "header.schemaRef and body.xdmMeta.schemaRef must both name the schema of the data set",
            )
        entity = body.get("xdmEntity")
        if route.mapping is None or not isinstance(entity, dict):
            return route, self._complete(header, body, route)
        body = {**body, "xdmEntity": route.mapping.apply(entity)}
        return route, self._complete(header, body, route) | {MAPPED: True}

    def _check_organization(self, header: Mapping[str, Any]) -> None:
        if header.get("imsOrgId") not in (None, self._opening.inlet.scope.org):
            raise self._refusal(problems.WRONG_ORGANIZATION)

    def _check_types(self, header: Mapping[str, Any]) -> None:
        for name in _NAMES:
            if not isinstance(header.get(name), (str, type(None))):
                raise self._refusal(
                    problems.INVALID, f"header.{name} must be of type string"
                )
        if not isinstance(header.get("source"), (dict, type(None))):
            raise self._refusal(
                problems.INVALID, "header.source must be of type object"
            )
        if "operations" in header:
            raise self._refusal(
                problems.INVALID,
                "header.operations is for Profile, which the embedded service has not",
            )

    def _read_schema(self, holder: Mapping[str, Any], path: str) -> str:
        """Return the id of the schema that a part of a message names."""
        reference = holder.get("schemaRef")
        id = reference.get("id") if isinstance(reference, dict) else None
        if not isinstance(id, str) or not id:
            raise self._refusal(
                problems.UNKNOWN_FORMAT, f"{path}.schemaRef.id is missing"
            )
        return schema_id(id)

    def _find_route(self, flow: str | None, data_set: str | None) -> Route:
        try:
            return self._router.find(flow or None, data_set or None)
        except NoRoute as error:
            refusal = self._refusal(problems.INVALID, error.text)
        raise refusal

    def _complete(
        self, header: Mapping[str, Any], body: Mapping[str, Any], route: Route
    ) -> dict[str, Any]:
        """Return a message with everything that its sender may leave out."""
        source = header.get("source") or {}
        if not source.get("name"):
            source = {**source, "name": self._opening.source_name}
        completed = {
            "schemaRef": dict(route.schema),
            **header,
            "imsOrgId": route.scope.org,
            "datasetId": route.data_set,
            "flowId": route.flow,
            "source": source,
        }
        meta = {"xdmMeta": {"schemaRef": dict(route.schema)}}
        return {"header": completed, "body": {**meta, **body}}

    def _refusal(self, text: str, *reasons: str) -> InletError:
        inlet = self._opening.inlet
        return problems.invalid(inlet.id, inlet.scope.org, text, *reasons)
