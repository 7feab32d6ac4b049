"""Disturbs every command that writes to a store, in several ways, and prints tables of the results.

    make faults                          everything: some ten minutes
    python -m tests.faults --write          the same, and puts the tables into docs/explanation/faults.md
    python -m tests.faults --short          the share that the tests take

The exit code is 1 if a store is broken, a message is false, or a repeated command ends in another store.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.commands import Command, commands
from tests.faults.losing import PLANTED, Losing, record_of
from tests.faults.racing import fault_found, raced, races
from tests.faults.strace import FAULTS, Helper
from tests.faults.striking import Outcome, a_share, calls_of, every_injection, struck_by
from tests.written import rewrite

HERE = Path(__file__).resolve().parent
PAGE = HERE.parents[1] / "docs" / "explanation" / "faults.md"
SEEDS = 3_000
ROUNDS = 100


@dataclass
class Tally:
    """Tables by their name, and how many trials passed and failed."""

    tables: dict[str, list[list[str]]] = field(default_factory=dict)
    passed: int = 0
    wrong: list[str] = field(default_factory=list)

    def count(self, passed: int, wrong: Iterable[str]) -> int:
        """Add trials, print the failures at once, and return their number."""
        found = list(wrong)
        self.passed += passed
        self.wrong += found
        for what in found:
            say(f"WRONG: {what}")
        return len(found)


def strike_all(tally: Tally, folder: Path, command: Command, short: bool, helpers: Sequence[Helper]) -> None:
    """Each fault at each call of a command; one line for each kind of call."""
    calls = calls_of(command, folder, helpers[0])
    injections = a_share(calls) if short else every_injection(calls)
    outcomes = struck_by(command, calls, injections, folder, helpers)
    rows = tally.tables.setdefault(
        "struck", [["command", "system call", "calls", *FAULTS, "entry there", "broken", "retry ends elsewhere"]]
    )
    for name in dict.fromkeys(call.name for call in calls):
        some = [outcome for outcome in outcomes if outcome.injection.call.name == name]
        if some:
            rows.append([command.name, f"`{name}`", str(sum(call.name == name for call in calls)), *_figures(some)])
    wrong = [outcome for outcome in outcomes if outcome.fault_found]
    missed = sum(outcome.missed for outcome in outcomes if not outcome.fault_found)
    tally.count(len(outcomes) - len(wrong) - missed, map(str, wrong))
    rows.append([f"**{command.name}**", "**all**", str(len(calls)), *_figures(outcomes)])
    say(f"struck {command.name}: {len(outcomes) - missed} times; {missed} injections met no call")


def _figures(outcomes: list[Outcome]) -> list[str]:
    """How often each fault was injected, and the results."""
    faults = Counter(outcome.injection.fault for outcome in outcomes if outcome.report["struck"])
    figures = [
        sum(bool(outcome.report["published"]) for outcome in outcomes),
        sum(bool(outcome.report["wrong"]) for outcome in outcomes),
        sum(not outcome.report["converged"] for outcome in outcomes),
    ]
    return [*(f"{faults[fault]:,}" for fault in FAULTS), *(f"{figure:,}" for figure in figures)]


def lose_power(tally: Tally, folder: Path, all_commands: list[Command], helper: Helper) -> None:
    """Crashes of the simulated disk, and whether publishing in a wrong order is noticed."""
    rows = [["command", "steps", "seeds", "states of the disk", "retries", "something wrong"]]
    planted = [["planted", "into", "found at seed", "by"]]
    records = []
    for command in all_commands:
        place = folder / f"power {command.name}"
        place.mkdir()
        records.append(record_of(command, place, helper))
    for record in records:
        command = record.command
        losing = Losing(record, folder, helper)
        wrong = [
            f"{command.name}, seed {loss.seed}: {loss.wrong}" for loss in losing.losses(record.steps, range(SEEDS))
        ]
        count = tally.count(SEEDS - len(wrong), wrong)
        figures = [len(record.steps), SEEDS, len(losing.known), len(losing.ends), count]
        rows.append([command.name, *(f"{figure:,}" for figure in figures)])
        say(f"power lost in {command.name}: {SEEDS:,} times")
    for name, (which, edit) in PLANTED.items():
        losing = Losing(records[which], folder, helper)
        found = next(losing.losses(edit(records[which].steps), range(SEEDS)), None)
        tally.count(found is not None, [] if found else [f"planted, and not found: {name}"])
        report = [str(found.seed), found.wrong.partition(":")[0]] if found else ["**never**", ""]
        planted.append([name, records[which].command.name, *report])
    tally.tables |= {"power": rows, "planted": planted}


def race_all(tally: Tally, folder: Path, helper: Helper) -> None:
    """Two commands at once, a hundred times each pair."""
    rows = [["two at once", "rounds", "one was turned away", "both went well", "broken", "retry ends elsewhere"]]
    for race in races(folder / "races", helper):
        rounds = list(raced(race, ROUNDS, folder, helper))
        wrong = [f"{race.name}: {fault_found(report)}" for report in rounds if fault_found(report)]
        tally.count(len(rounds) - len(wrong), wrong)
        away = sum(5 in [each["code"] for each in report["ended"]] for report in rounds)
        both = sum([each["code"] for each in report["ended"]] == [0, 0] for report in rounds)
        broken, elsewhere = (
            sum(bool(report["wrong"]) for report in rounds),
            sum(not report["converged"] for report in rounds),
        )
        rows.append([race.name, *map(str, (len(rounds), away, both, broken, elsewhere))])
        say(f"two at once, {race.name}: {len(rounds)} rounds")
    tally.tables["races"] = rows


def table(rows: list[list[str]]) -> str:
    """A Markdown table; the first row is its head."""
    lines = [rows[0], ["---"] * len(rows[0]), *rows[1:]]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def say(text: str) -> None:
    """Report progress on standard error; only the tables go to standard output."""
    print(text, file=sys.stderr, flush=True)


def main(arguments: list[str]) -> int:
    """Disturb, count, print."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--short", action="store_true", help="strike only at a share of the system calls")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/explanation/faults.md")
    asked = parser.parse_args(arguments)
    tally = Tally()
    with tempfile.TemporaryDirectory() as place, Helper() as helper, Helper() as other:
        folder = Path(place)
        all_commands = commands(folder, helper)
        lose_power(tally, folder, all_commands, helper)
        race_all(tally, folder, helper)
        for command in all_commands:
            (folder / f"struck {command.name}").mkdir()
            strike_all(tally, folder / f"struck {command.name}", command, asked.short, (helper, other))
    text = "\n\n".join(table(tally.tables[name]) for name in ("struck", "power", "planted", "races"))
    ending = f"{tally.passed:,} passed, {len(tally.wrong):,} failed"
    print(f"{text}\n\n{ending}")
    if asked.write:
        rewrite(PAGE, "faults", f"{text}\n\n{ending}.")
    return 1 if tally.wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
