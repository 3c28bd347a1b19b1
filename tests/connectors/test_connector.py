"""One connector, one relay: every rule of the hooks is enforced when the connector is loaded."""

from __future__ import annotations

import functools
import types
from typing import Any

import attrs
import pytest

from headwater import (
    AuthenticationSpec,
    ConnectionSpec,
    Connector,
    Field,
    PayloadRequest,
    Secret,
    hookimpl,
)
from headwater.errors import BrokenPlugin, NotReadable
from headwater.models import Distribution
from headwater.sources import SourceCredentials

OWNER = Distribution("acme-headwater", "2.0")
SPEC = ConnectionSpec(
    id="11111111-2222-4333-8444-555555555555", name="Acme", category="crm"
)
AUTH = AuthenticationSpec(
    "Basic Authentication", [Field("user"), Field("password", secret=True)]
)


class Acme:
    """A connector that keeps every rule."""

    @hookimpl
    def connection_spec(self) -> ConnectionSpec:
        return SPEC

    @hookimpl
    def credential_schemas(self) -> list[AuthenticationSpec]:
        return [AUTH]


def _load(plugin: object) -> Connector:
    return Connector("acme", plugin, OWNER)


def _request(**params: Any) -> PayloadRequest:
    return PayloadRequest(
        name="n", description=None, spec=SPEC, auth=AUTH, params=params
    )


def test_hook_connection_spec_and_credential_schemas_are_read_once_at_load() -> None:
    calls = []

    class Counting(Acme):
        @hookimpl
        def connection_spec(self) -> ConnectionSpec:
            calls.append("connection_spec")
            return SPEC

    connector = _load(Counting())
    assert (connector.spec, connector.authentication) == (SPEC, (AUTH,))
    assert connector.spec is connector.spec
    assert calls == ["connection_spec"]


def test_hook_build_payload_has_a_default() -> None:
    assert _load(Acme()).build_payload(
        _request(user="u", password=Secret("a secret"))
    ) == {
        "name": "n",
        "auth": {
            "specName": "Basic Authentication",
            "params": {"user": "u", "password": Secret("a secret")},
        },
        "connectionSpec": {"id": SPEC.id, "version": "1.0"},
    }


def test_hook_build_payload_of_the_connector_wins_over_the_default() -> None:
    class Own(Acme):
        @hookimpl
        def build_payload(self, request: PayloadRequest) -> dict[str, Any]:
            return {
                "own": True,
                "name": request.name,
                "connectionSpec": {"id": request.spec.id, "version": "9"},
            }

    assert _load(Own()).build_payload(_request())["own"] is True


def test_hook_open_source_is_optional_and_says_so() -> None:
    connector = _load(Acme())
    assert not connector.readable
    with pytest.raises(NotReadable, match="cannot read its source") as raised:
        connector.open_source(SourceCredentials(auth=AUTH, params={}))
    assert raised.value.remedy


def test_the_default_payload_carries_extra_payload_and_description() -> None:
    spec = attrs.evolve(
        SPEC, extra_payload={"providerId": "521eee4d-8cbe-4906-bb48-fb6bd4450033"}
    )
    request = attrs.evolve(_request(), spec=spec, description="d")
    payload = _load(Acme()).build_payload(request)
    assert payload["providerId"] == "521eee4d-8cbe-4906-bb48-fb6bd4450033"
    assert payload["description"] == "d"


def test_one_connector_never_answers_for_another() -> None:
    class Greedy(Acme):
        @hookimpl(tryfirst=True)
        def build_payload(self, request: PayloadRequest) -> dict[str, Any]:
            raise AssertionError("asked for a connector that is not mine")

    _load(Greedy())
    assert _load(Acme()).build_payload(_request())["name"] == "n"


def test_a_module_can_be_the_plugin() -> None:
    module = types.ModuleType("acme_module")
    module.connection_spec = hookimpl(lambda: SPEC)  # type: ignore[attr-defined]
    module.credential_schemas = hookimpl(lambda: [AUTH])  # type: ignore[attr-defined]
    assert _load(module).spec is SPEC


def test_plugins_that_compare_by_value_work() -> None:
    @attrs.frozen
    class ByValue(Acme):
        options: dict[str, str] = attrs.field(factory=dict)

    assert _load(ByValue()).spec is SPEC


def test_a_class_in_the_place_of_an_instance_is_refused_at_load() -> None:
    with pytest.raises(BrokenPlugin, match="names a class"):
        _load(Acme)


def test_a_missing_required_hook_is_named() -> None:
    class Half:
        @hookimpl
        def connection_spec(self) -> ConnectionSpec:
            return SPEC

    with pytest.raises(
        BrokenPlugin,
        match=r"credential_schemas needs exactly one @hookimpl function, found 0",
    ):
        _load(Half())


def test_two_implementations_of_a_required_hook_are_refused() -> None:
    class Twice(Acme):
        @hookimpl(specname="connection_spec")
        def second(self) -> ConnectionSpec:
            return SPEC

    with pytest.raises(BrokenPlugin, match="exactly one @hookimpl function, found 2"):
        _load(Twice())


def test_an_implementation_that_pluggy_would_drop_silently_is_refused() -> None:
    def build(extra: str, request: PayloadRequest) -> dict[str, Any]:
        return {}

    class Partial(Acme):
        build_payload = hookimpl(functools.partial(build, "x"))

    with pytest.raises(BrokenPlugin, match="build_payload"):
        _load(Partial())


def test_an_unmarked_hook_is_refused() -> None:
    class Unmarked(Acme):
        def build_payload(self, request: PayloadRequest) -> dict[str, Any]:
            return {}

    with pytest.raises(BrokenPlugin, match="would never be called"):
        _load(Unmarked())


