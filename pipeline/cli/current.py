"""The command `offduty current`: which releases of a store are the current ones, as paths."""

from __future__ import annotations

import json
import os
from pathlib import Path

from offduty.cli.console import print_answer, say
from offduty.core.errors import InputError
from offduty.core.locations import store_location
from offduty.outputs.manifest import interval_document
from offduty.runs.current import CurrentPart, asked_interval, current_releases, folders_overlap, words_of
from offduty.store.open_store import LOG, local_copy
from offduty.transparency.log import read_store

OVERLAP = (
    "some of these folders overlap, and of an older one only a part is current: whoever reads all of them counts"
    " positions twice. offduty.read_release takes the right parts; --json names them (offduty docs reading-releases)"
)


def current(store: Path | str, start: str | None, end: str | None, as_json: bool) -> int:
    """Print the release folders whose positions are the current ones; the exit code is 3 where an interval has none."""
    with local_copy(store_location(store), LOG) as folder:
        entries = read_store(folder)
    found = current_releases(entries, asked_interval(entries, start, end))
    if as_json:
        missing = [interval_document(interval) for interval in found.missing]
        document = {"parts": [_document(store, part) for part in found.parts], "missing": missing}
        printed = print_answer(json.dumps(document) + "\n")
    else:
        paths = dict.fromkeys(_path(store, part) for part in found.parts if part.files)
        printed = print_answer(b"".join(os.fsencode(path) + b"\n" for path in paths))
    for part in found.parts:
        if part.expired:
            were = "was" if part.expired == 1 else "were"
            say(f"{part.expired:,} of the release files of {part.run_id} {were} deleted by offduty expire")
    if folders_overlap(entries, found):
        say(OVERLAP)
    for interval in found.missing:
        say(f"no current release from {words_of(interval)}")
    return InputError.exit_code if found.missing or not found.parts else printed


def _path(store: Path | str, part: CurrentPart) -> str:
    return f"{str(store).rstrip('/')}/runs/{part.run_id}/release"


def _document(store: Path | str, part: CurrentPart) -> dict[str, object]:
    place = {"run_id": part.run_id, "path": _path(store, part), "files": list(part.files)}
    return {**interval_document(part.interval), **place}
