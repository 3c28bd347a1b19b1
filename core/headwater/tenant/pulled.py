"""The pulled specifications of one tenant as a value, and as the document that is kept of it."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import attrs

from headwater.errors import InvalidInput
from headwater.flowservice.models import is_item, remote_spec
from headwater.models import as_tuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headwater.flowservice import RemoteSpec
    from headwater.profiles import Profile

VERSION = 1  # of the document; a reader refuses any other
_MEMBERS: Mapping[str, type] = {
    "url": str,
    "org_id": str,
    "profile": str,
    "pulled_at": str,
    "known": dict,
    "specs": list,
}
_AGAIN = "run `headwater specs pull` again"


@attrs.frozen
class Tenant:
    """One organization at one endpoint. What was pulled from one is never used for another; sandboxes share it."""

    url: str
    org_id: str

    @classmethod
    def of(cls, profile: Profile) -> Tenant | None:
        """Return the tenant of a profile, or None where the profile does not say which organization it is of."""
        org_id = profile.values.get("org_id")
        if not org_id:
            return None
        return cls(profile.url.rstrip("/").lower(), str(org_id))

    @property
    def key(self) -> str:
        """A name for its file, the same on every machine."""
        identity = json.dumps([self.url, self.org_id])
        return hashlib.sha256(identity.encode()).hexdigest()[:24]


@attrs.frozen(kw_only=True)
class Pulled:
    """Specifications of a tenant as they were at `pulled_at` (ISO 8601, UTC), pulled with the profile of that name.

    `known` maps ids to the slugs of connectors that were installed then. It is a hint only, for listing slugs without
    importing any plugin.
    """

    tenant: Tenant
    profile: str
    pulled_at: str
    specs: tuple[RemoteSpec, ...] = attrs.field(converter=as_tuple, repr=False)
    known: Mapping[str, str] = attrs.field(factory=dict, repr=False)

    @property
    def label(self) -> str:
        """When and from where it was pulled, for people."""
        return f"(pulled {self.pulled_at} from {self.profile})"

    def document(self) -> dict[str, Any]:
        """Return the document to keep."""
        return {
            "version": VERSION,
            "url": self.tenant.url,
            "org_id": self.tenant.org_id,
            "profile": self.profile,
            "pulled_at": self.pulled_at,
            "known": dict(self.known),
            "specs": [spec.raw for spec in self.specs],
        }


def from_document(document: Any, path: str) -> Pulled:
    """Read a document. Raises `InvalidInput`, naming the path, for one that is of another version or is damaged."""
    if not isinstance(document, dict):
        raise damage_error(path)
    version = document.get("version")
    if isinstance(version, int) and version > VERSION:
        raise InvalidInput(
            f"{path} was written by a newer Headwater", remedy=f"upgrade, or {_AGAIN}"
        )
    if version != VERSION or not _is_whole(document):
        raise damage_error(path)
    return Pulled(
        tenant=Tenant(document["url"], document["org_id"]),
        profile=document["profile"],
        pulled_at=document["pulled_at"],
        specs=map(remote_spec, document["specs"]),
        known={str(id): str(slug) for id, slug in document["known"].items()},
    )


def damage_error(path: str) -> InvalidInput:
    """Return the error for a file that cannot be used."""
    return InvalidInput(
        f"{path} is not a file of pulled specifications, or is damaged", remedy=_AGAIN
    )


def _is_whole(document: Mapping[str, Any]) -> bool:
    """Say whether a document has every member of the current version, each of its type."""
    for name, kind in _MEMBERS.items():
        if not isinstance(document.get(name), kind):
            return False
    return all(map(is_item, document["specs"]))
