"""The answers of both questions about everybody in a made-up force, by the code of the commands, and what an attacker
reads in their files: single cases, and the dated files of own copies.
"""

from __future__ import annotations

import io
import subprocess
import sys
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from offduty.analyses.eligible_duty import NEVER_SEEN, SECOND_US
from offduty.analyses.presence import CONFIRMED, LEAST_PERCENT, LEAST_WINDOWS, NOT_ASSESSED, Presence, presence
from offduty.analyses.roster_files import roster_files, site_files
from offduty.analyses.site_days import SiteDays, site_days
from offduty.cli.answer_files import csv_bytes
from offduty.cli.officer_answer import OWN, OWN_DATES
from offduty.config.key_files import load_pseudonym_key
from offduty.config.policy import Policy
from offduty.core.instants import instant
from offduty.redteam.attacker_view import Floats, Ints, KnownWindows, OwnCopyDates, SingleCases
from offduty.runs.read_decided import read_decided

DAYS, WEEK = 28, 7
START = date(2026, 3, 23)
DAY_S = 86_400
WEEK_S = WEEK * DAY_S
TERMS = {"purpose": "attacked", "recipients": ["attacker B"], "keep_days": 1}
AGREED = """
[analyses.{name}]
purpose = "attacked"
recipients = ["attacker B"]
keep_days = 1
"""


@dataclass(frozen=True)
class Answers:
    """The answers of both questions about everybody, by the very code of the commands; `names` are their ids."""

    windows: Presence
    days: SiteDays
    names: list[str]
    first: date

    @property
    def could(self) -> pd.DataFrame:
        """The windows of which something could have been seen."""
        windows = self.windows.windows
        return windows[windows["why"].isin(["", NEVER_SEEN]) & windows["officer"].isin(self.names)]

    def duty(self, epoch: datetime) -> KnownWindows:
        """What the answers are about, which follows from the roster and the policy; times in seconds since `epoch`."""
        number, could = {name: place for place, name in enumerate(self.names)}, self.could
        days = self.days.days[(self.days.days["state"] != NOT_ASSESSED) & self.days.days["officer"].isin(number)]
        zero_us = int(epoch.timestamp()) * SECOND_US
        return KnownWindows(
            could["officer"].map(number).to_numpy(np.int64),
            (could["from_us"].to_numpy(np.int64) - zero_us) / SECOND_US,
            (could["to_us"].to_numpy(np.int64) - zero_us) / SECOND_US,
            days["officer"].map(number).to_numpy(np.int64),
            days["day"].to_numpy(np.int64) - (self.first - date(1970, 1, 1)).days,
        )

    def shares(self) -> Ints:
        """Whether a case about each officer would say a share: 1 or 0; -1 where nothing is assessed."""
        assessed = self.windows.assessed
        of = assessed.groupby("officer")["state"].agg(["size", lambda states: (states == CONFIRMED).sum()])
        of = of.reindex(self.names, fill_value=0).to_numpy(np.int64)
        return np.where(of[:, 0] > 0, is_told(of[:, 1], of[:, 0]), -1)


def is_told(confirmed: Any, windows: Any) -> Any:
    """Whether so many of so many windows are a share that a single case of presence says."""
    return 100 * confirmed >= LEAST_PERCENT * windows


def made_answers(folder: Path, store: Path, policy: Path, names: list[str], first: date) -> Answers:
    """Both questions, asked of a store. `by_command` holds one officer's files against the commands themselves."""
    rules = Policy.load(policy).model_dump(exclude_none=True)
    agreed = Policy.from_dict({**rules, "analyses": {"presence": TERMS, "site_days": TERMS}})
    release = read_decided(store)
    known: dict[str, Any] = {
        "key": load_pseudonym_key(folder / "pseudonym.key"),
        "decided": release.decided,
        "as_of_us": max(instant(run["as_of"]) or 0 for run in release.runs),
    }
    roster, sites = (
        roster_files(str(folder / "roster.csv"), folder).rows,
        site_files(str(folder / "sites.geojson"), folder)[0],
    )
    seen = presence(release.frame, roster, sites, agreed, **known)
    days = site_days(
        release.frame, roster, sites, agreed, codes=["duty"], start=first, end=first + timedelta(days=DAYS), **known
    )
    return Answers(seen, days, names, first)


def dated(found: Presence | SiteDays, officer: str) -> pd.DataFrame:
    """The dated file of an officer's own copy."""
    return found.dates(officer)


def undated(found: Presence | SiteDays, officer: str) -> pd.DataFrame:
    """A single case."""
    return found.section(officer)


