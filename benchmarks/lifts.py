"""Measures the bar of the red team's lifts under two policies, on a made-up force whose phones are silent near home.

The two are the rules of version 1, where the attacks must work, and those of version 2. The figures are those that
`offduty compare A B --inputs JOB --truth DIR` prints.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.bars import MET, MISSED, OPEN, UNKNOWN, Bar
from offduty import run
from offduty.cli.made_up_force import made_up_force
from offduty.cli.made_up_lifts import made_up_lifts
from offduty.redteam.force_worlds import AS_OF, FIRST, POLICIES, WORLDS, changed
from offduty.redteam.metrics import extra_installed
from offduty.redteam.results import MOST_LIFT, UNCLEAR
from offduty.synth import write
from offduty.synth.toy_keys import write_toy_keys
from offduty.transparency.log import read_log

WORLD, OFFICERS, DAYS, EVERY_S, SEED = "120 m", 133, 12, 60, 3
NEW = "what init proposes"
SAYS = "lifts of the red team under each, the greatest by"


def lift_bars() -> Iterator[Bar]:
    """One bar for each of the two policies; none is known where SciPy is not installed."""
    where = f"synth, world {WORLD}: {OFFICERS} officers, {DAYS} days, a fix every {EVERY_S} s, seed {SEED}"
    if not extra_installed():
        yield Bar("compare", f"{SAYS} {NEW}", f"lift <= {MOST_LIFT}", "needs SciPy", "", UNKNOWN, where)
        return
    with TemporaryDirectory() as name:
        lifts = _measured(Path(name))
    for policy, side in zip((FIRST, NEW), ("one", "other"), strict=True):
        attack, found = max(lifts[side]["attacks"].items(), key=lambda each: each[1]["lift"])
        lift, low, high = found["lift"], found["low"], found["high"]
        if policy == FIRST:  # an attack that works nowhere proves nothing
            wanted, verdict = f"lift > {MOST_LIFT}: it works", MET if low > MOST_LIFT else MISSED
        else:
            wanted = f"lift <= {MOST_LIFT}"
            verdict = _verdict(lift, low, high)
        figure = f"lift {lift:.2f} (attack {attack}, {found['found']} homes)"
        yield Bar("compare", f"{SAYS} {policy}", wanted, figure, f"{low:.2f} to {high:.2f}", verdict, where)


def _verdict(lift: float, low: float, high: float) -> str:
    """That of the red team: missed only where chance is no explanation; and met only where it is none, either.

    >>> _verdict(0.0, 0.0, 1.2), _verdict(0.0, 0.0, 9.0), _verdict(2.4, 0.1, 13.0), _verdict(9.0, 2.0, 30.0)
    ('met', 'met, not settled', 'not shown', 'MISSED')
    """
    if lift > MOST_LIFT:
        return MISSED if low > MOST_LIFT else UNCLEAR
    return MET if high <= MOST_LIFT else OPEN


def _measured(folder: Path) -> dict[str, dict[str, Any]]:
    """The lifts of one world under both policies."""
    write(folder, OFFICERS, DAYS, EVERY_S, SEED, truth=True, habits=WORLDS[WORLD])
    write_toy_keys(folder)
    policy, job = ((folder / name).read_text() for name in ("policy.toml", "job.toml"))
    sides = []
    for side, name in (("one", FIRST), ("other", NEW)):
        (folder / f"{side}.toml").write_text(changed(policy, POLICIES[name]))
        (folder / f"job-{side}.toml").write_text(job.replace('"policy.toml"', f'"{side}.toml"'))
        store = folder / f"store-{side}"
        run(folder / f"job-{side}.toml", as_of=AS_OF, store=store)
        sides.append((store, read_log(store / "log")[-1].document))
    made_up_force(folder / "job.toml", sides)  # refuses whoever is not made up
    return made_up_lifts(folder / "job.toml", folder / "truth", sides)
