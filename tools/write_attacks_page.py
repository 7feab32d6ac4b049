"""Runs the whole red team, and writes its tables and its picture into docs/attacks.md.

`python -m tools.write_attacks_page` in a checkout takes 17 minutes on two cores. The tables stand between marks such as
`<!-- attacks -->`; the rest of the page stays as it is. The exit code is 1 if a line is crossed that is not known.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from offduty.cli.core_dumps import leave_none
from offduty.redteam import baselines, results, suite
from offduty.redteam.results import FILTER, ResultRow
from tools.tradeoff_chart import draw

DOCS = Path(__file__).resolve().parents[1] / "docs"
HEADINGS = {
    "works": "Against the masks of today",
    "fails": "Against the filter",
    "force": "Whole days: night, absence, linkage, tells, hand-over, traces, edits",
    "adaptive": "The adaptive attacker",
    "rules": "With rules that would hide more",
    "price": "The price",
}
MASKS = {FILTER, *(mask.name for mask in baselines.MASKS)}


def main() -> int:
    """Run all trials on two processes, print the table, and rewrite the page."""
    rows = suite.run(suite.full(leave_none), 2, lambda name, done, total: print(f"{done} of {total}: {name}"))
    print(results.plain(rows))
    rewrite(DOCS, rows)
    return 1 if results.crossed(rows) else 0


def part_of(row: ResultRow) -> str:
    """Which table of the page a row belongs to: a key of `HEADINGS`."""
    if row.attack.startswith("price"):
        return "price"
    if row.mask not in MASKS and row.world != "force" and row.attack[0] != "2":
        return "rules"
    if row.attack.startswith("adaptive"):
        return "adaptive"
    if row.world in ("force", "histories"):
        return "force"
    return "fails" if row.mask == FILTER else "works"


def tables(rows: list[ResultRow]) -> str:
    """An overview of masks by attacks for each world, then every row, in a folded table for each part."""
    parts = {name: [row for row in rows if part_of(row) == name] for name in HEADINGS}
    folded = (
        f"<details><summary>{HEADINGS[name]} ({len(some)} rows)</summary>\n\n{results.markdown(some)}\n</details>\n"
        for name, some in parts.items()
        if some
    )
    return "\n".join([*_overviews(rows), *folded])


def _overviews(rows: list[ResultRow]) -> Iterator[str]:
    """For each world to which masks were applied: the median error and the hits within 200 m of each attack against
    each mask.
    """
    worlds = dict.fromkeys(
        (row.world, row.officers, row.duties, row.every_s, row.seed) for row in rows if row.mask == "none"
    )
    for world, officers, duties, every_s, seed in worlds:
        same = [r for r in rows if (r.world, r.officers, r.every_s) == (world, officers, every_s) and r.mask in MASKS]
        same = [row for row in same if row.far and row.attack[0].isdigit() and duties == row.duties]
        masks, attacks = (list(dict.fromkeys(getattr(row, name) for row in same)) for name in ("mask", "attack"))
        found = {(row.mask, row.attack): f"{row.median_m:,.0f} m, {row.far.split(' (')[0]}" for row in same}
        lines = [
            f"| {mask} | " + " | ".join(found.get((mask, attack), "") for attack in attacks) + " |" for mask in masks
        ]
        about = f"World *{world}*: {officers} officers, {duties} duties, a fix every {every_s} s, seed {seed}."
        head = f"| mask | {' | '.join(attacks)} |\n|---|{'---|' * len(attacks)}"
        yield f"{about} Median error, and the share found within 200 m.\n\n{head}\n" + "\n".join(lines) + "\n"


def adaptive(rows: list[ResultRow]) -> str:
    """The lift of the adaptive attacker by world, rule and number of duties, for each kind of evidence."""
    found: dict[tuple[str, str, int], dict[str, str]] = {}
    for row in rows:
        if row.attack.startswith("adaptive") and row.mask in (FILTER, suite.HOLD, suite.BY_DEFAULT):
            use = row.attack.partition(": ")[2]
            found.setdefault((row.world, row.mask, row.duties), {})[use] = row.lift
    duties = sorted({key[2] for key in found})
    lines = [
        f"| *{world}* | {'version 1' if mask == FILTER else mask} | "
        + " | ".join(_evidence(found.get((world, mask, count), {})) for count in duties)
        + " |"
        for world, mask in dict.fromkeys(key[:2] for key in sorted(found, key=lambda key: key[1] != FILTER))
    ]
    heads = " | ".join(f"{count} duties" for count in duties)
    return "\n".join([f"| world | policy | {heads} |", "|---|---|" + "---|" * len(duties), *lines]) + "\n"


def _evidence(lifts: dict[str, str]) -> str:
    """By times, by silence, and by both with its interval; empty where it was not tried."""
    if not lifts:
        return ""
    times, silence = (f"{float(lifts[use].split()[0]):.1f}" for use in ("times", "silence"))
    both, low, high = (float(number) for number in lifts["both"].rstrip(")").replace(" (", "-").split("-"))
    return f"{times}, {silence}, **{both:.1f}** ({low:.1f}-{high:.1f})"


def rewrite(docs: Path, rows: list[ResultRow]) -> None:
    """Write the tables into `attacks.md` of a folder, and the picture beside it where prices were measured. Raises
    `ValueError`, and changes nothing, if the page lacks a mark.
    """
    page = docs / "attacks.md"
    text = _replaced(page.read_text(encoding="utf-8"), "attacks", tables(rows))
    if any(part_of(row) == "adaptive" for row in rows):
        text = _replaced(text, "adaptive", adaptive(rows))
    page.write_text(text, encoding="utf-8")
    if any(part_of(row) == "price" for row in rows):
        (docs / "pictures" / "price-of-privacy.svg").write_text(draw(rows), encoding="utf-8")


def _replaced(text: str, name: str, table: str) -> str:
    """The page with a new table between the marks of a name."""
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    before, found, rest = text.partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise ValueError(f"attacks.md lacks the mark {begin} or {end}; write both where the table belongs")
    return f"{before}{begin}\n{table}{end}{after}"


if __name__ == "__main__":
    sys.exit(main())
