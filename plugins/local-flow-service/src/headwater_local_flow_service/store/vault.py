"""Secrets at rest: authenticated encryption under keys that are kept outside the database."""

from __future__ import annotations

import base64
import contextlib
import functools
import hmac
import json
import os
from typing import TYPE_CHECKING, Any

import attrs
from cryptography.exceptions import InvalidTag
from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from headwater_local_flow_service.store import keys
from headwater_local_flow_service.store.storeerrors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from headwater_local_flow_service.store.keys import Keys

_NONCE_SIZE = 12  # bytes, as AES-GCM wants it
_ID_SIZE = 4  # bytes; tells the few keys of one store apart
_FORMAT = b"\x02"  # then the id of the key, the nonce, the ciphertext
_WITHOUT_ID = b"\x01"  # the format of versions that knew one key only


class DoesNotOpen(StoreError):
    """Something sealed that no key of the store opens: it was made with another one, or has changed since."""

    def __init__(self) -> None:
        super().__init__(
            "stored credentials do not open with the key of this store",
            remedy="put the key that made them into the key file as a further line, or give the credentials anew",
        )


@attrs.frozen(repr=False, eq=False)
class _Derived:
    """What is derived from one master key, each for one purpose."""

    id: bytes
    cipher: AESGCM
    check: str
    tokens: Fernet


class Vault:
    """Seals with the newest key of a store, and opens with any of them."""

    def __init__(self, known: Keys) -> None:
        self._known = known

    @property
    def check_value(self) -> str:
        """A value that tells whether a key is the newest one, and nothing else about it."""
        return self._derived()[0].check

    @property
    def prefix(self) -> bytes:
        """What everything begins with that is sealed with the newest key."""
        return _FORMAT + self._derived()[0].id

    @property
    def count(self) -> int:
        """How many keys there are."""
        return len(self._derived())

    def knows(self, check_value: str) -> bool:
        """Say whether one of the keys has this check value."""
        return any(
            hmac.compare_digest(key.check, check_value) for key in self._derived()
        )

    @property
    def trouble(self) -> str:
        """What is wrong with the key file now, and what to do; empty where nothing is."""
        return self._known.trouble

    def demand_own(
        self, remembered: Callable[[], str], confirm: Callable[[], None]
    ) -> None:
        """Take a changed key file only if it opens what the store holds, as a start does.

        `remembered` reads the check value that the store keeps, `confirm` sees that the store is there; both may raise
        `StoreUnavailable`.
        """
        self._known.demand(lambda keys: self._is_own(keys, remembered()), confirm)

    def _is_own(self, keys: Sequence[bytes], remembered: str) -> bool:
        checks = _list_checks(keys)
        if remembered not in checks:
            return False
        # Without the newest key, others must have rotated it meanwhile: what it sealed would be lost otherwise.
        before = _list_checks(self._known.known)
        return before[0] in checks or remembered not in before

    def token_cipher(self) -> MultiFernet:
        """Return the cipher for access tokens, the same in every worker that has the keys."""
        return MultiFernet([key.tokens for key in self._derived()])

    def derive_keys(self, purpose: str) -> tuple[bytes, ...]:
        """Return a key of 32 bytes for each of the store's, the newest first, good for one purpose and nothing else."""
        info = f"headwater {purpose}".encode()
        return tuple(_derive(key, info) for key in self._known.newest_first)

    def seal(self, value: Any, *owner: str) -> bytes:
        """Encrypt a JSON value for its owner (organization, sandbox, id): nobody else's row can open it.

        Raises `StoreKeyless` while the key file is not in its place.
        """
        newest = _derive_all(self._known.newest_to_seal())
        nonce = os.urandom(_NONCE_SIZE)
        text = newest.cipher.encrypt(nonce, json.dumps(value).encode(), _context(owner))
        return _FORMAT + newest.id + nonce + text

    def open(self, sealed: bytes, *owner: str) -> Any:
        """Decrypt what `seal` made for the same owner. Raises `DoesNotOpen` when it has changed since."""
        for key, rest in self._candidates(sealed):
            nonce, text = rest[:_NONCE_SIZE], rest[_NONCE_SIZE:]
            with contextlib.suppress(InvalidTag, ValueError):
                return json.loads(key.cipher.decrypt(nonce, text, _context(owner)))
        raise DoesNotOpen

    def _candidates(self, sealed: bytes) -> list[tuple[_Derived, bytes]]:
        """Return the keys that may open something, with what stands behind the part that names them."""
        known = self._derived()
        if sealed.startswith(_WITHOUT_ID):
            return [(key, sealed[1:]) for key in known]
        start = len(_FORMAT) + _ID_SIZE
        return [
            (key, sealed[start:]) for key in known if sealed[:start] == _FORMAT + key.id
        ]

    def _derived(self) -> list[_Derived]:
        return [_derive_all(key) for key in self._known.newest_first]


def _list_checks(keys: Sequence[bytes]) -> list[str]:
    return [_derive_all(key).check for key in keys]


@functools.lru_cache(maxsize=4 * keys.MOST)
def _derive_all(key: bytes) -> _Derived:
    return _Derived(
        id=_derive(key, b"headwater key id 1")[:_ID_SIZE],
        cipher=AESGCM(_derive(key, b"headwater secrets 1")),
        check=_derive(key, b"headwater check 1").hex(),
        tokens=Fernet(base64.urlsafe_b64encode(_derive(key, b"headwater tokens 1"))),
    )


def _derive(key: bytes, purpose: bytes) -> bytes:
    derivation = HKDF(algorithm=SHA256(), length=keys.SIZE, salt=None, info=purpose)
    return derivation.derive(key)


def _context(owner: tuple[str, ...]) -> bytes:
    return json.dumps(owner).encode()
