"""Secrets at rest: authenticated encryption under a key that is kept outside the database."""

from __future__ import annotations

import base64
import binascii
import contextlib
import json
import os
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidTag
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from headwater import documents
from headwater.errors import InvalidInput
from headwater.foreign import raise_bare
from headwater.secret import Secret
from headwater_local_flow_service.store import placing
from headwater_local_flow_service.store.storeerrors import StoreError

if TYPE_CHECKING:
    from pathlib import Path

KEY_SIZE = 32  # bytes
_NONCE_SIZE = 12  # bytes, as AES-GCM wants it
_FORMAT = b"\x01"
_SEALED = "stored credentials do not open with the key of this store"
_RESTORE = "restore it from a backup"


class Vault:
    """Seals and opens secrets with keys derived from one master key, each for one purpose."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(_derive(key, b"headwater secrets 1"))
        self._check = _derive(key, b"headwater check 1").hex()
        self._tokens = base64.urlsafe_b64encode(_derive(key, b"headwater tokens 1"))

    @property
    def check_value(self) -> str:
        """A value that tells whether a key is the right one, and nothing else about it."""
        return self._check

    def token_cipher(self) -> Fernet:
        """Return the cipher for access tokens, the same in every worker that has the key."""
        return Fernet(self._tokens)

    def seal(self, value: Any, *owner: str) -> bytes:
        """Encrypt a JSON value for its owner (organization, sandbox, id): nobody else's row can open it."""
        nonce = os.urandom(_NONCE_SIZE)
        plain = json.dumps(value).encode()
        return _FORMAT + nonce + self._cipher.encrypt(nonce, plain, _context(owner))

    def open(self, sealed: bytes, *owner: str) -> Any:
        """Decrypt what `seal` made for the same owner. Raises `StoreError` when it has changed since."""
        if not sealed.startswith(_FORMAT):
            raise StoreError(_SEALED)
        start = len(_FORMAT)
        nonce, text = sealed[start : start + _NONCE_SIZE], sealed[start + _NONCE_SIZE :]
        try:
            plain = self._cipher.decrypt(nonce, text, _context(owner))
        except (InvalidTag, ValueError):
            raise_bare(StoreError(_SEALED))
        return json.loads(plain)


def key_from(secret: Secret) -> bytes:
    """Read a master key given as a string: 32 bytes in base64. Raises `InvalidInput`."""
    text = secret.reveal().strip().replace("+", "-").replace("/", "_").rstrip("=")
    padding = b"=" * (-len(text) % 4)
    key = b""
    with contextlib.suppress(binascii.Error, ValueError):
        key = base64.urlsafe_b64decode(text.encode("ascii") + padding)
    if len(key) != KEY_SIZE:
        raise InvalidInput(
            "the key of the local store is not 32 bytes in base64",
            remedy="set HEADWATER_LOCAL_KEY to the content of the key file, or make one with `openssl rand -base64 32`",
        )
    return key


def read_key(path: Path) -> bytes | None:
    """Return the key in a file, or None when there is no such file. Raises `StoreError`."""
    problem = f"the key file {path}"
    try:
        return key_from(Secret(path.read_text(encoding="ascii")))
    except FileNotFoundError:
        return None
    except OSError as error:
        problem += f" cannot be read ({documents.describe(error)})"
    except UnicodeDecodeError:
        problem += " cannot be read (not text)"
    except InvalidInput:
        problem += " does not hold a key"
    raise StoreError(problem, remedy=_RESTORE)


def make_key(path: Path) -> bytes:
    """Make a key and keep it in a new file that only its owner can read; an existing file is used, never replaced."""
    key = os.urandom(KEY_SIZE)
    try:
        _place(path, base64.urlsafe_b64encode(key) + b"\n")
    except FileExistsError:
        return read_key(path) or key
    except OSError as error:
        raise_bare(
            StoreError(
                f"the key file {path} cannot be made ({documents.describe(error)})",
                remedy="make its folder writable, or set HEADWATER_LOCAL_KEY",
            )
        )
    return key


def _place(path: Path, text: bytes) -> None:
    """Write the file as a whole, or leave the one that is there: nobody ever sees half a key, and nobody loses one."""
    placing.make_folder(path.parent)
    with documents.open_draft(path, overwrite=False) as file:
        file.write(text)


def _derive(key: bytes, purpose: bytes) -> bytes:
    derivation = HKDF(algorithm=SHA256(), length=KEY_SIZE, salt=None, info=purpose)
    return derivation.derive(key)


def _context(owner: tuple[str, ...]) -> bytes:
    return json.dumps(owner).encode()
