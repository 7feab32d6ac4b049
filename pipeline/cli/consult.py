"""The command `offduty consult`: the pack that representatives and a data protection officer sit over."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from offduty.admin.log_analysis import check_because, named_outputs, newest_packs
from offduty.cli.console import print_lines, say
from offduty.cli.log_asked import log_asked
from offduty.cli.write_file import check_free, put
from offduty.consultation.gather import Pack, runs_of
from offduty.consultation.pack import PACK_LIST, pack_files
from offduty.consultation.questions import BLANK, NOT_ANSWERED, QUESTIONS
from offduty.core.errors import UsageError
from offduty.core.locations import store_location
from offduty.store.open_store import local_copy
from offduty.store.remote import LOG, ledger_of
from offduty.transparency.log import LogEntry, read_store


def consult_command(
    store: Path | str,
    policy: Path,
    other: Path | None,
    because: str | None,
    signing: Path | None,
    output: Path,
    force: bool,
) -> int:
    """Make the pack about a policy, in a folder; the log says first that it was made, unless its newest entries do."""
    check_because(because)
    if not output.is_dir():
        raise UsageError(f"the folder for the pack is not there: make it first, in {output.absolute().parent}")
    location = store_location(store)
    with ExitStack() as end:
        root = end.enter_context(local_copy(location, LOG))
        if other is not None and not isinstance(location, Path):
            ledgers = [ledger_of(run_id) for run_id in runs_of(root, policy, other)]
            root = end.enter_context(local_copy(location, (*LOG, *ledgers)))
        pack = Pack.of(root, policy, other)
        files = pack_files(pack)
        for name in files:
            check_free(output / name, force)
        before = _logged_already(root, files)
        if before is None:
            log_asked(location, replace(pack.asked, because=because or ""), signing, files)
        else:
            say(f"the log says already that this very pack was made: entry {before.number}")
    for name, content in files.items():
        put(output / name, content, force)
    answers = [each["answer"] for each in json.loads(files["pack.json"])["questions"]]
    return print_lines(
        [
            f"made {', '.join(sorted(files))}",
            f"{len(BLANK)} fields for people, and {answers.count(NOT_ANSWERED)} of {len(QUESTIONS)} questions:"
            f" {NOT_ANSWERED}",
            f"next: representatives sign the policy and {PACK_LIST} (offduty sign KEY --policy FILE --pack DIR)",
        ],
        stands="the pack was made all the same",
    )


def _logged_already(root: Path, files: Mapping[str, bytes]) -> LogEntry | None:
    """The entry of this very pack, where nothing but packs was recorded since; None where there is none."""
    outputs = named_outputs(files)
    return next((entry for entry in newest_packs(read_store(root)) if entry.document["outputs"] == outputs), None)
