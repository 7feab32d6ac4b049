"""Makes a force and filters it, for measurements of what an analysis says of it."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from offduty import run
from offduty.analyses.roster_files import roster_files, site_files
from offduty.config.key_files import load_pseudonym_key
from offduty.config.policy import Policy
from offduty.core.instants import instant
from offduty.runs.read_decided import DecidedRelease, read_decided
from offduty.synth import Habits, write
from offduty.synth.toy_keys import write_toy_keys

START = date(2026, 3, 23)
AGREED = {"purpose": "an error card", "recipients": ["whoever reads it"], "keep_days": 1}
OFFICE_TEAM = "office"


@dataclass(frozen=True)
class VisibleForce:
    """A force that was filtered: what is released, and what an analysis takes besides; and its truth, in ``folder``."""

    folder: Path
    every_s: int
    release: DecidedRelease
    asked: Mapping[str, Any]
    roster: pa.Table
    sites: pa.Table
    policy: Policy
    shifts: pd.DataFrame
    on_record: frozenset[str]
    """The officers all of whose homes are on record."""
    office: frozenset[str]
    """The officers who work in an office on some days."""


def make_force(
    folder: Path, officers: int, days: int, every_s: int, seed: int, habits: Mapping[str, Any]
) -> VisibleForce:
    """Make a force, and filter it as of a month later. The policy is that of `offduty synth`, with the terms added."""
    write(folder, officers=officers, days=days, every_s=every_s, seed=seed, truth=True, habits=Habits(**habits))
    write_toy_keys(folder)
    as_of = f"{START + timedelta(days=days + 30)}T00:00:00Z"
    run(folder / "job.toml", as_of=as_of)
    rules = Policy.load(folder / "policy.toml").model_dump(exclude_none=True)
    terms = {"presence": AGREED, "site_days": {**AGREED, "target_percent": 50}, "interests": AGREED}
    release = read_decided(folder / "store")
    asked = {
        "key": load_pseudonym_key(folder / "pseudonym.key"),
        "decided": release.decided,
        "as_of_us": instant(as_of) or 0,
        "card": {},
    }
    return VisibleForce(
        folder,
        every_s,
        release,
        asked,
        roster_files(str(folder / "roster.csv"), folder).rows,
        site_files(str(folder / "sites.geojson"), folder)[0],
        Policy.from_dict({**rules, "analyses": terms}),
        pd.read_csv(folder / "truth" / "shifts.csv", dtype=str, keep_default_na=False),
        _on_record(folder / "truth" / "homes.csv"),
        _office(folder / "truth" / "officers.csv"),
    )


def _on_record(homes: Path) -> frozenset[str]:
    with homes.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    off = {row["officer_id"] for row in rows if row["on_record"].lower() not in ("1", "true")}
    return frozenset(row["officer_id"] for row in rows) - off


def _office(officers: Path) -> frozenset[str]:
    """The officers of the office teams: the others never work from home, and pass most of a day on patrol."""
    table = pd.read_csv(officers, dtype=str, keep_default_na=False)
    return frozenset(table["officer_id"][table["team"] == OFFICE_TEAM])
