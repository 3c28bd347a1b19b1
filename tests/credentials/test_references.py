"""References: recognised in secret fields only, resolved here only, and errors say where was looked."""

from __future__ import annotations

import sys
import types
from typing import TYPE_CHECKING

import pytest

from headwater import AuthenticationSpec, Field, Secret
from headwater.credentials import references
from headwater.errors import UnresolvedReference

if TYPE_CHECKING:
    from pathlib import Path

AUTH = AuthenticationSpec(
    "Basic Authentication", [Field("username"), Field("password", secret=True)]
)


def test_a_plain_text_is_the_secret_itself() -> None:
    assert references.resolve("correct:horse", "password") == Secret("correct:horse")


def test_literal_escapes_a_text_that_looks_like_a_reference() -> None:
    assert references.resolve("literal:env:HOME", "password") == Secret("env:HOME")


def test_env_is_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESK_PASSWORD", "correct horse")
    assert references.resolve("env:DESK_PASSWORD", "password") == Secret(
        "correct horse"
    )


def test_a_missing_variable_is_named() -> None:
    with pytest.raises(UnresolvedReference) as caught:
        references.resolve("env:NO_SUCH_VARIABLE_HERE", "password")
    assert caught.value.tried == ("environment variable NO_SUCH_VARIABLE_HERE",)
    assert "password" in str(caught.value)


def test_an_empty_value_is_not_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESK_PASSWORD", " ")
    with pytest.raises(UnresolvedReference, match="is empty, and a secret is not"):
        references.resolve("env:DESK_PASSWORD", "password")


def test_a_file_is_relative_to_the_credentials_file_and_loses_one_line_end(
    tmp_path: Path,
) -> None:
    (tmp_path / "password.txt").write_bytes(b"correct horse\r\n")
    assert references.resolve("file:password.txt", "password", base=tmp_path) == Secret(
        "correct horse"
    )
    assert references.resolve(
        f"file:{tmp_path / 'password.txt'}", "password"
    ) == Secret("correct horse")


@pytest.mark.parametrize(
    ("content", "why"), [(None, "cannot be read"), (b"\xff\xfe\x00", "not UTF-8")]
)
def test_an_unusable_file_is_named_with_its_full_path(
    tmp_path: Path, content: bytes | None, why: str
) -> None:
    if content is not None:
        (tmp_path / "password.txt").write_bytes(content)
    with pytest.raises(UnresolvedReference, match=why) as caught:
        references.resolve("file:password.txt", "password", base=tmp_path)
    assert caught.value.tried == (f"file {tmp_path / 'password.txt'}",)
    assert caught.value.__context__ is None


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "big").open("wb") as file:
        file.truncate(references.LARGEST_FILE + 1)
    with pytest.raises(UnresolvedReference, match="larger than 1 MiB"):
        references.resolve("file:big", "password", base=tmp_path)


def test_a_path_that_is_none_is_refused() -> None:
    with pytest.raises(UnresolvedReference, match="cannot be read"):
        references.resolve("file:\0", "password")


def _keyring(
    monkeypatch: pytest.MonkeyPatch, entries: dict[tuple[str, str], str]
) -> None:
    """Put a back end with known entries behind the real keyring interface."""
    import keyring.backend
    import keyring.core

    class Known(keyring.backend.KeyringBackend):
        priority = 1

        def get_password(self, service: str, username: str) -> str | None:
            if service == "broken":
                raise RuntimeError("correct horse")
            return entries.get((service, username))

        def set_password(self, service: str, username: str, password: str) -> None:
            raise NotImplementedError

    monkeypatch.setattr(keyring.core, "_keyring_backend", Known())  # type: ignore[no-untyped-call]


def test_keyring_splits_at_the_last_slash(monkeypatch: pytest.MonkeyPatch) -> None:
    _keyring(monkeypatch, {("desk/eu", "ana"): "correct horse"})
    assert references.resolve("keyring:desk/eu/ana", "password") == Secret(
        "correct horse"
    )


