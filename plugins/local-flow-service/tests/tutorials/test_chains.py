"""The request chains of Adobe's tutorials, over a port, from the account to the run: `tutorials.toml`."""

from __future__ import annotations

import json
import re
import time
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import pytest
import requests
from fake_oracle import PASSWORD, USER, FakeOracle, Serving

if TYPE_CHECKING:
    from collections.abc import Iterator

FILE = Path(__file__).with_name("tutorials.toml")
HEADERS = {
    "Authorization": "Bearer {ACCESS_TOKEN}",
    "x-api-key": "key",
    "x-gw-ims-org-id": "ACME@AdobeOrg",
    "x-sandbox-name": "prod",
    "Content-Type": "application/json",
}
PLACEHOLDER = re.compile(r"\{([A-Z][A-Z0-9_]*)\}")
# Where the first table stands in the answer to an exploration of the root.
_FIRST = {
    **dict.fromkeys(("CRM", "databases", "protocols"), "0.path"),
    "Snowflake streaming": "items.0.name",
}
# What every chain must have; those of tables, files and REST APIs have a run, and those of streams a message, besides.
NEEDED = ("source", "schema", "data set", "target", "dataflow")
KINDS = {
    "customer success", "CRM", "databases", "protocols", "cloud storage", "landing zone", "REST, Zendesk",
    "REST, Mixpanel", "REST, generic", "REST, Mailchimp, without a mapping", "REST, Stripe", "webhook",
    "HTTP API, XDM", "HTTP API, raw", "Event Hubs", "Kinesis", "Google Pub/Sub", "Snowflake streaming", "drafts",
}  # fmt: skip


@attrs.frozen
class Step:
    """One request of a chain, and what becomes of it; the comments of the file say what each field means."""

    step: str
    request: str
    status: int = 200
    body: str = ""
    answer: str = ""
    refused: str = ""
    told: str = ""
    within: int = 0
    headers: dict[str, str] = attrs.Factory(dict)
    keep: dict[str, str] = attrs.Factory(dict)


@attrs.frozen
class Tutorial:
    """The chain of one kind of source, and the pages that print it."""

    kind: str
    pages: list[str]
    steps: list[Step]


def _read() -> list[Tutorial]:
    facts = tomllib.loads(FILE.read_text(encoding="utf-8"))
    common = facts["common"]
    return [
        Tutorial(
            kind=tutorial["kind"],
            pages=tutorial["pages"],
            steps=[
                Step(**(common[step["use"]] if "use" in step else step))
                for step in tutorial["steps"]
            ],
        )
        for tutorial in facts["tutorial"]
    ]


TUTORIALS = _read()


