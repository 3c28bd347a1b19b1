"""Specifications made to hurt, against a served service: each is refused, or used within its budget."""

from __future__ import annotations

import json
import os
import random
import time
import uuid
from contextlib import closing
from typing import TYPE_CHECKING, Any

import attrs
import requests
from talking import HEADERS
from worker_memory import peak_memory

from headwater_local_flow_service import Settings
from headwater_local_flow_service.specs import stored_specs
from headwater_local_flow_service.store import etags, tables
from headwater_local_flow_service.store.store import Record, Scope, Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

FULL = bool(os.environ.get("HEADWATER_TEST_FULL"))
ROUNDS = 1_000 if FULL else 60
LONGEST = 20.0  # seconds of a busy machine, for a request that may validate for two
MOST_MEMORY = 300  # MB of a worker
LARGEST_BODY = (
    1_000_000  # bytes; the service takes no larger ones, which other tests hold
)
PROVIDER = "0ed90a81-07f4-4586-8190-b40eccef1c5a"
OLDER = "OLDER@AdobeOrg"  # whose specifications an earlier version has stored
OF_ONE = 20  # rounds of one organization: it stores only so much


@attrs.frozen
class Attack:
    """A schema for one object, and values for it."""

    schema: Any
    values: dict[str, Any]


def _size(draw: random.Random, most: int) -> int:
    """Return a size that is often just within a budget, and often far beyond it."""
    return int(draw.choice([1, 0.1, 0.01, draw.random()]) * most) + 1


def _leaf(draw: random.Random) -> Any:
    return draw.choice(
        [
            {"type": "string"},
            {"type": "integer", "multipleOf": 1e-300},
            {"enum": [draw.random() for _each in range(_size(draw, 1_500))]},
            {"pattern": _pattern(draw)},
            {"uniqueItems": True},
            {"const": [[]] * _size(draw, 5_000)},
            {"not": {}},
            {"format": "regex"},
            True,
            False,
        ]
    )


def _pattern(draw: random.Random) -> str:
    atom = draw.choice(["a", "[ab]", "(a|aa)", "a?", ".", r"\w", "(a|a)", "(?=a)", "é"])
    for _level in range(draw.randint(1, 4)):
        repeat = draw.choice(["*", "+", "{1,1000}", "{100}", "?", "*?", "{3}"])
        atom = f"({atom}{repeat}{draw.choice(['', 'b?', atom])})"[:600]
    return f"^{atom}{draw.choice(['$', '!', '+$', '*!', ''])}"


def _value(draw: random.Random) -> Any:
    return draw.choice(
        [
            "a" * _size(draw, 400_000),
            "a" * draw.randint(20, 60) + "!",
            [[]] * _size(draw, 300_000),
            list(range(_size(draw, 100_000))),
            [n * (2**61 - 1) for n in range(_size(draw, 30_000))],
            {f"k{n}": n for n in range(_size(draw, 50_000))},
            10**300,
            1e308,
            None,
        ]
    )


def _wide(draw: random.Random) -> Attack:
    names = [f"f{n}" for n in range(_size(draw, 30_000))]
    schema: dict[str, Any] = {"properties": dict.fromkeys(names, _leaf(draw))}
    if draw.random() < 0.5:
        schema["required"] = names[: _size(draw, 8_000)]
    if draw.random() < 0.5:
        schema["additionalProperties"] = False
    given = draw.choice([names, [f"u{name}" for name in names]])
    return Attack(schema, dict.fromkeys(given, draw.choice([1, "a" * 30 + "!"])))


def _deep(draw: random.Random) -> Attack:
    schema = _leaf(draw)
    for _level in range(draw.randint(1, 14)):
        word = draw.choice(["anyOf", "oneOf", "allOf", "items", "not", "contains"])
        width = draw.choice([1, 2, 2, 3, 60])
        schema = {word: [schema] * width if word.endswith("Of") else schema}
        if len(json.dumps(schema)) > 200_000:
            break
    return Attack({"properties": {"a": schema}}, {"a": _value(draw)})


def _referring(draw: random.Random) -> Attack:
    levels = draw.randint(1, 40)
    parts = {"p0": _leaf(draw)}
    for level in range(1, levels + 1):
        target = draw.choice([level - 1, level - 1, level - 1, draw.randint(0, levels)])
        reference = {"$ref": f"#/definitions/p{target}"}
        word = draw.choice(["allOf", "anyOf", "oneOf"])
        parts[f"p{level}"] = {word: [reference] * draw.choice([1, 2, 2, 3])}
    top = {"$ref": draw.choice([f"#/definitions/p{levels}", "#", "#/a", "http://x/"])}
    if draw.random() < 0.7:
        top = {"$ref": f"#/definitions/p{levels}"}
    schema = {"properties": {"a": top}, "definitions": parts}
    return Attack(schema, {"a": _value(draw)})


