"""Builds the pages of this checkout as a site that can be searched without a network: `make site`.

MkDocs wants all pages below one folder. The pages of offduty stand where people look for them in a checkout, so they
are copied to `build/pages` first: README becomes the first page, and each link is made to lead to the copy. A link to a
file that is no page (a module, an example) becomes its name, because the site does not have the file.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "build"
CONFIGURATION = ROOT / "docs" / "mkdocs.yml"
ELSEWHERE = {
    "README.md": "index.md",
    "GLOSSARY.md": "glossary.md",
    "CHANGELOG.md": "changelog.md",
    "benchmarks/README.md": "benchmarks.md",
    "sample_data/README.md": "sample-data.md",
    ".github/CONTRIBUTING.md": "contributing/index.md",
    ".github/SECURITY.md": "contributing/security.md",
    ".github/CODE_OF_CONDUCT.md": "contributing/conduct.md",
}
"""Pages that do not stand in docs/, with the names that they have on the site."""
SEARCH_SHIM = "https://unpkg.com/iframe-worker/shim"
"""What the theme loads from elsewhere so that the search works in pages that are opened from a disk."""
PUBLIC_NAMES = "# Python\n\nWhat `from offduty import ...` gives.\n\n::: offduty\n    options:\n      members: true\n"
LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^()\s]+)\)")


def pages_of(root: Path) -> dict[Path, Path]:
    """Every file of the site, by its path in the checkout: where it stands on the site."""
    inside = [path for path in sorted((root / "docs").rglob("*")) if path.suffix in (".md", ".png", ".svg")]
    pages = {path.relative_to(root): path.relative_to(root / "docs") for path in inside}
    return pages | {Path(name): Path(target) for name, target in ELSEWHERE.items()}


def with_links(text: str, page: Path, pages: dict[Path, Path]) -> str:
    """The text of a page with links as they must be on the site; addresses and anchors of the page itself stay.

    >>> pages = {Path("README.md"): Path("index.md"), Path("docs/log.md"): Path("log.md")}
    >>> with_links("[a](../README.md#b), [c](../pipeline/x.py), [d](#e)", Path("docs/log.md"), pages)
    '[a](index.md#b), c, [d](#e)'
    """

    def moved(match: re.Match[str]) -> str:
        picture, words, address = match.groups()
        target, hash_sign, anchor = address.partition("#")
        if not target or re.match(r"[a-z]+:", target):
            return match[0]
        file = Path(os.path.normpath(page.parent / target))
        if file not in pages:
            return words
        there = os.path.relpath(pages[file], pages[page].parent)
        return f"{picture}[{words}]({there}{hash_sign}{anchor})"

    return LINK.sub(moved, text)


def lay_out(root: Path, folder: Path) -> None:
    """Copy every file of the site into a folder, pages with their links changed."""
    pages = pages_of(root)
    for page, target in pages.items():
        (folder / target).parent.mkdir(parents=True, exist_ok=True)
        if page.suffix == ".md":
            text = with_links((root / page).read_text(encoding="utf-8"), page, pages)
            (folder / target).write_text(text, encoding="utf-8")
        else:
            shutil.copyfile(root / page, folder / target)
    (folder / "python.md").write_text(PUBLIC_NAMES, encoding="utf-8")


def keep_shim_here(site: Path, shim: Path) -> None:
    """Copy the script that the theme loads from elsewhere into the site, and let every page load the copy."""
    shutil.copyfile(shim, site / "assets" / "iframe-worker.js")
    for page in site.rglob("*.html"):
        here = os.path.relpath(site / "assets" / "iframe-worker.js", page.parent)
        page.write_text(page.read_text(encoding="utf-8").replace(SEARCH_SHIM, here), encoding="utf-8")


def loaded_from_elsewhere(site: Path) -> list[str]:
    """The scripts, styles and pictures that pages would load over a network: there must be none."""
    loads = re.compile(r"""<(?:script|link|img)\b[^>]*?\b(?:src|href)=["']?(https?://[^"'\s>]+)""")
    return sorted({found for page in site.rglob("*.html") for found in loads.findall(page.read_text(encoding="utf-8"))})


def main() -> int:
    """Lay the pages out, and let MkDocs build the site into build/site; its warnings are errors.

    The first argument is the file `shim/index.js` of the npm package iframe-worker.
    """
    shutil.rmtree(BUILD, ignore_errors=True)
    lay_out(ROOT, BUILD / "pages")
    shutil.copyfile(CONFIGURATION, BUILD / "mkdocs.yml")
    command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--config-file", str(BUILD / "mkdocs.yml")]
    built = subprocess.run(command, cwd=ROOT, check=False, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"})
    if built.returncode:
        return built.returncode
    keep_shim_here(BUILD / "site", Path(sys.argv[1]))
    foreign = loaded_from_elsewhere(BUILD / "site")
    for address in foreign:
        print(f"a page loads {address}")
    return 1 if foreign else 0


if __name__ == "__main__":
    sys.exit(main())
