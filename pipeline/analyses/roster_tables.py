"""Lays out as tables what everybody may see of a roster audit: the figures of `roster_summary.summary`, and no others.

An auditor makes these tables again, byte by byte, so they have no sentence but those that stand for a figure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from offduty.analyses.roster_summary import HOURS, LEAD_HOURS, LEAD_NAMES
from offduty.pages.language import ENGLISH

SIGNALS, LEAD_TIMES = "roster-audit-signals.csv", "roster-audit-lead-times.csv"
WEEKS, RECORDERS, PEOPLE = "roster-audit-weeks.csv", "roster-audit-recorders.csv", "roster-audit-people.csv"


def roster_tables(document: Mapping[str, Any]) -> dict[str, pd.DataFrame]:
    """The tables of a summary in English, by the names of their files.

    A figure that is not printed is empty; of a signal ``why_not`` says why. Hours of lead times are counted before the
    start of the shift, and are negative after it; empty: no such end, of weeks likewise.
    """
    weeks = [
        (name, each["from"], each["to"], each["printed"]) for name, mine in document["weeks"].items() for each in mine
    ]
    return {
        SIGNALS: _table(("signal", "unit", "figure", "why_not"), map(_signal, document["signals"])),
        LEAD_TIMES: _table(("from_hours", "to_hours", "grants"), map(_lead_time, document["lead_times"])),
        WEEKS: _table(("signal", "from", "to", "hours"), weeks),
        RECORDERS: _table(
            ("role", "from_grants", "to_grants", "recorders", "over_rest_percent"),
            ([each[key] for key in ("role", "from", "to", "recorders", "percent")] for each in document["funnel"]),
        ),
        PEOPLE: _table(
            ("who", "how_many"),
            (
                ("officers assessed", document["officers"]),
                ("recorders compared", document["recorders"]["assessed"]),
                ("recorders outside", document["recorders"]["outside"]),
            ),
        ),
    }


def _table(columns: Sequence[str], rows: Any) -> pd.DataFrame:
    return pd.DataFrame([list(row) for row in rows], columns=list(columns), dtype=object)


def _signal(signal: Mapping[str, Any]) -> tuple[Any, ...]:
    unit = "hours" if signal["signal"] in HOURS else "versions"
    return signal["signal"], unit, signal["figure"], signal["printed"] if signal["figure"] is None else ""


def _lead_time(group: Mapping[str, Any]) -> tuple[Any, ...]:
    """A group of spans by the hours at its ends."""
    words = [ENGLISH.say(f"roster_audit.lead.{name}") for name in LEAD_NAMES]
    ends = [None, *LEAD_HOURS, None]
    return ends[words.index(group["from"])], ends[words.index(group["to"]) + 1], group["printed"]
