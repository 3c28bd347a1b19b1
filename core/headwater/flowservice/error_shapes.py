"""Whose word an error answer is: a refusal is believed only in one of the five shapes Flow Service itself uses.

Anything else, a page of a portal or of a gateway for one, may have been put in the place of the service's own answer
after the request had been carried out.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeAlias

from headwater.http.json_body import decode_json

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from headwater.flowservice.answer import Answer

    Shape: TypeAlias = Callable[[int, Mapping[str, Any]], bool]

_TYPE = re.compile(r"(?:.*/)?[A-Z]{2,20}-[0-9]{1,8}-[0-9]{3}/?")
_GATEWAY_CODE = re.compile(r"[0-9]{6}")
_LONGEST_TYPE = 200  # characters


def leaves_outcome_open(answer: Answer) -> bool:
    """Say whether an answer other than a success leaves open what became of the request.

    A 429 never does: who says that it came too early has not looked at it. A 408 and 5xx do, whoever says so.
    """
    if answer.status == 429:
        return False
    return not is_refusal(answer)


def is_refusal(answer: Answer) -> bool:
    """Say whether an answer refuses the request in a shape of Flow Service's own."""
    if not 400 <= answer.status < 500 or answer.status == 408:
        return False
    try:
        body = decode_json(answer.body)
    except ValueError:
        return False
    if not isinstance(body, dict):
        return False
    return any(fits(answer.status, body) for fits in _SHAPES)


def _is_gateway(status: int, body: Mapping[str, Any]) -> bool:
    """``error_code``, a string or a number that begins with the status, and ``message``."""
    code = str(body.get("error_code"))
    fits = _GATEWAY_CODE.fullmatch(code) is not None and int(code[:3]) == status
    return fits and _has_text(body, "message")


def _is_current(status: int, body: Mapping[str, Any]) -> bool:
    """A problem whose type ends in a code such as FLOW-1439-404."""
    kind = body.get("type")
    if not isinstance(kind, str) or len(kind) > _LONGEST_TYPE:
        return False
    return _TYPE.fullmatch(kind) is not None and body.get("status", status) == status


def _is_older(_status: int, body: Mapping[str, Any]) -> bool:
    """``errorMessage``, which is still how a changed etag is told."""
    return _has_text(body, "errorMessage")


def _is_problem(status: int, body: Mapping[str, Any]) -> bool:
    """The problem without a code, which the service uses for 400 only."""
    has_texts = all(_has_text(body, name) for name in ("type", "title", "detail"))
    return has_texts and status == 400 == body.get("status")


def _is_minimal(status: int, body: Mapping[str, Any]) -> bool:
    """``message`` and nothing else, which the service uses for 400 only."""
    return status == 400 and set(body) == {"message"} and _has_text(body, "message")


def _has_text(body: Mapping[str, Any], name: str) -> bool:
    text = body.get(name)
    return isinstance(text, str) and text != ""


_SHAPES: tuple[Shape, ...] = (
    _is_gateway,
    _is_current,
    _is_older,
    _is_problem,
    _is_minimal,
)
