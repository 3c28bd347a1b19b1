"""Whose an inlet is: a base connection of the HTTP API has one, and so has a dataflow of a webhook.

Who knows the id of an inlet may send to it, so ids cannot be guessed. They stay as long as their owner does.
"""

from __future__ import annotations

import hmac
import re
import secrets
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

from headwater_local_flow_service.store.inlet_rows import Inlet, InletRows

if TYPE_CHECKING:
    from headwater_local_flow_service.store.store import Rows, Scope, Store

PATH: Final = "/collection"
HTTP_API: Final = "bc7b00d6-623a-4dfc-9fdb-f1240aeadaeb"  # a connection specification
WEBHOOK: Final = "e77fde5a-22a8-11ed-861d-0242ac120002"  # a flow specification

_BYTES: Final = 32
_ID = re.compile(r"[0-9a-f]{64}")
_MOST_REMEMBERED: Final = 4096
_LOOKED_UP: Final = 32  # digits that the database compares; the others are compared in a time that tells nothing


def ensure(rows: Rows, scope: Scope, owner: str) -> str:
    """Return the id of an owner's inlet, which is made where there is none yet."""
    inlets = InletRows(rows)
    id = inlets.find_id(scope, owner)
    if id is None:
        id = secrets.token_hex(_BYTES)
        inlets.add(Inlet(id=id, scope=scope, owner=owner))
    return id


def id_of(store: Store, scope: Scope, owner: str) -> str:
    """Return the id of an owner's inlet; one that came out of an archive, or was here before inlets, gets it now."""
    with store.reading() as rows:
        id = InletRows(rows).find_id(scope, owner)
    if id is None:
        with store.writing(scope) as rows:
            id = ensure(rows, scope, owner)
    return id


class InletFinder:
    """Finds inlets by their ids, and remembers those it has found: whose an inlet is never changes.

    Whether its owner is still there is for the caller to see.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._found: OrderedDict[str, Inlet] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, id: str) -> Inlet | None:
        """Return the inlet of an id, or None; how long it takes does not tell how much of a guess is right."""
        known = self._found.get(id)
        if known is not None or not _ID.fullmatch(id):
            return known
        with self._store.reading() as rows:
            candidates = InletRows(rows).find_beginning(id[:_LOOKED_UP])
        for inlet in candidates:
            if hmac.compare_digest(inlet.id, id):
                self._remember(inlet)
                return inlet
        return None

    def _remember(self, inlet: Inlet) -> None:
        with self._lock:
            self._found[inlet.id] = inlet
            while len(self._found) > _MOST_REMEMBERED:
                self._found.popitem(last=False)


def url_of(address: str, id: str) -> str:
    """Return the URL of an inlet below the address of the service."""
    return f"{address}{PATH}/{id}"
