"""The body of a dataflow, read once: each part checked against the rules, and against the flow specification."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from headwater_local_flow_service.errors import FlowError
from headwater_local_flow_service.flows import schedules, spec_rules
from headwater_local_flow_service.flows.dataflow import (
    SOURCES,
    TARGETS,
    TRANSFORMATIONS,
    Dataflow,
)
from headwater_local_flow_service.flows.transformations import (
    check_transformations,
    read_transformations,
)
from headwater_local_flow_service.kernel import bodies

if TYPE_CHECKING:
    from collections.abc import Mapping

_OPTIONAL: Final = (
    SOURCES,
    TARGETS,
    schedules.FIELD,
    TRANSFORMATIONS,
    "labels",
    "policy",
    "options",
)


def read_dataflow(
    body: Mapping[str, Any], flow_spec: Mapping[str, Any], *, draft: bool
) -> Dataflow:
    """Return the dataflow that a body describes, apart from the connections it names; a draft may lack parts.

    Raises `FlowError` with the code for what is wrong.
    """
    document = bodies.normalize(body, *_OPTIONAL)
    bodies.check_naming(document)
    source_id = _read_connection_id(document, SOURCES, draft=draft)
    target_id = _read_connection_id(document, TARGETS, draft=draft)
    schedule = None
    if schedules.FIELD in document or not draft:
        schedule = schedules.read_schedule(document.get(schedules.FIELD), flow_spec)
    transformations = read_transformations(document)
    check_transformations(transformations, flow_spec)
    if TRANSFORMATIONS in document:
        document[TRANSFORMATIONS] = [step.document for step in transformations]
    bodies.read_array(document, "labels", "string")
    bodies.read_field(document, "policy", "object")
    _check_options(document, flow_spec)
    return Dataflow(
        document=document,
        source_id=source_id,
        target_id=target_id,
        transformations=transformations,
        schedule=schedule,
    )


def check_service_fields(body: Mapping[str, Any]) -> None:
    """Refuse a new dataflow that says what is not the caller's to say. Raises `FlowError`."""
    if "state" in body:
        raise FlowError(
            "FLOW-1410-400",
            "state is written by the service: leave it out, or ask for mode=draft",
        )
    if "mode" in body:
        raise FlowError("CONNECTOR-1368-400", "mode is a query parameter, not a field")


def _read_connection_id(
    document: Mapping[str, Any], name: str, *, draft: bool
) -> str | None:
    ids = bodies.read_field(document, name, "array")
    if ids is None and draft:
        return None
    if not ids:
        raise FlowError("CONNECTOR-1320-400", f"{name} is empty: name one connection")
    if len(ids) != 1:
        raise FlowError(
            "CONNECTOR-1321-400", f"{name} must name exactly one connection"
        )
    id = ids[0]
    if not isinstance(id, str) or not id.strip():
        raise FlowError(
            "CONNECTOR-1338-400", f"{name} must hold the id of a connection"
        )
    return id


def _check_options(document: Mapping[str, Any], flow_spec: Mapping[str, Any]) -> None:
    options = bodies.read_field(document, "options", "object")
    schema = spec_rules.part_schema(flow_spec, "optionSpec")
    if schema:
        spec_rules.check_values(options or {}, schema, "options")
