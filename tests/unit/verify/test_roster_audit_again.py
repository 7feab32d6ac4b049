"""The second implementation of the roster audit makes every table again, byte by byte, whatever the roster is like."""

from __future__ import annotations

import csv
import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from offduty.analyses import funnel
from offduty.analyses.funnel import unusual_edits
from offduty.analyses.lawful_reasons import LAWFUL
from offduty.analyses.roster_audit import RosterAudit, roster_audit
from offduty.analyses.roster_files import read_people
from offduty.analyses.roster_summary import summary
from offduty.analyses.roster_tables import roster_tables
from offduty.analyses.roster_worlds import HONEST, PLANTED, make_roster
from offduty.analyses.roster_worlds import POLICY as OF_WORLDS
from offduty.cli.answer_files import csv_bytes
from offduty.config.declarations import TableDeclaration, declarations_document
from offduty.config.policy import Policy
from offduty.core.errors import InputError
from offduty.core.instants import iso_text
from offduty.verify.answers_again import recorders
from offduty.verify.answers_again import roster_audit as again
from offduty.verify.answers_again.answers import may_print
from offduty.verify.answers_again.recorders import OtherFormError, Recorder, read_recorders
from offduty.verify.redecide.ingest.reference_row import ReferenceRow
from offduty.verify.redecide.rules import read_rules
from tests.unit.analyses.odd_rosters import odd_rows
from tests.unit.analyses.rosters import AS_OF, PEOPLE, POLICY, TERMS, instant, random_rows, roster
from tests.world import shift

Row = Mapping[str, Any]
AS_OF_EARLIER = 1_774_800_000_000_000
"""Amid the record times of the odd rosters."""


def terms(**more: Any) -> Policy:
    """The policy of the small rosters, with these terms."""
    return Policy.from_dict({**POLICY, "analyses": {"roster_audit": {**TERMS, **more}}})


def tables_of(audit: RosterAudit) -> dict[str, bytes]:
    """The tables of an audit as the command writes them."""
    tables = roster_tables(summary(audit))
    return {"roster-edits.csv": csv_bytes(audit.edits), **{name: csv_bytes(table) for name, table in tables.items()}}


def made_again(
    rows: list[Row],
    policy: Policy,
    people: pd.DataFrame | None = PEOPLE,
    as_of_us: int = AS_OF,
    declared: Mapping[str, TableDeclaration] | None = None,
) -> again.RosterAuditAgain:
    """The same audit by the second implementation."""
    document = policy.as_document()
    rules = read_rules(
        {
            "policy": document,
            "as_of": iso_text(as_of_us),
            "interval": {"from": "", "to": ""},
            "declarations": declarations_document(declared or {}),
        }
    )
    written = [ReferenceRow(0, number, dict(row)) for number, row in enumerate(rows)]
    known = None if people is None else {str(name): Recorder(*more) for name, *more in people.to_numpy().tolist()}
    return again.RosterAuditAgain(written, rules, document["analyses"]["roster_audit"], known)


@pytest.mark.parametrize("people", [PEOPLE, None], ids=["people", "no people"])
@pytest.mark.parametrize("seed", range(12))
def test_the_tables_of_a_small_roster(seed, people):
    """Corrections, reversals, contradictions, rest, double duty: tables, and sections of one officer."""
    rows, policy = random_rows(seed, random.Random(seed).choice([10, 40, 80])), terms(pay_cut_off_day=seed % 9)
    audit = roster_audit(roster(rows), policy, as_of_us=AS_OF, people=people, card={})
    made = made_again(rows, policy, people)
    assert made.tables() == tables_of(audit)
    recorders = set() if people is None else {*people["officer_id"]} - {""}
    named = sorted({row["officer_id"] for row in rows} | recorders)
    assert [officer for officer, _ in made.sections()] == named
    for officer, section in [*made.sections(), ("nobody", made.section("nobody"))]:
        assert section == csv_bytes(audit.own_section(officer))


