"""Writes the exports of an invented force, as a tracker, an HR program and a device desk write them.

`python make_exports.py FOLDER` makes positions.csv, hr.csv, handsets.csv, homes.csv and stations.csv: 30 officers with
a phone each, three days in March 2026. Every run of it writes the same bytes. docs/tutorials/your-own-data.md uses it.
"""

from __future__ import annotations

import csv
import math
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

OFFICERS = 30
MIDNIGHTS = [datetime(2026, 3, day, tzinfo=UTC) for day in (17, 18, 19)]
"""The three days; in March London's clock shows UTC."""
HOURS = {"EARLY": (6, 14), "LATE": (14, 22), "LEAVE": (0, 24)}
STATIONS = {"North": (51.556, -0.117), "South": (51.462, -0.115)}
ON_DUTY, OFF_DUTY = timedelta(minutes=2), timedelta(minutes=15)
"""How often a phone sends its position."""
WAY = timedelta(minutes=30)
"""How long the way between home and station takes."""

Point = tuple[float, float]
Row = dict[str, object]


@dataclass(frozen=True)
class Officer:
    """An officer: the number of the phone, the staff number, and where home and station are (latitude, longitude)."""

    phone: int
    staff_no: int
    home: Point
    station: Point

    def shift(self, day: int) -> tuple[str, datetime, datetime]:
        """The kind of a day's shift, and when it begins and ends."""
        kind = "LEAVE" if (self.phone + day) % 5 == 0 else ("EARLY", "LATE")[(self.phone // 2 + day) % 2]
        first, last = HOURS[kind]
        return kind, MIDNIGHTS[day] + timedelta(hours=first), MIDNIGHTS[day] + timedelta(hours=last)


def main(folder: Path) -> None:
    """Write the five files into a folder, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = random.Random(20260317)  # noqa: S311 (nothing here is a secret)
    officers = [an_officer(number, rng) for number in range(1, OFFICERS + 1)]
    write(folder / "positions.csv", [row for officer in officers for row in positions(officer, rng)])
    write(folder / "hr.csv", [row for officer in officers for row in roster(officer)], ";")
    write(folder / "handsets.csv", [handset(officer) for officer in officers])
    write(folder / "homes.csv", [home(officer) for officer in officers])
    write(folder / "stations.csv", [station(name, *where) for name, where in STATIONS.items()])


def an_officer(number: int, rng: random.Random) -> Officer:
    """An officer with a home some kilometres from the station."""
    lat, lon = list(STATIONS.values())[number % len(STATIONS)]
    angle, km = rng.random() * math.tau, 3 + 4 * rng.random()
    home = (round(lat + km * math.cos(angle) / 111.2, 5), round(lon + km * math.sin(angle) / 69.2, 5))
    return Officer(number, 40_100 + 7 * number, home, (lat, lon))


def roster(officer: Officer) -> Iterator[Row]:
    """A row for each day, as an HR program exports it."""
    for day in range(len(MIDNIGHTS)):
        kind, start, end = officer.shift(day)
        yield {
            "Shift No": f"{start:%y%m%d}-{officer.phone:03}",
            "Staff No": officer.staff_no,
            "Start": f"{start:%d/%m/%Y %H:%M}",
            "End": f"{end:%d/%m/%Y %H:%M}",
            "Shift type": kind,
            "Status": "active",
            "Changed on": f"{date(2026, 2, 17 + day):%d/%m/%Y} 09:30",
        }


def handset(officer: Officer) -> Row:
    """Since when an officer has a phone."""
    issued = date(2025, 9, 1) + timedelta(days=officer.phone)
    return {"Device": officer.phone, "Staff No": officer.staff_no, "Issued on": f"{issued:%d/%m/%Y}", "Returned on": ""}


def home(officer: Officer) -> Row:
    """Where an officer lives, as a point."""
    return {"Staff No": officer.staff_no, "Latitude": officer.home[0], "Longitude": officer.home[1]}


def station(name: str, lat: float, lon: float) -> Row:
    """A police station, as a circle."""
    return {"Station": name, "Latitude": lat, "Longitude": lon, "Radius (m)": 150}


def positions(officer: Officer, rng: random.Random) -> Iterator[Row]:
    """The positions of one phone, with the names that Traccar gives to its columns."""
    at = MIDNIGHTS[0]
    while at < MIDNIGHTS[-1] + timedelta(days=1):
        kind, start, end = officer.shift((at - MIDNIGHTS[0]).days)
        awake = kind != "LEAVE" and start - WAY <= at < end + WAY
        lat, lon = where(officer, at, start, end) if awake else officer.home
        yield {
            "deviceId": officer.phone,
            "fixTime": f"{at:%Y-%m-%dT%H:%M:%S}.000+00:00",
            "serverTime": f"{at + timedelta(seconds=3):%Y-%m-%dT%H:%M:%S}.000+00:00",
            "valid": "true",
            "latitude": f"{lat + (rng.random() - 0.5) * 1e-4:.6f}",
            "longitude": f"{lon + (rng.random() - 0.5) * 1e-4:.6f}",
            "speed": f"{20 * rng.random():.1f}",
            "accuracy": f"{5 + 15 * rng.random():.1f}",
        }
        at += ON_DUTY if awake else OFF_DUTY


def where(officer: Officer, at: datetime, start: datetime, end: datetime) -> Point:
    """Before and after the shift on the way; at the station in its first, middle and last half hour; else on a beat."""
    (lat, lon), (home_lat, home_lon) = officer.station, officer.home
    if at < start or at >= end:
        share = (start - at) / WAY if at < start else (at - end) / WAY
        return lat + share * (home_lat - lat), lon + share * (home_lon - lon)
    hours = (at - start) / timedelta(hours=1)
    if hours < 0.5 or hours > 7.5 or 3.5 < hours < 4:
        return lat, lon
    turn = math.tau * (hours % 1) + officer.phone
    return lat + 0.012 * math.sin(turn), lon + 0.018 * math.cos(turn)


def write(path: Path, rows: list[Row], delimiter: str = ",") -> None:
    """Write rows of one kind as CSV."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