def test_properties_are_not_evaluated_while_registering() -> None:
    class WithProperty(Acme):
        @property
        def expensive(self) -> str:
            raise AssertionError("evaluated")

    assert _load(WithProperty()).spec is SPEC


def test_a_misspelt_hook_is_refused() -> None:
    class Misspelt(Acme):
        @hookimpl
        def build_payloads(self, request: PayloadRequest) -> dict[str, Any]:
            return {}

    with pytest.raises(BrokenPlugin, match="build_payloads"):
        _load(Misspelt())


def test_an_unknown_hook_argument_is_refused() -> None:
    class Asking(Acme):
        @hookimpl
        def build_payload(self, request: PayloadRequest, extra: str) -> dict[str, Any]:
            return {}

    with pytest.raises(BrokenPlugin, match="extra"):
        _load(Asking())


def test_arguments_with_defaults_are_refused_because_pluggy_versions_differ_on_them() -> (
    None
):
    class Defaulted(Acme):
        @hookimpl
        def build_payload(self, request: PayloadRequest = None) -> dict[str, Any]:  # type: ignore[assignment]
            return {}

    with pytest.raises(BrokenPlugin, match="defaults"):
        _load(Defaulted())


def test_wrappers_are_refused() -> None:
    class Wrapping(Acme):
        @hookimpl(wrapper=True)
        def build_payload(self, request: PayloadRequest) -> Any:
            return (yield)

    with pytest.raises(BrokenPlugin, match="wrapper"):
        _load(Wrapping())


@pytest.mark.parametrize("answer", [None, {"id": SPEC.id}, "text"])
def test_a_connection_spec_of_the_wrong_type_is_refused(answer: object) -> None:
    class Wrong(Acme):
        @hookimpl
        def connection_spec(self) -> Any:
            return answer

    with pytest.raises(
        BrokenPlugin, match=r"connection_spec must return a headwater\.ConnectionSpec"
    ):
        _load(Wrong())


@pytest.mark.parametrize("answer", [["Basic Authentication"], [AUTH, AUTH]])
def test_credential_schemas_of_the_wrong_type_or_repeated_are_refused(
    answer: object,
) -> None:
    class Wrong(Acme):
        @hookimpl
        def credential_schemas(self) -> Any:
            return answer

    with pytest.raises(BrokenPlugin, match="credential_schemas"):
        _load(Wrong())


@pytest.mark.parametrize(
    "answer",
    [
        None,
        "text",
        [],
        {},
        {"name": "n", "connectionSpec": {"id": "another"}},
        {"name": "n", "connectionSpec": "another"},
        {"name": "n", "connectionSpec": {"id": Secret(str(SPEC.id))}},
        {"connectionSpec": {"id": SPEC.id}},
        {"name": "another", "connectionSpec": {"id": SPEC.id}},
        {"name": "N", "connectionSpec": {"id": SPEC.id}},
        {"name": ["n"], "connectionSpec": {"id": SPEC.id}},
        {"name": Secret("n"), "connectionSpec": {"id": SPEC.id}},
    ],
)
def test_a_payload_of_the_wrong_shape_or_for_another_specification_is_refused(
    answer: object,
) -> None:
    class Wrong(Acme):
        @hookimpl
        def build_payload(self, request: PayloadRequest) -> Any:
            return answer

    with pytest.raises(BrokenPlugin, match="build_payload"):
        _load(Wrong()).build_payload(_request())


def test_a_forgotten_return_is_told_by_its_name_and_never_answered_by_the_default() -> (
    None
):
    class Forgetful(Acme):
        @hookimpl
        def build_payload(self, request: PayloadRequest) -> Any:
            _body = {"name": request.name, "connectionSpec": {"id": SPEC.id}}

    module = types.ModuleType("acme_module")
    vars(module).update(
        {
            name: getattr(Forgetful(), name)
            for name in ("connection_spec", "credential_schemas", "build_payload")
        }
    )
    for plugin in (Forgetful(), module):
        with pytest.raises(BrokenPlugin) as raised:
            _load(plugin).build_payload(_request())
        assert raised.value.message == (
            "connector acme of acme-headwater 2.0: build_payload must return a dict, and returns NoneType"
        )


def test_a_failing_hook_shows_neither_secret_nor_chain() -> None:
    class Leaky(Acme):
        @hookimpl
        def build_payload(self, request: PayloadRequest) -> dict[str, Any]:
            raise ValueError(f"bad password {request.params['password'].reveal()}")

    connector = _load(Leaky())
    with pytest.raises(BrokenPlugin) as caught:
        connector.build_payload(_request(password=Secret("correct-horse-battery")))
    assert "correct-horse-battery" not in str(caught.value) + caught.value.frames
    assert caught.value.__context__ is None


def test_a_text_composed_from_a_secret_becomes_a_secret() -> None:
    class Composing(Acme):
        @hookimpl
        def build_payload(self, request: PayloadRequest) -> dict[str, Any]:
            text = f"user=u;password={request.params['password'].reveal()}"
            return {
                "name": request.name,
                "auth": {"params": {"connectionString": text}},
                "connectionSpec": {"id": request.spec.id},
            }

    payload = _load(Composing()).build_payload(
        _request(password=Secret("correct-horse"))
    )
    assert payload["auth"]["params"]["connectionString"] == Secret(
        "user=u;password=correct-horse"
    )


def test_the_repr_names_slug_and_distribution() -> None:
    assert repr(_load(Acme())) == "<Connector acme of acme-headwater 2.0>"
