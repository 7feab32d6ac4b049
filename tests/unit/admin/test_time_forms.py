"""A written time has every form in which it can be read, and no other; the filter reads the text by that form."""

from __future__ import annotations

from datetime import datetime

import pytest

from offduty.admin.proposals.sample import ColumnSample
from offduty.admin.proposals.time_forms import forms_of
from offduty.admin.proposals.times import times_of
from offduty.config.declarations import TableDeclaration
from offduty.config.strptime import check_format
from offduty.ingest.declared_values import contract_value
from offduty.ingest.duckdb_session import open_engine
from offduty.ingest.quoting import literal
from offduty.ingest.source_file import Source

READ = [
    ("02/03/2026 08:15", "%d/%m/%Y %H:%M", "2026-03-02T08:15:00.000000"),
    ("02/03/2026 08:15", "%m/%d/%Y %H:%M", "2026-02-03T08:15:00.000000"),
    ("2/3/2026 8:15:07", "%d/%m/%Y %H:%M:%S", "2026-03-02T08:15:07.000000"),
    ("13.03.2026 08:15", "%d.%m.%Y %H:%M", "2026-03-13T08:15:00.000000"),
    ("13.03.2026", "%d.%m.%Y", "2026-03-13"),
    ("2026/03/13 08:15:07.25", "%Y/%m/%d %H:%M:%S.%f", "2026-03-13T08:15:07.250000"),
    ("03/13/26 8:15 PM", "%m/%d/%y %I:%M %p", "2026-03-13T20:15:00.000000"),
    ("3/13/2026 12:05:00 AM", "%m/%d/%Y %I:%M:%S %p", "2026-03-13T00:05:00.000000"),
    ("13-Mar-2026 08:15", "%d-%b-%Y %H:%M", "2026-03-13T08:15:00.000000"),
    ("2 March 2026 08:15", "%d %B %Y %H:%M", "2026-03-02T08:15:00.000000"),
    ("Mar 2, 2026, 8:15 PM", "%b %d, %Y, %I:%M %p", "2026-03-02T20:15:00.000000"),
    ("Mon, 02 Mar 2026 08:15:07 +0100", "%a, %d %b %Y %H:%M:%S %z", "2026-03-02T07:15:07.000000Z"),
    ("2026-03-02 08:15:07 +0000", "%Y-%m-%d %H:%M:%S %z", "2026-03-02T08:15:07.000000Z"),
    ("2026-03-02 08:15:07 UTC", "%Y-%m-%d %H:%M:%S UTC", "2026-03-02T08:15:07.000000"),
    ("20260302081507", "%Y%m%d%H%M%S", "2026-03-02T08:15:07.000000"),
    ("20260302", "%Y%m%d", "2026-03-02"),
    ("20260302T08:15:07Z", "%Y%m%dT%H:%M:%S%z", "2026-03-02T08:15:07.000000Z"),
    ("1772439307", "unix_s", "2026-03-02T08:15:07.000000Z"),
    ("1772439307.5", "unix_s", "2026-03-02T08:15:07.500000Z"),
    ("1772439307250", "unix_ms", "2026-03-02T08:15:07.250000Z"),
    ("46083.34375", "excel", "2026-03-02T08:15:00.000000"),
]


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    folder = tmp_path_factory.mktemp("work")
    declared = TableDeclaration(times={"observed_at": "unix_s"})
    source = Source(0, "pings", "pings.csv", folder / "pings.csv", "csv", declared=declared)
    with open_engine([source], folder, 1, 400) as opened:
        yield opened


@pytest.mark.parametrize(("text", "form", "meant"), READ)
def test_the_filter_reads_the_text_by_the_form(engine, text, form, meant):
    """What is proposed is what the filter takes: not only a form that looks right."""
    assert form in {one.form for one in forms_of(text)}
    declared = TableDeclaration(times={"observed_at": form})
    value = contract_value(declared, "pings", "observed_at", literal(text))
    assert engine.con.ask(f"SELECT {value} AS read")["read"].to_pylist() == [meant]


@pytest.mark.parametrize(("text", "form", "meant"), READ)
def test_the_kind_of_a_form_is_what_it_gives(text, form, meant):
    """An instant, a wall time or a bare date."""
    (kind,) = {one.kind for one in forms_of(text) if one.form == form}
    assert kind == ("instant" if meant.endswith("Z") else "wall time" if "T" in meant else "bare date")


