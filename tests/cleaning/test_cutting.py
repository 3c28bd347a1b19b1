"""Secrets are cut out of foreign text however it quotes, encodes, wraps or shortens them, in linear time."""

from __future__ import annotations

import base64
import html
import json
import random
import textwrap
import time
import urllib.parse
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from headwater import Secret
from headwater.cleaning import Cleaner, clean, holds

if TYPE_CHECKING:
    from collections.abc import Callable

# Beginning and ending unlike any other text, so that what is left of one is left of this one.
SECRETS = st.text("abcXYZ019 \"'\\/&<>%+=;#-éß漢🐎\n", max_size=40).map(
    lambda text: f"Zq7{text}kW9v"
)


def _dump(text: str) -> str:
    """Return what ``xxd`` prints."""
    data = text.encode()
    lines = []
    for start in range(0, len(data), 16):
        row = data[start : start + 16]
        digits = " ".join(row[at : at + 2].hex() for at in range(0, len(row), 2))
        shown = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)
        lines.append(f"{start:08x}: {digits:<39}  {shown}")
    return "\n".join(lines)


def _hexdump(text: str) -> str:
    """Return what ``hexdump -C`` prints."""
    data = text.encode()
    lines = []
    for start in range(0, len(data), 16):
        row = data[start : start + 16]
        halves = [row[:8].hex(" "), row[8:].hex(" ")]
        shown = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)
        lines.append(f"{start:08x}  {'  '.join(halves):<49} |{shown}|")
    return "\n".join(lines)


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _wrap(width: int, text: str) -> str:
    return "\n".join(textwrap.wrap(_base64(text), width))


FORMS: dict[str, Callable[[str], str]] = {
    "as it stands": str,
    "JSON": lambda text: json.dumps(text)[1:-1],
    "JSON in UTF-8": lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    "every character of JSON": lambda text: "".join(
        f"\\u{unit:04x}" for unit in _utf16_units(text)
    ),
    "percent": lambda text: urllib.parse.quote(text, safe=""),
    "form": urllib.parse.quote_plus,
    "every byte percent": lambda text: "".join(f"%{b:02X}" for b in text.encode()),
    "every byte percent, lower": lambda text: "".join(
        f"%{b:02x}" for b in text.encode()
    ),
    "HTML": html.escape,
    "HTML decimal": lambda text: "".join(f"&#{ord(char)};" for char in text),
    "HTML hexadecimal": lambda text: "".join(f"&#x{ord(char):X};" for char in text),
    "HTML with noughts": lambda text: "".join(f"&#{ord(char):05};" for char in text),
    "repr": lambda text: repr(text)[1:-1],
    "repr of bytes": lambda text: repr(text.encode())[2:-1],
    "every byte escaped": lambda text: "".join(f"\\x{b:02x}" for b in text.encode()),
    "octal": lambda text: "".join(f"\\{b:03o}" for b in text.encode()),
    "SQL": lambda text: text.replace("'", "''"),
    "CSV": lambda text: text.replace('"', '""'),
    "hexadecimal": lambda text: text.encode().hex(),
    "HEXADECIMAL": lambda text: text.encode().hex().upper(),
    "hexadecimal with blanks": lambda text: text.encode().hex(" "),
    "hexadecimal with colons": lambda text: text.encode().hex(":"),
    "array of bytes": lambda text: ", ".join(f"0x{b:02x}" for b in text.encode()),
    "xxd": _dump,
    "hexdump": _hexdump,
    "Base64": _base64,
    "Base64 after a user": lambda text: _base64(f"user:{text}"),
    "Base64 for URLs": lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
    "Base64 of 64": lambda text: _wrap(64, f"{'x' * 43}{text}"),
    "Base64 of 76": lambda text: _wrap(76, f"{'x' * 53}{text}"),
    "MIME": lambda text: base64.encodebytes(f"{'x' * 50}{text}".encode()).decode(),
}
# One inside the other, as a gateway reports what an application has reported.
OUTER = ("JSON", "percent", "HTML", "HTML decimal", "SQL", "CSV", "repr")
INNER = ("JSON", "percent", "HTML", "every byte percent", "SQL", "Base64", "Base64 of 64")  # fmt: skip


def _utf16_units(text: str) -> list[int]:
    data = text.encode("utf-16-be")
    return [int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data), 2)]


def _left_of(secret: str, text: str) -> list[str]:
    """Name the forms in which a text shows a secret still, and any way of reading it."""
    return [name for name, form in FORMS.items() if form(secret) in text]


@pytest.mark.parametrize("name", FORMS)
@settings(max_examples=40, deadline=None)
@given(secret=SECRETS)
@example(secret="Zq7 correct horse battery staple kW9v")
@example(secret="Zq7'\"\\%41&amp;\\n''\"\"+kW9v")
def test_every_form_is_cut_out(name: str, secret: str) -> None:
    form = FORMS[name](secret)
    cleaned = clean(f"the login said:\n{form}\nand no more", [Secret(secret)])
    assert _left_of(secret, cleaned) == []
    assert "******" in cleaned
    assert cleaned.startswith("the login said:\n")
    assert cleaned.endswith("and no more")


