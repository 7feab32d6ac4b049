"""The table: one figure a row, the line it must hold, and the verdict; as text for people, Markdown for the page,
JSON for machines.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from offduty.redteam.metrics import Auc, Score

MOST_LIFT, MOST_NEAR, MOST_AUC = 1.5, 0.02, 0.55
HOLDS, UNCLEAR, CROSSED, KNOWN, NONE = "holds", "not shown", "CROSSED", "CROSSED, known", ""
FILTER = "offduty, default policy"


@dataclass(frozen=True)
class ResultRow:
    """One figure. `told` is what was measured, in words where the columns do not fit; `verdict` is empty where no
    line is drawn.
    """

    attack: str
    world: str
    mask: str
    officers: int
    duties: int
    every_s: int
    seed: int
    median_m: float = math.nan
    near: str = ""
    far: str = ""
    lift: str = ""
    auc: str = ""
    told: str = ""
    line: str = ""
    verdict: str = NONE


def scored(row: ResultRow, score: Score, held_to_lines: bool, rim: bool = False, known: bool = False) -> ResultRow:
    """The row with an attack's score, and its verdict where the mask is held to the lines."""
    lift = f"{score.lift:.2f} ({score.lift_low:.2f}-{score.lift_high:.2f})"
    verdict, line = NONE, ""
    if held_to_lines:
        line = f"lift <= {MOST_LIFT}" + (f", hit@50 m <= {MOST_NEAR:.0%}" if rim else "")
        verdict = _verdict(score.lift, score.lift_low, MOST_LIFT)
        if rim and score.near.low > MOST_NEAR:
            verdict = CROSSED
        verdict = KNOWN if verdict == CROSSED and known else verdict
    changed = {
        "median_m": score.median_m,
        "near": _percent(score.near.share, score.near.low, score.near.high),
        "far": _percent(score.far.share, score.far.low, score.far.high),
        "lift": lift,
        "line": line,
        "verdict": verdict,
    }
    return ResultRow(**{**asdict(row), **changed})


def told(row: ResultRow, auc: Auc, held_to_lines: bool, known: bool = False) -> ResultRow:
    """The row with an area under a curve."""
    if math.isnan(auc.area):
        words = f"nothing to tell apart ({auc.positives} of one kind, {auc.negatives} of the other)"
        return ResultRow(
            **{**asdict(row), "told": words, "verdict": HOLDS if held_to_lines else NONE, "line": f"AUC <= {MOST_AUC}"}
        )
    verdict = _verdict(auc.area, auc.low, MOST_AUC) if held_to_lines else NONE
    verdict = KNOWN if verdict == CROSSED and known else verdict
    words = f"{auc.area:.2f} ({auc.low:.2f}-{auc.high:.2f})"
    line = f"AUC <= {MOST_AUC}" if held_to_lines else ""
    return ResultRow(
        **{
            **asdict(row),
            "auc": words,
            "told": f"{auc.positives} of {auc.positives + auc.negatives}",
            "line": line,
            "verdict": verdict,
        }
    )


def counted(row: ResultRow, count: int, words: str, line: str, held_to_lines: bool, known: bool = False) -> ResultRow:
    """The row with a count that must be nothing."""
    verdict = NONE if not held_to_lines else HOLDS if count == 0 else KNOWN if known else CROSSED
    return ResultRow(**{**asdict(row), "told": words, "line": line if held_to_lines else "", "verdict": verdict})


def _verdict(value: float, low: float, most: float) -> str:
    """Crossed only where chance cannot have done it: the whole 95 % interval lies beyond the line."""
    return HOLDS if value <= most else CROSSED if low > most else UNCLEAR


def _percent(share: float, low: float, high: float) -> str:
    return f"{100 * share:.1f} % ({100 * low:.1f}-{100 * high:.1f})"


HEAD = (
    "attack",
    "world",
    "mask",
    "officers",
    "duties",
    "every",
    "seed",
    "median",
    "hit@50 m",
    "hit@200 m",
    "lift",
    "AUC",
    "",
    "line",
    "verdict",
)


def cells(row: ResultRow) -> list[str]:
    """What stands in each column."""
    median = "" if math.isnan(row.median_m) else f"{row.median_m:,.0f} m"
    every = f"{row.every_s} s" if row.every_s else ""
    counts = [f"{number:,}" if number else "" for number in (row.officers, row.duties)]
    return [
        row.attack,
        row.world,
        row.mask,
        *counts,
        every,
        str(row.seed),
        median,
        row.near,
        row.far,
        row.lift,
        row.auc,
        row.told,
        row.line,
        row.verdict,
    ]


def markdown(rows: Iterable[ResultRow]) -> str:
    """A Markdown table; columns that are empty throughout are left out."""
    lines = [cells(row) for row in rows]
    used = [k for k in range(len(HEAD)) if any(line[k] for line in lines)]
    head = ["| " + " | ".join(HEAD[k] for k in used) + " |", "|" + "---|" * len(used)]
    return "\n".join(head + ["| " + " | ".join(line[k] for k in used) + " |" for line in lines]) + "\n"


def plain(rows: Iterable[ResultRow]) -> str:
    """Columns of text for a terminal."""
    lines = [cells(row) for row in rows]
    used = [k for k in range(len(HEAD)) if any(line[k] for line in lines) and HEAD[k] != "seed"]
    table = [[HEAD[k] for k in used], *([line[k] for k in used] for line in lines)]
    widths = [max(len(line[k]) for line in table) for k in range(len(used))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in table
    )


def crossed(rows: Iterable[ResultRow]) -> list[ResultRow]:
    """The rows whose line is crossed and that nobody has told of."""
    return [row for row in rows if row.verdict == CROSSED]
