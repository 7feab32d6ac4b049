"""The last section: words explained, limits, whom to ask, and the figures for the next report."""

from __future__ import annotations

from offduty.pages.elements import el, joined
from offduty.pages.page import PageSection, bullets, p
from offduty.report.content import ReportContent
from offduty.report.data.previous_report import BLOCK_ID

GLOSSARY = (
    ("position", "one location of one device: where it was, when, and how far off this may be"),
    ("released", "given to analysts: rounded, and with a pseudonym instead of a name"),
    ("hidden", "not in what analysts get, as if it had never been sent"),
    ("unreadable", "a row that cannot be read as a position. It goes to the quarantine, for the data engineer"),
    ("analysts", "the people who may read the released positions, for the purpose named above"),
    ("accuracy", "how far off a position may be, in metres, as its device says"),
    ("protected place", "a home, or any other place where nobody may be located"),
    ("workplace", "a station, a depot, a court and so on"),
    ("roster entry", "one recorded version of one shift. New versions are added; old ones are never changed"),
    ("roster known as of", "the time up to which a run knew the roster"),
    ("run", "one use of the filter on the positions of some time. A newer run over the same time supersedes it"),
    ("superseded", "replaced by a newer run. Its results stay on record, but they no longer count"),
    ("pseudonym", "letters and digits that replace an officer’s name for a period, made with a secret key"),
    ("ledger", "one reason for every row that was received, for auditors. It has no names, places or times"),
    ("log", "the list of all runs. Entries can be added, but not changed without leaving a trace"),
    ("hash", "a short code made from a file or a text. If anything in it changes, the hash changes too"),
)
LIMITS = (
    "Released positions are pseudonymised, not anonymous. They are personal data.",
    "Analysts can see that an officer is hidden for a part of a shift. They can also see workplaces and beats: that is"
    " the purpose of the release.",
    "The filter relies on its inputs. A second home that is not on record is not protected as a home.",
    "This report is about groups. It says nothing about a single officer. Every officer can ask for a copy of his or"
    " her own released positions.",
    "A position may be hidden for several reasons. Only the first one is counted.",
)


def glossary(content: ReportContent) -> PageSection:
    """Words, limits and whom to ask, and the machine-readable figures of this report."""
    words = el("dl", *(el("div", el("dt", word), el("dd", text)) for word, text in GLOSSARY), class_="facts words")
    parts = [
        el("h3", "Words"),
        words,
        el("h3", "What this report cannot show"),
        bullets(*LIMITS),
        el("h3", "Whom to ask"),
        p(
            "Ask the data protection officer of the employer, or the works council. Officers can ask which of their own"
            " positions were released, under which roster entry, and who recorded that entry. They get the answer as a"
            " page and as a table."
        ),
        el("h3", "For the next report", class_="for-machines"),
        el(
            "details",
            el("summary", "The figures of this page, for a program to read"),
            el("pre", content.printed_report.block(), id=BLOCK_ID),
            class_="machine",
        ),
    ]
    return PageSection("glossary", "Words, limits and whom to ask", joined(*parts))
