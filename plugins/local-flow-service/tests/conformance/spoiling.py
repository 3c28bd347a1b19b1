"""What no specification allows, as hypothesis draws it: texts, values, bytes, patches, filters and headers."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Iterator

TEXTS = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        [
            "",
            " ",
            "\0",
            "\ud800",
            "null",
            "0",
            "-1",
            "9" * 400,
            "1e999",
            "a" * 5000,
            "../..",
            "%00",
            "*",
        ]
    ),
)
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**30), 10**30),
    st.floats(allow_nan=False, allow_infinity=False),
    TEXTS,
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3)
    ),
    max_leaves=6,
)

_DEEP = (
    "[" * 5000 + "]" * 5000,
    "[" * 100_000,
    '{"a":' * 40 + "1" + "}" * 40,
    "[" * 40 + "]" * 40,
)
_NOT_TEXT = (
    b'"\xff"',
    b"\xef\xbb\xbf{}",
    '{"a": "b"}'.encode("utf-16"),
    b'{"name": "\\ud800"}',
    b'{"name": "\\u0000"}',
)
_LARGE = (
    b'{"name": "' + b"x" * 2_000_000,
    b"1" * 5000,
    b"{" + b'"a":1,' * 50_000 + b'"b":1}',
)
_ODD = ("", "NaN", "[1e999]", "{}", "[]", '"a"', "1", "null")
RAW = st.binary(max_size=60) | st.sampled_from(
    [*(text.encode() for text in (*_DEEP, *_ODD)), *_NOT_TEXT, *_LARGE],
)

POINTERS = st.one_of(
    st.sampled_from(
        [
            "",
            "/",
            "/name",
            "/auth",
            "/auth/params",
            "/params/columns/0",
            "/params/columns/-",
            "/state",
        ]
    ),
    st.sampled_from(
        [
            "/transformations/0",
            "/scheduleParams/startTime",
            "/id",
            "/~",
            "/~2",
            "no-slash",
            "/name/x",
            "/-1",
        ]
    ),
    TEXTS,
)
_OPERATIONS = st.fixed_dictionaries(
    {},
    optional={
        "op": st.sampled_from(
            ["add", "REPLACE", "remove", "move", "copy", "test", 1, None]
        ),
        "path": POINTERS,
        "value": VALUES,
        "from": POINTERS,
    },
)
PATCHES = st.lists(_OPERATIONS, max_size=4) | VALUES

_FIELDS = (
    "name",
    "id",
    "createdAt",
    "connectionSpec.id",
    "a[].b",
    "state",
    "auth.params.password",
    ".",
    "[]",
)
_OPERATORS = ("==", "!=", ">=", "<", "=", "=~", "", "===", "~")
FILTERS = TEXTS | st.builds(
    "{}{}{}".format, st.sampled_from(_FIELDS), st.sampled_from(_OPERATORS), TEXTS
)

PARAMETERS = (
    "property", "limit", "orderby", "continuationToken", "count", "mode", "op", "subOp", "objectType", "object",
    "preview", "filters", "fileType", "columnDelimiter", "sourceParams", "start", "outputType", "if-match", "x",
)  # fmt: skip
_ESCAPED = (
    "%ff",
    "%00",
    "%ed%a0%80",
    "%",
    "%zz",
    "%F0%9D%9F%99",
    "&&&=",
    "&",
    "=",
    ";",
    "+",
    "a=1&" * 200,
    "\xff",
    "1",
)
QUERIES = st.lists(
    st.sampled_from([f"{name}=" for name in PARAMETERS]) | st.sampled_from(_ESCAPED),
    max_size=6,
)

_NAMES = (
    "Authorization", "x-api-key", "x-gw-ims-org-id", "x-sandbox-name", "x-sandbox-id", "If-Match", "Content-Type",
    "Accept", "Host", "x-request-id", "Content-Encoding", "Expect", "Range", "x-active-sandbox-ids",
    "Transfer-Encoding", "Cookie",
)  # fmt: skip
HEADERS = st.dictionaries(
    st.sampled_from(_NAMES),
    st.text(st.characters(max_codepoint=255), max_size=30)
    | st.sampled_from(["a" * 10_000, "*", "chunked"]),
    max_size=6,
)

_ADDED = (
    st.sampled_from(["state", "id", "labels", "policy", "description", "params", "x"])
    | TEXTS
)


def encoded(facts: Any) -> str:
    """Return JSON in base64, as opaque parameters travel."""
    return (
        base64.urlsafe_b64encode(json.dumps(facts).encode()).decode("ascii").rstrip("=")
    )


def decoded(text: str) -> Any:
    """Return the JSON that an opaque parameter carries."""
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


OPAQUE = VALUES.map(encoded)


def travels(text: str) -> bool:
    """Say whether a text can be written into a URL at all."""
    return "\ud800" not in text


@st.composite
def spoiled(draw: st.DrawFn, body: Any, values: st.SearchStrategy[Any] = VALUES) -> Any:
    """Put something else in one place of a body, leave that place out, or add one."""
    whole = json.loads(json.dumps(body))
    places = list(_places(whole))
    if not places:
        return draw(values)
    holder, key = draw(st.sampled_from(places))
    action = draw(st.sampled_from(["replace", "replace", "replace", "remove", "add"]))
    if action == "remove":
        del holder[key]
    elif action == "add" and isinstance(holder, dict):
        holder[draw(_ADDED)] = draw(values)
    else:
        holder[key] = draw(values)
    return whole


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    pairs = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, inner in pairs:
        yield value, key
        yield from _places(inner)
