"""Measures the roster audit on a million versions: `python -m benchmarks.roster_audit` (the bar is ten seconds).

The roster is made up first, which is not measured. A busy machine says nothing: the load is printed beside the time.
"""

from __future__ import annotations

import argparse
import os
import time

from offduty.analyses.roster_audit import roster_audit
from offduty.analyses.roster_worlds import PLANTED, POLICY, RosterWorld, make_roster
from offduty.config.policy import Policy
from offduty.core.instants import instant

DAYS = 168
VERSIONS_PER_OFFICER = 208
"""About so many in so many days."""
LIMIT_S = 10


def made_up(versions: int) -> RosterWorld:
    """A made-up roster of about so many versions."""
    return make_roster(max(versions // VERSIONS_PER_OFFICER, 20), DAYS, 1, **PLANTED)


def audit_of(world: RosterWorld) -> int:
    """Audit it, and count the signals of edits."""
    as_of_us = instant("2030-01-01T00:00:00Z") or 0
    rules = Policy.from_dict(POLICY)
    return len(roster_audit(world.rows, rules, as_of_us=as_of_us, people=world.people, card={}).edits)


def main() -> int:
    """Print the number of versions, the seconds, and the load; 1 where the bar was missed on an idle machine."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--versions", type=int, default=1_000_000)
    world = made_up(parser.parse_args().versions)
    load, processor = os.getloadavg()[0], time.process_time()
    began = time.monotonic()
    edits = audit_of(world)
    took, processor = time.monotonic() - began, time.process_time() - processor
    print(
        f"{world.rows.num_rows:,} versions, {edits:,} signals of edits: {took:.1f} s ({processor:.1f} s of processor)"
    )
    busy = load > 1
    print(f"load {load:.1f}" + (": the machine was busy, take the figure again" if busy else ""))
    return 1 if took > LIMIT_S and not busy else 0


if __name__ == "__main__":
    raise SystemExit(main())
