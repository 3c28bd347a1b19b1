"""Adapters of plugins: found by their scheme, never for https, and named when they fail."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pytest
import requests
from flowservice.wired import CANARY, ID, ITEM, endpoint, everything_shown, service
from requests.adapters import BaseAdapter

from headwater.errors import (
    BrokenPlugin,
    InvalidInput,
    NotConfigured,
    PluginError,
    Unavailable,
    Unreachable,
)
from headwater.flowservice.adapters import adapter_for

if TYPE_CHECKING:
    from pathlib import Path


class Echo(BaseAdapter):
    """Answers every request with one connection, without a network."""

    def __init__(self, failure: Exception | None = None) -> None:
        super().__init__()
        self.failure = failure
        self.closed = False
        self.seen: list[tuple[requests.PreparedRequest, dict[str, Any]]] = []

    def send(
        self, request: requests.PreparedRequest, *args: Any, **kwargs: Any
    ) -> requests.Response:
        self.seen.append((request, kwargs))
        if self.failure is not None:
            raise self.failure
        response = requests.Response()
        response.status_code = 200
        response.request = request
        response.raw = io.BytesIO(json.dumps({"items": [ITEM]}).encode())
        return response

    def close(self) -> None:
        self.closed = True


def _install(
    monkeypatch: pytest.MonkeyPatch,
    path: Path,
    scheme: str,
    code: str,
    name: str = "acme",
) -> None:
    """Put a distribution on the path whose adapter for the scheme is made by `code`."""
    (path / f"{name}_adapter.py").write_text(code)
    info = path / f"{name}-1.0.dist-info"
    info.mkdir(exist_ok=True)
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"
    )
    (info / "entry_points.txt").write_text(
        f"[headwater.adapters]\n{scheme} = {name}_adapter:make\n"
    )
    monkeypatch.syspath_prepend(path)


def _echo(monkeypatch: pytest.MonkeyPatch, failure: Exception | None = None) -> Echo:
    adapter = Echo(failure)
    monkeypatch.setattr(
        "headwater.flowservice.sender.adapter_for", lambda _scheme: adapter
    )
    return adapter


def test_an_installed_adapter_is_found_by_its_scheme(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _install(
        monkeypatch,
        tmp_path,
        "http+acme",
        "from requests.adapters import HTTPAdapter as make\n",
        "acme1",
    )

    assert isinstance(adapter_for("http+acme"), BaseAdapter)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_the_platforms_own_schemes_are_never_a_plugins(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, scheme: str
) -> None:
    _install(monkeypatch, tmp_path, scheme, "raise SystemExit\n", f"acme2{scheme}")

    with pytest.raises(InvalidInput, match="never served by a plugin"):
        adapter_for(scheme)
    with service(endpoint(url=f"{scheme}://127.0.0.1:9")) as (flow, _pauses):
        assert (
            type(
                flow._transport._sender._session.get_adapter(f"{scheme}://x")
            ).__module__
            == "headwater.http.exchanges"
        )


def test_a_missing_adapter_names_the_scheme_or_the_distribution(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(NotConfigured, match=r"http\+nothing"):
        adapter_for("http+nothing")

    monkeypatch.setattr(
        "headwater.flowservice.adapters.entry_points", lambda **_filters: ()
    )
    with pytest.raises(
        NotConfigured, match=r"headwater-local-flow-service.*pip install"
    ):
        adapter_for("http+local")


def test_two_distributions_for_one_scheme_are_both_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("acme3", "acme4"):
        _install(monkeypatch, tmp_path, "http+twice", "make = None\n", name)

    with pytest.raises(PluginError, match="acme3, acme4"):
        adapter_for("http+twice")


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("acme5", "raise RuntimeError\n"),
        ("acme6", "def make(): raise KeyError\n"),
        ("acme7", "def make(): return object()\n"),
    ],
)
def test_an_adapter_that_fails_is_a_broken_plugin(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, code: str
) -> None:
    _install(monkeypatch, tmp_path, f"http+{name}", code, name)

    with pytest.raises(BrokenPlugin, match=f"{name} 1.0") as caught:
        adapter_for(f"http+{name}")

    assert caught.value.__context__ is None


def test_a_request_goes_through_the_adapter_with_headers_query_and_timeouts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    adapter = _echo(monkeypatch)

    with service(endpoint(url="http+echo://embedded")) as (flow, _pauses):
        assert flow.connections.get(ID).name == "Support desk"
        list(flow.connections.list(limit=5))

    first, second = adapter.seen
    assert (
        first[0].url
        == f"http+echo://embedded/data/foundation/flowservice/connections/{ID}"
    )
    assert first[0].headers["x-sandbox-name"] == "prod"
    assert first[1]["timeout"] == (10.0, 60.0)
    assert first[1]["proxies"] == {}
    assert str(second[0].url).endswith("/connections?limit=5")
    assert adapter.closed


def test_one_adapter_serves_service_and_identity_alike(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[str] = []

    def make(scheme: str) -> Echo:
        made.append(scheme)
        return Echo()

    monkeypatch.setattr("headwater.flowservice.sender.adapter_for", make)
    at = endpoint(
        url="http+echo://embedded",
        ims_url="http+echo://ims",
        access_token=None,
        client_id="c",
        client_secret="secret",
    )

    with service(at):
        assert made == ["http+echo"]


def test_an_adapters_foreign_exception_is_unreachable_and_may_have_been_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _echo(monkeypatch, RuntimeError(CANARY))

    with (
        service(endpoint(url="http+echo://embedded")) as (flow, pauses),
        pytest.raises(Unreachable, match="RuntimeError") as caught,
    ):
        flow.connections.create({"name": "x"})

    assert caught.value.sent
    assert pauses == []
    assert CANARY not in everything_shown(caught.value)


def test_an_adapters_own_error_comes_through(monkeypatch: pytest.MonkeyPatch) -> None:
    own = Unavailable(
        "the store is locked",
        method="GET",
        path="/",
        status=503,
        remedy="close the other program",
    )
    _echo(monkeypatch, own)

    with (
        service(endpoint(url="http+echo://embedded")) as (flow, _pauses),
        pytest.raises(Unavailable, match="locked"),
    ):
        flow.connections.get(ID)


def test_an_adapters_own_error_that_holds_a_secret_does_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    token = endpoint().access_token
    assert token is not None
    _echo(monkeypatch, InvalidInput(f"bad token {token.reveal()}"))

    with (
        service(endpoint(url="http+echo://embedded")) as (flow, _pauses),
        pytest.raises(Unreachable, match="InvalidInput") as caught,
    ):
        flow.connections.get(ID)

    assert token.reveal() not in everything_shown(caught.value)
