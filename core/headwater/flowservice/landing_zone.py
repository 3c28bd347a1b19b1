"""The data landing zone of a sandbox: its container, the token that opens it, and files put into it."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, BinaryIO, Final
from urllib.parse import quote, urlencode, urlsplit

import attrs

from headwater.errors import InvalidInput, Rejected
from headwater.flowservice.endpoint import Endpoint
from headwater.flowservice.sender import OutgoingRequest, Sender
from headwater.http.hosts import scheme_of
from headwater.http.no_answer import NoAnswer
from headwater.secret import Secret

if TYPE_CHECKING:
    from headwater.flowservice.answer import Answer
    from headwater.flowservice.models import JsonObject
    from headwater.flowservice.transport import Transport

SPEC_ID: Final = "26f526f2-58f4-4712-961d-e41bf1ccc0e8"
TYPES: Final = ("user_drop_zone", "dlz_destination")
_BASE: Final = "/data/foundation/connectors"
_SECRETS: Final = ("SASToken", "SASUri", "awsSecretAccessKey", "awsSessionToken")
_CODE = re.compile(r"[A-Za-z0-9]{1,64}")
_VERSION: Final = "2020-12-06"  # of the Blob service's interface


class LandingZone:
    """The landing zone that files are dropped in, or with the type ``dlz_destination`` that for exports."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def get(self, type: str = TYPES[0]) -> JsonObject:
        """Return the container as the platform describes it: its name, and for how long it keeps files."""
        return self._ask("GET", "/landingzone", type)

    def credentials(self, type: str = TYPES[0]) -> JsonObject:
        """Return the credentials that open the container, as the platform's cloud has them; secrets are sealed."""
        return self._ask("GET", "/landingzone/credentials", type)

    def refresh(self, type: str = TYPES[0]) -> JsonObject:
        """Return new credentials, in the place of those before."""
        return self._ask("POST", "/landingzone/credentials", type, action="refresh")

    def upload(self, file: BinaryIO, name: str) -> JsonObject:
        """Put a file into the container, in the place of one of the same name, and return its path for ``explore``.

        Raises `Rejected` where the store refuses, `Unreachable` where it does not answer, and `InvalidInput` where the
        platform's cloud has no address to send a file to.
        """
        credentials = self.credentials()
        uri = credentials.get("SASUri")
        if not isinstance(uri, Secret):
            raise InvalidInput(
                "this landing zone is not a container of Azure, and takes no upload from here",
                remedy="upload with the tools of Amazon S3 and what `landing-zone credentials --reveal` prints",
            )
        # An empty file would travel in chunks, which the store does not take.
        body = file if file.seek(0, io.SEEK_END) else b""
        file.seek(0)
        answer = _put(self._transport, _Address.of(uri), body, name)
        if isinstance(answer, NoAnswer):
            raise attrs.evolve(
                answer, remedy="try again: a file of the same name is replaced"
            ).error(sent=answer.sent)
        if not answer.fine:
            raise _refusal(answer, name)
        return {"path": f"{credentials['containerName']}/{name}"}

    def _ask(self, method: str, path: str, type: str, **query: str) -> JsonObject:
        if type not in TYPES:
            raise InvalidInput(f"the type must be one of {', '.join(TYPES)}")
        answer = self._transport.request(
            method,
            path,
            query=urlencode({"type": type, **query}),
            base=_BASE,
            # A refresh makes one more token and nothing else.
            harmless_twice=True,
        )
        body = answer.json()
        if not isinstance(body, dict):
            raise answer.unreadable("its body is no object")
        return _seal(body)


def _seal(body: JsonObject) -> JsonObject:
    """Return an answer with what opens a container sealed, in depth."""
    sealed: JsonObject = {}
    for name, value in body.items():
        if isinstance(value, dict):
            sealed[name] = _seal(value)
        elif name in _SECRETS and isinstance(value, str) and value:
            sealed[name] = Secret(value)
        else:
            sealed[name] = value
    return sealed


@attrs.frozen
class _Address:
    """Where a container is: scheme and host, its path, and the token as a query."""

    root: str
    path: str
    token: Secret

    @classmethod
    def of(cls, uri: Secret) -> _Address:
        parts = urlsplit(uri.reveal())
        return cls(f"{parts.scheme}://{parts.netloc}", parts.path, Secret(parts.query))


def _put(
    transport: Transport, address: _Address, body: BinaryIO | bytes, name: str
) -> Answer | NoAnswer:
    """Send the file to the container's own address, which is another host than the platform's."""
    endpoint = transport.endpoint
    root = address.root
    if scheme_of(endpoint.url) not in ("http", "https"):
        root = endpoint.url  # the embedded service within this process
    facts = attrs.asdict(endpoint, recurse=False)
    sender = Sender(Endpoint(**{**facts, "url": root}))
    outgoing = OutgoingRequest(
        method="PUT",
        path=f"{address.path}/{quote(name)}",
        query=address.token.reveal(),
        body=body,
        headers={"x-ms-blob-type": "BlockBlob", "x-ms-version": _VERSION},
        secrets=(address.token,),
        changes=True,
    )
    try:
        return sender.send(root, "", outgoing)
    finally:
        sender.close()


def _refusal(answer: Answer, name: str) -> Rejected:
    code = str(answer.headers.get("x-ms-error-code", ""))
    told = f" ({code})" if _CODE.fullmatch(code) else ""
    remedy = "check the file's name against docs/landing-zone.md"
    if answer.status in (401, 403):
        remedy = "get new credentials with `headwater landing-zone refresh`"
    return Rejected(
        f"the store of the landing zone answered {answer.status}{told}",
        method="PUT",
        path=name,
        status=answer.status,
        remedy=remedy,
    )
