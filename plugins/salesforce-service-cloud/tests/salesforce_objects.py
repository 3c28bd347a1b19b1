"""What the small Salesforce holds: objects, fields of every type, and three records of each.

Where it comes from: the attributes of objects and fields are those that recordings of describe show (reference, 1.2:
CumulusCI's shared cassettes), values are spelled as REST spells them (1.2, table of types; moments end in ``+0000``).
That a null value is in its record, as null, is recorded as well. No real object has fields of every type: Case is given
some it does not have. General knowledge: the spelling of a time, and the values of the rarer types.
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
    "CaseStatus__mdt": {"Label": CASE["Status"]},  # no Id to sort by
    "Files__x": {"Body": CASE["Picture"]},
}
# Those that are not to be read: change events, what cannot be queried, what is hidden.
HIDDEN: dict[str, dict[str, Any]] = {
    "CaseChangeEvent": {},
    "DataType": {"queryable": False},
    "Old__c": {"deprecatedAndHidden": True},
}


def described_globally() -> dict[str, Any]:
    """Return the list of objects."""
    objects = [_object(name) for name in FIELDS] + [
        _object(name) | facts for name, facts in HIDDEN.items()
    ]
    return {"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": objects}


def described(name: str) -> dict[str, Any]:
    """Return the description of an object, as far as anybody reads it."""
    fields = [
        _field(each, kind, compound)
        for each, (kind, compound, _values) in FIELDS[name].items()
    ]
    return _object(name) | {
        "childRelationships": [],
        "fields": fields,
        "recordTypeInfos": [],
    }


def records(name: str, fields: list[str], version: str) -> list[dict[str, Any]]:
    """Return every record with these fields, in the order of their ids."""
    url = f"/services/data/{version}/sobjects/{name}"
    values = [FIELDS[name][field][2] for field in fields]
    return [
        {"attributes": {"type": name, "url": f"{url}/{id}"}}
        | dict(zip(fields, row, strict=True))
        for id, row in zip(IDS, zip(*values, strict=True), strict=True)
    ]


def _object(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "label": name.partition("__")[0],
        "custom": name.endswith("__c"),
        "customSetting": False,
        "deprecatedAndHidden": False,
        "keyPrefix": "500",
        "queryable": True,
        "replicateable": True,
        "retrieveable": True,
        "searchable": True,
    }


def _field(name: str, kind: str, compound: str | None) -> dict[str, Any]:
    return {
        "byteLength": 255,
        "calculated": kind == "calculated",
        "compoundFieldName": compound,
        "custom": name.endswith("__c"),
        "digits": 0,
        "encrypted": kind == "encryptedstring",
        "externalId": False,
        "filterable": kind not in ("address", "location", "base64", "textarea"),
        "groupable": kind in ("id", "reference", "picklist"),
        "label": name,
        "length": 255,
        "name": name,
        "nameField": name == "CaseNumber",
        "nillable": False,  # as describe says of fields that hold nulls all the same
        "picklistValues": [],
        "precision": 18,
        "referenceTo": ["Account"] if kind == "reference" else [],
        "relationshipName": None,
        "scale": 2,
        "soapType": "xsd:string",
        "sortable": True,
        "type": kind,
        "unique": False,
    }
