"""Draws seconds and memory against pings with matplotlib, for every program of the benchmark.

matplotlib is in the extra `pictures`, and is needed for the pictures of the docs alone.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.figures import Figures
from benchmarks.parts import SHORT, SIZES

NAMES = {
    "run": ("offduty run", "#0072b2"),
    "run_500mb": ("offduty run --memory 500MB", "#56a0d3"),
    "copy": ("DuckDB COPY", "#52606d"),
    "polars": ("polars + shapely", "#7a5c1e"),
    "sedona": ("SedonaDB", "#8e4585"),
    "pandas": ("pandas + geopandas", "#b3261e"),
}
"""The sides that are drawn: the name and the colour of each. The three last answer a simple part of the question."""
TICKS = (200_000, 2_000_000, 20_000_000, 66_000_000)
Point = tuple[int, float, float]


def lines(figures: Figures) -> dict[str, list[Point]]:
    """For each side that was measured: pings, seconds and MB, from the smallest size up."""
    sizes = [figures[name] for name in (SHORT, *SIZES) if name in figures]
    return {
        side: [
            (size.pings, size.sides[side].wall_s, size.sides[side].peak_mb or 0)
            for size in sizes
            if size.pings is not None and side in size.sides
        ]
        for side in NAMES
    }


def draw(figures: Figures, path: Path) -> None:
    """Write the picture as SVG: seconds on the left, MB on the right, on axes where each step is a multiple. The same
    figures and the same matplotlib give the same bytes.
    """
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot
    from matplotlib.ticker import LogLocator, NullFormatter

    matplotlib.rcParams.update({"svg.hashsalt": "offduty", "svg.fonttype": "path", "font.size": 10})
    figure, panels = pyplot.subplots(1, 2, figsize=(10, 4.8), layout="constrained")
    for axes, place, words in ((panels[0], 1, "seconds, from start to end"), (panels[1], 2, "largest memory, MB")):
        for side, points in lines(figures).items():
            if points:
                _line(axes, side, [point[0] for point in points], [point[place] for point in points])
        axes.set(xscale="log", yscale="log", xlabel="million pings")
        axes.set_xticks(TICKS, minor=False)
        axes.set_xticks([], minor=True)
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_minor_formatter(NullFormatter())
        axes.set_title(words, loc="left", fontsize=11)
        axes.xaxis.set_major_formatter(lambda pings, _: f"{pings / 1e6:g}")
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:,g}")
        axes.grid(which="major", color="#d9dee3", linewidth=0.6)
        axes.spines[["top", "right"]].set_visible(False)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False, fontsize=9)
    figure.savefig(path, format="svg", metadata={"Date": None, "Title": "Speed and memory against pings"})
    pyplot.close(figure)


def _line(axes: Any, side: str, pings: list[int], values: list[float]) -> None:
    name, colour = NAMES[side]
    ours = side == "run"
    axes.plot(
        pings,
        values,
        marker="o",
        markersize=5 if ours else 4,
        color=colour,
        label=name,
        linewidth=2.4 if ours else 1.3,
        zorder=3,
    )
