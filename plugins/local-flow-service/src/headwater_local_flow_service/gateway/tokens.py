"""Access tokens the service issues itself: sealed, stateless, and good in every worker that has the key."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from typing import TYPE_CHECKING

from cryptography.fernet import InvalidToken

if TYPE_CHECKING:
    from collections.abc import Iterable

    from headwater.secret import Secret
    from headwater_local_flow_service.settings import Client, Settings
    from headwater_local_flow_service.store.vault import Vault

# The cipher passes over what stands behind the padding and between the letters: such a token is not the one issued.
_FORM = re.compile(r"(?:[\w-]{4})*(?:[\w-]{2}==|[\w-]{3}=)?", re.ASCII)


class Tokens:
    """Issues and reads access tokens. Without configured clients anybody gets one, and none is needed."""

    def __init__(self, settings: Settings, vault: Vault) -> None:
        self._clients = {client.id: client for client in settings.clients}
        self._vault = vault
        self.lifetime = settings.token_lifetime

    @property
    def required(self) -> bool:
        """Whether only tokens issued here are accepted."""
        return bool(self._clients)

    def is_configured(self, client_id: str) -> bool:
        """Say whether there is a client of this id."""
        return client_id in self._clients

    def knows(self, client_id: str, secret: Secret) -> bool:
        """Say whether this is a client with its secret, or the former one."""
        if not self.required:
            return bool(client_id and secret)
        client = self._clients.get(client_id)
        if client is None:
            return False
        return _is_one_of(_bytes(secret), map(_bytes, client.secrets))

    def issue(self, client_id: str, secret: Secret) -> str:
        """Return a token for a client; it carries the time it was made, and which secret it was given for."""
        claims = {"client": client_id, "secret": _fingerprint(secret)}
        return (
            self._vault.token_cipher()
            .encrypt(json.dumps(claims).encode())
            .decode("ascii")
        )

    def client_of(self, token: str) -> Client | None:
        """Return the configured client of a token, or None when it is forged or expired, or its secret is gone."""
        if not _FORM.fullmatch(token):
            return None
        try:
            cipher = self._vault.token_cipher()
            claims = cipher.decrypt(token.encode("ascii"), ttl=self.lifetime)
        except InvalidToken:
            return None
        return self._find(json.loads(claims))

    def _find(self, claims: dict[str, str]) -> Client | None:
        """Return the client of a token's claims; tokens of versions before carry no secret and are asked for anew."""
        client = self._clients.get(claims["client"])
        if client is None:
            return None
        given = claims.get("secret", "").encode()
        good = [_fingerprint(secret).encode() for secret in client.secrets]
        return client if _is_one_of(given, good) else None


def _is_one_of(given: bytes, good: Iterable[bytes]) -> bool:
    """Compare with all of them, in a time that tells nothing about any."""
    matches = [hmac.compare_digest(given, each) for each in good]
    return any(matches)


def _fingerprint(secret: Secret) -> str:
    """Return what tells a secret from another; it stands inside tokens, which are encrypted."""
    digest = hashlib.blake2b(_bytes(secret), digest_size=16, person=b"headwater token")
    return digest.hexdigest()


def _bytes(secret: Secret) -> bytes:
    return secret.reveal().encode("utf-8", "surrogatepass")
