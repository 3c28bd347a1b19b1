"""A dataflow as its document describes it, each part read once into a value of its type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs

from headwater_local_flow_service.flows import schedules
from headwater_local_flow_service.flows.spec_rules import COPY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headwater_local_flow_service.flows.schedules import Schedule

SOURCES: Final = "sourceConnectionIds"
TARGETS: Final = "targetConnectionIds"
TRANSFORMATIONS: Final = "transformations"
DELTA_COLUMN: Final = "deltaColumn"


@attrs.frozen(kw_only=True)
class Transformation:
    """One step on the way of the rows; `document` is what is stored of it, its params included."""

    name: str
    params: Mapping[str, Any]
    document: Mapping[str, Any] = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class Dataflow:
    """What the service knows of a dataflow; a draft may lack every part.

    `schedule` is None too where ``scheduleParams`` follow rules of the flow specification's own. `document` is what is
    stored: these parts as they were sent, and the fields that nothing here looks at.
    """

    document: dict[str, Any] = attrs.field(repr=False)
    source_id: str | None
    target_id: str | None
    transformations: tuple[Transformation, ...]
    schedule: Schedule | None

    def find_params(self, name: str) -> Mapping[str, Any] | None:
        """Return the params of the transformation of a name, or None where there is no such transformation."""
        for transformation in self.transformations:
            if transformation.name == name:
                return transformation.params
        return None

    @property
    def delta_column(self) -> str:
        """The name of the column that tells new rows from old ones, or nothing."""
        params = self.find_params(COPY) or {}
        column = params.get(DELTA_COLUMN)
        if not isinstance(column, dict):
            return ""
        return str(column.get("name", ""))

    def add_delta_column(self, column: Mapping[str, Any]) -> dict[str, Any]:
        """Return the document with a Copy transformation, the first one, that names a column."""
        params = {**(self.find_params(COPY) or {}), DELTA_COLUMN: dict(column)}
        transformations: list[Mapping[str, Any]] = [{"name": COPY, "params": params}]
        for transformation in self.transformations:
            if transformation.name != COPY:
                transformations.append(transformation.document)
        return {**self.document, TRANSFORMATIONS: transformations}


def read_stored(document: dict[str, Any]) -> Dataflow:
    """Return the dataflow that a stored document describes; what it holds was checked when it was stored."""
    transformations = [
        Transformation(name=item["name"], params=item.get("params", {}), document=item)
        for item in document.get(TRANSFORMATIONS, ())
    ]
    return Dataflow(
        document=document,
        source_id=_first(document.get(SOURCES)),
        target_id=_first(document.get(TARGETS)),
        transformations=tuple(transformations),
        schedule=schedules.find_schedule(document.get(schedules.FIELD)),
    )


def list_connection_ids(document: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the ids of the source and the target connection that a stored document names."""
    return (*document.get(SOURCES, ()), *document.get(TARGETS, ()))


def _first(ids: list[str] | None) -> str | None:
    if not ids:
        return None
    return ids[0]
