"""Draws the picture of README: one night of an invented officer of `sample_data`, as sent and as released.

`python -m tools.make_picture` in a checkout runs the sample's job in a temporary folder and writes
`docs/pictures/one-night.svg`: on the left every ping as the device sent it, coloured by its reason; on the right the
rows of the release, and nothing else. The same sample gives the same bytes.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from offduty import run
from offduty.outputs.pseudonyms import period, pseudonym

ROOT = Path(__file__).resolve().parents[1]
SAMPLE = ROOT / "sample_data"
PICTURE = ROOT / "docs" / "pictures" / "one-night.svg"

OFFICER, DEVICE = "officer-00009", "device-00009"
FROM, TO = datetime(2026, 3, 27, 21, tzinfo=UTC), datetime(2026, 3, 28, 8, tzinfo=UTC)
DUTY = [
    (datetime(2026, 3, 27, 22, tzinfo=UTC), datetime(2026, 3, 28, 2, 15, tzinfo=UTC)),
    (datetime(2026, 3, 28, 3, 15, tzinfo=UTC), datetime(2026, 3, 28, 7, tzinfo=UTC)),
]
AS_OF = "2026-04-15"
KEY = bytes(range(32))  # the sample is invented: its pseudonyms protect nobody, and must be the same each time

WIDE, HIGH, MARGIN = 960, 650, 24
MAP_TOP, MAP_WIDE, MAP_HIGH = 96, 446, 368
BUFFER_M = 200
METRES_PER_DEGREE = 111_240
INVENTED = "An invented officer of sample_data, through the real filter. Nobody in this picture exists."
ABOUT = (
    "Two maps of one night shift of an invented officer. Left: every position the device sent, with the way home, the "
    "home and off-duty hours hidden. Right: only what analysts get, stretches that begin and end at the station."
)
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif"
ABSENT = "positions are not here: no empty rows, no count, no mark"
GAP = timedelta(minutes=9)  # the track is not drawn across a longer gap

INK, QUIET, RULE, PAPER, LAND = "#1f2933", "#5f6c7b", "#d5dbe1", "#ffffff", "#f6f7f9"
RELEASED, LEG, PLACE, OFF, POOR = "#0072b2", "#e69f00", "#b3261e", "#a3adb8", "#8a6d3b"
COLOURS = {
    "on_duty": RELEASED,
    "home_leg": LEG,
    "protected_place": PLACE,
    "off_duty": OFF,
    "imprecise": POOR,
}


@dataclass(frozen=True)
class Fix:
    """One position, in degrees: when, where, and why it was released or hidden."""

    at: datetime
    lon: float
    lat: float
    reason: str


@dataclass(frozen=True)
class Map:
    """A frame of the picture and the area that it shows. North is up, and the scale is the same in both directions.

    `left` is in pixels; `west` and `north` are the degrees of the upper left corner.
    """

    left: float
    west: float
    north: float
    metres_per_degree_east: float
    pixels_per_metre: float

    def x(self, lon: float) -> float:
        """Pixels from the left of the picture."""
        return self.left + (lon - self.west) * self.metres_per_degree_east * self.pixels_per_metre

    def y(self, lat: float) -> float:
        """Pixels from the top of the picture."""
        return MAP_TOP + (self.north - lat) * METRES_PER_DEGREE * self.pixels_per_metre

    def path(self, points: Iterable[tuple[float, float]]) -> str:
        """Positions in degrees as the points of an SVG path."""
        return "L".join(f"{self.x(lon):.1f} {self.y(lat):.1f}" for lon, lat in points)


def main() -> None:
    """Write the picture."""
    PICTURE.write_text(draw(), encoding="utf-8")


def draw() -> str:
    """Run the filter on the sample, and return the picture of one night as SVG."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder) / "sample"
        shutil.copytree(SAMPLE, work)
        for name in ("pseudonym.key", "signing.key"):
            (work / name).write_text(KEY.hex())
            (work / name).chmod(0o600)
        published = Path(str(run(work / "job.toml", as_of=AS_OF).path))
        return picture(list(_fixes(work, published)), _released(published))


