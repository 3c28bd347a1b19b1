"""What to do about an error answer, by its code where that says more than its class."""

from __future__ import annotations

from headwater.errors import (
    ChangedMeanwhile,
    NotAuthenticated,
    NotFound,
    NotPermitted,
    Rejected,
    ServiceError,
    Unavailable,
)

_SANDBOX = "check the sandbox name: it is the lower-case name, not the title, and belongs to this organization"
_ORGANIZATION = "check the organization id (it ends in @AdobeOrg) and that these credentials belong to it"
_API_KEY = "check the API key: it is the client id of a project that has the Experience Platform API"
_PERMISSION = "ask an administrator for the permission on sources (view or manage) in this sandbox"
_IN_USE = "delete the flows and connections that use it first"

_NEW_TOKEN = "get a new access token"  # noqa: S105 - a remedy
_TOKEN_EXPIRED = f"{_NEW_TOKEN}: this one is expired or not valid here"

BY_CODE = {
    "400003": _ORGANIZATION,
    "401013": _TOKEN_EXPIRED,
    "403000": _API_KEY,
    "403003": _API_KEY,
    "403010": "the Authorization header was lost on the way: look for a proxy that removes it",
    "403025": _ORGANIZATION,
    "403027": f"{_ORGANIZATION}; the account also needs a product profile",
    "FLOW-1403-400": "send the etag of the object as it was read",
    "FLOW-1413-400": "check the connection specification id; the tenant's own are listed under /connectionSpecs",
    "FLOW-1415-400": "check the authentication specification's name against the connection specification's authSpec",
    "FLOW-1418-400": _IN_USE,
    "FLOW-1447-400": _IN_USE,
    "FLOW-2000-401": _ORGANIZATION,
    "FLOW-2001-401": _ORGANIZATION,
    "FLOW-2002-401": _ORGANIZATION,
    "FLOW-2100-404": _SANDBOX,
    "FLOW-2101-404": _SANDBOX,
    "FLOW-2103-404": _SANDBOX,
    "FLOW-2105-400": _SANDBOX,
    "FLOW-2106-404": _SANDBOX,
    "FLOW-2118-403": _PERMISSION,
    "FLOW-2120-403": _PERMISSION,
    "FLOW-2121-403": _PERMISSION,
    "invalid_client": "check the client id and the client secret",
    "invalid_scope": "add the Experience Platform API to the credential's project",
}

BY_CLASS: dict[type[ServiceError], str] = {
    ChangedMeanwhile: "read the object again and repeat the change with its current etag",
    NotAuthenticated: _NEW_TOKEN,
    NotFound: "check the id, the organization and the sandbox: an object of another sandbox does not exist here",
    NotPermitted: _PERMISSION,
    Rejected: "correct the request as the message says",
    Unavailable: "try again later",
}

_RENEWABLE = (
    "check the client id, the client secret, and that they belong to this organization"
)


def remedy_for(kind: type[ServiceError], code: str, *, renewable: bool) -> str:
    """Return what to do next. `renewable`: the access token was fetched, so a new one alone would not help."""
    remedy = BY_CODE.get(code, BY_CLASS[kind])
    if renewable and remedy in (_NEW_TOKEN, _TOKEN_EXPIRED):
        return _RENEWABLE
    return remedy
