"""Runs two commands at once on one store, many times: one at a time has the lock, and both succeed when repeated."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from tests.faults.commands import EARLIER, SEED, done
from tests.faults.stores import two_days
from tests.faults.strace import Helper
from tests.world import AFTERWARDS, lay_out

MOST_APART_S = 0.5  # a run of this size takes about half as long


@dataclass(frozen=True)
class Race:
    """Two commands, the store before, and the stores that may result in the end."""

    name: str
    commands: tuple[tuple[str, ...], tuple[str, ...]]
    base: Path
    wanted: tuple[Path, ...]


def races(folder: Path, helper: Helper) -> list[Race]:
    """The same run twice; and runs over two intervals, of which either may be first."""
    folder.mkdir(exist_ok=True)
    job = str(lay_out(two_days(), folder / "job", form="parquet", signing=SEED))
    base = folder / "base"
    head, tail = ("run", job, "--threads", "1", "--as-of"), ("--store",)
    helper.warm_up((*head, EARLIER, *tail), folder / "none", folder)
    done(helper, (*head, EARLIER, *tail), folder / "none", base)
    same = (*head, AFTERWARDS, *tail)
    first = (*head, AFTERWARDS, "--to", "2026-03-03", *tail)
    second = (*head, AFTERWARDS, "--from", "2026-03-03", *tail)
    one, other = folder / "first, then second", folder / "second, then first"
    for order, wanted in (((first, second), one), ((second, first), other)):
        done(helper, order[0], base, wanted)
        done(helper, order[1], wanted, wanted)
    alone = done(helper, same, base, folder / "same").wanted
    return [
        Race("the same run twice", (same, same), base, (alone,)),
        Race("two intervals", (first, second), base, (one, other)),
    ]


def raced(race: Race, rounds: int, folder: Path, helper: Helper, unread: str = "") -> Iterator[dict[str, Any]]:
    """The result of each round. The second command starts at once, or a little after the first.

    With ``unread`` both are repeated once for all stores that differ only in files of that folder.
    """
    for arguments in race.commands:
        helper.warm_up(arguments, race.base, folder)
    for number in range(rounds):
        yield helper.ask(
            kind="race",
            commands=race.commands,
            base=str(race.base),
            folder=str(folder),
            wait_s=Random(number).choice([0.0, Random(number).uniform(0, MOST_APART_S)]),
            wanted=[str(way) for way in race.wanted],
            unread=unread,
        )


def fault_found(report: dict[str, Any]) -> str:
    """What is wrong in a round, in words; empty where nothing is."""
    codes = [each["code"] for each in report["ended"]]
    checks = {
        "; ".join(report["wrong"]): bool(report["wrong"]),
        f"the exits were {codes}": not (
            set(codes) <= {0, 5} and 0 in codes and 1 <= report["published"] <= codes.count(0)
        ),
        f"tried again: {[each['code'] for each in report['again']]}": not report["converged"],
    }
    return " / ".join(what for what, is_so in checks.items() if is_so)
