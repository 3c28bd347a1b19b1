"""Export, import and reset: everything but the secrets, whole or not at all."""

from __future__ import annotations

import json
import os
import sqlite3
import stat
import uuid
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from click.testing import CliRunner
from dataflows import ORACLE
from hypothesis import given
from hypothesis import strategies as st

from headwater.cli.group import root
from headwater.cli.state import State
from headwater.errors import InvalidInput
from headwater_local_flow_service import Settings, StoreError
from headwater_local_flow_service.archive import archive, exporting, files, importing
from headwater_local_flow_service.store import etags, tables
from headwater_local_flow_service.store.rows import Record, Scope
from headwater_local_flow_service.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable

CANARY = "correct-horse-battery"
Open = Any


def _local(*arguments: str, stdin: bytes | str = "") -> Any:
    return CliRunner().invoke(root, ["local", *arguments], input=stdin, obj=State())


def _told(*arguments: str, stdin: bytes | str = "") -> Any:
    done = _local(*arguments, "--json", stdin=stdin)
    assert done.exit_code == 0, (done.output, done.exception)
    return json.loads(done.stdout)


def _objects(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture
def exported(service: Open, tmp_path: Path, source_body: Any) -> Path:
    """Return an export of a store with three connections of two organizations, and a source connection of one."""
    talker = service()
    first = talker.create("one")
    talker.create("two")
    talker.like(x_gw_ims_org_id="OTHER@AdobeOrg").create("three")
    made = talker.post("/sourceConnections", json=source_body(first["id"]))
    assert made.status_code == 201, made.text
    talker.app.close()
    path = tmp_path / "export.jsonl"
    _told("export", str(path), "--store", talker.app.store.label)
    return path


def test_an_export_comes_back_whole_into_another_store(
    exported: Path, tmp_path: Path
) -> None:
    told = _told("import", str(exported), "--store", str(tmp_path / "second.db"))
    again = tmp_path / "again.jsonl"
    _told("export", str(again), "--store", str(tmp_path / "second.db"))
    assert told["objects"] == {"connections": 3, "source_connections": 1}
    first, second = (_objects(path)[1:-1] for path in (exported, again))
    assert first == second
    assert [line.get("refers_to") for line in first] == [
        *[None] * 3,
        [first[0]["id"]],
    ]


def test_no_secret_and_no_mask_is_exported(exported: Path) -> None:
    assert CANARY not in exported.read_text()
    assert "*****" not in exported.read_text()
    params = [line["document"]["auth"]["params"] for line in _objects(exported)[1:4]]
    assert params == [{"host": "acme.example", "username": "integration"}] * 3
    assert [line["secrets"] for line in _objects(exported)[1:4]] == [["password"]] * 3
    assert stat.S_IMODE(exported.stat().st_mode) == 0o600


def test_an_imported_connection_says_no_until_its_credentials_are_given_again(
    exported: Path, service: Open, tmp_path: Path
) -> None:
    store = str(tmp_path / "second.db")
    told = _told("import", str(exported), "--store", store)
    talker = service(store=store, reach_sources=["acme.example"])
    id = _objects(exported)[1]["id"]
    assert id in told["withoutCredentials"]
    assert talker.get(f"/connections/{id}/test").json() == {"result": False}
    assert talker.read(id)["auth"]["params"] == {
        "host": "acme.example",
        "username": "integration",
    }
    auth = {
        "specName": "Basic Authentication",
        "params": {**talker.read(id)["auth"]["params"], "password": "new-one"},
    }
    change = {"op": "replace", "path": "/auth", "value": auth}
    assert talker.patch(id, talker.read(id)["etag"], change).status_code == 200
    assert talker.read(id)["auth"]["params"]["password"] == "******"
    opened = talker.app.store.get(
        tables.connections, Scope(org="ACME@AdobeOrg", sandbox="prod"), id
    )
    assert (
        talker.app.store.vault.open(opened.secrets, "ACME@AdobeOrg", "prod", id)[
            "password"
        ]
        == "new-one"
    )


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda lines: lines[:-1], "cut short"),
        (lambda lines: [*lines[:-2], lines[-1]], "last line says"),
        (lambda lines: [*lines, lines[1]], "last line says"),
        (
            lambda lines: [*lines[:2], "{", *lines[2:]],
            "line 3 of .* is not a JSON object",
        ),
        (
            lambda lines: [*lines[:2], "[]", *lines[2:]],
            "line 3 of .* is not a JSON object",
        ),
        (lambda lines: lines[1:], "is not an export"),
        (lambda lines: [], "line 1 of"),
        (
            lambda lines: [lines[0].replace('"version":1', '"version":2'), *lines[1:]],
            "newer version",
        ),
        (
            lambda lines: [
                *lines[:3],
                lines[3].replace('"type":"connections"', '"type":"canary"'),
                *lines[4:],
            ],
            "type is",
        ),
        (
            lambda lines: [
                *lines[:3],
                lines[3].replace('"state":', '"stat":'),
                *lines[4:],
            ],
            "stat is not known",
        ),
        (lambda lines: [*lines[:3], lines[2], *lines[4:]], "twice"),
    ],
)
def test_what_is_not_whole_is_not_imported_at_all(
    exported: Path, tmp_path: Path, change: Callable[[list[str]], list[str]], match: str
) -> None:
    broken = tmp_path / "broken.jsonl"
    broken.write_text(
        "".join(line + "\n" for line in change(exported.read_text().splitlines()))
    )
    store = str(tmp_path / "second.db")
    done = _local("import", str(broken), "--store", store)
    assert isinstance(done.exception, InvalidInput)
    with pytest.raises(InvalidInput, match=match):
        raise done.exception
    assert "canary" not in str(done.exception)
    assert sum(_told("info", "--store", store)["objects"].values()) == 0


