"""A `requests` session that connects only where a `Reach` allows it, whatever a name resolves to by then."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from headwater.http.exchanges import WatchingAdapter, watch_connections
from headwater.http.session import open_session

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    import requests

    from headwater.sources.reach import Reach


def open_guarded_session(reach: Reach) -> requests.Session:
    """Return a session without cookies, ``.netrc`` and redirects of its own; proxies only where anywhere is allowed."""
    session = open_session(_GuardedAdapter(reach))
    session.auth = _no_netrc
    session.trust_env = reach.hosts is None
    return session


def _no_netrc(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Stand in the place of the credentials that requests would otherwise read from ``.netrc``."""
    return request


class _GuardedAdapter(WatchingAdapter):
    """Looks at the host before connecting, and at the address that was connected to before anything is sent."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        super().__init__()

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = _pools(self._reach)
        watch_connections(self.poolmanager)


def _pools(reach: Reach) -> dict[str, Any]:
    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return _connect(reach, self, super()._new_conn)

    class Encrypted(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return _connect(reach, self, super()._new_conn)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class EncryptedPool(HTTPSConnectionPool):
        ConnectionCls = Encrypted

    return {"http": PlainPool, "https": EncryptedPool}


def _connect(
    reach: Reach, connection: HTTPConnection, open_socket: Callable[[], socket.socket]
) -> socket.socket:
    reach.check_host(connection.host, connection.port or 0)
    connected = open_socket()
    try:
        reach.check_address(str(connected.getpeername()[0]))
    except BaseException:
        connected.close()
        raise
    return connected
