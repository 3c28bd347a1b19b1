"""The config file: what it may say, how it complains, and that writing loses nothing."""

from __future__ import annotations

import os
import stat
import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from headwater import profiles
from headwater.errors import InvalidInput, NotConfigured
from headwater.profiles.config import Config, config_path
from headwater.profiles.writing import write_default, write_profile
from headwater.secret import Secret

if TYPE_CHECKING:
    from pathlib import Path

CANARY = "canary-4f1d9c7be2a8"
VALUES: dict[str, Any] = {
    "org_id": "o@AdobeOrg",
    "sandbox": "dev",
    "client_id": "c",
    "client_secret": "env:SECRET",
}


def _file(folder: Path, content: str | bytes, mode: int = 0o600) -> Path:
    path = folder / "config.toml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    path.chmod(mode)
    return path


def _refused(path: Path) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        Config.read(path)
    error = caught.value
    assert CANARY not in f"{error} {error!r} {error.data()}"
    assert (error.__cause__, error.__context__) == (None, None)
    assert str(path) in str(error)
    assert error.remedy
    assert "\n" not in str(error)
    return error


# Where it is


def test_the_variable_says_where_the_file_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert config_path({"HEADWATER_CONFIG": "~/mine.toml"}) == tmp_path / "mine.toml"
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))
    assert config_path({}).name == "config.toml"
    assert config_path({}).parent.name == "headwater"


def test_a_home_that_is_not_known_is_an_error_of_ours() -> None:
    with pytest.raises(NotConfigured, match="HEADWATER_CONFIG"):
        config_path({"HEADWATER_CONFIG": "~no-such-user-anywhere/config.toml"})


# Reading


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (f'[profiles.dev]\nurl = "{CANARY}', "not TOML: see "),
        (f"[profiles.dev]\nurl = {CANARY}\n", "line 2, column 7"),
        (b"\xff\xfe\x00", "UTF-16"),
        (b"url = '\xe4\xf6'", "not UTF-8"),
        (b"#" * 1_048_577, "larger than 1 MiB"),
        (f'colour = "{CANARY}"', "colour"),
        (f'defualt = "{CANARY}"', "did you mean default?"),
        (f'org_id = "{CANARY}"', r"[profiles.NAME]"),
        ("default = 3", "default"),
        ('default = ""', "default"),
        (f'profiles = "{CANARY}"', "must be tables"),
        (f'[profiles]\ndev = "{CANARY}"', "must be tables"),
        (f'[profiles.dev]\nsandbx = "{CANARY}"', "did you mean sandbox?"),
        (f'[profiles.dev]\nflavour = "{CANARY}"', "known: url,"),
        ("[profiles.dev]\nsandbox = 3", "sandbox must be a string"),
        ("[profiles.dev]\nsandbox = 2020-01-01", "sandbox must be a string"),
        ("[profiles.dev]\nread_timeout = true", "read_timeout must be a number"),
        (f'[profiles.dev]\nread_timeout = "{CANARY}"', "read_timeout must be a number"),
        (f'[profiles.dev]\nclient_secret = "{CANARY}"', "profile dev"),
        (
            f'[profiles.dev]\naccess_token = "literal:{CANARY}"',
            "access_token must be a reference",
        ),
        (
            f'[profiles.dev]\nproxy = "http://user:{CANARY}@proxy.example.com"',
            "proxy must be a reference",
        ),
        (
            f'[profiles.dev]\nproxy = "user:{CANARY}@proxy.example.com"',
            "proxy must be a reference",
        ),
        ('[profiles.dev]\nclient_secret = ""', "client_secret must be a reference"),
        (
            '[profiles.dev]\nclient_secret = "env:"',
            "client_secret begins with env: and is no reference; write env:NAME",
        ),
        (
            '[profiles.dev]\nclient_secret = "keyring:aep"',
            "client_secret begins with keyring: and is no reference; write keyring:SERVICE/USER",
        ),
        (
            '[profiles.dev]\nclient_secret = "env:A B"',
            "client_secret begins with env: and is no reference; write env:NAME",
        ),
        ("[profiles.local]\n", "belongs to the embedded service"),
    ],
)
def test_an_unusable_file_is_one_paragraph_with_place_and_remedy_but_never_content(
    tmp_path: Path, content: str | bytes, said: str
) -> None:
    assert said in str(_refused(_file(tmp_path, content)))


def test_a_folder_in_its_place_is_an_error(tmp_path: Path) -> None:
    assert "cannot be read" in str(_refused(tmp_path))


