"""Says what days on site found: figures that everybody may see, and one officer's own section. A4, A7 and A8.

A figure is about at least ten people of twenty or more, none of whom is more than half of it. The days that are not
confirmed are no number anywhere, and no date.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from offduty.analyses.common_rules import NOTICE, may_print
from offduty.analyses.error_cards import measured_lines
from offduty.analyses.presence_summary import ALMOST_ALL, WHOM, plain_rows
from offduty.analyses.site_days import NOT_SHOWN, SHOWN, SiteDays
from offduty.core.count_words import number_of
from offduty.core.disclosure import rounded
from offduty.pages.language import ENGLISH, Language

UNITS = ["unit", "days", "confirmed_percent", "target"]
THEOREM = ENGLISH.say("site_days.proves")
LIMITS = ENGLISH.say("site_days.cannot_say")
OTHERS = "the others cannot be known"


def summary(found: SiteDays, language: Language = ENGLISH) -> dict[str, Any]:
    """What everybody may see, as a JSON document: units, error card, and limits. No figure is about fewer than ten
    people. Its sentences are in the ``language``.
    """
    counts = found.counts()
    return {
        "analysis": "site-days",
        "proves": language.say("site_days.proves"),
        "purpose": found.terms.purpose,
        "recipients": list(found.terms.recipients),
        "keep_days": found.terms.keep_days,
        "codes": list(found.codes),
        "from": f"{found.start}",
        "to": f"{found.end}",
        "target_percent": found.terms.target_percent,
        "officers_assessed": language.people(len(counts), found.days["officer"].nunique()),
        "units": plain_rows(units(found)),
        "error_card": dict(found.card),
        "cannot_say": language.say("site_days.cannot_say"),
        "notice": language.say("answer.notice"),
        "ask": language.say("answer.ask"),
    }


def units(found: SiteDays) -> pd.DataFrame:
    """How many days of each unit are confirmed, in whole tenths, rounded down; 90 means 90 or more: `UNITS`.

    ``days`` is in tens. ``target`` is *shown* or *not shown* of the unit as a whole, or that none was agreed on. A unit
    about which nothing may be printed has no row: that it has one would say that somebody has enough days.
    """
    made = (_unit(found, str(name), mine) for name, mine in found.counts().groupby("unit"))
    rows = [row for row in made if row is not None]
    return pd.DataFrame(rows, columns=UNITS).astype({"days": "Int64", "confirmed_percent": "Int64"})


def summary_text(document: Mapping[str, Any]) -> list[str]:
    """The summary as lines for people."""
    return [
        "Days on site: whether the agreed number of days on site can be shown",
        document["proves"],
        f"only for: {document['purpose']}; to be read by {', '.join(document['recipients'])} alone",
        f"to be deleted after {number_of(document['keep_days'], 'day')}",
        f"from {document['from']} until before {document['to']}, duty of {', '.join(document['codes'])}",
        f"officers in these figures: {document['officers_assessed']}",
        "",
        *([_unit_line(row) for row in document["units"]] or [f"  {ENGLISH.say('site_days.nothing')}"]),
        f"  {ENGLISH.say('site_days.not_named')}",
        "",
        *card_text(document["error_card"]),
        "",
        document["cannot_say"],
        document["notice"],
        document["ask"],
    ]


def own_text(section: pd.DataFrame, dates: pd.DataFrame | None = None) -> list[str]:
    """One officer's section, as sentences: of the days that are not confirmed, that they cannot be known. In an own
    copy also each day, with its date.
    """
    (said,) = section.to_dict("records")
    lines = [
        f"Days on site from {said['from']} until before {said['to']}, duty of {said['codes']}:",
        "",
        *([] if pd.isna(said["confirmed"]) else [f"{said['confirmed']} of {said['days']} confirmed; {OTHERS}."]),
        f"Target: {said['target']}.",
    ]
    if dates is not None:
        lines += ["", *(f"  {day}: {state}" for day, state in zip(dates["day"], dates["state"], strict=True))]
    return [*lines, "", THEOREM, LIMITS, NOTICE, WHOM]


def card_text(card: Mapping[str, Any]) -> list[str]:
    """The error card as lines; one line where there is none."""
    if not card:
        return ["No error card."]
    return measured_lines(card, "office teams", CARD_WORDS)


CARD_WORDS = ENGLISH.below("site_days.card.")


def _unit(found: SiteDays, name: str, mine: pd.DataFrame) -> dict[str, Any] | None:
    confirmed, days = int(mine["confirmed"].sum()), int(mine["days"].sum())
    amounts = [dict(zip(mine["officer"], mine[column], strict=True)) for column in ("days", "confirmed")]
    almost = 100 * confirmed >= ALMOST_ALL * days
    others = [] if almost else [dict(zip(mine["officer"], mine["days"] - mine["confirmed"], strict=True))]
    if not all(may_print(part, len(mine)) for part in (*amounts, *others)):
        return None
    percent = min(100 * confirmed // days // 10 * 10, ALMOST_ALL)
    return {
        "unit": name,
        "days": rounded(days),
        "confirmed_percent": percent,
        "target": found.target(confirmed, days),
    }


def _unit_line(row: Mapping[str, Any]) -> str:
    name = f"{row['unit']}: " if row["unit"] else ""
    share = f"at least {row['confirmed_percent']} % of about {row['days']:,} days confirmed"
    return f"  {name}{share}; {OTHERS}. Target: {row['target']}"


__all__ = ["NOT_SHOWN", "SHOWN", "card_text", "own_text", "summary", "summary_text", "units"]
