"""A platform, a plugin and a profile file whose every name and text holds every character that commands a terminal."""

from __future__ import annotations

import contextlib
import json
from importlib.metadata import EntryPoint
from typing import TYPE_CHECKING, Any, Self

import tenants

from headwater import AuthenticationSpec, ConnectionSpec, Connector, Field, hookimpl
from headwater.connectors.registry import Registry
from headwater.models import Distribution
from headwater.sources import (
    Check,
    Column,
    Columns,
    LeftOut,
    Limit,
    Preview,
    Table,
)
from headwater_local_flow_service.faults.engine import Faults
from headwater_local_flow_service.faults.server import FaultServer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path
    from wsgiref.types import StartResponse, WSGIEnvironment

    import pytest

MARK = "qqforeignqq"  # what is left of a name that has been shown
FORGED = "error: forged"
CONTROLS = "".join(map(chr, (*range(32), *range(0x7F, 0xA0))))
FORMATS = (
    "\u00ad\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068"
    "\u2069\ufeff\ufff9\u3164\u115f\U000e0041\U000e0101"
)
NAME = f"{MARK}\x1b[31m{CONTROLS}{FORMATS}\n{FORGED}\r{FORGED}"

ID = "7f3d1c52-0b8e-4a61-9c55-6f1d2e3a4b5c"
PLUGIN_ID = "5b1d3a6e-9c55-4a61-8e0b-2e3a4b5c6f1d"
TENANT_SLUG = "acme-desk"
PLUGIN_SLUG = "acme-plugin"


def _schema() -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {
            NAME: {"type": "string", "description": NAME, "enum": [NAME, "b"]},
            "host": {"type": "string", "default": NAME, "examples": [NAME]},
            "key": {"type": "string", "format": "password", "description": NAME},
        },
        "required": [NAME, "host", "key"],
    }


def specification(id: str = ID) -> dict[str, Any]:
    """Return a tenant's connection specification."""
    return tenants.raw(
        TENANT_SLUG,
        id,
        version=f"1.0{NAME}",
        authSpec=[{"name": NAME, "type": NAME, "spec": _schema()}],
        attributes={
            "isSource": True,
            "connectorName": NAME,
            "category": NAME,
            "lifecycle": "beta",
            "lifecycleNote": NAME,
            "documentationLink": NAME,
        },
    )


def connection() -> dict[str, Any]:
    """Return a stored connection."""
    return {
        "id": ID,
        "name": NAME,
        "description": NAME,
        "state": NAME,
        "sandboxName": NAME,
        "etag": f'"{NAME}"',
        "auth": {"specName": NAME, "params": {NAME: NAME, "host": NAME}},
        "connectionSpec": {"id": ID, "version": NAME},
    }


class Platform:
    """Answers every request with something of the right shape, or with an error of status `refusal`."""

    def __init__(self) -> None:
        self.refusal = 0

    def __call__(
        self, environ: WSGIEnvironment, start: StartResponse
    ) -> Iterable[bytes]:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        environ["wsgi.input"].read(length)
        status, document = self._answer(environ["PATH_INFO"])
        body = json.dumps(document).encode()
        headers = [
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(body))),
        ]
        start(f"{status} Hostile", headers)
        return [body]

    def _answer(self, path: str) -> tuple[int, Any]:
        if self.refusal:
            error = {"code": NAME, "message": NAME, "title": NAME, "detail": NAME}
            return self.refusal, {**error, "type": NAME, "report": {"detail": NAME}}
        last = path.rstrip("/").rpartition("/")[2]
        if last == "connectionSpecs":
            strange = tenants.raw(NAME, PLUGIN_ID.replace("5b", "6b"))
            return 200, {"items": [specification(), strange]}
        if last == "explore":
            return 200, [{"path": NAME, "type": NAME, "name": NAME}]
        if last == "test":
            return 200, [{"id": NAME, "state": NAME}]
        return 200, {"items": [connection()], "_links": {}, "id": ID, "etag": NAME}


class Reader:
    """A source of which every name is hostile; `failing` makes every method raise."""

    failing = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        """Let go of nothing."""

    def check(self) -> Check:
        self._fail()
        limits = [Limit(name=NAME, left=1, most=2)]
        facts = {"user": NAME, "organization": NAME, "version": NAME}
        return Check(
            **facts, versions=[NAME], permissions=[NAME], limits=limits, notes=[NAME]
        )

    def tables(self) -> list[Table]:
        self._fail()
        return [Table(name=NAME, label=f"{NAME}!", note=NAME)]

    def columns(self, _table: str) -> Columns:
        self._fail()
        column = Column(name=NAME, type="string", format=NAME, meta_type=NAME)
        return Columns([column], [LeftOut(NAME, NAME)])

    def preview(self, table: str, n: int) -> Preview:
        return Preview(
            self.columns(table), [{NAME: f"{number}{NAME}"} for number in range(n)]
        )

    def _fail(self) -> None:
        if self.failing:
            raise RuntimeError(NAME)


class Plugin:
    """The hooks."""

    @hookimpl
    def connection_spec(self) -> ConnectionSpec:
        return ConnectionSpec(
            id=PLUGIN_ID,
            name=NAME,
            category=NAME,
            lifecycle="beta",
            lifecycle_note=NAME,
            documentation=NAME,
        )

    @hookimpl
    def credential_schemas(self) -> list[AuthenticationSpec]:
        fields = [
            Field("host", description=NAME, example=NAME),
            Field("key", secret=True, description=NAME),
            Field(NAME, required=False, enum=[NAME], default=NAME),
        ]
        return [AuthenticationSpec(NAME, fields, note=NAME, deprecated=True)]

    @hookimpl
    def open_source(self, credentials: Any) -> Reader:
        return Reader()


class Installed(Registry):
    """A registry of the hostile plugin, and of one that fails with a hostile text when it is imported."""

    def __init__(self) -> None:
        super().__init__(
            [EntryPoint(slug, NAME, "") for slug in (PLUGIN_SLUG, "wrong", NAME)]
        )

    def _import(self, slug: str) -> Connector:
        if slug != PLUGIN_SLUG:
            return super()._import(slug)
        return Connector(slug, Plugin(), Distribution(NAME, NAME))


@contextlib.contextmanager
def world(folder: Path, patch: pytest.MonkeyPatch) -> Iterator[Platform]:
    """Serve the platform and let this process use it, the plugin, and a profile file with hostile entries."""
    installed = Installed()
    patch.setattr("headwater.connectors.registry.installed", lambda: installed)
    platform = Platform()
    with FaultServer(platform, Faults()) as server:
        profile = {
            "url": server.url,
            "org_id": "ACME@AdobeOrg",
            "sandbox": "prod",
            "api_key": "key",
            "access_token": "env:HOSTILE_TOKEN",
        }
        config = folder / "headwater-config.toml"
        config.write_text(_toml({"default": NAME, "profiles": {NAME: profile}}))
        patch.setenv("HOSTILE_TOKEN", "any-token-will-do")
        patch.setenv("HEADWATER_CONFIG", str(config))
        yield platform


def _toml(document: dict[str, Any]) -> str:
    import tomlkit

    return tomlkit.dumps(document)