def test_a_second_import_changes_nothing(exported: Path, tmp_path: Path) -> None:
    store = str(tmp_path / "second.db")
    _told("import", str(exported), "--store", store)
    done = _local("import", str(exported), "--store", store)
    assert "line 2 of" in str(done.exception)
    assert "already" in str(done.exception)
    assert _told("info", "--store", store)["objects"]["connections"] == 3


def test_pipes_carry_an_export(exported: Path, tmp_path: Path, service: Open) -> None:
    done = _local("export", "-", "--store", str(tmp_path / "store" / "local.db"))
    assert done.stdout.splitlines()[1:] == exported.read_text().splitlines()[1:]
    told = _told(
        "import", "-", "--store", str(tmp_path / "second.db"), stdin=done.stdout
    )
    assert told["objects"] == {"connections": 3, "source_connections": 1}


def test_an_export_is_the_store_at_one_moment(service: Open) -> None:
    talker = service()
    talker.create("before")
    lines = exporting.lines(talker.app.store)
    taken = [next(lines), next(lines)]
    talker.create("meanwhile")
    taken += lines
    assert json.loads(taken[-1]) == {"end": True, "objects": 1}


def test_a_reset_asks_and_empties_every_table(exported: Path, tmp_path: Path) -> None:
    store = str(tmp_path / "store" / "local.db")
    refused = _local("reset", "--store", store)
    assert "--yes" in refused.exception.remedy
    assert _told("info", "--store", store)["objects"]["connections"] == 3
    assert _told("reset", "--yes", "--store", store)["deleted"]["connections"] == 3
    with closing(sqlite3.connect(store)) as database:
        left = {
            name: database.execute(f"SELECT count(*) FROM {name}").fetchone()[0]
            for name in tables.metadata.tables
        }
        assert b"acme.example" not in Path(store).read_bytes()
    assert {name for name, count in left.items() if count} == {tables.facts.name}
    # the key is still there
    assert _told("import", str(exported), "--store", store)["objects"] == {
        "connections": 3,
        "source_connections": 1,
    }


