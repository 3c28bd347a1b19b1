"""What docs/exactly-once.md promises, against lists that lag, ids that lie, lost tokens and racing clients."""

from __future__ import annotations

import errno
import os
import random
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from wsgiref.headers import Headers

import pytest

from headwater import Created, Endpoint, FlowService, Secret, create_connection
from headwater.create import NO_JOURNAL, Journal
from headwater.create.journal import default_journal
from headwater.errors import (
    ConnectionExists,
    HeadwaterError,
    InvalidInput,
    OutcomeUnknown,
    Rejected,
)
from headwater_local_flow_service.app import build_app
from headwater_local_flow_service.faults import Faults, FaultServer, Plan
from headwater_local_flow_service.settings import Client, Settings

from .adversaries import Between, LaggingList, TokenRefusedAfterCommit, WrongId

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from headwater_local_flow_service.app import FlowServiceApp

CALLS = 1000 if os.environ.get("HEADWATER_TEST_FULL") else 60
CREDENTIALS = {
    "host": "acme.custhelp.com",
    "username": "integration",
    "password": "correct-horse-battery",
}
TWIN = {**CREDENTIALS, "password": "another-horse"}
ANSWERS = ("unknown id", "foreign id", "no id", "portal", "empty")


@pytest.fixture
def app(tmp_path: Path) -> Iterator[FlowServiceApp]:
    app = build_app(Settings(store=str(tmp_path / "local.db")))
    yield app
    app.close()


@contextmanager
def _served(app: Any) -> Iterator[str]:
    with FaultServer(app, Faults(Plan.of({"rules": []}))) as server:
        yield server.url


def _endpoint(url: str, **changes: Any) -> Endpoint:
    facts: dict[str, Any] = {
        "url": url,
        "org_id": "acme@AdobeOrg",
        "sandbox": "prod",
        "api_key": "key",
        "access_token": Secret("token"),
        "list_lag": 0.0,
    }
    return Endpoint(**(facts | changes))


def _app_of_a_client(tmp_path: Path) -> FlowServiceApp:
    client = Client(
        id="desk", secret=Secret("open-sesame"), organizations=("acme@AdobeOrg",)
    )
    return build_app(Settings(store=str(tmp_path / "clients.db"), clients=(client,)))


def _endpoint_of_a_client(url: str, *, list_lag: float) -> Endpoint:
    """Return an endpoint whose token can be renewed."""
    return Endpoint(
        url=url,
        ims_url=url,
        org_id="acme@AdobeOrg",
        sandbox="prod",
        api_key="desk",
        client_id="desk",
        client_secret=Secret("open-sesame"),
        list_lag=list_lag,
    )


def _create(service: FlowService, name: str = "Desk", **options: Any) -> Created:
    options = {"credentials": CREDENTIALS, "settle": 3.0, **options}
    return create_connection(
        "oracle-service-cloud", name=name, service=service, **options
    )


def _stored(app: FlowServiceApp, name: str = "Desk", **changes: Any) -> list[str]:
    """Return the ids there really are, whatever a list between shows."""
    with (
        _served(app) as url,
        FlowService(_endpoint(url, **changes)) as service,
    ):
        return [
            connection.id
            for connection in service.connections.list()
            if connection.name == name
        ]


# ---- a list that lags


def test_a_second_command_adopts_what_the_first_made_although_the_list_lags(
    app: FlowServiceApp,
) -> None:
    between = LaggingList(app, 5.0)
    with _served(between) as url, FlowService(_endpoint(url, list_lag=60)) as service:
        first = _create(service, if_exists="reuse")
        second = _create(service, if_exists="reuse")
        with pytest.raises(ConnectionExists) as caught:
            _create(service)
    assert (first.created, second.created) == (True, False)
    assert second.id == first.id
    assert caught.value.ids == (first.id,)
    assert between.stored == 1


