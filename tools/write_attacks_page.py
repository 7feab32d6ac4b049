"""Runs the whole red team, and writes its tables and its picture into docs/explanation/attacks.md, its rows beside it.

`python -m tools.write_attacks_page` in a checkout (`make attack`). The tables stand between marks such as
`<!-- lines -->`; the rest of the page stays as it is. Every row is in `docs/explanation/attacks.csv`. The exit code is
1 if a line is crossed that is not known.
"""

from __future__ import annotations

import csv
import math
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import astuple, fields
from pathlib import Path

from offduty.cli.core_dumps import leave_none
from offduty.core.count_words import number_of
from offduty.redteam import results, suite, summary
from offduty.redteam.force_worlds import FIRST, POLICIES
from offduty.redteam.proposed_rules import GENTLER
from offduty.redteam.results import FILTER, HOLDS, UNCLEAR, ResultRow
from offduty.redteam.rule_costs import INIT, PRICED
from tools.tradeoff_chart import draw

DOCS = Path(__file__).resolve().parents[1] / "docs" / "explanation"
DUTIES = (5, 20)
GOALS = ("station start", "mixed force")
SHORT = "16 short silences"
PICTURE = "price-of-privacy.svg"
WORST = (HOLDS, "", UNCLEAR, results.KNOWN, results.CROSSED)
"""Verdicts, the worst last."""


def main() -> int:
    """Run all trials on two processes, print the table and how long it took, and rewrite the page."""
    began, spent = time.monotonic(), []

    def watch(name: str, done: int, total: int, took_s: float) -> None:
        spent.append(took_s)
        print(f"{done} of {total}: {name}, {took_s:.0f} s of processor", flush=True)

    rows = suite.run(suite.full(leave_none), 2, watch)
    print(summary.table(rows))
    print(f"{sum(spent):.0f} s of processor on two cores, {time.monotonic() - began:.0f} s by the clock")
    rewrite(DOCS, rows)
    return 1 if results.crossed(rows) else 0


def lines(rows: list[ResultRow]) -> str:
    """A line for each attack that has a line, by the policies of version 2: in how many worlds it was tried, the worst
    figure, and the verdict.
    """
    found: dict[str, list[ResultRow]] = {}
    for row in rows:
        if row.line and row.verdict and _promised(row):
            found.setdefault(_name(row.attack), []).append(row)
    ordered = sorted(found.items(), key=lambda item: (int(item[0].split()[0]), item[0]))
    return _table(
        ("attack", "line", "tried", "worst figure", "verdict"),
        ((name, some[0].line, number_of(len(some), "time"), *_worst(some)) for name, some in ordered),
    )


def _promised(row: ResultRow) -> bool:
    """Whether the row is about what version 2 promises: `FILTER` is version 1 in the compact worlds."""
    return not results.by_version_1(row) and row.mask not in (FIRST, *GENTLER)


def _name(attack: str) -> str:
    """The name of an attack without what it was tried on, of attacks 8 and 14; 17 and 20 by whichever means."""
    if attack.startswith("20 "):
        return "20 edited tables"
    return attack.partition(":")[0].partition(",")[0] if attack.startswith(("8 ", "14 ", "17 ")) else attack


def _worst(rows: list[ResultRow]) -> tuple[str, str]:
    """The figure of the row that is farthest beyond the line, with its world and policy, and its verdict."""
    worst = max(rows, key=lambda row: (WORST.index(row.verdict), _number(row)))
    figure = worst.lift or worst.auc or worst.finding
    duties = f", {number_of(worst.duties, 'duty', 'duties')}" if worst.duties and worst.lift else ""
    return f"{figure} (*{worst.world}*{duties}, {worst.mask})", worst.verdict


def _number(row: ResultRow) -> float:
    text = (row.lift or row.auc or "0").split(" ")[0]
    return float(text) if text.replace(".", "").isdigit() else 0.0


def second_round(rows: list[ResultRow]) -> str:
    """Attacks 15 to 17 in each world in which something was found: by the rules of version 1, by the defaults, and by
    what `init` proposes. Silences that are too short for the rule stand beside those that are not.
    """
    found: dict[tuple[str, str], dict[str, ResultRow]] = {}
    for row in rows:
        if row.attack[:2] in ("15", "16", "17") and row.lift and row.attack != SHORT:
            found.setdefault((row.attack, row.world), {})[row.mask] = row
    short = {(row.world, row.mask): row for row in rows if row.attack == SHORT}
    return _table(
        ("attack", "world", "officers", *POLICIES, "short silences"),
        (
            (
                attack,
                f"*{world}*",
                str(next(iter(by.values())).officers),
                *(_lift(by.get(name)) for name in POLICIES),
                _lift(short.get((world, INIT))) if attack.startswith("16") else "",
            )
            for (attack, world), by in found.items()
            if any(_number(row) > 0 for row in (*by.values(), *(short.get((world, name)) for name in POLICIES)) if row)
        ),
    )


def _lift(row: ResultRow | None) -> str:
    """Hits within 200 m, in percent, and the lift."""
    if row is None:
        return ""
    share, lift = row.far.split(" (")[0], row.lift
    return f"{share}, lift {lift}"


def others(rows: list[ResultRow]) -> str:
    """Attacks 15 (the guard), 18, 19 and 20, in words; without the edits that showed nothing."""
    some = [
        row
        for row in rows
        if row.attack[:2] in ("15", "18", "19", "20") and row.finding and not row.lift
        if not row.mask.startswith(FIRST) or (row.attack, row.mask) == ("20 device re-told", FIRST)
        if not row.finding.startswith("0 rows were") or "record times" in row.mask
    ]
    return _table(
        ("attack", "policy", "what was found", "line", "verdict"),
        ((row.attack, row.mask, row.finding, row.line, row.verdict) for row in some),
    )