def _fixes(work: Path, published: Path) -> Iterator[Fix]:
    """The device's pings of the night in order of time, each with its reason from the ledger."""
    ledger = pq.read_table(published / "ledger").to_pydict()
    reasons = dict(zip(zip(ledger["file"], ledger["row"], strict=True), ledger["reason"], strict=True))
    found = []
    files = sorted((work / "pings").glob("*.parquet"))  # the first files of the manifest, by name
    for number, file in enumerate(files):
        for row, ping in enumerate(pq.read_table(file).to_pylist()):
            at = ping["observed_at"]
            if ping["device_id"] == DEVICE and (number, row) in reasons and FROM <= at < TO:
                found.append(Fix(at, ping["lon"], ping["lat"], reasons[number, row]))
    yield from sorted(found, key=lambda fix: fix.at)


def _released(published: Path) -> list[Fix]:
    """The officer's released rows of the night, found by the pseudonym of each duty window's first day."""
    found = []
    for start, _ in DUTY:
        name = pseudonym(KEY, "presence on duty", period(start.date(), "week"), OFFICER)
        folder = published / "release" / f"date={start.date()}"
        for row in pq.read_table(folder, filters=[("officer", "=", name)]).to_pylist():
            if FROM <= row["observed_at"] < TO:
                found.append(Fix(row["observed_at"], row["lon"], row["lat"], "on_duty"))
    return found


def picture(fixes: list[Fix], released: list[Fix]) -> str:
    """The whole SVG. It has its own background, so that it can be read on a dark page, too."""
    left, right = _maps(fixes)
    hidden = len(fixes) - len(released)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {HIGH}" role="img" '
        f'aria-labelledby="title about" font-family="{FONT}" fill="{INK}">',
        '<title id="title">What is hidden and what is released</title>',
        f'<desc id="about">{ABOUT}</desc>',
        f'<rect width="{WIDE}" height="{HIGH}" rx="12" fill="{PAPER}" stroke="{RULE}"/>',
        _text(MARGIN, 38, "One night shift, with a meal at home", 21, bold=True),
        _text(MARGIN, 60, INVENTED, 13, QUIET),
        _text(left.left, 86, f"What the device sent: {len(fixes)} positions", 14, bold=True),
        _text(right.left, 86, f"What analysts get: {len(released)} positions, under a pseudonym", 14, bold=True),
        _land(left, "west"),
        _land(right, "east"),
        _fence(left),
        _track(left, fixes),
        _places(left, home=True),
        _track(right, released),
        _places(right, home=False),
        _text(right.left + 14, MAP_TOP + MAP_HIGH - 16, f"{hidden} {ABSENT}", 12, QUIET),
        _clock(fixes, released),
        _legend(),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _maps(fixes: list[Fix]) -> tuple[Map, Map]:
    """Two frames that show the same area: that of the released positions, the legs and the home."""
    lons = [fix.lon for fix in fixes if fix.reason in ("on_duty", "home_leg", "protected_place")]
    lats = [fix.lat for fix in fixes if fix.reason in ("on_duty", "home_leg", "protected_place")]
    middle_lon, middle_lat = (min(lons) + max(lons)) / 2, (min(lats) + max(lats)) / 2
    east = METRES_PER_DEGREE * 0.6212  # the cosine of the sample's latitude
    wide_m = (max(lons) - min(lons)) * east + 900
    high_m = (max(lats) - min(lats)) * METRES_PER_DEGREE + 1_200
    scale = min(MAP_WIDE / wide_m, MAP_HIGH / high_m)
    west = middle_lon - MAP_WIDE / scale / east / 2
    north = middle_lat + MAP_HIGH / scale / METRES_PER_DEGREE / 2
    return Map(MARGIN, west, north, east, scale), Map(WIDE - MARGIN - MAP_WIDE, west, north, east, scale)


