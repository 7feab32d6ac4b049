"""The end of a report: words explained, what it cannot show, whom to ask, and its figures for the next one."""

from __future__ import annotations

from offduty.report.content import ReportContent
from offduty.report.data.previous_report import BLOCK_ID
from offduty.report.html.elements import Markup, el, joined
from offduty.report.html.page import PageSection, bullets, code, p

WORDS = (
    ("position", "one fix of one device: where it was, when, and how far off that may be"),
    ("released", "given to analysts, rounded, and under a pseudonym instead of a name"),
    ("hidden", "left out of what analysts get, as if it had never been sent"),
    ("set aside", "kept for the data engineer, because the row cannot be read as a position"),
    ("protected place", "a home, or anywhere else where nobody may be located"),
    ("workplace", "a station, a depot, a court: in the rules, a site"),
    ("roster entry", "one recorded version of one shift; versions are added, and never changed"),
    ("as of", "the moment up to which a run knew the roster"),
    ("run", "one use of the filter over one stretch of time; a later run over the same time supersedes it"),
    ("pseudonym", "letters and digits that stand for an officer during one period, made with a secret key"),
    ("ledger", "one reason for every row that came in, for auditors; it has no names, places or times"),
    ("log", "the list of all runs, which can be added to and not rewritten without leaving a trace"),
)
LIMITS = (
    "Released positions are pseudonymised, and not anonymous. They are personal data.",
    "That somebody is not seen for a part of a shift can be seen. Workplaces and beats can be seen: they are what it is for.",
    "The filter believes its inputs. A second home that nobody put on record is not protected as a home.",
    "A report is about groups. About one officer it says nothing; every officer can ask for a copy of his or her own.",
    "What is hidden may be hidden for several reasons; only the first is counted.",
)


def closing(told: ReportContent) -> PageSection:
    """The small print."""
    words = el("dl", *(el("div", el("dt", word), el("dd", text)) for word, text in WORDS), class_="facts words")
    parts = [
        el("h3", "Words"),
        words,
        el("h3", "What this cannot show"),
        bullets(*LIMITS),
        el("h3", "Whom to ask"),
        p(
            "The data protection officer of the employer, or the works council. Officers can ask which of their own positions"
            " were released, under which entry of the roster, and who recorded it, and get it as a page and as a table."
        ),
        el("h3", "For the next report", class_="for-machines"),
        el(
            "details",
            el("summary", "The figures of this page, for a machine to read"),
            el("pre", told.said.block(), id=BLOCK_ID),
            class_="machine",
        ),
    ]
    return PageSection("small-print", "Small print", joined(*parts))


def foot() -> Markup:
    """The last line."""
    return p(
        "Made by ",
        code("offduty report"),
        ". This page holds no script and asks for nothing from anywhere.",
        class_="quiet",
    )
