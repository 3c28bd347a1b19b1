"""Where the files of data sets lie: beside the store, elsewhere by a setting, in a bucket; full, gone, or nowhere."""

from __future__ import annotations

import json
import shutil
import stat
from typing import TYPE_CHECKING, Any

import disks
import objectstores
import pytest
import requests
from click.testing import CliRunner

from headwater.cli.group import root
from headwater.cli.state import State
from headwater.errors import InvalidInput
from headwater_local_flow_service import Settings
from headwater_local_flow_service.archive import resetting
from headwater_local_flow_service.lake import place, sweeping
from headwater_local_flow_service.serving import handover, options

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

ROWS = [{"id": "a", "n": 1}, {"id": "b", "n": 2}]
CALLER = {
    "Authorization": "Bearer x",
    "x-api-key": "key",
    "x-gw-ims-org-id": "ACME@AdobeOrg",
    "x-sandbox-name": "prod",
}


@pytest.fixture(scope="module")
def bucket() -> Iterator[objectstores.ObjectStore]:
    with objectstores.running() as store:
        yield store


def _local(*arguments: str) -> Any:
    done = CliRunner().invoke(root, ["local", *arguments, "--json"], obj=State())
    assert done.exception is None, done.exception
    return json.loads(done.stdout)


class Caller:
    """Somebody who talks to a served service."""

    def __init__(self) -> None:
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers.update(CALLER)

    def send(self, method: str, url: str, **rest: Any) -> requests.Response:
        return self.session.request(method, url, **rest)

    def get(self, url: str, **rest: Any) -> requests.Response:
        return self.send("GET", url, **rest)

    def post(self, url: str, **rest: Any) -> requests.Response:
        return self.send("POST", url, **rest)


def test_files_lie_beside_a_store_that_is_a_file(
    service: Callable[..., Any], desk_of: Any, tmp_path: Path
) -> None:
    desk = desk_of(service([]))
    desk.fill(ROWS)
    assert desk.rows() == ROWS
    lake = tmp_path / "store" / "local.db-lake"
    assert stat.S_IMODE(lake.stat().st_mode) == 0o700
    assert len(list(lake.rglob("*.parquet"))) == 1