def adaptive(rows: list[ResultRow]) -> str:
    """The lift of the adaptive attacker by all evidence, with a week and with 20 duties of each world: by the rules of
    version 1, and by the default policy.
    """
    policies = (FILTER, suite.BY_DEFAULT)
    found = _adaptive(rows)
    worlds = dict.fromkeys(world for world, _, mask in found if mask in policies)
    names = ("version 1", "default policy")
    return _table(
        ("world", *(f"{name}, {duties} duties" for duties in DUTIES for name in names)),
        (
            (f"*{world}*", *(found.get((world, duties, mask), "") for duties in DUTIES for mask in policies))
            for world in worlds
        ),
    )


def _adaptive(rows: list[ResultRow]) -> dict[tuple[str, int, str], str]:
    """The lift by all evidence, by world, duties and policy."""
    return {(row.world, row.duties, row.mask): row.lift for row in rows if row.attack == "adaptive: both"}


def proposals(rows: list[ResultRow]) -> str:
    """What is kept in two worlds by the policy that `init` writes and by each rule that would give back; the greatest
    lift of the attacks on homes, and that of the adaptive attacker with 20 duties in each world.
    """
    kept = {(row.world, row.mask): row.finding.split(" kept")[0] for row in rows if row.attack == "price of rules"}
    lifts = _adaptive(rows)
    rules = [(suite.BY_DEFAULT, INIT), *((name, name) for name in GENTLER)]
    worlds = list(dict.fromkeys(world for world, _, mask in lifts if mask in GENTLER))
    return _table(
        ("rule", *(f"*{world}*" for world in GOALS), "attacks 1 to 7", *(f"adaptive, *{world}*" for world in worlds)),
        (
            (
                as_policy,
                *(kept.get((world, as_policy), "") for world in GOALS),
                _best([row for row in rows if row.mask == mask and row.lift and row.attack[0].isdigit()]),
                *(lifts.get((world, DUTIES[-1], mask), "") for world in worlds),
            )
            for mask, as_policy in rules
        ),
    )


def _best(rows: list[ResultRow]) -> str:
    """The greatest lift, with its interval and its world."""
    best = max(rows, key=_number, default=None)
    return "" if best is None else f"{best.lift} (*{best.world}*)"


def price(rows: list[ResultRow]) -> str:
    """What is kept of the positions at work in each world by three policies, how much of `home_leg` was truly on a way,
    and what hides the rest by what `init` proposes.
    """
    by = {(row.world, row.mask): row.finding for row in rows if row.attack == "price of rules"}

    def truly(world: str) -> str:
        return by.get((world, INIT), "home_leg ").partition("home_leg ")[2].split(" was")[0]

    return _table(
        ("world", *POLICIES, "`home_leg` truly homeward", "what hides the rest, in points"),
        (
            (
                f"*{world}*",
                *(by.get((world, mask), "").split(" kept")[0] for mask in POLICIES),
                truly(world),
                by.get((world, f"{INIT}: what hides the rest"), ""),
            )
            for world in PRICED
            if (world, INIT) in by
        ),
    )


PARTS: dict[str, Callable[[list[ResultRow]], str]] = {
    "lines": lines,
    "second round": second_round,
    "others": others,
    "price": price,
    "proposals": proposals,
    "adaptive": adaptive,
}
"""The tables of the page by the names of their marks."""


def _table(head: Iterable[str], body: Iterable[Iterable[str]]) -> str:
    heads = list(head)
    made = [f"| {' | '.join(heads)} |", "|" + "---|" * len(heads)]
    return "\n".join([*made, *(f"| {' | '.join(cells)} |" for cells in body)]) + "\n"


def rewrite(docs: Path, rows: list[ResultRow]) -> None:
    """Write the tables into `attacks.md` of a folder, the rows beside it, and the picture into that of pictures.

    Raises `ValueError`, and changes nothing, if the page lacks a mark.
    """
    page = docs / "attacks.md"
    text = page.read_text(encoding="utf-8")
    for name, table in PARTS.items():
        text = replaced(text, name, table(rows))
    page.write_text(text, encoding="utf-8")
    write_rows(docs / "attacks.csv", rows)
    if any(row.attack.startswith("price: ") for row in rows):
        draw(rows, docs.parent / "pictures" / PICTURE)


def write_rows(path: Path, rows: list[ResultRow]) -> None:
    """Every row, with the names of its columns."""
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow([field.name for field in fields(ResultRow)])
        table.writerows(["" if value != value else value for value in astuple(row)] for row in rows)


def read_rows(path: Path) -> list[ResultRow]:
    """The rows that `write_rows` wrote."""
    with path.open(encoding="utf-8", newline="") as file:
        return [_typed(row) for row in csv.DictReader(file)]


def _typed(row: dict[str, str]) -> ResultRow:
    numbers = {name: int(row[name]) for name in ("officers", "duties", "every_s", "seed", "hits", "of")}
    median_m = float(row["median_m"]) if row["median_m"] else math.nan
    return ResultRow(**{**row, **numbers, "median_m": median_m})  # type: ignore[arg-type]


def replaced(text: str, name: str, table: str) -> str:
    """The page with a new table between the marks of a name."""
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    before, found, rest = text.partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise ValueError(f"attacks.md lacks the mark {begin} or {end}; write both where the table belongs")
    return f"{before}{begin}\n{table}{end}{after}"


if __name__ == "__main__":
    sys.exit(main())
