"""Standard streams that are closed, broken or narrow: the work is done all the same, and nothing is lost."""

from __future__ import annotations

import json
import os
import subprocess
from typing import Any

import pytest
from cli.terminal import HEADWATER, ORACLE, result

GIVEN = json.dumps(ORACLE)
CREATE = ("create", "oracle-service-cloud", "--name", "Desk", "-c", "-")


def _run(*arguments: str, **more: Any) -> subprocess.CompletedProcess[str]:
    settings: dict[str, Any] = {
        "stdout": subprocess.PIPE,
        "stderr": subprocess.PIPE,
        "encoding": "utf-8",
        **more,
    }
    return subprocess.run(
        [HEADWATER, *arguments], input=GIVEN, check=False, timeout=60, **settings
    )


def _shell(command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", "-c", command],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def _unread() -> int:
    """Return the writing end of a pipe whose reader has gone."""
    reader, writer = os.pipe()
    os.close(reader)
    return writer


def test_a_command_is_carried_out_though_nobody_reads_its_notices() -> None:
    writer = _unread()
    done = _run(*CREATE, stderr=writer)
    os.close(writer)
    assert done.returncode == 0
    assert [each["id"] for each in result("connections", "list")] == [
        done.stdout.split()[0]
    ]


@pytest.mark.parametrize(
    "arguments",
    [("--help",), ("list",), ("list", "--json"), ("show", "--help")],
)
def test_output_that_nobody_reads_ends_quietly(arguments: tuple[str, ...]) -> None:
    writer = _unread()
    done = _run(*arguments, stdout=writer)
    os.close(writer)
    assert done.returncode == 0
    assert "error" not in done.stderr.lower()


def test_an_error_that_nobody_reads_keeps_its_exit_code() -> None:
    writer = _unread()
    done = _run("show", "no-such-connector", stdout=writer, stderr=writer)
    os.close(writer)
    assert done.returncode == 2


def test_closed_streams_lose_nothing() -> None:
    done = _shell(f"echo '{GIVEN}' | {HEADWATER} {' '.join(CREATE)} >&- 2>&-")
    assert done.returncode == 1  # there is nowhere to tell the id
    assert len(result("connections", "list")) == 1


def test_a_create_with_its_output_closed_tells_the_id_on_standard_error() -> None:
    done = _shell(f"echo '{GIVEN}' | {HEADWATER} {' '.join(CREATE)} >&-")
    [stored] = result("connections", "list")
    assert done.returncode == 1
    assert stored["id"] in done.stderr


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no full device")  # noqa: PTH110
def test_a_create_whose_notices_cannot_be_written_tells_the_id() -> None:
    done = _shell(f"echo '{GIVEN}' | {HEADWATER} {' '.join(CREATE)} 2> /dev/full")
    [stored] = result("connections", "list")
    assert done.returncode == 0
    assert stored["id"] in done.stdout


def test_a_closed_standard_input_is_empty() -> None:
    done = _shell(f"{HEADWATER} validate oracle-service-cloud -c - <&-")
    assert done.returncode == 2
    assert "standard input is empty" in done.stderr


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no full device")  # noqa: PTH110
def test_a_full_device_is_an_error_that_names_the_reason() -> None:
    done = _shell(f"{HEADWATER} list > /dev/full")
    assert done.returncode != 0
    assert "the output cannot be written (No space left on device)" in done.stderr


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no full device")  # noqa: PTH110
@pytest.mark.parametrize("more", ["", "--json"])
def test_a_create_whose_result_cannot_be_written_tells_the_id_on_standard_error(
    more: str,
) -> None:
    done = _shell(f"echo '{GIVEN}' | {HEADWATER} {' '.join(CREATE)} {more} > /dev/full")
    [stored] = result("connections", "list")
    assert done.returncode == 1
    assert stored["id"] in done.stderr


def test_a_create_whose_result_nobody_reads_tells_the_id_on_standard_error() -> None:
    writer = _unread()
    done = _run(*CREATE, stdout=writer)
    os.close(writer)
    [stored] = result("connections", "list")
    assert done.returncode == 1
    assert stored["id"] in done.stderr


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_names_are_printed_in_any_encoding_and_json_stays_json(encoding: str) -> None:
    name = "Büro 日本 😀"
    result("create", "oracle-service-cloud", "--name", name, "-c", "-", stdin=GIVEN)
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    assert (
        _run("connections", "list", env=environment, errors="replace").returncode == 0
    )
    listed = _run("connections", "list", "--json", env=environment)
    assert [each["name"] for each in json.loads(listed.stdout)] == [name]


def test_an_argument_that_is_not_valid_text_is_refused_before_sending() -> None:
    done = subprocess.run(
        [HEADWATER.encode(), *(each.encode() for each in CREATE), b"--description", b"a\xffb"],
        input=GIVEN.encode(), capture_output=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 2
    assert b"not valid text" in done.stderr
    assert result("connections", "list") == []


def test_names_cannot_command_the_terminal_or_break_a_table() -> None:
    name = "red\x1b[31m\nline\u202e"
    result("create", "oracle-service-cloud", "--name", name, "-c", "-", stdin=GIVEN)
    shown = _run("connections", "list").stdout
    assert r"red\x1b[31m\nline\u202e" in shown
    assert len(shown.splitlines()) == 2