@pytest.mark.parametrize("what", [("info",), ("export", "-"), ("reset", "--yes")])
def test_looking_makes_no_store(what: tuple[str, ...], tmp_path: Path) -> None:
    done = _local(*what, "--store", str(tmp_path / "new" / "a.db"))
    assert isinstance(done.exception, StoreError)
    assert not (tmp_path / "new").exists()


def test_a_store_that_is_held_is_said_and_a_target_that_cannot_be_leaves_the_old_file(
    exported: Path, tmp_path: Path
) -> None:
    done = _local(
        "export",
        str(tmp_path / "missing" / "e.jsonl"),
        "--store",
        str(tmp_path / "store" / "local.db"),
    )
    assert isinstance(done.exception, InvalidInput)
    before = exported.read_bytes()

    def broken() -> Any:
        yield b"half\n"
        raise InvalidInput("the source broke off")

    with pytest.raises(InvalidInput, match="broke off"):
        files.write(str(exported), broken())
    assert exported.read_bytes() == before
    assert [
        path.name for path in tmp_path.iterdir() if path.name.startswith(".export")
    ] == []


def test_every_table_is_exported_but_the_stores_facts_and_rows_of_data() -> None:
    known = {table.name for table in archive.COLLECTIONS.values()} | {
        tables.facts.name,
        tables.links.name,
    }
    data = {table.name for table in archive.DATA}
    assert not known & data
    assert known | data == set(tables.metadata.tables)


def test_every_column_of_a_row_is_exported() -> None:
    fields = {field.name for field in attrs.fields(Record)} - {
        "seq",
        "secrets",
        "marks",  # as `secrets` of the line, those that were left out
        "scope",
    }
    assert set(archive._NAMES) == fields | {"type", "org", "sandbox"}


_WORDS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20
)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | _WORDS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(_WORDS, inner, max_size=3)
    ),
    max_leaves=8,
)


@given(
    document=st.dictionaries(_WORDS, _JSON, max_size=4),
    name=_WORDS,
    refers_to=st.lists(_WORDS, max_size=3),
)
def test_a_line_reads_back_as_what_was_written(
    document: Any, name: str, refers_to: list[str]
) -> None:
    record = Record(
        id="11111111-1111-1111-1111-111111111111",
        scope=Scope(org="ACME@AdobeOrg", sandbox="prod"),
        name=name,
        spec_id="s",
        state="enabled",
        etag='"e"',
        created_at=1,
        updated_at=2,
        created_by="a",
        updated_by="b",
        document=document,
    )
    entry = archive.Entry(table=tables.flows, record=record, refers_to=tuple(refers_to))
    line = json.loads(archive.dump_line(archive.line_of(entry)))
    assert archive.read_entry(line, "line 2") == entry


@given(
    line=st.dictionaries(
        st.sampled_from(sorted(archive._NAMES | archive._OPTIONAL)), _JSON
    )
)
def test_any_line_is_an_entry_or_refused_in_words(line: Any) -> None:
    refusal = ""
    try:
        archive.read_entry(line, "line 2")
    except InvalidInput as error:
        refusal = str(error)
    assert refusal.startswith("line 2") or not refusal


