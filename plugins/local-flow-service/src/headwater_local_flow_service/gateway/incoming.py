"""What arrives: query parameters and JSON bodies, bounded and checked before anything else looks at them."""

from __future__ import annotations

import difflib
import json
import math
import re
import urllib.parse
from typing import TYPE_CHECKING, Any, cast

from headwater.foreign import raise_bare
from headwater_local_flow_service.errors import (
    ContentTypeError,
    FlowError,
    too_large,
)
from headwater_local_flow_service.texts import UNSTORABLE, is_storable

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from typing import BinaryIO

    import falcon

    from headwater_local_flow_service.settings import Settings

MOST_PARAMETERS = 100
_LONGEST_NAME = 64  # characters of a parameter's name
_MOST_NAMED = 5  # parameters in one warning
_ALIKE = 0.85  # of two names: properties and property are not, limits and limit are
_NAME = re.compile(rf"[A-Za-z0-9_.-]{{1,{_LONGEST_NAME}}}")
_EMPTY = "the body is missing or empty"
_BAD_REQUEST = "CONNECTOR-1000-400"
_JSON = re.compile(r"application/(?:json|.*\+json)", re.DOTALL)


def parameters(
    req: falcon.Request,
    allowed: Collection[str],
    *,
    spelled: Callable[[str], str] = str,
) -> dict[str, list[str]]:
    """Return the query parameters, each with all its values; unknown ones are passed over with a warning.

    `spelled` turns a name as it may be written into the name it is known by. Raises `FlowError` for unknown ones where
    the service is strict, and always for what looks like a known one: without its filter, a list holds everything.
    """
    # WSGI hands bytes over as Latin-1; servers pass a raw non-ASCII query on.
    text = req.query_string.encode("latin-1", "replace").decode("utf-8", "replace")
    try:
        pairs = urllib.parse.parse_qsl(
            text, keep_blank_values=True, max_num_fields=MOST_PARAMETERS
        )
    except ValueError:
        refusal = f"there are more than {MOST_PARAMETERS} query parameters"
        raise_bare(FlowError("FLOW-1451-400", refusal))
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(spelled(name), []).append(value)
    unknown = [name for name in values if name not in allowed]
    if unknown:
        _pass_over(req, unknown, allowed)
    return {name: given for name, given in values.items() if name in allowed}


def warn(req: falcon.Request, text: str) -> None:
    """Have the answer say, in a ``Warning`` header, what was done other than asked; `text` is ours alone."""
    warnings: list[str] = getattr(req.context, "warnings", [])
    req.context.warnings = [*warnings, text]


def warnings_of(req: falcon.Request) -> list[str]:
    """Return the values of the ``Warning`` headers of the answer."""
    texts = dict.fromkeys(getattr(req.context, "warnings", []))
    return [f'299 headwater "{text}"' for text in texts]


def _pass_over(
    req: falcon.Request, unknown: list[str], allowed: Collection[str]
) -> None:
    """Warn of query parameters that are not known. Raises `FlowError` where they must not be passed over."""
    meant = next(filter(None, (_meant(name, allowed) for name in unknown)), "")
    if not meant and not getattr(req.context, "refuse_unknown_parameters", True):
        warn(req, f"passed over: {_name_some(unknown)}")
        return
    known = ", ".join(sorted(allowed)) or "none"
    hint = f"; did you mean {meant}?" if meant else ""
    raise FlowError(
        "FLOW-1451-400",
        f"unknown query parameter; this operation takes: {known}{hint}",
    )


def _meant(name: str, allowed: Collection[str]) -> str:
    """Return the known parameter that a name looks like, or nothing."""
    folded = {_fold_name(known): known for known in allowed}
    close = difflib.get_close_matches(
        _fold_name(name[:_LONGEST_NAME]), folded, n=1, cutoff=_ALIKE
    )
    return folded[close[0]] if close else ""