def test_that_no_other_made_the_same_is_unconfirmed_until_lists_have_caught_up(
    app: FlowServiceApp, tmp_path: Path
) -> None:
    here, there = Journal(tmp_path / "here"), Journal(tmp_path / "there")
    between = LaggingList(app, 0.5)
    with _served(between) as url, FlowService(_endpoint(url, list_lag=1.0)) as service:
        first = _create(service, journal=here)
        second = _create(service, journal=there, confirm=True)
        third = _create(service, "alone", confirm=True)
    assert first.uniqueness == "unconfirmed"
    assert (second.uniqueness, second.duplicates) == ("duplicated", (first.id,))
    assert (third.uniqueness, third.duplicates) == ("confirmed", ())


def test_the_command_after_an_unknown_outcome_waits_for_the_list_before_it_sends(
    app: FlowServiceApp,
) -> None:
    between = LostAnswer(LaggingList(app, 1.5))
    with _served(between) as url, FlowService(_endpoint(url, list_lag=2.0)) as service:
        with pytest.raises(OutcomeUnknown, match="may or may not"):
            _create(service, settle=0.2)
        with pytest.raises(OutcomeUnknown, match="earlier command") as caught:
            _create(service, settle=0.2)
        assert "run again in" in caught.value.remedy
        again = _create(service, settle=5, if_exists="reuse")
    assert again.created is None
    assert _stored(app) == [again.id]


def test_after_the_lag_a_later_command_sends_again_and_says_so(
    app: FlowServiceApp, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="headwater.create")
    between = LostRequest(app)
    with _served(between) as url, FlowService(_endpoint(url, list_lag=0.5)) as service:
        with pytest.raises(OutcomeUnknown):
            _create(service, settle=0.1)
        assert _create(service).created is True
    assert "has not appeared within 0.5 s: sending again" in caplog.text
    assert len(_stored(app)) == 1


# ---- answers that lie


@pytest.mark.parametrize("answer", ANSWERS)
def test_an_answer_is_believed_only_when_reading_its_id_proves_it(
    answer: str, app: FlowServiceApp
) -> None:
    with _served(app) as url, FlowService(_endpoint(url)) as service:
        other = _create(service, "another").id
    between = WrongId(app, answer, other)
    with _served(between) as url, FlowService(_endpoint(url)) as service:
        created = _create(service)
    assert [created.id] == _stored(app)
    assert created.created is None


def test_an_id_of_another_connection_of_the_name_is_not_ours(
    app: FlowServiceApp,
) -> None:
    """A twin with other fields, which a lagging list does not show yet."""
    with _served(app) as url, FlowService(_endpoint(url)) as service:
        twin = _create(service, credentials={**CREDENTIALS, "username": "somebody"})
    between = WrongId(LaggingList(app, 600), "foreign id", twin.id)
    with (
        _served(between) as url,
        FlowService(_endpoint(url)) as service,
        pytest.raises(OutcomeUnknown) as caught,
    ):
        _create(service, settle=0.3, journal=NO_JOURNAL)
    assert twin.id in caught.value.ids


def test_a_twin_of_another_client_is_never_called_ours(app: FlowServiceApp) -> None:
    """Our request is lost, and somebody else creates the same with another password meanwhile."""
    between = LostRequest(app)
    with (
        _served(app) as direct,
        _served(between) as url,
        FlowService(_endpoint(direct)) as rival,
    ):
        between.meanwhile = lambda: _create(rival, credentials=TWIN, journal=NO_JOURNAL)
        with FlowService(_endpoint(url)) as service:
            found = _create(service)
    assert found.created is None
    assert between.stored == 0


def test_a_twin_of_a_client_that_the_service_names_is_not_even_found(
    app: FlowServiceApp,
) -> None:
    between = LostRequest(app)
    with (
        _served(app) as direct,
        _served(between) as url,
        FlowService(_endpoint(direct, api_key="rival")) as rival,
    ):
        between.meanwhile = lambda: _create(rival, credentials=TWIN, journal=NO_JOURNAL)
        with (
            FlowService(_endpoint(url)) as service,
            pytest.raises(OutcomeUnknown) as caught,
        ):
            _create(service, settle=0.3)
    assert len(caught.value.ids) == 1


