"""Says what presence found: figures that everybody may see, and one officer's own section. A4, A7 and A8.

A figure is about at least ten people, none of whom is more than half of it; so are those who are not counted in it.
What is less is joined with its neighbours, or not printed. Shares are whole tenths, rounded down.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from offduty.analyses.common_rules import NOTICE, joined_spans, may_print, span_in_words
from offduty.analyses.eligible_duty import day_of
from offduty.analyses.error_cards import measured_lines, right_line
from offduty.analyses.presence import CONFIRMED, LEAST_WINDOWS, NOT_ASSESSED, NOT_VISIBLE, Presence
from offduty.core.count_words import number_of
from offduty.core.disclosure import MINIMUM, PEOPLE_STEP, rounded
from offduty.pages.language import ENGLISH, Language

NOT_PRINTED = ENGLISH.say("answer.not_printed")
ALMOST_ALL = 90
"""A share of so many per cent or more is printed as this: whether it is all of them is about the others."""
WEEKS = ["unit", "from", "to", "windows", "confirmed_percent"]
SITES = ["site", "hour", "at_least"]
THEOREM = ENGLISH.say("presence.proves")
LIMITS = ENGLISH.say("presence.cannot_say")
OTHER_RECORDS = ENGLISH.say("presence.other_records")
NOT_ANSWERED = "NOT ANSWERED"
WHOM = ENGLISH.say("answer.ask")


def summary(found: Presence, language: Language = ENGLISH) -> dict[str, Any]:
    """What everybody may see, as a JSON document: weeks, sites by hour, error card, and limits. No figure is about
    fewer than ten people; None stands where it is not printed. Its sentences are in the ``language``.
    """
    people = found.windows["officer"].nunique()
    return {
        "analysis": "presence",
        "proves": language.say("presence.proves"),
        "purpose": found.terms.purpose,
        "recipients": list(found.terms.recipients),
        "keep_days": found.terms.keep_days,
        "officers_assessed": language.people(found.assessed["officer"].nunique(), people),
        "weeks": plain_rows(weeks(found)),
        "sites_by_hour": plain_rows(sites_by_hour(found)),
        "error_card": dict(found.card),
        "cannot_say": language.say("presence.cannot_say"),
        "other_records": found.terms.other_records or NOT_ANSWERED,
        "notice": language.say("answer.notice"),
        "ask": language.say("answer.ask"),
    }


def weeks(found: Presence) -> pd.DataFrame:
    """The share of windows that are confirmed, by unit and local week (its Monday): `WEEKS`.

    Weeks that follow each other are joined until they may be printed. A unit of which all weeks together may not has no
    row: that it has one would say that there is something. The first and the last week of a unit have no date where
    their windows alone are about too few people: it could be one person's. ``windows`` is in tens;
    ``confirmed_percent`` is a whole tenth, and 90 means 90 or more.
    """
    rows = [row for unit, mine in found.assessed.groupby("unit") for row in _of_unit(str(unit), mine)]
    return pd.DataFrame(rows, columns=WEEKS).astype({"windows": "Int64", "confirmed_percent": "Int64"})


def sites_by_hour(found: Presence) -> pd.DataFrame:
    """How many officers at least were seen at a site in an hour of the day: `SITES`, ten or more, in fives."""
    counts = found.at_sites.groupby(["site", "hour"], as_index=False).agg(officers=("officer", "nunique"))
    kept = counts[counts["officers"] >= MINIMUM]
    at_least = kept["officers"] // PEOPLE_STEP * PEOPLE_STEP
    return kept.assign(at_least=at_least)[SITES].reset_index(drop=True)


def summary_text(document: Mapping[str, Any]) -> list[str]:
    """The summary as lines for people."""
    return [
        "Presence: on how much of the rostered duty the device was seen at work",
        document["proves"],
        f"only for: {document['purpose']}; to be read by {', '.join(document['recipients'])} alone",
        f"to be deleted after {number_of(document['keep_days'], 'day')}",
        f"officers in these figures: {document['officers_assessed']}",
        "",
        "Duty windows that are confirmed, by week (called by its Monday):",
        *([_week_line(row) for row in document["weeks"]] or [f"  {ENGLISH.say('presence.nothing')}"]),
        f"  {ENGLISH.say('presence.not_named')}",
        "",
        "Seen at a site, by hour of the day:",
        *[
            f"  {row['site']}, {row['hour']:02}:00: at least {row['at_least']} officers"
            for row in document["sites_by_hour"]
        ],
        "",
        *card_text(document["error_card"]),
        "",
        document["cannot_say"],
        f"{OTHER_RECORDS} {document['other_records']}",
        document["notice"],
        document["ask"],
    ]


def own_text(section: pd.DataFrame, dates: pd.DataFrame | None = None) -> list[str]:
    """One officer's section, as sentences, and in an own copy the windows with their ``dates``: no first or last
    sighting, no gap, and no word that judges (A7).
    """
    (said,) = section.to_dict("records")
    days = [f"from {said['from']} on"] if said["from"] else []
    days += [f"until before {said['to']}"] if said["to"] else []
    count = f"fewer than {LEAST_WINDOWS}" if pd.isna(said["windows"]) else said["windows"]
    windows = f"Duty windows {' '.join([*days, 'that are assessed'])}: {count}."
    lines = [f"{windows} {str(said['answer']).capitalize()}."]
    return [*lines, *([] if dates is None else _windows_text(dates)), "", THEOREM, LIMITS, NOTICE, WHOM]


def _windows_text(dates: pd.DataFrame) -> list[str]:
    """A line for each window."""
    lines = ["", "Your duty windows, and what released positions confirm of them:", ""]
    columns = (dates[name].tolist() for name in dates.columns)
    for begins, ends, state, why, minutes, plain in zip(*columns, strict=True):
        if state == CONFIRMED:
            said = f"confirmed, {minutes} min or more ({plain} without joining); the rest is {NOT_VISIBLE}"
        else:
            said = state if state == NOT_VISIBLE else f"{NOT_ASSESSED}: {why}"
        lines.append(f"  {begins} to {ends}: {said}.")
    return lines if len(dates) else [*lines, "  No duty window in this time."]


def card_text(card: Mapping[str, Any]) -> list[str]:
    """The error card as lines; one line where there is none."""
    if not card:
        return ["No error card."]
    return [*measured_lines(card, "forces", CARD_WORDS), right_line(card, ENGLISH.say("presence.card_true"))]


CARD_WORDS = ENGLISH.below("presence.card.")


def _of_unit(unit: str, mine: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of one unit."""
    monday = mine["day"] - (mine["day"] + 3) % 7  # the first day of 1970 was a Thursday
    every = list(range(int(monday.min()), int(monday.max()) + 7, 7))
    parts = [mine[monday == week] for week in every]
    everybody = mine["officer"].nunique()

    def printable(start: int, stop: int) -> bool:
        together = pd.concat(parts[start:stop])
        confirmed = together["state"] == CONFIRMED
        those = [_people(together), _people(together[confirmed])]
        almost = 100 * int(confirmed.sum()) >= ALMOST_ALL * len(together)
        others = [] if almost else [_people(together[~confirmed])]
        return all(may_print(amounts, everybody) for amounts in (*those, *others))

    starts: list[int | None] = [*every]
    ends: list[int | None] = [*every]
    for outer, at in ((starts, 0), (ends, -1)):
        if not may_print(_people(parts[at]), everybody):
            outer[at] = None
    return [
        _week(unit, starts[start], ends[stop - 1], pd.concat(parts[start:stop]))
        for start, stop in joined_spans(len(parts), printable) or []
    ]


def _people(windows: pd.DataFrame) -> dict[str, int]:
    return {str(who): int(count) for who, count in windows.groupby("officer").size().items()}


def _week(unit: str, first: int | None, last: int | None, windows: pd.DataFrame) -> dict[str, Any]:
    confirmed = int((windows["state"] == CONFIRMED).sum())
    percent = min(100 * confirmed // len(windows) // 10 * 10, ALMOST_ALL)
    begin, end = (None if day is None else f"{day_of(day)}" for day in (first, last))
    return {"unit": unit, "from": begin, "to": end, "windows": rounded(len(windows)), "confirmed_percent": percent}


def _week_line(row: Mapping[str, Any]) -> str:
    weeks_ = span_in_words(row["from"], row["to"])
    where = f"{row['unit']}, {weeks_}" if row["unit"] else weeks_
    return f"  {where}: at least {row['confirmed_percent']} % of about {row['windows']:,}"


def plain_rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a table as plain values; None where there is none."""
    return [
        {str(name): None if pd.isna(value) else value for name, value in row.items()}
        for row in table.astype(object).to_dict("records")
    ]
