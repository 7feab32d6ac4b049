"""Declared interests equal an oracle, find nothing that is not declared, and a release only clears what records say."""

from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta
from typing import Any

import pandas as pd
import pytest

from offduty.analyses.common_rules import forbidden_words
from offduty.analyses.declared_interests import NAMELESS, UNREADABLE, declared_interests
from offduty.analyses.interests import Interests
from offduty.analyses.interests_summary import own_text, rules, summary, summary_text
from offduty.config.policy import Policy
from offduty.core.errors import InputError, UsageError
from offduty.verify.answers_again.evidence_of_duty import AskedAgain, DutyEvidence
from offduty.verify.answers_again.interests import InterestEvidence
from offduty.verify.redecide.ingest.reference_row import ReferenceRow
from offduty.verify.redecide.rules import read_rules
from tests.unit.analyses.hiding import stricter
from tests.unit.analyses.plain_interests import PlainInterests
from tests.unit.analyses.registers import (
    COLUMNS,
    FIRST,
    RegisterWorld,
    asked,
    at,
    interest,
    register_worlds,
    together,
)
from tests.unit.analyses.rosters import AS_OF, instant
from tests.unit.analyses.seen_worlds import (
    BEGIN,
    KEY,
    MINUTE,
    SeenWorld,
    officers_of,
    policy_of,
    random_world,
    release_of,
)
from tests.world import shift

WORLDS, BATCH = 1_000, 50
HOUR = 60 * MINUTE


def listed(found: pd.DataFrame) -> list[tuple[str, str, str, int, int]]:
    """The findings as the oracle has them."""
    columns = ["rule", "officer", "interest_id", "from_us", "us"]
    return sorted(found[columns].itertuples(index=False, name=None))


@pytest.mark.parametrize("batch", range(3))
def test_it_equals_the_oracle(batch):
    """Nights, nights on which the clocks change, and versions of rosters and interests."""
    compare(batch)


