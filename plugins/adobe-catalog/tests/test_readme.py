"""The README's table is the data's."""

from __future__ import annotations

from pathlib import Path

from headwater_adobe_catalog import readme, slugs, source_of

README = Path(__file__).parents[1] / "README.md"
ROOT = Path(__file__).parents[3]


def test_the_table_of_sources_is_current() -> None:
    text = README.read_text(encoding="utf-8")
    assert readme.update(text) == text
    assert all(f"| `{slug}` |" in text for slug in slugs())


def test_pages_that_count_the_sources_count_all_of_them() -> None:
    specs = [source_of(slug).connection_spec() for slug in slugs()]
    all_of_them, ui_only = len(specs), sum(spec.ui_only for spec in specs)
    for page, counted in {
        "README.md": f"| {all_of_them} sources of the platform's catalogue as data-only connectors, {ui_only} of them",
        "docs/doctor.md": f": {all_of_them} catalogue connectors",
        "docs/conformance.md": f"own catalogue of {all_of_them} sources",
    }.items():
        assert counted in (ROOT / page).read_text(encoding="utf-8"), page


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
