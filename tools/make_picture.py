"""Draws the picture of README: one night of an invented officer of `sample_data`, as sent and as released.

`python -m tools.make_picture` in a checkout runs the sample's job in a temporary folder and writes
`docs/pictures/one-night.svg`: on the left every ping as the device sent it, coloured by its reason; on the right the
rows of the release, and nothing else. The same sample and the same matplotlib (extra `pictures`) give the same bytes.
"""

from __future__ import annotations

import io
import json
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import shapely

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

BUFFER_M = 200
METRES_NORTH = 111_240
METRES_EAST = METRES_NORTH * 0.6212  # the cosine of the sample's latitude
AROUND_M = 500
TITLE = "One night shift, with a meal at home"
INVENTED = "An invented officer of sample_data, through the real filter. Nobody in this picture exists."
ABSENT = "positions are not here: no empty rows, no count, no mark"
GAP = timedelta(minutes=9)  # the track is not drawn across a longer gap

INK, QUIET, RULE, PAPER, LAND, STREET, ROSTER = (
    "#1f2933",
    "#5f6c7b",
    "#d5dbe1",
    "#ffffff",
    "#f6f7f9",
    "#e6e9ed",
    "#cfe3f1",
)
RELEASED, LEG, PLACE, OFF, POOR = "#0072b2", "#e69f00", "#b3261e", "#a3adb8", "#8a6d3b"
COLOURS = {
    "on_duty": RELEASED,
    "home_leg": LEG,
    "protected_place": PLACE,
    "off_duty": OFF,
    "imprecise": POOR,
}
MEANINGS = {
    RELEASED: "released: between two visits to the station",
    LEG: "hidden: the way between the station and home or time off",
    PLACE: "hidden: at home",
    OFF: "hidden: off duty, breaks too",
    POOR: "hidden: too imprecise (over 100 m, or none stated)",
}
"""What the colours mean; released positions are drawn last."""
DRAWN = (OFF, POOR, LEG, PLACE, RELEASED)
STYLE = {
    "svg.hashsalt": "offduty",
    "svg.fonttype": "none",
    "svg.id": "one-night",
    "path.simplify": False,  # it takes lines without length away, which are dots
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 10,
    "text.color": INK,
    "axes.edgecolor": RULE,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
}


Line = tuple[tuple[float, float], tuple[float, float]]


@dataclass(frozen=True)
class Fix:
    """One position, in degrees: when, where, and why it was released or hidden."""

    at: datetime
    lon: float
    lat: float
    reason: str

    @property
    def colour(self) -> str:
        """The colour of its reason."""
        return COLOURS[self.reason]

    @property
    def metres(self) -> tuple[float, float]:
        """Where it is on the map."""
        return on_map(self.lon, self.lat)


@dataclass(frozen=True)
class Night:
    """What is drawn: the device's positions in order of time, and the rows that were released."""

    sent: list[Fix]
    released: list[Fix]


def main() -> None:
    """Write the picture."""
    PICTURE.write_text(picture(night()), encoding="utf-8")


def night() -> Night:
    """Run the filter on the sample, and return one night of it."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder) / "sample"
        shutil.copytree(SAMPLE, work)
        for name in ("pseudonym.key", "signing.key"):
            (work / name).write_text(KEY.hex())
            (work / name).chmod(0o600)
        published = Path(str(run(work / "job.toml", as_of=AS_OF).path))
        return Night(list(_fixes(work, published)), _released(published))


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


def on_map(lon: float, lat: float) -> tuple[float, float]:
    """Metres to the east and to the north. The map is small, and its scale the same in both directions."""
    return lon * METRES_EAST, lat * METRES_NORTH


def picture(shown: Night) -> str:
    """The whole SVG. It has its own background, so that it can be read on a dark page, too."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(9.6, 6.5), facecolor=PAPER, edgecolor=RULE, linewidth=1)
        figure.text(0.025, 0.945, TITLE, fontsize=15, fontweight="bold")
        figure.text(0.025, 0.91, INVENTED, color=QUIET)
        sent, released, clock = (
            figure.add_axes(box)
            for box in ((0.025, 0.285, 0.465, 0.56), (0.51, 0.285, 0.465, 0.56), (0.14, 0.125, 0.835, 0.115))
        )
        sent.set_title(f"What the device sent: {len(shown.sent)} positions")
        released.set_title(f"What analysts get: {len(shown.released)} positions, under a pseudonym")
        for axes, fixes in ((sent, shown.sent), (released, shown.released)):
            _land(axes, shown.sent)
            _track(axes, fixes)
            _station(axes)
        _home(sent)
        hidden = len(shown.sent) - len(shown.released)
        released.text(0.03, 0.03, f"{hidden} {ABSENT}", color=QUIET, fontsize=9, transform=released.transAxes)
        _clock(clock, shown)
        _legend(figure)
        return _svg(figure)


def _svg(figure: Any) -> str:
    """The figure as text, the same each time; hundredths of a point are enough."""
    written = io.StringIO()
    figure.savefig(written, format="svg", metadata={"Date": None, "Title": "What is hidden and what is released"})
    text = re.sub(r"\d+\.\d{3,}", lambda number: f"{float(number[0]):.2f}", written.getvalue())
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"