@pytest.mark.parametrize("batch", range(WORLDS // BATCH))
def test_a_thousand_registers_equal_the_oracle(batch):
    """The bar of the contract."""
    compare(batch)


def compare(batch: int) -> None:
    """Fifty registers."""
    worlds = register_worlds(batch, BATCH)
    plain = [PlainInterests(world) for world in worlds]
    found = asked(together(worlds))
    assert listed(found.findings) == sorted(finding for world in plain for finding in world.findings())
    silent = [(one.interest_id, set(one.officers)) for one in found.unassessed]
    assert silent == sorted(each for world in plain for each in world.not_assessed())


def test_the_random_registers_have_every_finding():
    """So that the comparison with the oracle is about something, also about interests that are not assessed."""
    found = [asked(together(register_worlds(batch, BATCH))) for batch in range(5)]
    counts = Counter(rule for each in found for rule in each.findings["rule"])
    assert set(counts) == {"I1", "I2", "I3", "I4", "I5", "I6"}
    assert min(counts.values()) > 5
    assert sum(each.not_assessed for each in found) > 10


@pytest.mark.parametrize("batch", range(100, 103))
def test_the_second_implementation_says_the_same(batch):
    """The table and the section of everybody, byte for byte."""
    world = together(register_worlds(batch, BATCH))
    found, again = asked(world), made_again(world)
    assert again.table()["interests-rules.csv"] == csv(rules(found))
    officers = sorted({row["officer_id"] for row in (*world.shifts, *world.register)})
    assert again.named == officers
    assert [again.section(officer) for officer in officers] == [csv(found.section(officer)) for officer in officers]


def csv(table: pd.DataFrame) -> bytes:
    """As the command writes it."""
    return str(table.to_csv(index=False, lineterminator="\n")).encode()


def made_again(world: RegisterWorld, days: tuple[Any, Any] = (None, None)) -> InterestEvidence:
    """The second implementation, without a release."""
    policy = world.policy.as_document()
    rules_ = read_rules({"policy": policy, "as_of": iso(world.as_of_us), "interval": {"from": "", "to": ""}})
    rows = [ReferenceRow(0, number, row) for number, row in enumerate(world.shifts)]
    empty = pd_release([])
    evidence = DutyEvidence(AskedAgain(rules_, (), None, None, 900, b"", rows, (), empty, {}))
    register = [{name: str(row[name]) for name in COLUMNS} for row in world.register]
    return InterestEvidence(evidence, register, policy["analyses"]["interests"], days)


def pd_release(rows: list[Any]) -> Any:
    """No released row."""
    import pyarrow as pa

    kinds = (pa.string(), pa.timestamp("us", tz="UTC"), pa.float64(), pa.float64())
    names = ("officer", "observed_at", "lon", "lat")
    return pa.table({name: pa.array(rows, kind) for name, kind in zip(names, kinds, strict=True)})


def iso(us: int) -> str:
    """An instant as a manifest writes it."""
    return f"{pd.Timestamp(us, unit='us'):%Y-%m-%dT%H:%M:%S}Z"


def week(register: list[dict[str, str]], days: int = 5, officer: str = "o1", **terms: Any) -> RegisterWorld:
    """An officer who works from 8 to 16 on some days, asked about after three weeks."""
    shifts = [
        shift(
            instant(24 * day + 8), instant(24 * day + 16), shift_id=f"s{day}", officer=officer, recorded=instant(-900)
        )
        for day in range(days)
    ]
    return RegisterWorld(shifts, register, BEGIN + 21 * 24 * HOUR, terms)


def rows_of(found: Interests, officer: str = "o1") -> list[tuple[str, str, int]]:
    """Rule, local beginning and minutes of an officer's findings."""
    return list(found.section(officer)[["rule", "begins", "minutes"]].itertuples(index=False, name=None))


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("mon 15:45-17:00", [("I1", "2026-03-02T15:45+00:00", 15)]),
        ("mon 15:46-17:00", []),
        ("mon 07:00-08:15", [("I1", "2026-03-02T08:00+00:00", 15)]),
        ("sun 22:00-08:30", [("I1", "2026-03-02T08:00+00:00", 30)]),
        ("sat 08:00-16:00", []),
    ],
)
def test_an_overlap_has_a_quarter_of_an_hour(pattern, expected):
    """On the edge it is one; also over midnight from the day before."""
    assert rows_of(asked(week([interest("i1", "o1", pattern=pattern)], rest=False))) == expected


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("mon 18:00-20:00", []),
        ("tue 03:00-05:00", []),
        ("tue 02:59-05:00", [("I3", "2026-03-03T02:59+00:00", 659)]),
        ("sun 18:00-21:00", []),
        ("sun 20:00-22:00", [("I3", "2026-03-01T20:00+00:00", 600)]),
        ("fri 21:00-06:00", [("I3", "2026-03-06T21:00+00:00", 300)]),
        ("sat 21:00-06:00", []),
    ],
)
def test_rest_is_eleven_hours_in_one_piece(pattern, expected):
    """From 8 to 16 on duty, Monday to Friday. After an evening there are twelve hours, between 16 and 3 just eleven; a
    night after a day on duty leaves the five hours before it.
    """
    world = week([interest("i1", "o1", pattern=pattern)])
    assert rows_of(asked(world)) == expected


def test_what_was_recorded_only_afterwards_takes_findings_away():
    """Duty, and a version of the register."""
    pattern = {"pattern": "mon 08:00-12:00;tue 08:00-12:00"}
    world = week([interest("i1", "o1", **pattern)])
    assert len(rows_of(asked(world))) == 2
    late = [row | {"recorded_at": instant(200)} if row["shift_id"] == "s0" else row for row in world.shifts]
    assert [begins[:10] for _, begins, _ in rows_of(asked(world.but(shifts=late)))] == ["2026-03-03"]
    later = [interest("i1", "o1", recorded_at=instant(24), **pattern)]
    assert [begins[:10] for _, begins, _ in rows_of(asked(world.but(register=later)))] == ["2026-03-03"]
    changed = [*world.register, interest("i1", "o1", pattern="mon 08:00-12:00", recorded_at=instant(200))]
    assert [begins[:10] for _, begins, _ in rows_of(asked(world.but(register=changed)))] == ["2026-03-02"]


