"""A base connection that shall exist once: how it is looked for, sent, and recognized."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import attrs

from headwater.create.journal import Target
from headwater.credentials.spelling import spell_value
from headwater.errors import HeadwaterError, NotFound
from headwater.secret import Secret, may_equal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from headwater.create.values import Prepared
    from headwater.flowservice import Connection, FlowService, Reference
    from headwater.models import Field

KIND = "connection"
# Seconds by which this machine's clock and the service's may differ before `createdAt` tells against a connection.
CLOCK_SKEW = 600.0


@attrs.frozen
class WantedConnection:
    """One prepared request and the service it is for. Every method may raise what the platform client raises."""

    service: FlowService
    prepared: Prepared

    @property
    def target(self) -> Target:
        """What the journal calls it."""
        endpoint = self.service.endpoint
        return Target(
            endpoint=endpoint.url,
            organization=endpoint.org_id,
            sandbox=endpoint.sandbox,
            kind=KIND,
            spec_id=self._spec_id,
            name=self.prepared.name,
        )

    @property
    def digest(self) -> str:
        """SHA-256 of the body, its secrets left out."""
        text = json.dumps(_without_secrets(self.prepared.payload), sort_keys=True)
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()

    @property
    def list_lag(self) -> float:
        """Seconds that lists of the service may lag behind its writes."""
        return self.service.endpoint.list_lag

    def send(self) -> Reference:
        """Send the create, once."""
        return self.service.connections.create(self.prepared.payload)

    def look(self) -> list[Connection]:
        """Return the connections of our name as the list shows them, oldest first.

        Names are compared here, not in the filter: a name can hold what the filter grammar cannot.
        """
        connections = self.service.connections.list(
            property=[f"connectionSpec.id=={self._spec_id}"], limit=100
        )
        same_name = [
            connection
            for connection in connections
            if connection.name == self.prepared.name
        ]
        return sorted(
            same_name,
            key=lambda connection: (connection.created_at or 0, connection.id),
        )

    def read(self, id: str) -> Connection | None:
        """Return the connection of an id if it is of our name and specification, else None."""
        # imported here: whoever only prepares a create does without the platform client
        from headwater.flowservice.resource import is_id

        if not is_id(id):  # of a journal that somebody has written into
            return None
        try:
            connection = self.service.connections.get(id)
        except NotFound as error:
            if error.outcome_unknown:  # a page that is not the service's says nothing
                raise
            return None
        is_ours = (
            connection.id == id
            and connection.name == self.prepared.name
            and connection.spec_id == self._spec_id
        )
        return connection if is_ours else None

    def doubt(self, id: str, since: float) -> str:
        """Say why the id that a create was answered with may not be what we sent `since` then; empty means proven."""
        try:
            connection = self.read(id)
        except HeadwaterError:
            return "what the service answered could not be read again"
        if connection is None:
            return "the id that the service answered is not that of our connection"
        if find_differences(connection, self.prepared):
            return "the id that the service answered is that of another connection"
        if self.is_anothers(connection, since):
            return "another client, or an earlier one, made what the service answered"
        return ""

    def is_anothers(self, connection: Connection, since: float) -> bool:
        """Say whether a connection is certainly not what we sent at `since` (epoch seconds), as far as it is told.

        A ``createdClient`` with an @ names an account, which says nothing about the client.
        """
        client = connection.raw.get("createdClient")
        endpoint = self.service.endpoint
        names_client = isinstance(client, str) and client and "@" not in client
        if names_client and client not in (endpoint.api_key, endpoint.client_id):
            return True
        created_at = connection.created_at
        return created_at is not None and created_at / 1000 < since - CLOCK_SKEW

    def select_fitting(self, connections: Sequence[Connection]) -> list[Connection]:
        """Return those whose non-secret fields are ours."""
        return [
            connection
            for connection in connections
            if not find_differences(connection, self.prepared)
        ]

    @property
    def _spec_id(self) -> str:
        return str(self.prepared.payload["connectionSpec"]["id"])


def find_differences(connection: Connection, prepared: Prepared) -> tuple[str, ...]:
    """Name our non-secret fields that an existing connection holds otherwise; empty means it could be ours.

    A field the service leaves out of its answer says nothing: reads return credentials in part. Neither does one that
    we leave out, and the service fills with a name that we gave, as it does for inlets.
    """
    payload = prepared.payload
    sent_auth = payload.get("auth") or {}
    names = []
    if (connection.description or "") != (payload.get("description") or ""):
        names.append("description")
    if connection.auth_name and connection.auth_name != sent_auth.get("specName"):
        return (*names, "auth.specName")
    sent_params = sent_auth.get("params") or {}
    given_names = (prepared.name, sent_params.get("name"))
    for field in prepared.auth.fields:
        if _differs(field, connection.params, sent_params, given_names):
            names.append(field.name)
    return tuple(names)


def _differs(
    field: Field,
    stored: Mapping[str, Any],
    sent: Mapping[str, Any],
    given_names: Sequence[Any],
) -> bool:
    """Say whether a stored value is another one than ours; secrets, and what an answer masks, cannot be compared."""
    if field.secret or field.name not in stored:
        return False
    own = spell_value(field, stored[field.name])  # as others may have spelled it
    wanted = sent.get(field.name, field.default)
    if wanted is None and own in given_names:
        return False
    return not may_equal(wanted, own)


def _without_secrets(value: Any) -> Any:
    """Return a body with null in the place of each secret."""
    if isinstance(value, Secret):
        return None
    if isinstance(value, dict):
        return {name: _without_secrets(member) for name, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_secrets(item) for item in value]
    return value
