"""Signatures of Azure Blob Storage: shared access signatures for a container, and requests signed with the key.

Both follow Microsoft's documentation: "Create a service SAS", version 2020-12-06 and later, and "Authorize with Shared
Key". A signature names a stored access policy, so that it ends when the policy is replaced.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

VERSION: Final = "2020-12-06"
PERMISSIONS: Final = "racwdlm"  # read, add, create, write, delete, list, move
IN_POLICY: Final = ""  # permissions of a token whose policy names them: Azure takes them in one of the two only

_SIGNED_HEADERS: Final = (
    "content-encoding", "content-language", "content-length", "content-md5", "content-type", "date",
    "if-modified-since", "if-match", "if-none-match", "if-unmodified-since", "range",
)  # fmt: skip


def sign_container(
    account: str,
    container: str,
    policy: str,
    key: bytes,
    permissions: str = PERMISSIONS,
) -> str:
    """Return the token that opens a container as long as its stored access policy says, as a query without ``?``."""
    parts = {
        "sv": VERSION,
        "si": policy,
        "sr": "c",
        "sp": permissions,
        "sig": _signature(account, container, policy, key, permissions),
    }
    return urlencode({name: part for name, part in parts.items() if part})


def is_signed(
    account: str,
    container: str,
    given: Mapping[str, str],
    keys: Iterable[bytes],
) -> bool:
    """Say whether the parameters of a token are those that were signed with one of the keys."""
    expected = {"sv": VERSION, "sr": "c", "sp": PERMISSIONS}
    if any(given.get(name) != value for name, value in expected.items()):
        return False
    policy, signature = given.get("si", ""), given.get("sig", "")
    return any(
        hmac.compare_digest(
            _signature(account, container, policy, key, PERMISSIONS).encode(),
            signature.encode("utf-8", "replace"),
        )
        for key in keys
    )


def _signature(
    account: str, container: str, policy: str, key: bytes, permissions: str
) -> str:
    resource = f"/blob/{account}/{container}"
    # permissions, start, expiry, resource, policy, address, protocol, version, kind, snapshot, scope, five headers
    parts = (permissions, "", "", resource, policy, "", "", VERSION, "c", *[""] * 7)
    return sign("\n".join(parts), key)


def sign_request(
    account: str, key: bytes, method: str, url: str, headers: Mapping[str, str]
) -> str:
    """Return the ``Authorization`` header of a request with these headers."""
    lower = {name.lower(): value.strip() for name, value in headers.items()}
    standard = [lower.get(name, "") for name in _SIGNED_HEADERS]
    if standard[2] == "0":  # an empty body has no length here
        standard[2] = ""
    own = sorted(
        f"{name}:{value}" for name, value in lower.items() if name.startswith("x-ms-")
    )
    resource = _resource(account, url)
    text = "\n".join([method, *standard, *own, resource])
    return f"SharedKey {account}:{sign(text, key)}"


def _resource(account: str, url: str) -> str:
    parts = urlsplit(url)
    lines = [f"/{account}{parts.path or '/'}"]
    for name, value in sorted(parse_qsl(parts.query, keep_blank_values=True)):
        lines.append(f"{name.lower()}:{value}")
    return "\n".join(lines)


def sign(text: str, key: bytes) -> str:
    """Return the signature of a text, in Base64."""
    digest = hmac.new(key, text.encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()
