"""The weeks of presence and the units of days on site, by both implementations: of random units, few of them large."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from offduty.analyses.presence_summary import weeks
from offduty.analyses.site_days_summary import units
from offduty.cli.answer_files import csv_bytes
from offduty.verify.answers_again import answers
from tests.unit.analyses.shown_answers import shown_days, shown_presence

DAY_US = 86_400_000_000
EPOCH = date(1970, 1, 1)


def of_officers(units_of: dict[str, str]) -> Any:
    """What the second implementation needs for tables by unit."""
    return SimpleNamespace(
        day=lambda us: EPOCH + timedelta(days=us // DAY_US),
        asked=SimpleNamespace(units=units_of, sites=[]),
        windows={},
    )


def random_windows(seed: int) -> pd.DataFrame:
    """Units of 8 to 40 officers who work in some weeks, few of them in the first and the last."""
    rng = random.Random(seed)
    rows = []
    for unit in ("north", "south"):
        for who in range(rng.choice([8, 19, 22, 40])):
            some = [week for week in range(6) if rng.random() < (0.9 if 0 < week < 5 else rng.choice([0.1, 0.5]))]
            rows += [
                (f"{unit}-{who}", unit, 20_514 + 7 * week + day, rng.choice(["confirmed"] * 5 + ["not visible"] * 3))
                for week in some
                for day in range(2)
            ]
    return pd.DataFrame(rows, columns=["officer", "unit", "day", "state"])


def weeks_of(windows: pd.DataFrame) -> pd.DataFrame:
    """The table of weeks that everybody may see."""
    return weeks(replace(shown_presence(), windows=windows))


@pytest.mark.parametrize("seed", range(20))
def test_the_weeks_of_presence(seed):
    """Byte by byte."""
    windows = random_windows(seed)
    made = defaultdict(list)
    for officer, _, day, state in windows.itertuples(index=False):
        made[officer].append(answers.AnsweredWindow((day * DAY_US, day * DAY_US + 1), state, "", 0, 0))
    evidence = of_officers(dict(zip(windows["officer"], windows["unit"], strict=True)))
    assert answers.presence_tables(evidence, made)["presence-weeks.csv"] == csv_bytes(weeks_of(windows))


def test_the_random_units_have_open_ends_and_others_and_no_row():
    """Else the test above would be about little."""
    tables = [weeks_of(random_windows(seed)) for seed in range(20)]
    rows = pd.concat(tables)
    first, last = rows[~rows.index.duplicated()], rows.groupby("unit").tail(1)
    assert {*first["from"].isna(), *last["to"].isna()} == {True, False}
    assert {table["unit"].nunique() for table in tables} == {0, 1, 2}


@pytest.mark.parametrize("officers", [9, 12, 25])
def test_a_unit_of_days_on_site_that_may_not_be_printed_has_no_row(officers):
    """Not even its name: that would say that somebody in it has enough days."""
    rows = [
        (f"{unit}-{who}", unit, 20_514 + day, rng.choice(["confirmed", "not visible"]))
        for unit, size in (("small", officers), ("large", 30))
        for who in range(size)
        for rng in [random.Random(who)]
        for day in range(12)
    ]
    found = replace(shown_days(), days=pd.DataFrame(rows, columns=["officer", "unit", "day", "state"]))
    made = defaultdict(list)
    for officer, _, day, state in rows:
        made[officer].append(answers.AnsweredDay(EPOCH + timedelta(days=day), state, False))
    evidence = of_officers({officer: unit for officer, unit, _, _ in rows})
    table = units(found)
    assert table["unit"].tolist() == (["large", "small"] if officers == 25 else ["large"])
    again = answers.site_days_tables(evidence, made, found.terms.target_percent)
    assert again["site-days-units.csv"] == csv_bytes(table)
