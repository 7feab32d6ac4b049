"""Draws the price of privacy with matplotlib: the share of positions that is kept, against the best attacker's lift.

matplotlib is in the extra `pictures`, and is needed for the pictures of the docs alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from offduty.redteam.results import FILTER, ResultRow

TODAY, OURS, MORE = "#b3261e", "#0072b2", "#7a5c1e"
MASKS = ("none", "circle", "cell", "donut", "shifts")
LEAST_LIFT = 0.1  # a lift of 0 is drawn here
LINE = 1.5
NAMED = ("default policy", "policy of init", FILTER)
KEPT, GAINED = "positions on duty that are kept", "lift of the best of five attacks"
RULER = "the line: 1.5 times a blind guess"


def points(rows: Iterable[ResultRow]) -> list[tuple[str, float, float]]:
    """Name, share kept and lift of each row about the price (of `offduty.redteam.tradeoff`); others are ignored."""
    priced = (row for row in rows if row.attack.startswith("price: "))
    return [(row.mask, _share(row), _lift(row)) for row in priced if row.lift]


def _share(row: ResultRow) -> float:
    """The share of `NN.N % kept`."""
    return float(row.finding.split(" ")[0]) / 100


def _lift(row: ResultRow) -> float:
    return max(float(row.lift.split(" ")[0]), LEAST_LIFT)


def _colour(mask: str) -> str:
    return TODAY if mask.startswith(MASKS) else OURS if mask in NAMED else MORE


def draw(rows: Iterable[ResultRow], path: Path) -> None:
    """Write the picture as SVG: policies are points, lower is safer, farther right is more useful. The same rows and
    the same matplotlib give the same bytes.
    """
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    matplotlib.rcParams.update({"svg.hashsalt": "offduty", "svg.fonttype": "path", "font.size": 10})
    figure, axes = pyplot.subplots(figsize=(10, 6), layout="constrained")
    found = sorted(dict.fromkeys(points(rows)), key=lambda point: (-point[2], -point[1]))
    for place, (name, share, lift) in enumerate(found):
        axes.scatter(share, lift, s=70 if name in NAMED else 36, color=_colour(name), zorder=3)
        axes.annotate(
            f"{'rules of version 1' if name == FILTER else name}: {share:.0%}",
            (share, lift),
            xytext=(1.04, 1 - (place + 0.5) / len(found)),
            textcoords="axes fraction",
            va="center",
            fontsize=9,
            color=_colour(name),
            arrowprops={"arrowstyle": "-", "color": _colour(name), "linewidth": 0.5, "alpha": 0.45},
        )
    axes.axhline(LINE, color="#52606d", linewidth=0.8, linestyle="--")
    axes.annotate(RULER, (0.01, LINE), xytext=(0, 3), textcoords="offset points", fontsize=8, color="#52606d")
    axes.set(
        yscale="log",
        xlim=(0, 1.02),
        ylim=(LEAST_LIFT * 0.8, 100),
        xlabel="positions on duty that are kept",
        ylabel="best attacker's lift",
    )
    axes.xaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
    axes.yaxis.set_major_formatter(lambda lift, _: f"{lift:g}" if lift > LEAST_LIFT else "none found")
    axes.set_title("The price of privacy: lower is safer, farther right is more useful", loc="left", fontsize=12)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, format="svg", metadata={"Date": None, "Title": "The price of privacy"})
    pyplot.close(figure)
