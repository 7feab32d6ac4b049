"""Presence equals an oracle to the minute, never says more when more is hidden (A3), and says nothing against anybody."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from offduty.analyses.common_rules import NOTICE, forbidden_words
from offduty.analyses.eligible_duty import NEVER_SEEN, NOT_DECIDED, RECORDED_AFTERWARDS, TOO_SHORT
from offduty.analyses.error_cards import error_card, rules_sha256
from offduty.analyses.presence import CONFIRMED, NOT_ASSESSED, NOT_VISIBLE, QUARTER_US, Presence, share_of
from offduty.analyses.presence_summary import own_text, plain_rows, sites_by_hour, summary, summary_text, weeks
from offduty.analyses.visible_rows import site_of_rows
from offduty.config.policy import Policy
from offduty.core.errors import UsageError
from tests.unit.analyses.hiding import hidden_ways
from tests.unit.analyses.plain_presence import PlainPresence
from tests.unit.analyses.seen_worlds import (
    BEGIN,
    MINUTE,
    SITES,
    SeenWorld,
    alone,
    asked,
    instant,
    officers_of,
    policy_of,
    random_world,
)
from tests.unit.duty.tables import table_of
from tests.world import shift


def day_world(seen: list[tuple[str, int, str]], officers: int = 1, days: int = 1, **shift_changes: str) -> SeenWorld:
    """Officers who work from 8 to 16 on some days, planned in time, and are seen in these minutes."""
    shifts = [
        shift(
            instant(24 * day + 8),
            instant(24 * day + 16),
            shift_id=f"s{officer}-{day}",
            officer=f"o{officer}",
            recorded=instant(-300),
        )
        | shift_changes
        for officer in range(officers)
        for day in range(days)
    ]
    base = random_world(0)
    rules = {
        "legs": {"hold_s": 900},
        "pseudonym": {"rotate": "week"},
        "analyses": {"presence": base.rules["analyses"]["presence"] | {"join_s": 900}},
    }
    return base.but(shifts=shifts, seen=seen, decided=((BEGIN - 10**12, BEGIN + 10**13, BEGIN + 10**13),), rules=rules)


@pytest.mark.parametrize("seed", range(6))
def test_it_equals_the_oracle(seed):
    """Windows, states, and minutes before they are rounded; of ten small worlds each."""
    world = random_world(seed, groups=10)
    windows = asked(world).windows
    columns = (windows[name].tolist() for name in ("officer", "from_us", "to_us", "state", "joined_us", "plain_us"))
    found = [(*row[:4], row[4] // MINUTE, row[5] // MINUTE) for row in zip(*columns, strict=True)]
    expected = [
        window for officer in officers_of(world) for window in PlainPresence(alone(world, officer)).windows(officer)
    ]
    assert found == expected


def test_the_random_worlds_have_every_state():
    """So that the comparison with the oracle is about something."""
    together = pd.concat([asked(random_world(seed, groups=10)).windows for seed in range(6)])
    assert set(together["state"]) == {CONFIRMED, NOT_VISIBLE, NOT_ASSESSED}
    assert set(together["why"]) == {"", RECORDED_AFTERWARDS, NOT_DECIDED, TOO_SHORT, NEVER_SEEN}
    assert (together["joined_us"] > together["plain_us"]).any()


@pytest.mark.parametrize("seed", range(4))
def test_hiding_more_never_says_more_against_anybody(seed):
    """A3, on 200 small worlds, 50 at once (`make properties-long` tries 10,000)."""
    assert hidden_ways(seed, groups=50) == []


def test_minutes_are_those_of_stretches_and_are_rounded_down():
    """Two stretches of 20 and 2 minutes are a quarter; the hold at both ends counts for nothing, nor one that is alone."""
    minutes = (8 * 60, *(9 * 60 + m for m in (0, 15, 19)), 11 * 60, 12 * 60, 12 * 60 + 1)
    seen = [("o0", minute, "station") for minute in minutes]
    dates = asked(day_world(seen)).dates("o0")
    assert dates.to_dict("records") == [
        {
            "starts_at": "2026-03-02T08:00+00:00",
            "ends_at": "2026-03-02T16:00+00:00",
            "state": CONFIRMED,
            "why": "",
            "confirmed_minutes": 15,
            "minutes_without_joining": 0,
        }
    ]
    assert asked(day_world(seen)).dates("o9").empty


@pytest.mark.parametrize(
    ("minutes", "state"), [((600,), NOT_VISIBLE), ((600, 615), CONFIRMED), ((600, 616), NOT_VISIBLE)]
)
def test_a_window_is_confirmed_by_two_positions_that_are_near(minutes, state):
    """One by itself may be an error of the receiver, or somebody who drives past a site on a free day."""
    first_day = [("o0", minute, "station") for minute in minutes]
    second_day = [("o0", 24 * 60 + minute, "station") for minute in (600, 601)]
    dates = asked(day_world([*first_day, *second_day], days=2)).dates("o0")
    assert dates["state"].tolist() == [state, CONFIRMED]


def test_two_positions_of_one_step_are_one_instant():
    """A second device, or a quicker one, says nothing about another minute."""
    twice = [("o0", 600, "station"), ("o0", 600, "court")]
    dates = asked(day_world([*twice, ("o0", 24 * 60 + 600, "court")], days=2)).dates("o0")
    assert dates["state"].tolist() == [NOT_ASSESSED, NOT_ASSESSED]


def test_the_hold_at_both_ends_counts_for_nothing():
    """What is seen there may be the way from home."""
    seen = [("o0", minute, "station") for minute in (8 * 60 + 13, 8 * 60 + 14, 24 * 60 + 600, 24 * 60 + 601)]
    assert asked(day_world(seen, days=2)).dates("o0")["state"].tolist() == [NOT_VISIBLE, CONFIRMED]


def test_days_are_chosen_by_the_local_date_on_which_a_window_begins():
    """From the first, and before the last."""
    world = day_world([("o0", 24 * 60 + 600, "station")], days=3)
    found = asked(world, start=pd.Timestamp("2026-03-03").date(), end=pd.Timestamp("2026-03-04").date())
    assert [text[:10] for text in found.dates("o0")["starts_at"]] == ["2026-03-03"]


def test_a_position_beside_a_site_is_at_it_where_rounding_may_have_moved_it():
    """Half a step of the last digit, and no more."""
    radius = 150 / 111_194.9  # in degrees of latitude
    edge = SITES[0]["lat"] + radius
    rows = pd.DataFrame({"lon": SITES[0]["lon"], "lat": [edge - 0.0002, edge + 0.00003, edge + 0.0002, 51.4]})
    policy = policy_of(random_world(0))
    assert sorted(set(site_of_rows(rows, table_of("sites", SITES), policy)["row"])) == [0, 1]


MONDAY = (date(2026, 3, 2) - date(1970, 1, 1)).days


def crowd(days: int = 5, officers: int = 30, silent: int = 0, unit: int = 15) -> tuple[SeenWorld, pd.DataFrame]:
    """Officers in two units, of whom the first so many are seen on the last day only."""
    seen = [
        (f"o{officer}", 24 * 60 * day + 600 + m, "station")
        for officer in range(officers)
        for day in range(days)
        for m in range(3)
        if officer >= silent or day == days - 1
    ]
    units = pd.DataFrame(
        {"officer_id": [f"o{i}" for i in range(officers)], "unit": [f"u{i // unit}" for i in range(officers)]}
    )
    return day_world(seen, officers, days), units


def test_a_share_is_about_ten_people_of_twenty_and_so_are_the_others():
    """Of fifteen nothing is printed; of thirty 90 and more; where four are mostly not visible, nothing again."""
    world, units = crowd()
    assert weeks(asked(world, units=units)).empty
    (row,) = weeks(asked(world)).to_dict("records")
    assert (row["windows"], row["confirmed_percent"]) == (150, 90)
    few, _ = crowd(silent=5)
    assert weeks(asked(few)).empty
    many, _ = crowd(silent=12)
    (row,) = weeks(asked(many)).to_dict("records")
    assert (row["windows"], row["confirmed_percent"]) == (150, 60)


@pytest.mark.parametrize(("before", "after"), [(0, 0), (9, 0), (0, 9), (9, 9), (10, 10)])
def test_no_outer_end_is_that_of_fewer_than_ten_people(before, after):
    """Duty two weeks before all others, or a week after them, is in the sum; when it was is told where ten have it."""
    days = [0] * before + [14 + 7 * week for week in range(3) for _ in range(30)] + [35] * after
    officers = [*range(before), *(who for _ in range(3) for who in range(30)), *range(after)]
    windows = pd.DataFrame({"officer": [f"o{who}" for who in officers], "day": np.array(days) + MONDAY, "unit": ""})
    found = weeks(replace(asked(crowd()[0]), windows=windows.assign(state="confirmed")))
    mondays = [f"2026-03-{day:02}" for day in (2, 16, 23, 30)]
    begins = {0: [mondays[1]], 9: [None], 10: [mondays[0], "2026-03-09"]}[before]
    ends = {0: [mondays[3]], 9: [None], 10: [mondays[3], "2026-04-06"]}[after]
    assert [row["from"] for row in plain_rows(found)][: len(begins)] == begins
    assert [row["to"] for row in plain_rows(found)][-len(ends) :] == ends
    assert mondays[0] in found.to_csv() if before == 10 else mondays[0] not in found.to_csv()


def test_sites_by_hour_have_ten_officers_or_no_row():
    """In fives, rounded down, and no more."""
    world, _ = crowd(officers=14)
    assert sites_by_hour(asked(world)).to_dict("records") == [{"site": "s1", "hour": 10, "at_least": 10}]
    world, _ = crowd(officers=9)
    assert sites_by_hour(asked(world)).empty


def test_sentences_about_a_person_do_not_judge_and_tell_no_first_or_last_sighting():
    """A7, over many worlds; and the same bytes for somebody who was seen earlier and later by some minutes."""
    found = asked(random_world(4, groups=20))
    lines = [
        line
        for who in officers_of(random_world(4, groups=20))
        for line in own_text(found.section(who), found.dates(who))
    ]
    assert [forbidden_words(line) for line in lines if forbidden_words(line)] == []
    assert any(CONFIRMED in line for line in lines)
    one, other = (asked(day_world([("o0", 600 + shift_, "station")])).dates("o0") for shift_ in (0, 37))
    assert one.equals(other)


def seen_on(days: int, of: int) -> Presence:
    """One officer, who is seen on the first so many of some days."""
    return asked(
        day_world([("o0", 24 * 60 * day + 600 + m, "station") for day in range(days) for m in (0, 1)], days=of)
    )


@pytest.mark.parametrize(
    ("days", "of", "percent", "answer"),
    [
        (20, 20, 25, "confirmed: a quarter of them or more"),
        (14, 20, 25, "confirmed: a quarter of them or more"),
        (5, 20, 25, "confirmed: a quarter of them or more"),
        (4, 20, 0, "not visible: nothing is said of them"),
        (1, 20, 0, "not visible: nothing is said of them"),
        (3, 10, 25, "confirmed: a quarter of them or more"),
        (2, 10, 0, "not visible: nothing is said of them"),
        (9, 9, None, "not assessed: fewer than 10 windows"),
        (0, 20, None, "not assessed: fewer than 10 windows"),
    ],
)
def test_a_section_says_a_quarter_or_nothing_and_no_date(days, of, percent, answer):
    """Of fewer than ten windows nothing, and of somebody who was never seen. Minutes are nowhere."""
    section = seen_on(days, of).section("o0")
    assert list(section.columns) == ["from", "to", "windows", "confirmed_at_least_percent", "answer"]
    (row,) = section.to_dict("records")
    numbers = [None if row[name] is pd.NA else row[name] for name in ("windows", "confirmed_at_least_percent")]
    assert (row["from"], row["to"], *numbers) == ("", "", None if percent is None else of, percent)
    assert row["answer"] == answer


@pytest.mark.parametrize("of", [1, 2, 9])
def test_a_section_about_a_few_days_does_not_say_whether_anything_was_seen(of):
    """A window by itself is assessed only where it is confirmed: how many are would tell of one day, which has a date."""
    assert seen_on(0, of).section("o0").equals(seen_on(of, of).section("o0"))
    assert seen_on(1, of).section("o0").equals(seen_on(of, of).section("o0"))


def test_whose_windows_differ_in_dates_and_minutes_have_the_same_section():
    """A single case does not say on which of twenty days somebody was seen, nor for how long."""
    first = [("o0", 24 * 60 * day + 600 + m, "station") for day in range(10) for m in (0, 1)]
    last = [("o0", 24 * 60 * day + 500 + m, "station") for day in range(10, 20) for m in range(0, 90, 5)]
    one, other = (asked(day_world(seen, days=20)) for seen in (first, last))
    assert one.section("o0").equals(other.section("o0"))
    assert not one.dates("o0").equals(other.dates("o0"))


def test_a_section_says_which_days_were_asked_about_where_any_were_named():
    """The days of the question, and not those of anybody's windows."""
    start, end = date(2026, 3, 2), date(2026, 3, 30)
    found = asked(day_world([("o0", 600, "station")], days=20), start=start, end=end)
    (row,) = found.section("o0").to_dict("records")
    assert (row["from"], row["to"]) == ("2026-03-02", "2026-03-30")
    lines = own_text(found.section("o0"))
    assert lines[0] == (
        "Duty windows from 2026-03-02 on until before 2026-03-30 that are assessed: fewer than 10."
        " Not assessed: fewer than 10 windows."
    )


