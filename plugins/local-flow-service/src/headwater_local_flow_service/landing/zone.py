"""One landing zone: its container, the files in it that have not expired, and the token that opens it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO, Final

import attrs

from headwater_local_flow_service.files.file_store import FileInfo, Listing
from headwater_local_flow_service.kernel.clock import now
from headwater_local_flow_service.landing import sas
from headwater_local_flow_service.landing.policies import new_policy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from headwater_local_flow_service.files.file_store import FileStore
    from headwater_local_flow_service.landing.policies import AccessPolicy, Policies

CONTAINER: Final = "dlz-user-container"
LIFETIME_DAYS: Final = 7  # of a file

_DAY: Final = 86_400_000  # milliseconds
_SWEEP: Final = 3_600_000  # milliseconds between two looks at all files of a zone


@attrs.define
class ZoneFiles:
    """The files of a zone. Those that have expired are not there any more, and are removed when they are met.

    At most once an hour, all files are looked at before one is.
    """

    store: FileStore
    _swept: int = 0

    def read_folder(self, folder: str = "") -> Listing:
        """Return what lies right below a folder."""
        self._sweep()
        listing = self.store.read_folder(folder)
        live = tuple(info for info in listing.files if self._is_live(info))
        return Listing(files=live, folders=listing.folders)

    def walk(self, prefix: str = "") -> Iterator[FileInfo]:
        """Yield every file below a folder, in the order of the keys."""
        self._sweep()
        return filter(self._is_live, self.store.walk(prefix))

    def read_info(self, key: str) -> FileInfo | None:
        """Return what is known of a file, or None where there is none."""
        info = self.store.read_info(key)
        return info if info is not None and self._is_live(info) else None

    def open(self, key: str) -> BinaryIO:
        """Open a file for reading. Raises `FileNotFoundError`."""
        if self.read_info(key) is None:
            raise FileNotFoundError
        return self.store.open(key)

    def add(self, source: Path, key: str) -> None:
        """Move a file of this machine in."""
        self._sweep()
        self.store.add(source, key)

    def local_path(self, key: str) -> Path | None:
        """Return where a file lies on this machine; None where files lie elsewhere."""
        return self.store.local_path(key)

    def writing(self, key: str) -> AbstractContextManager[BinaryIO]:
        """Open a new file, which appears when the block ends."""
        return self.store.writing(key)

    def remove(self, key: str) -> None:
        """Remove a file."""
        self.store.remove(key)

    def _sweep(self) -> None:
        if now() - self._swept < _SWEEP:
            return
        self._swept = now()
        for info in list(self.store.walk()):
            self._is_live(info)

    def _is_live(self, info: FileInfo) -> bool:
        if now() - info.modified < LIFETIME_DAYS * _DAY:
            return True
        self.store.remove(info.key)
        return False


@attrs.frozen(kw_only=True)
class Zone:
    """The landing zone of a sandbox, for one purpose.

    `endpoint` is the URL of its account; without one, that is the address the service is reached at, with a path.
    `keys` are what tokens are signed with, the first one, and what they may have been signed with.
    """

    account: str
    container: str
    files: ZoneFiles
    policies: Policies
    keys: Callable[[], tuple[bytes, ...]] = attrs.field(repr=False)
    lifetime: int  # seconds of a token
    endpoint: str = ""
    permissions: str = sas.PERMISSIONS  # that its tokens name
    # of large files that are on their way; None where the account itself takes them
    blocks: ZoneFiles | None = None

    def describe(self) -> dict[str, str]:
        """Return the container as the platform describes it."""
        return {
            "containerName": self.container,
            "containerTTL": str(LIFETIME_DAYS),
        }

    def credentials(self, endpoint: str, *, renew: bool) -> dict[str, Any]:
        """Return a token that opens the container: the one there is as long as it is good, unless `renew`.

        `endpoint` is the URL of the account, for a zone that is reached at this service. Raises `FilesUnavailable`.
        """
        policy = self._current_policy(renew=renew)
        token = sas.sign_container(
            self.account,
            self.container,
            policy.id,
            self.keys()[0],
            self.permissions,
        )
        return {
            "containerName": self.container,
            "SASToken": token,
            "storageAccountName": self.account,
            "SASUri": f"{self.endpoint or endpoint}/{self.container}?{token}",
            "expiryDate": policy.expiry_date,
        }

    def _current_policy(self, *, renew: bool) -> AccessPolicy:
        policy = None if renew else self.policies.read()
        if policy is not None and policy.is_valid:
            return policy
        made = new_policy(self.lifetime)
        self.policies.replace(made)
        # Where two make one at the same time, both hand out the one that stayed.
        return self.policies.read() or made
