"""Says what a roster audit found: figures that everybody may see, and one officer's own section. A4, A7 and A8.

Figures for everybody are about at least ten people each, none of whom is more than half of it; what is less is joined
with its neighbours, or not printed. Counts are in tens, and hours in tens of hours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd

from offduty.analyses.common_rules import NOTICE, PrintableGroup, printable_groups, span_in_words
from offduty.analyses.error_cards import measured_lines, right_line
from offduty.analyses.funnel import LEAST_EDITS
from offduty.analyses.lawful_reasons import LAWFUL, SIGNALS, lawful_reasons
from offduty.analyses.recorder_groups import recorder_groups
from offduty.analyses.roster_audit import RosterAudit
from offduty.core.count_words import number_of
from offduty.pages.language import ENGLISH, Language

HOUR_US = 3_600_000_000
MINUTE_US = 60_000_000
TEN_HOURS = 600
"""In minutes."""
NOT_PRINTED = ENGLISH.say("answer.not_printed")


def questions(language: Language) -> dict[str, str]:
    """What each signal is about."""
    return {name: language.say(f"roster_audit.question.{name}") for name in SIGNALS}


QUESTIONS = questions(ENGLISH)
HOURS = ("R2", "R6", "R8")
LEAD_NAMES = (
    "more_after",
    "days_after",
    "day_after",
    "day_before",
    "week_before",
    "fortnight_before",
    "more_before",
)
LEAD_HOURS = (-72, -24, 0, 24, 168, 336)
"""Between which a grant was recorded before its start; the spans have the names above."""
LIMITS = ENGLISH.say("roster_audit.cannot_say")


def summary(audit: RosterAudit, language: Language = ENGLISH) -> dict[str, Any]:
    """What everybody may see, as a JSON document: signals, lead times, weeks, recorders, error card, and limits.

    Nothing in it is about fewer than ten people; None stands where a figure is not printed. Its sentences are in the
    ``language``. The groups of the ``funnel`` are there where their findings (R3) may be printed at all, and the rows
    of the ``weeks`` where they may; of those the first has no ``from`` and the last no ``to``.
    """
    signals = [_signal(audit, name, language) for name in QUESTIONS]
    over_rest = next(signal["figure"] for signal in signals if signal["signal"] == "R3")
    return {
        "analysis": "roster-audit",
        "proves": language.say("roster_audit.proves"),
        "purpose": audit.terms["purpose"],
        "recipients": list(audit.terms["recipients"]),
        "keep_days": audit.terms["keep_days"],
        "officers": language.people(audit.assessed, audit.assessed + audit.not_assessed),
        "own_records": "assessed" if audit.own_records_assessed else "not assessed",
        "signals": signals,
        "lead_times": _lead_times(audit, language),
        "weeks": {name: _weeks(audit, name) for name in ("R2", "R8")},
        "recorders": _recorders(audit, language),
        "funnel": [] if over_rest is None else recorder_groups(audit.recorders, *_grants_of_subjects(audit)),
        "error_card": dict(audit.card),
        "cannot_say": language.say("roster_audit.cannot_say"),
        "notice": language.say("answer.notice"),
        "ask": language.say("roster_audit.ask"),
    }


def summary_text(document: Mapping[str, Any]) -> list[str]:
    """The summary as lines for people."""
    lines = [
        "Roster audit: which records were changed after the fact",
        document["proves"],
        f"only for: {document['purpose']}; to be read by {', '.join(document['recipients'])} alone",
        f"to be deleted after {number_of(document['keep_days'], 'day')}",
        f"officers in these figures: {document['officers']}; self-recording: {document['own_records']}",
        "",
        ENGLISH.say("roster_audit.signals_what"),
    ]
    for signal in document["signals"]:
        lines += [f"{signal['signal']:>3}  {signal['question']}: {signal['printed']}"]
        lines += [f"     may be: {signal['lawful_reasons']}"]
    lines += ["", "Grants by when they were recorded:", *_rows(document["lead_times"])]
    for name, title in (("R2", "Hours granted only afterwards"), ("R8", "Hours taken away only afterwards")):
        lines += ["", f"{title}, by week (called by its Monday):", *_rows(document["weeks"][name])]
    lines += ["", *card_text(document["error_card"])]
    recorders = document["recorders"]
    lines += [
        "",
        f"Recorders with at least {LEAST_EDITS} such grants: {recorders['assessed']};"
        f" with more over rest than chance explains: {recorders['outside']}",
        "",
        document["cannot_say"],
        document["notice"],
        document["ask"],
    ]
    return lines


def own_text(section: pd.DataFrame) -> list[str]:
    """One officer's own section, as sentences. None of them has a word that judges (A7)."""
    lines = ["What the roster audit found about shifts of yours, and shifts that you recorded:", ""]
    columns = (section[name].tolist() for name in ("signal", "shift_id", "version", "seconds"))
    for signal, shift, version, seconds in zip(*columns, strict=True):
        what = "of duty" if signal in HOURS else "after its start"
        hours = f", {duration(seconds)} {what}" if signal in (*HOURS, "R1") else ""
        lines.append(f"finding {signal}: shift {shift}, version {version}{hours}.")
        lines.append(f"    {QUESTIONS[signal]}. It may be: {LAWFUL[signal]}.")
    if section.empty:
        lines.append("No finding.")
    return [*lines, "", ENGLISH.say("roster_audit.proves"), LIMITS, NOTICE, ENGLISH.say("roster_audit.ask")]


