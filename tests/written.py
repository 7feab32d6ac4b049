"""Puts a table that a command printed into its page, between two marks."""

from __future__ import annotations

from pathlib import Path


def rewrite(page: Path, name: str, table: str) -> None:
    """Replace what stands between ``<!-- name -->`` and ``<!-- /name -->``."""
    before, mark, rest = page.read_text(encoding="utf-8").partition(f"<!-- {name} -->\n")
    _, closing, after = rest.partition(f"<!-- /{name} -->")
    if not mark or not closing:
        raise SystemExit(f"{page.name} has no marks for {name}")
    page.write_text(before + mark + table + "\n" + closing + after, encoding="utf-8")
