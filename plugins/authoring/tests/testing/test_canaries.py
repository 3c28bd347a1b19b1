"""A canary is seen in every form that text takes, and nowhere else."""

from __future__ import annotations

import base64
import json
import urllib.parse
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater_authoring.testing.canaries import Lookout, canary

if TYPE_CHECKING:
    from collections.abc import Callable

CANARY = canary("acme-desk/API Key/apiKey")
FORMS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "in capitals": str.upper,
    "in small letters": str.lower,
    "its beginning": lambda text: text[:8],
    "its end": lambda text: text[-8:],
    "in hex": lambda text: text.encode().hex(),
    "in Base64": lambda text: base64.b64encode(text.encode()).decode(),
    "in Base64 behind a name": lambda text: base64.b64encode(
        f"user:{text}".encode()
    ).decode(),
    "in JSON": json.dumps,
    "in a query": lambda text: urllib.parse.urlencode({"key": text}),
    "in Base64 in a query": lambda text: urllib.parse.quote(
        base64.b64encode(text.encode()).decode(), safe=""
    ),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_canary_is_seen(form: Callable[[str], str]) -> None:
    assert Lookout([CANARY]).sees(f"before {form(CANARY)} after")


@given(st.text(max_size=200))
def test_nothing_else_is_seen(text: str) -> None:
    assert not Lookout([CANARY]).sees(text)


def test_each_seed_has_a_canary_of_its_own_that_stays_the_same() -> None:
    assert canary("a") == canary("a")
    assert not Lookout([canary("a")]).sees(canary("b")[3:-4])


def test_without_canaries_nothing_is_seen() -> None:
    assert not Lookout([]).sees(CANARY)
