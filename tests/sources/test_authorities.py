"""Whose certificates a source may show: the usual authorities', a profile's own, or those the environment names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from wire.rig import Page, Rig

from headwater.errors import InvalidInput, SourceUnavailable
from headwater.sources import Reach, SourceHttp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from wire.rig import Received

FINE = b'{"fine": true}'


def _answer(_request: Received) -> Page:
    return Page(200, FINE)


@pytest.fixture
def rig(monkeypatch: pytest.MonkeyPatch) -> Iterator[Rig]:
    """Yield a source whose certificate a certificate authority of its own has signed."""
    for variable in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(variable, raising=False)
    with Rig(_answer, tls=True) as rig:
        yield rig


def _anywhere(ca_bundle: str | None = None) -> Reach:
    return Reach(ca_bundle=ca_bundle)


def _of_a_service(ca_bundle: str | None = None) -> Reach:
    return Reach(frozenset({"localhost"}), ca_bundle=ca_bundle)


REACHES = pytest.mark.parametrize("reach", [_anywhere, _of_a_service])


def _get(rig: Rig, reach: Reach) -> bytes:
    with SourceHttp(rig.url, reach=reach, pause=lambda _seconds: None) as http:
        return http.get("/").body


@REACHES
def test_the_authorities_that_are_given_count(
    rig: Rig, reach: Callable[..., Reach]
) -> None:
    assert _get(rig, reach(rig.ca_bundle)) == FINE


@REACHES
def test_those_of_the_environment_count_for_a_person_and_for_a_service(
    rig: Rig, reach: Callable[..., Reach], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(rig.ca_bundle))
    assert _get(rig, reach()) == FINE


def test_those_that_are_given_come_before_those_of_the_environment(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with Rig(_answer, tls=True) as other:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(other.ca_bundle))
        assert _get(rig, _anywhere(rig.ca_bundle)) == FINE
        with pytest.raises(SourceUnavailable, match="cannot be verified"):
            _get(rig, _anywhere(other.ca_bundle))


@pytest.mark.parametrize(
    ("reach", "remedy"),
    [
        (_anywhere, "ca_bundle of the profile, or in REQUESTS_CA_BUNDLE"),
        (_of_a_service, "in REQUESTS_CA_BUNDLE where the service is started"),
    ],
)
def test_a_certificate_nobody_vouches_for_ends_in_a_remedy_that_works(
    rig: Rig, reach: Callable[..., Reach], remedy: str
) -> None:
    with pytest.raises(SourceUnavailable, match="cannot be verified") as raised:
        _get(rig, reach())
    assert remedy in raised.value.remedy
    assert rig.carried_out("GET") == 0


@pytest.mark.parametrize("name", ["empty.pem", "missing.pem"])
def test_authorities_that_cannot_be_used_are_told_before_anything_is_sent(
    rig: Rig, tmp_path: Path, name: str
) -> None:
    (tmp_path / "empty.pem").write_text("")
    with pytest.raises(InvalidInput, match=r"^ca_bundle"):
        _get(rig, _anywhere(str(tmp_path / name)))
    assert rig.carried_out("GET") == 0


@REACHES
def test_authorities_of_the_environment_that_are_not_there_are_told_by_its_name(
    rig: Rig,
    reach: Callable[..., Reach],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "missing.pem"))
    with pytest.raises(InvalidInput) as raised:
        _get(rig, reach())
    assert "REQUESTS_CA_BUNDLE" in raised.value.remedy
    assert rig.carried_out("GET") == 0


def test_a_client_that_sends_nothing_looks_for_no_authorities(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Credentials are validated without anything being sent."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "missing.pem"))
    SourceHttp("https://a.example", reach=Reach()).close()
