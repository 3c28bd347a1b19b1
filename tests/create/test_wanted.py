"""An existing connection is ours where its non-secret fields are, however somebody else has spelled them.

What the service fills with the connection's own name (`sourceId`), where we left it out, is ours too.
"""

from __future__ import annotations

from typing import Any

import pytest

from headwater import AuthenticationSpec, ConnectionSpec, Connector, Field, hookimpl
from headwater.create import prepare
from headwater.create.wanted import find_differences
from headwater.flowservice.models import connection
from headwater.models import Distribution

SPEC = ConnectionSpec(
    id="11111111-2222-4333-8444-555555555555", name="Acme", category="crm"
)


class Acme:
    """A source whose documentation writes ports and switches in two ways."""

    @hookimpl
    def connection_spec(self) -> ConnectionSpec:
        return SPEC

    @hookimpl
    def credential_schemas(self) -> list[AuthenticationSpec]:
        fields = [
            Field("port", accepts_type="integer"),
            Field("tls", "boolean", accepts_type="string"),
            Field("key", secret=True),
            Field("sourceId", required=False),
        ]
        return [AuthenticationSpec("Basic", fields)]


@pytest.mark.parametrize(
    ("stored", "names"),
    [
        ({"port": "5439", "tls": True}, ()),
        ({"port": 5439, "tls": "true", "key": "******"}, ()),
        ({"port": 5440, "tls": "true"}, ("port",)),
        ({"port": "5439", "tls": "no"}, ("tls",)),
        ({"port": "5439", "tls": True, "sourceId": "Desk"}, ()),
        ({"port": "5439", "tls": True, "sourceId": "Other"}, ("sourceId",)),
    ],
)
def test_a_stored_spelling_is_read_as_ours_would_be(
    stored: dict[str, Any], names: tuple[str, ...]
) -> None:
    prepared = prepare(
        Connector("acme", Acme(), Distribution("acme", "1")),
        name="Desk",
        credentials={"port": 5439, "tls": "true", "key": "correct-horse"},
    )
    existing = connection(
        {
            "id": "a",
            "name": "Desk",
            "connectionSpec": {"id": SPEC.id, "version": "1.0"},
            "auth": {"specName": "Basic", "params": stored},
            "etag": '"1"',
        }
    )
    assert find_differences(existing, prepared) == names
