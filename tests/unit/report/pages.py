"""Reads a page with Python's own HTML parser: elements, attributes and text."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "link", "br", "hr", "img", "wbr", "input"}


@dataclass(eq=False)
class Element:
    """One element, with its attributes, its children and its text."""

    tag: str
    attributes: dict[str, str | None]
    parent: Element | None = None
    children: list[Element] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All text in it, in the order of the page, with single spaces."""
        return " ".join("".join(self.texts).split())

    def all(self, tag: str | None = None, class_: str | None = None) -> list[Element]:
        """Every element inside it with that tag and class."""
        found = []
        for child in self.children:
            if tag in (None, child.tag) and (class_ is None or class_ in (child.attributes.get("class") or "").split()):
                found.append(child)
            found += child.all(tag, class_)
        return found

    def by_id(self, id_: str) -> Element:
        """The element with that id; there must be exactly one."""
        (found,) = [one for one in self.all() if one.attributes.get("id") == id_]
        return found


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = Element("", {})
        self.at = self.root

    def handle_starttag(self, tag, attrs):
        child = Element(tag, dict(attrs), self.at)
        self.at.children.append(child)
        if tag not in VOID:
            self.at = child

    def handle_endtag(self, tag):
        assert self.at.tag == tag, f"{tag} closes {self.at.tag}"
        self.at = self.at.parent

    def handle_data(self, data):
        one = self.at
        while one is not None:
            one.texts.append(data)
            one = one.parent


def read(html: bytes) -> Element:
    """The page as elements; every element must be closed inside the element in which it was opened."""
    reader = _Reader()
    reader.feed(html.decode())
    reader.close()
    assert reader.at is reader.root
    return reader.root


def cells(table: Element) -> list[list[str]]:
    """The text of the cells of a table's body, row by row."""
    return [[cell.text for cell in row.children] for body in table.all("tbody") for row in body.all("tr")]
