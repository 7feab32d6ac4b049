"""Replaces a generated table in a page of the documentation, between two marks."""

from __future__ import annotations

from pathlib import Path


def rewrite(page: Path, name: str, table: str) -> None:
    """Replace the text between ``<!-- name -->`` and ``<!-- /name -->``; `SystemExit` where the page lacks them."""
    before, mark, rest = page.read_text(encoding="utf-8").partition(f"<!-- {name} -->\n")
    _, end_mark, after = rest.partition(f"<!-- /{name} -->")
    if not mark or not end_mark:
        raise SystemExit(f"{page.name} has no marks for {name}")
    page.write_text(before + mark + table + "\n" + end_mark + after, encoding="utf-8")
