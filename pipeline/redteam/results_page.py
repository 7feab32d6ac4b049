"""Writes what was measured into docs/attacks.md between marks, its picture beside it, and a report of one store as
HTML.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from pathlib import Path

from offduty.core.errors import UsageError
from offduty.redteam import results
from offduty.redteam.results import FILTER, ResultRow
from offduty.redteam.tradeoff_chart import draw

HOLD = "hold 15 min"
HEADS = {
    "works": "Against the masks of today",
    "fails": "Against the filter",
    "force": "Whole days: night, absence, linkage, tells, hand-over, traces, edits",
    "adaptive": "The adaptive attacker",
    "rules": "With rules that would hide more",
    "price": "The price",
}
STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;margin:2em;color:#1f2933}"
    "table{border-collapse:collapse;font-size:13px}"
    "td,th{border-bottom:1px solid #d5dbe1;padding:3px 8px;text-align:left}"
)


def part_of(row: ResultRow) -> str:
    """Which table a row belongs to."""
    if row.attack.startswith("price"):
        return "price"
    if row.mask not in _NAMES and row.world != "force" and row.attack[0] != "2":
        return "rules"
    if row.attack.startswith("adaptive"):
        return "adaptive"
    if row.world in ("force", "histories"):
        return "force"
    return "fails" if row.mask == FILTER else "works"


_NAMES = {
    FILTER,
    "none",
    "circle 200 m",
    "circle 500 m, moved",
    "cell 1 km",
    "cell 1 km + 500 m",
    "donut 100-200 m",
    "shifts less fence",
}


def tables(rows: list[ResultRow]) -> str:
    """Masks by attacks at a glance, then every row, folded away by what it is about."""
    parts = {name: [row for row in rows if part_of(row) == name] for name in HEADS}
    folded = (
        f"<details><summary>{HEADS[name]} ({len(some)} rows)</summary>\n\n{results.markdown(some)}\n</details>\n"
        for name, some in parts.items()
        if some
    )
    return "\n".join([*_glances(rows), *folded])


def _glances(rows: list[ResultRow]) -> Iterator[str]:
    """For each world that masks were laid over: the median error and the hits within 200 m of each attack behind each
    mask.
    """
    worlds = dict.fromkeys(
        (row.world, row.officers, row.duties, row.every_s, row.seed) for row in rows if row.mask == "none"
    )
    for world, officers, duties, every_s, seed in worlds:
        same = [r for r in rows if (r.world, r.officers, r.every_s) == (world, officers, every_s) and r.mask in _NAMES]
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
    """The lift of the adaptive attacker by world, rule and number of duties, with what each kind of evidence gives."""
    found: dict[tuple[str, str, int], dict[str, str]] = {}
    for row in rows:
        if row.attack.startswith("adaptive") and row.mask in (FILTER, HOLD):
            use = row.attack.partition(": ")[2]
            found.setdefault((row.world, row.mask, row.duties), {})[use] = row.lift
    duties = sorted({key[2] for key in found})
    lines = [
        f"| *{world}* | {'as it is' if mask == FILTER else mask} | "
        + " | ".join(_evidence(found.get((world, mask, count), {})) for count in duties)
        + " |"
        for world, mask in dict.fromkeys(key[:2] for key in sorted(found, key=lambda key: key[1] != FILTER))
    ]
    heads = " | ".join(f"{count} duties" for count in duties)
    return "\n".join([f"| world | policy | {heads} |", "|---|---|" + "---|" * len(duties), *lines]) + "\n"


def _evidence(lifts: dict[str, str]) -> str:
    """By times, by silence, and by both with its interval; nothing where it was not tried."""
    if not lifts:
        return ""
    times, silence = (f"{float(lifts[use].split()[0]):.1f}" for use in ("times", "silence"))
    both, low, high = (float(number) for number in lifts["both"].rstrip(")").replace(" (", "-").split("-"))
    return f"{times}, {silence}, **{both:.1f}** ({low:.1f}-{high:.1f})"


def rewrite(docs: Path, rows: list[ResultRow]) -> None:
    """Puts the tables into the page, and draws its picture. Raises `UsageError` where the page has no marks."""
    page = docs / "attacks.md"
    text = _put(page.read_text(encoding="utf-8"), "attacks", tables(rows), page.name)
    if any(part_of(row) == "adaptive" for row in rows):
        text = _put(text, "adaptive", adaptive(rows), page.name)
    page.write_text(text, encoding="utf-8")
    if any(part_of(row) == "price" for row in rows):
        (docs / "pictures" / "price-of-privacy.svg").write_text(draw(rows), encoding="utf-8")


def _put(text: str, name: str, made: str, page: str) -> str:
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    before, found, rest = text.partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise UsageError("the page has lost the marks between which the tables stand", file=page)
    return f"{before}{begin}\n{made}{end}{after}"


def html(rows: list[ResultRow]) -> str:
    """A report of one store: a page without scripts, which prints."""
    head = "".join(f"<th>{escape(name)}</th>" for name in results.HEAD)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in results.cells(row)) + "</tr>" for row in rows
    )
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Attacks on a release</title><style>{STYLE}</style>'
        f"<h1>Attacks on a release</h1><table><tr>{head}</tr>{body}</table></html>\n"
    )
