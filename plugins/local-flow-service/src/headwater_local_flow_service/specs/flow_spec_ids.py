"""The ids of the flow specifications that no connector brings; they are the platform's."""

from __future__ import annotations

from typing import Final

CRM_TO_AEP: Final = "14518937-270c-4525-bdec-c2ba7cce3860"
CLOUD_STORAGE_TO_AEP: Final = "9753525b-82c7-4dce-8a9b-5ccfce2b9876"
REST_STORAGE_TO_AEP: Final = "6499120c-0b15-42dc-936e-847ea3c24d72"
STREAM: Final = "d8a6f005-7eaf-4153-983e-e8574508b877"
STREAM_WITH_MAPPING: Final = "c1a19761-d2c7-4702-b9fa-fe91f0613e81"
STREAM_OR_MAPPING: Final = "d69717ba-71b4-4313-b654-49f9cf126d7a"
GENERIC_STREAMING: Final = "e77fde5a-22a8-11ed-861d-0242ac120002"

# Those whose transformation is not optional. Pages leave the mapping out of REST APIs and of queues.
MAPPED: Final = frozenset({STREAM_WITH_MAPPING})
