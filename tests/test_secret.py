"""A secret stays inside: no output, copy or encoding of it shows the value."""

from __future__ import annotations

import base64
import copy
import html
import json
import pickle
import urllib.parse

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.cleaning import clean
from headwater.secret import (
    MASK,
    Secret,
    Unshown,
    has_unpaired_surrogate,
    is_mask,
    mask,
    may_equal,
    reseal,
    reveal_all,
    secrets_in,
)

CANARIES = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")),
    min_size=16,
    max_size=40,
).filter(lambda text: len(set(text)) > 6)


def test_every_way_of_printing_shows_the_mask() -> None:
    secret = Secret("correct horse battery")
    assert [repr(secret), str(secret), f"{secret}", f"{secret:>40}", f"{secret!r}"] == [
        MASK
    ] * 5


def test_only_reveal_returns_the_value() -> None:
    assert Secret("correct horse battery").reveal() == "correct horse battery"


def test_pickling_is_refused() -> None:
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(Secret("correct horse battery"))


def test_its_state_cannot_be_read() -> None:
    secret = Secret("correct horse battery")
    for read in (
        secret.__getstate__,
        secret.__reduce__,
        lambda: secret.__reduce_ex__(4),
    ):
        with pytest.raises(TypeError):
            read()
    with pytest.raises(TypeError):
        object.__reduce_ex__(secret, 2)


def test_values_that_are_not_sealed_yet_print_their_names_only() -> None:
    values = Unshown({"host": "a", "key": "correct horse"}, more={"deep": "battery"})
    assert f"{values!r} {values} {values:}" == " ".join(
        ["<values of host, key, more>"] * 3
    )
    assert json.loads(json.dumps(values))["key"] == "correct horse"


def test_what_an_answer_masks_or_leaves_out_may_be_equal() -> None:
    ours = {"host": "a", "account": {"email": "e", "key": Secret("correct horse")}}
    assert may_equal(ours, {"host": "a", "account": {"email": "e", "key": MASK}})
    assert may_equal(ours, {"account": {"email": "e"}})
    assert not may_equal(ours, {"account": {"email": "other", "key": MASK}})
    assert not may_equal(ours, {"account": {"email": "e", "more": 1}})
    assert not may_equal("a", {"host": "a"})


def test_a_string_that_was_known_before_is_not_sealed_again() -> None:
    secrets = [Secret("admin"), Secret("EU")]
    body = ["admin", "an admin", "EU", "EUR", "in the EU"]
    sealed = reseal(body, secrets, {"admin"})
    assert mask(sealed) == ["admin", MASK, MASK, "EUR", MASK]


def test_json_encoding_is_refused() -> None:
    with pytest.raises(TypeError):
        json.dumps({"password": Secret("correct horse battery")})


def test_it_cannot_be_changed() -> None:
    secret = Secret("correct horse battery")
    with pytest.raises(AttributeError):
        secret._value = "other"
    with pytest.raises(AttributeError):
        del secret._value


def test_copies_are_the_same_object_and_asdict_does_not_open_it() -> None:
    @attrs.frozen
    class Holder:
        secret: Secret

    secret = Secret("correct horse battery")
    assert copy.deepcopy([secret])[0] is secret
    assert copy.copy(secret) is secret
    assert attrs.asdict(Holder(secret)) == {"secret": secret}


def test_equality_is_by_value_and_never_with_a_text() -> None:
    assert Secret("a long secret") == Secret("a long secret")
    assert Secret("a long secret") != Secret("another secret")
    assert Secret("a long secret") != "a long secret"
    assert len({Secret("a long secret"), Secret("a long secret")}) == 1


def test_only_a_text_can_be_a_secret() -> None:
    with pytest.raises(TypeError):
        Secret(5)  # type: ignore[arg-type]


def test_masked_and_revealed_walk_nested_structures() -> None:
    body = {
        "auth": {
            "params": [{"password": Secret("correct horse")}],
            "n": (1, Secret("battery staple")),
        }
    }
    assert mask(body) == {"auth": {"params": [{"password": MASK}], "n": [1, MASK]}}
    assert reveal_all(body) == {
        "auth": {"params": [{"password": "correct horse"}], "n": [1, "battery staple"]}
    }
    assert sorted(secret.reveal() for secret in secrets_in(body)) == [
        "battery staple",
        "correct horse",
    ]


@pytest.mark.parametrize(
    ("text", "mask"),
    [("******", True), ("*", True), ("", False), ("a*", False), ("pass", False)],
)
def test_a_mask_is_nothing_but_asterisks(text: str, mask: bool) -> None:
    assert is_mask(text) is mask


def test_one_secret_inside_another_leaves_nothing_behind() -> None:
    text = clean(
        "token=hunter2hunter2-long", [Secret("hunter2"), Secret("hunter2hunter2-long")]
    )
    assert text == f"token={MASK}"


def test_a_text_is_withheld_whole_where_a_secret_is_too_short_to_cut_out() -> None:
    assert "abc" not in clean("the abc of it", [Secret("abc")])


def test_a_text_without_secrets_stays_as_it_is() -> None:
    assert clean("nothing to hide", [Secret("correct horse")]) == "nothing to hide"
    assert clean("nothing to hide", [Secret("")]) == "nothing to hide"


@settings(deadline=None)
@given(canary=CANARIES, lead=st.binary(max_size=5), tail=st.binary(max_size=5))
def test_no_encoding_of_a_secret_survives_cleaning(
    canary: str, lead: bytes, tail: bytes
) -> None:
    raw = canary.encode()
    forms = [
        canary,
        json.dumps(canary)[1:-1],
        json.dumps(canary, ensure_ascii=False)[1:-1],
        json.dumps(json.dumps(canary))[1:-1],
        urllib.parse.quote(canary),
        urllib.parse.quote(canary, safe=""),
        urllib.parse.quote_plus(canary),
        html.escape(canary),
        repr(canary)[1:-1],
        repr(raw)[2:-1],
        base64.b64encode(raw).decode(),
        base64.urlsafe_b64encode(raw).decode(),
    ]
    for form in forms:
        assert form not in clean(f"the server said {form} to us", [Secret(canary)])
    joined = base64.b64encode(lead + raw + tail).decode()
    # Every 12-character stretch that only the canary decides is gone, wherever the canary starts.
    cleaned = clean(joined, [Secret(canary)])
    inner = joined[(len(lead) + 2) // 3 * 4 + 4 : (len(lead) + len(raw)) // 3 * 4 - 4]
    assert not inner or inner not in cleaned


@pytest.mark.parametrize(
    ("text", "unpaired"),
    [("", False), ("Jürgen 😀", False), ("a\ud800b", True), ("\udfff", True)],
)
def test_an_unpaired_surrogate_is_told_from_every_other_character(
    text: str, unpaired: bool
) -> None:
    assert has_unpaired_surrogate(text) is unpaired
