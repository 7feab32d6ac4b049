"""The last section: words explained, limits, whom to ask, and the figures for the next report."""

from __future__ import annotations

from offduty.pages.elements import el, joined
from offduty.pages.page import PageSection, bullets, p
from offduty.report.content import ReportContent
from offduty.report.data.previous_report import BLOCK_ID

WORDS = (
    "position",
    "released",
    "hidden",
    "unreadable",
    "analysts",
    "accuracy",
    "place",
    "workplace",
    "entry",
    "known",
    "run",
    "superseded",
    "pseudonym",
    "ledger",
    "log",
    "hash",
)
"""The words that are explained: the catalogue has each, and what it means."""
LIMITS = ("pseudonymised", "hidden_times", "inputs", "groups", "first_reason")


def glossary(content: ReportContent) -> PageSection:
    """Words, limits and whom to ask, and the machine-readable figures of this report."""
    say = content.language.say
    words = [el("div", el("dt", say(f"word.{word}")), el("dd", say(f"meaning.{word}"))) for word in WORDS]
    parts = [
        el("h3", say("glossary.words")),
        el("dl", *words, class_="facts words"),
        el("h3", say("glossary.limits")),
        bullets(*(say(f"limit.{limit}") for limit in LIMITS)),
        el("h3", say("glossary.whom")),
        p(say("glossary.ask")),
        el("h3", say("glossary.next"), class_="for-machines"),
        el(
            "details",
            el("summary", say("glossary.figures")),
            el("pre", content.printed_report.block(), id=BLOCK_ID),
            class_="machine",
        ),
    ]
    return PageSection("glossary", say("glossary.heading"), joined(*parts))
