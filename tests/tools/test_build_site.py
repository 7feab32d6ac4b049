"""How the pages are laid out for the site: every page in one of the four kinds, every link to where the page stands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from tests.paths import ROOT
from tools.build_site import (
    SEARCH_SHIM,
    keep_shim_here,
    lay_out,
    loaded_from_elsewhere,
    pages_of,
    with_links,
)

PAGES = {Path("README.md"): Path("index.md"), Path("docs/log.md"): Path("log.md"), Path("docs/a/b.md"): Path("a/b.md")}


def leaves(nav: Any) -> list[str]:
    """The pages of a part of the navigation, in order."""
    if isinstance(nav, str):
        return [nav]
    parts = nav.values() if isinstance(nav, dict) else nav
    return [page for part in parts for page in leaves(part)]


def test_every_page_is_in_the_navigation_once():
    """A page that nobody put into a kind is not found by a reader who looks for it."""
    nav = yaml.safe_load((ROOT / "docs/mkdocs.yml").read_text(encoding="utf-8"))["nav"]
    pages = [str(target) for target in pages_of(ROOT).values() if target.suffix == ".md"]
    assert sorted(leaves(nav)) == sorted([*pages, "python.md"])
    kinds = [title for part in nav for title in part]
    assert kinds == ["offduty", "Tutorials", "How to", "Reference", "Explanation", "Contributing"]


def test_links_lead_to_where_the_pages_stand():
    """Pages, with anchors; pictures; addresses and anchors alone stay; a file that is no page becomes its name."""
    text = "[log](docs/log.md#keys) [x](https://x.org) [y](#y) [`z.py`](pipeline/z.py) ![p](docs/a/b.md)"
    expected = "[log](log.md#keys) [x](https://x.org) [y](#y) `z.py` ![p](a/b.md)"
    assert with_links(text, Path("README.md"), PAGES) == expected
    assert with_links("[up](../../README.md)", Path("docs/a/b.md"), PAGES) == "[up](../index.md)"


def test_what_is_laid_out_has_every_file(tmp_path):
    """Pages and pictures, and the page of the public names."""
    lay_out(ROOT, tmp_path)
    assert {path for path in pages_of(ROOT).values() if not (tmp_path / path).is_file()} == set()
    assert "::: offduty" in (tmp_path / "python.md").read_text(encoding="utf-8")


def test_no_page_loads_anything_over_a_network(tmp_path):
    """The theme's one script is copied; whatever else a page would load is named. Links are not loaded."""
    (tmp_path / "assets").mkdir()
    (tmp_path / "shim.js").write_text("1")
    page = tmp_path / "a" / "b.html"
    page.parent.mkdir()
    page.write_text(f'<script src="{SEARCH_SHIM}"></script><a href="https://x.org">x</a>')
    assert loaded_from_elsewhere(tmp_path) == [SEARCH_SHIM]
    keep_shim_here(tmp_path, tmp_path / "shim.js")
    assert loaded_from_elsewhere(tmp_path) == []
    assert '<script src="../assets/iframe-worker.js">' in page.read_text()
    page.write_text('<link rel="stylesheet" href="https://fonts.example/x.css"><img src=https://x.example/p.png>')
    assert loaded_from_elsewhere(tmp_path) == ["https://fonts.example/x.css", "https://x.example/p.png"]
