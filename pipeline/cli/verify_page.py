"""Makes the page of a verdict: every check in plain words, for people who have no terminal and know no log.

It may be shown to anybody: as in a report, numbers of rows are rounded and names of files are left out, and what is
wrong is counted. `offduty verify` names it, for the auditor.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from offduty.pages.elements import Markup, el, joined
from offduty.pages.page import PageSection, bullets, code, notice, p, page, table
from offduty.report.data.verification import figure_in_words, how_many, verdict, why
from offduty.report.html.status import status_mark
from offduty.verify.verdict import Check, Status, Verdict

TITLE = "What was verified"
AREAS = {
    "1": ("The log", "Was an entry changed, removed or added afterwards, and who signed them?"),
    "2": ("The files", "Is each published file there, as it was published, and no other?"),
    "3": (
        "What is in the files",
        "Are released values as coarse as the rules require? Does a file hide anything?",
    ),
    "4": ("Nothing left out", "Is each row of the inputs recorded once, and are the sums right?"),
    "5": ("Every decision", "Does a second program, written independently, decide each position in the same way?"),
    "6": ("Over time", "Does a later run release what an earlier one had hidden?"),
    "7": ("The rules", "Are the rules those that were agreed?"),
}
"""What the checks of each number are about, and the question that they answer."""
MEANINGS = (
    (Status.PASS, "It was looked at, and nothing wrong was found."),
    (Status.FAIL, "Something is wrong. Whoever runs the filter must explain it."),
    (Status.NOT_DONE, "It was not looked at, or not all of it. This says nothing good and nothing bad."),
    (Status.DOES_NOT_APPLY, "There is nothing to look at."),
)


def verdict_page(found: Verdict, given: Sequence[str]) -> bytes:
    """The page. ``given`` says in words what the auditor had besides the store."""
    status, text = verdict(found.checks)
    head = joined(el("h1", TITLE), notice(status_mark(status), f" {text}", warning=status is Status.FAIL))
    areas = groupby(found.checks, key=lambda check: check.number.partition(".")[0])
    sections = [
        PageSection("reading", "How to read this page", _reading(given)),
        *(_area(number, list(checks)) for number, checks in areas),
    ]
    foot = p("Made by ", code("offduty verify"), ", which lists every single finding with its file and row.")
    return page(TITLE, head, sections, foot)


def _reading(given: Sequence[str]) -> Markup:
    meanings = [joined(status_mark(status), f" {meaning}") for status, meaning in MEANINGS]
    more = ["The more an auditor has besides a copy of the store, the more can be checked. Here it was: "]
    return joined(bullets(*meanings), p(*more, ", ".join(given) or "nothing", "."))


def _area(number: str, checks: list[Check]) -> PageSection:
    title, question = AREAS.get(number, (f"Checks {number}", ""))
    rows = [[f"{check.number} {check.name}", status_mark(check.status), _details(check)] for check in checks]
    return PageSection(f"checks-{number}", title, joined(p(question), table(title, ["Check", "Result", "Why"], rows)))


def _details(check: Check) -> str:
    words = [f"{check.looked_at} ({how_many(check)}): {why(check)}", f"It protects against {check.meaning.protects}"]
    words += [f"This FAIL means: {check.meaning.fail}"] if check.status is Status.FAIL else []
    return ". ".join([*words, *map(figure_in_words, check.figures)])
