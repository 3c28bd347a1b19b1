"""The README's table is the data's."""

from __future__ import annotations

from pathlib import Path

from headwater_adobe_catalog import readme, slugs

README = Path(__file__).parents[1] / "README.md"


def test_the_table_of_sources_is_current() -> None:
    text = README.read_text(encoding="utf-8")
    assert readme.update(text) == text
    assert all(f"| `{slug}` |" in text for slug in slugs())


def test_renewing_replaces_the_table_and_nothing_else(tmp_path: Path) -> None:
    copy = tmp_path / "README.md"
    copy.write_text(
        f"before\n{readme.BEGIN}\n| an old table |\n{readme.END}\nafter\n",
        encoding="utf-8",
    )
    readme.main([str(copy)])
    assert (
        copy.read_text(encoding="utf-8")
        == f"before\n{readme.BEGIN}\n{readme.table()}\n{readme.END}\nafter\n"
    )
