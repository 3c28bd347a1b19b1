"""The embedded Flow Service accepts the connector's payloads and shows no secret of them; or creating is refused."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from headwater.create import runner
from headwater.errors import HeadwaterError, NotCreatable
from headwater.foreign import raise_bare
from headwater.models import map_secrets
from headwater.secret import MASK, mask, reveal_all
from headwater_authoring.testing.canaries import Lookout
from headwater_authoring.testing.examples import examples
from headwater_authoring.testing.failures import ConformanceFailure, demand, hidden

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from headwater.create.exactly_once import Prepared
    from headwater.flowservice import FlowService
    from headwater.flowservice.models import Connection
    from headwater_authoring.testing.examples import Example
    from headwater_authoring.testing.subject import Subject

__tracebackhide__ = hidden

_DESCRIPTION = "made by a conformance test"


def check_connections(subject: Subject, service: FlowService) -> None:
    """A connection is created with each authentication specification and read back, secrets masked.

    A connector without an id, or whose source has no base connection, is refused with its reason instead.
    """
    spec = subject.connector.spec
    if spec.id is None or not spec.base_connection:
        _check_refused(subject)
        return
    demand(
        subject.connector.authentication,
        "the source has a base connection, but credential_schemas returns nothing to authenticate with",
        "return the source's authentication specifications, or set base_connection=False",
    )
    for example in examples(subject):
        prepared, connection = _create(subject, example, service)
        _check_answer(subject, prepared, connection)
        _check_params(example, prepared, connection)
        _check_kept(subject, example, prepared)


def _check_refused(subject: Subject) -> None:
    spec = subject.connector.spec
    reason = spec.no_id_reason if spec.base_connection else spec.lifecycle_note
    if spec.ui_only:
        reason = spec.documentation
    values = next((example.values for example in examples(subject)), {})
    refusal = ""
    try:
        runner.prepare(subject.connector, name=_name(), credentials=values)
    except NotCreatable as error:
        refusal = str(error)
    demand(
        reason.strip() and reason.casefold() in refusal.casefold(),
        "creating a connection is not refused with the reason",
        "give no_id_reason where there is no id, and lifecycle_note where there is no base connection",
    )


def _create(
    subject: Subject, example: Example, service: FlowService
) -> tuple[Prepared, Connection]:
    try:
        prepared = runner.prepare(
            subject.connector,
            name=_name(),
            description=_DESCRIPTION,
            credentials=example.values,
            auth=example.auth,
        )
        created = runner.ensure(service, prepared, settle=0)
        return prepared, service.connections.get(created.id)
    except HeadwaterError as error:
        raise_bare(
            ConformanceFailure(
                f"no connection can be created with {example.auth.label}: {error.message}",
                "correct build_payload, or the examples of the test class; core's own build_payload fits most sources",
            )
        )


def _check_answer(subject: Subject, prepared: Prepared, connection: Connection) -> None:
    sent = prepared.payload
    spec = subject.connector.spec
    version = connection.raw["connectionSpec"].get("version")
    for name, wanted, got in (
        ("name", prepared.name, connection.name),
        ("description", _DESCRIPTION, connection.description),
        ("connectionSpec.id", spec.id, connection.spec_id),
        ("connectionSpec.version", spec.version, version),
        ("auth.specName", prepared.auth.spec_name, connection.auth_name),
    ):
        demand(
            got == wanted,
            f"{name} is not what was asked for",
            "send it in build_payload as the request holds it",
        )
    lost = [name for name in spec.extra_payload if name not in sent]
    demand(
        not lost,
        f"the payload lacks what extra_payload adds: {', '.join(lost)}",
        "merge it in build_payload",
    )


def _check_params(example: Example, prepared: Prepared, connection: Connection) -> None:
    label = example.auth.label
    demand(
        not Lookout(example.canaries).sees(json.dumps(connection.raw)),
        f"a connection of {label} shows a secret when it is read back",
        "put secrets into auth.params only, and mark every field that holds one with secret=True",
    )
    sent = mask((prepared.payload.get("auth") or {}).get("params") or {})
    shown = map_secrets(example.auth, sent, lambda _path, _value: MASK)
    for name, value in shown.items():
        demand(
            connection.params.get(name, MASK) == value,
            f"{name} of {label} does not come back as it was sent",
            "send values as they are given",
        )


def _check_kept(subject: Subject, example: Example, prepared: Prepared) -> None:
    """Find every value given somewhere in the payload: one that is dropped is missed by the source, much later."""
    fixed = {
        "name",
        "description",
        "connectionSpec",
        *subject.connector.spec.extra_payload,
    }
    payload = prepared.payload
    built = {name: value for name, value in payload.items() if name not in fixed}
    sent = [str(leaf) for leaf in _leaves(reveal_all(built))]
    lost = []
    for name, value in example.values.items():
        kept = all(_is_within(str(leaf), sent) for leaf in _leaves(value))
        if not kept and name not in subject.reshaped_fields:
            lost.append(name)
    demand(
        not lost,
        f"the payload lacks what was given for {example.auth.label}: {', '.join(lost)}",
        "send every value in build_payload, or name the fields it turns into something else in reshaped_fields",
    )


def _is_within(text: str, texts: Sequence[str]) -> bool:
    return any(text in other for other in texts)


def _leaves(value: Any) -> Iterator[Any]:
    """Yield the strings, numbers and flags inside a JSON value."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if not isinstance(value, list | tuple):
        yield value
        return
    for item in value:
        yield from _leaves(item)


def _name() -> str:
    return f"conformance {uuid.uuid4()}"
