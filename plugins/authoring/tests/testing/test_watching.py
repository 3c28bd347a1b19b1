"""Whatever a stretch of code shows is collected, and what it configures is put back."""

from __future__ import annotations

import logging
import sys
import warnings

from headwater_authoring.testing.canaries import Lookout, canary
from headwater_authoring.testing.watching import Watch

CANARY = canary("watched")
LOOKOUT = Lookout([CANARY])


def _fail_with_note() -> None:
    error = ValueError("harmless")
    error.add_note(CANARY)
    raise error


def _fail_with_context() -> None:
    try:
        raise KeyError(CANARY)
    except KeyError:
        raise ValueError("harmless") from None


def _fail_with_attribute() -> None:
    error = ValueError("harmless")
    error.key = CANARY  # type: ignore[attr-defined]
    raise error


def _fail_within_a_group() -> None:
    raise ExceptionGroup("harmless", [ValueError(CANARY)])


def test_every_part_of_an_exception_is_looked_at() -> None:
    for fail in (
        _fail_with_note,
        _fail_with_context,
        _fail_with_attribute,
        _fail_within_a_group,
    ):
        with Watch() as watch:
            watch.attempt("it", fail)
        assert watch.leaks(LOOKOUT) == ["the error of it"], fail.__name__


def test_locals_of_every_frame_are_looked_at() -> None:
    def fail() -> None:
        key = CANARY
        raise ValueError(len(key))

    with Watch() as watch:
        watch.attempt("it", fail)
    (place,) = watch.leaks(LOOKOUT)
    assert place.startswith("a frame that the error of it leads to (")
    assert place.endswith("fail: key)")


def test_logs_prints_and_warnings_are_collected_and_each_place_is_named_once() -> None:
    quiet = logging.getLogger("acme.quiet")
    quiet.setLevel(logging.CRITICAL)
    with Watch() as watch:
        quiet.debug("key %s", CANARY)
        quiet.debug("key %s", CANARY)
        logging.getLogger("acme.new").info("one", extra={"key": CANARY})
        print(CANARY)
        sys.stderr.write(CANARY)
        warnings.warn(CANARY, stacklevel=1)
    assert set(watch.leaks(LOOKOUT)) == {
        "the log (acme.quiet)", "the log (acme.new)", "standard output", "standard error", "a warning",
    }  # fmt: skip
    assert len(watch.leaks(LOOKOUT)) == 5


def test_a_record_that_cannot_be_formatted_is_read_all_the_same() -> None:
    alone = logging.getLogger("acme.alone")
    alone.propagate = False  # pytest's own handler would fail
    with Watch() as watch:
        alone.info("%d keys", CANARY)
    assert watch.leaks(LOOKOUT) == ["the log (acme.alone)"]


def test_what_it_changes_is_put_back() -> None:
    logger = logging.getLogger("acme.back")
    logger.setLevel(logging.ERROR)
    before = (
        logger.level,
        list(logger.handlers),
        list(logging.root.handlers),
        sys.stdout,
        list(warnings.filters),
    )
    with Watch():
        assert logger.isEnabledFor(logging.DEBUG)
    after = (
        logger.level,
        list(logger.handlers),
        list(logging.root.handlers),
        sys.stdout,
        list(warnings.filters),
    )
    assert after == before


def test_a_value_shows_what_printing_it_shows() -> None:
    class Key:
        def __repr__(self) -> str:
            return "<Key>"

        def __str__(self) -> str:
            return CANARY

    with Watch() as watch:
        watch.show("the key", Key())
        watch.show("the type", Key)
    assert watch.leaks(LOOKOUT) == ["the key when printed"]
