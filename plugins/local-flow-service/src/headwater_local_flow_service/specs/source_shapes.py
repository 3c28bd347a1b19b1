"""What is read of each sort of source: the format and the parameters of its source connections, and how it is explored.

None of it is a connector's to say; it follows from the kind of source, and for some from its connection specification.
The rules: docs/flow-service-operations.md#source-connections.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs

from headwater_local_flow_service.specs import flow_spec_ids, rest_schemas
from headwater_local_flow_service.specs.data_formats import (
    COMPRESSIONS,
    ENCODINGS,
    FILES,
    TABULAR,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headwater.connectors.connector import Connector

TABLE: Final = "table"
FILE: Final = "file"
REST: Final = "rest"
STREAMING: Final = "streaming"
WEBHOOK: Final = "webhook"

DRAFT: Final = "http://json-schema.org/draft-07/schema#"


@attrs.frozen(kw_only=True)
class SourceShape:
    """How the data of a source comes.

    `formats` are what ``data.format`` may be; `has_data` says whether a source connection must tell one. `params` is
    the JSON Schema of its ``params``; `former_params` are names that older pages write in the place of some of them.
    `explored` are the types of objects that the source is explored by, none where it is not; `wraps_root` says that its
    list of tables comes in an object. `flow_specs` are the flow specifications that take its data.
    """

    kind: str
    type: str
    formats: tuple[str, ...]
    flow_specs: tuple[str, ...]
    has_data: bool = True
    params: Mapping[str, Any] = attrs.field(repr=False)
    former_params: Mapping[str, str] = attrs.field(factory=dict)
    explored: tuple[str, ...] = ()
    explore_type: str = ""
    wraps_root: bool = False
    explore_options: Mapping[str, Any] = attrs.field(factory=dict, repr=False)


def _params(*required: str, **properties: Any) -> dict[str, Any]:
    return {
        "$schema": DRAFT,
        "type": "object",
        "properties": properties,
        "required": [*required],
    }


_STRING: Final = {"type": "string", "minLength": 1}
_COLUMN: Final = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "type": {"type": "string"},
        "xdm": {"type": "object"},
    },
    "required": ["name"],
}
_OF_A_STREAM: Final = {
    "dataType": {"type": "string", "enum": ["raw", "xdm"]},
    "reset": {"type": "string", "enum": ["earliest", "latest"], "default": "earliest"},
}

_TABLES: Final = SourceShape(
    kind=TABLE,
    type="Tabular",
    formats=(TABULAR,),
    flow_specs=(flow_spec_ids.CRM_TO_AEP,),
    params=_params(
        "tableName",
        tableName={"type": "string"},
        columns={"type": "array", "items": _COLUMN},
    ),
    explored=("root", "table"),
    explore_type="Tabular",
)
_FILES: Final = SourceShape(
    kind=FILE,
    type="CloudStorage",
    formats=FILES,
    flow_specs=(flow_spec_ids.CLOUD_STORAGE_TO_AEP,),
    params=_params(
        "path",
        path={
            "type": "string",
            "description": "A file, a folder, or a pattern of files.",
        },
        type={"type": "string", "enum": ["file", "folder"]},
        recursive={"type": "boolean", "default": False},
    ),
    explored=("root", "folder", "file"),
    explore_type="FileSystem",
    explore_options={
        "fileType": {"type": "string", "enum": [*FILES]},
        "compressionType": {"type": "string", "enum": [*COMPRESSIONS]},
        "columnDelimiter": {"type": "string", "minLength": 1, "maxLength": 1},
        "encoding": {"type": "string", "enum": [*ENCODINGS]},
    },
)
_RESOURCES: Final = SourceShape(
    kind=REST,
    type="Resource",
    formats=("json",),
    flow_specs=(flow_spec_ids.REST_STORAGE_TO_AEP,),
    params=_params(),
    explored=("rest",),
    explore_type="Resource",
    explore_options={
        "fileType": {"type": "string", "enum": ["json"]},
        "sourceParams": {"type": "string", "description": "A JSON object in Base64."},
    },
)
_STREAMS: Final = SourceShape(
    kind=STREAMING,
    type="Streaming",
    formats=("json", "parquet_xdm"),
    flow_specs=(
        flow_spec_ids.STREAM,
        flow_spec_ids.STREAM_WITH_MAPPING,
        flow_spec_ids.STREAM_OR_MAPPING,
    ),
    params=_params(),
)
_WEBHOOKS: Final = SourceShape(
    kind=WEBHOOK,
    type="Streaming",
    formats=("json",),
    flow_specs=(flow_spec_ids.GENERIC_STREAMING,),
    params=_params(),
    explore_type="StreamingConnection",
)
_QUEUES: Final = attrs.evolve(_STREAMS, flow_specs=(flow_spec_ids.STREAM_OR_MAPPING,))

HTTP_API: Final = "bc7b00d6-623a-4dfc-9fdb-f1240aeadaeb"
EVENT_HUBS: Final = "bf9f5905-92b7-48bf-bf20-455bc6b60a4e"
KINESIS: Final = "86043421-563b-46ec-8e6c-e23184711bf6"
PUBSUB: Final = "70116022-a743-464a-bbfe-e226a7f8210c"
STRIPE: Final = "cc2c31d6-7b8c-4581-b49f-5c8698aa3ab3"
SNOWFLAKE_STREAMING: Final = "51ae16c2-bdad-42fd-9fce-8d5dfddaf140"
GENERIC_REST: Final = "4e98f16f-87d6-4ef0-bdc6-7a2b0fe76e62"
MIXPANEL: Final = "fd2c8ff3-1de0-4f6b-8fa8-4264784870eb"

# By connection specification. What Adobe's pages print of a source's own, and which sources are made from its template
# for REST APIs.
_BY_ID: Final[Mapping[str, SourceShape]] = {
    HTTP_API: attrs.evolve(_STREAMS, has_data=False),
    EVENT_HUBS: attrs.evolve(
        _QUEUES,
        params=_params(
            "eventHubName",
            eventHubName=_STRING,
            consumerGroup={"type": "string", "default": "$Default"},
            **_OF_A_STREAM,
        ),
    ),
    KINESIS: attrs.evolve(
        _QUEUES, params=_params("stream", stream=_STRING, **_OF_A_STREAM)
    ),
    PUBSUB: attrs.evolve(
        _QUEUES,
        params=_params(
            "topicName",
            "subscriptionName",
            topicName={"type": "string", "pattern": "^projects/[^/]+/topics/[^/]+$"},
            subscriptionName={
                "type": "string",
                "pattern": "^projects/[^/]+/subscriptions/[^/]+$",
            },
            dataType=_OF_A_STREAM["dataType"],
        ),
        former_params={"topicName": "topicId", "subscriptionName": "subscriptionId"},
    ),
    SNOWFLAKE_STREAMING: attrs.evolve(
        _STREAMS,
        formats=(*_STREAMS.formats, TABULAR),
        flow_specs=(flow_spec_ids.STREAM_WITH_MAPPING,),
        has_data=False,
        params=_params(
            "tableName",
            "timestampColumn",
            tableName=_STRING,
            timestampColumn=_STRING,
            backfill={"type": "boolean"},
            timezoneValue={"type": "string", "default": "UTC"},
        ),
        explored=("root", "table"),
        wraps_root=True,
        explore_type="Tabular",
    ),
    GENERIC_REST: attrs.evolve(_RESOURCES, params=rest_schemas.GENERIC),
    MIXPANEL: attrs.evolve(
        _RESOURCES,
        params=_params("projectId", "timezone", projectId=_STRING, timezone=_STRING),
    ),
    STRIPE: attrs.evolve(
        _RESOURCES, params=_params("resourcePath", resourcePath=_STRING)
    ),
    **dict.fromkeys(
        (
            "0a27232b-2c6e-4396-b8c6-c9fc24e37ba4",  # Zendesk
            "2e8580db-6489-4726-96de-e33f5f60295f",  # Mailchimp, members
            "c8ce8c8c-37fb-4162-9fbf-c2f181e04a7a",  # Mailchimp, campaigns
            "cf16d886-c627-4872-9936-fb08d6cba8cc",  # OneTrust
            "d8ee38de-7ae9-4058-9610-c79ce75f8e92",  # SAP Commerce
            "fdf850b4-5a8d-4a5a-9ce8-4caef9abb2a8",  # Oracle NetSuite
        ),
        _RESOURCES,
    ),
}
_BY_KIND: Final[Mapping[str, SourceShape]] = {
    shape.kind: shape for shape in (_TABLES, _FILES, _RESOURCES, _STREAMS, _WEBHOOKS)
}


def shape_of(connector: Connector) -> SourceShape:
    """Return the shape of a connector's source."""
    spec = connector.spec
    known = _BY_ID.get(spec.id or "")
    if known is not None:
        return known
    if spec.ingestion == "streaming":
        return _STREAMS if spec.base_connection else _WEBHOOKS
    return _BY_KIND[spec.kind]


def shape_of_stored(document: Mapping[str, Any], kind: str) -> SourceShape:
    """Return the shape of a source that an organization has specified, whose data comes as a `kind`.

    One made from the template for REST APIs says itself what its source connections must hold.
    """
    if kind == STREAMING:
        return _STREAMS if document.get("authSpec") else _WEBHOOKS
    if not _is_rest(document):
        return _BY_KIND[kind]
    params = _part(document, "sourceSpec").get("spec")
    if not isinstance(params, dict):
        return _RESOURCES
    return attrs.evolve(_RESOURCES, params=params)


def _is_rest(document: Mapping[str, Any]) -> bool:
    if document.get("type") == "generic-rest":
        return True
    return _part(document, "exploreSpec").get("type") == _RESOURCES.explore_type


def _part(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = document.get(name)
    return part if isinstance(part, dict) else {}