def _text(
    x: float, y: float, words: str, size: int, colour: str = INK, bold: bool = False, anchor: str = "start"
) -> str:
    weight = ' font-weight="600"' if bold else ""
    place = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return f'<text x="{x:.0f}" y="{y:.0f}" font-size="{size}" fill="{colour}"{weight}{place}>{words}</text>'


def _land(frame: Map, name: str) -> str:
    """The frame with a background, and every third street of the invented county."""
    box = f'x="{frame.left}" y="{MAP_TOP}" width="{MAP_WIDE}" height="{MAP_HIGH}"'
    lines = []
    for line in (SAMPLE / "truth" / "streets.csv").read_text().splitlines()[1::3]:
        runs, degrees = line.split(",")
        x, y = frame.x(float(degrees)), frame.y(float(degrees))
        if runs == "north" and 0 < x - frame.left < MAP_WIDE:
            lines.append(f"M{x:.1f} {MAP_TOP}v{MAP_HIGH}")
        elif runs != "north" and 0 < y - MAP_TOP < MAP_HIGH:
            lines.append(f"M{frame.left} {y:.1f}h{MAP_WIDE}")
    return (
        f'<clipPath id="{name}"><rect {box}/></clipPath><rect {box} fill="{LAND}" stroke="{RULE}"/>'
        f'<path d="{"".join(lines)}" stroke="#e6e9ed" stroke-width="1" fill="none" clip-path="url(#{name})"/>'
    )


def _features(file: str) -> list[dict[str, Any]]:
    return list(json.loads((SAMPLE / file).read_text())["features"])


def _home() -> list[tuple[float, float]]:
    for feature in _features("places.geojson"):
        if feature["properties"].get("officer_id") == OFFICER and feature["properties"]["kind"] == "home":
            return [(lon, lat) for lon, lat in feature["geometry"]["coordinates"][0]]
    raise LookupError("the sample has no home of that officer")


def _fence(frame: Map) -> str:
    """The home with the policy's buffer around it: a line twice as wide as the buffer, with round corners."""
    wide = 2 * BUFFER_M * frame.pixels_per_metre
    return (
        f'<path d="M{frame.path(_home())}Z" fill="{PLACE}" stroke="{PLACE}" stroke-width="{wide:.1f}" '
        'stroke-linejoin="round" opacity=".16"/>'
    )


def _track(frame: Map, fixes: list[Fix]) -> str:
    """A dot for each position, and thin lines between neighbours of one colour; released ones are drawn on top."""
    name = "west" if frame.left == MARGIN else "east"
    drawn = []
    for colour in (OFF, POOR, LEG, PLACE, RELEASED):
        mine = [fix for fix in fixes if COLOURS[fix.reason] == colour]
        dots = "".join(f"M{frame.x(fix.lon):.1f} {frame.y(fix.lat):.1f}h0" for fix in mine)
        if not mine:
            continue
        drawn.append(f'<path d="{dots}" stroke="{colour}" stroke-width="4.6" stroke-linecap="round"/>')
        if colour == POOR:
            continue
        drawn.append(
            f'<path d="{"".join(_lines(frame, fixes, colour))}" stroke="{colour}" stroke-width="1.3" opacity=".55"/>'
        )
    return f'<g fill="none" stroke-linejoin="round" clip-path="url(#{name})">{"".join(drawn)}</g>'


def _lines(frame: Map, fixes: list[Fix], colour: str) -> Iterator[str]:
    good = [fix for fix in fixes if COLOURS[fix.reason] != POOR]
    for here, there in pairwise(good):
        if COLOURS[there.reason] == COLOURS[here.reason] == colour and there.at - here.at < GAP:
            yield f"M{frame.path([(here.lon, here.lat), (there.lon, there.lat)])}"


