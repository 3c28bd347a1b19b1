"""Objects that Salesforce lets nobody query freely, although it describes them as queryable.

Describe does not tell them apart. The names are those that the readers of Airbyte and of MeltanoLabs leave out, with
``ContentHubItem`` of the documented limits of SOQL on objects, and Airbyte's two that want an id of another object.
"""

from __future__ import annotations

import attrs

from headwater.errors import SourceNotPermitted

_FILTERED = frozenset(
    {
        "ActivityMetric", "ActivityMetricRollup", "Announcement", "AppTabMember", "CollaborationGroupRecord",
        "ColorDefinition", "ContentDocumentLink", "ContentFolderItem", "ContentFolderMember", "ContentHubItem",
        "DataStatistics", "DatacloudDandBCompany", "EntityParticle", "FieldDefinition", "FieldHistoryArchive",
        "FlexQueueItem", "FlowVariableView", "FlowVersionView", "IconDefinition", "IdeaComment",
        "NetworkUserHistoryRecent", "OwnerChangeOptionInfo", "PicklistValueInfo", "PlatformAction",
        "RecordActionHistory", "RelationshipDomain", "RelationshipInfo", "SearchLayout", "SiteDetail",
        "UserEntityAccess", "UserFieldAccess", "Vote",
    }
)  # fmt: skip
_UNSUPPORTED = frozenset(
    {
        "AIPredictionEvent", "ActivityHistory", "AggregateResult", "ApiAnomalyEvent", "ApiEventStream",
        "AssetTokenEvent", "AsyncOperationEvent", "AsyncOperationStatus", "AttachedContentDocument",
        "AttachedContentNote", "BatchApexErrorEvent", "BulkApiResultEvent", "CombinedAttachment",
        "ConcurLongRunApexErrEvent", "ContentBody", "CredentialStuffingEvent", "DataType", "DatacloudAddress",
        "EmailStatus", "FeedLike", "FeedSignal", "FeedTrackedChange", "FlowExecutionErrorEvent",
        "FolderedContentDocument", "LightningUriEventStream", "ListViewChartInstance", "ListViewEventStream",
        "LoginAsEventStream", "LoginEventStream", "LogoutEventStream", "LookedUpFromActivity", "Name",
        "NoteAndAttachment", "OpenActivity", "OrgLifecycleNotification", "OutgoingEmail", "OutgoingEmailRelation",
        "OwnedContentDocument", "PlatformStatusAlertEvent", "ProcessExceptionEvent", "ProcessInstanceHistory",
        "QuoteTemplateRichTextData", "RemoteKeyCalloutEvent", "ReportAnomalyEvent", "ReportEventStream",
        "SessionHijackingEvent", "UriEventStream", "UserRecordAccess",
    }
)  # fmt: skip


@attrs.frozen
class Restriction:
    """Why objects cannot be queried freely: a note beside them, and what refuses a preview. Names are in lower case."""

    names: frozenset[str]
    note: str
    refusal: str


def _in_lower_case(names: frozenset[str]) -> frozenset[str]:
    """Return names as they are compared: SOQL and paths take them in any case."""
    return frozenset(name.lower() for name in names)


_RESTRICTIONS = (
    Restriction(
        _in_lower_case(_FILTERED),
        "cannot be read without a filter",
        "Salesforce lets nobody read this object without a filter",
    ),
    Restriction(
        _in_lower_case(_UNSUPPORTED),
        "cannot be queried on its own",
        "Salesforce lets nobody query this object on its own",
    ),
)


def find_restriction(name: str) -> Restriction | None:
    """Return why an object cannot be queried freely, or None."""
    for restriction in _RESTRICTIONS:
        if name.lower() in restriction.names:
            return restriction
    return None


def require_readable(name: str) -> str:
    """Return the name of an object of which first rows can be read. Raises `SourceNotPermitted` for the others."""
    restriction = find_restriction(name)
    if restriction is not None:
        raise SourceNotPermitted(
            restriction.refusal, remedy="read the objects it belongs to"
        )
    return name
