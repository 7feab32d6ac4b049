"""Measures what each rule of version 2 costs: the share of on-duty positions that is released without it and with it.

`python -m tools.rule_prices` in a checkout (`make prices`) takes about two minutes. It runs the filter on `sample_data`
and on a larger made-up force, adds one rule after the other, prints the shares, and writes them into
docs/explanation/rules.md between two marks; the rest of the page stays as it is.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from offduty import run
from offduty.core.reasons import Reason
from offduty.redteam.attacks.adaptive import NO_SILENCE_S
from offduty.redteam.force_worlds import changed
from offduty.synth import write

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "explanation" / "rules.md"
BEGIN, END = "<!-- prices begin -->", "<!-- prices end -->"
KEY = "5a" * 32  # it protects nobody: the forces are made up
AS_OF = "2026-06-30"  # after all pings and all late entries of the forces: every window is closed
OFFICERS, DAYS, EVERY_S, SEED = 500, 3, 60, 7
ON_DUTY = [reason.word for reason in Reason if reason > Reason.WINDOW_OPEN]
"""The reasons of positions that are known to be on duty: those after `late_edit`, where the window is closed."""

VERSION_1: Mapping[str, object] = {
    "max_gap_s": NO_SILENCE_S,
    "pass_by_s": 0,
    "hold_s": 0,
    "max_km": 40_000,
    "max_site_km2": 510_100_000,
}
"""The keys that switch off what version 2 added or switched on. A workplace beside a home is none in any case."""


@dataclass(frozen=True)
class Step:
    """One more rule: its name, its keys, and in words what it hides or releases."""

    rule: str
    changes: Mapping[str, object]
    words: str


STEPS = (
    Step("the rules of version 1", {}, "what was hidden before"),
    Step(
        "and far homes, large workplaces",
        {"max_km": 500, "max_site_km2": 5},
        "nothing here: no home is so far, and no workplace so large",
    ),
    Step("and silences", {"max_gap_s": 300}, "the ways to and from each silence of more than 5 minutes"),
    Step("and the hold: **the defaults**", {"hold_s": 900}, "the first and last 15 minutes of each duty"),
    Step(
        "and passing by: **what `offduty init` proposes**",
        {"pass_by_s": 300},
        "less: ways past places for everyone are released",
    ),
)

NOTE = """\
In brackets: percentage points more or less than in the line before. Where a device reports every two minutes, two
missing positions in a row are already a silence of more than five minutes; so the rule costs more there, and a policy
for such devices may choose a greater value.
"""


def main() -> int:
    """Measure both forces, print the table, and write it into the page."""
    page = PAGE.read_text(encoding="utf-8")
    between(page, "")  # before two minutes are spent
    with tempfile.TemporaryDirectory(prefix="offduty-prices-") as folder:
        text = table(list(shares(sample(Path(folder)))), list(shares(large(Path(folder)))))
    print(text)
    PAGE.write_text(between(page, text), encoding="utf-8")
    return 0


def sample(folder: Path) -> Path:
    """A copy of `sample_data` with keys."""
    copy = folder / "sample"
    shutil.copytree(ROOT / "sample_data", copy, ignore=shutil.ignore_patterns("truth"))
    return with_keys(copy)


def large(folder: Path) -> Path:
    """The larger force."""
    write(folder / "large", OFFICERS, DAYS, EVERY_S, SEED, truth=False)
    return with_keys(folder / "large")


def with_keys(force: Path) -> Path:
    """The folder, with keys that protect nobody."""
    for name in ("pseudonym.key", "signing.key"):
        (force / name).write_text(KEY)
        (force / name).chmod(0o600)
    return force


def shares(force: Path) -> Iterator[float]:
    """The share of on-duty positions of a force that is released after each step."""
    policy, job = ((force / name).read_text() for name in ("policy.toml", "job.toml"))
    rules = dict(VERSION_1)
    for number, step in enumerate(STEPS):
        rules |= step.changes
        (force / "step.toml").write_text(changed(policy, rules))
        (force / "step-job.toml").write_text(job.replace('"policy.toml"', '"step.toml"'))
        yield share(run(force / "step-job.toml", as_of=AS_OF, store=force / f"store-{number}").counts)


def share(counts: Mapping[str, int]) -> float:
    """The share of positions that are known to be on duty that is released.

    >>> share({"off_duty": 50, "home_leg": 1, "duplicate": 1, "on_duty": 2})
    0.5
    """
    return counts["on_duty"] / sum(counts.get(word, 0) for word in ON_DUTY)


def table(of_sample: list[float], of_large: list[float]) -> str:
    """The table: a line for each step, with the share that is left and the points that the step takes or gives."""
    lines = [
        f"| rules | what is hidden | `sample_data` (25 officers, a week, every 2 minutes) | {OFFICERS} officers,"
        f" {DAYS} days, every minute |",
        "|---|---|--:|--:|",
    ]
    for number, step in enumerate(STEPS):
        cells = [released(of_sample, number), released(of_large, number)]
        lines.append(f"| {step.rule} | {step.words} | {cells[0]} | {cells[1]} |")
    return "\n".join(lines) + f"\n\n{NOTE}"


def released(of_force: list[float], number: int) -> str:
    """The share that is left after a step, and the difference to the step before.

    >>> released([0.671, 0.662], 0), released([0.671, 0.662], 1)
    ('67.1 %', '66.2 % (-0.9)')
    """
    percent = f"{100 * of_force[number]:.1f} %"
    if number == 0:
        return percent
    points = round(100 * of_force[number], 1) - round(100 * of_force[number - 1], 1)
    return f"{percent} ({points:+.1f})" if round(points, 1) else f"{percent} (0)"


def between(page: str, text: str) -> str:
    """The page with another text between the marks; `ValueError` where one is missing."""
    before, found, rest = page.partition(BEGIN)
    _, closed, after = rest.partition(END)
    if not found or not closed:
        raise ValueError(f"{PAGE.name} lacks the mark {BEGIN} or {END}; write both where the table belongs")
    return f"{before}{BEGIN}\n{text}{END}{after}"


if __name__ == "__main__":
    sys.exit(main())
