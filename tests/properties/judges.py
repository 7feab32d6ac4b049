"""Three judges of a run of the filter, none of which shares code with it: each returns what it finds wrong."""

from __future__ import annotations

from typing import Any

from offduty.verify.redecide import InputFile, RunCase, check_possible
from tests import oracle
from tests.second_implementation import found_in, stops_too
from tests.world import KEY, Filtered, World, manifest_of


def by_the_oracle(given_world: World, outcome: Filtered) -> list[Any]:
    """`(row, oracle, filter)` where they differ on reasons or on stopping; the two releases where they differ."""
    try:
        answer = oracle.answer(given_world)
    except oracle.Stop:
        return [] if outcome.stopped else ["the oracle stops, the filter does not"]
    if outcome.stopped:
        return ["the filter stops, the oracle does not"]
    triples = zip(given_world["tables"]["pings"], answer.reasons, outcome.reasons, strict=True)
    different: list[Any] = [(row, expected, got) for row, expected, got in triples if expected != got]
    return different or ([] if outcome.release == answer.release else [(answer.release, outcome.release)])


def by_the_second_implementation(given_world: World, outcome: Filtered) -> list[Any]:
    """What the second implementation finds in the filter's run of a world; both must stop on the same worlds."""
    assert outcome.folder
    if outcome.path is None:
        stops = stops_too(given_world, outcome.folder)
        return [] if stops else ["the filter stops, the second implementation does not"]
    found = found_in(outcome.path, outcome.folder)
    return [found] if found.differs else []


def by_what_is_possible(given_world: World, outcome: Filtered) -> list[Any]:
    """The released rows that are impossible by the reference tables alone (check 5.4 of `verify`)."""
    if outcome.path is None or outcome.folder is None:
        return []
    manifest = manifest_of(outcome.path)
    tables = tuple(
        InputFile(source["file"], source["table"], source["name"], outcome.folder / source["name"])
        for source in manifest["inputs"]
        if source["table"] != "pings"
    )
    answer = check_possible(RunCase(manifest, outcome.path, tables, bytes.fromhex(KEY)))
    rows = [] if answer.rows == len(outcome.release) else [(answer.rows, len(outcome.release))]
    return [*answer.impossible.first, *rows]


JUDGES = {
    "the oracle": by_the_oracle,
    "the second implementation": by_the_second_implementation,
    "what is possible": by_what_is_possible,
}
