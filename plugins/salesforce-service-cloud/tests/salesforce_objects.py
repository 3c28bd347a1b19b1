"""What the small Salesforce holds: objects, fields of every type, and three records of each.

What each body follows:

- `described_globally`: CumulusCI's shared cassette ``GET_sobjects_Global_describe.yaml`` (API 52.0): every attribute of
  an object in the list, ``UriEvent`` as one that is queryable and not retrieveable, ``UriEventStream`` as neither
- `described`: CumulusCI's ``GET_sobjects_Case_describe.yaml``: every attribute of a field. No real object has fields
  of every type: Case is given some it does not have
- `records`: restforce's ``query_paginated_first_page_response.json``: ``attributes`` with type and url; a null value is
  there as null, and moments end in ``+0000``, as in Airbyte's ``expected_records.jsonl`` of the REST API
- big objects: the developer guide on them, "SOQL with Big Objects": a query with Id returns only results that have an
  empty id, ``000000000000000AAA``. Whether describe lists an Id of theirs is not known: one here has it, one has not

General knowledge: the spelling of a time, and the values of the rarer types.
"""

from __future__ import annotations

from typing import Any

ADDRESS = {
    "city": "Pleasant Prairie",
    "country": "US",
    "countryCode": "US",
    "geocodeAccuracy": None,
    "latitude": 42.5,
    "longitude": -87.9,
    "postalCode": "53158",
    "state": "WI",
    "stateCode": "WI",
    "street": "1 Main St\nSuite 2",
}
IDS = ["500xx0000000001AAA", "500xx0000000002AAA", "500xx0000000003AAA"]

# name -> type, compound field it is a part of, values of three records
CASE: dict[str, tuple[str, str | None, list[Any]]] = {
    "Id": ("id", None, IDS),
    "AccountId": ("reference", None, ["001xx0000000001AAA", None, None]),
    "MasterRecordId": ("masterrecord", None, [None, None, None]),
    "CaseNumber": ("string", None, ["00001026", "00001027", "00001028"]),
    "Subject": ("string", None, ['It\'s "broken"; really', "", None]),
    "Description": ("textarea", None, ["two\nlines", "é \U0001f600", "NULL"]),
    "Status": ("picklist", None, ["New", "Closed", None]),
    "Products__c": ("multipicklist", None, ["a;b", "a", None]),
    "Reason": ("combobox", None, ["Other", None, None]),
    "SuppliedPhone": ("phone", None, ["(212) 555-1212", None, None]),
    "Website__c": ("url", None, ["https://acme.example/?a=b", None, None]),
    "SuppliedEmail": ("email", None, ["a@acme.example", None, None]),
    "Passport__c": ("encryptedstring", None, ["****1234", None, None]),
    "DataCategory__c": ("datacategorygroupreference", None, ["Geo", None, None]),
    "Metadata": ("complexvalue", None, [{"label": "x", "deep": [1]}, None, None]),
    "Settings__c": ("json", None, ['{"a": 1}', None, None]),
    "OldValue": ("anyType", None, ["text", True, 3]),
    "Formula__c": ("calculated", None, ["f", 2.5, None]),
    "IsDeleted": ("boolean", None, [False, False, True]),
    "Children__c": ("int", None, [3, 0, None]),
    "Views__c": ("long", None, [9007199254740993, -1, None]),
    "Score__c": ("double", None, [3.0, -0.5, None]),
    "Refund__c": ("currency", None, [12.34, 0.0, None]),
    "Share__c": ("percent", None, [99.9, None, None]),
    "DueDate__c": ("date", None, ["2020-11-16", None, None]),
    "CreatedDate": (
        "datetime",
        None,
        ["2020-10-22T21:03:23.000+0000", "2020-10-22T21:03:24.000Z", None],
    ),
    "OpensAt__c": ("time", None, ["12:00:00.000Z", None, None]),
    "ShippingStreet": (
        "textarea",
        "ShippingAddress",
        ["1 Main St\nSuite 2", None, None],
    ),
    "ShippingAddress": ("address", None, [ADDRESS, None, None]),
    "Place__Latitude__s": ("double", "Place__c", [42.5, None, None]),
    "Place__Longitude__s": ("double", "Place__c", [-87.9, None, None]),
    "Place__c": (
        "location",
        None,
        [{"latitude": 42.5, "longitude": -87.9}, None, None],
    ),
    "Picture": (
        "base64",
        None,
        ["/services/data/v64.0/sobjects/Case/500/Picture", None, None],
    ),
    "Novelty__c": ("typeOfTomorrow", None, [None, None, None]),
}
FIELDS: dict[str, dict[str, tuple[str, str | None, list[Any]]]] = {
    "Case": CASE,
    "Order__c": {"Id": CASE["Id"], "Name": CASE["CaseNumber"]},
    "ContentDocumentLink": {"Id": CASE["Id"]},
    "UserRecordAccess": {"Id": CASE["Id"]},
    "Archive__b": {"Id": CASE["Id"], "Subject__c": CASE["Subject"]},
    "UriEvent": {"UserId": CASE["AccountId"], "Username": CASE["Status"]},
    "Files__x": {"Body": CASE["Picture"]},
}
# What differs from an ordinary object, as the list and describe say it.
SPECIAL: dict[str, dict[str, Any]] = {
    "UriEvent": {
        "keyPrefix": "0Uw",
        "replicateable": False,
        "retrieveable": False,
        "searchable": False,
    },
}
# Those that are not to be read: change events, what cannot be queried, what is hidden.
HIDDEN: dict[str, dict[str, Any]] = {
    "CaseChangeEvent": {"associateEntityType": "ChangeEvent", "queryable": True},
    "UriEventStream": {"queryable": False, "retrieveable": False},
    "Old__c": {"deprecatedAndHidden": True},
}
EMPTY_ID = "000000000000000AAA"


