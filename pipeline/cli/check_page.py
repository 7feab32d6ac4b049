"""Makes the page of a check: the same tables as HTML, for people who have no terminal."""

from __future__ import annotations

from offduty.cli.check_text import outcome_rows
from offduty.pages.elements import Markup, el, joined
from offduty.pages.page import PageSection, bullets, notice, p, page, table
from offduty.runs.check import Checked
from offduty.runs.check_tables import CheckedTable

TITLE = "What a run would find"


def check_page(checked: Checked) -> bytes:
    """The page, without row numbers, and without counts under ten (specification#small-counts)."""
    stops = [] if checked.stops is None else [notice(el("strong", "A run would stop: "), str(checked.stops))]
    head = joined(el("h1", TITLE), p("Nothing was published. The counts are those of the run that follows."), *stops)
    outcome = table("What a run would do", ["Outcome", "Positions"], list(outcome_rows(checked, exact=False)))
    sections = [
        *(PageSection(each.name, each.name.capitalize(), _table(each)) for each in checked.tables),
        PageSection("outcome", "What a run would do", outcome),
        PageSection("next", "What to do next", bullets(*checked.next)),
    ]
    return page(TITLE, head, sections, p("Made by offduty check."))


def _table(checked: CheckedTable) -> Markup:
    rows = [
        [line.label, joined(el("strong", "Look: ") if line.warning else None, line.quiet)] for line in checked.lines
    ]
    return table(f"{checked.name}, {checked.files} files", ["What", "Found"], rows)
