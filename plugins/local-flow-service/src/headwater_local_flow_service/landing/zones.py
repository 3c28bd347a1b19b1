"""Which landing zone belongs to whom: one a sandbox of an organization and purpose, each in a container of its own."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from headwater.errors import InvalidInput
from headwater_local_flow_service.errors import FlowError
from headwater_local_flow_service.files.folder import FolderFiles
from headwater_local_flow_service.files.opening import is_bucket, open_files
from headwater_local_flow_service.landing import sas
from headwater_local_flow_service.landing.azure import Account, ContainerPolicies
from headwater_local_flow_service.landing.policies import PolicyFile
from headwater_local_flow_service.landing.zone import CONTAINER, Zone, ZoneFiles
from headwater_local_flow_service.store import database

if TYPE_CHECKING:
    from headwater_local_flow_service.kernel.service_context import ServiceContext
    from headwater_local_flow_service.store.store import Scope

USER: Final = "user_drop_zone"
DESTINATION: Final = "dlz_destination"
TYPES: Final = (USER, DESTINATION)

_PURPOSE: Final = "landing zone tokens 1"  # of keys that are derived from the store's


class Zones:
    """The landing zones of one service. Raises `InvalidInput` where the settings cannot be."""

    def __init__(self, context: ServiceContext) -> None:
        self._settings = context.settings
        self._vault = context.store.vault
        self._location = _location_of(self._settings)
        self._account = self._read_account()
        self._open = functools.lru_cache(maxsize=1024)(self._open_zone)

    def zone(self, scope: Scope, type: str = USER) -> Zone:
        """Return the zone of a sandbox. Raises `FlowError` where the service has none, `FilesUnavailable`."""
        return self._open(_account_name(scope, type))

    def served(self, account: str) -> Zone | None:
        """Return the zone that this service itself serves under an account's name; None where it serves none."""
        if self._account is not None or not _is_account_name(account):
            return None
        return self._open(account)

    def _read_account(self) -> Account | None:
        location = self._location
        if location is None or not is_bucket(location):
            return None
        if urlsplit(location).scheme != "az":
            raise InvalidInput(
                "landing_zone is neither a folder nor az://PREFIX of the containers",
                remedy="correct landing_zone; only Blob endpoints of Azure hand out its tokens",
            )
        return Account.from_options(self._settings.landing_zone_options)

    def _open_zone(self, name: str) -> Zone:
        if self._account is not None:
            return self._open_container(self._account, name)
        if self._location is None:
            raise FlowError(
                "CONNECTOR-1707-400",
                "this service has no landing zone: its store is on a server, and the setting landing_zone is missing",
            )
        folder = Path(self._location) / name
        return Zone(
            account=name,
            container=CONTAINER,
            files=ZoneFiles(FolderFiles(folder / CONTAINER)),
            blocks=ZoneFiles(FolderFiles(folder / "blocks")),
            policies=PolicyFile(folder / "policy.json"),
            keys=functools.partial(self._vault.derive_keys, _PURPOSE),
            lifetime=self._settings.landing_zone_token_lifetime,
        )

    def _open_container(self, account: Account, name: str) -> Zone:
        prefix = urlsplit(self._location or "").netloc
        container = f"{prefix}-{name}"
        policies = ContainerPolicies(account, container)
        policies.make()
        return Zone(
            account=account.name,
            container=container,
            files=ZoneFiles(open_files(f"az://{container}", account.store_options)),
            policies=policies,
            keys=lambda: (account.key,),
            lifetime=self._settings.landing_zone_token_lifetime,
            endpoint=account.endpoint,
            permissions=sas.IN_POLICY,
        )


def _location_of(settings: Any) -> str | None:
    """Return where landing zones lie: by default in a folder beside a store that is a file, else nowhere."""
    if settings.landing_zone is not None:
        if is_bucket(settings.landing_zone):
            return str(settings.landing_zone)
        return str(Path(settings.landing_zone).expanduser().absolute())
    url = database.url_of(settings.store)
    return f"{url.database}-landing-zone" if database.is_file(url) else None


def _account_name(scope: Scope, type: str) -> str:
    """Return a name for a zone that tells nothing, and is one of a storage account: 24 small letters and digits."""
    owner = "\n".join((scope.org, scope.sandbox, type))
    return f"dlz{hashlib.sha256(owner.encode()).hexdigest()[:21]}"


def _is_account_name(name: str) -> bool:
    return len(name) == 24 and name.isascii() and name.isalnum() and name.islower()
