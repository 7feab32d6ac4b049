"""Days on site equal an oracle, can only be shown and never be denied, and tell nothing about the days in between."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date
from typing import Any

import pandas as pd
import pytest

from offduty.analyses.common_rules import forbidden_words
from offduty.analyses.site_days import NO_TARGET, NOT_SHOWN, SHOWN, SiteDays, site_days
from offduty.analyses.site_days_summary import own_text, summary, summary_text, units
from offduty.config.policy import Policy
from offduty.core.errors import UsageError
from tests.unit.analyses.hiding import stricter
from tests.unit.analyses.plain_presence import PlainPresence
from tests.unit.analyses.rosters import AS_OF, roster
from tests.unit.analyses.seen_worlds import (
    BEGIN,
    KEY,
    MINUTE,
    SITES,
    TERMS,
    SeenWorld,
    alone,
    instant,
    officers_of,
    policy_of,
    random_world,
    release_of,
)
from tests.unit.duty.tables import table_of
from tests.world import shift

START, END = date(2026, 3, 2), date(2026, 4, 6)


def asked(
    world: SeenWorld, codes: tuple[str, ...] = ("duty",), units_: pd.DataFrame | None = None, **terms: Any
) -> SiteDays:
    """The answer about a world, with a card that says nothing."""
    agreed = {"site_days": {**TERMS, "day_minutes": 60, "least_minutes": 5, **terms}}
    rules = {**policy_of(world).model_dump(exclude_none=True), "analyses": agreed}
    return site_days(
        release_of(world),
        roster(world.shifts),
        table_of("sites", SITES),
        Policy.from_dict(rules),
        key=KEY,
        decided=world.decided,
        as_of_us=AS_OF,
        codes=codes,
        start=START,
        end=END,
        units=units_,
        card={},
    )


@pytest.mark.parametrize("seed", range(4))
def test_it_equals_the_oracle(seed):
    """The confirmed and the other whole days of each officer, of ten small worlds each."""
    world = random_world(seed, groups=10)
    found = asked(world, join_s=600, codes=("duty", "overtime"))
    mine = {
        (row["officer"], row["day"]): row["state"]
        for row in found.days.to_dict("records")
        if row["state"] != "not assessed"
    }
    expected = {}
    for officer in officers_of(world):
        plain = PlainPresence(alone(world, officer))
        for day, (eligible, other, at_site, undecided) in plain.days(officer, ("duty", "overtime"), gap=10).items():
            if eligible >= 60 and not other and (at_site >= 5 or not undecided):
                expected[officer, day] = "confirmed" if at_site >= 5 else "not visible"
    assert mine == expected


def team(home: list[str], officers: int = 1, silent: bool = False) -> SeenWorld:
    """Officers who work from 8 to 16 on twenty days; on some of them (`h`) from elsewhere, on some (`s`) with a phone
    that is silent at the site.
    """
    days = [day for day in range(28) if day % 7 < 5]
    shifts = [
        shift(instant(24 * d + 8), instant(24 * d + 16), shift_id=f"s{o}-{d}", officer=f"o{o}", recorded=instant(-300))
        for o in range(officers)
        for d in days
    ]
    seen = [
        (f"o{o}", 24 * 60 * d + 600 + minute, "station")
        for o in range(officers)
        for place, d in enumerate(days)
        if home[place % len(home)] == "w"
        for minute in range(0, 60, 5)
    ]
    base = random_world(0)
    rules = {**base.rules, "legs": {"hold_s": 900}, "pseudonym": {"rotate": "week"}}
    return replace(
        base, shifts=shifts, seen=seen, decided=((BEGIN - 10**12, BEGIN + 10**13, BEGIN + 10**13),), rules=rules
    )


def of_officer(found: SiteDays) -> list[str]:
    """The own copy of the first officer, as lines."""
    return own_text(found.section("o0"), found.dates("o0"))


def test_no_sentence_tells_three_days_elsewhere_from_three_silent_ones():
    """Byte for byte, as both are the same in a release."""
    elsewhere, silent = (of_officer(asked(team(list(days)), target_percent=40)) for days in ("wwhhh", "wwsss"))
    assert elsewhere == silent
    assert "8 of 20 confirmed; the others cannot be known." in elsewhere
    assert f"Target: {SHOWN}." in elsewhere


def test_a_target_is_shown_or_not_shown_and_nothing_else():
    """On the edge it is shown; without a target none is answered; and about few days nothing is said."""
    world = team(list("wwhhh"))
    assert f"Target: {NOT_SHOWN}." in of_officer(asked(world, target_percent=41))
    assert f"Target: {NO_TARGET}." in of_officer(asked(world))
    short = world.but(shifts=world.shifts[:9])
    few = asked(short, target_percent=40).section("o0")
    assert few[["days", "confirmed"]].to_numpy().tolist() == [[pd.NA, pd.NA]]
    assert not any("confirmed;" in line for line in of_officer(asked(short, target_percent=40)))
    assert "Target: not assessed: fewer than 10 days." in of_officer(asked(short, target_percent=40))


def test_a_section_has_no_date():
    """S4: L of D, whether the target is shown, and the days that were asked about. Dates are in the own copy."""
    found = asked(team(list("wwhhh")), target_percent=40)
    (row,) = found.section("o0").to_dict("records")
    asked_about = {"from": f"{START}", "to": f"{END}", "codes": "duty"}
    assert row == {**asked_about, "days": 20, "confirmed": 8, "target": SHOWN}
    assert found.section("o0").equals(asked(team(list("hhhww")), target_percent=40).section("o0"))
    lines = own_text(found.section("o0"))
    assert "8 of 20 confirmed; the others cannot be known." in lines
    assert [line for line in lines if "2026-03-" in line and not line.startswith("Days on site from")] == []


def test_few_people_are_no_unit():
    """Nineteen people: nothing; of thirty the share in tenths and the target of the unit as a whole."""
    assert units(asked(team(list("wwhhh"), 19))).empty
    found = asked(team(list("wwhhh"), 30), target_percent=40)
    (row,) = units(found).to_dict("records")
    assert (row["days"], row["confirmed_percent"], row["target"]) == (600, 40, SHOWN)
    lines = summary_text(summary(found))
    assert "never that it was not" in lines[1]
    assert not any("o1 " in line for line in lines)


def test_days_with_little_duty_or_other_codes_are_left_out():
    """Training on the same day, and a part of a day."""
    world = team(list("w"))
    more = [
        shift(instant(17), instant(19), "training", shift_id="t", officer="o0", recorded=instant(-300)),
    ]
    found = asked(world.but(shifts=[*world.shifts, *more]))
    assert found.dates("o0")["state"].tolist() == ["not assessed", *["confirmed"] * 19]
    assert set(asked(world, day_minutes=460).dates("o0")["state"]) == {"not assessed"}


@pytest.mark.parametrize("last", [True, False])
def test_a_section_does_not_say_whether_a_day_that_was_open_is_confirmed(last):
    """It is assessed only where it is confirmed: L and D would tell of one day whose date everybody knows."""
    world, until = team(list("w")), BEGIN + (25 * 24 + 12) * 60 * MINUTE
    seen = [row for row in world.seen if last or row[1] < 25 * 24 * 60]
    found = asked(world.but(seen=seen, decided=((BEGIN - 10**12, until, until),)))
    assert found.dates("o0")["state"].tolist()[-1] == ("confirmed" if last else "not assessed")
    (row,) = found.section("o0").to_dict("records")
    assert (row["days"], row["confirmed"]) == (19, 19)


@pytest.mark.parametrize("seed", range(2))
def test_hiding_more_never_confirms_more(seed):
    """A3, 50 small worlds at once; also positions elsewhere, which a stretch at a site might be cut by."""
    world = random_world(seed, groups=50)
    before = confirmed(world)
    away = [row for row in world.seen if row[2] != "street"]
    ways = [*stricter(world, random.Random(seed)), ("positions elsewhere", world.but(seen=away))]
    assert [way for way, other in ways if not confirmed(other) <= before] == []


def confirmed(world: SeenWorld) -> set[tuple[str, int]]:
    """The officers and days that are confirmed."""
    days = asked(world, least_minutes=5, codes=("duty", "overtime")).days
    kept = days[days["state"] == "confirmed"]
    return set(zip(kept["officer"], kept["day"], strict=True))


def test_sentences_about_a_person_do_not_judge():
    """A7."""
    lines = of_officer(asked(team(list("wwhhh")), target_percent=90))
    assert [forbidden_words(line) for line in lines if forbidden_words(line)] == []


def test_what_may_not_be_asked():
    """Less than four weeks, a code that grants no duty, and what was not agreed on."""
    world = team(list("w"))
    with pytest.raises(UsageError, match="--codes"):
        asked(world, codes=("rest",))
    with pytest.raises(UsageError, match="--codes"):
        asked(world, codes=())
    policy = policy_of(world)
    options = {"key": KEY, "decided": world.decided, "as_of_us": AS_OF, "codes": ("duty",), "card": {}}
    tables = release_of(world), roster(world.shifts), table_of("sites", SITES)
    with pytest.raises(UsageError, match=r"days on site was not agreed on(.|\n)*\[analyses.site_days\]"):
        site_days(*tables, policy, start=START, end=END, **options)
    agreed = Policy.from_dict({**policy.model_dump(exclude_none=True), "analyses": {"site_days": TERMS}})
    with pytest.raises(UsageError, match="at least 28 days"):
        site_days(*tables, agreed, start=START, end=date(2026, 3, 29), **options)
    assert MINUTE