def _land(axes: Any, fixes: list[Fix]) -> None:
    """A map of the released positions, the legs and the home, and every third street of the invented county."""
    there = shapely.MultiPoint([f.metres for f in fixes if f.reason in ("on_duty", "home_leg", "protected_place")])
    west, south, east, north = there.buffer(AROUND_M).bounds
    box = axes.get_window_extent()
    half = max((east - west) / box.width, (north - south) / box.height) / 2  # metres on both sides for each pixel
    x, y = (west + east) / 2, (south + north) / 2
    axes.set(xlim=(x - half * box.width, x + half * box.width), ylim=(y - half * box.height, y + half * box.height))
    axes.set(xticks=[], yticks=[], facecolor=LAND)
    for line in (SAMPLE / "truth" / "streets.csv").read_text().splitlines()[1::3]:
        runs, degrees = line.split(",")
        x, y = on_map(float(degrees), float(degrees))
        if runs == "north" and axes.viewLim.x0 < x < axes.viewLim.x1:
            axes.axvline(x, color=STREET, linewidth=0.8, zorder=0)
        elif runs != "north" and axes.viewLim.y0 < y < axes.viewLim.y1:
            axes.axhline(y, color=STREET, linewidth=0.8, zorder=0)


def _track(axes: Any, fixes: list[Fix]) -> None:
    """A dot for each position, and thin lines between neighbours of one colour; released ones are drawn on top."""
    for order, colour in enumerate(DRAWN, 2):
        mine = [fix.metres for fix in fixes if fix.colour == colour]
        _strokes(axes, [(at, at) for at in mine], colour, 3.4, capstyle="round", zorder=order)
        if colour != POOR:
            _strokes(axes, list(_lines(fixes, colour)), colour, 1.0, alpha=0.55, zorder=order)


def _strokes(axes: Any, lines: list[Line], colour: str, width: float, **style: Any) -> None:
    """Lines in one piece: a thousand pieces would make the picture ten times as large. One without length is a dot."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path as Drawn

    if lines:
        corners = [corner for line in lines for corner in line]
        drawn = Drawn(corners, [Drawn.MOVETO, Drawn.LINETO] * len(lines))
        patch = PathPatch(drawn, fill=False, edgecolor=colour, linewidth=width, **style)
        axes.add_patch(patch)


def _lines(fixes: list[Fix], colour: str) -> Iterator[Line]:
    good = [fix for fix in fixes if fix.colour != POOR]
    for here, there in pairwise(good):
        if here.colour == there.colour == colour and there.at - here.at < GAP:
            yield here.metres, there.metres


def _ring(file: str, **wanted: str) -> shapely.Polygon:
    """The polygon of the first feature with these properties, on the map."""
    for feature in json.loads((SAMPLE / file).read_text())["features"]:
        if wanted.items() <= feature["properties"].items():
            return shapely.Polygon([on_map(lon, lat) for lon, lat in feature["geometry"]["coordinates"][0]])
    raise LookupError(f"{file} has no feature like that")


def _station(axes: Any) -> None:
    middle = _ring("sites.geojson", site_id="station-00").centroid
    axes.plot(middle.x, middle.y, "s", markersize=9, color=PAPER, markeredgecolor=INK, markeredgewidth=1.5, zorder=9)
    axes.annotate(
        "station", (middle.x, middle.y), (9, 6), textcoords="offset points", fontsize=10, fontweight="bold", zorder=9
    )


def _home(axes: Any) -> None:
    """The home with the policy's buffer around it."""
    home = _ring("places.geojson", officer_id=OFFICER, kind="home")
    axes.fill(*home.buffer(BUFFER_M).exterior.xy, color=PLACE, alpha=0.16, linewidth=0, zorder=1)
    at = home.centroid
    axes.plot(at.x, at.y, "p", markersize=10, color=PAPER, markeredgecolor=PLACE, markeredgewidth=1.5, zorder=9)
    words = f"home, and {BUFFER_M} m about it"
    place = {"textcoords": "offset points", "ha": "right"}
    axes.annotate(words, (at.x, at.y), (14, -24), fontsize=10, fontweight="bold", color=PLACE, zorder=9, **place)


def _hours(at: datetime) -> float:
    return (at - FROM) / timedelta(hours=1)


def _clock(axes: Any, shown: Night) -> None:
    """The night as three bars: the roster, the input, and the release."""
    for start, end in DUTY:
        axes.barh(2, _hours(end) - _hours(start), left=_hours(start), height=0.75, color=ROSTER)
        axes.text((_hours(start) + _hours(end)) / 2, 2, "duty", ha="center", va="center", fontsize=8)
    axes.text(
        (_hours(DUTY[0][1]) + _hours(DUTY[1][0])) / 2, 2, "break", ha="center", va="center", fontsize=8, color=QUIET
    )
    for row, fixes in ((1, shown.sent), (0, shown.released)):
        for colour in DRAWN:
            ticks = [((at := _hours(f.at), row - 0.375), (at, row + 0.375)) for f in fixes if f.colour == colour]
            _strokes(axes, ticks, colour, 1.9, capstyle="butt")
    hours = range(int(_hours(TO)) + 1)
    axes.set_xlim(0, _hours(TO))
    axes.set_xticks(hours, [f"{FROM + timedelta(hours=hour):%H}:00" for hour in hours], fontsize=8, color=QUIET)
    axes.set_yticks([2, 1, 0], ["on the roster", "came in", "goes out"])
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)


def _legend(figure: Any) -> None:
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], marker="o", linestyle="", color=colour, label=means) for colour, means in MEANINGS.items()
    ]
    figure.legend(handles=handles, loc="lower left", bbox_to_anchor=(0.015, 0.0), ncols=2, frameon=False, fontsize=9)


if __name__ == "__main__":
    main()