# ---- a token that ends in between


@pytest.mark.parametrize("lag", [0.0, 1.0])
def test_a_token_refused_after_the_commit_does_not_make_a_second_connection(
    lag: float, tmp_path: Path
) -> None:
    app = _app_of_a_client(tmp_path)
    between = TokenRefusedAfterCommit(LaggingList(app, lag * 0.8))
    with (
        _served(between) as url,
        FlowService(_endpoint_of_a_client(url, list_lag=lag)) as service,
    ):
        created = _create(service)
    assert between.refusals == 0
    assert (between.stored, created.created) == (1, None)
    app.close()


def test_reuse_and_what_is_found_are_confirmed_as_well(app: FlowServiceApp) -> None:
    with (
        _served(LostAnswer(LaggingList(app, 0.2))) as url,
        FlowService(_endpoint(url, list_lag=0.5)) as service,
    ):
        found = _create(service, confirm=True)
        adopted = _create(service, if_exists="reuse", confirm=True)
    assert (found.created, found.uniqueness) == (None, "confirmed")
    assert (adopted.created, adopted.uniqueness) == (False, "confirmed")


def test_a_portal_that_says_429_after_the_commit_does_not_make_a_second_connection(
    app: FlowServiceApp,
) -> None:
    between = Answering(app, "429 Too Many Requests", b"<p>slow down</p>", stored=True)
    with _served(between) as url, FlowService(_endpoint(url)) as service:
        created = _create(service)
    assert ([created.id], created.created) == (_stored(app), None)


# ---- the whole claim, many times


def _lagging(app: FlowServiceApp, chance: random.Random) -> Between:
    return LaggingList(app, lambda: chance.uniform(0, 0.4))


def _lying(app: FlowServiceApp, chance: random.Random) -> Between:
    return WrongId(LaggingList(app, 0.2), chance.choice(ANSWERS))


def _losing_answers(app: FlowServiceApp, chance: random.Random) -> Between:
    return LostAnswer(LaggingList(app, chance.uniform(0, 0.4)))


def _losing_requests(app: FlowServiceApp, chance: random.Random) -> Between:
    return LostRequest(LaggingList(app, chance.uniform(0, 0.4)))


@pytest.mark.parametrize(
    "adversary", [_lagging, _lying, _losing_answers, _losing_requests]
)
def test_creates_through_an_adversary_end_in_one_connection_each(
    adversary: Callable[[FlowServiceApp, random.Random], Between],
    app: FlowServiceApp,
) -> None:
    """Each create is repeated, as somebody does who was told to, until it names an id."""
    chance = random.Random(11)

    def call(number: int) -> tuple[str, str]:
        org_id = f"org{number % 20}@AdobeOrg"
        with (
            _served(adversary(app, chance)) as url,
            FlowService(_endpoint(url, org_id=org_id, list_lag=0.5)) as service,
        ):
            for _again in range(4):
                try:
                    created = _create(
                        service, f"call {number}", settle=0.3, if_exists="reuse"
                    )
                except OutcomeUnknown:
                    continue
                return org_id, created.id
        raise AssertionError("no id after four commands")

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(call, range(CALLS)))
    for number, (org_id, id) in enumerate(results):
        assert _stored(app, f"call {number}", org_id=org_id) == [id]
    assert [entry for entry in default_journal().entries() if entry.is_open] == []


def test_creates_whose_token_is_refused_after_the_commit_end_in_one_connection_each(
    tmp_path: Path,
) -> None:
    app = _app_of_a_client(tmp_path)
    between = TokenRefusedAfterCommit(app)
    between.refusals = CALLS
    with (
        _served(between) as url,
        FlowService(_endpoint_of_a_client(url, list_lag=0)) as service,
    ):
        made = [_create(service, f"call {number}") for number in range(CALLS)]
        stored = {item.id: item.name for item in service.connections.list()}
    assert (between.refusals, between.stored) == (0, CALLS)
    assert stored == {each.id: f"call {n}" for n, each in enumerate(made)}
    assert {each.created for each in made} == {None}
    app.close()


