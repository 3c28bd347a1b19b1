"""Forged exports: what the service would not have stored does not come in, and whatever comes in can be served."""

from __future__ import annotations

import copy
import functools
import json
import os
import random
import sqlite3
import uuid
from contextlib import closing
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
import requests
from dataflows import CRM_TO_AEP, DATA_LAKE, ONCE, PLATFORM, Desk
from talking import HEADERS, Talker

from headwater.errors import InvalidInput
from headwater_local_flow_service import LocalAdapter, Settings, build_app
from headwater_local_flow_service.archive import (
    admission,
    archive,
    exporting,
    importing,
    rules,
)
from headwater_local_flow_service.store import etags, tables
from headwater_local_flow_service.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

CANARY = "canary-pass-phrase"
SEED = 20_261_128
ROUNDS = 300 if os.environ.get("HEADWATER_TEST_FULL") else 25
KEY = {"name": "Key", "spec": {
    "type": "object", "required": ["host", "apiKey"],
    "properties": {"host": {"type": "string"}, "apiKey": {"type": "string", "format": "password"}},
}}  # fmt: skip
SPEC = {
    "name": "own", "providerId": "p", "attributes": {"isSource": True, "isDraftModeSupported": True,
    "category": "crm", "connectorName": "Own"},
    "authSpec": [KEY],
}  # fmt: skip
FLOW_SPEC = {"name": "own flow", "providerId": "p", "sourceConnectionSpecIds": []}


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Return the lines of an export with something of every kind in it, in states of all sorts."""
    folder = tmp_path_factory.mktemp("whole")
    with closing(_talker(folder / "a.db", reach_sources=["acme.example"])) as talker:
        _fill(talker)
        exported = [json.loads(line) for line in exporting.lines(talker.app.store)]
    assert {line.get("type") for line in exported[1:-1]} == set(archive.COLLECTIONS)
    return exported


def _fill(talker: Any) -> None:
    desk = Desk(talker)
    hourly = desk.made("/flows", desk.body())["id"]
    single = desk.made("/flows", desk.body(schedule=ONCE))["id"]
    paused = desk.made("/flows", desk.body(name="paused"))["id"]
    talker.post(f"/flows/{paused}/action?op=disable")
    for flow in (hourly, single):
        [run] = talker.get(f"/runs?property=flowId=={flow}").json()["items"]
        report = {"metrics": {"statusSummary": {"status": "failed"}}}
        headers = {"If-Match": run["etag"]}
        talker.send("PUT", f"/runs/{run['id']}", json=report, headers=headers)
    spec = desk.made("/connectionSpecs", SPEC)["id"]
    desk.made("/flowSpecs", FLOW_SPEC)
    body = {
        "name": "own",
        "connectionSpec": {"id": spec, "version": "1.0"},
        "auth": {"specName": "Key", "params": {"host": "h", "apiKey": CANARY}},
    }
    desk.made("/connections", body)
    drafted = {name: body[name] for name in ("name", "connectionSpec")}
    desk.made("/connections?mode=draft", drafted)
    url = f"{PLATFORM}/conversion/mappingSets"
    talker.send(
        "PUT", f"{url}/{desk.mapping}", json={"xdmSchema": desk.schema, "mappings": []}
    )
    gone = talker.create("gone")
    talker.send("DELETE", f"/connections/{gone['id']}")


class _ClosingTalker(Talker):
    def close(self) -> None:
        self.session.close()
        self.app.close()


def _talker(store: Path, **given: Any) -> Any:
    app = build_app(Settings(store=str(store), **given))
    session = requests.Session()
    session.mount("http+local://", LocalAdapter(app=app))
    return _ClosingTalker(session, app, dict(HEADERS))


@functools.cache
def _catalog() -> Any:
    from headwater_local_flow_service.specs.catalog import installed_catalog

    return installed_catalog()


@pytest.fixture
def target(tmp_path: Path) -> Iterator[Any]:
    """Return what an import into an empty store needs; the catalogue is made once for all tests."""
    settings = Settings(store=str(tmp_path / "target.db"))
    with closing(Store(settings)) as store:
        context = importing.context_of(store, settings)
        object.__setattr__(context, "catalog", _catalog)
        yield context


def _import(target: Any, lines: list[Any]) -> Any:
    raw = [
        line if isinstance(line, bytes) else archive.dump_line(line) for line in lines
    ]
    return importing.run(target, raw, "it")


def _count(store: Path) -> int:
    with closing(sqlite3.connect(store)) as database:
        return sum(
            database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in tables.metadata.tables
            if table != tables.facts.name
        )


def test_every_kind_comes_back_as_it_was(lines: Any, target: Any) -> None:
    told = _import(target, lines)
    assert sum(told.objects.values()) == len(lines) - 2
    again = [json.loads(line) for line in exporting.lines(target.store)]
    assert again[1:] == lines[1:]


def _set(*path: Any, to: Any) -> Callable[[Any], None]:
    """Return a change of one value of a line, which may be deep in it."""

    def change(line: Any) -> None:
        *way, last = path
        holder = line
        for step in way:
            holder = holder[step]
        holder[last] = to

    return change


def _drop(*path: Any) -> Callable[[Any], None]:
    def change(line: Any) -> None:
        *way, last = path
        holder = line
        for step in way:
            holder = holder[step]
        del holder[last]

    return change


def _params(**given: Any) -> Callable[[Any], None]:
    return lambda line: line["document"]["auth"]["params"].update(given)


NOWHERE = str(uuid.UUID(int=7))
DEEP: Any = json.loads('{"x":' * 60 + "1" + "}" * 60)
# what is forged, in a line of which collection, and what is said of it
FORGED: list[tuple[str, Callable[[Any], None], str]] = [
    ("connections", _set("name", to="other"), "name is not that of the document"),
    ("connections", _set("document", "name", to=5), "must be of type string"),
    ("connections", _set("document", "note", to="\ud800"), "unpaired surrogate"),
    ("connections", _set("document", "\udfff", to=1), "unpaired surrogate"),
    ("connections", _set("created_by", to="\ud800"), "created_by is not valid"),
    ("connections", _set("document", "x", to="a\0b"), "NUL"),
    ("connections", _set("document", "x", to=DEEP), "nested deeper"),
    ("connections", _set("document", "x", to=[0] * 2_200_000), "too large"),
    ("connections", _set("document", "id", to="x"), "not as the service stores it"),
    ("connections", _set("document", "etag", to="x"), "not as the service stores it"),
    ("connections", _set("document", "_leftOut", to=["x"]), "no place in an export"),
    ("connections", _set("id", to="one"), "id is not a UUID"),
    ("connections", _set("state", to="published"), "state is not one"),
    ("connections", _set("state", to=""), "state is not one"),
    ("connections", _set("etag", to='"1"'), "etag is not one"),
    ("connections", _set("sandbox", to="Prod!"), "sandbox is not a name"),
    ("connections", _set("spec_id", to=NOWHERE), "spec_id is not that of"),
    ("connections", _set("document", "connectionSpec", to="x"), "must be of type object"),
    ("connections", _drop("document", "connectionSpec"), "connectionSpec is missing"),
    ("connections", _set("document", "auth", to=[]), "must be of type object"),
    ("connections", _drop("document", "auth"), "auth is missing"),
    ("connections", _set("document", "auth", "specName", to="None"), "not an authentication specification"),
    ("connections", _params(host=5), "auth.params.host"),
    ("connections", lambda line: line["document"]["auth"]["params"].pop("host"), "auth.params.host"),
    ("connections", _drop("secrets"), "auth.params"),
    ("connections", _set("refers_to", to=[NOWHERE]), "refers_to is not what"),
    ("connections", _set("document", "_turning", to={"becomes": "x", "reads": 1}), "_turning is not"),
    ("connections", _set("document", "_turning", to=5), "_turning is not"),
    ("source_connections", _drop("document", "data"), "data is missing"),
    ("source_connections", _set("document", "baseConnectionId", to=NOWHERE), "refers_to is not what"),
    ("source_connections", _set("document", "params", to={}), "tableName is missing"),
    ("source_connections", _set("document", "inheritedAttributes", to={}), "not as the service stores it"),
    ("source_connections", _set("secrets", to=["x"]), "secrets is for connections only"),
    ("target_connections", _set("document", "params", "dataSetId", to="0" * 24), "does not name a data set"),
    ("target_connections", _set("document", "data", to=1), "must be of type object"),
    ("flows", _set("document", "transformations", to={}), "must be of type array"),
    ("flows", _set("document", "scheduleParams", to={"frequency": "hourly"}), "scheduleParams"),
    ("flows", _set("document", "sourceConnectionIds", to=[]), "sourceConnectionIds is empty"),
    ("flows", _set("document", "_covered", to="x"), "_covered must be an integer"),
    ("flows", _set("document", "lastRunDetails", to=5), "must be of type object"),
    ("flows", _set("document", "runs", to=[]), "runs is written"),
    ("flows", _set("state", to="success"), "state is not one"),
    ("runs", _set("state", to="queued"), "state is not that of"),
    ("runs", _set("document", "metrics", to={}), "metrics"),
    ("runs", _set("document", "params", to=[]), "params must be of type object"),
    ("runs", _set("document", "metrics", "statusSummary", "status", to="done"), "status must be one of"),
    ("runs", _set("document", "_due", to="x"), "_due must be an integer"),
    ("schemas", _set("document", "title", to=5), "must be of type string"),
    ("schemas", _set("document", "$id", to="x"), "not as the service stores it"),
    ("schemas", _set("document", "version", to="x"), "version is not one"),
    ("schemas", _set("spec_id", to="mixins"), "spec_id is not a kind"),
    ("schemas", _set("id", to="https://ns.adobe.com/x"), "id is not that of a schema"),
    ("data_sets", _set("document", "schemaRef", to={"id": "x"}), "refers_to is not|not as the service"),
    ("data_sets", _set("id", to="x/y"), "id is not that of a data set"),
    ("mapping_sets", _set("document", "version", to="1"), "version is not a whole number"),
    ("mapping_sets", _set("document", "mappings", to=[5]), "mappings must be an array"),
    ("connection_specs", _set("document", "authSpec", to=[{"name": "x"}]), "authSpec"),
    ("connection_specs", _set("sandbox", to="prod"), "sandbox must be empty"),
    ("connection_specs", _set("state", to="enabled"), "state is not one"),
    ("flow_specs", _set("document", "scheduleSpec", to={"spec": {"type": 5}}), "scheduleSpec"),
    ("flow_specs", _drop("document", "providerId"), "providerId is missing"),
]  # fmt: skip


@pytest.mark.parametrize("forgery", FORGED, ids=[f"{c}-{m}" for c, _f, m in FORGED])
def test_what_the_service_would_not_have_stored_is_refused_by_its_line(
    lines: Any, target: Any, tmp_path: Path, forgery: Any
) -> None:
    collection, change, match = forgery
    forged = copy.deepcopy(lines)
    number = [line.get("type") for line in lines].index(collection)
    change(forged[number])
    with pytest.raises(InvalidInput, match=match) as raised:
        _import(target, forged)
    assert str(raised.value).startswith(f"line {number + 1} of it")
    assert raised.value.remedy
    assert raised.value.__context__ is None
    assert _count(tmp_path / "target.db") == 0


@pytest.mark.parametrize(
    ("raw", "match"),
    [
        (b'{"a": NaN}\n', "not a JSON object"),
        (b'{"a": 1e999}\n', "not a JSON object"),
        (b'{"a": "\xed\xa0\x80"}\n', "not a JSON object"),
        (b'{"a": "\xff"}\n', "not a JSON object"),
        (b"\xff\xfe{\x00}\x00\n", "not a JSON object"),
        (b"[" * 100_000 + b"\n", "not a JSON object"),
        (b'{"a": ' + b"9" * 100_000 + b"}\n", "not a JSON object"),
        (b"\x1f\x8b\x08\x00" + b"\0" * 100 + b"\n", "not a JSON object"),
        (b"\n", "not a JSON object"),
        (b'{"end": true, "objects": 0}\n', "last line says"),
    ],
)  # fmt: skip
def test_a_line_that_is_no_object_is_refused_by_its_number(
    lines: Any, target: Any, tmp_path: Path, raw: bytes, match: str
) -> None:
    with pytest.raises(InvalidInput, match=match) as raised:
        _import(target, [*lines[:3], raw, *lines[3:]])
    if raw[:6] != b'{"end"':
        assert str(raised.value).startswith("line 4 of it")
    assert _count(tmp_path / "target.db") == 0


@pytest.mark.parametrize("said", [True, 1.0, "1", None, 0, 2, -1, [1]])
def test_the_last_line_says_a_whole_number(
    lines: Any, target: Any, tmp_path: Path, said: Any
) -> None:
    [one] = [line for line in lines if line.get("type") == "schemas"][:1]
    end = {"end": True, "objects": said}
    with pytest.raises(InvalidInput, match="last line says") as raised:
        _import(target, [lines[0], one, end])
    assert raised.value.remedy
    assert _count(tmp_path / "target.db") == 0


@pytest.mark.parametrize(
    ("said", "match"),
    [
        ({"schema": "x"}, "does not say the schema"),
        ({"schema": "3"}, "does not say the schema"),
        ({"schema": None}, "does not say the schema"),
        ({"schema": True}, "does not say the schema"),
        ({"schema": 3.0}, "does not say the schema"),
        ({"schema": 0}, "does not say the schema"),
        ({"schema": 99}, "newer version"),
        ({"version": "1"}, "is not an export"),
        ({"version": True}, "is not an export"),
        ({"version": 1.0}, "is not an export"),
        ({"version": 0}, "is not an export"),
        ({"version": 2}, "newer version"),
    ],
)
def test_the_first_line_says_versions_that_are_known(
    lines: Any, target: Any, tmp_path: Path, said: dict[str, Any], match: str
) -> None:
    with pytest.raises(InvalidInput, match=match) as raised:
        _import(target, [lines[0] | said, *lines[1:]])
    assert raised.value.remedy
    assert _count(tmp_path / "target.db") == 0


def test_a_reference_to_nothing_is_refused_where_the_service_would_have_kept_it(
    lines: Any, target: Any, tmp_path: Path
) -> None:
    for left_out in (
        "data_sets",
        "flows",
        "target_connections",
        "source_connections",
        "schemas",
    ):
        kept = [line for line in lines[:-1] if line.get("type") != left_out]
        with pytest.raises(InvalidInput, match=r"^line \d+ of it: .*(name|exist)"):
            _import(target, [*kept, archive.end(len(kept) - 1)])
        assert _count(tmp_path / "target.db") == 0


def test_a_base_connection_may_be_gone_as_it_may_in_the_service(
    lines: Any, target: Any
) -> None:
    kept = [
        line
        for line in lines[:-1]
        if line.get("type") not in ("connections", "flows", "runs")
    ]
    told = _import(target, [*kept, archive.end(len(kept) - 1)])
    assert told.objects["source_connections"] == 1


def test_a_secret_that_stands_in_the_file_in_clear_is_sealed(
    lines: Any, target: Any, tmp_path: Path
) -> None:
    forged = copy.deepcopy(lines)
    number = [line.get("type") for line in lines].index("connections")
    line = forged[number]
    [secret] = line.pop("secrets")
    line["document"]["auth"]["params"][secret] = CANARY
    told = _import(target, forged)
    assert line["id"] not in told.without_credentials
    raw = b"".join(path.read_bytes() for path in tmp_path.glob("target.db*"))
    assert CANARY.encode() not in raw
    again = b"".join(exporting.lines(target.store))
    assert CANARY.encode() not in again


def test_no_collection_is_without_rules_and_no_rule_without_need() -> None:
    assert {each.table for each in rules.ALL} == set(archive.COLLECTIONS.values())
    named = {
        each.table
        for each in rules.ALL
        if each.list_links is not rules.Rules.list_links
    }
    looked_at = {
        each.table
        for each in rules.ALL
        if each.check_references is not rules.Rules.check_references
    }
    assert named <= looked_at
    assert admission.Admission is not None


def _spoil(value: Any, dice: random.Random) -> Any:
    """Return a JSON value with one part of it lost, or of another type or size."""
    if isinstance(value, dict) and value and dice.random() < 0.8:
        name = dice.choice(sorted(value))
        if dice.random() < 0.2:
            return {key: item for key, item in value.items() if key != name}
        if dice.random() < 0.1:
            return value | {f"{name}x": value[name]}
        return value | {name: _spoil(value[name], dice)}
    if isinstance(value, list) and value and dice.random() < 0.8:
        place = dice.randrange(len(value))
        return [*value[:place], _spoil(value[place], dice), *value[place + 1 :]]
    return dice.choice(
        [
            None,
            True,
            0,
            -1,
            1.5,
            "",
            "x",
            "é" * 300,
            [],
            {},
            [[]],
            {"": None},
            NOWHERE,
            CRM_TO_AEP,
            DATA_LAKE,
            1 << 70,
        ]
    )


READS = (
    "connections", "sourceConnections", "targetConnections", "flows", "runs", "connectionSpecs", "flowSpecs",
)  # fmt: skip


@pytest.mark.parametrize("collection", sorted(archive.COLLECTIONS))
def test_whatever_comes_in_can_be_read_tested_and_exported(
    lines: Any, tmp_path: Path, collection: str
) -> None:
    """Spoil one object in hundreds of ways; what is let in must be one that every request can answer about."""
    dice = random.Random(f"{SEED} {collection}")
    places = [
        place for place, line in enumerate(lines) if line.get("type") == collection
    ]
    with closing(_talker(tmp_path / "target.db")) as talker:
        settings = Settings(store=talker.app.store.label)
        context = importing.context_of(talker.app.store, settings)
        object.__setattr__(context, "catalog", _catalog)
        refused = 0
        for _ in range(ROUNDS):
            forged = copy.deepcopy(lines)
            place = dice.choice(places)
            forged[place] = _spoil_line(forged[place], dice)
            refusal = _try(context, forged)
            if refusal:
                assert refusal.startswith("line ")
                refused += 1
                continue
            _read_all(talker, forged[place])
            _empty(talker)
        assert refused > ROUNDS // 5


def _try(context: Any, lines: list[Any]) -> str:
    """Import, and return what is said against it."""
    try:
        _import(context, lines)
    except InvalidInput as error:
        return str(error)
    return ""


def _spoil_line(line: Any, dice: random.Random) -> Any:
    if dice.random() < 0.8:
        return line | {"document": _spoil(line["document"], dice)}
    return _spoil(line, dice)


def _empty(talker: Any) -> None:
    from headwater_local_flow_service.archive import resetting

    resetting.run(talker.app.store)


def _read_all(talker: Any, line: Any) -> None:
    id = line["id"]
    for kind in READS:
        for path in (f"/{kind}", f"/{kind}?orderby=-createdAt", f"/{kind}/{id}"):
            assert talker.get(path).status_code in (200, 400, 404), path
    for path in (
        "schemaregistry/tenant/schemas", f"schemaregistry/tenant/{line['spec_id']}/{quote(id, safe='')}",
        "catalog/dataSets", f"catalog/dataSets/{id}", "conversion/mappingSets?limit=10&start=0",
        f"conversion/mappingSets/{id}",
    ):  # fmt: skip
        accept = {
            "Accept": "application/vnd.adobe.xed+json; version=1"
            if path.count("/") > 2
            else "application/vnd.adobe.xed-id+json"
        }
        answer = talker.send("GET", f"{PLATFORM}/{path}", headers=accept)
        assert answer.status_code in (200, 400, 404, 406), path
    for kind in ("flows", "runs"):
        for op in ("disable", "enable", "re-trigger"):
            answer = talker.post(f"/{kind}/{id}/action?op={op}")
            assert answer.status_code < 500, (kind, op, answer.text)
    rename = [{"op": "replace", "path": "/description", "value": "other"}]
    for kind in ("connections", "sourceConnections", "targetConnections", "flows"):
        headers = {"If-Match": etags.first(1)}
        found = talker.get(f"/{kind}/{id}")
        if found.status_code == 200:
            headers = {"If-Match": found.json()["items"][0]["etag"]}
        answer = talker.send("PATCH", f"/{kind}/{id}", json=rename, headers=headers)
        assert answer.status_code < 500, (kind, answer.text)
        answer = talker.send("DELETE", f"/{kind}/{id}")
        assert answer.status_code < 500, (kind, answer.text)
    assert list(exporting.lines(talker.app.store))