def _places(frame: Map, home: bool) -> str:
    """The station, and on the left map the home, each with its name."""
    lon, lat = next(
        _middle(feature["geometry"]["coordinates"][0])
        for feature in _features("sites.geojson")
        if feature["properties"]["site_id"] == "station-00"
    )
    x, y = frame.x(lon), frame.y(lat)
    drawn = [
        f'<rect x="{x - 7:.1f}" y="{y - 7:.1f}" width="14" height="14" rx="2" fill="{PAPER}" stroke="{INK}" '
        'stroke-width="2"/>',
        _text(x + 13, y - 9, "station", 13, bold=True),
    ]
    if home:
        lon, lat = _middle(_home())
        x, y = frame.x(lon), frame.y(lat)
        drawn.append(
            f'<path d="M{x - 8:.1f} {y:.1f}l8 -8l8 8v8h-16z" fill="{PAPER}" stroke="{PLACE}" stroke-width="2"/>'
        )
        drawn.append(_text(x + 20, y + 31, f"home, and {BUFFER_M} m about it", 13, PLACE, bold=True, anchor="end"))
    return "".join(drawn)


def _middle(ring: list[Any]) -> tuple[float, float]:
    corners = ring[:-1]
    return sum(corner[0] for corner in corners) / len(corners), sum(corner[1] for corner in corners) / len(corners)


CLOCK_TOP, CLOCK_LEFT = 492, 150


def _clock(fixes: list[Fix], released: list[Fix]) -> str:
    """The night as three bars: the roster, the input, and the release."""
    per_minute = (WIDE - MARGIN - CLOCK_LEFT) / ((TO - FROM) / timedelta(minutes=1))

    def x(at: datetime) -> float:
        return CLOCK_LEFT + (at - FROM) / timedelta(minutes=1) * per_minute

    drawn = []
    for row, words in enumerate(("on the roster", "came in", "goes out")):
        drawn.append(_text(MARGIN, CLOCK_TOP + 12 + 20 * row, words, 13))
    for start, end in DUTY:
        wide = x(end) - x(start)
        drawn.append(f'<rect x="{x(start):.1f}" y="{CLOCK_TOP}" width="{wide:.1f}" height="14" rx="2" fill="#cfe3f1"/>')
        drawn.append(_text((x(start) + x(end)) / 2, CLOCK_TOP + 11, "duty", 11, anchor="middle"))
    drawn.append(_text((x(DUTY[0][1]) + x(DUTY[1][0])) / 2, CLOCK_TOP + 11, "break", 11, QUIET, anchor="middle"))
    wide = 2 * per_minute + 0.2
    for row, some in ((1, fixes), (2, released)):
        for colour in dict.fromkeys(COLOURS.values()):
            ticks = "".join(
                f"M{x(fix.at):.1f} {CLOCK_TOP + 20 * row}v14" for fix in some if COLOURS[fix.reason] == colour
            )
            if ticks:
                drawn.append(f'<path d="{ticks}" stroke="{colour}" stroke-width="{wide:.1f}" fill="none"/>')
    for hour in range(int((TO - FROM) / timedelta(hours=1)) + 1):
        at = FROM + timedelta(hours=hour)
        drawn.append(_text(x(at), CLOCK_TOP + 72, f"{at:%H}:00", 11, QUIET, anchor="middle" if hour < 11 else "end"))
    return "".join(drawn)


def _legend() -> str:
    """What the colours mean."""
    rows = [
        [
            (RELEASED, "released: between two visits to the station"),
            (LEG, "hidden: the way between the station and home or time off"),
        ],
        [
            (PLACE, "hidden: at home"),
            (OFF, "hidden: off duty, breaks too"),
            (POOR, "hidden: too imprecise (over 100 m, or none stated)"),
        ],
    ]
    drawn = []
    for row, places in zip(rows, ([MARGIN, 436], [MARGIN, 200, 436]), strict=True):
        y = CLOCK_TOP + 104 + 26 * rows.index(row)
        for (colour, words), left in zip(row, places, strict=True):
            drawn.append(
                f'<circle cx="{left + 6}" cy="{y - 4}" r="5" fill="{colour}"/>{_text(left + 18, y, words, 13)}'
            )
    return "".join(drawn)


if __name__ == "__main__":
    main()