def test_a_store_on_a_server_needs_the_setting_and_its_refusal_names_it(
    service: Callable[..., Any],
    desk_of: Any,
    told: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = Settings(store="postgresql://db.example/headwater")
    assert place.location_of(settings) is None
    monkeypatch.setattr(place, "location_of", lambda _settings: None)
    desk = desk_of(service([]))
    for method, url in (
        ("POST", f"{desk.imports}/batches"),
        ("GET", f"{desk.exports}/datasets/{desk.data_set}/preview"),
    ):
        answer = desk.talker.send(method, url)
        assert (answer.status_code, "lake" in told(answer)) == (501, True)


def test_a_service_goes_on_with_what_one_before_it_has_stored(
    service: Callable[..., Any], desk_of: Any, place: Path
) -> None:
    desk = desk_of(service([], lake=str(place)))
    desk.fill(ROWS)
    desk.talker.app.close()
    again = type(desk)(service([], lake=str(place)), desk.data_set)
    assert again.rows() == ROWS


def test_stores_that_share_a_place_leave_each_others_files_alone(
    service: Callable[..., Any], desk_of: Any, place: Path, tmp_path: Path
) -> None:
    desks = [
        desk_of(service([], lake=str(place), store=str(tmp_path / name / "a.db")))
        for name in ("one", "two")
    ]
    for desk in desks:
        desk.fill(ROWS)
    lake = desks[0].talker.app.lake
    assert sweeping.sweep(lake.store, lake.files, older_than=-10) == 0
    resetting.run(lake.store)
    assert resetting.remove_files(lake.store.id, lake.context.settings) > 0
    assert desks[1].rows() == ROWS


def test_data_sets_live_in_a_bucket(
    served: Any, bucket: objectstores.ObjectStore, desk_of: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    monkeypatch.setenv("LAKE_SECRET", bucket.options["secret_access_key"])
    settings = tmp_path / "serve.toml"
    settings.write_text(
        f'lake = "s3://{objectstores.BUCKET}/team"\n[lake_options]\n'
        f'endpoint = "{bucket.endpoint}"\nregion = "us-east-1"\n'
        'access_key_id = "env:LAKE_ID"\nsecret_access_key = "env:LAKE_SECRET"\n'
    )
    monkeypatch.setenv("LAKE_ID", "test")
    with served(tmp_path, "--settings", str(settings)) as (_process, url):
        desk = desk_of(Caller(), url)
        many = [{"id": f"a{n}", "n": n} for n in range(50_000)]
        batch = desk.fill(many)
        assert batch["status"] == "success", batch
        assert desk.rows() == many[:100]
        [file] = desk.talker.get(f"{desk.exports}/batches/{batch['id']}/files").json()["data"]  # fmt: skip
        one = f"{desk.exports}/files/{file['dataSetFileId']}"
        [entry] = desk.talker.get(one).json()["data"]
        href = entry["_links"]["self"]["href"]
        whole = desk.talker.get(href)
        assert whole.content[:4] == whole.content[-4:] == b"PAR1"
        assert len(whole.content) == int(entry["length"])
        part = desk.talker.get(href, headers={"Range": "bytes=-4"})
        assert (part.status_code, part.content) == (206, b"PAR1")
        chosen = ("--settings", str(settings), "--store", str(tmp_path / "store" / "local.db"))  # fmt: skip
        info = _local("info", *chosen)["lake"]
        assert info["location"] == f"s3://{objectstores.BUCKET}/team"
        assert info["bytes"] >= int(entry["length"])
    assert not list((tmp_path / "store").rglob("*.parquet"))
    assert _local("reset", "--yes", *chosen)["files"] > 0


def test_info_export_and_reset_tell_of_files(
    service: Callable[..., Any], desk_of: Any, tmp_path: Path
) -> None:
    desk = desk_of(service([]))
    desk.fill(ROWS)
    store = ("--store", str(tmp_path / "store" / "local.db"))
    lake = tmp_path / "store" / "local.db-lake"
    told = _local("info", *store)["lake"]
    assert told["location"] == str(lake)
    assert (told["batches"], told["files"] > 0, told["bytes"] > 0) == (1, True, True)
    exported = _local("export", str(tmp_path / "export.jsonl"), *store)
    assert "1 batches" in exported["notices"][0]
    assert _local("reset", "--yes", *store)["files"] > 0
    assert [path for path in lake.rglob("*") if path.is_file()] == []
    assert _local("info", *store)["lake"]["batches"] == 0


def test_a_full_disk_stores_nothing_by_half_and_goes_on_when_there_is_room(
    service: Callable[..., Any], desk_of: Any, told: Any, tmp_path: Path
) -> None:
    with disks.mounted(tmp_path / "disk") as disk:
        desk = desk_of(service([], lake=str(disk / "lake")))
        batch = desk.create()["id"]
        assert desk.put(batch, "a.json", b'{"id": "a", "n": 1}\n').status_code == 201
        filling = disks.fill(disk)
        answer = desk.put(batch, "b.json", b"x" * 100_000)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        assert "nothing was stored" in told(answer)
        filling.unlink()
        assert list((disk / "lake" / ".incoming").iterdir()) == []
        desk.act(batch, "COMPLETE")
        assert desk.wait(batch)["recordCount"] == 1


def test_a_lake_that_is_taken_away_is_told_and_comes_back(
    service: Callable[..., Any], desk_of: Any, told: Any, place: Path
) -> None:
    desk = desk_of(service([], lake=str(place)))
    desk.fill(ROWS)
    batch = desk.create()["id"]
    kept = place.rename(place.with_name("kept"))
    place.write_bytes(b"")
    answer = desk.put(batch, "a.json", b"{}")
    assert (answer.status_code, bool(told(answer))) == (503, True)
    assert desk.talker.get(f"{desk.catalog}/batches").status_code == 200
    place.unlink()
    shutil.move(kept, place)
    assert desk.rows() == ROWS
    assert desk.put(batch, "a.json", b"{}").status_code == 201


def test_a_folder_for_uploads_that_others_may_read_is_refused(
    service: Callable[..., Any], desk_of: Any, told: Any, place: Path
) -> None:
    desk = desk_of(service([], lake=str(place)))
    (place / ".incoming").mkdir(parents=True)
    (place / ".incoming").chmod(0o755)
    answer = desk.put(desk.create()["id"], "a.json", b"{}")
    assert (answer.status_code, "other users" in told(answer)) == (503, True)


def test_what_a_killed_process_has_left_of_uploads_is_taken_away(
    service: Callable[..., Any], desk_of: Any, place: Path
) -> None:
    import os

    desk = desk_of(service([], lake=str(place)))
    (place / ".incoming").mkdir(parents=True, mode=0o700)
    (place / ".incoming").chmod(0o700)
    for name, age in (("old", 100_000), ("young", 0)):
        left = place / ".incoming" / name
        left.write_bytes(b"x")
        moment = left.stat().st_mtime - age
        os.utime(left, (moment, moment))
    desk.put(desk.create()["id"], "a.json", b"{}")
    assert [path.name for path in (place / ".incoming").iterdir()] == ["young"]


def test_a_secret_of_the_object_store_must_be_a_reference(tmp_path: Path) -> None:
    file = tmp_path / "serve.toml"
    for line, wrong in (
        ('secret_access_key = "open-sesame"', "must be a reference"),
        ("timeout = 5", "must be a string"),
    ):
        file.write_text(f'lake = "s3://bucket"\n[lake_options]\n{line}\n')
        with pytest.raises(InvalidInput, match=wrong) as told:
            options.store_settings(file, None, lake=True)
        assert "open-sesame" not in str(told.value)


def test_settings_of_the_lake_reach_the_workers_and_show_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAKE_SECRET", "open-sesame-bucket")
    file = tmp_path / "serve.toml"
    file.write_text(
        'lake = "data"\n[lake_options]\nsecret_access_key = "env:LAKE_SECRET"\n'
    )
    settings = options.store_settings(file, str(tmp_path / "a.db"), lake=True)
    assert settings.lake == str(tmp_path / "data")
    assert "open-sesame" not in repr(settings)
    handed = handover.Handover(settings=settings, access_log=False, parent=1)
    rebuild, arguments = handed.__reduce__()
    assert rebuild(*arguments).settings.lake_options == settings.lake_options
    assert "open-sesame-bucket" in set(handover._secrets_of(settings))


def test_the_environment_may_say_where_files_lie(tmp_path: Path) -> None:
    environ = {"HEADWATER_LOCAL_LAKE": str(tmp_path), "HEADWATER_LOCAL_STORE": "a.db"}
    assert Settings.from_environ(environ).lake == str(tmp_path)