def test_two_commands_that_race_on_one_machine_make_one_connection(
    app: FlowServiceApp,
) -> None:
    with _served(LaggingList(app, 0.4)) as url:

        def call(number: int) -> Created | HeadwaterError:
            with FlowService(_endpoint(url, list_lag=0.5)) as service:
                try:
                    return _create(service, f"race {number // 2}")
                except HeadwaterError as error:
                    return error

        with ThreadPoolExecutor(8) as pool:
            results = list(pool.map(call, range(CALLS)))
    for number in range(0, CALLS, 2):
        pair = results[number : number + 2]
        created = [result for result in pair if isinstance(result, Created)]
        refused = [result for result in pair if isinstance(result, ConnectionExists)]
        assert (len(created), len(refused)) == (1, 1)
        assert refused[0].ids == (created[0].id,)


def test_two_machines_that_race_are_told_of_each_other_once_lists_have_caught_up(
    app: FlowServiceApp, tmp_path: Path
) -> None:
    """One that comes late enough to see the other's adopts it; all others are told of each other."""
    with _served(LaggingList(app, 0.3)) as url:

        def call(number: int) -> Created:
            journal = Journal(tmp_path / f"machine {number % 2}")
            with FlowService(_endpoint(url, list_lag=0.6)) as service:
                return _create(
                    service,
                    f"race {number // 2}",
                    journal=journal,
                    confirm=True,
                    if_exists="reuse",
                )

        with ThreadPoolExecutor(8) as pool:
            results = list(pool.map(call, range(24)))
    for number in range(0, 24, 2):
        one, other = results[number : number + 2]
        told = {*one.duplicates, *other.duplicates}
        assert one.id == other.id or told & {one.id, other.id}


class LostAnswer(Between):
    """The first create is stored, and a page of a proxy comes in the place of its answer."""

    def __init__(self, app: Any) -> None:
        super().__init__(app)
        self.lost = False

    def after_create(self, status: str, body: bytes) -> tuple[str, bytes]:
        if self.lost:
            return status, body
        self.lost = True
        return "504 Gateway Timeout", b"<html>no answer in time</html>"


class LostRequest(Between):
    """The first create never arrives, and a page of a proxy answers it; `meanwhile` is what happens then."""

    def __init__(self, app: Any) -> None:
        super().__init__(app)
        self.lost = False
        self.meanwhile: Callable[[], Any] = lambda: None

    def _ask(self, environ: Any) -> Any:
        if environ["REQUEST_METHOD"] != "POST" or self.lost:
            return super()._ask(environ)
        self.lost = True
        self.meanwhile()
        return (
            "502 Bad Gateway",
            Headers([("Content-Type", "text/html")]),
            b"<html>nobody there</html>",
        )


class Gone(Between):
    """The first create is stored, and from then on a portal answers everything, until somebody opens it."""

    def __init__(self, app: Any, *, stored: bool = True) -> None:
        super().__init__(app)
        self.is_shut = False
        self._stored = stored

    def _ask(self, environ: Any) -> Any:
        if environ["REQUEST_METHOD"] == "POST" and not self.is_shut:
            self.is_shut = True
            if self._stored:
                self.stored += 1
                super()._ask(environ)
        if not self.is_shut:
            return super()._ask(environ)
        return "404 Not Found", Headers([("Content-Type", "text/html")]), b"<p>gone</p>"

    def after_list(self, body: bytes) -> bytes:
        return body