@pytest.fixture(scope="module")
def root(served: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the URL of a service that all chains share, as those of a tenant do."""
    folder = tmp_path_factory.mktemp("tutorials")
    settings = folder / "serve.toml"
    settings.write_text("inlet_interval = 0.2\n")  # seconds
    with served(folder, "--settings", str(settings)) as (_process, url):
        yield url


@pytest.fixture(scope="module")
def sampled_root(
    served: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Return the URL of a service that answers with samples for sources that it cannot ask."""
    folder = tmp_path_factory.mktemp("samples")
    with served(folder, "--sample-data") as (_process, url):
        yield url


@pytest.fixture(scope="module")
def values() -> Iterator[dict[str, str]]:
    """Return what a reader puts in for the placeholders of accounts: a small source answers to some of them."""
    with Serving(FakeOracle()) as oracle:
        yield {"HOST": oracle.url, "USERNAME": USER, "PASSWORD": PASSWORD}


class Reader:
    """Somebody who follows a tutorial: sends its requests, and keeps what the answers name."""

    def __init__(self, root: str, values: dict[str, str]) -> None:
        self._root = root
        self._values = dict(values) | {"ROOT": root}

    def follow(self, step: Step) -> None:
        """Send the request of a step, and hold its answer against what the page says of it."""
        answer = self._send(step)
        until = time.monotonic() + step.within
        while time.monotonic() < until and not self._is_expected(step, answer):
            time.sleep(0.1)
            answer = self._send(step)
        if step.refused:
            assert _code(answer) == step.refused, answer.text
            assert step.told in answer.json()["errorMessage"]
            return
        assert answer.status_code == step.status, (step.step, answer.text)
        assert self._is_expected(step, answer), (step.step, answer.text)
        for name, path in step.keep.items():
            self._values[name] = _find(answer.json(), path)
        if "REFERENCE" in step.keep:  # Catalog answers with @/dataSets/ID
            self._values["DATASET"] = self._values["REFERENCE"].rpartition("/")[2]
        if "SAS_URI" in step.keep:  # the name of a file goes before its question mark
            path, _mark, token = self._values["SAS_URI"].partition("?")
            self._values |= {"SAS_PATH": path, "SAS_TOKEN": token}

    def _is_expected(self, step: Step, answer: requests.Response) -> bool:
        return not step.answer or _holds(
            answer.json(), json.loads(self._fill(step.answer))
        )

    def _send(self, step: Step) -> requests.Response:
        method, _blank, target = self._fill(step.request).partition(" ")
        url = (
            target
            if target.startswith("http")
            else f"{self._root}/data/foundation{target}"
        )
        body = self._fill(step.body).encode() if step.body else None
        return requests.request(
            method, url, headers=HEADERS | step.headers, data=body, timeout=30
        )

    def _fill(self, text: str) -> str:
        return PLACEHOLDER.sub(
            lambda found: self._values.get(found[1], found[1].lower()), text
        )


def _code(answer: requests.Response) -> str:
    return str(answer.json()["type"]).rpartition("/")[2]


def _find(value: Any, path: str) -> str:
    """Return what stands at a path of names and positions with dots between."""
    for part in path.split("."):
        value = value[int(part)] if isinstance(value, list) else value[part]
    assert isinstance(value, str)
    return value


def _holds(found: Any, expected: Any) -> bool:
    """Say whether a JSON value holds another: objects their fields, arrays an element for each of its elements."""
    if isinstance(expected, dict):
        return isinstance(found, dict) and all(
            name in found and _holds(found[name], value)
            for name, value in expected.items()
        )
    if isinstance(expected, list):
        return isinstance(found, list) and all(
            any(_holds(element, value) for element in found) for value in expected
        )
    return bool(found == expected)


@pytest.mark.parametrize("tutorial", TUTORIALS, ids=lambda one: one.kind)
def test_the_chain_of_a_tutorial_works_to_its_last_step(
    root: str, values: dict[str, str], tutorial: Tutorial
) -> None:
    reader = Reader(root, values)
    for step in tutorial.steps:
        reader.follow(step)


EXPLORED = [
    (tutorial, step)
    for tutorial in TUTORIALS
    for step in tutorial.steps
    if step.step.startswith("explore, where nobody")
    and "objectType=FILE" not in step.request
]


@pytest.mark.parametrize(
    ("tutorial", "step"), EXPLORED, ids=[one.kind for one, _step in EXPLORED]
)
def test_a_source_that_nobody_reads_is_explored_by_samples_where_they_are_asked_for(
    sampled_root: str, values: dict[str, str], tutorial: Tutorial, step: Step
) -> None:
    reader = Reader(sampled_root, values)
    [base] = [one for one in tutorial.steps if one.step == "base"]
    reader.follow(base)
    if "objectType=rest" in step.request:
        tree = '{"format": "hierarchical", "schema": {"type": "object"}}'
        reader.follow(attrs.evolve(step, refused="", answer=tree))
        return
    explore = "GET /flowservice/connections/{BASE}/explore?objectType="
    reader.follow(Step("root", f"{explore}root", keep={"TABLE": _FIRST[tutorial.kind]}))
    table = f"{explore}table&object={{TABLE}}&preview=true"
    flat = '{"format": "flat", "schema": {"columns": [{"xdm": {"type": "string"}}]}, "data": [{}]}'
    reader.follow(Step("table", table, answer=flat))


def test_there_is_a_chain_for_every_kind_of_source_and_none_skips_a_step() -> None:
    assert {tutorial.kind for tutorial in TUTORIALS} == KINDS
    for tutorial in TUTORIALS:
        taken = {
            step.step.partition(",")[0].partition(" that")[0] for step in tutorial.steps
        }
        assert taken >= set(NEEDED), tutorial.kind
        assert all(page.endswith(".md") for page in tutorial.pages)


def test_every_body_is_json_and_every_value_that_is_put_in_was_kept(
    values: dict[str, str],
) -> None:
    free = {"ACCESS_TOKEN", "ROOT"}
    for tutorial in TUTORIALS:
        kept = {*values, *free}
        for step in tutorial.steps:
            for text in (step.body, step.answer):
                if "text/csv" not in step.headers.values():
                    json.loads(PLACEHOLDER.sub("x", text) or "null")
            wanted = set(PLACEHOLDER.findall(step.request))
            assert wanted <= kept, (tutorial.kind, step.step)
            kept |= {*step.keep, "DATASET", "SAS_PATH", "SAS_TOKEN"}
