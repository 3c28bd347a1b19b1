"""Credentials from the file, --set, the environment and prompts; every place is named, no value is."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import select
import subprocess
import sys
import termios
from typing import TYPE_CHECKING

import pytest
from cli.terminal import HEADWATER, ORACLE, failure, result, run

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

CANARY = "correct-horse-battery"
INTERRUPT = "\x03"  # Ctrl-C
PROMPT = re.compile(r"\): |ends them: ")


def _validate(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return run("validate", "oracle-service-cloud", *arguments, stdin=stdin)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("c.json", json.dumps(ORACLE)),
        ("c.toml", 'host = "a.example"\nusername = "u"\npassword = "p4ss"\n'),
        ("c", json.dumps(ORACLE)),
        ("c.txt", 'host = "a.example"\nusername = "u"\npassword = "p4ss"\n'),
        ("bom.json", "\ufeff" + json.dumps(ORACLE)),
    ],
)
def test_files_are_json_or_toml_by_name_or_content(
    tmp_path: Path, name: str, text: str
) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    done = _validate("-c", str(tmp_path / name))
    [note] = done.stderr.splitlines()
    assert (done.returncode, "is deprecated" in note) == (0, True)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (
            b'{"password": "' + CANARY.encode() + b'", oops}',
            "is not JSON: see line 1, column",
        ),
        (b'password = "' + CANARY.encode() + b'" oops', "is not TOML"),
        (b'{"password": "a", "password": "b"}', "gives password twice"),
        (b"[1, 2]", "must hold one object"),
        (b"   ", "is empty"),
        (json.dumps(ORACLE).encode("utf-16"), "UTF-16"),
        (json.dumps(ORACLE).encode("utf-16-le"), "NUL characters, as UTF-16"),
        (b'{"host": "\xff"}', "is not UTF-8"),
        (b'{"a": ' * 100_000, "is nested too deep"),
        (b" " * 1_048_577, "larger than 1 MiB"),
    ],
)
def test_an_unusable_file_is_an_error_by_place_and_never_by_content(
    tmp_path: Path, content: bytes, told: str
) -> None:
    (tmp_path / "c").write_bytes(content)
    done = _validate("-c", str(tmp_path / "c"))
    assert done.returncode == 2
    assert told in done.stderr
    assert CANARY not in done.stderr
    assert "Traceback" not in done.stderr


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    assert "there is no file" in _validate("-c", str(tmp_path / "none.json")).stderr
    assert "cannot be read (Is a directory)" in _validate("-c", str(tmp_path)).stderr


def test_malformed_input_leaves_nothing_in_debug_output(tmp_path: Path) -> None:
    done = _validate("-c", "-", "--debug", stdin='{"password": "' + CANARY + '",}')
    assert done.returncode == 2
    assert CANARY not in done.stderr


def test_set_gives_fields_that_are_no_secrets() -> None:
    told = result(
        "validate",
        "oracle-service-cloud",
        "-c",
        "-",
        "--set",
        "host=b.example",
        stdin=json.dumps(ORACLE),
    )
    assert told["sources"] == {
        "host": "--set",
        "username": "standard input",
        "password": "standard input",
    }


def test_set_refuses_a_secret_with_the_reason() -> None:
    done = _validate("--set", f"password={CANARY}")
    assert done.returncode == 2
    assert "others can read command lines" in done.stderr
    assert CANARY not in done.stderr


def test_a_variable_is_offered_only_where_the_environment_is_asked() -> None:
    required = _validate("--set", f"password={CANARY}")
    assert "HEADWATER_CRED_ORACLE_SERVICE_CLOUD__PASSWORD" in required.stderr
    unlisted = _validate("--set", f"apiKey={CANARY}", "--allow-unknown")
    assert "env:NAME or file:PATH" in unlisted.stderr
    assert "HEADWATER_CRED" not in unlisted.stderr


@pytest.mark.parametrize("text", ["many", "2_2", "٢٢", "nan", "1e999", "", "9" * 5000])
def test_a_text_that_is_no_number_stays_a_text_and_is_a_problem(text: str) -> None:
    good = json.dumps({"host": "h", "userName": "u", "password": "p4ss"})
    sftp = (
        "validate",
        "sftp",
        "-c",
        "-",
        "--auth",
        "Basic Authentication for sftp",
        "--json",
    )
    done = run(*sftp, "--set", f"port={text}", stdin=good)
    assert [
        (each["field"], each["rule"]) for each in json.loads(done.stdout)["problems"]
    ] == [("port", "type")]


def test_input_nested_deeper_than_any_credential_is_refused() -> None:
    done = _validate("-c", "-", stdin='{"a": ' * 500 + "1" + "}" * 500)
    assert done.returncode == 2
    assert "nested too deep" in done.stderr


def test_texts_are_converted_to_the_fields_type_and_json_values_are_not() -> None:
    good = json.dumps({"host": "h", "userName": "u", "password": "p4ss"})
    sftp = ("validate", "sftp", "-c", "-", "--auth", "Basic Authentication for sftp")
    assert (
        result(
            *sftp, "--set", "port=2222", "--set", "disableChunking=true", stdin=good
        )["valid"]
        is True
    )
    wrong = run(*sftp, "--set", "port=many", "--json", stdin=good)
    assert [
        (each["field"], each["rule"]) for each in json.loads(wrong.stdout)["problems"]
    ] == [("port", "type")]
    quoted = json.dumps({"host": 1, "userName": "u", "password": "p4ss", "port": "22"})
    assert [
        each["field"]
        for each in json.loads(run(*sftp, "--json", stdin=quoted).stdout)["problems"]
    ] == ["host"]


def test_missing_required_fields_come_from_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HEADWATER_CRED_ORACLE_SERVICE_CLOUD__PASSWORD", CANARY)
    monkeypatch.setenv(
        "HEADWATER_CRED_ORACLE_SERVICE_CLOUD__HOST", "not-needed.example"
    )
    given = json.dumps({"host": "a.example", "username": "u"})
    told = result("validate", "oracle-service-cloud", "-c", "-", stdin=given)
    assert told["sources"] == {
        "host": "standard input",
        "username": "standard input",
        "password": "environment variable HEADWATER_CRED_ORACLE_SERVICE_CLOUD__PASSWORD",
    }


def test_a_secret_that_only_begins_like_a_reference_is_not_shown() -> None:
    done = run(
        "validate",
        "oracle-service-cloud",
        "-c",
        "-",
        stdin=json.dumps({**ORACLE, "password": f"env:{CANARY}"}),
    )
    assert done.returncode == 2
    assert (
        "begins with env: like a reference and is none; write env:NAME" in done.stdout
    )
    assert CANARY not in done.stdout + done.stderr


def test_the_fields_choose_the_authentication(tmp_path: Path) -> None:
    basic = json.dumps({"username": "u", "password": "p4ss", "securityToken": "t0ken"})
    told = result("validate", "salesforce-service-cloud", "-c", "-", stdin=basic)
    assert (told["auth"], told["valid"]) == ("Basic Authentication", True)


def test_resolve_looks_references_up_relative_to_the_file(tmp_path: Path) -> None:
    (tmp_path / "c.json").write_text(
        json.dumps({**ORACLE, "password": "file:secret.txt"})
    )
    file = str(tmp_path / "c.json")
    assert _validate("-c", file).returncode == 0
    code, error = failure("validate", "oracle-service-cloud", "-c", file, "--resolve")
    assert (code, error["kind"]) == (2, "unresolved-reference")
    assert error["tried"] == [f"file {tmp_path / 'secret.txt'}"]
    (tmp_path / "secret.txt").write_text("******\n")
    assert json.loads(
        run(
            "validate", "oracle-service-cloud", "-c", file, "--resolve", "--json"
        ).stdout
    )["problems"] == [
        {
            "field": "password",
            "rule": "mask",
            "message": "is a mask copied from output; give the secret itself or a reference to it",
        }
    ]


def _at_a_terminal(
    arguments: list[str], answers: list[str], *, program: Sequence[str] = (HEADWATER,)
) -> tuple[int, str]:
    """Run a command on a pseudo-terminal, answer its prompts, and return exit code and everything shown."""
    leader, follower = pty.openpty()
    with subprocess.Popen(
        [*program, *arguments],
        stdin=follower,
        stdout=follower,
        stderr=follower,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509 - so that a typed Ctrl-C reaches it
    ) as process:
        os.close(follower)
        shown = typed = ""
        patience = 20
        while True:
            ready, _, _ = select.select([leader], [], [], 1)
            if not ready and patience:
                patience -= 1
                # Python loses one that comes between its prompt and its read; people repeat it
                if typed == INTERRUPT:
                    os.write(leader, typed.encode())
                continue
            try:
                piece = os.read(leader, 4096).decode() if ready else ""
            except OSError:  # the other side has closed
                piece = ""
            if not ready:
                process.kill()  # waiting for input that nobody gives
            if not piece:
                break
            shown += piece
            if PROMPT.search(piece) and answers:
                typed = answers.pop(0)
                os.write(leader, typed.encode())
        code = process.wait(20)
    os.close(leader)
    return code, shown


def test_a_terminal_is_asked_for_missing_fields_and_secrets_are_not_echoed() -> None:
    arguments = ["validate", "oracle-service-cloud", "--set", "host=a.example"]
    code, shown = _at_a_terminal(arguments, ["someone\n", f"{CANARY}\n"])
    assert code == 0
    assert "username" in shown
    assert "someone" in shown
    assert CANARY not in shown
    assert "username, password from prompt" in shown


def test_interrupting_a_prompt_exits_with_130() -> None:
    code, shown = _at_a_terminal(["validate", "oracle-service-cloud"], [INTERRUPT])
    assert code == 130
    assert "Traceback" not in shown


def test_ending_input_at_a_prompt_is_declining() -> None:
    code, _shown = _at_a_terminal(["validate", "oracle-service-cloud"], ["\x04"])
    assert code == 2


SALESFORCE = {
    "environmentUrl": "https://acme.my.salesforce.com",
    "clientId": "an-id",
    "clientSecret": CANARY,
}


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("acme.my.salesforce.com", "must be an https URL"),
        ("http://acme.my.salesforce.com", "must be an https URL"),
        ("https://login.salesforce.com", "must be the organization's own"),
    ],
)
def test_an_address_that_only_the_reader_would_refuse_is_told_offline(
    url: str, told: str
) -> None:
    given = json.dumps({**SALESFORCE, "environmentUrl": url})
    done = run("validate", "salesforce-service-cloud", "-c", "-", "--json", stdin=given)
    [problem] = json.loads(done.stdout)["problems"]
    assert (done.returncode, problem["field"]) == (2, "environmentUrl")
    assert problem["rule"] == "reader"
    assert told in problem["message"]
    assert CANARY not in done.stdout + done.stderr


def test_an_address_is_not_judged_while_a_reference_is_left_to_look_up() -> None:
    given = {**SALESFORCE, "environmentUrl": "nowhere", "clientSecret": "env:NO_SUCH"}
    told = result(
        "validate", "salesforce-service-cloud", "-c", "-", stdin=json.dumps(given)
    )
    assert told["valid"] is True


def test_a_literal_without_a_value_is_not_valid() -> None:
    given = json.dumps({**SALESFORCE, "clientSecret": "literal:"})
    done = run("validate", "salesforce-service-cloud", "-c", "-", stdin=given)
    assert done.returncode == 2
    assert "clientSecret: is empty: the secret itself stands after" in done.stdout


_PEM = "-----BEGIN PRIVATE KEY-----\nProc-Type: 4\n\nZq7correcthorse\n-----END PRIVATE KEY-----\n"
_PROGRAM = """
import sys
from headwater import Field
from headwater.cli.prompts import ask
field = Field("key", description="A key", secret=True, multiline=True)
print(repr(ask("key", field)) == sys.argv[1], "after", input("next (): "))
"""


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ([_PEM], _PEM.rstrip("\n")),
        (["first\nsecond\n\n"], "first\nsecond"),
        (["env:KEY\n"], "env:KEY"),
        (["\n", "only\n\n"], "only"),
    ],
    ids=["a PEM document", "lines", "a reference", "an empty answer first"],
)
def test_several_lines_are_pasted_at_once_and_not_echoed(
    typed: list[str], text: str
) -> None:
    program = [sys.executable, "-c", _PROGRAM, repr(text)]
    code, shown = _at_a_terminal([], [*typed, "shown\n"], program=program)
    assert code == 0
    assert "True after shown" in shown
    assert "key (A key), several lines; an empty one ends them" in shown
    assert "next (): shown" in shown
    assert not any(line in shown for line in text.splitlines() if line)


def test_a_question_names_the_values_that_a_field_takes() -> None:
    program = """
from headwater import Field
from headwater.cli.prompts import ask
ask("tls", Field("tls", description="Whether", enum=("On", "Off")))
"""
    code, shown = _at_a_terminal([], ["On\n"], program=[sys.executable, "-c", program])
    assert (code, "tls (Whether; one of On, Off): " in shown) == (0, True)


def test_ending_input_before_the_first_line_is_declining() -> None:
    program = [sys.executable, "-c", _PROGRAM, ""]
    code, shown = _at_a_terminal([], ["\x04"], program=program)
    assert (code, "Abort" in shown) == (1, True)