def test_hiding_a_position_never_raises_a_share():
    """A3 for the section: without some positions of a day the share is that or less."""
    shares = [share_of(confirmed, 20)[0] or 0 for confirmed in range(21)]
    assert shares == sorted(shares)
    assert set(shares) == {0, 25}


@pytest.mark.parametrize("seed", range(30))
def test_hiding_positions_never_raises_what_a_section_says(seed):
    """A3 for the section, with a window that is open at the end: neither the share, nor the number of windows, and of
    whom nothing was said nothing is said.
    """
    rng = random.Random(seed)
    begins = [24 * 60 * day + 500 + rng.randrange(150) for day in range(14)]
    seen = [("o0", begin + m, "station") for begin in begins for m in (0, 1, 9)]
    open_at = BEGIN + (13 * 24 + 11) * 60 * MINUTE
    world = day_world([row for row in seen if rng.random() < 0.8], days=14)
    world = world.but(decided=((BEGIN - 10**12, open_at, open_at),))
    before = told(world)
    assert before[0] == 13
    for share in (0.9, 0.7, 0.5, 0.2, 0.1, 0.05, 0):
        after = told(world.but(seen=[row for row in world.seen if rng.random() < share]))
        assert after[0] in (13, -1)
        assert after <= before


def told(world: SeenWorld) -> tuple[int, int]:
    """The windows and the share of a section; -1 where nothing is said."""
    (row,) = asked(world).section("o0").to_dict("records")
    windows, share = (
        -1 if pd.isna(row[name]) else int(row[name]) for name in ("windows", "confirmed_at_least_percent")
    )
    return windows, share