def test_a_literal_secret_is_refused_with_what_to_write_instead(tmp_path: Path) -> None:
    error = _refused(_file(tmp_path, f'[profiles.dev]\nclient_secret = "{CANARY}"\n'))
    assert all(
        reference in error.remedy
        for reference in ("env:NAME", "file:PATH", "keyring:SERVICE/USER")
    )


def test_a_byte_order_mark_and_windows_line_ends_are_no_problem(tmp_path: Path) -> None:
    path = _file(tmp_path, b'\xef\xbb\xbf[profiles.dev]\r\nsandbox = "dev"\r\n')
    assert Config.read(path).profiles == {"dev": {"sandbox": "dev"}}


@pytest.mark.skipif(os.name != "posix", reason="there are no such permissions")
@pytest.mark.parametrize(("mode", "told"), [(0o600, 0), (0o640, 1), (0o604, 1)])
def test_a_file_that_others_can_read_works_with_a_notice(
    tmp_path: Path, mode: int, told: int
) -> None:
    path = _file(tmp_path, '[profiles.dev]\nsandbox = "dev"\n', mode)
    assert len(profiles.resolve(environ={}, path=path).notices) == told


def test_files_a_profile_names_are_looked_for_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _file(tmp_path, '[profiles.dev]\nca_bundle = "certificates/ours.pem"\n')
    monkeypatch.chdir("/")
    assert profiles.resolve(environ={}, path=path).values["ca_bundle"] == str(
        tmp_path / "certificates" / "ours.pem"
    )


def test_a_proxy_with_a_password_is_given_as_a_reference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUR_PROXY", f"http://user:{CANARY}@proxy.example.com:3128")
    monkeypatch.setenv("SECRET", "correct-horse")
    path = tmp_path / "config.toml"
    write_profile("dev", {**VALUES, "proxy": "env:OUR_PROXY"}, path=path)
    profile = profiles.resolve(environ={}, path=path)
    assert profile.shown()["proxy"] == "env:OUR_PROXY"
    assert profile.endpoint().proxy == f"http://user:{CANARY}@proxy.example.com:3128"
    assert profile.endpoint().client_secret == Secret("correct-horse")


@pytest.mark.parametrize(
    "given",
    ["//user:{}@host", "user:{}@host", "http://user:/{}@host", "http://u:@{}/x@host"],
)
@pytest.mark.parametrize("key", ["url", "ims_url"])
def test_what_is_shown_of_a_url_ends_before_its_user(
    tmp_path: Path, key: str, given: str
) -> None:
    path = _file(tmp_path, f'[profiles.dev]\n{key} = "{given.format(CANARY)}"\n')
    shown = profiles.resolve(environ={}, path=path).shown()[key]
    assert CANARY not in shown
    assert shown.endswith("******@host")


# Writing


def test_the_first_profile_becomes_the_default_and_only_its_owner_can_read_the_file(
    tmp_path: Path,
) -> None:
    path = tmp_path / "settings" / "config.toml"
    assert write_profile("dev", VALUES, path=path) == path
    write_profile("prod", VALUES, path=path)
    config = Config.read(path)
    assert (config.default, dict(config.profiles)) == (
        "dev",
        {"dev": VALUES, "prod": VALUES},
    )
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [each.name for each in path.parent.iterdir()] == ["config.toml"]


