"""Every check accepts a right connector and refuses the wrong ones, in words of its own."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import pytest
from testing.wrong import BUILD, READER, RIGHT, Wrong, installed
from testing.wrongs import WRONG

from headwater_authoring.testing import ConformanceFailure, checks, embedded_service
from headwater_authoring.testing.canaries import Lookout
from headwater_authoring.testing.corruptions import corruptions
from headwater_authoring.testing.examples import examples

if TYPE_CHECKING:
    from pathlib import Path

    from headwater_authoring.testing import Subject

RIGHT_ONES = {
    "facts alone": RIGHT,
    "with a reader": RIGHT + READER,
    "without an id": RIGHT
    + "SPEC |= {'id': None, 'no_id_reason': 'its page prints the id of another source'}",
    "without a base connection": RIGHT
    + "SPEC |= {'base_connection': False, 'lifecycle_note': 'Start with a source connection.'}\n"
    + "@hookimpl\ndef credential_schemas():\n    return ()\n",
    "with a payload of its own": RIGHT
    + "SPEC['extra_payload'] = {'providerId': 'x'}\n"
    + "@hookimpl\ndef build_payload(request):\n    return {**body(request), **request.spec.extra_payload}\n",
}


def _run(name: str, subject: Subject, folder: Path) -> None:
    check: Any = getattr(checks, name)
    if "source" in inspect.signature(check).parameters:
        check(subject, {"host": "answers.desk.example", "apiKey": "any-key-will-do"})
        return
    if "service" not in inspect.signature(check).parameters:
        check(subject)
        return
    with embedded_service(folder / "service") as service:
        check(subject, service)


OBJECT = (
    RIGHT
    + READER
    + """
ACCOUNT = Field("account", "object", properties=[
    Field("email", example="robot@acme.example"), Field("private_key", secret=True), Field("port", "integer"),
    Field("inner", "object", required=False, properties=[Field("token", secret=True)])])
FIELDS = [HOST, KEY, ACCOUNT]
"""
)


RULES = (
    RIGHT
    + READER
    + """
FIELDS = [
    HOST,
    Field("port", accepts_type="integer", required=False),
    Field("retries", "integer", minimum=2, maximum=9, accepts_type="string"),
    Field("share", "number", minimum=0.25, maximum=0.75, required=False),
    Field("tls", "boolean", accepts_type="string"),
    Field("mode", enum=("key", "password"), accepts={True: "key", "Key": "key"}),
    Field("project", pattern="^[a-z]+[0-9]$", example="acme1"),
    Field("place", required=False, recommended=True, form="url", example="https://desk.example/"),
    Field("apiKey", secret=True, required=False, required_if=("mode", "key"), multiline=True),
    Field("password", secret=True, required=False, required_if=("mode", "password")),
    Field("account", "object", required=False, properties=[
        Field("kind", enum=("a", "b"), default="a"),
        Field("id", "integer", required=False, required_if=("kind", "a"), maximum=5),
        Field("seal", secret=True, required=False, pattern="^[^;]+$"),
    ]),
]
"""
)


def test_every_check_has_a_wrong_connector() -> None:
    assert {wrong.check for wrong in WRONG} == set(checks.__all__)


@pytest.mark.parametrize("name", checks.__all__)
@pytest.mark.parametrize("source", RIGHT_ONES.values(), ids=RIGHT_ONES)
def test_a_right_connector_passes(
    name: str, source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _run(name, installed(source, tmp_path, monkeypatch), tmp_path)


@pytest.mark.parametrize(
    "name", [name for name in checks.__all__ if name != "check_answers"]
)
def test_a_connector_whose_secrets_are_inside_objects_passes(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _run(name, installed(OBJECT, tmp_path, monkeypatch), tmp_path)


@pytest.mark.parametrize(
    "name", [name for name in checks.__all__ if name != "check_answers"]
)
def test_a_connector_with_rules_of_every_kind_passes(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _run(name, installed(RULES, tmp_path, monkeypatch), tmp_path)


def test_each_rule_is_broken_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [example] = examples(installed(RULES, tmp_path, monkeypatch))
    spoilt = {(one.field, one.what) for one in corruptions(example)}
    assert {
        ("retries", "is below its minimum"),
        ("retries", "is above its maximum"),
        ("share", "is below its minimum"),
        ("project", "does not match its pattern"),
        ("apiKey", "is missing"),
        ("account.id", "is missing"),
        ("account.id", "is above its maximum"),
    } <= spoilt
    assert ("password", "is missing") not in spoilt


def test_an_example_has_canaries_inside_objects(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (example,) = examples(installed(OBJECT, tmp_path, monkeypatch))
    account = example.values["account"]
    hidden = (
        example.values["apiKey"],
        account["private_key"],
        account["inner"]["token"],
    )
    assert example.canaries == hidden
    assert len(set(hidden)) == 3


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_a_wrong_connector_fails_its_check(
    wrong: Wrong, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject = installed(RIGHT + wrong.source, tmp_path, monkeypatch)
    with pytest.raises(ConformanceFailure) as caught:
        _run(wrong.check, subject, tmp_path)
    assert wrong.told in caught.value.rule
    assert caught.value.remedy
    if wrong.check not in ("check_loads", "check_import"):
        canaries = [mark for example in examples(subject) for mark in example.canaries]
        assert not Lookout(canaries).sees(str(caught.value))


def test_a_value_sent_in_another_form_is_right_where_the_author_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = BUILD.format(
        "made = body(request); made['auth']['params']['host'] = 'desk'; return made"
    )
    subject = installed(RIGHT + source, tmp_path, monkeypatch, reshaped_fields=["host"])
    _run("check_connections", subject, tmp_path)


@pytest.mark.parametrize(
    "name",
    [
        "sasKey",
        "sasUri",
        "credentials",
        "keyFileContent",
        "privateKeyContent",
        "clientSecretValue",
        "pwd",
    ],
)
def test_a_field_with_the_name_of_a_secret_must_be_marked(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject = installed(
        RIGHT + f"FIELDS = [HOST, Field('{name}')]", tmp_path, monkeypatch
    )
    with pytest.raises(
        ConformanceFailure, match=f"field {name} of API Key is named like a secret"
    ):
        checks.check_fields(subject)


@pytest.mark.parametrize(
    "name",
    [
        "accessKeyId",
        "accessTokenUrl",
        "tokenEndpoint",
        "sasKeyName",
        "servicePrincipalId",
    ],
)
def test_a_field_that_only_resembles_a_secret_need_not_be(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checks.check_fields(
        installed(RIGHT + f"FIELDS = [KEY, Field('{name}')]", tmp_path, monkeypatch)
    )


def test_a_slug_in_capitals_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ConformanceFailure, match="not in lower case with dashes"):
        checks.check_loads(installed(RIGHT, tmp_path, monkeypatch, slug="Acme_Desk"))
