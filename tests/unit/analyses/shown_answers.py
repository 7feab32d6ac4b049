"""Answers of each question about a made-up force, built in memory, so that their pages have everything in them."""

from __future__ import annotations

import random
from datetime import date
from typing import Any

import pandas as pd

from offduty.analyses.declared_interests import UNREADABLE, UnassessedInterest
from offduty.analyses.error_cards import error_card
from offduty.analyses.interests import Interests
from offduty.analyses.interests_page import interests_page
from offduty.analyses.interests_summary import summary as interests_summary
from offduty.analyses.presence import Presence
from offduty.analyses.presence_page import presence_page
from offduty.analyses.presence_summary import summary as presence_summary
from offduty.analyses.roster_audit import RosterAudit
from offduty.analyses.roster_page import roster_page
from offduty.analyses.roster_summary import summary as roster_summary
from offduty.analyses.site_days import SiteDays
from offduty.analyses.site_days_page import site_days_page
from offduty.analyses.site_days_summary import summary as days_summary
from offduty.config.agreed_analyses import InterestsSection, PresenceSection, SiteDaysSection
from offduty.pages.language import ENGLISH, Language

HOSTILE = "<script>alert(1)</script>\"'&amp;"
TERMS: dict[str, Any] = {"purpose": f"planning {HOSTILE}", "recipients": [f"planning {HOSTILE}"], "keep_days": 90}
MONDAY = (date(2026, 3, 2) - date(1970, 1, 1)).days
WEEK_US = 7 * 86_400_000_000
HOUR_US = 3_600_000_000


def shown_presence(officers: int = 60, weeks: int = 6) -> Presence:
    """Officers of three units, one of them too small, with a window a day, of which one in four is not visible."""
    rng = random.Random(1)
    windows = [
        {
            "officer": f"o{who}",
            "unit": "small" if who < 5 else f"unit {HOSTILE}" if who < officers // 2 else "north",
            "day": MONDAY + 7 * week + day,
            "state": "not visible" if rng.random() < 0.25 else "confirmed",
            "open": False,
        }
        for who in range(officers)
        for week in range(weeks)
        for day in range(5)
    ]
    at_sites = [
        {"site": site, "hour": hour, "officer": f"o{who}"}
        for site in (f"s1 {HOSTILE}", "s2")
        for hour in range(24)
        for who in range(officers)
        if rng.random() < (0.9 if 8 <= hour < 17 and site == "s2" else 0.2)
    ]
    terms = PresenceSection.model_validate(TERMS)
    return Presence(
        pd.DataFrame(windows), pd.DataFrame(at_sites), None, None, "Europe/London", terms, error_card("presence")
    )


def shown_days(officers: int = 80, target: int = 40) -> SiteDays:
    """Officers of three units, one of them too small, with twenty days, some of which are not visible."""
    rng = random.Random(2)
    days = [
        {
            "officer": f"o{who}",
            "unit": "small" if who < 5 else f"unit {HOSTILE}" if who < officers // 2 else "north",
            "day": MONDAY + day,
            "state": "confirmed" if rng.random() < (0.45 if who < officers // 2 else 0.97) else "not visible",
            "open": False,
        }
        for who in range(officers)
        for day in range(20)
    ]
    terms = SiteDaysSection.model_validate({**TERMS, "target_percent": target})
    card = error_card("site-days")
    return SiteDays(pd.DataFrame(days), ("duty", HOSTILE), date(2026, 3, 2), date(2026, 4, 1), terms, card)


def shown_audit(officers: int = 120, recorders: int = 60) -> RosterAudit:
    """Officers with grants of every lead time, signals in eight weeks, and recorders of two roles, one of them small."""
    rng = random.Random(3)
    leads = [
        {"subject": f"o{who}", "us": hours * HOUR_US}
        for who in range(officers)
        for hours in (-100, -30, -2, 3, 100, 200, 400, 400, 400)
        if hours > 0 or rng.random() < 0.3
    ]
    signals = [
        {
            "shift_id": f"shift-{number}-{who}",
            "version": 1,
            "signal": f"R{number}",
            "at_us": (MONDAY * 86_400_000_000) + rng.randrange(8) * WEEK_US,
            "us": rng.randrange(1, 9) * HOUR_US,
            "subject": f"o{who}",
        }
        for number in range(1, 10)
        for who in range(officers)
        if number != 5 and rng.random() < (0.03 if number == 7 else 0.6)
    ]
    edits = [rng.randrange(30, 400) for _ in range(recorders)]
    compared = pd.DataFrame(
        {
            "recorder": [f"r{number}" for number in range(recorders)],
            "role": [f"officer {HOSTILE}" if number > 5 else "clerk" for number in range(recorders)],
            "edits": edits,
            "marked": [max(1, int(count * rng.uniform(0.05, 0.25))) for count in edits],
            "outside": [False] * recorders,
        }
    )
    return RosterAudit(
        rows=5_000,
        assessed=officers,
        not_assessed=12,
        own_records_assessed=True,
        card=error_card("roster-audit"),
        zone="Europe/London",
        terms=TERMS,
        signals=pd.DataFrame(signals),
        leads=pd.DataFrame(leads),
        recorders=compared,
    )


def shown_interests(officers: int = 60) -> Interests:
    """Officers with findings of every rule, some of them cleared; too few have one of I4."""
    rng = random.Random(4)
    findings = [
        {
            "rule": rule,
            "officer": f"o{who}",
            "interest_id": f"i{who}",
            "from_us": MONDAY * 86_400_000_000,
            "us": HOUR_US,
            "cleared": rule == "I1" and rng.random() < 0.5,
        }
        for rule in ("I1", "I2", "I3", "I4", "I5", "I6")
        for who in range(officers)
        if rng.random() < (0.05 if rule == "I4" else 0.7)
    ]
    terms = InterestsSection.model_validate({**TERMS, "sickness": True})
    table = pd.DataFrame(findings)
    silent = [UnassessedInterest(f"j{who}", frozenset({f"o{who}"}), UNREADABLE) for who in range(3)]
    return Interests(table, officers, officers, silent, True, "Europe/London", terms, error_card("interests"))


def shown_pages(language: Language = ENGLISH) -> dict[str, bytes]:
    """The page of each question."""
    return {
        "presence": presence_page(presence_summary(shown_presence(), language), language),
        "site-days": site_days_page(days_summary(shown_days(), language), language),
        "interests": interests_page(interests_summary(shown_interests(), language), language),
        "roster-audit": roster_page(roster_summary(shown_audit(), language), language),
    }
