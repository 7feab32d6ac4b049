"""The frame of all pages: what is read never becomes markup, what a template needs must be there, and nothing loads."""

from __future__ import annotations

import pytest
from jinja2 import UndefinedError

from offduty.pages.elements import el, joined
from offduty.pages.page import PageSection, bullets, facts, notice, p, page, render, table
from tests.unit.report.pages import cells, read

HOSTILE = "<script>alert(1)</script>\"'&amp;"


def test_every_text_is_escaped():
    """In the title, in headings, and in each of the parts; markup stays markup."""
    body = joined(
        p(HOSTILE, class_=HOSTILE),
        notice(HOSTILE),
        bullets(HOSTILE, el("b", "bold")),
        facts((HOSTILE, HOSTILE), ("left out", None)),
        table(HOSTILE, [HOSTILE, "n"], [[HOSTILE, HOSTILE]], frozenset({1})),
    )
    found = read(page(HOSTILE, p(HOSTILE), [PageSection("one", HOSTILE, body)], p(HOSTILE)))
    assert found.all("script") == []
    assert found.all("title")[0].text == found.all("h2")[1].text == HOSTILE
    assert [one.text for one in found.all("b")] == ["bold"]
    assert cells(found.all("table")[0]) == [[HOSTILE, HOSTILE]]
    assert [one.attributes.get("class") for one in found.all("td")] == ["n"]
    assert "left out" not in found.all("main")[0].text


def test_a_page_without_sections_has_no_table_of_contents():
    """Nothing to go to."""
    assert read(page("t", p("head"), [], p("foot"))).all("nav") == []


def test_what_a_template_needs_must_be_given():
    """An empty place on a page about people is worse than no page."""
    with pytest.raises(UndefinedError, match="title"):
        render("base.html", sections=[], head="", foot="")
