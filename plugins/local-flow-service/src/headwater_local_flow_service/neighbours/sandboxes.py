"""Sandbox management: the sandboxes an organization has. They are configured, never made by a request.

It belongs to the organization, so that the header that names a sandbox plays no part here.
"""

from __future__ import annotations

import urllib.parse
from typing import TYPE_CHECKING, Any

from headwater_local_flow_service.gateway.gateway import SANDBOXES, caller_of
from headwater_local_flow_service.kernel.audit import sandbox_id
from headwater_local_flow_service.neighbours import asked
from headwater_local_flow_service.neighbours.refusals import missing
from headwater_local_flow_service.store.store import Scope

if TYPE_CHECKING:
    from collections.abc import Sequence

    import falcon

    from headwater_local_flow_service.kernel.service_context import ServiceContext

BASE = SANDBOXES

_LARGEST_PAGE = 100
_MADE = "2024-01-01 00:00:00"  # when nobody knows: they come from the configuration


class Sandboxes:
    """``/`` and ``/sandboxes``: all of them; every caller may use every one."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Return one page."""
        given = asked.query(req, ("limit", "offset"))
        limit = asked.number(given, "limit", _LARGEST_PAGE, least=1, most=_LARGEST_PAGE)
        offset = asked.number(given, "offset", 0)
        names = self._context.settings.sandboxes
        page = [
            render(caller_of(req).scope.org, name, self._context)
            for name in names[offset : offset + limit]
        ]
        resp.media = {
            "sandboxes": page,
            "_page": {"limit": limit, "count": len(page)},
            "_links": _links(names, limit, offset),
        }


class Sandbox:
    """``/sandboxes/{name}``."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context

    def on_get(self, req: falcon.Request, resp: falcon.Response, name: str) -> None:
        """Return one sandbox, not in a list."""
        asked.query(req, ())
        if name not in self._context.settings.sandboxes:
            raise missing(name, "sandboxes")
        resp.media = render(caller_of(req).scope.org, name, self._context)


def render(org: str, name: str, context: ServiceContext) -> dict[str, Any]:
    """Return a sandbox as it is read; its id is the `sandboxId` on everything inside it."""
    default = name == context.settings.default_sandbox
    return {
        "id": sandbox_id(Scope(org=org, sandbox=name)),
        "name": name,
        "title": name.replace("-", " ").capitalize(),
        "state": "active",
        "type": "production" if default else "development",
        "region": "VA7",
        "isDefault": default,
        "eTag": 1,
        "createdDate": _MADE,
        "lastModifiedDate": _MADE,
        "createdBy": "headwater",
        "modifiedBy": "headwater",
    }


def _links(names: Sequence[str], limit: int, offset: int) -> dict[str, Any]:
    links = {"page": _link(limit, offset)}
    if offset + limit < len(names):
        links["next"] = _link(limit, offset + limit)
    if offset:
        links["prev"] = _link(limit, max(offset - limit, 0))
    return links


def _link(limit: int, offset: int) -> dict[str, str]:
    return {
        "href": f"{BASE}/sandboxes?{urllib.parse.urlencode({'limit': limit, 'offset': offset})}"
    }
