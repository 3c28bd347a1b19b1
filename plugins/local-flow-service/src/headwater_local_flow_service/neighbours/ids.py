"""Ids as the neighbours write them: tenants, URIs of schemas and their short form, hexadecimal ids."""

from __future__ import annotations

import re
import secrets

ADOBE = "https://ns.adobe.com/"

_SHORT = re.compile(r"_([a-z0-9]+)\.([a-z]+)\.([0-9a-f]+)")
_OTHER = re.compile(r"[^a-z0-9]")


def tenant_of(org: str) -> str:
    """Return the tenant id of an organization: its name in lower-case letters and digits, a letter first."""
    name = _OTHER.sub("", org.rpartition("@")[0].lower())
    if name[:1].isalpha():
        return name
    return f"t{name}"


def new_uri(tenant: str, kind: str) -> str:
    """Return the `$id` of a new resource of the registry."""
    return f"{ADOBE}{tenant}/{kind}/{secrets.token_hex(32)}"


def short(uri: str) -> str:
    """Return the `meta:altId` of a `$id`."""
    return "_" + uri.removeprefix(ADOBE).replace("/", ".")


def schema_id(text: str) -> str:
    """Return the `$id` for a `$id` or a `meta:altId`; anything else comes back as it is."""
    parts = _SHORT.fullmatch(text)
    if parts is None:
        return text
    return ADOBE + "/".join(parts.groups())


def new_hex(digits: int) -> str:
    """Return a new id of so many hexadecimal digits."""
    return secrets.token_hex(digits // 2)
