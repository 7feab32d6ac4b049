"""Builds single HTML and SVG elements, for what is drawn. All text is escaped unless it is `Markup`."""

from __future__ import annotations

from html import escape

from markupsafe import Markup

VOID = frozenset({"br", "hr", "wbr"})


def el(tag: str, *children: str | None, **attributes: str | int | float | None) -> Markup:
    """One element. ``class_`` is written as class, ``aria_label`` as aria-label; an attribute that is None is left out.

    >>> str(el("p", "a < b", class_="note")), str(el("td", el("b", "1"), None))
    ('<p class="note">a &lt; b</p>', '<td><b>1</b></td>')
    """
    written = "".join(
        f' {_name(name)}="{escape(_value(value), quote=True)}"'
        for name, value in attributes.items()
        if value is not None
    )
    inside = "" if tag in VOID else f"{joined(*children)}</{tag}>"
    return Markup(f"<{tag}{written}>{inside}")  # noqa: S704 (its parts are escaped above)


def joined(*children: str | None) -> Markup:
    """Parts one after the other; those that are not markup are escaped, and None is nothing."""
    parts = (child if isinstance(child, Markup) else escape(child or "", quote=False) for child in children)
    return Markup("".join(parts))  # noqa: S704 (escaped in the line above)


def _name(name: str) -> str:
    return name.rstrip("_").replace("_", "-")


def _value(value: str | int | float) -> str:
    """A number with two decimals at most: nothing finer is visible in a picture."""
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


__all__ = ["Markup", "el", "joined"]
