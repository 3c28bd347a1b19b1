"""The fields of a real object become columns without loss.

Names and types are those of all 35 fields in a recorded describe of Case, of API version 48.0, among CumulusCI's shared
cassettes (reference, 1.2 and 3).
"""

from __future__ import annotations

import pytest

from headwater.sources import Column, LeftOut
from headwater_salesforce_service_cloud import types

RECORDED = {
    "id": "Id",
    "boolean": "IsDeleted IsClosed IsEscalated",
    "reference": "MasterRecordId ContactId AccountId AssetId ParentId OwnerId CreatedById LastModifiedById",
    "string": "CaseNumber SuppliedName SuppliedPhone SuppliedCompany Subject",
    "email": "SuppliedEmail ContactEmail",
    "picklist": "Type Status Reason Origin Priority",
    "textarea": "Description Comments",
    "datetime": "ClosedDate CreatedDate LastModifiedDate SystemModstamp LastViewedDate LastReferencedDate",
    "phone": "ContactPhone ContactMobile ContactFax",
}
MOMENT = {"name": "ClosedDate", "type": "string", "meta:xdmType": "date-time"}


def test_every_field_of_a_recorded_describe_is_a_column_of_its_type() -> None:
    described = [
        (name, kind) for kind, names in RECORDED.items() for name in names.split()
    ]
    found = [types.column({"name": name, "type": kind}) for name, kind in described]
    columns = {each.name: each for each in found if isinstance(each, Column)}
    assert len(columns) == len(described) == 35
    for name, kind in described:
        assert columns[name].type == ("boolean" if kind == "boolean" else "string")
        assert columns[name].format == ("date-time" if kind == "datetime" else "")
    assert columns["ClosedDate"].as_dict() == MOMENT | {
        "xdm": {"type": "string", "format": "date-time"}
    }


@pytest.mark.parametrize(
    ("kind", "reason"), [("base64", "binary"), ("brand-new-type", "not known")]
)
def test_a_field_that_is_no_column_is_named_with_the_reason(
    kind: str, reason: str
) -> None:
    found = types.column({"name": "Body", "type": kind})
    assert isinstance(found, LeftOut)
    assert found.name == "Body"
    assert reason in found.reason