@pytest.mark.parametrize("last", [True, False])
def test_a_section_does_not_say_whether_a_window_that_was_open_is_confirmed(last):
    """It is assessed only where it is confirmed: counted, it would be one window more than the roster has ended, which
    tells of one day whose date everybody knows.
    """
    seen = [("o0", 24 * 60 * day + 600 + m, "station") for day in range(15) for m in (0, 1)]
    world = day_world(seen if last else seen[:-2], days=15)
    until = BEGIN + (14 * 24 + 12) * 60 * MINUTE
    found = asked(world.but(decided=((BEGIN - 10**12, until, until),)))
    assert found.dates("o0")["state"].tolist()[-1] == (CONFIRMED if last else NOT_ASSESSED)
    (row,) = found.section("o0").to_dict("records")
    assert (row["windows"], row["confirmed_at_least_percent"]) == (14, 25)


def test_the_summary_names_nobody_and_says_first_what_it_can_never_prove():
    """No officer; the theorem, the limits and the notice."""
    document = summary(asked(crowd()[0]))
    lines = summary_text(document)
    assert "never prove" in lines[1]
    assert any(NOTICE in line for line in lines)
    assert document["other_records"] == "NOT ANSWERED"
    assert not any(f"o{number}" in f"{document}".split() for number in range(30))


