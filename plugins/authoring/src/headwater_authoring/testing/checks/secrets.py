"""No secret shows: not in an error, a log record, a printed value or a traceback, whether things work or fail."""

from __future__ import annotations

import itertools
import uuid
from functools import partial
from typing import TYPE_CHECKING, Any

from headwater.create import runner
from headwater.create.authentication import choose
from headwater.credentials import validation
from headwater.flowservice import Endpoint, FlowService
from headwater.models import PayloadRequest
from headwater.secret import Secret
from headwater_authoring.testing.canaries import Lookout
from headwater_authoring.testing.corruptions import corruptions
from headwater_authoring.testing.examples import examples
from headwater_authoring.testing.failures import demand, hidden
from headwater_authoring.testing.watching import Watch

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from headwater_authoring.testing.corruptions import Corruption
    from headwater_authoring.testing.examples import Example
    from headwater_authoring.testing.subject import Subject

__tracebackhide__ = hidden

_REMEDY = "log and print names, never values; leave secrets wrapped, and reveal them only into the payload itself"


def check_no_leaks(subject: Subject, service: FlowService) -> None:
    """Validate, build, create and read with canaries for secrets, rightly and wrongly, and look at all that shows."""
    for example in examples(subject):
        spoilt = list(corruptions(example))
        with Watch() as watch:
            _loading(watch, subject)
            _validating(watch, subject, example, spoilt)
            _building(watch, subject, example)
            if _creatable(subject):
                _creating(watch, subject, example, service)
        every = itertools.chain(
            example.canaries, *(corruption.canaries for corruption in spoilt)
        )
        places = watch.leaks(Lookout(every))
        demand(
            not places,
            f"a secret of {example.auth.label} shows in {', '.join(places)}",
            _REMEDY,
        )


def _creatable(subject: Subject) -> bool:
    spec = subject.connector.spec
    return spec.id is not None and spec.base_connection


def _loading(watch: Watch, subject: Subject) -> None:
    connector = watch.attempt("loading", subject.load)
    watch.show("the connector", connector)
    watch.show("the connection specification", connector.spec)
    watch.show("the authentication specifications", connector.authentication)


def _validating(
    watch: Watch, subject: Subject, example: Example, spoilt: list[Corruption]
) -> None:
    for corruption in spoilt:
        validate = partial(runner.problems, example.auth, corruption.values)
        problems = watch.attempt("validation", validate)
        watch.show("a problem of validation", problems)
        resolve = partial(runner.resolve_credentials, example.auth, corruption.values)
        watch.attempt("refused credentials", resolve)
        watch.attempt("choosing", partial(choose, subject.connector, corruption.values))


def _building(watch: Watch, subject: Subject, example: Example) -> None:
    """Build with all fields, then with each of them missing or of a type no hook expects: it may fail, not tell."""
    for values in _params_for_building(example):
        request = PayloadRequest(
            name="A name",
            description=None,
            spec=subject.connector.spec,
            auth=example.auth,
            params=values,
        )
        watch.show("the payload request", request)
        build = partial(subject.connector.build_payload, request)
        payload = watch.attempt("build_payload", build)
        watch.show("the payload", payload)


def _params_for_building(example: Example) -> Iterator[Mapping[str, Any]]:
    """Yield params as `build_payload` gets them: whole, without one of the fields, and with one it cannot use."""
    whole = validation.seal(example.auth, example.values)
    yield whole
    for name, value in whole.items():
        rest = dict(whole)
        del rest[name]
        yield rest
        yield {**whole, name: _spoil(value)}


def _spoil(value: Any) -> Any:
    """Return a value that no hook can use; a secret is spoilt into another secret."""
    if isinstance(value, Secret):
        return Secret(value.reveal() + "\0")
    return object()


def _creating(
    watch: Watch, subject: Subject, example: Example, service: FlowService
) -> None:
    """Create; create again, which is refused; send what the service refuses; and send where nobody listens."""
    name = f"conformance {uuid.uuid4()}"

    def prepare() -> runner.Prepared:
        return runner.prepare(
            subject.connector, name=name, credentials=example.values, auth=example.auth
        )

    first = watch.attempt("preparing", prepare)
    if first is None:
        return
    watch.show("the prepared request", first)
    created = watch.attempt("creating", lambda: runner.ensure(service, first, settle=0))
    watch.show("what was created", created)
    watch.attempt("creating it again", lambda: runner.ensure(service, first, settle=0))
    if created is not None:
        watch.show(
            "the connection",
            watch.attempt(
                "reading it back", lambda: service.connections.get(created.id)
            ),
        )
    unknown = {
        **first.payload,
        "connectionSpec": {"id": str(uuid.uuid4()), "version": "1.0"},
    }
    watch.attempt("a refused request", lambda: service.connections.create(unknown))
    with _nowhere() as nobody:
        watch.attempt(
            "a request that nobody answers",
            lambda: nobody.connections.create(first.payload),
        )


def _nowhere() -> FlowService:
    """Return a client of a port of this machine that is never open."""
    token = Secret("nobody-is-there-to-ask-for-one")
    endpoint = Endpoint(
        url="http://127.0.0.1:1",
        org_id="conformance@AdobeOrg",
        sandbox="prod",
        api_key="none",
        access_token=token,
    )
    return FlowService(endpoint, retries=0)
