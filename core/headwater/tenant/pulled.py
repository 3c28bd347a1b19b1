"""The pulled specifications of one tenant as a value, and as the document that is kept of it."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import attrs

from headwater.errors import InvalidInput
from headwater.flowservice.models import is_item, remote_spec

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from headwater.flowservice import RemoteSpec
    from headwater.profiles import Profile

VERSION = 1  # of the document; a reader refuses any other
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
        return cls(profile.url.rstrip("/").lower(), str(org_id)) if org_id else None

    @property
    def key(self) -> str:
        """A name for its file, the same on every machine."""
        return hashlib.sha256(json.dumps([self.url, self.org_id]).encode()).hexdigest()[
            :24
        ]


def _specs(given: Iterable[RemoteSpec]) -> tuple[RemoteSpec, ...]:
    return tuple(given)


@attrs.frozen(kw_only=True)
class Pulled:
    """Specifications of a tenant as they were at `pulled_at` (ISO 8601, UTC), pulled with the profile of that name.

    `known` maps ids to the slugs of connectors that were installed then. It is a hint only, for listing slugs without
    importing any plugin.
    """

    tenant: Tenant
    profile: str
    pulled_at: str
    specs: tuple[RemoteSpec, ...] = attrs.field(converter=_specs, repr=False)
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
    version = document.get("version") if isinstance(document, dict) else None
    if isinstance(version, int) and version > VERSION:
        raise InvalidInput(
            f"{path} was written by a newer Headwater", remedy=f"upgrade, or {_AGAIN}"
        )
    texts = (
        [document.get(name) for name in ("url", "org_id", "profile", "pulled_at")]
        if version == VERSION
        else [None]
    )
    if not all(isinstance(text, str) for text in texts) or not _is_whole(document):
        raise damaged(path)
    url, org_id, profile, pulled_at = map(str, texts)
    return Pulled(
        tenant=Tenant(url, org_id),
        profile=profile,
        pulled_at=pulled_at,
        specs=map(remote_spec, document["specs"]),
        known={str(id): str(slug) for id, slug in document["known"].items()},
    )


def damaged(path: str) -> InvalidInput:
    """Return the error for a file that cannot be used."""
    return InvalidInput(
        f"{path} is no file of pulled specifications, or is damaged", remedy=_AGAIN
    )


def _is_whole(document: Any) -> bool:
    specs, known = document.get("specs"), document.get("known")
    return (
        isinstance(known, dict)
        and isinstance(specs, list)
        and all(is_item(spec) for spec in specs)
    )
