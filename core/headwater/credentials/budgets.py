"""How much a JSON Schema from outside may ask for, and how long values may be held against it: docs/limits.md.

A schema from outside is one that a tenant lists, or that a caller stored in the embedded service. Where one asks for
more, it is refused with the path and the rule; whatever is still costly is cut short by the time of the request.
"""

from __future__ import annotations

from typing import Final

# What one specification may hold, all of its schemas together.
LARGEST_SPEC: Final = 262_144  # bytes of JSON
DEEPEST: Final = 28  # arrays and objects inside one another
MOST_FIELDS: Final = 1_000  # properties, at every depth
MOST_PATTERNS: Final = 50  # regular expressions
LONGEST_PATTERN: Final = 500  # characters
LARGEST_PATTERN: Final = (
    10_000  # characters, with every {n,m} written out: the engine builds that much
)
MOST_REFERENCES: Final = 100  # `$ref`
# What one of its lists may hold.
MOST_REQUIRED: Final = 1_000  # names
MOST_CHOICES: Final = 1_000  # values of an enum
MOST_BRANCHES: Final = 50  # schemas of an anyOf, oneOf or allOf
# What one schema may become.
MOST_EXPANDED: Final = (
    10_000  # arrays and objects, with everything in the place of every `$ref` to it
)

# What validating may take.
LONGEST_VALIDATION: Final = (
    2.0  # seconds of one request or one command, whatever is validated in it
)
MOST_NESTED: Final = (
    120  # rules applied inside one another; references can lead in a circle
)
LONGEST_MATCH: Final = 0.2  # seconds of one pattern held against one string
MOST_FINDINGS: Final = (
    20_000  # mismatches of one request; each takes memory until it is told
)
LONGEST_MATCHED: Final = 16_384  # characters of a value that a pattern is held against; a longer one does not match
