"""``/collection/{inletId}`` and ``/collection/batch/{inletId}``: messages come in, durable when they are answered."""

from __future__ import annotations

import itertools
import os
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import attrs
import falcon

from headwater.foreign import raise_bare
from headwater_local_flow_service.errors import FlowError
from headwater_local_flow_service.gateway import incoming
from headwater_local_flow_service.inlets import problems, registry
from headwater_local_flow_service.inlets.problems import InletError
from headwater_local_flow_service.kernel.clock import now
from headwater_local_flow_service.store.storeerrors import StoreUnavailable
from headwater_local_flow_service.streaming import openings
from headwater_local_flow_service.streaming.messages import MessageReader
from headwater_local_flow_service.streaming.routing import FLOW_HEADER, Router

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from headwater_local_flow_service.store.inlet_rows import Message
    from headwater_local_flow_service.streaming.openings import Opening
    from headwater_local_flow_service.streaming.streaming import Streaming

LARGEST_MESSAGE: Final = 1_048_576  # bytes, also of several messages together

_JSON = re.compile(r"application/(?:json|[^\s;]+\+json)")
_SMILE: Final = "application/x-jackson-smile"
_counter: Final = itertools.count(1)


@attrs.frozen
class _Receipt:
    """When a request came in, and the id that its answer names."""

    id: str
    received_at: int  # milliseconds since 1970


class SingleMessage:
    """``/collection/{id}``: one message."""

    def __init__(self, streaming: Streaming) -> None:
        self._streaming = streaming

    def on_post(self, req: falcon.Request, resp: falcon.Response, id: str) -> None:
        """Keep the message; with ``syncValidation=true`` only if it fits its schema."""
        with _refusals():
            opening = _open(self._streaming, req, id)
            validates = _is_true(req, "syncValidation", "synchronousValidation")
            sent = _read_body(self._streaming, req)
            receipt = _receive()
            reader = _reader(self._streaming, req, opening, receipt)
            route, message = reader.read(sent)
            if validates:
                self._streaming.validator.check(opening, route, message)
            self._streaming.keep([reader.to_store(route, message)])
        resp.media = {
            "inletId": id,
            "xactionId": receipt.id,
            "receivedTimeMs": receipt.received_at,
        }
        if not validates:
            resp.media["syncValidation"] = {"skipped": True}


class SeveralMessages:
    """``/collection/batch/{id}``: several messages, each with an answer of its own."""

    def __init__(self, streaming: Streaming) -> None:
        self._streaming = streaming

    def on_post(self, req: falcon.Request, resp: falcon.Response, id: str) -> None:
        """Keep the messages that can be, all together; the answers come in the order of the messages."""
        with _refusals():
            opening = _open(self._streaming, req, id)
            messages = _read_messages(self._streaming, req, opening)
            receipt = _receive()
            reader = _reader(self._streaming, req, opening, receipt)
            kept, responses = _read_each(reader, messages, receipt)
            self._streaming.keep(kept)
        resp.status = falcon.HTTP_207
        resp.media = {
            "inletId": id,
            "batchId": receipt.id,
            "receivedTimeMs": receipt.received_at,
            "responses": responses,
        }


def _read_each(
    reader: MessageReader, messages: Sequence[Any], receipt: _Receipt
) -> tuple[list[Message], list[dict[str, Any]]]:
    """Return what is to be kept of several messages, and an answer to each."""
    kept: list[Message] = []
    responses: list[dict[str, Any]] = []
    for number, sent in enumerate(messages):
        try:
            route, message = reader.read(sent)
        except InletError as error:
            responses.append({"statusCode": error.status, "message": _tell(error)})
        else:
            kept.append(reader.to_store(route, message))
            responses.append({"xactionId": f"{receipt.id}:{number}"})
    return kept, responses


def _tell(error: InletError) -> str:
    """Return what is wrong with a message in one line."""
    reasons = [str(violation["message"]) for violation in error.violations]
    return ": ".join([error.text, *reasons])


def _open(streaming: Streaming, req: falcon.Request, id: str) -> Opening:
    streaming.check_place()
    opening = openings.open_inlet(streaming.store, streaming.finder, id)
    openings.admit(req, opening, streaming.tokens)
    return opening


def _reader(
    streaming: Streaming, req: falcon.Request, opening: Opening, receipt: _Receipt
) -> MessageReader:
    named = req.get_header(FLOW_HEADER) or req.params.get(FLOW_HEADER) or None
    if isinstance(named, list):
        named = named[-1]
    router = Router(streaming.store, opening, named)
    return MessageReader(opening, router, receipt.received_at)


def _receive() -> _Receipt:
    received_at = now()
    id = f"{received_at}:{os.getpid() % 10_000}:{next(_counter)}"
    return _Receipt(id, received_at)


def _read_messages(
    streaming: Streaming, req: falcon.Request, opening: Opening
) -> list[Any]:
    body = _read_body(streaming, req)
    messages = body.get("messages") if isinstance(body, dict) else None
    if not isinstance(messages, list):
        inlet = opening.inlet
        raise problems.invalid(
            inlet.id, inlet.scope.org, problems.INVALID, "messages must be an array"
        )
    return messages


def _read_body(streaming: Streaming, req: falcon.Request) -> Any:
    """Return the JSON value of the body. Raises `InletError` and `FlowError`."""
    media_type = (req.content_type or "").partition(";")[0].strip().lower()
    if not _JSON.fullmatch(media_type):
        raise InletError(415, _explain_type(media_type))
    raw = incoming.raw_body(req, LARGEST_MESSAGE)
    try:
        value = incoming.load_strict(raw)
    except RecursionError:
        raise_bare(InletError(400, "the message is nested too deep"))
    except ValueError:  # which quotes the message
        raise_bare(InletError(400, "the message is not JSON in UTF-8"))
    incoming.check_shape(value, streaming.settings, code="HEADWATER-1400-400")
    return value


def _explain_type(media_type: str) -> str:
    if media_type == _SMILE:
        return f"the embedded service reads no {_SMILE}: send application/json"
    return "a message needs the header Content-Type: application/json"


def _is_true(req: falcon.Request, *names: str) -> bool:
    return any(str(req.params.get(name, "")).lower() == "true" for name in names)


@contextmanager
def _refusals() -> Iterator[None]:
    """Let every refusal be a problem object."""
    try:
        yield
    except StoreUnavailable as error:
        raise_bare(InletError(503, error.told, headers={"Retry-After": "1"}))
    except FlowError as error:
        raise_bare(problems.translate(error))


def add_routes(app: falcon.App[Any, Any], streaming: Streaming) -> None:
    """Add the paths of inlets to an application."""
    app.add_route(f"{registry.PATH}/{{id}}", SingleMessage(streaming))
    app.add_route(f"{registry.PATH}/batch/{{id}}", SeveralMessages(streaming))