def test_forty_eight_hours_are_not_too_many():
    """On average over seventeen weeks: forty of duty and eight declared are just that, and a hundredth more is not."""
    days = [7 * n + day for n in range(18) for day in range(5)]
    shifts = [
        shift(instant(24 * day + 8), instant(24 * day + 16), shift_id=f"s{day}", officer="o1", recorded=instant(-900))
        for day in days
    ]
    for hours, minutes in (("8", None), ("8.01", 48 * 60)):
        world = RegisterWorld(shifts, [interest("i1", "o1", weekly_hours=hours)], BEGIN + 17 * 7 * 24 * HOUR, {})
        found = [row for row in rows_of(asked(world)) if row[1].startswith("2026-03-02")]
        assert [row[2] for row in found] == ([] if minutes is None else [minutes])


def test_conditions_are_those_of_now():
    """Pending, refused and still valid, and a review whose day is over; not one that has ended, or is due today."""
    today = (FIRST + timedelta(days=21)).isoformat()
    before = (FIRST + timedelta(days=20)).isoformat()
    register = [
        interest("i1", "o1", decision="pending", decided_at=""),
        interest("i2", "o1", decision="refused"),
        interest("i3", "o1", decision="refused", valid_to=today),
        interest("i4", "o1", review_by=before),
        interest("i5", "o1", review_by=today),
    ]
    section = asked(week(register)).section("o1")
    assert list(zip(section["rule"], section["interest_id"], strict=True)) == [("I4", "i1"), ("I4", "i2"), ("I5", "i4")]


def test_each_rule_is_a_switch_and_sickness_is_off():
    """A rule that was not agreed on finds nothing, and has no row in the table."""
    everything = together(register_worlds(0, BATCH))
    switches = dict.fromkeys(("overlap", "hours", "rest", "approval", "review", "sickness"), False)
    off = asked(everything.but(terms=switches))
    assert (len(off.findings), len(rules(off))) == (0, 0)
    default = Policy.from_dict(
        {**everything.policy.model_dump(exclude_none=True), "analyses": {"interests": {**TERMS_}}}
    )
    assert default.analyses.interests is not None
    assert default.analyses.interests.sickness is False


def test_a_duty_that_is_written_by_dates_is_read_exactly():
    """A date begins at one instant: the sickness of its officer counts, and both implementations say so."""
    register = [interest("i1", "o1", pattern="tue 08:00-12:00", recorded_at=instant(-500))]
    world = week(register)
    dates = shift("2026-03-20", "2026-03-21", shift_id="dates", recorded=instant(-900))
    leave = shift(instant(24 + 7), instant(24 + 18), "leave", shift_id="ill", recorded=instant(-900))
    world = world.but(shifts=[*world.shifts, dates, leave])
    found = asked(world)
    assert "I6" in set(found.findings["rule"])
    assert made_again(world).section("o1") == csv(found.section("o1"))


TERMS_ = {"purpose": "advice", "recipients": ["standards"], "keep_days": 90}


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "gardening"},
        {"pattern": "mon 8:00-9:00"},
        {"pattern": "mon 08:00-08:00"},
        {"pattern": "mon 24:00-25:00"},
        {"weekly_hours": "a few"},
        {"weekly_hours": "169"},
        {"valid_from": "2026-02-30"},
        {"valid_to": "soon"},
        {"decision": "Approved"},
        {"decided_at": ""},
        {"decided_at": "2026-01-05"},
        {"recorded_at": "2026-01-05T09:00:00"},
        {"review_by": "next year"},
        {"officer_id": ""},
    ],
)
def test_an_interest_that_cannot_be_read_exactly_is_not_assessed(wrong):
    """Nothing is said of it, whatever else its versions say; and both implementations think so."""
    register = [
        interest("i1", "o1", pattern="mon 08:00-12:00", recorded_at=instant(-500)),
        interest("i1", "o1") | wrong,
    ]
    world = week(register)
    found = asked(world)
    assert (len(found.findings), found.interests, found.not_assessed) == (0, 0, 1)
    assert made_again(world).found == []


