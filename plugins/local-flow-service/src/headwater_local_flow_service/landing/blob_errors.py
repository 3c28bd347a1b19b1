"""Refusals of the Blob endpoint, as Azure's own: XML, with the code in a header besides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    import falcon

_STATUSES: Final = {
    "AuthenticationFailed": "403 Forbidden",
    "BlobAlreadyExists": "409 Conflict",
    "BlobNotFound": "404 Not Found",
    "ConditionNotMet": "412 Precondition Failed",
    "InvalidBlobType": "409 Conflict",
    "InvalidBlockList": "400 Bad Request",
    "InvalidHeaderValue": "400 Bad Request",
    "InvalidQueryParameterValue": "400 Bad Request",
    "InvalidRange": "416 Range Not Satisfiable",
    "InvalidResourceName": "400 Bad Request",
    "Md5Mismatch": "400 Bad Request",
    "MissingRequiredHeader": "400 Bad Request",
    "OperationNotAllowed": "400 Bad Request",
    "RequestBodyTooLarge": "413 Payload Too Large",
    "ResourceNotFound": "404 Not Found",
    "ServerBusy": "503 Service Unavailable",
}


class BlobError(Exception):
    """A refusal with one of Azure's codes; the text is made of names and rules."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


def write(
    _req: falcon.Request, resp: falcon.Response, error: BlobError, _params: Any
) -> None:
    """Write a refusal."""
    resp.status = _STATUSES[error.code]
    resp.content_type = "application/xml"
    resp.set_header("x-ms-error-code", error.code)
    resp.data = (
        '<?xml version="1.0" encoding="utf-8"?>'
        f"<Error><Code>{error.code}</Code><Message>{escape(error.text)}</Message></Error>"
    ).encode()