def test_a_portal_that_answers_everything_after_a_create_leaves_the_outcome_unknown(
    app: FlowServiceApp,
) -> None:
    between = Gone(app)
    with _served(between) as url, FlowService(_endpoint(url)) as service:
        with pytest.raises(OutcomeUnknown):
            _create(service, settle=0.3)
        # a later command gets no look, so it sends nothing
        with pytest.raises(HeadwaterError):
            _create(service, settle=0.3)
        between.is_shut = False
        found = _create(service, if_exists="reuse", settle=0.3)
    assert (between.stored, found.created) == (1, None)
    assert [found.id] == _stored(app)


class Answering(Between):
    """The first create is stored or not, and answered with this."""

    def __init__(self, app: Any, status: str, body: bytes, *, stored: bool) -> None:
        super().__init__(app)
        self._answer: tuple[str, bytes] | None = (status, body)
        self._stored = stored

    def _ask(self, environ: Any) -> Any:
        if environ["REQUEST_METHOD"] != "POST" or self._answer is None:
            return super()._ask(environ)
        if self._stored:
            super()._ask(environ)
        (status, body), self._answer = self._answer, None
        return status, Headers([("Content-Type", "application/json")]), body


REFUSAL = b'{"errorCode": "1202", "errorMessage": "The name is not allowed."}'
PAGES = {
    "303 See Other": b"",
    "307 Temporary Redirect": b"",
    "400 Bad Request": b"<html>blocked</html>",
    "401 Unauthorized": b'{"login": "please"}',
    "403 Forbidden": b"<html>blocked</html>",
    "404 Not Found": b'{"message": "no route"}',
    "409 Conflict": b"",
    "200 OK": b"<html>welcome</html>",
    "202 Accepted": b"{}",
}


@pytest.mark.parametrize("status", PAGES)
def test_a_page_that_is_not_the_services_proves_nothing(
    status: str, app: FlowServiceApp
) -> None:
    between = Answering(app, status, PAGES[status], stored=True)
    with _served(between) as url, FlowService(_endpoint(url)) as service:
        created = _create(service)
    assert ([created.id], created.created) == (_stored(app), None)


def test_a_refusal_in_the_services_own_words_is_final_and_closes_the_journal(
    app: FlowServiceApp,
) -> None:
    between = Answering(app, "400 Bad Request", REFUSAL, stored=False)
    with (
        _served(between) as url,
        FlowService(_endpoint(url)) as service,
        pytest.raises(Rejected, match="The name is not allowed"),
    ):
        _create(service)
    assert [entry.outcome for entry in default_journal().entries()] == ["refused"]


def test_without_a_journal_everything_else_still_holds(app: FlowServiceApp) -> None:
    with _served(app) as url, FlowService(_endpoint(url)) as service:
        created = _create(service, journal=NO_JOURNAL)
        again = _create(service, journal=NO_JOURNAL, if_exists="reuse")
    assert (created.journal, again.id) == (False, created.id)
    assert default_journal().entries() == []


def test_where_the_journal_cannot_be_kept_nothing_is_sent(
    app: FlowServiceApp, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    between = Between(app)
    with (
        _served(between) as url,
        FlowService(_endpoint(url)) as service,
        pytest.raises(InvalidInput, match="nothing was sent"),
    ):
        _create(service, journal=Journal(tmp_path / "file" / "journal"))
    assert between.stored == 0


def test_an_outcome_that_cannot_be_written_down_loses_no_id(
    app: FlowServiceApp,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """As on a disk that fills up between the intent and the outcome."""
    caplog.set_level("INFO", logger="headwater.create")

    def fill_up(*_given: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Journal, "write_outcome", fill_up)
    with _served(app) as url, FlowService(_endpoint(url)) as service:
        created = _create(service)
    assert [created.id] == _stored(app)
    assert "the journal of creates cannot be written" in caplog.text


def test_the_journal_holds_no_secret(app: FlowServiceApp) -> None:
    with _served(app) as url, FlowService(_endpoint(url)) as service:
        _create(service)
    text = "".join(path.read_text() for path in default_journal().folder.glob("*"))
    assert "Desk" in text
    assert CREDENTIALS["password"] not in text
