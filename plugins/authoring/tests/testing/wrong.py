"""Connectors written into a folder of their own, installed as far as Python can tell, and wrong in one respect each."""

from __future__ import annotations

import itertools
import sys
from typing import TYPE_CHECKING

import attrs

from headwater.connectors import registry
from headwater_authoring.testing import subject_of

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from headwater_authoring.testing import Subject

RIGHT = """
from headwater import AuthenticationSpec, ConnectionSpec, Field, hookimpl

SPEC = {"id": "0c9f1b1e-6d53-4f5c-9a53-0c3f4d0a7f10", "name": "Acme Desk", "category": "customer-success"}
HOST, KEY = Field("host", example="acme.desk.example"), Field("apiKey", secret=True)
FIELDS = [HOST, KEY, Field("region", required=False, enum=("EU", "US")),
          Field("port", "integer", required=False, default=443), Field("tls", "boolean", required=False)]
RAW = None


@hookimpl
def connection_spec():
    return ConnectionSpec(**SPEC)


@hookimpl
def credential_schemas():
    return [AuthenticationSpec("API Key", FIELDS, raw=RAW)]


def body(request):
    return {"name": request.name, "description": request.description,
            "auth": {"specName": request.auth.spec_name, "params": dict(request.params)},
            "connectionSpec": {"id": request.spec.id, "version": request.spec.version}}
"""

# A specification whose rules are not checked when it is made.
LOOSE = """
class Loose(ConnectionSpec):
    def __attrs_post_init__(self):
        pass


@hookimpl
def connection_spec():
    return Loose(**SPEC)
"""

# The schema that core renders for the fields HOST and KEY, to be spoilt.
RAW = """
FIELDS = [HOST, KEY]
RAW = {"type": "object", "required": ["host", "apiKey"], "additionalProperties": False,
       "properties": {"host": {"type": "string"}, "apiKey": {"type": "string", "format": "password"}}}
"""

BUILD = """
@hookimpl
def build_payload(request):
    key = request.params["apiKey"].reveal() if "apiKey" in request.params else ""
    {}
    return body(request)
"""

READER = """
import logging, socket
from headwater.errors import CredentialsRefused, SourceUnavailable
from headwater.sources import Check, Column, Columns, Preview, Table


class Reader:
    rows = [{"subject": "Printer"}, {"subject": None}]

    def __init__(self, credentials):
        self.answers = credentials.params["host"] == "answers.desk.example"
        self.key = credentials.params["apiKey"].reveal()
        self.opened()

    def opened(self):
        pass

    def failed(self):
        raise SourceUnavailable("the desk does not answer", remedy="try again later")

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        pass

    def check(self):
        if self.answers:
            return Check()
        try:
            socket.create_connection(("127.0.0.1", 9))
        except OSError:
            pass
        self.failed()

    def tables(self):
        return [Table(name="tickets")] if self.answers else self.failed()

    def columns(self, table):
        self.failed()

    def preview(self, table, n):
        return Preview(Columns([Column(name="subject", type="string")]), self.rows) if self.answers else self.failed()


@hookimpl
def open_source(credentials):
    return Reader(credentials)
"""

_numbers = itertools.count(1)


@attrs.frozen
class Wrong:
    """What `source` adds to the right connector, and the words with which `check` must refuse it."""

    check: str
    name: str
    source: str
    told: str

    def __str__(self) -> str:
        return f"{self.check}: {self.name}"


def installed(
    source: str,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    slug: str = "acme-desk",
    **details: object,
) -> Subject:
    """Put a connector's module and metadata on the path and return it as a subject, not imported yet."""
    return subject_of(put(source, folder, monkeypatch, slug), **details)  # type: ignore[arg-type]


def put(
    source: str, folder: Path, monkeypatch: pytest.MonkeyPatch, slug: str = "acme-desk"
) -> str:
    """Put a connector's module and metadata on the path and return its slug."""
    module = f"acme_desk_{next(_numbers)}"
    (folder / f"{module}.py").write_text(source)
    metadata = folder / f"{module}-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n"
    )
    (metadata / "entry_points.txt").write_text(
        f"[headwater.connectors]\n{slug} = {module}\n"
    )
    (metadata / "top_level.txt").write_text(f"{module}\n")
    monkeypatch.syspath_prepend(str(folder))
    # so that it is taken out again afterwards
    monkeypatch.delitem(sys.modules, module, raising=False)
    # not the one read once
    monkeypatch.setattr(registry, "installed", registry.Registry.installed)
    return slug
