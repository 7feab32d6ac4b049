"""Measures what single cases and own copies add for attacker B: `python -m benchmarks.single_cases` (some minutes).

Worlds of the red team are made and filtered, answers about half of the officers are made with the code of the commands
`offduty presence --officer` and `offduty site-days --officer`, and B attacks the same officers without them, with the
undated sections that single cases are, and with the dated files of own copies. The rows are written to
docs/explanation/single-cases.csv, the tables to the page beside it. It needs SciPy and scikit-learn (the extra
`attack`).
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.single_cases.answers import DAYS
from benchmarks.single_cases.at_home import at_home
from benchmarks.single_cases.homes import homes
from benchmarks.single_cases.kinds import SHIFTED, TOLD, TWO
from benchmarks.single_cases.names import named, rightly_named, shorter
from benchmarks.single_cases.periods import short_cases, windows_told
from benchmarks.single_cases.scores import MeanShare
from benchmarks.single_cases.tables import FORCE, PAGE, PARTS, WORLDS, figure
from benchmarks.single_cases.worlds import AskedWorld, made_compact, made_force
from offduty.redteam import metrics
from offduty.redteam.results import ResultRow
from offduty.redteam.scenarios import ScenarioSetup
from tools.write_attacks_page import replaced, write_rows

OFFICERS, SEED = 160, 3
DRAWS = range(5)
"""Of the order of pseudonyms. Where nothing names them it alone decides who is named rightly, by chance."""


def trial(world: AskedWorld) -> Iterator[ResultRow]:
    """Every attack that such files could help, without and with: naming, homes, and whether somebody was at home."""
    told_step, told = windows_told(world.copies)
    short, about = short_cases(world)
    draws = [named(world, draw, short, told) for draw in DRAWS]
    yield from rightly_named(world, draws)
    yield from shorter(world, draws, about)
    for mask, flags in ((TWO, told_step), (SHIFTED, told)):
        words = f"{MeanShare.of_draws([metrics.share(flags)])} of {len(flags)}"
        yield replace(world.blank, attack=TOLD, mask=mask, finding=words)
    yield from homes(world, draws)
    if world.true_rows is not None:
        yield from at_home(world, draws)


def measured(officers: int, every_s: int, seed: int, worlds: tuple[str, ...] = WORLDS) -> Iterator[ResultRow]:
    """The rows of these worlds; the compact ones have twice as many officers. Cases are made about half of them."""
    for name in worlds:
        with TemporaryDirectory(prefix="offduty-cases-") as folder:
            place = Path(folder)
            if name == FORCE:
                yield from trial(made_force(place, officers, officers // 2, every_s, seed))
            else:
                setup = ScenarioSetup(name, 2 * officers, DAYS, every_s, seed, tail_s=4_500)
                yield from trial(made_compact(place, setup, officers))


def main() -> int:
    """Measure, and write the rows and the tables of the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.single_cases", description=__doc__)
    parser.add_argument("--officers", type=int, default=OFFICERS)
    parser.add_argument("--every", type=int, default=60, help="seconds between fixes")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--worlds", default=",".join(WORLDS), help="some of them, with --only-print")
    parser.add_argument("--only-print", action="store_true", help="write nothing")
    given = parser.parse_args()
    rows = []
    for row in measured(given.officers, given.every, given.seed, tuple(given.worlds.split(","))):
        print(
            *(part for part in (row.world, row.attack, row.mask, figure(row), row.verdict) if part),
            sep=" | ",
            flush=True,
        )
        rows.append(row)
    print(f"{sum(os.times()[:4]):.0f} s of processor")
    if not given.only_print:
        write_rows(PAGE.with_suffix(".csv"), rows)
        text = PAGE.read_text(encoding="utf-8")
        for name, made in PARTS.items():
            text = replaced(text, name, made(rows))
        PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