def _matching(draw: random.Random) -> Attack:
    count = _size(draw, 300)
    properties = {f"f{n}": {"pattern": _pattern(draw)} for n in range(count)}
    values = {name: "a" * draw.randint(20, 3_000) + "!" for name in properties}
    return Attack({"properties": properties}, values)


def _many(draw: random.Random) -> Attack:
    schema = {"properties": {"a": {"items": _deep(draw).schema["properties"]["a"]}}}
    return Attack(schema, {"a": draw.choice([_value(draw), [_value(draw)]])})


KINDS: tuple[Callable[[random.Random], Attack], ...] = (
    _wide,
    _deep,
    _referring,
    _matching,
    _many,
)


def _draw(seed: int) -> Attack:
    """Return the attack of a seed whose bodies the service would take."""
    draw = random.Random(seed)
    while True:
        attack = draw.choice(KINDS)(draw)
        bodies = (json.dumps(attack.schema), json.dumps(attack.values))
        if max(map(len, bodies)) < LARGEST_BODY:
            return attack


def _connection_spec(schema: Any) -> dict[str, Any]:
    return {
        "name": "own",
        "providerId": PROVIDER,
        "authSpec": [{"name": "K", "type": "KeyBased", "spec": schema}],
        "attributes": {"isSource": True},
    }


def _store_directly(store: str, seeds: Iterable[int]) -> dict[str, int]:
    """Store specifications as an earlier version would have, whatever they ask for; return their seeds by id."""
    scope = Scope(org=OLDER, sandbox=stored_specs.ANY_SANDBOX)
    seed_of = {str(uuid.uuid4()): seed for seed in seeds}
    with closing(Store(Settings(store=store))) as opened:
        for id, seed in seed_of.items():
            record = Record(
                id=id,
                scope=scope,
                name="own",
                spec_id="",
                state="",
                etag=etags.first(1),
                created_at=1,
                updated_at=1,
                created_by="key",
                updated_by="key",
                document=_connection_spec(_draw(seed).schema),
            )
            with opened.writing(scope) as rows:
                rows.add(tables.connection_specs, record)
    return seed_of


@attrs.define
class _Tally:
    refused: int = 0
    stored: int = 0
    used: int = 0
    slowest: float = 0.0

    def post(self, url: str, body: Any, org: str) -> requests.Response:
        start = time.monotonic()
        text = json.dumps(body, separators=(",", ":"))
        headers = HEADERS | {"x-gw-ims-org-id": org, "Content-Type": "application/json"}
        answer = requests.post(url, text, headers=headers, timeout=LONGEST)
        self.slowest = max(self.slowest, time.monotonic() - start)
        assert answer.status_code in (201, 400, 413), answer.text[:500]
        assert len(answer.content) < LARGEST_BODY
        return answer


def _use(tally: _Tally, root: str, id: str, attack: Attack, org: str) -> None:
    auth = {"specName": "K", "params": attack.values}
    body = {"connectionSpec": {"id": id, "version": "1.0"}, "auth": auth}
    if tally.post(f"{root}/connections", body, org).status_code == 201:
        tally.used += 1


def test_a_specification_made_to_hurt_is_refused_or_used_within_its_budget(
    served: Any, tmp_path: Path
) -> None:
    store = str(tmp_path / "local.db")
    # What intake lets through is used; so is every fifth that an earlier version let through.
    seed_of = _store_directly(store, range(0, ROUNDS, 5))
    tally = _Tally()
    with served(tmp_path, store=store) as (process, address):
        root = f"{address}/data/foundation/flowservice"
        for id, seed in seed_of.items():
            _use(tally, root, id, _draw(seed), OLDER)
        for seed in range(ROUNDS):
            attack, org = _draw(seed), f"ORG{seed // OF_ONE}@AdobeOrg"
            option = {"name": "o", "spec": attack.schema}
            flow_spec = {"name": "o", "providerId": PROVIDER, "optionSpec": option}
            tally.post(f"{root}/flowSpecs", flow_spec, org)
            answer = tally.post(
                f"{root}/connectionSpecs", _connection_spec(attack.schema), org
            )
            if answer.status_code != 201:
                tally.refused += 1
                continue
            tally.stored += 1
            _use(tally, root, answer.json()["id"], attack, org)
        memory = peak_memory(process)
    print(f"{tally}, {memory:.0f} MB")
    assert tally.refused > ROUNDS / 10
    assert tally.stored > ROUNDS / 10
    assert tally.slowest < LONGEST
    assert memory < MOST_MEMORY
