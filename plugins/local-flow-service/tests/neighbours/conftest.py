"""Where the neighbours live, and the first things a dataflow needs from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

PLATFORM = "http+local://embedded/data/foundation"
PROFILE = "https://ns.adobe.com/xdm/context/profile"
DETAILS = "https://ns.adobe.com/xdm/context/profile-person-details"


class Urls:
    """The collections of the neighbours."""

    sandboxes = f"{PLATFORM}/sandbox-management/sandboxes"
    registry = f"{PLATFORM}/schemaregistry"
    schemas = f"{PLATFORM}/schemaregistry/tenant/schemas"
    data_sets = f"{PLATFORM}/catalog/dataSets"
    mapping_sets = f"{PLATFORM}/conversion/mappingSets"


@pytest.fixture
def urls() -> type[Urls]:
    """Return where the neighbours' collections are."""
    return Urls


@pytest.fixture
def schema_body() -> Callable[..., dict[str, Any]]:
    """Return a function that makes the body of a schema."""
    return _schema_body


def _schema_body(
    title: str = "Support account", *references: str, **changes: Any
) -> dict[str, Any]:
    named = references or (PROFILE, DETAILS)
    return {
        "title": title,
        "type": "object",
        "allOf": [{"$ref": one} for one in named],
    } | changes


@pytest.fixture
def made_schema(urls: type[Urls]) -> Callable[..., str]:
    """Return a function that creates a schema and returns its `$id`."""

    def make(talker: Any, title: str = "Support account") -> str:
        answer = talker.post(urls.schemas, json=_schema_body(title))
        assert answer.status_code == 201, answer.text
        return str(answer.json()["$id"])

    return make


@pytest.fixture
def refusal(code: Callable[..., str]) -> Callable[..., str]:
    """Return a function that checks a neighbour's refusal and returns its code."""

    def check(answer: Any) -> str:
        found = code(answer)
        assert found.startswith("http://ns.adobe.com/aep/errors/"), found
        body = answer.json()
        assert body["title"]
        assert body["detail"] == body["errorMessage"]
        return found.rpartition("/")[2]

    return check
