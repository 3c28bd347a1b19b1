"""Secrets at rest: authenticated encryption under a key that is kept outside the database."""

from __future__ import annotations

import base64
import binascii
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
from headwater.secret import Secret
from headwater_local_flow_service.store.storeerrors import StoreError

if TYPE_CHECKING:
    from pathlib import Path

KEY_SIZE = 32  # bytes
_NONCE_SIZE = 12  # bytes, as AES-GCM wants it
_FORMAT = b"\x01"


class Vault:
    """Seals and opens secrets with keys derived from one master key, each for one purpose."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(_derived(key, b"headwater secrets 1"))
        self._check = _derived(key, b"headwater check 1").hex()
        self._tokens = base64.urlsafe_b64encode(_derived(key, b"headwater tokens 1"))

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
        return (
            _FORMAT
            + nonce
            + self._cipher.encrypt(nonce, json.dumps(value).encode(), _context(owner))
        )

    def open(self, sealed: bytes, *owner: str) -> Any:
        """Decrypt what `seal` made for the same owner. Raises `StoreError` when it was changed since."""
        nonce, text = sealed[1 : 1 + _NONCE_SIZE], sealed[1 + _NONCE_SIZE :]
        plain = b""
        if sealed[:1] == _FORMAT:
            try:
                plain = self._cipher.decrypt(nonce, text, _context(owner))
            except (InvalidTag, ValueError):
                plain = b""
        if not plain:
            raise StoreError(
                "stored credentials do not open with the key of this store"
            )
        return json.loads(plain)


def key_from(secret: Secret) -> bytes:
    """Read a master key given as text: 32 bytes in base64. Raises `InvalidInput`."""
    text = secret.reveal().strip().replace("+", "-").replace("/", "_").rstrip("=")
    key = b""
    try:
        key = base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_SIZE:
        raise InvalidInput(
            "the key of the local store is not 32 bytes in base64",
            remedy="set HEADWATER_LOCAL_KEY to the text of the key file, or make one with `openssl rand -base64 32`",
        )
    return key


def read_key(path: Path) -> bytes | None:
    """Return the key in a file, or None when there is no such file. Raises `StoreError`."""
    text, failure = "", ""
    try:
        text = path.read_text(encoding="ascii")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        failure = getattr(error, "strerror", None) or "not text"
    if failure:
        raise StoreError(
            f"the key file {path} cannot be read ({failure})",
            remedy="restore it from a backup",
        )
    try:
        return key_from(Secret(text))
    except InvalidInput:
        failure = "does not hold a key"
    raise StoreError(
        f"the key file {path} {failure}", remedy="restore it from a backup"
    )


def make_key(path: Path) -> bytes:
    """Make a key and keep it in a new file that only its owner can read; an existing file is used, never replaced."""
    key = os.urandom(KEY_SIZE)
    failure = ""
    try:
        _place(path, base64.urlsafe_b64encode(key) + b"\n")
    except FileExistsError:
        return read_key(path) or key
    except OSError as error:
        failure = error.strerror or type(error).__name__
    if failure:
        raise StoreError(
            f"the key file {path} cannot be made ({failure})",
            remedy="make its folder writable, or set HEADWATER_LOCAL_KEY",
        )
    return key


def _place(path: Path, text: bytes) -> None:
    """Write the file as a whole, or leave the one that is there: nobody ever sees half a key, and nobody loses one."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with documents.open_draft(path, overwrite=False) as file:
        file.write(text)


def _derived(key: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_SIZE, salt=None, info=purpose).derive(
        key
    )


def _context(owner: tuple[str, ...]) -> bytes:
    return json.dumps(owner).encode()
