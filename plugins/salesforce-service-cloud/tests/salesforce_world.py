"""Readers of the small Salesforce, opened as anybody opens them, without pauses between attempts."""

from __future__ import annotations

import contextlib
import threading
import traceback
from typing import TYPE_CHECKING, Any
from unittest import mock

from fake_salesforce import (
    CLIENT_ID,
    CLIENT_SECRET,
    PASSWORD,
    SECURITY_TOKEN,
    USER,
    FakeSalesforce,
    serving,
)

import headwater
from headwater.errors import HeadwaterError
from headwater_salesforce_service_cloud.reader import SalesforceReader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from headwater.sources.guarded import GuardedReader

SLUG = "salesforce-service-cloud"
SECRETS = (CLIENT_SECRET, PASSWORD, SECURITY_TOKEN)
TOKEN = "AQ.session"  # what every session id holds


def oauth(url: str, **changes: str) -> dict[str, Any]:
    """Return credentials for OAuth2 Client Credential."""
    return {
        "environmentUrl": url,
        "clientId": CLIENT_ID,
        "clientSecret": CLIENT_SECRET,
    } | changes


def basic(url: str, **changes: str) -> dict[str, Any]:
    """Return credentials for Basic Authentication."""
    given = {
        "environmentUrl": url,
        "username": USER,
        "password": PASSWORD,
        "securityToken": SECURITY_TOKEN,
    }
    return given | changes


@contextlib.contextmanager
def opened(
    faults: Iterable[str | None] = (),
    *,
    by: Callable[..., dict[str, Any]] = oauth,
    page: int = 2000,
    **changes: str,
) -> Iterator[tuple[GuardedReader, FakeSalesforce]]:
    """Yield a reader and the Salesforce it reads."""
    fake = FakeSalesforce(faults, page=page)
    with (
        serving(fake) as served,
        unhurried(),
        read(by(served.url, **changes)) as reader,
    ):
        yield reader, fake


def read(credentials: dict[str, Any]) -> GuardedReader:
    """Return a reader with these credentials."""
    return headwater.open_source(SLUG, credentials=credentials)


def unhurried() -> contextlib.AbstractContextManager[Any]:
    """Let readers opened within it wait for nothing between attempts."""
    return mock.patch.object(
        SalesforceReader.__init__, "__kwdefaults__", {"pause": lambda _seconds: None}
    )


def shown(error: HeadwaterError) -> str:
    """Return everything an error shows of itself."""
    return (
        f"{error!r} {error} {error.data()} {''.join(traceback.format_exception(error))}"
    )


def at_once(*asks: Callable[[], object]) -> list[object]:
    """Ask everything at the same time, a thread each; return what came back, errors of ours among it."""
    ready = threading.Barrier(len(asks))
    found: list[object] = [None] * len(asks)

    def one(place: int) -> None:
        ready.wait()
        try:
            found[place] = asks[place]()
        except HeadwaterError as error:
            found[place] = error

    threads = [
        threading.Thread(target=one, args=(place,)) for place in range(len(asks))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not any(thread.is_alive() for thread in threads)
    return found
