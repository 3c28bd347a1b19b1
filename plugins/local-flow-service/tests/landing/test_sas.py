"""Signatures, against Microsoft's own implementation."""

from __future__ import annotations

import base64

import pytest

from headwater_local_flow_service.landing import sas

KEY = b"0123456789abcdef0123456789abcdef"


def test_a_container_token_is_the_one_azures_sdk_makes() -> None:
    blob = pytest.importorskip(
        "azure.storage.blob", reason="azure-storage-blob is not installed"
    )
    import urllib.parse

    made = blob.generate_container_sas(
        "account",
        "container",
        account_key=base64.b64encode(KEY).decode(),
        permission=sas.PERMISSIONS,
        policy_id="dlz-1",
    )
    theirs = dict(urllib.parse.parse_qsl(made))
    ours = dict(
        urllib.parse.parse_qsl(sas.sign_container("account", "container", "dlz-1", KEY))
    )

    assert theirs.keys() == ours.keys()
    if theirs["sv"] == sas.VERSION:
        assert theirs == ours


def test_a_token_is_good_under_any_key_there_is() -> None:
    import urllib.parse

    token = dict(urllib.parse.parse_qsl(sas.sign_container("a", "c", "p", KEY)))

    assert sas.is_signed("a", "c", token, (b"newer", KEY))
    assert not sas.is_signed("a", "c", token, (b"newer",))
    assert not sas.is_signed("b", "c", token, (KEY,))
    assert not sas.is_signed("a", "d", token, (KEY,))
    assert not sas.is_signed("a", "c", {**token, "si": "q"}, (KEY,))
    assert not sas.is_signed("a", "c", {**token, "sig": "ø"}, (KEY,))
