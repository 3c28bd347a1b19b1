"""Settings: where the store is, what may be set, and how workers get them."""

from __future__ import annotations

from typing import Any

import pytest

from headwater.errors import InvalidInput
from headwater.secret import Secret
from headwater_local_flow_service import Client, Settings, Strictness


def test_the_store_comes_from_the_environment_or_lies_with_the_users_data() -> None:
    assert (
        Settings.from_environ({"HEADWATER_LOCAL_STORE": "/x/y.db"}).store == "/x/y.db"
    )
    assert Settings.from_environ({}).store.endswith("local.db")
    assert (
        Settings.from_environ({"HEADWATER_LOCAL_STORE": "/x"}, store="/z").store == "/z"
    )
    assert Settings.from_environ({"HEADWATER_LOCAL_KEY": "k"}).key == Secret("k")


@pytest.mark.parametrize(
    "wrong",
    [
        {"sandboxes": ["Prod"]},
        {"reach_sources": ["https://acme.custhelp.com"]},
        {"reach_sources": ["acme.custhelp.com:443"]},
        {"reach_sources": [""]},
        {"sandboxes": ["a b"]},
        {"sandboxes": [""]},
        {
            "clients": [
                Client(id="a", secret=Secret(text), organizations=["A@AdobeOrg"])
                for text in "xy"
            ]
        },
    ],
)
def test_what_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        Settings(store="x", **wrong)


@pytest.mark.parametrize(
    "wrong",
    [{"secret": Secret("")}, {"organizations": ["ACME"]}, {"organizations": []}],
)
def test_a_client_that_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    given: dict[str, Any] = {
        "id": "a",
        "secret": Secret("x"),
        "organizations": ["ACME@AdobeOrg"],
        **wrong,
    }
    with pytest.raises(InvalidInput):
        Client(**given)


def test_settings_print_no_secret() -> None:
    client = Client(id="a", secret=Secret("canary"), organizations=["A@AdobeOrg"])
    given = Settings(store="x", key=Secret("canary"), clients=[client])
    assert "canary" not in repr(given)


def test_the_environment_can_ask_for_strictness() -> None:
    assert (
        Settings.from_environ({"HEADWATER_LOCAL_STRICT": "1"}, store="x").strictness
        == Strictness.strict()
    )
    assert (
        Settings.from_environ({"HEADWATER_LOCAL_STRICT": "0"}, store="x").strictness
        == Strictness()
    )
    assert (
        Settings.from_environ({}, store="x", strictness=Strictness.strict()).strictness
        == Strictness.strict()
    )