def described_globally(version: str) -> dict[str, Any]:
    """Return the list of objects."""
    names = [*FIELDS, *HIDDEN]
    listed = [_object(name, version) for name in names]
    return {"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": listed}


def described(name: str, version: str) -> dict[str, Any]:
    """Return the description of an object, as far as anybody reads it."""
    fields = [
        _field(each, kind, compound)
        for each, (kind, compound, _values) in FIELDS[name].items()
    ]
    return _object(name, version) | {
        "actionOverrides": [],
        "childRelationships": [],
        "compactLayoutable": True,
        "fields": fields,
        "recordTypeInfos": [],
    }


def records(name: str, fields: list[str], version: str) -> list[dict[str, Any]]:
    """Return every record with these fields, in the order of their ids; of a big object asked for ids, an empty one."""
    url = f"/services/data/{version}/sobjects/{name}"
    if is_big(name) and "Id" in fields:
        empty = dict.fromkeys(fields, None) | {"Id": EMPTY_ID}
        attributes = {"type": name, "url": f"{url}/{EMPTY_ID}"}
        return [{"attributes": attributes} | empty]
    values = [FIELDS[name][field][2] for field in fields]
    return [
        {"attributes": {"type": name, "url": f"{url}/{id}"}}
        | dict(zip(fields, row, strict=True))
        for id, row in zip(IDS, zip(*values, strict=True), strict=True)
    ]


def is_big(name: str) -> bool:
    """Say whether an object is a big one."""
    return name.endswith("__b") or name == "UriEvent"


def _object(name: str, version: str) -> dict[str, Any]:
    label = name.partition("__")[0]
    url = f"/services/data/{version}/sobjects/{name}"
    usual = {
        "activateable": False,
        "associateEntityType": None,
        "associateParentEntity": None,
        "createable": True,
        "custom": name.endswith("__c"),
        "customSetting": False,
        "deepCloneable": False,
        "deletable": True,
        "deprecatedAndHidden": False,
        "feedEnabled": True,
        "hasSubtypes": False,
        "isInterface": False,
        "isSubtype": False,
        "keyPrefix": "500",
        "label": label,
        "labelPlural": f"{label}s",
        "layoutable": True,
        "mergeable": False,
        "mruEnabled": True,
        "name": name,
        "queryable": True,
        "replicateable": True,
        "retrieveable": True,
        "searchable": True,
        "triggerable": True,
        "undeletable": True,
        "updateable": True,
        "urls": {
            "rowTemplate": f"{url}/{{ID}}",
            "describe": f"{url}/describe",
            "sobject": url,
        },
    }
    return usual | SPECIAL.get(name, {}) | HIDDEN.get(name, {})


def _field(name: str, kind: str, compound: str | None) -> dict[str, Any]:
    is_id = kind == "id"
    return {
        "aggregatable": True,
        "aiPredictionField": False,
        "autoNumber": name == "CaseNumber",
        "byteLength": 18 if is_id else 255,
        "calculated": kind == "calculated",
        "calculatedFormula": None,
        "cascadeDelete": False,
        "caseSensitive": False,
        "compoundFieldName": compound,
        "controllerName": None,
        "createable": not is_id,
        "custom": name.endswith("__c"),
        "defaultValue": None,
        "defaultValueFormula": None,
        "defaultedOnCreate": is_id,
        "dependentPicklist": False,
        "deprecatedAndHidden": False,
        "digits": 0,
        "displayLocationInDecimal": False,
        "encrypted": kind == "encryptedstring",
        "externalId": False,
        "extraTypeInfo": None,
        "filterable": kind not in ("address", "location", "base64", "textarea"),
        "filteredLookupInfo": None,
        "formulaTreatNullNumberAsZero": False,
        "groupable": kind in ("id", "reference", "picklist"),
        "highScaleNumber": False,
        "htmlFormatted": False,
        "idLookup": is_id,
        "inlineHelpText": None,
        "label": name,
        "length": 18 if is_id else 255,
        "mask": None,
        "maskType": None,
        "name": name,
        "nameField": name == "CaseNumber",
        "namePointing": False,
        "nillable": False,  # as describe says of fields that hold nulls all the same
        "permissionable": not is_id,
        "picklistValues": [],
        "polymorphicForeignKey": False,
        "precision": 0 if is_id else 18,
        "queryByDistance": False,
        "referenceTargetField": None,
        "referenceTo": ["Account"] if kind == "reference" else [],
        "relationshipName": None,
        "relationshipOrder": None,
        "restrictedDelete": False,
        "restrictedPicklist": False,
        "scale": 0 if is_id else 2,
        "searchPrefilterable": False,
        "soapType": "tns:ID" if is_id else "xsd:string",
        "sortable": kind not in ("address", "location", "base64", "textarea"),
        "type": kind,
        "unique": False,
        "updateable": not is_id,
        "writeRequiresMasterRead": False,
    }