def card_text(card: Mapping[str, Any]) -> list[str]:
    """The error card as lines; one line where there is none."""
    if not card:
        return ["No error card."]
    words = ENGLISH.below("roster_audit.card.")
    return [*measured_lines(card, "forces", words), right_line(card, ENGLISH.say("roster_audit.card_true"))]


def duration(seconds: int) -> str:
    """Seconds as hours and minutes.

    >>> duration(5_400), duration(59), duration(7_200)
    ('1 h 30 min', '0 h 00 min', '2 h 00 min')
    """
    return f"{seconds // 3600} h {seconds % 3600 // 60:02} min"


def _signal(audit: RosterAudit, name: str, language: Language) -> dict[str, Any]:
    """One signal: how many versions have it, or hours."""
    mine = audit.signals[audit.signals["signal"] == name]
    amounts = _minutes(mine) if name in HOURS else _versions(mine)
    step = TEN_HOURS if name in HOURS else 10
    group = printable_groups([amounts], audit.assessed, step)[0]
    assessed = audit.own_records_assessed or name not in ("R4", "R10")
    figure = None if group.printed is None or not assessed else group.printed // (60 if name in HOURS else 1)
    words = language.say("answer.about_hours" if name in HOURS else "answer.about", count=figure or 0)
    not_printed = language.say("answer.not_printed")
    return {
        "signal": name,
        "question": questions(language)[name],
        "figure": figure,
        "printed": language.say("answer.not_assessed") if not assessed else not_printed if figure is None else words,
        "lawful_reasons": lawful_reasons(language)[name],
    }


def _versions(signals: pd.DataFrame) -> dict[str, int]:
    """How many versions of each subject have the signal."""
    return _counted(signals.drop_duplicates(["shift_id", "version"]))


def _minutes(signals: pd.DataFrame) -> dict[str, int]:
    """How many minutes of each subject the signal is about."""
    sums = signals.drop_duplicates(["shift_id", "version", "at_us"]).groupby("subject")["us"].sum()
    return {str(who): int(us) // MINUTE_US for who, us in sums.items()}


def _lead_times(audit: RosterAudit, language: Language) -> list[dict[str, Any]]:
    """Grants by how long before their start they were recorded."""
    bounds = [hours * HOUR_US for hours in LEAD_HOURS]
    names = [language.say(f"roster_audit.lead.{name}") for name in LEAD_NAMES]
    place = np.searchsorted(bounds, audit.leads["us"].to_numpy(), side="left")
    parts = [_counted(audit.leads[place == number]) for number in range(len(names))]
    return _joined(printable_groups(parts, audit.assessed), names)


def _counted(rows: pd.DataFrame) -> dict[str, int]:
    return {str(who): int(count) for who, count in rows.groupby("subject").size().items()}


def _weeks(audit: RosterAudit, name: str) -> list[dict[str, Any]]:
    """Hours by local week (its Monday); weeks that follow each other are joined until they may be printed.

    No row where nothing may be printed: it would say that there is something, and when. The outermost ends are open,
    for they might be one person's. Only weeks that have something are looked at; one wrong year has thousands without.
    """
    mine = audit.signals[audit.signals["signal"] == name]
    local = (
        pd.DatetimeIndex(mine["at_us"].to_numpy().astype("datetime64[us]")).tz_localize("UTC").tz_convert(audit.zone)
    )
    days = local.tz_localize(None).normalize()
    monday = days - pd.to_timedelta(days.day_of_week, unit="D")
    weeks, place = np.unique(monday.to_numpy(), return_inverse=True)
    parts = [_minutes(rows) for _, rows in mine.groupby(place)]
    groups = [one for one in printable_groups(parts, audit.assessed, TEN_HOURS) if one.printed is not None]
    if not groups:
        return []
    last = [pd.Timestamp(weeks[group.stop - 1]).date() for group in groups]
    starts = [None, *((day + timedelta(weeks=1)).isoformat() for day in last[:-1])]
    ends = [*(day.isoformat() for day in last[:-1]), None]
    return [
        {"from": start, "to": end, "printed": (group.printed or 0) // 60}
        for start, end, group in zip(starts, ends, groups, strict=True)
    ]


def _joined(groups: Sequence[PrintableGroup], names: Sequence[str]) -> list[dict[str, Any]]:
    """The groups of a row of figures, with the names of their first and last part."""
    return [{"from": names[group.start], "to": names[group.stop - 1], "printed": group.printed} for group in groups]


def _grants_of_subjects(audit: RosterAudit) -> tuple[dict[str, int], dict[str, int]]:
    """How many grants after their start each subject has over rest (R3), and how many others (R1 without R3)."""
    over_rest, late = (_counted(audit.signals[audit.signals["signal"] == name]) for name in ("R3", "R1"))
    return over_rest, {who: count - over_rest.get(who, 0) for who, count in late.items()}


def _recorders(audit: RosterAudit, language: Language) -> dict[str, str]:
    """How many recorders were compared, and how many are outside, in words that single out nobody."""
    compared = audit.recorders[audit.recorders["edits"] >= LEAST_EDITS]
    outside = int(compared["outside"].sum())
    return {
        "assessed": language.people(len(compared), len(audit.recorders)),
        "outside": language.people(outside, len(compared)),
    }


def _rows(groups: Sequence[Mapping[str, Any]]) -> list[str]:
    if not groups:
        return ["  none that may be printed"]
    return [
        f"  {span_in_words(group['from'], group['to'])}:"
        f" {NOT_PRINTED if group['printed'] is None else 'about ' + format(group['printed'], ',')}"
        for group in groups
    ]
