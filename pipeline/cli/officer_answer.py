"""What an answer says of one officer, as files and lines: a section, and in an own copy dates and who asked, too (A4).

A single case has the section alone, and its bytes are those of the own copy. In presence and in days on site the
section has no date, so that nobody can lay it beside a release (docs/explanation/single-cases.md).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import pandas as pd

from offduty.admin.log_analysis import OWN_COPY, SINGLE_CASE
from offduty.analyses.own_answer_page import OWN_COPY_WORDS, SINGLE_CASE_WORDS, own_answer_page
from offduty.cli.answer_files import csv_bytes
from offduty.pages.language import ENGLISH, Language

OWN, OWN_DATES, OWN_PAGE, ASKED = "own-section.csv", "own-dates.csv", "own-section.html", "asked-about-you.csv"

KINDS = {SINGLE_CASE: SINGLE_CASE_WORDS, OWN_COPY: OWN_COPY_WORDS}


class PersonalAnswer(Protocol):
    """An answer that has a section and dates for each officer."""

    def section(self, officer_id: str) -> pd.DataFrame:
        """What is said of one officer without a date."""

    def dates(self, officer_id: str) -> pd.DataFrame:
        """The windows or days of one officer."""


@dataclass(frozen=True)
class OfficerAnswer:
    """The tables of an answer about one officer. ``dates`` is None in a single case, and where the question has none
    beside the section.
    """

    section: pd.DataFrame = field(repr=False)
    dates: pd.DataFrame | None = field(default=None, repr=False)

    @staticmethod
    def of(found: PersonalAnswer, officer: str, own_copy: bool) -> OfficerAnswer:
        """What an answer says of one officer: with dates in the ``own_copy`` alone."""
        return OfficerAnswer(found.section(officer), found.dates(officer) if own_copy else None)

    def tables(self) -> dict[str, bytes]:
        """The tables by their names, as the log takes their hash."""
        section = {OWN: csv_bytes(self.section)}
        return section if self.dates is None else {**section, OWN_DATES: csv_bytes(self.dates)}

    def files(self, analysis: str, about: pd.DataFrame | None, language: Language) -> dict[str, bytes]:
        """The tables, in an own copy of a store also the earlier answers ``about`` the officer, and the page."""
        asked = {} if about is None else {ASKED: csv_bytes(about)}
        page = own_answer_page(analysis, self.section, about, language, self.dates)
        return {**self.tables(), **asked, OWN_PAGE: page}


def asked_before(found: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """What an own copy says of earlier answers about the officer: when each was made, of which question, whether it was
    a single case or an own copy, who asked, and why. ``found`` are their entries, as `asked_about` gives them.
    """
    columns = {"made_at": "recorded_at", "question": "analysis", "kind": "answer", "who_asked": "role"}
    table = pd.DataFrame({name: [each[key] for each in found] for name, key in columns.items()}, dtype=object)
    table["because"] = [each["because"] for each in found]
    return table.assign(kind=[KINDS[each] for each in table["kind"]])


def asked_lines(about: pd.DataFrame | None) -> list[str]:
    """What an own copy says of earlier answers, from the table of `asked_before`; nothing where there is no table."""
    if about is None:
        return []
    columns = (about[name].tolist() for name in about.columns)
    lines = [
        f"Your own copy of {question} was made on {made_at[:10]}. {ENGLISH.say('own_answer.own_copies')}"
        if kind == KINDS[OWN_COPY]
        else f"Asked about you on {made_at[:10]}: {question}, for {who}: {because}"
        for made_at, question, kind, who, because in zip(*columns, strict=True)
    ]
    nobody = [] if (about["kind"] == KINDS[SINGLE_CASE]).any() else [ENGLISH.say("own_answer.nobody_asked")]
    return ["", *lines, *nobody]