@pytest.mark.parametrize("recorded", ["2029-01-01T00:00:00Z", "unknown"])
def test_who_is_known_only_after_as_of_is_counted_by_neither(recorded):
    """A record time that cannot be read is none after it: then 12 of 24 are not assessed."""
    rows = [shift(instant(8), instant(16), shift_id=f"s{number}", officer=f"o{number}") for number in range(24)]
    rows += [{**row, "shift_id": f"new-{row['shift_id']}", "recorded_at": recorded} for row in rows[:12]]
    for row in rows[24:]:
        row["officer_id"] = f"new-{row['officer_id']}"
    audit, made = roster_audit(roster(rows), terms(), as_of_us=AS_OF, people=PEOPLE, card={}), made_again(rows, terms())
    assert made.tables() == tables_of(audit)
    many = "all of them" if recorded != "unknown" else "25"
    assert table_rows(made, "people")[0] == f"officers assessed,{many}"


DECLARED: tuple[dict[str, Any], ...] = (
    {},
    {"time_zone": "Europe/London"},
    {"distinct": ["officer_id"]},
    {"time_zone": "Europe/Paris", "distinct": ["officer_id", "shift_id"]},
)


@pytest.mark.parametrize("seed", range(48))
def test_the_tables_of_an_odd_roster(seed):
    """Clock changes, nights, bare dates, lookalikes, rows that cannot be read; with and without declarations."""
    how = TableDeclaration(**DECLARED[seed % 4])
    rows, policy = odd_rows(seed, declared_zone=how.time_zone is not None), terms(pay_cut_off_day=seed % 29)
    as_of_us, declared = (AS_OF, AS_OF_EARLIER)[seed % 3 == 0], {"roster": how} if DECLARED[seed % 4] else {}
    more = pd.DataFrame({"approved_by": [row["approved_by"] for row in rows]})
    try:
        audit = roster_audit(
            roster(rows), policy, as_of_us=as_of_us, more=more, people=PEOPLE, card={}, declared=declared
        )
    except InputError:  # a row that takes duty away and does not say from whom: there is no answer
        with pytest.raises(InputError):
            made_again(rows, policy, as_of_us=as_of_us, declared=declared)
        return
    made = made_again(rows, policy, as_of_us=as_of_us, declared=declared)
    assert made.tables() == tables_of(audit)
    for officer in ("o0", "o1", "O1"):
        assert made.section(officer) == csv_bytes(audit.own_section(officer))


def test_the_odd_rosters_have_every_signal_of_one_record():
    """Else the test above would be about nothing."""
    found: set[str] = set()
    for seed in range(0, 48, 2):
        rows = odd_rows(seed)
        try:
            found |= {one.name for one in made_again(rows, terms()).signals}
        except InputError:
            continue
    assert {f"R{number}" for number in range(1, 9)} <= found


MANY_CLERKS = {**PLANTED, "clerks": 14, "recall": 0.25, "late_correction": 0.1, "abusive_edit": 0.05}


@pytest.mark.parametrize(
    ("officers", "days", "habits"), [(90, 28, PLANTED), (120, 28, HONEST), (300, 56, MANY_CLERKS)], ids=str
)
def test_the_tables_of_a_made_up_force(officers, days, habits):
    """With figures that may be printed, weeks that are joined, and a funnel."""
    world, policy = make_roster(officers, days, officers, **habits), Policy.from_dict(OF_WORLDS)
    audit = roster_audit(world.rows, policy, as_of_us=AS_OF, people=world.people, card={})
    made = made_again(world.rows.to_pylist(), policy, world.people.fillna("")).tables()
    assert made == tables_of(audit)
    assert made["roster-audit-weeks.csv"].count(b"\n") > 3
    if habits is MANY_CLERKS:
        assert made["roster-audit-recorders.csv"].count(b"\n") > 1


def table_rows(made: again.RosterAuditAgain, name: str) -> list[str]:
    """The rows of one of its tables."""
    return made.tables()[f"roster-audit-{name}.csv"].decode().splitlines()[1:]


