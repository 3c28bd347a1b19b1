"""Lists that go on: ``_links.next.href`` is followed within the collection it belongs to, and nowhere else."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit

from headwater.errors import Rejected
from headwater.flowservice.models import is_item

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headwater.flowservice.answers import Answer
    from headwater.flowservice.models import JsonObject
    from headwater.flowservice.transport import Transport

_PORTS = {"https": 443, "http": 80}


def pages(
    transport: Transport, path: str, query: str, *, search: JsonObject | None = None
) -> Iterator[JsonObject]:
    """Yield the objects of every page of the list that ``path?query`` begins; a `search` is posted for each page.

    Raises `Unavailable` for a page that cannot be read or a list that leads back to itself, `Rejected` for one that
    leads to another host.
    """
    following: str | None = query
    seen = {following}
    while following is not None:
        if search is None:
            answer = transport.fine("GET", path, query=following)
        else:
            answer = transport.fine(
                "POST", path, query=following, payload=search, changes=False
            )
        body = answer.json()
        yield from items_of(answer, body)
        following = _next_query(transport, answer, body)
        if following in seen:
            raise answer.unreadable(
                "the list's continuation leads back to where it has been"
            )
        seen.add(following)


def items_of(answer: Answer, body: Any) -> list[JsonObject]:
    """Return the objects of a list answer. Raises `Unavailable` when its body is none."""
    items = body.get("items") if isinstance(body, dict) else None
    if not isinstance(items, list) or not all(is_item(item) for item in items):
        raise answer.unreadable("its body is not a list of objects with ids")
    return items


def _next_query(transport: Transport, answer: Answer, body: JsonObject) -> str | None:
    """Return the query of the next page; None after the last one. A missing ``_links`` means the last one too."""
    href = _next_href(body)
    if href is None or href == "":
        return None
    parts = _split(href)
    if parts is None or not parts.query:
        raise answer.unreadable("the link to the next page cannot be read")
    if (parts.scheme or parts.netloc) and not _same_host(parts, transport.endpoint.url):
        raise _leads_away(answer)
    place = parts.path.removeprefix(transport.base).rstrip("/")
    if place not in ("", answer.path, answer.path.removesuffix("/search")):
        raise answer.unreadable("the link to the next page leads to something else")
    return parts.query


def _next_href(body: JsonObject) -> Any:
    links = body.get("_links")
    step = links.get("next") if isinstance(links, dict) else None
    return step.get("href") if isinstance(step, dict) else step


def _split(href: Any) -> SplitResult | None:
    """Parse a link; None for what is none. Its port is looked at too, for that is where parsing fails late."""
    with contextlib.suppress(ValueError):
        parts = urlsplit(href) if isinstance(href, str) else None
        if parts is not None and parts.port != 0:
            return parts
    return None


def _same_host(parts: SplitResult, root: str) -> bool:
    own = urlsplit(root)
    scheme = parts.scheme or own.scheme
    ours = (own.scheme, own.hostname, own.port or _PORTS.get(own.scheme))
    return (scheme, parts.hostname, parts.port or _PORTS.get(scheme)) == ours


def _leads_away(answer: Answer) -> Rejected:
    return Rejected(
        f"{answer.method} {answer.path} answered {answer.status}, but its next page lies on another host,"
        " where it is never looked for",
        method=answer.method,
        path=answer.path,
        status=answer.status,
        remedy="check the URL: something that rewrites answers may stand between here and the service",
    )
