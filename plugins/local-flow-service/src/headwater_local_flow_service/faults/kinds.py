"""The faults there are: what each does with a request, apart from how it is carried out.

Every fault is the same few steps, some of them left out: wait, let the application run (which commits), wait, end. The
two mountings (a socket, and a transport inside the process) differ only in how they carry these steps out.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import Mapping


class End(enum.Enum):
    """How the client's request ends."""

    ANSWER = "the application's answer"
    OWN = "an answer of the fault's own"
    TRUNCATE = "the application's answer, broken off"
    RESET = "the connection is reset"
    DROP = "the connection is closed without an answer"
    REFUSE = "the application's answer, and nobody listens for a while"


@attrs.frozen(kw_only=True)
class FaultKind:
    """One fault. `takes` are the details a rule may give, with what they are when it does not.

    `commits` says that the application runs, `waits` when the wait of ``seconds`` comes: before it or after. `hangs`
    says that the wait has no other end than the client's patience. `needs` is a header without which a request is left
    alone.
    """

    name: str
    text: str
    end: End
    commits: bool = False
    waits: str = ""
    hangs: bool = False
    needs: str = ""
    takes: Mapping[str, float] = attrs.field(factory=dict)


_ALL = (
    FaultKind(
        name="429",
        text="too many requests, with Retry-After",
        end=End.OWN,
        takes={"retry_after": 1},
    ),
    FaultKind(
        name="5xx",
        text="an error of the service, before anything is done",
        end=End.OWN,
        takes={"status": 500},
    ),
    FaultKind(
        name="html",
        text="an error page in HTML, as proxies send them",
        end=End.OWN,
        takes={"status": 502},
    ),
    FaultKind(name="expired-token", text="401 with error_code 401013", end=End.OWN),
    FaultKind(
        name="stale-etag",
        text="If-Match is judged to be outdated; strikes only requests that send one",
        end=End.ANSWER,
        commits=True,
        needs="If-Match",
    ),
    FaultKind(
        name="slow",
        text="the answer takes a while",
        end=End.ANSWER,
        commits=True,
        waits="after",
        takes={"seconds": 2},
    ),
    FaultKind(
        name="truncated",
        text="the answer breaks off in its body",
        end=End.TRUNCATE,
        commits=True,
    ),
    FaultKind(
        name="reset",
        text="the connection is reset, before anything is done",
        end=End.RESET,
    ),
    FaultKind(
        name="refuse",
        text="answers, and refuses connections for a while",
        end=End.REFUSE,
        commits=True,
        takes={"seconds": 0.5},
    ),
    FaultKind(
        name="hang",
        text="no answer, nothing is done",
        end=End.DROP,
        waits="before",
        hangs=True,
        takes={"seconds": 60},
    ),
    FaultKind(
        name="hang-then-commit",
        text="no answer; carried out late",
        end=End.DROP,
        commits=True,
        waits="before",
        takes={"seconds": 2},
    ),
    FaultKind(
        name="commit-then-hang",
        text="carried out, no answer",
        end=End.DROP,
        commits=True,
        waits="after",
        hangs=True,
        takes={"seconds": 60},
    ),
    FaultKind(
        name="commit-then-500",
        text="carried out, but answered with an error",
        end=End.OWN,
        commits=True,
    ),
    FaultKind(
        name="commit-then-reset",
        text="carried out, then the connection is reset",
        end=End.RESET,
        commits=True,
    ),
)

KINDS: Mapping[str, FaultKind] = {kind.name: kind for kind in _ALL}
DETAILS = tuple(sorted({name for kind in _ALL for name in kind.takes}))
