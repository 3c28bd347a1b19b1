"""Keep the README's table of sources current: ``python -m headwater_adobe_catalog.readme README.md``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from headwater_adobe_catalog import slugs, source_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headwater import ConnectionSpec

BEGIN = "<!-- sources: generated from sources.json -->"
END = "<!-- end of sources -->"


def table() -> str:
    """Return the Markdown table of all sources, one row each, sorted by slug."""
    rows = [
        "| slug | source | category | ingestion | lifecycle | connection specification |",
        "|---|---|---|---|---|---|",
    ]
    for slug in slugs():
        spec = source_of(slug).connection_spec()
        cells = (
            f"`{slug}`",
            spec.name,
            spec.category,
            spec.ingestion,
            spec.lifecycle,
            _identifier(spec),
        )
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def update(text: str) -> str:
    """Return the README's text with the table between the two marks renewed."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


def main(arguments: Sequence[str]) -> None:
    """Rewrite the README named on the command line."""
    if len(arguments) != 1:
        raise SystemExit("usage: python -m headwater_adobe_catalog.readme README.md")
    path = Path(arguments[0])
    path.write_text(update(path.read_text(encoding="utf-8")), encoding="utf-8")


def _identifier(spec: ConnectionSpec) -> str:
    if spec.ui_only:
        return "none: in the user interface only"
    if spec.id is None:
        return "not verified"
    if not spec.base_connection:
        return f"`{spec.id}`, no base connection"
    return f"`{spec.id}`"


if __name__ == "__main__":
    main(sys.argv[1:])