def test_a_missing_keyring_entry_names_service_and_user(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _keyring(monkeypatch, {})
    with pytest.raises(UnresolvedReference) as caught:
        references.resolve("keyring:desk/ana", "password")
    assert caught.value.tried == ("keyring service desk, user ana",)


def test_a_failing_keyring_shows_only_the_kind_of_failure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _keyring(monkeypatch, {})
    with pytest.raises(UnresolvedReference, match="RuntimeError") as caught:
        references.resolve("keyring:broken/ana", "password")
    assert "correct horse" not in str(caught.value)
    assert caught.value.__context__ is None


def test_a_keyring_reference_needs_service_and_user() -> None:
    with pytest.raises(UnresolvedReference, match="keyring:SERVICE/USER"):
        references.resolve("keyring:ana", "password")


def test_without_the_extra_the_error_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(UnresolvedReference, match=r"install headwater\[keyring\]"):
        references.resolve("keyring:desk/ana", "password")


def test_keyring_is_imported_only_when_a_reference_names_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "keyring", types.ModuleType("keyring"))
    monkeypatch.delitem(sys.modules, "keyring")
    monkeypatch.setenv("DESK_PASSWORD", "correct horse")
    references.resolve("env:DESK_PASSWORD", "password")
    assert "keyring" not in sys.modules


def test_only_secret_fields_are_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESK_PASSWORD", "correct horse")
    values = {
        "username": "env:DESK_PASSWORD",
        "password": "env:DESK_PASSWORD",
        "other": 5,
    }
    assert references.pending(AUTH, values) == {"password"}
    assert references.resolve_all(AUTH, values) == {
        "username": "env:DESK_PASSWORD",
        "password": Secret("correct horse"),
        "other": 5,
    }


def test_a_secret_given_as_such_is_taken_as_it_is() -> None:
    assert references.resolve_all(AUTH, {"password": Secret("env:HOME")}) == {
        "password": Secret("env:HOME")
    }


@pytest.mark.parametrize(
    "text", ["env:", "env:A B", "file:", "keyring:abc", "keyring:/x", "keyring:x/"]
)
def test_a_reference_of_the_wrong_form_is_a_problem_before_anything_is_looked_up(
    text: str,
) -> None:
    [problem] = references.find_malformed(AUTH, {"password": text})
    assert (problem.field, problem.rule) == ("password", "reference")
    assert references.find_malformed(AUTH, {"username": text}) == []


@pytest.mark.parametrize(
    "text", ["env:A_1", "file:a b.txt", "keyring:a/b/c", "literal:x", "plain"]
)
def test_a_reference_of_the_right_form_is_none(text: str) -> None:
    assert references.find_malformed(AUTH, {"password": text}) == []


@pytest.mark.parametrize(
    ("text", "reference"),
    [("env:A", True), ("literal:x", False), ("plain", False), ("https://x", False)],
)
def test_a_reference_is_a_known_prefix_that_leads_elsewhere(
    text: str, reference: bool
) -> None:
    assert references.is_reference(text) is reference


@pytest.mark.parametrize("text", ["literal:", "literal: ", "literal:\n"])
def test_a_literal_without_a_value_is_a_problem_before_anything_is_sent(
    text: str,
) -> None:
    auth = AuthenticationSpec("Key", [Field("key", secret=True)])
    [problem] = references.find_malformed(auth, {"key": text})
    assert (problem.field, problem.rule) == ("key", "reference")
    assert problem.message == "is empty: the secret itself stands after literal:"
    assert references.find_malformed(auth, {"key": "literal:x"}) == []
    assert references.find_malformed(auth, {"key": "literal"}) == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("env:A B", "write env:NAME with the name of an environment variable"),
        ("file:", "write file:PATH"),
        ("keyring:aep", "write keyring:SERVICE/USER"),
    ],
)
def test_what_begins_like_a_reference_is_told_how_to_write_one(
    text: str, told: str
) -> None:
    auth = AuthenticationSpec("Key", [Field("key", secret=True)])
    [problem] = references.find_malformed(auth, {"key": text})
    assert told in problem.message
    assert "literal:" in problem.message