@pytest.mark.parametrize("outer", OUTER)
@pytest.mark.parametrize("inner", INNER)
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(secret=SECRETS)
def test_forms_within_forms_are_cut_out(outer: str, inner: str, secret: str) -> None:
    quoted = FORMS[outer](FORMS[inner](secret))
    cleaned = clean(f"the login said:\n{quoted}\nand no more", [Secret(secret)])
    assert quoted not in cleaned
    assert "******" in cleaned


@pytest.mark.parametrize("ending", ["", "…", "...", '"', '..."}', "\n"])
@pytest.mark.parametrize(
    "name", ["as it stands", "every byte percent", "HTML decimal", "JSON"]
)
def test_a_text_that_was_cut_within_a_secret_shows_no_part_of_it(
    name: str, ending: str
) -> None:
    secret = "Zq7-correct-horse-kW9v"
    whole = FORMS[name](secret)
    begin = len(FORMS[name](secret[:6]))
    for length in range(begin, len(whole)):
        cleaned = clean(f"the password is {whole[:length]}{ending}", [Secret(secret)])
        assert cleaned == "the password is ******"


def test_an_end_that_is_alike_by_chance_is_left() -> None:
    text = "the user is correct"
    assert clean(text, [Secret("correspondence")]) == text


@settings(max_examples=200, deadline=None)
@given(
    text=st.text("abc \n%&\\'\"#;x0123456789漢", max_size=200),
    secret=st.text("XYZ", min_size=4, max_size=10),
)
def test_a_text_without_the_secret_stays_as_it_is(text: str, secret: str) -> None:
    assert clean(text, [Secret(secret)]) == text


@settings(max_examples=100, deadline=None)
@given(
    secrets=st.lists(SECRETS, min_size=1, max_size=4),
    gaps=st.lists(st.text("ab \n\ud800%&\\", max_size=9), min_size=5, max_size=5),
)
def test_several_secrets_are_cut_out_whatever_stands_between_them(
    secrets: list[str], gaps: list[str]
) -> None:
    parts = [part for pair in zip(gaps, secrets, strict=False) for part in pair]
    cleaned = clean("".join(parts), [Secret(secret) for secret in secrets])
    assert [secret for secret in secrets if secret in cleaned] == []


def test_a_secret_within_another_is_cut_out_with_it() -> None:
    secrets = [Secret("correct-horse"), Secret("a-correct-horse-battery")]
    assert clean("a-correct-horse-battery!", secrets) == "******!"


def test_a_short_secret_withholds_the_whole_text() -> None:
    assert "withheld" in clean("the pin is 123", [Secret("123")])
    assert clean("no secret", [Secret("")]) == "no secret"


def test_values_are_cleaned_in_their_strings_alone() -> None:
    secrets = [Secret("correct-horse"), Secret("EU")]
    row = {"note": "it is correct-horse", "region": "EU", "n": [1, None, "EUR EU"]}
    cleaner = Cleaner(secrets)
    cleaned = {"note": "it is ******", "region": "******", "n": [1, None, "EUR EU"]}
    assert cleaner.clean_values(row) == cleaned
    assert cleaner.clean_values(row, known={"EU"}) == cleaned | {"region": "EU"}
    rows = [row, {"key": "Y29ycmVjdC1ob3JzZQ==", "cut": "ends correct-h"}] * 500
    assert cleaner.clean_values(rows)[-1] == {"key": "******Q==", "cut": "ends ******"}


def test_a_text_holds_a_short_secret_only_as_a_word() -> None:
    assert holds("the pin is 123", [Secret("123")])
    assert not holds("the pin is 1234", [Secret("123")])
    assert holds(json.dumps({"key": 'a"b"c'}), [Secret('a"b"c')])


def _text(size: int, kind: str) -> str:
    draw = random.Random(7)
    if kind == "prose":
        words = ["connection", "refused", "row", "4711", '"id"', "\\n", "it's", "%20"]
        return " ".join(draw.choices(words, k=size // 6))[:size]
    return (kind * (size // len(kind) + 1))[:size]


KINDS = "prose|%41|&#65;|&|\\u0041|\\|''|A|41 |0000: 41 41\n| |Zq7-|…|+"


@pytest.mark.parametrize("kind", KINDS.split("|"))
def test_time_grows_with_the_text_and_no_faster(kind: str) -> None:
    secrets = [Secret(f"Zq7-{number}-correct-horse-battery") for number in range(20)]
    small, large = _text(12_500, kind), _text(100_000, kind)
    clean(small, secrets)
    measured = []
    for text in (small, large):
        rounds = []
        for _round in range(3):
            start = time.process_time()
            clean(text, secrets)
            rounds.append(time.process_time() - start)
        measured.append(min(rounds))
    assert measured[1] < max(measured[0], 0.01) * 8 * 3
    assert measured[1] < 5
