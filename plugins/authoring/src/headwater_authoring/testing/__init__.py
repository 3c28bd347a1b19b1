"""What authors of connectors test with: the conformance suite, and strategies for property tests.

Its other name is ``headwater.testing``: the same modules, and the name that connectors' tests import. Nothing else of
Headwater imports it. Public names resolve when first used: pytest and hypothesis are imported with what needs them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from headwater.lazy import lazily

if TYPE_CHECKING:
    from headwater_authoring.testing.conformance import ConnectorConformance
    from headwater_authoring.testing.embedded import embedded_service
    from headwater_authoring.testing.failures import ConformanceFailure
    from headwater_authoring.testing.strategies import credentials_for
    from headwater_authoring.testing.subject import Subject, slugs_of, subject_of

_HOME = {
    "ConformanceFailure": "failures",
    "ConnectorConformance": "conformance",
    "Subject": "subject",
    "credentials_for": "strategies",
    "embedded_service": "embedded",
    "slugs_of": "subject",
    "subject_of": "subject",
}

__all__ = [
    "ConformanceFailure",
    "ConnectorConformance",
    "Subject",
    "credentials_for",
    "embedded_service",
    "slugs_of",
    "subject_of",
]


__getattr__ = lazily(__name__, _HOME)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