@pytest.mark.parametrize(("cut", "wanted"), [(0, []), (1, []), (9, []), (20, ["R8,,,80"])])
def test_the_weeks_do_not_tell_of_one_edit(cut, wanted):
    """No row where nothing may be printed; and no first or last week, which one person may have made."""
    rows: list[Row] = []
    for who in range(40):
        planned = shift(instant(8), instant(16), shift_id=f"p{who}", officer=f"o{who}", recorded=instant(-300))
        later = {**planned, "ends_at": instant(12), "recorded_at": instant(1_000)}
        rows += [planned, later] if who < cut else [planned]
    made = made_again(rows, terms())
    assert table_rows(made, "weeks") == wanted
    assert made.tables() == tables_of(roster_audit(roster(rows), terms(), as_of_us=AS_OF, people=PEOPLE, card={}))


def test_a_wrong_year_makes_no_week_that_has_nothing(monkeypatch):
    """One row of the year 1826 would make ten thousand of them: what may be printed is asked for each week that has
    something, and not for each of the others.
    """
    rows = [
        shift(instant(hour), instant(hour + 8), shift_id=f"{who}-{hour}", officer=f"o{who}", recorded=instant(2_000))
        for who in range(20)
        for hour in (8, 180)
    ]
    wrong = shift("1826-03-25T08:00:00Z", "1826-03-25T16:00:00Z", shift_id="w", officer="o1", recorded=instant(60))
    made, asked = made_again([*rows, wrong], terms()), []
    monkeypatch.setattr(again, "may_print", lambda *given: asked.append(given) or may_print(*given))
    assert table_rows(made, "weeks") == ["R2,,2026-03-02,170", "R2,2026-03-09,,160"]
    assert len(asked) < 50


