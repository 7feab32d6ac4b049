"""The store that all broken stores are copies of: two days, three signed runs, one of which supersedes another."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pyrage

from offduty import run
from offduty.transparency.signed_note import SigningKey
from tests.world import Row, World, assignment, lay_out, ping, place, shift, site, world

SEED = bytes(range(32))
OTHER_SEED = bytes(range(1, 33))
DAYS = ("2026-03-02", "2026-03-03")
LATER = "2026-11-21T00:00:00Z"
LATEST = "2026-11-22T00:00:00Z"


@dataclass(frozen=True)
class Audit:
    """A folder with a store, the job and its inputs, the public key, and the auditor's own checkpoint."""

    folder: Path

    @property
    def store(self) -> Path:
        """The store."""
        return self.folder / "store"

    @property
    def job(self) -> Path:
        """The job, in the folder of its inputs."""
        return self.folder / "job.toml"

    @property
    def policy(self) -> Path:
        """The policy that was agreed."""
        return self.folder / "policy.toml"

    @property
    def key(self) -> Path:
        """The public key that the auditor trusts."""
        return self.folder / "signing.pub"

    @property
    def identity(self) -> Path:
        """The auditor's identity, for whom each run keeps its reference tables."""
        return self.folder / "auditor.txt"

    @property
    def checkpoint(self) -> Path:
        """The checkpoint of the newest entry, stored by the auditor."""
        return self.folder / "my.checkpoint"


def make_base(folder: Path) -> Audit:
    """Run the filter three times: for the first day, for the second day, and later for the first day again."""
    job = lay_out(two_days(), folder, form="parquet", files=2)
    write_key(folder / "signing.key", SEED)
    identity = pyrage.x25519.Identity.generate()
    job.write_text(job.read_text().replace("[keys]\n", '[keys]\nsigning = "signing.key"\n'))
    job.write_text(f'{job.read_text().rstrip()}\nkeep_references = "{identity.to_public()}"\n')
    run(job, start=DAYS[0], end=DAYS[1], as_of=LATER)
    run(job, start=DAYS[1], end="2026-03-04", as_of=LATER)
    run(job, start=DAYS[0], end=DAYS[1], as_of=LATEST)
    audit = Audit(folder)
    audit.identity.write_text(f"{identity}\n")
    audit.key.write_text(SigningKey("", SEED).public.raw.hex() + "\n")
    newest = max((audit.store / "log").glob("*.entry"))
    audit.checkpoint.write_bytes(newest.read_bytes().partition(b"\n\n")[2])
    return audit


def write_key(path: Path, seed: bytes) -> None:
    """A key file that only its owner can read."""
    path.write_text(seed.hex() + "\n")
    os.chmod(path, 0o600)


def two_days() -> World:
    """A world with every reason but `window_open`, and released rows of two officers on both days."""
    return world(
        [row for day in DAYS for row in _day(day)],
        assignments=[
            assignment(),
            assignment("d2", "o2"),
            assignment("d3", "o1"),
            assignment("d3", "o2"),
            assignment("d4", "o3"),
        ],
        roster=[
            *(
                shift(f"{day}T08:00", f"{day}T16:00", shift_id=f"{who}-{day}", officer=who)
                for day in DAYS
                for who in ("o1", "o2", "o3")
            ),
            shift(f"{DAYS[0]}T18:00", f"{DAYS[0]}T20:00", "overtime", shift_id="late", recorded="2026-03-05T00:00:00Z"),
            shift("nonsense", None, shift_id="unreadable", officer="o9"),
        ],
        places=[place(), place("other home", officer="o2", place_id="h2")],
        sites=[site(), site("court", site_id="s2")],
    )


def _day(day: str) -> list[Row]:
    """A day of pings of all devices, in order of time."""
    where = [
        ("07:00", "home"),
        ("08:10", "street"),
        ("08:30", "station"),
        ("08:40", "corner"),
        ("09:00", "street"),
        ("09:20", "clinic"),
        ("10:00", "station"),
        ("11:00", "street"),
        ("11:40", "home"),
        ("12:20", "corner"),
        ("13:00", "station"),
        ("13:30", "clinic"),
        ("14:00", "court"),
        ("14:30", "street"),
        ("15:00", "station"),
        ("15:40", "corner"),
        ("17:00", "home"),
        ("18:30", "street"),
        ("23:00", "home"),
    ]
    rows = []
    for clock, spot in where:
        moment = f"{day}T{clock}:00Z"
        rows.append(ping(moment, spot, 10))
        rows.append(ping(moment, "station" if spot == "home" else spot, 25, "d2"))
        rows.append(ping(moment, spot, 10, "d3"))
        rows.append(ping(moment, spot, 10, "d4"))
        rows.append(ping(moment, spot, 10, "nobody's"))
    rows += [ping(f"{day}T09:00:00Z", "street", 60), ping(f"{day}T13:30:00Z", "clinic", 900)]
    bad = [{"device_id": None}, {"lon": 999.0}, {"lon": 0.0, "lat": 0.0}, {"observed_at": None}]
    return [*rows, *({**ping(f"{day}T10:00:00Z"), **wrong} for wrong in bad)]