def test_a_large_store_goes_through_in_small_pieces(tmp_path: Path) -> None:
    """Twenty megabytes go through; what is held at once stays below fifteen, most of it the libraries themselves."""
    import tracemalloc

    settings = Settings(store=str(tmp_path / "a.db"))
    store = Store(settings)
    spec = {"id": ORACLE, "version": "1.0"}
    auth = {
        "specName": "Basic Authentication",
        "params": {"host": "h", "username": "u"},
    }
    document = {"name": "n", "auth": auth, "connectionSpec": spec, "pad": "x" * 8000}
    record = Record(
        id="x", scope=Scope(org="ACME@AdobeOrg", sandbox="prod"), name="n", spec_id=ORACLE, state="enabled",
        etag=etags.first(1), created_at=1, updated_at=1, created_by="c", updated_by="c", document=document,
    )  # fmt: skip

    def lines() -> Any:
        yield archive.dump_line(archive.head("0", "now"))
        for _ in range(2_500):
            entry = archive.Entry(
                table=tables.connections,
                record=attrs.evolve(record, id=str(uuid.uuid4())),
                secrets=("password",),
            )
            yield archive.dump_line(archive.line_of(entry))
        yield archive.dump_line(archive.end(2_500))

    context = importing.context_of(store, settings)
    # what is loaded once is no matter of how much comes in
    importing.run(
        context,
        [
            archive.dump_line(archive.head("0", "now")),
            archive.dump_line(archive.end(0)),
        ],
        "it",
    )
    context.catalog()
    tracemalloc.start()
    try:
        assert importing.run(context, lines(), "it").objects == {"connections": 2_500}
        assert files.write(str(tmp_path / "out"), exporting.lines(store)) == 2_502
        assert tracemalloc.get_traced_memory()[1] < 15_000_000
    finally:
        tracemalloc.stop()
        store.close()


def test_schemas_and_every_version_of_a_mapping_set_come_back(
    service: Open, tmp_path: Path
) -> None:
    talker = service()
    platform = "http+local://embedded/data/foundation"
    profile = {
        "title": "T",
        "type": "object",
        "allOf": [{"$ref": "https://ns.adobe.com/xdm/context/profile"}],
    }
    schema = talker.post(
        f"{platform}/schemaregistry/tenant/schemas", json=profile
    ).json()["$id"]
    body = {"xdmSchema": schema, "mappings": []}
    made = talker.post(f"{platform}/conversion/mappingSets", json=body).json()["id"]
    talker.send("PUT", f"{platform}/conversion/mappingSets/{made}", json=body)
    talker.app.close()
    path = tmp_path / "export.jsonl"
    _told("export", str(path), "--store", talker.app.store.label)
    told = _told("import", str(path), "--store", str(tmp_path / "second.db"))
    assert told["objects"] == {"schemas": 1, "mapping_sets": 2}
    other = service(store=str(tmp_path / "second.db"))
    for version in (0, 1):
        found = other.get(
            f"{platform}/conversion/mappingSets/{made}?version={version}"
        ).json()
        assert (found["version"], found["xdmSchema"]) == (version, schema)


def test_an_endless_line_is_not_read_to_its_end(tmp_path: Path) -> None:
    endless = tmp_path / "endless.jsonl"
    endless.write_bytes(archive.dump_line(archive.head("0", "now")))
    # a hole of a terabyte, which a reader of whole lines would hold in memory
    os.truncate(endless, 1 << 40)
    done = _local("import", str(endless), "--store", str(tmp_path / "second.db"))
    assert isinstance(done.exception, InvalidInput)
    assert "line 2 of" in str(done.exception)
    assert "longer than" in str(done.exception)


def test_where_only_a_key_is_left_an_import_says_so_and_goes_on_with_new(
    exported: Path, tmp_path: Path
) -> None:
    store = tmp_path / "store" / "local.db"
    for path in store.parent.glob("local.db*"):
        if path.suffix != ".key":
            path.unlink()
    for command in (("info",), ("init",), ("import", str(exported))):
        done = _local(*command, "--store", str(store))
        assert isinstance(done.exception, StoreError)
        assert "moved or lost" in str(done.exception)
        assert "headwater local init --new" in done.exception.remedy
        assert not store.exists()
    told = _told("import", str(exported), "--new", "--store", str(store))
    assert told["objects"] == {"connections": 3, "source_connections": 1}
    assert _told("init", "--store", str(store))["store"] == str(store)
    assert _told("info", "--store", str(store))["objects"]["connections"] == 3
