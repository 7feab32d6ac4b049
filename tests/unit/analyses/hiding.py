"""Hides something at random, and looks whether more is said then: rule A3. `python -m tests.unit.analyses.hiding`.

What is confirmed of each officer on each day may only become less, and no state but the three may appear.
"""

from __future__ import annotations

import argparse
import random
from collections import Counter
from collections.abc import Iterator

from tests.unit.analyses.seen_worlds import SeenWorld, asked, instant, officers_of, random_world
from tests.world import Row, shift

GROUPS = 50
STATES = {"confirmed", "not visible", "not assessed"}


def hidden_ways(seed: int, groups: int = 1) -> list[str]:
    """The ways of hiding more after which something more was said of somebody; none where the rule holds."""
    world = random_world(seed, groups)
    before = confirmed(world)
    return [way for way, other in stricter(world, random.Random(seed)) if not at_most(confirmed(other), before)]


def confirmed(world: SeenWorld) -> dict[tuple[str, str, str], int]:
    """What is confirmed, by officer, kind and the hour in which a window began; and any state that should not be."""
    windows = asked(world).windows
    strange = {("", "", state): 1 for state in set(windows["state"]) - STATES}
    seen: dict[tuple[str, str, str], int] = {}
    for row in windows.to_dict("records"):
        for kind in ("joined_us", "plain_us"):
            key = (row["officer"], kind, "")
            seen[key] = seen.get(key, 0) + (row[kind] if row["state"] == "confirmed" else 0)
    return {**seen, **strange}


def at_most(after: dict[tuple[str, str, str], int], before: dict[tuple[str, str, str], int]) -> bool:
    """Whether nothing is more than it was."""
    return all(amount <= before.get(key, 0) for key, amount in after.items())


def stricter(world: SeenWorld, rng: random.Random) -> Iterator[tuple[str, SeenWorld]]:
    """The world with something hidden: positions, a silence, late records, leave, unreadable rows, stricter rules."""
    yield "positions", world.but(seen=[row for row in world.seen if rng.random() < 0.7])
    begin, length = rng.randrange(0, 8_000), rng.choice([10, 60, 600])
    yield "a silence", world.but(seen=[row for row in world.seen if not begin <= row[1] < begin + length])
    counts = Counter(row["shift_id"] for row in world.shifts)
    late = [_later(row) if counts[row["shift_id"]] == 1 and rng.random() < 0.3 else row for row in world.shifts]
    yield "late records", world.but(shifts=late)
    leave = [_leave(officer, rng) for officer in officers_of(world)]
    yield "leave", world.but(shifts=[*world.shifts, *leave])
    broken = [{**row, "recorded_at": "?"} if rng.random() < 0.1 else row for row in world.shifts]
    yield "rows that cannot be read", world.but(shifts=broken)
    yield "an undecided time", world.but(decided=world.decided[:1])
    hold = {"legs": {"hold_s": world.rules["legs"]["hold_s"] + 600}}
    terms = world.rules["analyses"]["presence"]
    join = {"analyses": {"presence": {**terms, "join_s": terms["join_s"] // 2}}}
    yield "stricter rules", world.but(rules={**world.rules, **hold, **join})


def _later(row: Row) -> Row:
    """A grant that is recorded long after it."""
    grants = row["duty_code"] in ("duty", "overtime") and row["status"] == "active"
    return {**row, "recorded_at": instant(200)} if grants else row


def _leave(officer: str, rng: random.Random) -> Row:
    """Some hours of leave, recorded at any time."""
    start = rng.randrange(96)
    times = instant(start), instant(start + 5)
    return shift(*times, "leave", shift_id=f"l-{officer}", officer=officer, recorded=instant(rng.randrange(160)))


def main() -> int:
    """Try many worlds, and print which failed; 1 where one did."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=10_000)
    worlds = parser.parse_args().worlds
    batches = range(-(-worlds // GROUPS))
    failed = [(seed, ways) for seed in batches if (ways := hidden_ways(1_000 + seed, GROUPS))]
    print(f"{worlds:,} worlds: {len(failed)} in which hiding more said more", *failed[:10], sep="\n")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
