"""Bodies that should be JSON: what is not leaves no trace of itself in the error."""

from __future__ import annotations

from typing import Any

import pytest
from flowservice.wired import everything_shown

from headwater.http.json_body import decode_json, get_member


@pytest.mark.parametrize(
    "body", [b"", b"{", b"<html>", b"\xff\xfe\x00", b'{"a": NaN}', b"[" * 100_000]
)
def test_what_is_not_json_is_a_value_error_without_the_body(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"^not JSON$") as caught:
        decode_json(body)

    assert caught.value.__context__ is None
    assert everything_shown(caught.value).count("not JSON") >= 1


def test_a_byte_order_mark_is_no_obstacle() -> None:
    assert decode_json(b'\xef\xbb\xbf{"a": 1}') == {"a": 1}


@pytest.mark.parametrize("value", [{}, [], "a", None, 1])
def test_a_member_is_looked_for_in_objects_only(value: Any) -> None:
    assert get_member(value, "a") is None
    assert get_member({"a": value}, "a") == value
