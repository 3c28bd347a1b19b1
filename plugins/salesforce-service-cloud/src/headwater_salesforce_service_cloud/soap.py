"""SOAP login: the partner API's ``login``, which retires with Summer '27."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

import attrs

if TYPE_CHECKING:
    from headwater import Secret

NEWEST = 64.0  # of the versions that still have login
_VERSION = re.compile(r"[1-9][0-9]?\.0")

_BODY = (
    '<?xml version="1.0" encoding="utf-8"?>'
    '<env:Envelope xmlns:env="http://schemas.xmlsoap.org/soap/envelope/"><env:Body>'
    '<n1:login xmlns:n1="urn:partner.soap.sforce.com">'
    "<n1:username>{username}</n1:username><n1:password>{password}</n1:password>"
    "</n1:login></env:Body></env:Envelope>"
)
HEADERS = {
    "Content-Type": "text/xml; charset=UTF-8",
    "SOAPAction": "login",
    "Accept": "text/xml",
}


@attrs.frozen
class LoginAnswer:
    """The texts of a login answer by element name: those of a success, or ``exceptionCode`` and its like of a fault."""

    texts: dict[str, str] = attrs.field(repr=False)

    def __getitem__(self, name: str) -> str:
        return self.texts.get(name, "")


def path(version: str) -> str:
    """Return where to log in: with the version of the data calls, but never a later one than still has login."""
    number = NEWEST
    if _VERSION.fullmatch(version):
        number = min(float(version), NEWEST)
    return f"/services/Soap/u/{number:.1f}"


def body(username: str, password: Secret, token: Secret) -> bytes:
    """Return the request; the security token follows the password immediately."""
    joined = password.reveal() + token.reveal()
    return _BODY.format(username=escape(username), password=escape(joined)).encode(
        "utf-8", "surrogatepass"
    )


def read_answer(raw: bytes) -> LoginAnswer | None:
    """Read an answer; None where it is not a SOAP document."""
    root = _parse(raw)
    if root is None or _local_name(root) != "Envelope":
        return None
    return LoginAnswer(_texts(root))


def read_error_code(raw: bytes) -> str:
    """Return the code of an error in XML: SOAP's, that of REST where a client asked for XML, or the Bulk API's."""
    root = _parse(raw)
    if root is None:
        return ""
    texts = _texts(root)
    code = texts.get("errorCode") or texts.get("exceptionCode") or ""
    return code.rpartition(":")[2]


def _parse(raw: bytes) -> ET.Element | None:
    """Return the root of a document. One that declares entities is not parsed at all.

    Nor is one with NUL bytes: in UTF-16 a declaration would not be seen.
    """
    if b"<!" in raw or b"\0" in raw:
        return None
    try:
        return ET.fromstring(raw)  # noqa: S314 - documents with declarations were refused
    except (ET.ParseError, ValueError, LookupError, RecursionError):
        return None


def _texts(root: ET.Element) -> dict[str, str]:
    return {
        _local_name(element): (element.text or "").strip() for element in root.iter()
    }


def _local_name(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]
