"""Makes HTML and SVG out of parts; text is escaped by being text, so nothing that was read can become markup."""

from __future__ import annotations

from html import escape
from typing import TypeVar

VOID = frozenset({"meta", "link", "br", "hr", "img", "wbr"})


class Markup(str):
    """Text that is markup already; everything else is escaped."""

    __slots__ = ()


Part = TypeVar("Part")


def el(tag: str, *children: str | None, **attributes: str | int | float | None) -> Markup:
    """One element. ``class_`` stands for class, ``aria_label`` for aria-label; an attribute that is None is left out.

    >>> el("p", "a < b", class_="note")
    '<p class="note">a &lt; b</p>'
    >>> el("meta", charset="utf-8"), el("td", el("b", "1"), None)
    ('<meta charset="utf-8">', '<td><b>1</b></td>')
    """
    held = "".join(
        f' {_name(name)}="{escape(_value(value), quote=True)}"'
        for name, value in attributes.items()
        if value is not None
    )
    if tag in VOID:
        return Markup(f"<{tag}{held}>")
    return Markup(f"<{tag}{held}>{joined(*children)}</{tag}>")


def joined(*children: str | None) -> Markup:
    """Parts one after the other; those that are not markup are escaped, None is nothing."""
    return Markup(
        "".join(child if isinstance(child, Markup) else escape(child or "", quote=False) for child in children)
    )


def _name(name: str) -> str:
    return name.rstrip("_").replace("_", "-") if name != "viewBox" else name


def _value(value: str | int | float) -> str:
    """Numbers with two decimals at the most: what cannot be seen need not be told."""
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