def test_use_makes_a_profile_the_default(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    write_profile("dev", VALUES, path=path)
    write_profile("prod", VALUES, use=True, path=path)
    assert Config.read(path).default == "prod"
    write_default("dev", path=path)
    assert Config.read(path).default == "dev"


HAND_WRITTEN = """\
# our organization
[profiles.dev] # for trying
sandbox = "dev" # not the real one
url = 'https://dev.example.com'

# production: take care
[profiles.prod]
sandbox   =   "prod"
"""


def test_what_the_owner_wrote_survives_a_replaced_profile_and_a_new_default(
    tmp_path: Path,
) -> None:
    path = _file(tmp_path, HAND_WRITTEN)
    write_profile("dev", {"sandbox": "trial", "org_id": "o@AdobeOrg"}, path=path)
    write_default("prod", path=path)
    text = path.read_text(encoding="utf-8")
    assert tomllib.loads(text) == {
        "default": "prod",
        "profiles": {
            "dev": {"sandbox": "trial", "org_id": "o@AdobeOrg"},
            "prod": {"sandbox": "prod"},
        },
    }
    for kept in (
        "# our organization",
        "# for trying",
        "# not the real one",
        'sandbox   =   "prod"',
    ):
        assert kept in text
    assert text.index("# production: take care") < text.index("[profiles.prod]")


def test_windows_line_ends_survive(tmp_path: Path) -> None:
    path = _file(
        tmp_path,
        b'default = "dev"\r\n[profiles.dev]\r\nsandbox = "dev"\r\n\r\n[profiles.prod]\r\n',
    )
    write_default("prod", path=path)
    assert (
        path.read_bytes()
        == b'default = "prod"\r\n[profiles.dev]\r\nsandbox = "dev"\r\n\r\n[profiles.prod]\r\n'
    )


@pytest.mark.parametrize(
    "content",
    [
        "",
        "# only a comment",
        "[profiles]\n",
        '[profiles.a]\nsandbox = "a"\n',
        'profiles.a.sandbox = "a"\n',
        '[profiles]\na.sandbox = "a"\n',
        '[profiles]\na = {sandbox = "a"}\n',
        'profiles = {a = {sandbox = "a"}}\n',
        '[profiles.a]\nsandbox = "a"\n\n[profiles]\n',
        '[profiles.a]\nsandbox = "a"\n\n[profiles]\nb = {sandbox = "b"}\n',
        'profiles.a.sandbox = "a"\ndefault = "a"\n',
    ],
)
@pytest.mark.parametrize("name", ["a", "new"])
def test_every_layout_is_edited_rightly_or_left_as_it_is(
    tmp_path: Path, content: str, name: str
) -> None:
    path = _file(tmp_path, content)
    before = Config.read(path)
    refusal = _refusal_of_writing(name, path)
    if refusal:
        assert "layout" in refusal
        assert path.read_text(encoding="utf-8") == content
        return
    after = Config.read(path)
    assert after.profiles == {**before.profiles, name: VALUES}
    assert after.default == name


def _refusal_of_writing(name: str, path: Path) -> str:
    try:
        write_profile(name, VALUES, use=True, path=path)
    except NotConfigured as error:
        return error.message
    return ""


@pytest.mark.parametrize(
    "content",
    ["", '[profiles.a]\nsandbox = "a"\n', '[profiles]\na = {sandbox = "a"}\n'],
)
def test_usual_layouts_can_be_edited(tmp_path: Path, content: str) -> None:
    path = _file(tmp_path, content)
    write_profile("new", VALUES, use=True, path=path)
    assert Config.read(path).profiles["new"] == VALUES


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("local", VALUES),
        ("", VALUES),
        ("a\nb", VALUES),
        ("-x", VALUES),
        ("dev", {**VALUES, "client_secret": CANARY}),
        ("dev", {**VALUES, "colour": CANARY}),
        ("dev", {**VALUES, "proxy": f"http://user:{CANARY}@proxy.example.com"}),
    ],
)
def test_what_cannot_stand_there_is_not_written(
    tmp_path: Path, name: str, values: dict[str, Any]
) -> None:
    path = tmp_path / "settings" / "config.toml"
    with pytest.raises(InvalidInput) as caught:
        write_profile(name, values, path=path)
    assert CANARY not in str(caught.value)
    assert not path.parent.exists()


def test_a_broken_file_is_left_as_it_is(tmp_path: Path) -> None:
    path = _file(tmp_path, "not [ toml")
    with pytest.raises(InvalidInput, match="not TOML"):
        write_profile("dev", VALUES, path=path)
    assert path.read_text(encoding="utf-8") == "not [ toml"


def test_a_failed_write_leaves_the_old_file_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _file(tmp_path, HAND_WRITTEN)

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(NotConfigured, match="cannot be written") as caught:
        write_default("prod", path=path)
    assert "No space left on device" in caught.value.message
    assert caught.value.__context__ is None
    assert path.read_text(encoding="utf-8") == HAND_WRITTEN
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_cannot_be_made_is_an_error_of_ours(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InvalidInput, match="cannot be"):
        write_profile("dev", VALUES, path=tmp_path / "file" / "config.toml")


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    real = tmp_path / "dotfiles" / "headwater.toml"
    real.parent.mkdir()
    real.write_text(HAND_WRITTEN, encoding="utf-8")
    link = tmp_path / "config.toml"
    link.symlink_to(real)
    write_default("prod", path=link)
    assert link.is_symlink()
    assert Config.read(real).default == "prod"


def test_a_default_that_is_not_there_is_refused(tmp_path: Path) -> None:
    path = _file(tmp_path, HAND_WRITTEN)
    with pytest.raises(NotConfigured, match="no profile named prdo"):
        write_default("prdo", path=path)
    with pytest.raises(NotConfigured, match="local cannot be the default"):
        write_default("local", path=path)
    assert path.read_text(encoding="utf-8") == HAND_WRITTEN
