"""Lists that go on: ``_links.next.href`` is followed within the collection it belongs to, and nowhere else."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit

from headwater.errors import Rejected, Unavailable
from headwater.flowservice.models import is_item
from headwater.http.json_body import get_member

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headwater.flowservice.answer import Answer
    from headwater.flowservice.models import JsonObject
    from headwater.flowservice.transport import Transport

# Of one list. At 100 objects a page that is a million of them, more than a sandbox has.
MOST_PAGES = 10_000

_PORTS = {"https": 443, "http": 80}


def pages(
    transport: Transport, path: str, query: str, *, search: JsonObject | None = None
) -> Iterator[JsonObject]:
    """Yield the objects of every page of the list that ``path?query`` begins; a `search` is posted for each page.

    Raises `Unavailable` for a page that cannot be read, for a list that leads back to itself or that has more than
    `MOST_PAGES` pages, and `Rejected` for one that leads to another host.
    """
    next_query: str | None = query
    seen = {next_query}
    while next_query is not None:
        answer = _fetch_page(transport, path, next_query, search)
        body = answer.json()
        yield from items_of(answer, body)
        next_query = _next_query(transport, answer, body)
        if next_query in seen:
            raise answer.unreadable(
                "the list's continuation leads back to where it has been"
            )
        if next_query is not None:
            seen.add(next_query)
            check_page_number(answer, len(seen))


def check_page_number(answer: Answer, number: int) -> None:
    """Refuse a page after the last one that is ever asked for: there are lists whose every page names another one."""
    if number <= MOST_PAGES:
        return
    raise answer.error(
        Unavailable,
        f"but its list goes on after {MOST_PAGES} pages",
        remedy="narrow it down with property filters, or ask for more objects a page (limit)",
    )


def items_of(answer: Answer, body: Any) -> list[JsonObject]:
    """Return the objects of a list answer. Raises `Unavailable` where its body is not a list."""
    items = get_member(body, "items")
    if not isinstance(items, list) or not all(map(is_item, items)):
        raise answer.unreadable("its body is not a list of objects with ids")
    return items


def _fetch_page(
    transport: Transport, path: str, query: str, search: JsonObject | None
) -> Answer:
    if search is None:
        return transport.request("GET", path, query=query)
    return transport.request("POST", path, query=query, payload=search, changes=False)


def _next_query(transport: Transport, answer: Answer, body: JsonObject) -> str | None:
    """Return the query of the next page; None after the last one. A missing ``_links`` means the last one too."""
    href = _next_href(body)
    if href is None or href == "":
        return None
    link = _split(href)
    if link is None or not link.query:
        raise answer.unreadable("the link to the next page cannot be read")
    if not _is_same_host(link, transport.endpoint.url):
        raise answer.error(
            Rejected,
            "but its next page lies on another host, where it is never looked for",
            remedy="check the URL: something that rewrites answers may stand between here and the service",
        )
    path = link.path.removeprefix(transport.base).rstrip("/")
    if path not in ("", answer.path, answer.path.removesuffix("/search")):
        raise answer.unreadable("the link to the next page leads to something else")
    return link.query


def _next_href(body: JsonObject) -> Any:
    """Return the link to the next page, which comes as a string or as an object with ``href``."""
    step = get_member(body.get("_links"), "next")
    if isinstance(step, dict):
        return step.get("href")
    return step


def _split(href: Any) -> SplitResult | None:
    """Parse a link; None for what is not one. Its port is looked at too, for that is where parsing fails late."""
    if not isinstance(href, str):
        return None
    with contextlib.suppress(ValueError):
        link = urlsplit(href)
        if link.port != 0:
            return link
    return None


def _is_same_host(link: SplitResult, root: str) -> bool:
    """Say whether a link leads to the host of a root URL; one that names no host does."""
    own = urlsplit(root)
    if not link.scheme and not link.netloc:
        return True
    return _origin(link, own.scheme) == _origin(own, own.scheme)


def _origin(parts: SplitResult, own_scheme: str) -> tuple[str, str | None, int | None]:
    scheme = parts.scheme or own_scheme
    return scheme, parts.hostname, parts.port or _PORTS.get(scheme)
