"""Stored access policies: which token opens a container now, and until when."""

from __future__ import annotations

import datetime
import json
import uuid
from typing import TYPE_CHECKING, Protocol

import attrs

from headwater import documents
from headwater.foreign import raise_bare
from headwater_local_flow_service.files.file_store import FilesUnavailable
from headwater_local_flow_service.kernel.clock import now

if TYPE_CHECKING:
    from pathlib import Path


@attrs.frozen
class AccessPolicy:
    """A stored access policy: its id, and when it ends, in milliseconds since 1970."""

    id: str
    expires: int

    @property
    def is_valid(self) -> bool:
        """Whether it has not ended yet."""
        return self.expires > now()

    @property
    def expiry_date(self) -> str:
        """The day on which it ends, as the platform writes it."""
        return self.expires_at.date().isoformat()

    @property
    def expires_at(self) -> datetime.datetime:
        """When it ends."""
        return datetime.datetime.fromtimestamp(self.expires / 1000, datetime.UTC)


def new_policy(lifetime: int) -> AccessPolicy:
    """Return a policy that ends in so many seconds; whole ones, since that is what a store keeps."""
    ends = now() // 1000 + lifetime
    return AccessPolicy(f"dlz-{uuid.uuid4()}", ends * 1000)


class Policies(Protocol):
    """Where the policy of a container is kept. Methods raise `FilesUnavailable`."""

    def read(self) -> AccessPolicy | None:
        """Return the policy, or None where there is none yet."""
        ...

    def replace(self, policy: AccessPolicy) -> None:
        """Put a policy in the place of the one there is."""
        ...


@attrs.frozen
class PolicyFile:
    """The policy of a container in a folder, in a file beside it."""

    path: Path

    def read(self) -> AccessPolicy | None:
        """Return the policy, or None where there is none, or the file does not hold one."""
        try:
            held = json.loads(self.path.read_text("utf-8"))
            return AccessPolicy(str(held["id"]), int(held["expires"]))
        except FileNotFoundError:
            return None
        except (ValueError, TypeError, KeyError):
            return None
        except OSError as error:
            raise_bare(_unavailable(error))

    def replace(self, policy: AccessPolicy) -> None:
        """Put a policy in the place of the one there is."""
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            documents.replace(self.path, json.dumps(attrs.asdict(policy)))
        except OSError as error:
            raise_bare(_unavailable(error))


def _unavailable(error: OSError) -> FilesUnavailable:
    return FilesUnavailable(
        f"the folder of the landing zone cannot be used ({documents.describe(error)})",
        remedy="see that the disk has room and the folder belongs to the service",
    )
