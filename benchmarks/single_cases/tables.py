"""The tables of the page about single cases, from the rows that were measured."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from benchmarks.single_cases.kinds import (
    LINKED,
    LINKED_BOTH,
    LINKED_WITH,
    MASKS,
    NAMING,
    ROSTER,
    ROSTER_BOTH,
    ROSTER_COPIES,
    ROSTER_WITH,
    SHIFTED,
    SHORT,
    TOLD,
    TWO,
    WITH,
)
from offduty.redteam.results import CROSSED, HOLDS, ResultRow

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "single-cases.md"
FORCE, WORLDS = "force", ("force", "home", "station", "posts")


def table(rows: list[ResultRow]) -> str:
    """A line for each attack and world: without and with files, and whether single cases make it rise; for homes also
    where the names are known.
    """
    found = {(row.attack, row.world, row.mask): row for row in rows}
    lines = [
        (
            row.attack,
            f"*{row.world}*",
            *(figure(found.get((row.attack, row.world, mask))) for mask in MASKS),
            rises(row.verdict),
        )
        for row in rows
        if row.mask == WITH
    ]
    return as_table(("attack", "world", *MASKS, "rises with single cases"), lines)


def bar(rows: list[ResultRow]) -> str:
    """What comes of the bar, in a sentence."""
    held = [row for row in rows if row.mask == WITH]
    risen = [f"*{row.attack}* in *{row.world}* ({figure(row)})" for row in held if row.verdict != HOLDS]
    if not risen:
        return f"**The bar is met**: of {len(held)} figures none lies above the interval of the one *without*.\n"
    lie = "1 lies" if len(risen) == 1 else f"{len(risen)} lie"
    return f"**The bar is missed**: of {len(held)} figures {lie} above it: {'; '.join(risen)}.\n"


def without_release(rows: list[ResultRow]) -> str:
    """Attack 8 by somebody who has no release."""
    by = {(row.attack, row.mask): row for row in rows if row.auc}
    masks = (ROSTER, ROSTER_WITH, ROSTER_BOTH, ROSTER_COPIES)
    lines = [
        (attack, *(figure(by.get((attack, mask))) for mask in masks))
        for attack in dict.fromkeys(attack for attack, _ in by)
    ]
    return as_table(("attack", "the roster alone", *(f"and {mask}" for mask in masks[1:])), lines)


def by_world(rows: list[ResultRow], attack: str, masks: tuple[str, ...]) -> list[tuple[str, ...]]:
    """A line for each world of one attack, with a figure for each mask."""
    by = {(row.world, row.mask): row for row in rows if row.attack == attack}
    return [(f"*{name}*", *(figure(by.get((name, mask))) for mask in masks)) for name in WORLDS]


def links(rows: list[ResultRow]) -> str:
    """Attack 19 where it is given which pseudonyms are one officer's."""
    masks = (LINKED, LINKED_WITH, LINKED_BOTH)
    return as_table(("world", *masks), by_world(rows, NAMING, masks))


def periods(rows: list[ResultRow]) -> str:
    """What is told by a case over the shortest period, and by cases over many."""
    names = by_world(rows, NAMING, (SHORT, SHIFTED))
    told = by_world(rows, TOLD, (TWO, SHIFTED))
    heads = ("world", "named: a case of ten windows", f"told: {TWO}", f"told: {SHIFTED}", f"named: {SHIFTED}")
    return as_table(heads, [(one[0], one[1], two[1], two[2], one[2]) for one, two in zip(names, told, strict=True)])


def figure(row: ResultRow | None) -> str:
    """The figure of a row, with its interval; empty without a row."""
    if row is None:
        return ""
    return f"lift {row.lift}" if row.lift else f"AUC {row.auc}" if row.auc else row.finding


def rises(verdict: str) -> str:
    """Whether it does, in a word."""
    return {HOLDS: "no", CROSSED: "**yes**"}.get(verdict, "")


def as_table(heads: tuple[str, ...], lines: list[tuple[str, ...]]) -> str:
    """A table of the page."""
    made = [f"| {' | '.join(heads)} |", "|" + "---|" * len(heads)]
    return "\n".join([*made, *(f"| {' | '.join(cells)} |" for cells in lines)]) + "\n"


PARTS: dict[str, Callable[[list[ResultRow]], str]] = {
    "bar": bar,
    "single cases": table,
    "links given": links,
    "periods": periods,
    "without a release": without_release,
}
"""The tables of the page by the names of their marks."""
