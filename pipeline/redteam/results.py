"""The table of results: one figure in each row, with its line and verdict; as text, Markdown, HTML or JSON."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from offduty.redteam.metrics import Auc, Proportion, Score

MOST_LIFT, MOST_NEAR, MOST_AUC = 1.5, 0.02, 0.55
"""The lines (threat-model#line): lift over a blind guess, share of homes within 50 m, and area under the ROC curve."""
HOLDS, UNCLEAR, CROSSED, KNOWN, NONE = "holds", "not shown", "CROSSED", "CROSSED, known", ""
COMPACT = ("home", "station", "round", "beat", "posts")
"""The worlds of `scenarios`, of which only both ends of each duty are made."""
FILTER = "offduty"
"""What the filter releases: of a compact world by the rules of version 1, on which the attacks are calibrated
(`run_filter.RULES_OF_VERSION_1`); of a force or a store by its own policy.
"""


@dataclass(frozen=True)
class ResultRow:
    """One figure of one attack on one world behind one mask.

    `near` and `far` are the hits within 50 m and 200 m, `every_s` the seconds between fixes. `finding` is the result in
    words where no other column fits it. `hits` of `of` homes were found within 50 m; 0 of 0 where a row is not about
    homes. `line` and `verdict` are empty where the attack has no line against that mask.
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
    finding: str = ""
    line: str = ""
    verdict: str = NONE
    hits: int = 0
    of: int = 0


def scored(row: ResultRow, score: Score, has_line: bool, rim: bool = False, known: bool = False) -> ResultRow:
    """The row with the score of an attack on homes. `has_line`: the mask must hold the line; `rim`: attack 1, whose
    line has a second part; `known`: docs/explanation/attacks.md names this line as crossed.
    """
    lift = f"{score.lift:.2f} ({score.lift_low:.2f}-{score.lift_high:.2f})"
    verdict, line = NONE, ""
    if has_line:
        line = f"lift <= {MOST_LIFT}" + (f", hit@50 m <= {MOST_NEAR:.0%}" if rim else "")
        verdict = _verdict(score.lift, score.lift_low, MOST_LIFT)
        if rim and score.near.low > MOST_NEAR:
            verdict = CROSSED
        verdict = KNOWN if verdict == CROSSED and known else verdict
    return replace(
        row,
        median_m=score.median_m,
        near=_percent(score.near),
        far=_percent(score.far),
        lift=lift,
        line=line,
        verdict=verdict,
        hits=score.near.hits,
        of=score.near.of,
    )


def classified(row: ResultRow, auc: Auc, has_line: bool, known: bool = False) -> ResultRow:
    """The row with an area under the ROC curve. Where one of the two classes is empty there is no area, and the line
    holds.
    """
    if math.isnan(auc.area):
        words = f"nothing to tell apart ({auc.positives} of one kind, {auc.negatives} of the other)"
        return replace(row, finding=words, verdict=HOLDS if has_line else NONE, line=f"AUC <= {MOST_AUC}")
    verdict = _verdict(auc.area, auc.low, MOST_AUC) if has_line else NONE
    return replace(
        row,
        auc=f"{auc.area:.2f} ({auc.low:.2f}-{auc.high:.2f})",
        finding=f"{auc.positives} of {auc.positives + auc.negatives}",
        line=f"AUC <= {MOST_AUC}" if has_line else "",
        verdict=KNOWN if verdict == CROSSED and known else verdict,
    )


def counted(row: ResultRow, count: int, words: str, line: str, has_line: bool, known: bool = False) -> ResultRow:
    """The row with a count that must be 0; `words` says what was counted."""
    verdict = NONE if not has_line else HOLDS if count == 0 else KNOWN if known else CROSSED
    return replace(row, finding=words, line=line if has_line else "", verdict=verdict)


def _verdict(value: float, low: float, most: float) -> str:
    """Crossed only where the whole 95 % interval is beyond the line, so that chance is no explanation."""
    return HOLDS if value <= most else CROSSED if low > most else UNCLEAR


def _percent(part: Proportion) -> str:
    return f"{100 * part.share:.1f} % ({100 * part.low:.1f}-{100 * part.high:.1f})"


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
    """The text of each column of `HEAD`."""
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
        row.finding,
        row.line,
        row.verdict,
    ]


def markdown(rows: Iterable[ResultRow]) -> str:
    """A Markdown table, without the columns that are empty in every row."""
    lines = [cells(row) for row in rows]
    used = [k for k in range(len(HEAD)) if any(line[k] for line in lines)]
    head = ["| " + " | ".join(HEAD[k] for k in used) + " |", "|" + "---|" * len(used)]
    return "\n".join(head + ["| " + " | ".join(line[k] for k in used) + " |" for line in lines]) + "\n"


def plain(rows: Iterable[ResultRow], width: int) -> str:
    """Columns of text for a terminal, without seeds and without the columns that are empty in every row; where that is
    wider than so many columns, a few lines for each attack.
    """
    lines = [cells(row) for row in rows]
    used = [k for k in range(len(HEAD)) if any(line[k] for line in lines) and HEAD[k] != "seed"]
    table = [[HEAD[k] for k in used], *([line[k] for k in used] for line in lines)]
    widths = [max(len(line[k]) for line in table) for k in range(len(used))]
    if sum(widths) + 2 * len(widths) - 2 > width:
        return "\n".join(line for row in table[1:] for line in _lines(table[0], row, width))
    return "\n".join(
        "  ".join(cell.ljust(wide) for cell, wide in zip(line, widths, strict=True)).rstrip() for line in table
    )


def _lines(heads: list[str], row: list[str], width: int) -> Iterator[str]:
    """One attack: its name and its verdict, and below what was measured."""
    named = dict(zip(heads, row, strict=True))
    verdict = named.pop(HEAD[-1], "") or "no line"
    yield from textwrap.wrap(f"{named.pop(HEAD[0])}: {verdict}", width, subsequent_indent="  ")
    measured = "; ".join(f"{name} {value}".strip() for name, value in named.items() if value)
    yield from textwrap.wrap(measured, width, initial_indent="  ", subsequent_indent="  ")


def by_version_1(row: ResultRow) -> bool:
    """Whether a row is of the filter by the rules of version 1: attacks on homes, and the adaptive attacker, in the
    compact worlds. Nothing is promised about them.
    """
    return (
        row.mask == FILTER
        and row.world in COMPACT
        and row.attack.split(" ")[0] in ("1", "3", "4", "5", "7", "adaptive:")
    )


def crossed(rows: Iterable[ResultRow]) -> list[ResultRow]:
    """The rows whose line is crossed and not known: each is an alarm."""
    return [row for row in rows if row.verdict == CROSSED]
