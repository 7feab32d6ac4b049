"""The command `offduty docs`: shows the pages that came with the package, such as the specification, and the examples
that they name, such as the script for every night.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from pathlib import Path

from offduty.cli.console import print_answer
from offduty.core.data_folders import data_folder
from offduty.core.errors import UsageError

EXAMPLES = "examples/"
MADE = {".pyc", ".gpkg"}  # what a use of the examples leaves among them
ANCHOR = re.compile(r'<a id="([^"]+)"></a>')


def docs(page: str | None) -> int:
    """List the pages, or print one to standard output; ``page`` may name a rule of it: ``specification#duty-rule``; or
    a file of the examples as the pages name it, which is printed as it is: ``examples/nightly.sh``.

    Raises `UsageError`, which names what is near, if there is no such page, rule or file.
    """
    pages = pages_by_name(docs_folder())
    if page is None:
        width = max(map(len, pages))
        titles = {name: title_of(path.read_text(encoding="utf-8")) for name, path in pages.items()}
        listed = "".join(f"{name:<{width}}  {title}\n" for name, title in titles.items())
        return print_answer(listed + "".join(f"{name}\n" for name in examples_by_name()))
    if page.startswith(EXAMPLES):
        return _example(page)
    name, _, anchor = page.removesuffix(".md").partition("#")
    if name not in pages:
        raise UsageError(f"there is no page {name!r}{_near(name, pages)}; offduty docs lists the pages")
    text = pages[name].read_text(encoding="utf-8")
    return print_answer(ANCHOR.sub("", rule_of(text, anchor, name) if anchor else text) + "\n")


def docs_folder() -> Path:
    """Where the pages are: inside the installed package, or at the top of a checkout."""
    return data_folder("docs")


def _example(name: str) -> int:
    files = examples_by_name()
    if name not in files:
        raise UsageError(f"there is no file {name!r}{_near(name, files)}; offduty docs lists the examples")
    return print_answer(files[name].read_text(encoding="utf-8"))


def examples_by_name() -> dict[str, Path]:
    """The files of the examples, all of them text, by their names as the pages have them: ``examples/nightly.sh``."""
    folder = data_folder("examples")
    files = (path for path in folder.rglob("*") if path.is_file() and path.suffix not in MADE)
    return dict(sorted((f"{EXAMPLES}{path.relative_to(folder).as_posix()}", path) for path in files))


def pages_by_name(folder: Path) -> dict[str, Path]:
    """The pages by their names, without folder and ending; decision records (``adr/``) are left out."""
    pages = {path.stem: path for path in folder.rglob("*.md") if path.parent.name != "adr"}
    in_checkout = folder.parent / "GLOSSARY.md"  # the wheel has it among the pages
    if in_checkout.is_file():
        pages["glossary"] = in_checkout
    return dict(sorted(pages.items()))


def title_of(text: str) -> str:
    """The first heading of a page.

    >>> title_of("<!-- made -->\\n# Reasons\\n\\nEvery ping ...")
    'Reasons'
    """
    return next((line.removeprefix("# ") for line in text.splitlines() if line.startswith("# ")), "")


def rule_of(text: str, anchor: str, name: str) -> str:
    """The paragraph, list item or table row with an anchor; the anchor of a section gives the whole section.

    >>> print(rule_of('<a id="one"></a>First.\\n\\n<a id="two"></a>Second.', "two", "page"))
    <a id="two"></a>Second.
    """
    mark = f'<a id="{anchor}"></a>'
    if mark not in text:
        raise UsageError(f"the page {name} has no rule {anchor!r}{_near(anchor, ANCHOR.findall(text))}")
    lines = text.splitlines()
    first = next(number for number, line in enumerate(lines) if mark in line)
    if lines[first].lstrip().startswith("|"):
        return lines[first]
    rest = lines[first + 1 :]
    heading = next((line for line in [lines[first].replace(mark, ""), *rest] if line.strip()), "")
    if heading.startswith("#"):
        level = heading.partition(" ")[0]
        start = rest.index(heading) if heading in rest else -1
        end = next((n for n, line in enumerate(rest) if n > start and _is_heading(line, len(level))), len(rest))
        return "\n".join(lines[first : first + 1 + end]).rstrip()
    begin = first + 1 if not lines[first].replace(mark, "").strip() else first
    while begin < len(lines) and not lines[begin].strip():
        begin += 1
    end = _end_of_block(lines, begin)
    if (
        lines[end - 1].endswith("**") and lines[end + 1 : end + 2]
    ):  # a title alone: what it is the title of belongs to it
        end = _end_of_block(lines, end + 1)
    return "\n".join(lines[begin:end])


def _end_of_block(lines: list[str], begin: int) -> int:
    return next((n for n in range(begin, len(lines)) if not lines[n].strip()), len(lines))


def _is_heading(line: str, level: int) -> bool:
    return bool(re.match(rf"#{{1,{level}}} ", line))


def _near(name: str, names: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(names), n=1)
    return f"; did you mean {near[0]!r}?" if near else ""
