"""Makes the streams for all measurements once, and stores them for the next time."""

from __future__ import annotations

import csv
import json
import math
import os
import random
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

PINGS_PER_OFFICER = 1_180  # a day at one a minute, minus what is switched off or lost
BIG_ROSTER_ROWS = 1_000_000
BIG_ROSTER_OFFICERS = 50_000  # each with a home: as many places
DAY = date(2026, 3, 23)
KEYS = ("pseudonym.key", "signing.key")
SETTINGS = ("job.toml", "policy.toml", "sites.geojson", *KEYS)
TABLES = ("assignments.csv", "roster.csv", "places.geojson")
SAMPLE = Path(__file__).resolve().parents[1] / "sample_data"


def officers_for(pings: int) -> int:
    """The number of officers who send about `pings` in a day."""
    return round(pings / PINGS_PER_OFFICER)


def make_world(keep: Path, pings: int) -> Path:
    """The folder of a world with about `pings` of one day, the other tables, and keys; it is made if it is missing."""
    world = keep / f"world-{pings}"
    if not (world / "made").exists():
        officers = officers_for(pings)
        print(f"making {pings:,} pings of {officers:,} officers", file=sys.stderr)
        command = [sys.executable, "-m", "offduty", "synth", str(world), "--officers", str(officers)]
        subprocess.run([*command, "--days", "1", "--every", "60", "--seed", "1", "--no-truth"], check=True)
        for name in KEYS:
            make_key(world / name)
        (world / "made").touch()
    return world


def big_roster_of(plain: Path) -> Path:
    """Where the world with a large roster lies, beside the one with the same pings."""
    return plain.with_name(f"{plain.name}-big-roster")


def make_big_roster(plain: Path) -> Path:
    """Make a world with the same pings, one million more roster entries (of the past, and of officers without pings),
    and 50,000 places, if it is missing.
    """
    world = big_roster_of(plain)
    if not (world / "made").exists():
        (world / "pings").mkdir(parents=True, exist_ok=True)
        for file in (plain / "pings").iterdir():
            (world / "pings" / file.name).unlink(missing_ok=True)
            os.link(file, world / "pings" / file.name)
        _copy_tables(plain, world, SETTINGS)
        _grow_csv(plain / "assignments.csv", world / "assignments.csv", _assignments())
        _grow_csv(plain / "roster.csv", world / "roster.csv", _shifts())
        _grow_places(plain / "places.geojson", world / "places.geojson")
        (world / "made").touch()
    return world


def text_of(plain: Path, kind: str) -> Path:
    """Where the world with pings as text lies; `kind` is ``csv`` or ``csv.gz``."""
    return plain.with_name(f"{plain.name}-{kind}")


def make_text(plain: Path, kind: str) -> Path:
    """Make a world with the same pings as text, if it is missing. Instants are written as ISO 8601 in UTC."""
    world = text_of(plain, kind)
    if not (world / "made").exists():
        print(f"writing the pings of {plain.name} as {kind}", file=sys.stderr)
        (world / "pings").mkdir(parents=True, exist_ok=True)
        _copy_tables(plain, world, (*SETTINGS, *TABLES))
        subprocess.run([sys.executable, "-m", "benchmarks.as_text", str(plain), str(world), kind], check=True)
        job = world / "job.toml"
        job.write_text(job.read_text(encoding="utf-8").replace("pings/*.parquet", f"pings/*.{kind}"), encoding="utf-8")
        (world / "made").touch()
    return world


def make_sample(keep: Path) -> Path:
    """A folder with `sample_data`, new keys, and the store of one run; always made anew."""
    folder = keep / "sample"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(SAMPLE, folder)
    for name in KEYS:
        make_key(folder / name)
    subprocess.run([sys.executable, *sample_run(folder)], check=True, capture_output=True)
    return folder


def sample_run(folder: Path) -> list[str]:
    """The command of that run. The instant is given: with a later one, pings of clocks in the future are new."""
    return ["-m", "offduty", "run", str(folder / "job.toml"), "--as-of", "2026-04-15", "--json"]


def _copy_tables(source: Path, target: Path, names: tuple[str, ...]) -> None:
    for name in names:
        (target / name).write_bytes((source / name).read_bytes())
    for name in KEYS:
        (target / name).chmod(0o600)


def make_key(path: Path) -> None:
    """Write a new key, which only its owner can read."""
    path.write_text(secrets.token_hex(32))
    path.chmod(0o600)


def _officer(number: int) -> str:
    return f"officer-{number:05d}"


def _grow_csv(source: Path, target: Path, more: Iterator[list[str]]) -> None:
    """Write a table with more rows at its end."""
    with target.open("w", encoding="utf-8", newline="") as file:
        file.write(source.read_text(encoding="utf-8"))
        csv.writer(file, lineterminator="\n").writerows(more)


def _assignments() -> Iterator[list[str]]:
    """One device for everyone, of the past, which sends nothing."""
    for number in range(BIG_ROSTER_OFFICERS):
        yield [f"spare-{number:05d}", _officer(number), "2020-01-01T00:00:00Z", "2026-01-01T00:00:00Z"]


def _shifts() -> Iterator[list[str]]:
    """Twenty days of shifts for everyone, up to three weeks before the pings; all must be read and settled."""
    days = BIG_ROSTER_ROWS // BIG_ROSTER_OFFICERS
    for back in range(21 + days, 21, -1):
        day = DAY - timedelta(days=back)
        for number in range(BIG_ROSTER_OFFICERS):
            hour = (6, 14, 22)[number % 3]
            starts, ends = f"{day}T{hour:02d}:00:00", f"{day + timedelta(days=hour == 22)}T{(hour + 8) % 24:02d}:00:00"
            code = "rest" if (number + back) % 7 > 4 else "duty"
            recorded = f"{day - timedelta(days=14)}T10:00:00Z"
            row = [f"{_officer(number)}-{day}-long-ago", _officer(number), starts, ends]
            yield [*row, "Europe/London", code, "active", recorded, "planning"]


def _grow_places(source: Path, target: Path) -> None:
    collection: dict[str, Any] = json.loads(source.read_text(encoding="utf-8"))
    features = collection["features"]
    rng = random.Random(1)
    features += [_home(number, rng) for number in range(BIG_ROSTER_OFFICERS - len(features))]
    target.write_text(json.dumps(collection), encoding="utf-8")


def _home(number: int, rng: random.Random) -> dict[str, Any]:
    """A home of an officer without pings: every second one is a circle, the others have eight corners."""
    lon, lat = -1.2 + rng.uniform(-0.5, 0.5), 51.7 + rng.uniform(-0.3, 0.3)
    named = {
        "place_id": f"elsewhere-{number:05d}",
        "officer_id": _officer(BIG_ROSTER_OFFICERS - 1 - number),
        "kind": "home",
    }
    if number % 2:
        point = {"type": "Point", "coordinates": [lon, lat]}
        return {"type": "Feature", "properties": {**named, "radius_m": 40.0}, "geometry": point}
    turns = [2 * math.pi * k / 8 for k in range(8)]
    ring = [[lon + 0.0005 * math.cos(turn), lat + 0.0003 * math.sin(turn)] for turn in turns]
    area = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
    return {"type": "Feature", "properties": named, "geometry": area}
