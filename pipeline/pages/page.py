"""Renders pages from templates: one HTML file, whose content policy forbids every request, and every script but those
that the page was made with (only the interactive map has any).
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from offduty.pages.elements import Markup, el, joined
from offduty.pages.language import ENGLISH, Language


@dataclass(frozen=True)
class PageSection:
    """One section of a page: its id, its heading, and what is below the heading."""

    id: str
    heading: str
    body: Markup


def page(
    title: str, head: Markup, sections: Sequence[PageSection], foot: Markup, language: Language = ENGLISH
) -> bytes:
    """The whole page: ``head`` is above the table of contents, ``foot`` below the last section."""
    return render("base.html", language, title=title, head=head, sections=sections, foot=foot)


def render(template: str, language: Language = ENGLISH, scripts: Sequence[str] = (), **values: Any) -> bytes:
    """A page, in UTF-8, by a template of `pages/templates` that extends `base.html`.

    ``values`` are what the template names: ``title``, ``sections`` (a list of `PageSection`) and its own. Every value
    that is not `Markup` is escaped. ``scripts`` are those of a drawing library, and never anybody's text: a template
    that has a place for them writes them as they are. Raises `jinja2.UndefinedError` where a value is missing.
    """
    style = resources.files("offduty.pages").joinpath("templates", "style.css").read_text(encoding="utf-8")
    return (
        _templates()
        .get_template(template)
        .render(
            language=language,
            style=Markup(style),
            content_policy=content_policy(style, scripts),
            scripts=[Markup(script) for script in scripts],
            **values,
        )
        .encode()
    )


def content_policy(style: str, scripts: Sequence[str] = ()) -> str:
    """What a browser may load for the page: only the style sheet inside it, which is identified by its hash.

    A page with scripts allows these, likewise by their hashes, and the styles and icons that they put into the page:
    what a style sheet could fetch from elsewhere is forbidden all the same.
    """
    styles = "'unsafe-inline'" if scripts else _hash(style)
    allowed = "".join(f" {_hash(script)}" for script in scripts)
    may_run = f" script-src{allowed}; img-src data:;" if scripts else ""
    return f"default-src 'none';{may_run} style-src {styles}; base-uri 'none'; form-action 'none'"


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@cache
def _templates() -> Environment:
    """The templates: everything is escaped, and what a template names must be there."""
    return Environment(
        loader=PackageLoader("offduty.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        cache_size=-1,
    )


@cache
def _parts() -> Any:
    """The macros of `parts.html`, which templates import too."""
    return _templates().get_template("parts.html").module


def p(*children: str | None, class_: str | None = None) -> Markup:
    """A paragraph."""
    return _part("paragraph", joined(*children), class_)


def facts(*pairs: tuple[str, str | None]) -> Markup:
    """Names and their values as a list; pairs without a value are left out."""
    return _part("facts", pairs)


def table(
    caption: str, heads: Sequence[str], rows: Sequence[Sequence[str]], numbers: frozenset[int] = frozenset()
) -> Markup:
    """A table whose first column names its rows; columns in ``numbers`` are aligned to the right."""
    return _part("table", caption, heads, rows, numbers)


def notice(*children: str | None, warning: bool = True) -> Markup:
    """A remark that must not be missed; a warning is in the colour of warnings."""
    return _part("notice", joined(*children), warning)


def bullets(*items: str) -> Markup:
    """A list."""
    return _part("bullets", items)


def code(text: str) -> Markup:
    """A word of a file or of the command line, in one line; only a whole hash may be broken."""
    return el("code", text, class_="long" if len(text) > 40 else None)


def _part(macro: str, *values: object) -> Markup:
    return Markup(getattr(_parts(), macro)(*values))


__all__ = [
    "PageSection",
    "bullets",
    "code",
    "content_policy",
    "facts",
    "joined",
    "notice",
    "p",
    "page",
    "render",
    "table",
]
