"""The table of `offduty attack` for people: homes found within 50 m, in 80 columns, and a last line in plain words."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

from offduty.core.count_words import number_of
from offduty.redteam.results import FILTER, KNOWN, ResultRow, by_version_1

RAW = "none"
COLUMNS = (RAW, "circle 200 m", "shifts less fence")
OURS = ("what init proposes", "the defaults", "default policy", FILTER)
"""What the filter releases, by its policy; where there are several, the first counts."""
HEADS = (
    ("attack", ""),
    ("raw feed", ""),
    ("circle", "200 m"),
    ("shifts", "less fence"),
    ("offduty", ""),
    ("verdict", ""),
)
WIDTHS = (21, 10, 10, 10, 10, 9)
GAP = "  "
WIDTH = sum(WIDTHS) + len(GAP) * (len(WIDTHS) - 1)
NOTES = {KNOWN: "CROSSED*"}


def table(rows: Iterable[ResultRow]) -> str:
    """Attacks on homes, a line each: how many homes each finds behind each mask. Below it what is not about homes; at
    the end what an attacker finds in the raw feed and in the release, as a sentence.
    """
    rows = list(rows)
    lines = ["homes found within 50 m", ""]
    groups = _groups(rows)
    if groups:
        lines += [_line([head[k] for head in HEADS]) for k in (0, 1)] + [_line(["-" * width for width in WIDTHS])]
    for name, masks in groups.items():
        lines += _row(name, masks)
    beside = [row for row in rows if row.of == 0 and row.mask in OURS and row.verdict]
    if beside:
        lines += ["", "not about homes", ""]
        lines += [line for row in beside for line in _beside(row)]
    if any(row.verdict == KNOWN for row in rows):
        lines += ["", "* known: offduty docs attacks says why, and what would mend it"]
    return "\n".join([*lines, "", *textwrap.wrap(sentence(rows), WIDTH)])


def sentence(rows: list[ResultRow]) -> str:
    """What the best attack finds in the raw feed, and what the best finds in the release."""
    who = "An attacker with the roster" if any(row.attack.startswith("3 ") for row in rows) else "An attacker"
    raw = max((row for row in rows if row.mask == RAW and row.of), key=_share, default=None)
    ours = max((row for row in rows if row.mask in OURS and row.of and not by_version_1(row)), key=_share, default=None)
    if ours is None:
        return "No attack on homes was made."
    found = f"{ours.hits} of {ours.of} in the release"
    if raw is None:
        return f"{who} finds {ours.hits} of {number_of(ours.of, 'home')} in the release."
    return f"{who} finds {raw.hits} of {number_of(raw.of, 'home')} in the raw feed, {found}."


def _share(row: ResultRow) -> float:
    return row.hits / row.of


def _groups(rows: list[ResultRow]) -> dict[str, dict[str, ResultRow]]:
    """For each attack on homes in each world the rows by their mask. The world is named where there are several."""
    about_homes = [row for row in rows if row.of and row.mask in (*COLUMNS, *OURS) and not by_version_1(row)]
    several = len({row.world for row in about_homes}) > 1
    groups: dict[str, dict[str, ResultRow]] = {}
    for row in about_homes:
        name = f"{row.attack}, {row.world}, {number_of(row.duties, 'duty', 'duties')}" if several else row.attack
        groups.setdefault(name, {}).setdefault(row.mask, row)
    return groups


def _row(name: str, masks: dict[str, ResultRow]) -> Iterator[str]:
    """The line of one attack; a long name goes on in the next."""
    ours = next((masks[mask] for mask in OURS if mask in masks), None)
    shown = [masks.get(mask) for mask in COLUMNS] + [ours]
    cells = ["" if row is None else f"{row.hits} of {row.of}" for row in shown]
    verdict = "" if ours is None else NOTES.get(ours.verdict, ours.verdict)
    first, *rest = textwrap.wrap(name, WIDTHS[0])
    yield _line([first, *cells, verdict])
    yield from (f"  {part}" for part in rest)


def _line(cells: list[str]) -> str:
    """Names and verdicts to the left, counts to the right."""
    last = len(cells) - 1
    placed = [
        cell.ljust(width) if k in (0, last) else cell.rjust(width)
        for k, (cell, width) in enumerate(zip(cells, WIDTHS, strict=True))
    ]
    return GAP.join(placed).rstrip()


def _beside(row: ResultRow) -> Iterator[str]:
    """An attack that is not about homes: what it found, and its verdict."""
    measured = " ".join(part for part in (f"AUC {row.auc}" if row.auc else "", row.finding) if part)
    words = f"{row.attack}: {measured}: {NOTES.get(row.verdict, row.verdict)}"
    yield from textwrap.wrap(words, WIDTH, subsequent_indent="  ")