def test_rows_in_another_order_give_the_same():
    """And pseudonyms of another key are nobody's."""
    world = random_world(3)
    mixed = list(world.seen)
    random.Random(1).shuffle(mixed)
    assert asked(world.but(seen=mixed)).windows.equals(asked(world).windows)
    assert not (asked(world, key=bytes(32)).windows["state"] == CONFIRMED).any()


def test_nothing_at_all():
    """No roster, no windows; no rows, nothing is assessed."""
    world = random_world(1)
    assert asked(world.but(shifts=[], seen=[])).windows.empty
    assert set(asked(world.but(seen=[])).windows["state"]) == {NOT_ASSESSED}


def test_what_was_not_agreed_on_is_refused_with_the_lines_to_agree_on():
    """Exit code 2 (A2)."""
    world = random_world(1)
    rules = {name: values for name, values in world.rules.items() if name != "analyses"}
    with pytest.raises(UsageError, match=r"not agreed on(.|\n)*\[analyses.presence\]"):
        asked(world.but(rules=rules))


@pytest.mark.parametrize("analysis", ["presence", "site-days"])
def test_the_cards_are_of_the_rules_as_they_are(analysis):
    """Where this fails: `python -m tools.make_cards`, and read what has changed. Without a card no answer (A6)."""
    card = error_card(analysis)
    assert card["rules_sha256"] == rules_sha256(analysis)


def test_minutes_are_whole_quarters():
    """Everywhere."""
    found: Presence = asked(random_world(2))
    for who in officers_of(random_world(2)):
        minutes = found.dates(who)[["confirmed_minutes", "minutes_without_joining"]].to_numpy()
        assert not np.any(minutes % 15)
    assert QUARTER_US == 15 * MINUTE
    assert isinstance(policy_of(random_world(2)), Policy)
