"""Access tokens the service issues itself: sealed, stateless, and good in every worker that has the key."""

from __future__ import annotations

import hmac
import json
import re
from typing import TYPE_CHECKING

from cryptography.fernet import InvalidToken

if TYPE_CHECKING:
    from headwater.secret import Secret
    from headwater_local_flow_service.settings import Client, Settings
    from headwater_local_flow_service.store.vault import Vault

# The cipher passes over what stands behind the padding and between the letters: such a token is not the one issued.
_FORM = re.compile(r"(?:[\w-]{4})*(?:[\w-]{2}==|[\w-]{3}=)?", re.ASCII)


class Tokens:
    """Issues and reads access tokens. Without configured clients anybody gets one, and none is needed."""

    def __init__(self, settings: Settings, vault: Vault) -> None:
        self._clients = {client.id: client for client in settings.clients}
        self._cipher = vault.token_cipher()
        self.lifetime = settings.token_lifetime

    @property
    def required(self) -> bool:
        """Whether only tokens issued here are accepted."""
        return bool(self._clients)

    def knows(self, client_id: str, secret: Secret) -> bool:
        """Say whether this is a client with its secret."""
        if not self.required:
            return bool(client_id and secret)
        client = self._clients.get(client_id)
        if client is None:
            return False
        return hmac.compare_digest(_bytes(client.secret), _bytes(secret))

    def issue(self, client_id: str) -> str:
        """Return a token for a client; it carries the time it was made."""
        claims = json.dumps({"client": client_id}).encode()
        return self._cipher.encrypt(claims).decode("ascii")

    def client_of(self, token: str) -> Client | None:
        """Return the configured client of a token, or None when it is forged, expired or its client is gone."""
        if not _FORM.fullmatch(token):
            return None
        try:
            claims = self._cipher.decrypt(token.encode("ascii"), ttl=self.lifetime)
        except InvalidToken:
            return None
        return self._clients.get(json.loads(claims)["client"])


def _bytes(secret: Secret) -> bytes:
    return secret.reveal().encode("utf-8", "surrogatepass")
