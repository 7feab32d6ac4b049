"""The command `offduty consult`: the pack that representatives and a data protection officer sit over."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path

from offduty.cli.console import print_lines
from offduty.cli.write_file import check_free, put
from offduty.consultation.gather import runs_of
from offduty.consultation.pack import PACK_LIST, consult
from offduty.consultation.questions import BLANK, NOT_ANSWERED, QUESTIONS
from offduty.core.errors import UsageError
from offduty.core.locations import store_location
from offduty.store.open_store import local_copy
from offduty.store.remote import LOG, ledger_of


def consult_command(store: Path | str, policy: Path, other: Path | None, output: Path, force: bool) -> int:
    """Make the pack about a policy, in a folder."""
    if not output.is_dir():
        raise UsageError(f"the folder for the pack is not there: make it first ({output.absolute().parent})")
    location = store_location(store)
    with ExitStack() as end:
        root = end.enter_context(local_copy(location, LOG))
        if other is not None and not isinstance(location, Path):
            ledgers = [ledger_of(run_id) for run_id in runs_of(root, policy, other)]
            root = end.enter_context(local_copy(location, (*LOG, *ledgers)))
        files = consult(root, policy, other)
    for name in files:
        check_free(output / name, force)
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
