"""The checks of the conformance suite: functions that return nothing, or raise `ConformanceFailure`."""

from __future__ import annotations

from headwater_authoring.testing.checks.credentials import (
    check_corruptions_refused,
    check_examples_accepted,
)
from headwater_authoring.testing.checks.facts import check_facts, check_loads
from headwater_authoring.testing.checks.fields import check_fields
from headwater_authoring.testing.checks.importing import check_import
from headwater_authoring.testing.checks.reading import (
    check_answers,
    check_reader,
)
from headwater_authoring.testing.checks.schemas import check_schemas
from headwater_authoring.testing.checks.secrets import check_no_leaks
from headwater_authoring.testing.checks.service import check_connections

__all__ = [
    "check_answers",
    "check_connections",
    "check_corruptions_refused",
    "check_examples_accepted",
    "check_facts",
    "check_fields",
    "check_import",
    "check_loads",
    "check_no_leaks",
    "check_reader",
    "check_schemas",
]