@pytest.mark.parametrize(("text", "form", "meant"), READ)
def test_every_form_can_be_declared(text, form, meant):
    for one in forms_of(text):
        assert one.form in ("unix_s", "unix_ms", "excel") or check_format(one.form) == one.form


@pytest.mark.parametrize(
    "text",
    [
        *("", "yesterday", "08:15", "32/01/2026", "29/02/2025", "13/13/2026", "2026-02-30", "12:61", "1042", "40107"),
        *("51.5123", "-0.1", "R7", "2/3", "2026", "0001-01-01x", "02/03/1889", "999999999999999", "13:00 PM"),
        *("02/03/2026 24:00", "02/03/2026 25:00", "02/03/2026 8:15 XM", "02/03/2026 13:15 PM", "02/03/2026UTC"),
    ],
)
def test_what_is_no_time_has_no_form(text):
    """Numbers of Excel's days are the exception: 40107 is a day in 2009, and a staff number, too."""
    assert {one.form for one in forms_of(text)} <= ({"excel"} if text == "40107" else set())


def forms(*texts: str) -> tuple[str, ...]:
    return times_of(ColumnSample(texts)).forms


def test_a_day_over_twelve_proves_the_order():
    assert forms("02/03/2026", "13/03/2026") == ("%d/%m/%Y",)
    assert forms("02/03/2026", "03/13/2026") == ("%m/%d/%Y",)


def test_without_a_day_over_twelve_both_orders_stay():
    assert forms("02/03/2026", "12/12/2026") == ("%d/%m/%Y", "%m/%d/%Y")


def test_values_that_contradict_each_other_prove_nothing():
    """One value has the day first, another the month: whoever wrote the file has to say which is wrong."""
    mixed = [f"0{n}/0{n + 1}/2026" for n in range(1, 9)] * 5
    found = times_of(ColumnSample([*mixed, "13/03/2026", "03/14/2026"]))
    assert found.forms == ("%d/%m/%Y", "%m/%d/%Y")
    assert "others in the other only" in found.why


def test_a_year_of_two_digits_may_come_first():
    """Behind hyphens and points; only a number that is no day, no month or no year shows the order."""
    assert set(forms("02-03-04", "05-06-07")) == {"%d-%m-%y", "%m-%d-%y", "%y-%m-%d"}
    assert forms("02-03-44", "25-06-44") == ("%d-%m-%y",)


def test_may_is_a_short_and_a_long_name():
    """It proves neither, and either reads it."""
    assert forms("02 May 2026", "13 May 2026") in (("%d %b %Y",), ("%d %B %Y",))
    assert forms("02 May 2026", "13 June 2026") == ("%d %B %Y",)


def test_a_few_other_values_are_counted_and_many_leave_no_form():
    good = [f"{day}/03/2026" for day in range(10, 30)]
    few = times_of(ColumnSample([*good, "unknown"]))
    assert (few.forms, few.unread) == (("%d/%m/%Y",), 1)
    many = times_of(ColumnSample([*good, *["2026-03-02T08:00:00Z"] * 10]))
    assert (many.forms, many.is_fault) == ((), True)


@pytest.mark.parametrize(
    ("texts", "why"),
    [
        (["08:00", "16:00"], "no date"),
        (["1772439307250000"], "16 or more digits"),
        ([" 2026-03-02T08:15:07Z"], "spaces"),
        (["2026-03-02T24:00"], "midnight"),
    ],
)
def test_what_no_declaration_mends_is_said(texts, why):
    found = times_of(ColumnSample(texts))
    assert (found.forms, found.is_fault) == ((), True)
    assert why in found.why


def test_the_contracts_own_form_needs_no_declaration():
    found = times_of(ColumnSample(["2026-03-02T08:15:07Z", "2026-03-02", "2026-03-02 08:15"]))
    assert found.forms == ("",)
    assert found.kinds == {"instant", "bare date", "wall time"}


def test_years_are_those_of_exports():
    """A number far from them is something else."""
    assert forms_of("1772439307") and not forms_of("17724393")
    assert {one.form for one in forms_of(f"{datetime(1989, 12, 31):%d/%m/%Y}")} == set()
