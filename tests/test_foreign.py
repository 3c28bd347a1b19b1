"""Foreign exceptions leave the seam as our own, with nothing of theirs that could show a secret."""

from __future__ import annotations

import traceback

import pytest

from headwater.errors import BrokenPlugin, InvalidInput
from headwater.foreign import foreign
from headwater.models import Distribution
from headwater.secret import Secret

OWNER = Distribution("acme-headwater", "2.0")
CANARY = "correct-horse-battery"


def _provoke(error: BaseException) -> BrokenPlugin:
    def plugin_code() -> None:
        try:
            raise ValueError(f"inner {CANARY}")
        except ValueError:
            raise error  # noqa: B904

    with (
        pytest.raises(BrokenPlugin) as caught,
        foreign("connector acme: build_payload", OWNER, [Secret(CANARY)]),
    ):
        plugin_code()
    return caught.value


def test_it_names_the_distribution_the_place_and_the_type() -> None:
    error = _provoke(RuntimeError("no such column"))
    assert (
        error.message
        == "connector acme: build_payload of acme-headwater 2.0 failed: RuntimeError: no such column"
    )


def test_no_exception_is_chained_so_no_value_travels_along() -> None:
    error = _provoke(RuntimeError(f"outer {CANARY}"))
    assert error.__context__ is None
    assert error.__cause__ is None
    assert CANARY not in "".join(traceback.format_exception(error))
    assert CANARY not in error.frames
    assert "******" in error.message


def test_a_plugin_that_exits_is_a_broken_plugin() -> None:
    assert "SystemExit" in _provoke(SystemExit(3)).message


def test_our_own_errors_pass_through_unchanged() -> None:
    with (
        pytest.raises(InvalidInput, match="the host is not one"),
        foreign("x", OWNER, [Secret(CANARY)]),
    ):
        raise InvalidInput("the host is not one")


def test_our_own_errors_with_a_value_in_them_do_not_pass() -> None:
    with pytest.raises(BrokenPlugin) as caught, foreign("x", OWNER, [Secret(CANARY)]):
        raise InvalidInput(f"the password {CANARY} is too long")
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize("short", ["p", "it", "no"])
def test_our_own_errors_pass_where_a_secret_is_too_short_to_be_told_from_words(
    short: str,
) -> None:
    with (
        pytest.raises(InvalidInput, match="the port"),
        foreign("x", OWNER, [Secret(short), Secret(CANARY)]),
    ):
        raise InvalidInput("the port is not one of those that sites offer")
    with pytest.raises(BrokenPlugin), foreign("x", OWNER, [Secret(short)]):
        raise InvalidInput(f"the password is {short}")


def test_our_own_errors_with_a_value_in_a_note_do_not_pass() -> None:
    error = InvalidInput("the password is too long")
    error.add_note(f"it is {CANARY}")
    with pytest.raises(BrokenPlugin) as caught, foreign("x", OWNER, [Secret(CANARY)]):
        raise error
    assert CANARY not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("word", ["wrong", "password", "rate limit", "says that"])
def test_a_sentence_of_the_author_passes_whatever_words_are_secret(word: str) -> None:
    name = "username"
    with (
        pytest.raises(InvalidInput) as caught,
        foreign("x", OWNER, [Secret(word), Secret("it")]),
    ):
        raise InvalidInput(
            f"it says that the {name} or the password is wrong",
            remedy="wait until the rate limit is over",
        )
    assert str(caught.value).startswith("it says that the username or the password")


def test_a_word_that_a_plugin_puts_into_its_sentence_does_not_pass() -> None:
    word = "".join(["wr", "ong"])
    with pytest.raises(BrokenPlugin) as caught, foreign("x", OWNER, [Secret(word)]):
        raise InvalidInput(f"the password is wrong, it was {word}")
    assert str(caught.value).count("wrong") == 1
    assert "it was ******" in str(caught.value)


def test_interrupting_is_not_an_error_of_the_plugin() -> None:
    with pytest.raises(KeyboardInterrupt), foreign("x", OWNER):
        raise KeyboardInterrupt
