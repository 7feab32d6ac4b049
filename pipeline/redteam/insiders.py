"""Trials of attacks 18 and 19, about which nothing is claimed: the ledger beside the release, and pseudonyms that are
linked from week to week or named by the roster. Both are measured on a force of two weeks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from offduty.outputs.pseudonyms import pseudonym
from offduty.redteam import force_worlds, metrics
from offduty.redteam.attacker_view import Flags, Ints, KnownDuties, VisibleRows
from offduty.redteam.attacks import ledger_counts, week_links
from offduty.redteam.ground_truth import ForceTruth
from offduty.redteam.results import FILTER, ResultRow
from offduty.redteam.truth_tables import read_table
from offduty.runs.run import run

DAYS, WEEK = 14, 7
NO_CLAIM = "no claim"


@dataclass(frozen=True)
class InsiderSetup:
    """The size of the force, the seconds between pings, and the seed."""

    officers: int
    every_s: int = 60
    seed: int = 3

    def row(self, attack: str) -> ResultRow:
        """An empty row of results with the columns that describe the force."""
        return ResultRow(attack, "force", FILTER, self.officers, DAYS, self.every_s, self.seed)


def trial(folder: Path, setup: InsiderSetup) -> Iterator[ResultRow]:
    """Attack 19, then the files of pings are divided, one for each device and day, for attack 18."""
    force_worlds.make_force(folder, setup.officers, DAYS, setup.seed, force_worlds.QUIET, setup.every_s)
    force = force_worlds.under(folder, {}, "as init proposes")
    yield from _links(force, setup)
    yield named(force, setup.row("19 naming by the roster"))
    devices = divide(folder)
    run(folder / "job.toml", as_of=force_worlds.AS_OF, store=folder / "divided")
    yield _tied(folder, devices, setup)


def weeks(force: ForceTruth) -> list[VisibleRows]:
    """The rows of each of two weeks, from Monday to Sunday: what one pseudonym of the default policy covers. Duty 0 is
    of their Monday.
    """
    found = []
    for week in range(DAYS // WEEK):
        day = force.visible.duty - first_monday(force) - week * WEEK
        rows = np.flatnonzero((day >= 0) & (day < WEEK))
        found.append(replace(force.visible.take(rows), duty=day[rows]))
    return found


def first_monday(force: ForceTruth) -> int:
    """The day of the first week, counted from that of duty 0: the first Monday from then on, for the days before it
    have other pseudonyms. Where nothing was released from that Monday on it is the one before.
    """
    monday = -force.weekday % WEEK
    return monday if int(force.visible.duty.max(initial=0)) >= monday else monday - WEEK


def _links(force: ForceTruth, setup: InsiderSetup) -> Iterator[ResultRow]:
    """A links the pseudonyms of two weeks by places. Those of the second are in another, random order."""
    first, second = weeks(force)
    order = np.random.default_rng(setup.seed).permutation(second.officers)
    place = np.argsort(order)
    mixed = VisibleRows.in_order(
        place[second.who], second.duty, second.t_s, second.x_m, second.y_m, second.accuracy_m, second.officers
    )
    found = week_links.link(first, mixed)
    both = visible_pseudonyms(first) & visible_pseudonyms(second)
    right = (found == place)[both]
    yield replace(setup.row("19 linking weeks by places"), finding=_percent(right, "linked"), line=NO_CLAIM)


def named(force: ForceTruth, row: ResultRow) -> ResultRow:
    """B names the pseudonyms of the first week by the roster."""
    roster, week = force.roster, weeks(force)[0]
    assert roster is not None
    day = roster.duty - first_monday(force)
    some = np.flatnonzero((day >= 0) & (day < WEEK))
    known = KnownDuties(roster.who[some], day[some], roster.start_s[some], roster.end_s[some])
    found = week_links.name(week, known)
    right = (found == np.arange(week.officers))[visible_pseudonyms(week)]
    return replace(row, finding=_percent(right, "named"), line=NO_CLAIM)


def visible_pseudonyms(rows: VisibleRows) -> Flags:
    """Which pseudonyms have a row."""
    return np.bincount(rows.who, minlength=rows.officers) > 0


def divide(folder: Path) -> list[str]:
    """Replace each file of pings by one for each device, in the order of their ids, without the ids in their names.
    Returns the devices in that order; rows without a device are dropped.
    """
    days = sorted((folder / "pings").glob("*.parquet"))
    tables = [pq.read_table(path) for path in days]
    devices = sorted({name for table in tables for name in table["device_id"].unique().to_pylist() if name})
    for path, table in zip(days, tables, strict=True):
        names = table["device_id"].cast(pa.string())
        for number, device in enumerate(devices):
            pq.write_table(table.filter(pc.equal(names, device)), path.with_name(f"{path.stem}-{number:04d}.parquet"))
        path.unlink()
    return devices


def _tied(folder: Path, devices: list[str], setup: InsiderSetup) -> ResultRow:
    """F ties the pseudonyms of each week to the files of a device by counts."""
    newest = next((folder / "divided" / "runs").iterdir())
    days = sorted({path.name[:10] for path in (folder / "pings").glob("*.parquet")})
    in_ledger = _in_ledger(newest / "ledger", len(devices), len(days))
    in_release, names = _in_release(newest / "release", [date.fromisoformat(day) for day in days])
    owners = {row["device_id"]: row["officer_id"] for row in read_table(folder / "assignments.csv")}
    true = {
        name: number
        for number, device in enumerate(devices)
        if device in owners
        for name in _pseudonyms(owners[device])
    }
    right = []
    for week in range(DAYS // WEEK):
        some = slice(week * WEEK, (week + 1) * WEEK)
        found = ledger_counts.attack(in_ledger[:, some], in_release[:, some])
        right += [int(place) == true[name] for name, place in zip(names, found, strict=True) if place >= 0]
    words = _percent(np.array(right), "tied to a device's files")
    return replace(setup.row("18 ledger beside release"), finding=words, line=NO_CLAIM)


def _in_ledger(ledger: Path, devices: int, days: int) -> Ints:
    """How many rows of the file of each device and day were released."""
    table = pq.read_table(ledger)
    released = table["file"].to_numpy()[
        pc.equal(table["reason"].cast(pa.string()), "on_duty").to_numpy(zero_copy_only=False)
    ]
    first = int(table["file"].to_numpy().min(initial=0))
    counts = np.bincount(released - first, minlength=devices * days)[: devices * days]
    return counts.reshape(days, devices).T


def _in_release(release: Path, days: list[date]) -> tuple[Ints, list[str]]:
    """How many rows each pseudonym has on each UTC day, and the pseudonyms."""
    table = pq.read_table(release, columns=["officer", "observed_at"])
    coded = table["officer"].combine_chunks().dictionary_encode()
    day = table["observed_at"].cast(pa.int64()).to_numpy() // 86_400_000_000 - (days[0] - date(1970, 1, 1)).days
    counts = np.zeros((len(coded.dictionary), len(days)), np.int64)
    inside = (day >= 0) & (day < len(days))
    np.add.at(counts, (coded.indices.to_numpy()[inside], day[inside]), 1)
    return counts, coded.dictionary.to_pylist()


def _pseudonyms(officer: str) -> list[str]:
    """The pseudonyms of an officer in the two weeks of the force."""
    weeks_of = ("2026-W12", "2026-W13", "2026-W14", "2026-W15")
    key, purpose = bytes.fromhex(force_worlds.KEY), "presence on duty"
    return [pseudonym(key, purpose, week, officer) for week in weeks_of]


def _percent(right: Flags, what: str) -> str:
    part = metrics.share(right)
    blind = 100 / max(len(right), 1)
    return (
        f"{100 * part.share:.1f} % ({100 * part.low:.1f}-{100 * part.high:.1f}) of {part.of} rightly {what};"
        f" blind about {blind:.1f} %"
    )