def test_nobody_is_told_that_there_is_no_finding_where_an_interest_cannot_be_read():
    """The officer whom it names is told which it is, and why, by text and by table; nobody else is."""
    wrong = {"valid_from": "02/03/2026"}
    register = [
        interest("i1", "o1") | wrong,
        interest("i2", "o1"),
        interest("i3", "o2"),
        interest("i3", "o3") | wrong,
        interest("i4", "o4"),
    ]
    found = asked(week(register))
    for officer, names in (("o1", ["i1"]), ("o2", ["i3"]), ("o3", ["i3"]), ("o4", []), ("o5", [])):
        section = found.section(officer)
        assert section["interest_id"].tolist() == names
        assert set(section["state"]) <= {"not assessed"}
        assert set(section["why"]) <= {UNREADABLE}
        text = "\n".join(own_text(section))
        assert ("No finding" in text) is not names
        assert ("not assessed: 1 interest." in text) is bool(names)
        assert all(f"interest {name}: {UNREADABLE}" in text for name in names)
        assert csv(section) == made_again(week(register)).section(officer)


@pytest.mark.parametrize("seed", range(3))
def test_days_that_are_asked_about_cut_what_is_found_and_add_nothing(seed):
    """Both implementations; a part of an overlap stays where it was, and what holds now is the same."""
    world = together(register_worlds(200 + seed, BATCH))
    whole = asked(world)
    first = pd.Timestamp(world.shifts[0]["starts_at"] or FIRST).date()
    days = first + timedelta(days=1), first + timedelta(days=4)
    found, again = asked(world, start=days[0], end=days[1]), made_again(world, days)
    officers = sorted({row["officer_id"] for row in (*world.shifts, *world.register)})
    assert [again.section(officer) for officer in officers] == [csv(found.section(officer)) for officer in officers]
    assert 0 < len(found.findings) < len(whole.findings)
    edges = [pd.Timestamp(day, tz="Europe/London").value // 1000 for day in days]
    for rule, officer, name, begin, us in keys(found):
        if rule in ("I4", "I5"):
            assert (rule, officer, name, begin, us) in keys(whole)
        elif rule in ("I1", "I6"):
            assert edges[0] <= begin < begin + us <= edges[1]
            assert any(
                (one[:3] == (rule, officer, name)) and one[3] <= begin and begin + us <= one[3] + one[4]
                for one in keys(whole)
            )
        else:
            assert (rule, officer, name, begin, us) in keys(whole)
    conditions = [{each for each in keys(one) if each[0] in ("I4", "I5")} for one in (found, whole)]
    assert conditions[0] == conditions[1]


def test_contradicting_versions_and_two_officers_are_not_assessed():
    """Of one record time, or of one interest."""
    for other in ({"decision": "refused"}, {"officer_id": "o2", "recorded_at": instant(-500)}):
        assert asked(week([interest("i1", "o1"), interest("i1", "o1") | other])).not_assessed == 1
    twice = asked(week([interest("i1", "o1"), interest("i1", "o1")]))
    assert (twice.interests, twice.not_assessed) == (1, 0)


def test_a_row_without_an_interest_silences_its_officer_and_one_without_anybody_stops():
    """The officer's interests may be the one that was meant."""
    register = [interest("", "o1"), interest("i1", "o1", decision="refused"), interest("i2", "o2", decision="refused")]
    found = asked(week(register))
    assert found.findings["officer"].tolist() == ["o2"]
    assert found.section("o1")[["interest_id", "state", "why"]].to_numpy().tolist() == [
        ["", "not assessed", NAMELESS],
        ["i1", "not assessed", NAMELESS],
    ]
    assert made_again(week(register)).section("o1") == csv(found.section("o1"))
    with pytest.raises(InputError, match=r"the register, row 1: it names neither"):
        asked(week([interest("i1", "o1"), interest("", "NULL")]))


def test_a_register_has_no_place_no_employer_and_no_free_text():
    """A further column is refused, by its number: a file without a head would have ids there."""
    table = pd.DataFrame([interest("i1", "o1") | {"employer": "a bakery"}])
    with pytest.raises(InputError, match=r"column 12") as caught:
        declared_interests(table, "Europe/London", AS_OF)
    assert "employer'" not in str(caught.value)
    with pytest.raises(InputError, match=r"lacks kind"):
        declared_interests(table.drop(columns=["kind"]), "Europe/London", AS_OF)
    assert declared_interests(pd.DataFrame(columns=list(COLUMNS)), "Europe/London", AS_OF).interests == ()


def clearing(seed: int) -> tuple[SeenWorld, list[dict[str, str]]]:
    """Officers with released positions, and a register of long patterns."""
    world = random_world(seed, groups=20)
    joined = {**world.rules, "legs": {"hold_s": 0}, "analyses": {"presence": {**TERMS_, "join_s": 900}}}
    rng = random.Random(seed)
    patterns = ["mon 00:00-24:00;tue 00:00-24:00", "tue 06:00-18:00;wed 10:00-14:00", "mon 20:00-06:00;thu 00:00-12:00"]
    register = [
        interest(f"i{number}", officer, pattern=rng.choice(patterns), recorded_at=instant(-999))
        for number, officer in enumerate([*officers_of(world), *officers_of(world)[::2]])
    ]
    steady = [(who, minute, "street") for who in officers_of(world)[::2] for minute in range(0, 96 * 60, 10)]
    return world.but(seen=[*world.seen, *steady], rules=joined), register


def cleared_of(world: SeenWorld, register: list[dict[str, str]]) -> Interests:
    """The answer with the release of a world."""
    join_s = world.rules["analyses"]["presence"]["join_s"]
    rules_ = {**policy_of(world).model_dump(exclude_none=True), "analyses": {"interests": {**TERMS_, "join_s": join_s}}}
    with_rules = RegisterWorld(world.shifts, register, AS_OF, {})
    from offduty.analyses.interests import interests
    from tests.unit.analyses.rosters import roster

    return interests(
        pd.DataFrame(with_rules.register, columns=list(COLUMNS)),
        roster(world.shifts),
        Policy.from_dict(rules_),
        as_of_us=AS_OF,
        release=release_of(world),
        decided=world.decided,
        key=KEY,
        card={},
    )


def keys(found: Interests, cleared: bool | None = None) -> set[tuple[str, str, str, int, int]]:
    """The findings, or those that are cleared."""
    mine = found.findings if cleared is None else found.findings[found.findings["cleared"] == cleared]
    return set(mine[["rule", "officer", "interest_id", "from_us", "us"]].itertuples(index=False, name=None))


@pytest.mark.parametrize("seed", range(3))
def test_a_release_only_clears(seed):
    """The findings are those of the records, whatever is released; hiding positions clears a part of what it did."""
    world, register = clearing(seed)
    found = cleared_of(world, register)
    records = cleared_of(world.but(seen=[]), register)
    assert keys(found) == keys(records)
    assert keys(records, cleared=True) == set()
    assert keys(found, cleared=True)
    fewer = cleared_of(world.but(seen=world.seen[::2]), register)
    assert keys(fewer) == keys(found)
    assert keys(fewer, cleared=True) <= keys(found, cleared=True)


@pytest.mark.parametrize("seed", range(2))
def test_hiding_more_never_says_more_against_anybody(seed):
    """A3, on 40 small worlds: a finding may go, and none comes; nothing that was not cleared is."""
    world, register = clearing(100 + seed)
    before = amounts(cleared_of(world, register))
    for way, other in stricter(world, random.Random(seed)):
        after = amounts(cleared_of(other, register))
        assert [key for key, amount in after.items() if amount > before.get(key, 0)] == [], way


def amounts(found: Interests) -> Counter[tuple[str, str, str]]:
    """How long overlaps are, and how many other findings there are, by rule, officer and interest."""
    counts: Counter[tuple[str, str, str]] = Counter()
    for rule, officer, name, _, us in keys(found):
        counts[rule, officer, name] += us if rule in ("I1", "I6") else 1
    return counts


@pytest.mark.parametrize(("until", "cleared"), [(120, True), (119, False)])
def test_half_of_an_overlap_clears_it(until, cleared):
    """Four hours declared, from nine to one: two of them are confirmed, or a minute less."""
    base = random_world(0)
    rules_ = {**base.rules, "legs": {"hold_s": 0}, "analyses": {"presence": {**TERMS_, "join_s": 900}}}
    shifts = [shift(instant(8), instant(16), shift_id="s", officer="o1", recorded=instant(-900))]
    minutes = sorted({*range(0, until, 10), until - 1})
    world = base.but(
        shifts=shifts,
        seen=[("o1", 9 * 60 + minute, "street") for minute in minutes],
        decided=((BEGIN - 10**12, BEGIN + 10**13, BEGIN + 10**13),),
        rules=rules_,
    )
    register = [interest("i1", "o1", pattern="mon 09:00-13:00")]
    (row,) = cleared_of(world, register).section("o1").to_dict("records")
    assert (row["rule"], row["state"]) == ("I1", "cleared" if cleared else "finding")


def many(officers: int, declaring: int | None = None) -> RegisterWorld:
    """So many officers with an overlap each."""
    shifts = [
        shift(instant(8), instant(16), shift_id=f"s{who}", officer=f"o{who}", recorded=instant(-900))
        for who in range(officers)
    ]
    register = [
        interest(f"i{who}", f"o{who}", pattern="mon 09:00-13:00" if who < (declaring or officers) else "")
        for who in range(officers)
    ]
    return RegisterWorld(shifts, register, BEGIN + 21 * 24 * HOUR, {})


@pytest.mark.parametrize(("officers", "with_one", "printed"), [(20, 10, 10), (20, 9, None), (19, 19, None)])
def test_a_figure_is_about_ten_people_of_twenty(officers, with_one, printed):
    """A4; and without a release nothing is said to be cleared."""
    (row, *_) = rules(asked(many(officers, with_one))).astype(object).to_dict("records")
    assert row["rule"] == "I1"
    assert (None if pd.isna(row["findings"]) else row["findings"]) == printed
    assert pd.isna(row["cleared"])


def test_sentences_do_not_judge_and_name_nobody_else():
    """A7 and A4."""
    world = together(register_worlds(0, BATCH))
    found = asked(world)
    officer = str(found.findings["officer"].iloc[0])
    own = own_text(found.section(officer))
    lines = [*own, *summary_text(summary(found))]
    assert [word for line in lines for word in forbidden_words(line)] == []
    assert "cannot find undeclared work" in " ".join(lines)
    others = set(found.findings["officer"]) - {officer}
    assert not any(other in line for other in others for line in lines)
    assert own_text(found.section("nobody"))[2] == "No finding."
    ends = {line.split()[1][:2]: line for line in own if line.startswith("finding") and " min " in line}
    assert ends
    for rule, line in ends.items():  # what was measured, so that 540 minutes of rest are not taken for an overlap
        assert line.endswith({"I1": " in common.", "I2": " a week on average.", "I3": " of rest at most."}[rule])
    assert own[-1] == summary_text(summary(found))[-1] == summary(found)["ask"]


def test_it_must_be_agreed_on():
    """With the lines that would do it."""
    world = many(20)
    with pytest.raises(UsageError, match=r"was not agreed on(.|\n)*\[analyses.interests\]"):
        from offduty.analyses.interests import interests
        from tests.unit.analyses.rosters import roster

        interests(
            pd.DataFrame(world.register), roster(world.shifts), policy_of(random_world(0)), as_of_us=AS_OF, card={}
        )
    assert at(FIRST, 0) == instant(0)