@pytest.mark.parametrize("subjects", [1, 9, 10, 60])
def test_a_group_of_recorders_is_about_ten_subjects_too(subjects):
    """Two roles of 24 recorders with ten grants over rest each; those of the clerks are for so many officers."""
    rows: list[Row] = []
    people = []
    for desk, role in enumerate(["clerk"] * 24 + ["officer"] * 24):
        people.append((f"desk-{desk}", "", "u", role))
        for number in range(40):
            rest, place = number < 10, 40 * desk + number
            few = rest and role == "clerk"
            officer = f"few-{(10 * desk + number) % subjects}" if few else f"o{place % 60}"
            hour, name = 24 * (place // 3), f"{desk}-{number}"
            late = shift(instant(hour), instant(hour + 8), shift_id=name, officer=officer, recorded=instant(60_000))
            rows.append({**late, "recorded_by": f"desk-{desk}"})
            if rest:
                off = shift(instant(hour), instant(hour + 8), "rest", shift_id=f"r{name}", officer=officer)
                rows += [{**off, "recorded_at": instant(-300)}]
                rows += [{**off, "status": "cancelled", "recorded_at": instant(60_000)}]
    table = pd.DataFrame(people, columns=PEOPLE.columns)
    as_of_us = AS_OF * 2
    made = made_again(rows, terms(), table, as_of_us)
    audit = roster_audit(roster(rows), terms(), as_of_us=as_of_us, people=table, card={})
    assert made.tables() == tables_of(audit)
    assert table_rows(made, "signals")[2].startswith("R3,versions,480,")
    roles = [row.split(",")[0] for row in table_rows(made, "recorders")]
    assert roles == {1: [], 9: [], 10: ["clerk", "officer"], 60: ["clerk", "officer"]}[subjects]


def recalls(desks: int, unusual: int) -> tuple[list[dict[str, Any]], pd.DataFrame]:
    """Late grants by desks of one unit, some of them over rest; those of the first ones over rest, for one subject."""
    rows, people, rng = [], [], random.Random(desks)
    for desk in range(desks):
        people.append((f"desk-{desk}", "", "u1", "clerk"))
        for number in range(40):
            odd = desk < unusual and number < 30
            officer = f"o{desk}" if odd else f"o{rng.randrange(40)}"
            hour, name = 24 * number, f"{desk}-{number}"
            late = shift(instant(hour), instant(hour + 8), shift_id=name, officer=officer, recorded=instant(hour + 30))
            rows.append({**late, "recorded_by": f"desk-{desk}"})
            if odd or rng.random() < 0.2:
                rest = shift(instant(hour), instant(hour + 8), "rest", shift_id=f"r{name}", officer=officer)
                undone = {**rest, "status": "cancelled", "recorded_at": instant(hour + 30)}
                rows += [{**rest, "recorded_at": instant(-300)}, undone]
    return rows, pd.DataFrame(people, columns=PEOPLE.columns)


@pytest.mark.parametrize(("desks", "unusual"), [(4, 1), (9, 1), (12, 1), (25, 2), (25, 0)])
def test_recorders_who_are_outside_and_subjects_with_whom_they_are(desks, unusual):
    """R9 and R10: few recorders, and so many that their overdispersion is estimated."""
    rows, people = recalls(desks, unusual)
    audit = roster_audit(roster(rows), terms(), as_of_us=AS_OF, people=people, card={})
    made = made_again(rows, terms(), people)
    assert made.tables() == tables_of(audit)
    assert {"R9", "R10"} & {one.name for one in made.signals} == ({"R9", "R10"} if unusual else set())


@dataclass(frozen=True)
class Granted:
    """A late grant, as far as recorders are compared by it."""

    place: int
    recorder: str
    officer: str
    span: tuple[int, int] = (0, 1)


@pytest.mark.parametrize("block", range(4))
def test_a_funnel_of_recorders_who_are_nearly_outside(block):
    """On 100 random forces, at whose edge any other target, law or limit shows: R9 and R10, grant by grant."""
    found = 0
    for seed in range(25 * block, 25 * block + 25):
        rng, late, over_rest, known = random.Random(seed), list[Granted](), set[int](), dict[str, Recorder]()
        for desk in range(rng.choice([2, 5, 11, 30])):
            known[f"d{desk}"] = Recorder("", rng.choice(["", "u1", "u1", "u2"]), rng.choice(["clerk", "officer"]))
            rate, of_one = rng.choice([0.1, 0.1, 0.2, 0.3]), rng.choice([0.1, 0.1, 0.3])
            for _ in range(rng.choice([5, 29, 30, 60, 200])):
                officer = "o0" if rng.random() < of_one else f"o{rng.randrange(1, 20)}"
                over_rest |= {len(late)} if rng.random() < rate else set()
                late.append(Granted(len(late), f"d{desk}", officer))
        frame = pd.DataFrame([(one.place, one.recorder, one.officer) for one in late])
        frame.columns = pd.Index(["entry", "recorder", "subject"])
        for name in ("unit", "role"):
            frame[name] = [getattr(known[one.recorder], name) for one in late]
        frame["over_rest"] = frame["entry"].isin(over_rest)
        wanted = {(int(entry), str(name)) for entry, name in unusual_edits(frame).to_numpy().tolist()}
        made = recorders.unusual_edits(late, frozenset(over_rest), known)  # type: ignore[arg-type]
        assert {(each.entry.place, each.name) for each in made} == wanted
        found += len({name for _, name in wanted})
    assert found > 15


def test_chances_are_those_of_the_analysis():
    """But for the last digits; and what is left of them where recorders differ anyway."""
    rng, drawn = random.Random(1), []
    for _ in range(300):
        n, m = rng.randrange(30, 400), rng.randrange(30, 4000)
        y, z = (
            sum(rng.random() < rate for _ in range(count)) for count, rate in ((n, rng.uniform(0.1, 0.3)), (m, 0.2))
        )
        drawn.append((n, y, m, z))
    columns = (np.array(column, np.float64) for column in zip(*drawn, strict=True))
    theirs, mine = funnel.chances(*columns), recorders.chances(drawn)
    assert mine == pytest.approx(theirs.tolist(), rel=1e-9, abs=1e-14)
    for count in (9, 10, 47, 300):
        assert recorders.weakened(mine[:count]) == pytest.approx(funnel.weakened(theirs[:count]).tolist(), rel=1e-6)


def test_rows_in_another_order_give_the_same_tables():
    """But for the file and row, by which of two contradicting versions the first one's subject counts."""
    rows, policy = random_rows(4, 80), terms()
    others = random.Random(4).sample(rows, len(rows))
    assert made_again(rows, policy).tables() == made_again(others, policy).tables()


def test_a_date_and_its_first_instant_are_one_beginning():
    """Two versions of one record time that begin so say the same; two that end so do not: a leave covers its last day."""
    plan = shift("2026-03-02", "2026-03-03", officer="o1", shift_id="a")
    begins, ends = {**plan, "starts_at": "2026-03-02T00:00"}, {**plan, "ends_at": "2026-03-03T00:00"}
    for rows, wanted in (([plan, begins], set()), ([plan, ends], {"R7"})):
        audit, made = roster_audit(roster(rows), terms(), as_of_us=AS_OF, card={}), made_again(rows, terms(), None)
        assert {one.name for one in made.signals} == wanted
        assert made.tables() == tables_of(audit)


def test_an_empty_roster():
    """Tables without rows, and nobody."""
    audit = roster_audit(roster([]), terms(), as_of_us=AS_OF, card={})
    assert made_again([], terms(), None).tables() == tables_of(audit)


def test_what_stands_beside_a_signal_is_what_the_catalogue_says():
    """Where this fails the words were changed: change them here, too."""
    assert again.LAWFUL == LAWFUL


def test_a_recorder_who_is_named_twice_is_nobody(tmp_path):
    """As the analysis reads the table: ids are cleaned, and lines may be short."""
    table = tmp_path / "people.csv"
    table.write_text("﻿recorded_by,officer_id,unit,role,more\n login-1 ,o1,u1\nx,o1,,\nx,o2,,\n,o3,,\nd,NULL,u,r,\n\n")
    assert read_recorders(table) == {"login-1": Recorder("o1", "u1", ""), "d": Recorder("", "u", "r")}
    names = ("recorded_by", "officer_id", "unit", "role")
    parquet = tmp_path / "people.parquet"
    pa.parquet.write_table(pa.table(dict(zip(names, (["a"], [None], ["u"], ["r"]), strict=True))), parquet)
    assert read_recorders(parquet) == {"a": Recorder("", "u", "r")}


def test_recorders_who_are_numbers_with_gaps_are_the_same_to_both_hands(tmp_path):
    """A pandas column of whole numbers with a gap is one of fractions: 7 would be "7.0"."""
    path = tmp_path / "people.parquet"
    columns = {"recorded_by": [7, 8], "officer_id": [1, None], "unit": [3, 3], "role": ["r", "r"]}
    pa.parquet.write_table(pa.table(columns), path)
    read = read_people(path)
    assert read["officer_id"].fillna("").tolist() == ["1", ""]
    assert read_recorders(path) == {"7": Recorder("1", "3", "r"), "8": Recorder("", "3", "r")}
    assert list(read["recorded_by"]) == ["7", "8"]


def test_recorders_after_empty_lines_and_with_a_long_note(tmp_path):
    """As pandas reads them."""
    path = tmp_path / "people.csv"
    path.write_text(f"\n  \nrecorded_by,officer_id,unit,role,note\nx,o1,u,r,{'n' * 140_000}\n\ny,,u,r,\n")
    assert read_people(path)["recorded_by"].tolist() == ["x", "y"]
    limit = csv.field_size_limit()
    assert read_recorders(path) == {"x": Recorder("o1", "u", "r"), "y": Recorder("", "u", "r")}
    assert csv.field_size_limit() == limit


@pytest.mark.parametrize("content", ["", "\n\n", "officer_id\no1\n"])
def test_a_table_that_nobody_could_read_is_no_table_of_another_form(tmp_path, content):
    """An entry that names such a one is made up."""
    path = tmp_path / "people.csv"
    path.write_text(content)
    with pytest.raises((KeyError, ValueError)) as raised:
        read_recorders(path)
    assert not isinstance(raised.value, OtherFormError)
