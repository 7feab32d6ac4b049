"""Assembles a page: one HTML file without a script, whose content policy forbids every request to anywhere."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources

from offduty.report.html.elements import Markup, el, joined


@dataclass(frozen=True)
class PageSection:
    """One section of a page: its id, its heading, and what is below the heading."""

    id: str
    heading: str
    body: Markup


def page(title: str, head: Markup, sections: Sequence[PageSection], foot: Markup) -> bytes:
    """The whole page: ``head`` is above the table of contents, ``foot`` below the last section."""
    style = resources.files("offduty.report.html").joinpath("style.css").read_text(encoding="utf-8")
    contents = el(
        "nav",
        el("h2", "Contents", id="contents"),
        el("ol", *(el("li", el("a", part.heading, href=f"#{part.id}")) for part in sections)),
        aria_labelledby="contents",
    )
    parts = [el("section", el("h2", part.heading, id=part.id), part.body, aria_labelledby=part.id) for part in sections]
    body = el(
        "body",
        el("a", "Skip to the report", href="#main", class_="skip"),
        el("header", head),
        el("main", contents, *parts, id="main", tabindex=-1),
        el("footer", foot),
    )
    return ("<!doctype html>\n" + el("html", _head(title, style), body, lang="en-GB") + "\n").encode()


def content_policy(style: str) -> str:
    """What a browser may load for the page: only the style sheet inside it, which is identified by its hash."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def _head(title: str, style: str) -> Markup:
    return el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", http_equiv="Content-Security-Policy", content=content_policy(style)),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", name="referrer", content="no-referrer"),
        el("meta", name="robots", content="noindex, nofollow"),
        el("meta", name="color-scheme", content="light dark"),
        el("meta", name="generator", content="offduty"),
        el("title", title),
        el("style", Markup(style)),
    )


def p(*children: str | None, class_: str | None = None) -> Markup:
    """A paragraph."""
    return el("p", *children, class_=class_)


def facts(*pairs: tuple[str, str | None]) -> Markup:
    """Names and their values as a list; pairs without a value are left out."""
    rows = [el("div", el("dt", name), el("dd", value)) for name, value in pairs if value]
    return el("dl", *rows, class_="facts")


def table(
    caption: str, heads: Sequence[str], rows: Sequence[Sequence[str]], numbers: frozenset[int] = frozenset()
) -> Markup:
    """A table whose first column names its rows; columns in ``numbers`` are aligned to the right."""
    top = [el("th", head, scope="col", class_="n" if at in numbers else None) for at, head in enumerate(heads)]
    body = [
        el(
            "tr",
            el("th", cells[0], scope="row"),
            *(el("td", cell, class_="n" if at in numbers else None) for at, cell in enumerate(cells[1:], 1)),
        )
        for cells in rows
    ]
    inner = el("table", el("caption", caption), el("thead", el("tr", *top)), el("tbody", *body))
    return el("div", inner, class_="scroll", tabindex=0, role="region", aria_label=caption)


def notice(*children: str, warning: bool = True) -> Markup:
    """A remark that must not be missed; a warning is in the colour of warnings."""
    return el("div", *children, class_="notice warning" if warning else "notice")


def bullets(*items: str) -> Markup:
    """A list."""
    return el("ul", *(el("li", item) for item in items))


def code(text: str) -> Markup:
    """A word of a file or of the command line, in one line; only a whole hash may be broken."""
    return el("code", text, class_="long" if len(text) > 40 else None)


__all__ = ["PageSection", "bullets", "code", "content_policy", "facts", "joined", "notice", "p", "page", "table"]