def _fold_name(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()


def _name_some(names: list[str]) -> str:
    """Return the first names that a header can hold, and how many others there are."""
    told = [name for name in names if _NAME.fullmatch(name)][:_MOST_NAMED]
    others = len(names) - len(told)
    if others:
        told.append(f"{others} more")
    return f"the query parameters {', '.join(told)}"


def json_body(req: falcon.Request, settings: Settings) -> Any:
    """Read a JSON body. Raises `FlowError` or `ContentTypeError`; whatever arrives, nothing else."""
    raw = raw_body(req, settings.largest_body)
    if not raw.strip():
        raise FlowError("FLOW-1405-400", _EMPTY)
    return _parse(req, raw, settings)


def optional_object(req: falcon.Request, settings: Settings) -> dict[str, Any]:
    """Read a body that may be missing, but must be a JSON object. Raises as `json_body` does."""
    raw = raw_body(req, settings.largest_body)
    if not raw.strip():
        return {}
    return _require_object(_parse(req, raw, settings))


def json_object(req: falcon.Request, settings: Settings) -> dict[str, Any]:
    """Read a body that must be a JSON object with something in it. Raises as `json_body` does."""
    body = _require_object(json_body(req, settings))
    if not body:
        raise FlowError("FLOW-1405-400", _EMPTY)
    return body


def _require_object(body: Any) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise FlowError(_BAD_REQUEST, "the body must be a JSON object")
    return body


def _parse(req: falcon.Request, raw: bytes, settings: Settings) -> Any:
    media_type = (req.content_type or "").partition(";")[0].strip().lower()
    if not _JSON.fullmatch(media_type):
        raise ContentTypeError
    try:
        body = load_strict(raw)
    except RecursionError:
        raise_bare(FlowError(_BAD_REQUEST, "the body is nested too deep"))
    except ValueError:  # which quotes the body
        raise_bare(FlowError(_BAD_REQUEST, "the body is not JSON in UTF-8"))
    if body is None:
        raise FlowError("FLOW-1405-400", _EMPTY)
    check_shape(body, settings, code=_BAD_REQUEST)
    return body


def load_strict(text: str | bytes) -> Any:
    """Return a JSON value, without NaN and infinities, which JSON has not. Raises `ValueError`, `RecursionError`."""
    return json.loads(text, parse_constant=_refuse, parse_float=_finite)


def body_stream(req: falcon.Request) -> BinaryIO | None:
    """Return the body to be read to its end; None where nothing says where it ends, and reading would wait for ever."""
    if req.content_length is not None:
        return cast("BinaryIO", req.bounded_stream)
    if req.env.get("wsgi.input_terminated"):
        return cast("BinaryIO", req.stream)
    return None


def raw_body(req: falcon.Request, most: int) -> bytes:
    """Read the body, whether its length is announced or not. Raises `FlowError` when it is larger than `most` bytes."""
    length = req.content_length
    if length is not None and length > most:
        raise too_large(most)
    stream = body_stream(req)
    raw = b"" if stream is None else bytes(stream.read(most + 1))
    if len(raw) > most:
        raise too_large(most)
    return raw


def check_shape(body: Any, settings: Settings, *, code: str) -> None:
    """Refuse what a store or a client could not hold: too deep, too large, broken characters. Raises `FlowError`."""
    size = 0
    level = [body]
    for _depth in range(settings.deepest_body + 1):
        inner: list[Any] = []  # what is one level further down
        for value in level:
            if isinstance(value, str):
                size += len(value)
                _check_string(value, code)
            elif isinstance(value, dict):
                size += len(value)
                inner += [*value, *value.values()]
            elif isinstance(value, list):
                size += len(value)
                inner += value
            else:
                size += 1
        if size > settings.largest_body:
            raise FlowError(code, "the resource would become too large")
        if not inner:
            return
        level = inner
    raise FlowError(
        code, f"the body is nested deeper than {settings.deepest_body} levels"
    )


def _check_string(value: str, code: str) -> None:
    if not is_storable(value):
        raise FlowError(code, f"the body contains {UNSTORABLE}")


def _too_large(most: int) -> FlowError:
    return FlowError("HEADWATER-1413-413", f"the body is larger than {most} bytes")


def _refuse(_name: str) -> Any:
    raise ValueError


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError
    return number
