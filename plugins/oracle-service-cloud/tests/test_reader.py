"""The reader against a small Oracle Service Cloud behind a real port."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import random
import subprocess
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fake_oracle import FAULTS, INCIDENTS, PASSWORD, USER, FakeOracle, Serving

import headwater
from headwater import errors
from headwater.secret import Secret
from headwater.sources import Check, Columns, Preview
from headwater_oracle_service_cloud import reader as module
from headwater_oracle_service_cloud import roql, selecting

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from headwater.sources.guarded import GuardedReader

ROUNDS = 500 if os.environ.get("HEADWATER_TEST_FULL") else 60
HEADWATER = str(Path(sys.executable).parent / "headwater")


@contextlib.contextmanager
def _opened(
    faults: Iterable[str | None] = (), *, password: str = PASSWORD, **given: Any
) -> Iterator[tuple[GuardedReader, FakeOracle]]:
    fake = FakeOracle(faults, **given)
    with Serving(fake) as serving:
        credentials = {"host": serving.url, "username": USER, "password": password}
        with headwater.open_source(
            "oracle-service-cloud", credentials=credentials
        ) as reader:
            yield reader, fake


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        module.OracleReader.__init__, "__kwdefaults__", {"pause": lambda _seconds: None}
    )


def test_a_check_says_who_and_where_in_two_requests() -> None:
    with _opened() as (reader, fake):
        check = reader.check()
        assert (check.user, check.version) == (USER, "v1.4")
        assert check.organization.startswith("127.0.0.1:")
        assert len(fake.requests) == 2


def test_opening_sends_nothing() -> None:
    with _opened() as (_reader, fake):
        assert fake.requests == []


def test_every_request_carries_the_context_and_the_last_access_token() -> None:
    with _opened() as (reader, fake):
        reader.check()
        reader.tables()
        assert all(
            len(each["HTTP_OSVC_CREST_APPLICATION_CONTEXT"]) <= 40
            for each in fake.requests
        )
        tokens = [
            each.get("HTTP_OSVC_CREST_API_ACCESS_TOKEN") for each in fake.requests
        ]
        assert tokens == [None, "token-1", "token-2"]


def test_tables_are_those_of_describe_custom_objects_among_them() -> None:
    with _opened() as (reader, _fake):
        assert [table.name for table in reader.tables()] == [
            "AnswerStatistics",
            "CO.Asset",
            "contacts",
            "incidents",
            "serviceProducts",
        ]


def test_every_field_is_a_column_or_named_as_left_out() -> None:
    with _opened() as (reader, _fake):
        found = reader.columns("incidents")
    assert [each.name for each in found.columns] + [
        each.name for each in found.left_out
    ] == list(INCIDENTS)
    assert {each.name: each.reason.partition(":")[0] for each in found.left_out} == {
        "Threads": "a table of its own below this one",
        "FileAttachments": "a table of its own below this one",
    }
    assert {column.name: (column.type, column.format) for column in found.columns} == {
        "ID": ("integer", ""),
        "LookupName": ("string", ""),
        "CreatedTime": ("string", "date-time"),
        "Subject": ("string", ""),
        "Severity": ("integer", ""),
        "Score": ("number", ""),
        "Closed": ("boolean", ""),
        "DueDate": ("string", "date"),
        "CustomFields.c.vip": ("boolean", ""),
    }
    assert found.notes == ()


def test_a_recorded_table_is_read_as_it_was_recorded() -> None:
    with _opened() as (reader, _fake):
        preview = reader.preview("serviceProducts", 5)
    assert [row["id"] for row in preview.rows] == [99, 100, 2132]
    assert preview.rows[1] == {
        "id": 100,
        "lookupName": "QR404",
        "createdTime": None,
        "updatedTime": None,
        "displayOrder": 3,
        "name": "QR404",
        "parent": 99,
    }
    formats = {column.name: column.format for column in preview.columns.columns}
    assert (formats["createdTime"], formats["parent"]) == ("date-time", "")


@pytest.mark.parametrize(
    "fault", [None, "403", "no-permission", "html", "garbage", "empty"]
)
def test_the_columns_of_describe_survive_a_catalogue_that_is_refused_or_odd(
    fault: str | None,
) -> None:
    with _opened([None, fault]) as (reader, fake):
        fake.schemas = fault is not None
        columns = reader.columns("incidents")
    assert columns.notes == (module.UNCERTAIN,)
    found = {column.name: (column.type, column.format) for column in columns.columns}
    assert set(found) == set(INCIDENTS) - {"Threads", "FileAttachments"}
    # Times are known by their name; booleans are what DESCRIBE calls them.
    assert found["CreatedTime"] == ("string", "date-time")
    assert (found["Subject"], found["Closed"]) == (("string", ""), ("integer", ""))


def test_a_catalogue_that_is_down_is_no_reason_to_guess_the_types() -> None:
    for fault in ("503-html", "429-long", "truncated"):
        with (
            _opened([None, *[fault] * 5]) as (reader, _fake),
            pytest.raises((errors.SourceUnavailable, errors.SourceThrottled)),
        ):
            reader.columns("incidents")


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("OSC-CREST-00013", "the site refuses to select it"),
        ("OSC-CREST-00007", "the site refuses to select it"),
        ("OSC-CREST-00028", "this account may not read it"),
    ],
)
@pytest.mark.parametrize("refused", [["Score"], ["LookupName", "DueDate"]])
def test_columns_that_cannot_be_selected_are_named_and_left_out(
    code: str, reason: str, refused: list[str]
) -> None:
    with _opened() as (reader, fake):
        whole = reader.preview("incidents", 3)
        fake.refused_columns = dict.fromkeys(refused, code)
        preview = reader.preview("incidents", 3)
    told = {field.name: field.reason for field in preview.columns.left_out}
    assert {name: told[name] for name in refused} == dict.fromkeys(refused, reason)
    for row, without in zip(whole.rows, preview.rows, strict=True):
        assert without == {
            name: value for name, value in row.items() if name not in refused
        }


def test_a_table_that_cannot_be_selected_at_all_is_not_searched_for_its_columns() -> (
    None
):
    with _opened() as (reader, fake):
        fake.refused_columns = {"ID": "OSC-CREST-00028"}
        with pytest.raises(errors.SourceNotPermitted, match="OSC-CREST-00028"):
            reader.preview("incidents", 3)
        assert sum("SELECT" in each["QUERY_STRING"] for each in fake.requests) == 2


def test_the_search_for_refused_columns_is_bounded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = [f"Column{number}" for number in range(400)]
    for name in names:
        monkeypatch.setitem(INCIDENTS, name, ("String", {"type": "string"}, ["x"] * 3))
    with _opened() as (reader, fake):
        fake.refused_columns = dict.fromkeys(names, "OSC-CREST-00013")
        with pytest.raises(errors.SourceNotFound, match="OSC-CREST-00013"):
            reader.preview("incidents", 3)
        assert len(fake.requests) < selecting.MOST_PROBES + 10


def test_a_column_that_stands_twice_in_a_description_is_read_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(INCIDENTS, "SUBJECT", INCIDENTS["Subject"])
    with _opened() as (reader, _fake):
        names = [column.name for column in reader.columns("incidents").columns]
        assert len({name.lower() for name in names}) == len(names)
        assert len(reader.preview("incidents", 3).rows) == 3


def test_a_portal_that_answers_everything_with_200_is_no_site() -> None:
    with (
        _opened(["html"]) as (reader, _fake),
        pytest.raises(errors.SourceUnavailable, match="list of its resources"),
    ):
        reader.check()


def test_a_refusal_of_the_credentials_names_the_permission_of_the_profile() -> None:
    with (
        _opened(["401"]) as (reader, _fake),
        pytest.raises(errors.CredentialsRefused) as raised,
    ):
        reader.check()
    assert "public API (REST)" in raised.value.remedy


def test_a_preview_is_typed_by_column() -> None:
    with _opened() as (reader, _fake):
        preview = reader.preview("incidents", 2)
    assert preview.rows == (
        {
            "ID": 1,
            "LookupName": "080917-000001",
            "CreatedTime": "2010-09-17T16:00:00Z",
            "Subject": 'It\'s broken; "really"',
            "Severity": 3,
            "Score": 1.5,
            "Closed": True,
            "DueDate": "2010-09-18",
            "CustomFields.c.vip": True,
        },
        {
            "ID": 2,
            "LookupName": "080917-000002",
            "CreatedTime": "2010-09-17T16:00:00Z",
            "Subject": "",
            "Severity": None,
            "Score": -2.0,
            "Closed": False,
            "DueDate": None,
            "CustomFields.c.vip": None,
        },
    )


def test_a_wide_table_is_read_in_several_queries_joined_by_id(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with _opened() as (reader, _fake):
        whole = reader.preview("incidents", 3)
    monkeypatch.setattr("headwater_oracle_service_cloud.roql.LONGEST_SELECT", 20)
    with _opened() as (reader, fake):
        assert reader.preview("incidents", 3) == whole
        assert sum("SELECT" in each["QUERY_STRING"] for each in fake.requests) > 2


@pytest.mark.parametrize(
    "table", ["incidents WHERE 1=1", "a;b", "x'", "../contacts", "é", "a.b.c.d.e.f"]
)
def test_a_name_that_is_no_table_s_never_reaches_the_site(table: str) -> None:
    with _opened() as (reader, fake):
        with pytest.raises(errors.SourceNotFound, match="named like"):
            reader.columns(table)
        with pytest.raises(errors.SourceNotFound, match="named like"):
            reader.preview(table, 1)
        assert fake.requests == []


def test_an_unknown_table_is_not_found_and_says_where_to_look() -> None:
    with (
        _opened() as (reader, _fake),
        pytest.raises(errors.SourceNotFound, match="no such table") as raised,
    ):
        reader.columns("nothing")
    assert "headwater tables" in raised.value.remedy


def test_a_wrong_password_is_sent_once_whatever_is_asked() -> None:
    with _opened(password="wrong-password") as (reader, fake):
        for ask in (
            reader.check,
            reader.tables,
            lambda: reader.preview("incidents", 1),
            reader.check,
        ):
            with pytest.raises(
                errors.CredentialsRefused, match="refuses these credentials"
            ) as raised:
                ask()
        assert fake.refused == len(fake.requests) == 1
    shown = f"{raised.value!r} {raised.value.data()} {''.join(traceback.format_exception(raised.value))}"
    assert "wrong-password" not in shown


def test_credentials_not_yet_accepted_are_not_repeated_after_a_reset() -> None:
    with (
        _opened(["reset"], password="wrong-password") as (reader, fake),
        pytest.raises(errors.SourceUnavailable),
    ):
        reader.check()
    assert len(fake.requests) == 1


@pytest.mark.parametrize(
    ("fault", "kind", "said"),
    [
        ("401", errors.CredentialsRefused, "refuses"),
        ("401-html", errors.CredentialsRefused, "refuses"),
        ("403", errors.SourceNotPermitted, "403"),
        ("429-long", errors.SourceThrottled, "429"),
        ("500-internal", errors.SourceUnavailable, "500"),
        ("503-html", errors.SourceUnavailable, "503"),
        ("no-api", errors.SourceNotPermitted, "OSC-CREST-00015"),
        ("not-authorised", errors.SourceNotPermitted, "OSC-CREST-00014"),
        ("reset", errors.SourceUnavailable, "broke off"),
        ("hang-up", errors.SourceUnavailable, "broke off"),
        ("truncated", errors.SourceUnavailable, "broke off"),
        ("redirect", errors.SourceUnavailable, "never followed"),
        ("html", errors.SourceUnavailable, "other than a query result"),
        ("garbage", errors.SourceUnavailable, "other than a query result"),
        ("empty", errors.SourceUnavailable, "other than a query result"),
        ("wrong-shape", errors.SourceUnavailable, "other than a query result"),
    ],
)
def test_every_failure_has_its_class_and_its_remedy(
    fault: str, kind: type[errors.SourceError], said: str
) -> None:
    with (
        _opened([fault] * 9) as (reader, _fake),
        pytest.raises(kind, match=said) as raised,
    ):
        reader.tables()
    assert raised.value.remedy
    assert (
        PASSWORD
        not in f"{raised.value!r} {raised.value.data()} {''.join(traceback.format_exception(raised.value))}"
    )


@pytest.mark.parametrize(
    "fault", ["429", "500-internal", "503-html", "reset", "hang-up", "truncated"]
)
def test_a_passing_failure_is_repeated_once_the_credentials_are_accepted(
    fault: str,
) -> None:
    with _opened([None, fault, fault]) as (reader, _fake):
        assert reader.check().user == USER


def test_the_site_sets_the_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(
        module.OracleReader.__init__, "__kwdefaults__", {"pause": pauses.append}
    )
    with _opened(pace=250) as (reader, _fake):
        reader.check()
        assert "wait 0.25 s" in reader.check().notes[0]
    assert pauses == [0.25] * 3


def test_a_failure_that_names_a_pause_is_repeated_after_it_with_the_new_token(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(
        module.OracleReader.__init__, "__kwdefaults__", {"pause": pauses.append}
    )
    with _opened([None, "429-paced"]) as (reader, fake):
        reader.check()
        tokens = [
            each.get("HTTP_OSVC_CREST_API_ACCESS_TOKEN") for each in fake.requests
        ]
    assert (tokens, pauses) == ([None, "token-1", "token-2"], [3.0])


@pytest.mark.parametrize(("accepted", "sent"), [(False, 1), (True, 5)])
def test_a_pause_that_never_ends_is_throttling(accepted: bool, sent: int) -> None:
    with _opened([*[None] * accepted, *["429-paced"] * 9]) as (reader, fake):
        with pytest.raises(errors.SourceThrottled) as raised:
            reader.check()
        assert (raised.value.retry_after, len(fake.requests)) == (3.0, sent)


def test_cells_never_go_under_a_column_that_was_not_asked_for_there() -> None:
    turned = _opened([None, None, "turned"])
    with (
        turned as (reader, _fake),
        pytest.raises(errors.SourceUnavailable, match="other columns"),
    ):
        reader.preview("incidents", 3)


def test_rows_of_one_query_stay_apart_whatever_their_ids(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ids = INCIDENTS["ID"]
    monkeypatch.setitem(INCIDENTS, "ID", (ids[0], ids[1], [ids[2][0], None, ids[2][0]]))
    with _opened() as (reader, _fake):
        assert [row["ID"] for row in reader.preview("incidents", 3).rows] == [
            1,
            None,
            1,
        ]
    monkeypatch.setattr(roql, "LONGEST_SELECT", 40)
    with (
        _opened() as (reader, _fake),
        pytest.raises(errors.SourceUnavailable, match="id of their own"),
    ):
        reader.preview("incidents", 3)


def test_a_table_without_an_id_is_read_at_once_and_in_no_order() -> None:
    [group] = roql.groups(["AnswerID", "Hits"])
    assert group == ["AnswerID", "Hits"]
    query = roql.select(group, "answer_stats", 5, ordered=False)
    assert query == "USE REPORT; SELECT AnswerID, Hits FROM answer_stats LIMIT 5"


def test_a_pace_nobody_would_wait_for_is_throttling() -> None:
    with (
        _opened(pace=90_000) as (reader, _fake),
        pytest.raises(errors.SourceThrottled) as raised,
    ):
        reader.check()
    assert raised.value.retry_after == 90.0


@pytest.mark.parametrize(
    "host",
    [
        "http://acme.custhelp.com",
        "acme.custhelp.com/path",
        "https://u:p@acme.example",
        "ftp://x",
        "https://[",
        "a:b",
        "acme.custhelp.com#",
        "acme .custhelp.com",
    ],
)
def test_a_host_that_cannot_be_used_is_refused_before_anything_is_sent(
    host: str,
) -> None:
    credentials = {"host": host, "username": USER, "password": PASSWORD}
    with pytest.raises(errors.InvalidInput):
        headwater.open_source("oracle-service-cloud", credentials=credentials)


def test_nothing_secret_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with _opened([None, "reset", "503-html"]) as (reader, _fake):
        reader.check()
    assert caplog.records
    assert PASSWORD not in caplog.text
    assert "correct-horse" not in caplog.text


def _asked(reader: GuardedReader, what: int) -> Check | Columns | Preview:
    if what % 3 == 0:
        return reader.check()
    return (
        reader.preview("incidents", 3) if what % 3 == 1 else reader.columns("incidents")
    )


def _outcome(reader: GuardedReader, what: int) -> object:
    try:
        return _asked(reader, what)
    except errors.SourceError as error:
        return error


def _check_right(found: Columns | Preview, right: object) -> None:
    """What differs from the right answer is said: uncertain types, or a column that was refused."""
    columns = found.columns if isinstance(found, Preview) else found
    if columns.notes:
        assert columns.notes == (module.UNCERTAIN,)
        return
    left_out = {field.name for field in columns.left_out}
    assert left_out >= {"Threads", "FileAttachments"}
    if isinstance(found, Preview) and isinstance(right, Preview):
        for row, whole in zip(found.rows, right.rows, strict=True):
            assert row == {
                name: value for name, value in whole.items() if name not in left_out
            }
    else:
        assert found == right


def test_random_failures_never_lead_to_a_wrong_answer() -> None:
    with _opened() as (reader, _fake):
        right = [_asked(reader, what) for what in range(3)]
    chance = random.Random(20261123)
    outcomes: set[type] = set()
    for round in range(ROUNDS):
        faults = [
            chance.choice([*FAULTS, *[None] * len(FAULTS) * 2])
            for _request in range(30)
        ]
        with _opened(faults) as (reader, fake):
            found = _outcome(reader, round)
            outcomes.add(type(found))
            assert not isinstance(found, errors.SourceNotFound), faults
            if isinstance(found, Check):
                assert (found.user, found.version) == (USER, "v1.4")
            elif isinstance(found, (Columns, Preview)):
                _check_right(found, right[round % 3])
            assert fake.refused == 0
    assert {
        Check,
        Preview,
        errors.CredentialsRefused,
        errors.SourceUnavailable,
    } <= outcomes


@pytest.mark.parametrize(
    ("fault", "code", "kind"),
    [
        (None, 0, ""),
        ("401", 4, "source-credentials"),
        ("no-api", 4, "source-permission"),
        ("429-long", 6, "source-throttled"),
        ("503-html", 6, "source-unavailable"),
        ("html", 6, "source-unavailable"),
    ],
)
def test_the_command_line_exits_by_the_class_of_the_failure(
    fault: str | None, code: int, kind: str
) -> None:
    with Serving(FakeOracle([fault] * 9 if fault else [])) as serving:
        given = json.dumps(
            {"host": serving.url, "username": USER, "password": PASSWORD}
        )
        command = [HEADWATER, "tables", "oracle-service-cloud", "-c", "-", "--json"]
        done = subprocess.run(
            command,
            input=given,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    assert done.returncode == code, done.stderr
    assert PASSWORD not in done.stdout + done.stderr
    if kind:
        assert json.loads(done.stderr)["error"]["kind"] == kind
    else:
        assert "incidents" in [each["path"] for each in json.loads(done.stdout)]


def test_a_secret_object_is_taken_as_well() -> None:
    with Serving(FakeOracle()) as serving:
        credentials = {
            "host": serving.url,
            "username": USER,
            "password": Secret(PASSWORD),
        }
        with headwater.open_source(
            "oracle-service-cloud", credentials=credentials
        ) as reader:
            assert reader.check().user == USER