def by_command(folder: Path, store: Path, policy: Path, answers: Answers, who: int) -> None:
    """Make a single case and the own copy of one officer by the commands; `AssertionError` where a byte differs, or a
    single case has another file.
    """
    agreed = folder / "agreed.toml"
    agreed.write_text(policy.read_text() + "".join(AGREED.format(name=name) for name in ("presence", "site_days")))
    period = f"{START}/{START + timedelta(days=DAYS - 1)}"
    officer = answers.names[who]
    for name, more, found in (("presence", [], answers.windows), ("site-days", ["--period", period], answers.days)):
        words = [sys.executable, "-m", "offduty", name, str(store), "--policy", str(agreed), *more]
        for option in ("roster.csv", "sites.geojson", "pseudonym.key", "signing.key"):
            kind = option.partition(".")[0]
            words += ["--key" if kind == "pseudonym" else f"--{kind}", str(folder / option)]
        section, dates = (csv_bytes(table(found, officer)) for table in (undated, dated))
        for reason, expected in (
            (["--because", "an attack on ourselves"], {OWN: section}),
            ([], {OWN: section, OWN_DATES: dates}),
        ):
            made = folder / f"answers-{name}-{len(expected)}"
            made.mkdir()
            asked = [*words, "--officer", officer, *reason, "-o", str(made)]
            subprocess.run(asked, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            found_there = {path.name: path.read_bytes() for path in made.glob("own-*.csv")}
            assert found_there == expected, name


def read_cases(answers: Answers, asked: Ints) -> SingleCases:
    """What single cases of both questions about these officers say, as an attacker reads their bytes. Where one says
    nothing, and by the roster there were windows enough, the officer was not visible in any.
    """
    said = []
    could = answers.could["officer"].value_counts()
    for who in asked.tolist():
        windows = _read(undated(answers.windows, answers.names[who]))
        days = _read(undated(answers.days, answers.names[who]))
        unseen = not windows.get("confirmed_at_least_percent") and could.get(answers.names[who], 0) >= LEAST_WINDOWS
        said.append(
            (
                "0" if unseen else windows.get("windows"),
                windows.get("confirmed_at_least_percent"),
                days.get("days"),
                days.get("confirmed"),
                windows.get("minutes"),
            )
        )
    columns = np.array([[np.nan if cell in (None, "") else float(cell) for cell in row] for row in said]).T
    return SingleCases(asked, np.full(len(asked), -np.inf), np.full(len(asked), np.inf), *columns)


def _read(section: pd.DataFrame) -> dict[str, str]:
    """The one line of an undated section; nothing where it has none."""
    table = pd.read_csv(io.BytesIO(csv_bytes(section)), dtype=str, keep_default_na=False)
    rows: list[dict[str, str]] = table.to_dict("records")
    return rows[0] if rows else {}


def of_presence(cases: SingleCases) -> SingleCases:
    """The cases without those of days on site."""
    nothing = np.full(len(cases), np.nan)
    return replace(cases, days=nothing, days_confirmed=nothing)


def read_copies(answers: Answers, asked: Ints, epoch: datetime) -> OwnCopyDates:
    """What the dated files of own copies say, as an attacker reads them; times in seconds since `epoch`."""
    parts = []
    for who in asked.tolist():
        windows, days = (csv_bytes(dated(found, answers.names[who])) for found in (answers.windows, answers.days))
        said = pd.read_csv(io.BytesIO(windows), keep_default_na=False)
        if said.empty:
            continue
        by_day = pd.read_csv(io.BytesIO(days), dtype=str)
        on_site = dict(zip(by_day["day"], by_day["state"].map(_shown), strict=True))
        starts = [datetime.fromisoformat(text) for text in said["starts_at"]]
        ends = [datetime.fromisoformat(text) for text in said["ends_at"]]
        parts.append(
            pd.DataFrame(
                {
                    "who": who,
                    "start_s": [(at - epoch).total_seconds() for at in starts],
                    "end_s": [(at - epoch).total_seconds() for at in ends],
                    "confirmed": said["state"].map(_shown),
                    "joined_min": said["confirmed_minutes"].astype(float),
                    "plain_min": said["minutes_without_joining"].astype(float),
                    "on_site": [on_site.get(f"{at.date()}", -1) for at in starts],
                    "first_s": _planted(said, "first_seen_at", epoch),
                    "last_s": _planted(said, "last_seen_at", epoch),
                }
            )
        )
    table = pd.concat(parts, ignore_index=True)
    columns = {name: table[name].to_numpy() for name in table.columns}
    return OwnCopyDates(**columns)


def _planted(said: pd.DataFrame, name: str, epoch: datetime) -> Floats:
    """The times of a column that no file has (A4), but where a test plants it."""
    if name not in said.columns:
        return np.full(len(said), np.nan)
    return np.array((pd.to_datetime(said[name], utc=True) - epoch).dt.total_seconds(), np.float64)


def _shown(state: str) -> int:
    return {"confirmed": 1, "not visible": 0}.get(state, -1)


def some_windows(copies: OwnCopyDates, which: Ints) -> OwnCopyDates:
    """Some windows of own copies."""
    columns: list[Any] = [getattr(copies, name)[which] for name in OwnCopyDates.__dataclass_fields__]
    return OwnCopyDates(*columns)
