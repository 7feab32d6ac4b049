"""Asks the second implementation about runs of the filter: what it is given, and that it finds nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from world import KEY, World, filtered, manifest_of

from pipeline.errors import InputError
from pipeline.verify.again import Case, InputFile, Soundness, decide_again


def case_of(run: Path, folder: Path, *, key: bytes | None = bytes.fromhex(KEY)) -> Case:
    """The run's case, with its inputs where the job has them."""
    manifest = manifest_of(run)
    inputs = (InputFile(i["file"], i["table"], i["name"], folder / i["name"]) for i in manifest["inputs"])
    return Case(manifest, run, tuple(inputs), key)


def agreed(world: World, folder: Path, **options: Any) -> Soundness | None:
    """Run the filter on a world, decide again, and hold that nothing differs; None where the filter stopped."""
    said = filtered(world, folder, **options)
    if said.path is None:
        return None
    found = decide_again(case_of(said.path, folder))
    assert not found.differs, found
    return found


def stops(case: Case) -> bool:
    """The second implementation stops on it."""
    try:
        decide_again(case)
    except InputError:
        return True
    return False
