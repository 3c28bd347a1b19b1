"""A storage account of Azure, or what speaks like one: containers made, and their access policies kept there."""

from __future__ import annotations

import base64
import binascii
import datetime
import re
from email.utils import formatdate
from typing import TYPE_CHECKING, Final

import attrs
import requests

from headwater.errors import InvalidInput
from headwater.foreign import raise_bare
from headwater_local_flow_service.files.file_store import FilesUnavailable
from headwater_local_flow_service.landing import sas
from headwater_local_flow_service.landing.policies import AccessPolicy

if TYPE_CHECKING:
    from collections.abc import Mapping

OPTIONS: Final = ("account_name", "account_key", "endpoint")

_PERMISSIONS: Final = "racwdl"  # of a policy: read, add, create, write, delete, list
_TIMEOUT: Final = (5, 15)  # seconds to connect, and to wait for an answer
_ID = re.compile(r"<Id>(dlz-[0-9a-f-]{36})</Id>")
_EXPIRY = re.compile(r"<Expiry>([^<]{10,40})</Expiry>")


@attrs.frozen(kw_only=True)
class Account:
    """A storage account: its name, its key, and the URL of its Blob endpoint without a slash at its end."""

    name: str
    key: bytes = attrs.field(repr=False)
    endpoint: str

    @classmethod
    def from_options(cls, options: Mapping[str, str]) -> Account:
        """Return the account that the settings describe. Raises `InvalidInput` naming what is missing or wrong."""
        unknown = options.keys() - {*OPTIONS}
        if unknown:
            raise _invalid(f"{min(unknown)} is none of them")
        name, key = options.get("account_name", ""), options.get("account_key", "")
        if not name or not key:
            raise _invalid("account_name and account_key are needed")
        endpoint = options.get("endpoint", f"https://{name}.blob.core.windows.net")
        if not endpoint.startswith(("http://", "https://")):
            raise _invalid("endpoint must be a URL with http:// or https://")
        return cls(name=name, key=_decode_key(key), endpoint=endpoint.rstrip("/"))

    @property
    def store_options(self) -> dict[str, str]:
        """The account as options of the place for files."""
        return {
            "account_name": self.name,
            "account_key": base64.b64encode(self.key).decode(),
            "endpoint": self.endpoint,
        }

    def ask(
        self, method: str, path: str, body: bytes = b"", accept: tuple[int, ...] = ()
    ) -> requests.Response:
        """Send a request signed with the key. Raises `FilesUnavailable` unless the status is 2xx or accepted."""
        url = self.endpoint + path
        headers = {
            "x-ms-date": formatdate(usegmt=True),
            "x-ms-version": sas.VERSION,
            "Content-Length": str(len(body)),
        }
        signed = sas.sign_request(self.name, self.key, method, url, headers)
        try:
            answer = requests.request(
                method,
                url,
                data=body,
                headers={**headers, "Authorization": signed},
                timeout=_TIMEOUT,
                allow_redirects=False,
            )
        except requests.RequestException:
            raise_bare(_unavailable("does not answer"))
        if answer.ok or answer.status_code in accept:
            return answer
        raise _unavailable(f"refuses with {answer.status_code}")


@attrs.frozen
class ContainerPolicies:
    """The policy of a container, kept by its storage account; the container is made where it is missing."""

    account: Account
    container: str

    @property
    def _path(self) -> str:
        return f"/{self.container}?restype=container"

    def make(self) -> None:
        """Make the container where it is missing. Raises `FilesUnavailable`."""
        self.account.ask("PUT", self._path, accept=(409,))

    def read(self) -> AccessPolicy | None:
        """Return the policy, or None where there is none yet."""
        answer = self.account.ask("GET", f"{self._path}&comp=acl", accept=(404,))
        text = answer.content.decode("utf-8", "replace")
        # The service keeps one policy there and no other.
        id, expiry = _ID.search(text), _EXPIRY.search(text)
        if answer.status_code == 404 or not (id and expiry):
            return None
        return AccessPolicy(id[1], _parse_time(expiry[1]))

    def replace(self, policy: AccessPolicy) -> None:
        """Put a policy in the place of the one there is, which ends every token of that one."""
        self.make()
        expiry = policy.expires_at.strftime("%Y-%m-%dT%H:%M:%SZ")
        body = (
            '<?xml version="1.0" encoding="utf-8"?><SignedIdentifiers><SignedIdentifier>'
            f"<Id>{policy.id}</Id><AccessPolicy><Expiry>{expiry}</Expiry>"
            f"<Permission>{_PERMISSIONS}</Permission></AccessPolicy>"
            "</SignedIdentifier></SignedIdentifiers>"
        )
        self.account.ask("PUT", f"{self._path}&comp=acl", body.encode())


def _parse_time(text: str) -> int:
    """Return a time as the store writes it, with parts of a second of any length; 0 where it cannot be read."""
    whole = re.sub(r"\.\d+", "", text.strip())
    try:
        moment = datetime.datetime.fromisoformat(whole)
    except ValueError:
        return 0
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.UTC)
    return int(moment.timestamp() * 1000)


def _decode_key(key: str) -> bytes:
    try:
        return base64.b64decode(key, validate=True)
    except (binascii.Error, ValueError):
        raise_bare(_invalid("account_key is not in Base64"))


def _invalid(what: str) -> InvalidInput:
    return InvalidInput(
        f"landing_zone_options cannot be used: {what}",
        remedy=f"give {', '.join(OPTIONS)}; the last one may be left out for Azure itself",
    )


def _unavailable(what: str) -> FilesUnavailable:
    return FilesUnavailable(
        f"the storage account of the landing zone {what}",
        remedy="check the endpoint, account_name and account_key of landing_zone_options, and that the store runs",
    )
