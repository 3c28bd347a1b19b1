"""Dataflows and runs against a model: whatever is done in whatever order, states and runs are as they should be."""

from __future__ import annotations

import os
import tempfile
from typing import Any

import requests
from dataflows import HOURLY, ONCE, Desk
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    rule,
)
from talking import HEADERS, Talker, code

from headwater_local_flow_service import LocalAdapter, Settings, build_app

FULL = bool(os.environ.get("HEADWATER_TEST_FULL"))
ENDS = ("success", "failed")


class Dataflows(RuleBasedStateMachine):
    """The model: the state of each dataflow, and of each run that was asked for."""

    flows = Bundle("flows")
    runs = Bundle("runs")

    @initialize()
    def open(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        app = build_app(Settings(store=f"{self.folder.name}/local.db"))
        session = requests.Session()
        session.mount("http+local://", LocalAdapter(app=app))
        self.desk = Desk(Talker(session, app, dict(HEADERS)))
        self.states: dict[str, str] = {}
        self.repeats: dict[str, bool] = {}
        self.asked: dict[str, tuple[str, str]] = {}  # run -> dataflow and status
        self.last: dict[str, str] = {}  # dataflow -> the run that ended last

    def teardown(self) -> None:
        if hasattr(self, "desk"):
            self.desk.talker.session.close()
            self.desk.talker.app.close()
            self.folder.cleanup()

    @rule(target=flows, repeats=st.booleans(), draft=st.booleans())
    def create(self, repeats: bool, draft: bool) -> str:
        path = "/flows?mode=draft" if draft else "/flows"
        id = str(
            self.desk.made(path, self.desk.body(schedule=HOURLY if repeats else ONCE))[
                "id"
            ]
        )
        self.states[id], self.repeats[id] = "draft" if draft else "enabled", repeats
        return id

    @rule(flow=flows, op=st.sampled_from(["enable", "disable", "publish"]))
    def act(self, flow: str, op: str) -> None:
        needed, after = {
            "enable": ("disabled", "enabled"),
            "disable": ("enabled", "disabled"),
            "publish": ("draft", "enabled"),
        }[op]
        answer = self.desk.act(flow, op)
        if self.states[flow] == needed:
            assert answer.status_code == 200, answer.text
            self.states[flow] = after
        else:
            assert code(answer) == "FLOW-1422-400"

    @rule(flow=flows, name=st.sampled_from(["one", "two"]))
    def rename(self, flow: str, name: str) -> None:
        before = self.desk.read(flow)
        answer = self.desk.patch(flow, {"op": "add", "path": "/name", "value": name})
        assert answer.status_code == 200, answer.text
        after = self.desk.read(flow)
        assert (after["name"], after["state"]) == (name, before["state"])
        assert after["etag"] != before["etag"]

    @rule(flow=consumes(flows))
    def delete(self, flow: str) -> None:
        assert self.desk.talker.send("DELETE", f"/flows/{flow}").status_code == 204
        del self.states[flow]
        self.asked = {
            run: (owner, status)
            for run, (owner, status) in self.asked.items()
            if owner != flow
        }

    @rule(target=runs, flow=flows)
    def ask(self, flow: str) -> str:
        answer = self.desk.talker.post("/runs", json={"flowId": flow})
        if self.repeats[flow] or self.states[flow] != "enabled":
            expected = (
                "CONNECTOR-1386-400" if self.repeats[flow] else "CONNECTOR-1380-400"
            )
            assert code(answer) == expected
            return ""
        [made] = answer.json()["items"]
        self.asked[made["id"]] = (flow, "scheduled")
        return str(made["id"])

    @rule(run=runs, status=st.sampled_from(["inProgress", *ENDS]))
    def report(self, run: str, status: str) -> None:
        if run not in self.asked:
            return
        flow, before = self.asked[run]
        answer = self.desk.report(run, status)
        if before in ENDS and status not in ENDS:
            assert code(answer) == "FLOW-1421-400"
            return
        assert answer.status_code == 200, answer.text
        self.asked[run] = (flow, status)
        if status in ENDS and before not in ENDS:
            self.last[flow] = run

    @rule(target=runs, run=runs)
    def repeat(self, run: str) -> str:
        if run not in self.asked:
            return ""
        flow, status = self.asked[run]
        answer = self.desk.act(run, "re-trigger", "/runs")
        if status != "failed":
            assert code(answer) == "CONNECTOR-1387-400"
        elif self.states[flow] != "enabled":
            assert code(answer) == "CONNECTOR-1388-400"
        else:
            again = str(answer.json()["id"])
            self.asked[again] = (flow, "scheduled")
            return again
        return ""

    @invariant()
    def everything_is_as_modelled(self) -> None:
        if not hasattr(self, "desk"):
            return
        found = self.desk.talker.get("/flows").json()["items"]
        assert {item["id"]: item["state"] for item in found} == self.states
        for item in found:
            last = item.get("lastRunDetails", {}).get("id")
            assert last == self.last.get(item["id"])
        items: list[dict[str, Any]] = self.desk.talker.get("/runs").json()["items"]
        statuses = {
            run["id"]: run["metrics"]["statusSummary"]["status"] for run in items
        }
        assert {
            run: status for run, (_flow, status) in self.asked.items()
        }.items() <= statuses.items()
        to_come = [run["flowId"] for run in items if run["id"] not in self.asked]
        enabled = sorted(id for id, state in self.states.items() if state == "enabled")
        assert sorted(to_come) == enabled, (
            "each enabled dataflow has one run to come, and no other has any"
        )


TestDataflows = Dataflows.TestCase
TestDataflows.settings = settings(
    max_examples=100 if FULL else 15,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
