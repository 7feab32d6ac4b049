"""Builds HTML and SVG elements. All text is escaped unless it is `Markup`, so nothing that was read becomes markup."""

from __future__ import annotations

from html import escape
from typing import TypeVar

VOID = frozenset({"meta", "link", "br", "hr", "img", "wbr"})


class Markup(str):
    """Text that is markup already. Every other text is escaped."""

    __slots__ = ()


Part = TypeVar("Part")


def el(tag: str, *children: str | None, **attributes: str | int | float | None) -> Markup:
    """One element. ``class_`` is written as class, ``aria_label`` as aria-label; an attribute that is None is left out.

    >>> el("p", "a < b", class_="note")
    '<p class="note">a &lt; b</p>'
    >>> el("meta", charset="utf-8"), el("td", el("b", "1"), None)
    ('<meta charset="utf-8">', '<td><b>1</b></td>')
    """
    written = "".join(
        f' {_name(name)}="{escape(_value(value), quote=True)}"'
        for name, value in attributes.items()
        if value is not None
    )
    if tag in VOID:
        return Markup(f"<{tag}{written}>")
    return Markup(f"<{tag}{written}>{joined(*children)}</{tag}>")


def joined(*children: str | None) -> Markup:
    """Parts one after the other; those that are not markup are escaped, and None is nothing."""
    return Markup(
        "".join(child if isinstance(child, Markup) else escape(child or "", quote=False) for child in children)
    )


def _name(name: str) -> str:
    return name.rstrip("_").replace("_", "-")


def _value(value: str | int | float) -> str:
    """A number with two decimals at most: nothing finer is visible in a picture."""
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
