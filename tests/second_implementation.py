"""Runs the second implementation on runs of the filter, and returns what it finds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from offduty.core.errors import InputError
from offduty.verify.redecide import InputFile, RunCase, Soundness, decide_again
from tests.world import COLUMNS, KEY, Filtered, World, manifest_of


def case_of(run: Path, folder: Path, *, key: bytes | None = bytes.fromhex(KEY)) -> RunCase:
    """What the second implementation is given for a run: its manifest, its outputs, its inputs and the key."""
    manifest = manifest_of(run)
    inputs = (InputFile(i["file"], i["table"], i["name"], folder / i["name"]) for i in manifest["inputs"])
    return RunCase(manifest, run, tuple(inputs), key)


def found_in(run: Path, folder: Path, **options: Any) -> Soundness:
    """What the second implementation finds in a run."""
    return decide_again(case_of(run, folder), **options)


def check_again(given: World, outcome: Filtered) -> None:
    """The second implementation finds no difference in the filter's run, or stops where the filter stops."""
    assert outcome.folder
    if outcome.path is None:
        assert stops_too(given, outcome.folder)
        return
    found = found_in(outcome.path, outcome.folder)
    assert not found.differs, found
    assert found.rows_at_a_boundary == 0


def stops_too(world: World, folder: Path) -> bool:
    """Whether the second implementation stops on the inputs of a world on which the filter stopped."""
    names = [*(f"pings/{path.name}" for path in sorted((folder / "pings").iterdir())), *(f"{t}.csv" for t in COLUMNS)]
    tables = ["pings" if "/" in name else name.removesuffix(".csv") for name in names if name != "pings.csv"]
    inputs = [
        InputFile(number, table, name, folder / name)
        for number, (table, name) in enumerate(zip(tables, (n for n in names if n != "pings.csv"), strict=True))
    ]
    start, end = world["interval"] or ("", "")
    manifest = {
        "policy": policy_document(world["policy"]),
        "interval": {"from": start, "to": end},
        "as_of": world["as_of"],
        "declarations": world.get("inputs") or {},
        "inputs": [],
        "outputs": [],
    }
    try:
        decide_again(RunCase(manifest, folder, tuple(inputs), None))
    except InputError:
        return True
    return False


def policy_document(policy: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """A policy in the form of a manifest: floats as text."""
    return {
        section: {key: repr(value) if isinstance(value, float) else value for key, value in values.items()}
        for section, values in policy.items()
    }
